//! `secstream config`: the values in force and their references.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::args::ConfigCommand;
use super::error::{DONE, Failure};
use super::inputs;
use crate::config::{Config, Origin, Places, Setting, config_markdown};
use crate::event::sanitize;
use crate::tui::bindings;

/// Runs the command.
pub(super) fn run(command: &ConfigCommand, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Docs => out.write_all(config_markdown().as_bytes())?,
        ConfigCommand::Keys => out.write_all(crate::tui::keys_markdown().as_bytes())?,
        ConfigCommand::Show { json } => {
            let places = Places::system();
            let config = load(&places)?;
            if *json { writeln!(out, "{}", document(&config))? } else { text(&config, &places, out)? }
        }
    }
    Ok(DONE)
}

/// The configuration; all that is wrong with it is said at once.
fn load(places: &Places) -> Result<Config, Failure> {
    let (config, wrong) = Config::check(places);
    let mut wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    wrong.extend(crate::tui::key_mistakes(&config));
    if wrong.is_empty() {
        return Ok(config);
    }
    let mut f = Failure::usage(wrong.remove(0));
    f.below = wrong;
    Err(f)
}

/// What stands for a value that is not set, where something does.
fn effective(config: &Config, key: &str) -> Option<String> {
    let path = |p: std::path::PathBuf| p.display().to_string();
    match key {
        "analyst" => Some(inputs::analyst(config)),
        "store.path" => crate::store::default_path().ok().map(path),
        "cache.dir" => inputs::cache_dir().map(path),
        "rules.own" => inputs::own_rules(config).map(path),
        "rules.dirs" => Some("the shipped rules".into()),
        _ => None,
    }
}

fn document(config: &Config) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for (k, s) in config.settings() {
        let in_force = if s.value.is_empty() { effective(config, k.name) } else { Some(s.value.clone()) };
        all.insert(k.name.to_owned(), json!({"value": s.value, "origin": s.origin.to_string(), "effective": in_force}));
    }
    for (action, keys) in bindings(config) {
        let origin = config.key_origin(action).to_string();
        all.insert(format!("keys.{action}"), json!({"value": keys, "origin": origin, "effective": keys}));
    }
    Value::Object(all)
}

fn text(config: &Config, places: &Places, out: &mut dyn Write) -> std::io::Result<()> {
    for f in &places.files {
        let state = if f.is_file() { "read" } else { "not there" };
        writeln!(out, "# {} ({state})", sanitize(&f.to_string_lossy()))?;
    }
    for (k, s) in config.settings() {
        let value = match (&s.value, effective(config, k.name)) {
            (v, _) if !v.is_empty() => v.clone(),
            (_, Some(v)) => format!("({v})"),
            (_, None) => "(not set)".to_owned(),
        };
        line(out, k.name, &value, &s.origin)?;
    }
    for (action, keys) in bindings(config) {
        let keys: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
        line(out, &format!("keys.{action}"), &format!("[{}]", keys.join(", ")), config.key_origin(action))?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, name: &str, value: &str, origin: &Origin) -> std::io::Result<()> {
    writeln!(out, "{name:<24} {:<34} {}", sanitize(value), sanitize(&origin.to_string()))
}

/// A setting as a check sees it: its value and where it came from.
pub(super) fn setting<'c>(config: &'c Config, name: &str) -> Option<&'c Setting> {
    config.settings().find(|(k, _)| k.name == name).map(|(_, s)| s)
}
