//! Text on its way to a cell: made visible, measured in columns, cut to fit.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

pub use crate::event::sanitize;
use crate::event::{Severity, Ts};

/// Columns that a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to `max` columns; a cut shows as `…`.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    if text.len() <= max || text.width() <= max {
        return text.to_owned();
    }
    let mut out = String::with_capacity(max + 4);
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > max {
            break;
        }
        out.push(c);
        used += w;
    }
    if max > 0 {
        out.push('…');
    }
    out
}

/// The end of the text in at most `max` columns; what is missing before it shows as `…`.
#[must_use]
pub fn cut_left(text: &str, max: usize) -> String {
    let all = text.width();
    if all <= max {
        return text.to_owned();
    }
    if max == 0 { String::new() } else { format!("…{}", skip(text, all + 1 - max)) }
}

/// The text after its first `skip` columns.
#[must_use]
pub fn skip(text: &str, skip: usize) -> &str {
    let mut used = 0;
    for (i, c) in text.char_indices() {
        if used >= skip {
            return text.get(i..).unwrap_or("");
        }
        used += c.width().unwrap_or(0);
    }
    if used >= skip && skip == 0 { text } else { "" }
}

/// The text cut or padded to just `width` columns, to the left or the right.
#[must_use]
pub fn pad(text: &str, width: usize, right: bool) -> String {
    let mut s = cut(text, width);
    let fill = width.saturating_sub(s.width());
    if right {
        s.insert_str(0, &" ".repeat(fill));
    } else {
        s.push_str(&" ".repeat(fill));
    }
    s
}

/// Breaks a text into lines of at most `width` columns, at blanks where it can.
#[must_use]
pub fn wrap(text: &str, width: usize, max_lines: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if width == 0 || max_lines == 0 {
        return lines;
    }
    let mut line = String::new();
    let mut used = 0;
    let mut blank: Option<usize> = None;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > width {
            let rest = match blank.filter(|b| *b * 2 > line.len()) {
                Some(b) => line.split_off(b),
                None => String::new(),
            };
            lines.push(std::mem::replace(&mut line, rest));
            if lines.len() == max_lines {
                return lines;
            }
            used = line.width();
            blank = None;
        }
        line.push(c);
        used += w;
        if c == ' ' {
            blank = Some(line.len());
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// `1,234,567`.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A rate or amount in four or five columns: `812`, `8.1k`, `12.4k`, `1.2M`.
#[must_use]
pub fn short(n: f64) -> String {
    match n {
        n if n < 1_000.0 => format!("{n:.0}"),
        n if n < 100_000.0 => format!("{:.1}k", n / 1e3),
        n if n < 1e6 => format!("{:.0}k", n / 1e3),
        n if n < 1e9 => format!("{:.1}M", n / 1e6),
        n => format!("{:.1}G", n / 1e9),
    }
}

/// Bytes as people read them.
#[must_use]
pub fn bytes(n: u64) -> String {
    let f = n as f64;
    match n {
        0..=9_999 => format!("{n} B"),
        10_000..=9_999_999 => format!("{:.0} kB", f / 1e3),
        10_000_000..=9_999_999_999 => format!("{:.0} MB", f / 1e6),
        _ => format!("{:.1} GB", f / 1e9),
    }
}

/// `HH:MM:SS`; blanks where there is no time.
#[must_use]
pub fn clock(t: Ts) -> String {
    if !t.is_some() {
        return "--:--:--".to_owned();
    }
    let (_, _, _, h, m, s, _) = t.civil();
    format!("{h:02}:{m:02}:{s:02}")
}

/// `MM-DD`; blanks where there is no time.
#[must_use]
pub fn day(t: Ts) -> String {
    if !t.is_some() {
        return "--".to_owned();
    }
    let (_, mo, d, ..) = t.civil();
    format!("{mo:02}-{d:02}")
}

/// `MM-DD HH:MM:SS`.
#[must_use]
pub fn dated_clock(t: Ts) -> String {
    if t.is_some() { format!("{} {}", day(t), clock(t)) } else { clock(t) }
}

/// `YYYY-MM-DD`.
#[must_use]
pub fn date(t: Ts) -> String {
    if t.is_some() { format!("{:04}-{}", t.civil().0, day(t)) } else { "-".to_owned() }
}

/// `YYYY-MM-DD HH:MM:SS`.
#[must_use]
pub fn date_clock(t: Ts) -> String {
    if t.is_some() { format!("{} {}", date(t), clock(t)) } else { clock(t) }
}

/// `YYYY-MM-DD HH:MM`, in that many columns: the date alone where there is no room for both.
#[must_use]
pub fn date_minute(t: Ts, columns: usize) -> String {
    let all = date_clock(t);
    let cut = if columns >= 16 { 16 } else { 10 };
    if t.is_some() { all.get(..cut).unwrap_or(&all).to_owned() } else { all }
}

/// `MM-DD HH:MM`.
#[must_use]
pub fn day_clock(t: Ts) -> String {
    if !t.is_some() {
        return "-".to_owned();
    }
    let (_, mo, d, h, m, _, _) = t.civil();
    format!("{mo:02}-{d:02} {h:02}:{m:02}")
}

/// A span of time in one or two units.
#[must_use]
pub fn span(micros: i64) -> String {
    let s = micros.max(0) / 1_000_000;
    match s {
        0..=119 => format!("{s}s"),
        120..=7_199 => format!("{}m", s / 60),
        7_200..=172_799 => format!("{}h", s / 3_600),
        _ => format!("{}d", s / 86_400),
    }
}

/// A severity as a word of four letters.
#[must_use]
pub const fn severity_word(s: Severity) -> &'static str {
    match s {
        Severity::Info => "INFO",
        Severity::Low => "LOW",
        Severity::Medium => "MED",
        Severity::High => "HIGH",
        Severity::Critical => "CRIT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("宽字符", 4), "宽…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!((cut_left("abcdef", 4), cut_left("abc", 3)), ("…def".to_owned(), "abc".to_owned()));
        assert_eq!((cut_left("宽字符", 4), cut_left("abc", 0)), ("…符".to_owned(), String::new()));
        assert_eq!(pad("ab", 4, true), "  ab");
        assert_eq!(skip("abcdef", 2), "cdef");
        assert_eq!(skip("abc", 9), "");
        assert_eq!(skip("", 0), "");
    }

    #[test]
    fn wrapping_keeps_every_character() {
        let t = "one two three four five six seven";
        let l = wrap(t, 10, 99);
        assert!(l.iter().all(|x| width(x) <= 10), "{l:?}");
        assert_eq!(l.concat(), t);
        assert_eq!(wrap("aaaaaaaaaaaaaaaaaaaaaaaa", 10, 2).len(), 2);
    }

    #[test]
    fn numbers() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
        assert_eq!((short(812.0), short(12_400.0), short(1.2e6)), ("812".into(), "12.4k".into(), "1.2M".into()));
    }
}
