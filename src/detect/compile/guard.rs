//! Literals of which a regular expression needs at least one.

use regex_syntax::hir::{Hir, HirKind};

use crate::detect::sigma::glob::fold_into;

/// Most alternatives worth looking for.
const MAX_ALTERNATIVES: usize = 64;

/// Folded literals such that every match of the expression contains one of
/// them after folding; `None` where there are none worth looking for.
#[must_use]
pub fn literals(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    cover(&hir)
}

/// About how many bytes an expression takes when compiled; `None` if it is wrong.
#[must_use]
pub fn weight(pattern: &str) -> Option<usize> {
    regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(pattern).ok().map(|hir| bytes(&hir))
}

fn bytes(hir: &Hir) -> usize {
    const EACH: usize = 48;
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => EACH,
        HirKind::Literal(l) => l.0.len() * EACH,
        HirKind::Class(regex_syntax::hir::Class::Unicode(c)) => c.ranges().len() * EACH,
        HirKind::Class(regex_syntax::hir::Class::Bytes(c)) => c.ranges().len() * EACH,
        HirKind::Capture(c) => bytes(&c.sub) + 2 * EACH,
        HirKind::Repetition(r) => {
            let times = r.max.unwrap_or(r.min).max(r.min).max(1);
            bytes(&r.sub).saturating_add(EACH).saturating_mul(times as usize)
        }
        HirKind::Concat(all) | HirKind::Alternation(all) => {
            all.iter().fold(EACH, |sum, h| sum.saturating_add(bytes(h)))
        }
    }
}

fn cover(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => fixed(hir).filter(|t| !t.is_empty()).map(|t| vec![t]),
        HirKind::Capture(c) => cover(&c.sub),
        HirKind::Repetition(r) if r.min >= 1 => cover(&r.sub),
        HirKind::Concat(parts) => {
            let mut best: Option<Vec<String>> = None;
            let mut run = String::new();
            for p in parts {
                if let Some(t) = fixed(p) {
                    run.push_str(&t);
                    continue;
                }
                best = better(best, std::mem::take(&mut run));
                if let Some(c) = cover(p) {
                    best = Some(match best {
                        Some(b) if worth(&b) >= worth(&c) => b,
                        _ => c,
                    });
                }
            }
            better(best, run)
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for p in parts {
                all.extend(cover(p)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= MAX_ALTERNATIVES).then_some(all)
        }
        _ => None,
    }
}

fn better(best: Option<Vec<String>>, run: String) -> Option<Vec<String>> {
    if run.is_empty() || best.as_ref().is_some_and(|b| worth(b) >= run.len()) {
        return best;
    }
    Some(vec![run])
}

/// The shortest literal decides how often a set is found by chance.
fn worth(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or(0)
}

/// The one text, folded, that a piece of an expression stands for.
fn fixed(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(l) => {
            let mut out = String::new();
            fold_into(std::str::from_utf8(&l.0).ok()?, &mut out);
            Some(out)
        }
        HirKind::Class(regex_syntax::hir::Class::Unicode(c)) => {
            let mut all = c.iter().flat_map(|r| r.start()..=r.end());
            let fold = |c: char| {
                let mut out = String::new();
                fold_into(c.encode_utf8(&mut [0; 4]), &mut out);
                out
            };
            let first = fold(all.next()?);
            all.take(8).all(|c| fold(c) == first).then_some(first)
        }
        HirKind::Capture(c) => fixed(&c.sub),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights() {
        let light = weight("abc.*(x|yz)").unwrap_or(0);
        assert!((500..5_000).contains(&light), "{light}");
        assert!(weight("(a{100}){100}").is_some_and(|w| w > 400_000));
        assert!(weight("((((\\w{900}){900}){900}){900})").is_some_and(|w| w > 1 << 40));
        assert_eq!(weight("(a"), None);
    }

    #[test]
    fn needed_literals() {
        let lits = |p: &str| literals(p).unwrap_or_default();
        assert_eq!(lits("foo.*BARBAR"), ["barbar"]);
        assert_eq!(lits("(?i)Skip.*x"), ["skip"]);
        assert_eq!(lits("(abc|de)x*"), ["abc", "de"]);
        assert_eq!(lits("(ab)+[0-9]"), ["ab"]);
        assert_eq!(lits("x{0,3}"), [""; 0]);
        assert_eq!(lits("[a-z]+"), [""; 0]);
        assert_eq!(lits("^a(b)c$"), ["abc"]);
        assert_eq!(lits("foo|.*"), [""; 0]);
    }
}
