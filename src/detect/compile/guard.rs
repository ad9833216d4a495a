//! Literals of which a regular expression needs at least one.

use regex_syntax::hir::{Hir, HirKind};

use crate::detect::sigma::glob::fold_into;

use super::run::Run;

/// Most alternatives worth looking for.
const MAX_ALTERNATIVES: usize = 64;
/// Most characters of a class that are told apart.
const MAX_CLASS: usize = 8;

/// Folded literals such that every match of the expression contains one of
/// them after folding; `None` where there are none worth looking for.
#[must_use]
pub fn literals(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    cover(&hir)
}

/// What is known of an expression before it is compiled.
#[derive(Debug, Clone)]
pub struct Shape {
    /// About how many bytes it takes when compiled.
    pub weight: usize,
    /// See [`literals`].
    pub literals: Option<Vec<String>>,
}

/// The shape of an expression; `None` if it is wrong.
#[must_use]
pub fn shape(pattern: &str) -> Option<Shape> {
    let hir = regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(pattern).ok()?;
    // Of a run only the class is kept.
    let weight = match (Run::of(&hir), hir.kind()) {
        (Some(_), HirKind::Repetition(r)) => bytes(&r.sub),
        (Some(_), _) => 0,
        (None, _) => bytes(&hir),
    };
    Some(Shape { weight, literals: cover(&hir) })
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
    if let Some(texts) = texts(hir) {
        return Some(shortest(&texts)).filter(|t| worth(t) > 0);
    }
    match hir.kind() {
        HirKind::Capture(c) => cover(&c.sub),
        HirKind::Repetition(r) if r.min >= 1 => cover(&r.sub),
        HirKind::Concat(parts) => {
            let mut best: Option<Vec<String>> = None;
            let mut run = vec![String::new()];
            for p in parts {
                let own = texts(p);
                let longer = own.as_ref().and_then(|t| cross(&run, t));
                let own = if own.is_none() { cover(p) } else { own };
                run = match longer {
                    Some(longer) => longer,
                    // What is too much to follow begins anew.
                    None => texts(p).unwrap_or_else(|| vec![String::new()]),
                };
                for candidate in [own, Some(shortest(&run))].into_iter().flatten() {
                    best = better(best, candidate);
                }
            }
            best
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for p in parts {
                all.extend(cover(p)?);
            }
            let all = shortest(&all);
            (all.len() <= MAX_ALTERNATIVES).then_some(all)
        }
        _ => None,
    }
}

fn better(best: Option<Vec<String>>, new: Vec<String>) -> Option<Vec<String>> {
    match best {
        Some(b) if rank(&b) >= rank(&new) => Some(b),
        best if worth(&new) == 0 => best,
        _ => Some(new),
    }
}

/// The shortest literal decides how often a set is found by chance, then how many there are.
fn rank(set: &[String]) -> (usize, std::cmp::Reverse<usize>) {
    (worth(set).min(8), std::cmp::Reverse(set.len()))
}

fn worth(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or(0)
}

/// A set without what contains another of it, sorted.
fn shortest(set: &[String]) -> Vec<String> {
    let mut all: Vec<String> =
        set.iter().filter(|t| !set.iter().any(|s| s.len() < t.len() && t.contains(s.as_str()))).cloned().collect();
    all.sort();
    all.dedup();
    all
}

/// Every text of the first set followed by every one of the second, if they are few.
fn cross(before: &[String], after: &[String]) -> Option<Vec<String>> {
    let few = before.len() * after.len() <= MAX_ALTERNATIVES;
    few.then(|| before.iter().flat_map(|b| after.iter().map(move |a| format!("{b}{a}"))).collect())
}

/// The few texts, folded, that a piece of an expression stands for.
fn texts(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(l) => {
            let mut out = String::new();
            fold_into(std::str::from_utf8(&l.0).ok()?, &mut out);
            Some(vec![out])
        }
        HirKind::Class(regex_syntax::hir::Class::Unicode(c)) => {
            let mut all: Vec<String> = Vec::new();
            for c in c.iter().flat_map(|r| r.start()..=r.end()).take(MAX_CLASS + 1) {
                let mut out = String::new();
                fold_into(c.encode_utf8(&mut [0; 4]), &mut out);
                all.push(out);
            }
            (all.len() <= MAX_CLASS).then(|| {
                all.sort();
                all.dedup();
                all
            })
        }
        HirKind::Capture(c) => texts(&c.sub),
        HirKind::Repetition(r) if r.max == Some(1) => {
            let mut all = texts(&r.sub)?;
            if r.min == 0 {
                all.push(String::new());
            }
            all.dedup();
            Some(all)
        }
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |run, p| cross(&run, &texts(p)?)),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for p in parts {
                all.extend(texts(p)?);
                if all.len() > MAX_ALTERNATIVES {
                    return None;
                }
            }
            all.sort();
            all.dedup();
            Some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights() {
        let weight = |p: &str| shape(p).map(|s| s.weight);
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
        assert_eq!(lits(r"\bab[cd]\b.*e"), ["abc", "abd"]);
        assert_eq!(
            lits(r"/(c99|r57|shell|shell2)\.(php|aspx?)(\?|$)"),
            ["/c99.asp", "/c99.php", "/r57.asp", "/r57.php", "/shell.asp", "/shell.php", "/shell2.asp", "/shell2.php"]
        );
        assert_eq!(lits(r"[?&](c|cmd)=\S"), ["&c=", "&cmd=", "?c=", "?cmd="]);
        assert_eq!(lits("(a|b)?x+(yz){2,}"), ["yz"]);
    }
}
