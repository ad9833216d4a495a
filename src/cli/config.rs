//! `secstream config`: the values in force and their references.

use std::io::Write;

use super::args::ConfigCommand;
use super::error::{DONE, Failure};
use crate::config::{Config, Places, config_markdown};

/// Runs the command.
pub(super) fn run(command: &ConfigCommand, out: &mut dyn Write) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Docs => out.write_all(config_markdown().as_bytes())?,
        ConfigCommand::Keys => out.write_all(crate::tui::keys_markdown().as_bytes())?,
        ConfigCommand::Show { json } => {
            let config = Config::load(&Places::system())?;
            if *json {
                let all: serde_json::Map<String, serde_json::Value> = config
                    .settings()
                    .map(|(k, s)| {
                        (k.name.to_owned(), serde_json::json!({"value": s.value, "origin": s.origin.to_string()}))
                    })
                    .collect();
                writeln!(out, "{}", serde_json::Value::Object(all))?;
            } else {
                for (k, s) in config.settings() {
                    let value = if s.value.is_empty() { "(not set)" } else { &s.value };
                    writeln!(out, "{:<18} {:<24} {}", k.name, crate::event::sanitize(value), s.origin)?;
                }
            }
        }
    }
    Ok(DONE)
}
