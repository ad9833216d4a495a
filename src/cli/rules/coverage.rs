//! `secstream rules coverage`: the ATT&CK matrix of the rules.

use std::io::{IsTerminal as _, Write};

use super::args::CoverageArgs;
use crate::cli::error::{DONE, Failure};
use crate::cli::words::columns;
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
        write!(out, "{}", text(&coverage, args.all, columns(std::io::stdout().is_terminal())))?;
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

/// A line in lines of no more than a width, cut between words; those after the
/// first begin so far in.
fn wrapped(line: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    let room = width.saturating_sub(indent).max(1);
    // A word that no line has room for is cut.
    let words = line.split(' ').flat_map(|w| {
        let chars: Vec<char> = w.chars().collect();
        let pieces: Vec<String> = if chars.len() > room && indent > 0 {
            chars.chunks(room).map(|c| c.iter().collect()).collect()
        } else {
            vec![w.to_owned()]
        };
        pieces
    });
    for word in words {
        let len = word.chars().count();
        if used > indent && used + 1 + len > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else if !out.is_empty() {
            out.push(' ');
            used += 1;
        }
        out.push_str(&word);
        used += len;
    }
    out
}

/// The matrix and what it is made of.
fn text(c: &Coverage, all: bool, width: usize) -> String {
    let mut out = String::new();
    for line in lines(c, all, width).lines() {
        let indent = match line.len() - line.trim_start().len() {
            0 => 0,
            // Names of techniques go on below where they begin.
            2 => 19,
            _ => 22,
        };
        out.push_str(&wrapped(line, width, if indent + 16 > width { 4.min(indent) } else { indent }));
        out.push('\n');
    }
    out
}

fn lines(c: &Coverage, all: bool, width: usize) -> String {
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
        let cells: Vec<char> = c.tactic(i).iter().map(|t| cell(t.1.len())).collect();
        let head = format!("{:<21}{:>3}/{:<3}", t.name, s.covered, s.techniques);
        // Where there is no room beside them the cells stand below, in as many lines as it takes.
        let beside = width.saturating_sub(29);
        if cells.len() <= beside {
            let _ = writeln!(out, "{head} {}", cells.iter().collect::<String>());
        } else {
            let _ = writeln!(out, "{}", head.trim_end());
            for row in cells.chunks(width - 2) {
                let _ = writeln!(out, "  {}", row.iter().collect::<String>());
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::shipped;

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let c = Coverage::of(&RuleSet::load(&shipped::rules()));
        for w in [24, 30, 40, 60, 80, 120] {
            let text = text(&c, true, w);
            let wide: Vec<&str> = text.lines().filter(|l| l.chars().count() > w).collect();
            assert!(wide.is_empty(), "{w}: {wide:?}");
        }
        let whole = text(&c, false, usize::MAX);
        assert!(whole.lines().any(|l| l.starts_with("Execution ") && l.chars().count() > 40), "{whole}");
    }
}
