//! `secstream rules import`: the small YAML form of thresholds, as Sigma.

use std::io::{Read as _, Write};
use std::path::Path;

use super::args::ImportArgs;
use crate::cli::error::{DONE, Failure};
use crate::detect::{RuleFile, RuleSet, import};
use crate::event::count;

/// Longest file that is read, in bytes.
const MAX: u64 = 16 << 20;

/// Runs the command.
pub(super) fn run(args: &ImportArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut text = String::new();
    let failed = |e: std::io::Error| Failure::usage(format!("{}: {e}", args.file));
    if args.file == "-" {
        std::io::stdin().lock().take(MAX).read_to_string(&mut text).map_err(failed)?;
    } else {
        std::fs::File::open(&args.file).and_then(|f| f.take(MAX).read_to_string(&mut text)).map_err(failed)?;
    }
    let rules = import::import(&text).map_err(|wrong| {
        let all: Vec<String> = wrong.iter().map(|e| format!("{}:{e}", args.file)).collect();
        Failure::usage(all.join("\n"))
    })?;
    let set = RuleSet::load(&[RuleFile::new(&*args.out, &*rules)]);
    let down: Vec<&str> = set.rules().iter().filter_map(|r| r.reason.as_deref()).collect();
    if !down.is_empty() {
        return Err(Failure::usage(format!("{}: as Sigma it does not load: {}", args.file, down.join("\n"))));
    }
    if args.out == "-" {
        out.write_all(rules.as_bytes())?;
        return Ok(DONE);
    }
    if Path::new(&args.out).exists() && !args.force {
        return Err(Failure::usage(format!("{} is there already; --force overwrites it", args.out)));
    }
    std::fs::write(&args.out, rules).map_err(|e| Failure::failed(format!("{}: {e}", args.out)))?;
    writeln!(out, "{} written to {}", count(set.rules().len(), "document"), crate::event::sanitize(&args.out))?;
    Ok(DONE)
}
