//! `secstream doctor`: is everything here that the work needs?

use std::io::{IsTerminal as _, Write};

use serde_json::json;

use super::args::{Common, DoctorArgs};
use super::error::{DONE, FINDINGS, Failure};
use super::inputs;
use crate::detect::{RuleSet, shipped};
use crate::event::sanitize;
use crate::store::Store;

/// One check.
struct Check {
    name: &'static str,
    good: bool,
    says: String,
}

/// Runs the command.
pub(super) fn run(args: &DoctorArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let common = Common { format: "auto".into(), formats: args.formats.clone(), ..Common::default() };
    let mut checks = Vec::new();
    let mut add = |name, result: Result<String, String>| {
        let good = result.is_ok();
        checks.push(Check { name, good, says: result.unwrap_or_else(|e| e) });
    };
    let config = inputs::config(&common);
    add("configuration", config.as_ref().map(|_| "every key is known".into()).map_err(|e| e.message.clone()));
    let config = config.unwrap_or_default();
    let term = std::env::var("TERM").unwrap_or_default();
    let tty = std::io::stdout().is_terminal();
    add("terminal", Ok(format!("TERM={term}, {}", if tty { "a terminal" } else { "not a terminal: the TUI needs one" })));
    add("cache", crate::source::cache_dir(config.optional("cache.dir").map(Into::into)).map(|p| format!("{} can be written", p.display())).map_err(|e| e.to_string()));
    let store = Store::open(config.optional("store.path").map(std::path::Path::new), &inputs::analyst(&config));
    add("case store", store.map(|s| s.describe()).map_err(|e| e.to_string()));
    let rules = RuleSet::load(&shipped::rules());
    let bad = rules.rules().iter().filter(|r| !r.loaded).count();
    let says = format!("{} shipped rules, {bad} not loaded", rules.rules().len());
    add("rules", if bad == 0 { Ok(says) } else { Err(says) });
    match inputs::custom_formats(&config) {
        Err(e) => add("custom formats", Err(e.message)),
        Ok(formats) => {
            for f in formats.iter() {
                let failed = f.check_samples();
                let says = format!("{}: {} samples", f.name(), f.samples());
                add("custom format", if failed.is_empty() { Ok(says) } else { Err(format!("{says}; {}", failed.join("; "))) });
            }
        }
    }
    if args.json {
        let all: Vec<_> = checks.iter().map(|c| json!({"check": c.name, "good": c.good, "says": c.says})).collect();
        writeln!(out, "{}", serde_json::Value::Array(all))?;
    } else {
        for c in &checks {
            writeln!(out, "{} {:<16} {}", if c.good { "ok  " } else { "FAIL" }, c.name, sanitize(&c.says))?;
        }
    }
    Ok(if checks.iter().all(|c| c.good) { DONE } else { FINDINGS })
}
