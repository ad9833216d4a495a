//! `secstream rules check`: findings as text, JSON or SARIF.

use std::io::Write;

use super::args::{CheckArgs, CheckFormat, CheckLevel};
use crate::cli::error::{DONE, FINDINGS, Failure};
use crate::cli::words::count;
use crate::detect::RuleFile;
use crate::detect::lint::{self, Level};
use crate::event::sanitize;

/// Runs the command.
pub(super) fn run(args: &CheckArgs, files: &[RuleFile], out: &mut dyn Write) -> Result<u8, Failure> {
    let mut findings = lint::check(files);
    let least = match args.level {
        CheckLevel::Info => Level::Info,
        CheckLevel::Warning => Level::Warning,
        CheckLevel::Error => Level::Error,
    };
    findings.retain(|f| f.severity >= least);
    match (args.json, args.format) {
        (true, _) | (_, CheckFormat::Json) => writeln!(out, "{}", serde_json::json!(findings))?,
        (_, CheckFormat::Sarif) => writeln!(out, "{:#}", lint::sarif(&findings))?,
        (_, CheckFormat::Text) => {
            for f in &findings {
                for line in f.to_string().lines() {
                    writeln!(out, "{}", sanitize(line))?;
                }
            }
            let of = |l: Level| findings.iter().filter(|f| f.severity == l).count();
            let (errors, warnings, infos) = (of(Level::Error), of(Level::Warning), of(Level::Info));
            writeln!(
                out,
                "{}, {}: {}, {}, {}",
                count(files.len(), "file"),
                count(findings.len(), "finding"),
                count(errors, "error"),
                count(warnings, "warning"),
                count(infos, "info")
            )?;
        }
    }
    let limit = if args.strict { Level::Warning } else { Level::Error };
    Ok(if findings.iter().any(|f| f.severity >= limit) { FINDINGS } else { DONE })
}
