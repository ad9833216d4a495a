//! Values of rules: their types, and the encodings that modifiers ask for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::glob::{DASHES, Part, Pattern};
use super::yaml::{Node, Value};

/// A value as a rule writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Text, not yet read for wildcards.
    Text(String),
    /// A number, as written and as it is.
    Num(String, Number),
    /// `true` or `false`.
    Bool(bool),
    /// Nothing.
    Null,
}

impl Scalar {
    /// The typed value of a node; `None` for lists and mappings.
    #[must_use]
    pub fn of(node: &Node) -> Option<Self> {
        let Value::Scalar { text, plain } = &node.value else { return None };
        if node.is_null() {
            return Some(Self::Null);
        }
        if let Some(b) = node.bool() {
            return Some(Self::Bool(b));
        }
        if *plain && let Some(n) = number(text) {
            return Some(Self::Num(text.to_string(), n));
        }
        Some(Self::Text(text.to_string()))
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(t) | Self::Num(t, _) => t,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Null => "",
        }
    }
}

/// A number of a rule or of an event: whole ones are exact, however large.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Number {
    /// The nearest number that a double holds.
    pub near: f64,
    /// How much more a whole number is, which is something only beyond 2^53.
    pub off: i64,
}

impl Number {
    /// A number that a double holds.
    #[must_use]
    pub const fn of(near: f64) -> Self {
        Self { near, off: 0 }
    }

    fn whole(n: i128) -> Self {
        let near = n as f64;
        Self { near, off: (n - near as i128) as i64 }
    }

    /// Bits by which equal numbers are equal.
    #[must_use]
    pub fn bits(self) -> (u64, i64) {
        (if self.near == 0.0 { 0 } else { self.near.to_bits() }, self.off)
    }

    /// The number of such bits.
    #[must_use]
    pub const fn from_bits((near, off): (u64, i64)) -> Self {
        Self { near: f64::from_bits(near), off }
    }
}

/// The number that a plain scalar is: decimal, hexadecimal or octal.
fn number(text: &str) -> Option<Number> {
    let whole = |digits, radix| u64::from_str_radix(digits, radix).ok().map(|n| Number::whole(n.into()));
    if let Some(hex) = text.strip_prefix("0x") {
        return whole(hex, 16);
    }
    if let Some(oct) = text.strip_prefix("0o") {
        return whole(oct, 8);
    }
    exact(text)
}

/// As [`decimal`], exact where the text is a whole number.
#[must_use]
pub fn exact(text: &str) -> Option<Number> {
    let near = decimal(text)?;
    // Up to here a double tells all whole numbers apart.
    if near.abs() < 9_007_199_254_740_992.0 {
        return Some(Number::of(near));
    }
    Some(text.parse().map_or(Number::of(near), Number::whole))
}

/// A decimal number as rules and events write it; no `inf`, no `nan`, no spaces.
#[must_use]
pub fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if text.len() > 32 || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.parse().ok()
}

/// Text or bytes on the way through modifiers.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// Text with wildcards.
    Pattern(Pattern),
    /// Bytes that only an encoding can turn into text again.
    Bytes(Vec<u8>),
}

impl Raw {
    fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Bytes(b) => Ok(b.clone()),
            Self::Pattern(p) => match p.plain() {
                Some(t) => Ok(t.as_bytes().to_vec()),
                None => Err("a value with wildcards cannot be encoded".into()),
            },
        }
    }

    /// As UTF-16: `le`, else big-endian; with a byte order mark if `bom`.
    pub fn utf16(&self, le: bool, bom: bool) -> Result<Self, String> {
        let bytes = self.bytes()?;
        let text = std::str::from_utf8(&bytes).map_err(|_| "the value is no text any more".to_owned())?;
        let units = bom.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        Ok(Self::Bytes(units.flat_map(|u| if le { u.to_le_bytes() } else { u.to_be_bytes() }).collect()))
    }

    /// In base64.
    pub fn base64(&self) -> Result<Self, String> {
        Ok(Self::Pattern(Pattern::literal(&STANDARD.encode(self.bytes()?))))
    }

    /// The three texts of which one stands in any base64 text of data that
    /// contains the value, whatever its offset: without the digits that
    /// neighbouring bytes share.
    pub fn base64_offsets(&self) -> Result<Vec<Self>, String> {
        let bytes = self.bytes()?;
        let mut out = Vec::with_capacity(3);
        for (offset, skip) in [(0usize, 0usize), (1, 2), (2, 3)] {
            let mut shifted = vec![b' '; offset];
            shifted.extend_from_slice(&bytes);
            let keep_less = [0, 3, 2][shifted.len() % 3];
            let text = STANDARD.encode(&shifted);
            let piece = text.get(skip..text.len().saturating_sub(keep_less)).unwrap_or("");
            if piece.is_empty() {
                return Err("the value is too short for base64offset".into());
            }
            out.push(Self::Pattern(Pattern::literal(piece)));
        }
        Ok(out)
    }

    /// The pattern; bytes must be UTF-8.
    pub fn pattern(self) -> Result<Pattern, String> {
        match self {
            Self::Pattern(p) => Ok(p),
            Self::Bytes(b) => match String::from_utf8(b) {
                Ok(t) => Ok(Pattern::literal(&t)),
                Err(_) => Err("UTF-16 bytes are no text: put base64 or base64offset after it".into()),
            },
        }
    }
}

