//! `secstream rules coverage`: the ATT&CK matrix of the rules.

use std::io::Write;

use super::args::CoverageArgs;
use crate::cli::error::{DONE, Failure};
use crate::detect::attack::{TACTICS, VERSION};
use crate::detect::coverage::Coverage;
use crate::detect::{RuleFile, RuleSet};
use crate::event::{count, sanitize};

/// Runs the command.
pub(super) fn run(args: &CoverageArgs, files: &[RuleFile], out: &mut dyn Write) -> Result<u8, Failure> {
    let set = RuleSet::load(files);
    let coverage = Coverage::of(&set);
    if let Some(path) = &args.navigator {
        let layer = coverage.layer(&set, &args.name);
        let text = format!("{layer:#}\n");
        if path == "-" {
            out.write_all(text.as_bytes())?;
            return Ok(DONE);
        }
        std::fs::write(path, text).map_err(|e| Failure::failed(format!("{path}: {e}")))?;
    }
    if args.json {
        writeln!(out, "{}", coverage.document(&set))?;
    } else {
        write!(out, "{}", text(&coverage, args.all))?;
    }
    Ok(DONE)
}

/// A cell of the matrix by its number of rules.
const fn cell(rules: usize) -> char {
    match rules {
        0 => '·',
        1 => '▁',
        2..=3 => '▃',
        4..=9 => '▅',
        10..=29 => '▆',
        _ => '█',
    }
}

fn text(c: &Coverage, all: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let (main, mains, sub, subs) = c.totals();
    let _ = writeln!(
        out,
        "ATT&CK Enterprise {VERSION}: {} rules for {main} of {mains} techniques and {sub} of {subs} sub-techniques",
        c.rules
    );
    let _ = writeln!(out, "a cell is a technique: · none, ▁ 1 rule, ▃ 2-3, ▅ 4-9, ▆ 10-29, █ 30 and more\n");
    for (i, t) in TACTICS.iter().enumerate() {
        let s = c.share(i);
        let cells: String = c.tactic(i).iter().map(|t| cell(t.1.len())).collect();
        let _ = writeln!(out, "{:<21}{:>3}/{:<3} {cells}", t.name, s.covered, s.techniques);
    }
    for (i, t) in TACTICS.iter().enumerate() {
        let s = c.share(i);
        let _ = writeln!(
            out,
            "\n{} ({}): {} of {} techniques, {}",
            t.name,
            t.id,
            s.covered,
            s.techniques,
            count(s.rules, "rule")
        );
        for (technique, rules) in c.tactic(i) {
            if rules.is_empty() && !all {
                continue;
            }
            let _ = writeln!(out, "  {} {:<9} {:>4}  {}", cell(rules.len()), technique.id, rules.len(), technique.name);
            for part in c.techniques.iter().filter(|p| p.technique.parent.as_deref() == Some(technique.id.as_str())) {
                if all || !part.rules.is_empty() {
                    let _ = writeln!(
                        out,
                        "      {:<9} {:>4}  {}",
                        part.technique.id,
                        part.rules.len(),
                        part.technique.name
                    );
                }
            }
        }
    }
    if c.untagged > 0 {
        let _ = writeln!(out, "\n{} without a technique", count(c.untagged, "rule"));
    }
    for (id, n) in &c.unknown {
        let _ = writeln!(out, "{} is no technique of ATT&CK {VERSION}; {} with it", sanitize(id), count(*n, "rule"));
    }
    out
}
