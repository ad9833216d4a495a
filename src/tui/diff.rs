//! What changed between two texts, line by line, with a little around it.

/// Most lines compared one by one; a longer middle is shown as taken out and put in.
const MOST: usize = 1_500;
/// Lines shown around a change.
const AROUND: usize = 2;

/// A line of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Out(&'a str),
    In(&'a str),
}

/// The difference in lines: `- ` taken out, `+ ` put in, two blanks the same;
/// `…` where lines that are the same are left out. Empty where nothing changed.
#[must_use]
pub fn lines(old: &str, new: &str) -> Vec<String> {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    let middle = |v: &[&'_ str]| v.len() - tail;
    let (x, y) = (a.get(head..middle(&a)).unwrap_or_default(), b.get(head..middle(&b)).unwrap_or_default());
    if x.is_empty() && y.is_empty() {
        return Vec::new();
    }
    let mut all: Vec<Line<'_>> = a.iter().take(head).map(|l| Line::Same(l)).collect();
    all.extend(changes(x, y));
    all.extend(a.iter().skip(a.len() - tail).map(|l| Line::Same(l)));
    shown(&all)
}

/// The longest common lines stay; the others go out and come in.
fn changes<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<Line<'a>> {
    if a.len() > MOST || b.len() > MOST {
        return a.iter().map(|l| Line::Out(l)).chain(b.iter().map(|l| Line::In(l))).collect();
    }
    let wide = b.len() + 1;
    // Length of the longest common part of what begins at each pair of lines.
    let mut common = vec![0u16; (a.len() + 1) * wide];
    let at = |i: usize, j: usize| i * wide + j;
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[at(i, j)] = if a[i] == b[j] {
                common[at(i + 1, j + 1)] + 1
            } else {
                common[at(i + 1, j)].max(common[at(i, j + 1)])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push(Line::Same(a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j >= b.len() || i < a.len() && common[at(i + 1, j)] >= common[at(i, j + 1)] {
            out.push(Line::Out(a[i]));
            i += 1;
        } else {
            out.push(Line::In(b[j]));
            j += 1;
        }
    }
    out
}

fn shown(all: &[Line<'_>]) -> Vec<String> {
    let near = |i: usize| {
        let from = i.saturating_sub(AROUND);
        all.iter().skip(from).take(i + AROUND + 1 - from).any(|l| !matches!(l, Line::Same(_)))
    };
    let mut out = Vec::new();
    let mut gap = false;
    for (i, line) in all.iter().enumerate() {
        if !near(i) {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push("  …".to_owned());
        }
        out.push(match line {
            Line::Same(l) => format!("  {l}"),
            Line::Out(l) => format!("- {l}"),
            Line::In(l) => format!("+ {l}"),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_with_a_little_around() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        assert_eq!(lines(old, old), Vec::<String>::new());
        assert_eq!(
            lines(old, "a\nb\nc\nD\ne\nf\ng\nh\ni\n"),
            ["  …", "  b", "  c", "- d", "+ D", "  e", "  f", "  g", "  h", "+ i"]
        );
        assert_eq!(lines("", "x\n"), ["+ x"]);
        assert_eq!(lines("x\ny\n", "y\n"), ["- x", "  y"]);
        let long: String = (0..4000).map(|n| format!("{n}\n")).collect();
        let other: String = (0..4000).map(|n| format!("{}\n", n * 7 + 1)).collect();
        assert_eq!(lines(&long, &other).len(), 8000);
    }
}