/// The value with each dash or slash that starts a parameter made to stand for
/// all of them: as separate texts where there is one, as one pattern where
/// there are several.
#[must_use]
pub fn windash(pattern: &Pattern) -> Vec<Pattern> {
    let mut out = Pattern::default();
    let mut found = 0;
    for part in &pattern.0 {
        let Part::Lit(text) = part else {
            out.push(part.clone());
            continue;
        };
        let mut run = String::new();
        let mut before_is_word = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let starts_word = chars.peek().is_some_and(|n| is_word(*n));
            if DASHES.contains(&c) && !before_is_word && starts_word {
                out.push(Part::Lit(std::mem::take(&mut run)));
                out.push(Part::Dash);
                found += 1;
            } else {
                run.push(c);
            }
            before_is_word = is_word(c);
        }
        out.push(Part::Lit(run));
    }
    if found != 1 {
        return vec![out];
    }
    let with = |dash: char| {
        let mut p = Pattern::default();
        for part in &out.0 {
            p.push(if *part == Part::Dash { Part::Lit(dash.to_string()) } else { part.clone() });
        }
        p
    };
    DASHES.iter().map(|d| with(*d)).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number("0x10"), Some(Number::of(16.0)));
        assert_eq!(number("4688"), Some(Number::of(4688.0)));
        assert_eq!(number("-1.5e3"), Some(Number::of(-1500.0)));
        for no in ["", "inf", "-inf", "nan", "1 ", "12a", "-", "0x"] {
            assert_eq!(number(no), None, "{no}");
        }
    }

    #[test]
    fn offsets_are_found_in_any_base64() {
        let value = "IEX (New-Object";
        let pieces = Raw::Pattern(Pattern::literal(value)).base64_offsets().expect("pieces");
        for before in 0..9 {
            for after in 0..5 {
                let data = format!(
                    "{}{value}{}",
                    "é~x".repeat(4).get(..before * 4 / 4).unwrap_or("abcdefgh"),
                    "z".repeat(after)
                );
                let text = STANDARD.encode(data);
                let found =
                    pieces.iter().any(|p| matches!(p, Raw::Pattern(p) if text.contains(p.plain().unwrap_or("#"))));
                assert!(found, "{before} before, {after} after");
            }
        }
    }

    #[test]
    fn wide() {
        let raw = Raw::Pattern(Pattern::literal("ab"));
        assert_eq!(raw.utf16(true, false), Ok(Raw::Bytes(b"a\0b\0".to_vec())));
        assert_eq!(raw.utf16(false, true), Ok(Raw::Bytes(vec![0xFE, 0xFF, 0, b'a', 0, b'b'])));
        assert!(Raw::Pattern(Pattern::parse("a*")).base64().is_err());
    }

    #[test]
    fn dashes() {
        let forms = windash(&Pattern::literal(" -enc a-b"));
        let texts: Vec<_> = forms.iter().filter_map(Pattern::plain).collect();
        assert_eq!(texts, [" -enc a-b", " /enc a-b", " –enc a-b", " —enc a-b", " ―enc a-b"]);
        let two = windash(&Pattern::literal("-a -b"));
        assert!(two.len() == 1 && two[0].matches("/a –b"));
        assert_eq!(windash(&Pattern::literal("plain")).len(), 1);
    }
}
