//! `field|modifier|…: value` read into tests.

use super::ast::{Cmp, Item, Net, Place, Test, TimePart};
use super::glob::{Part, Pattern};
use super::value::{Raw, Scalar, windash};
use super::yaml::{Node, YamlError};

/// Most values of one item.
pub const MAX_VALUES: usize = 100_000;

/// What the modifiers of a key say, in the form that values need.
#[derive(Debug, Default)]
struct Mods {
    encodings: Vec<Encoding>,
    place: Option<Place>,
    all: bool,
    negate: bool,
    cased: bool,
    exists: bool,
    regex: Option<String>,
    compare: Option<Cmp>,
    cidr: bool,
    fieldref: bool,
    time: Option<TimePart>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Encoding {
    Windash,
    Base64,
    Base64Offset,
    Utf16 { le: bool, bom: bool },
}

/// The modifiers that are known, for hints and editors.
pub const MODIFIERS: &[&str] = &[
    "contains",
    "startswith",
    "endswith",
    "all",
    "exists",
    "cased",
    "neq",
    "re",
    "i",
    "m",
    "s",
    "ignorecase",
    "multiline",
    "dotall",
    "lt",
    "lte",
    "gt",
    "gte",
    "windash",
    "base64",
    "base64offset",
    "utf16",
    "utf16le",
    "utf16be",
    "wide",
    "cidr",
    "fieldref",
    "expand",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
];

impl Mods {
    fn parse(words: &[&str]) -> Result<Self, String> {
        let mut m = Self::default();
        let mut expand = false;
        for w in words {
            match *w {
                "contains" | "startswith" | "endswith" => {
                    let place = match *w {
                        "contains" => Place::Inside,
                        "startswith" => Place::Start,
                        _ => Place::End,
                    };
                    if m.place.replace(place).is_some() {
                        return Err("only one of contains, startswith and endswith".into());
                    }
                }
                "all" => m.all = true,
                "neq" => m.negate = true,
                "cased" => m.cased = true,
                "exists" => m.exists = true,
                "re" => m.regex = Some(String::new()),
                "i" | "m" | "s" | "ignorecase" | "multiline" | "dotall" => match &mut m.regex {
                    Some(flags) => flags.push(match *w {
                        "i" | "ignorecase" => 'i',
                        "m" | "multiline" => 'm',
                        _ => 's',
                    }),
                    None => return Err(format!("the modifier '{w}' stands after 're'")),
                },
                "lt" => m.compare(Cmp::Lt)?,
                "lte" => m.compare(Cmp::Lte)?,
                "gt" => m.compare(Cmp::Gt)?,
                "gte" => m.compare(Cmp::Gte)?,
                "windash" => m.encodings.push(Encoding::Windash),
                "base64" => m.encodings.push(Encoding::Base64),
                "base64offset" => m.encodings.push(Encoding::Base64Offset),
                "utf16le" | "wide" => m.encodings.push(Encoding::Utf16 { le: true, bom: false }),
                "utf16be" => m.encodings.push(Encoding::Utf16 { le: false, bom: false }),
                "utf16" => m.encodings.push(Encoding::Utf16 { le: true, bom: true }),
                "cidr" => m.cidr = true,
                "fieldref" => m.fieldref = true,
                "expand" => expand = true,
                "minute" => m.part(TimePart::Minute)?,
                "hour" => m.part(TimePart::Hour)?,
                "day" => m.part(TimePart::Day)?,
                "week" => m.part(TimePart::Week)?,
                "month" => m.part(TimePart::Month)?,
                "year" => m.part(TimePart::Year)?,
                other => return Err(unknown(other)),
            }
        }
        // A part of a time is a number, and may be compared like one.
        let number = m.compare.is_some() || m.time.is_some();
        let kinds = [m.exists, m.regex.is_some(), number, m.cidr, m.fieldref];
        let text = (m.place.is_some() && !m.fieldref) || !m.encodings.is_empty();
        if kinds.iter().filter(|k| **k).count() + usize::from(text) > 1 {
            return Err(format!("the modifiers '{}' do not go together", words.join("|")));
        }
        if matches!(m.encodings.last(), Some(Encoding::Utf16 { .. })) {
            return Err("UTF-16 bytes are no text: put base64 or base64offset after it".into());
        }
        if expand {
            return Err(
                "placeholders (expand) need values: a pipeline with value_placeholders gives them (--pipeline)".into(),
            );
        }
        Ok(m)
    }

    fn compare(&mut self, cmp: Cmp) -> Result<(), String> {
        match self.compare.replace(cmp) {
            None => Ok(()),
            Some(_) => Err("only one of lt, lte, gt and gte: write the field twice".into()),
        }
    }

    fn part(&mut self, part: TimePart) -> Result<(), String> {
        match self.time.replace(part) {
            None => Ok(()),
            Some(_) => Err("only one part of a time: write the field twice".into()),
        }
    }

    fn tests(&self, value: &Scalar) -> Result<Vec<Test>, String> {
        if self.exists {
            return match value {
                Scalar::Bool(b) => Ok(vec![Test::Exists(*b)]),
                _ => Err("exists takes true or false".into()),
            };
        }
        if let Some(flags) = &self.regex {
            return Ok(vec![Test::Regex { pattern: regex_text(value.text(), flags) }]);
        }
        if let Some(part) = self.time {
            let n = match value {
                Scalar::Num(_, n) => Some(*n),
                other => super::value::decimal(other.text()),
            };
            return match n.filter(|n| n.fract() == 0.0) {
                Some(n) => Ok(vec![Test::Time(part, self.compare, n as i64)]),
                None => Err("a part of a time is a whole number".into()),
            };
        }
        if let Some(cmp) = self.compare {
            return match value {
                Scalar::Num(_, n) => Ok(vec![Test::Compare(cmp, *n)]),
                other => match super::value::decimal(other.text()) {
                    Some(n) => Ok(vec![Test::Compare(cmp, n)]),
                    None => Err(format!("a comparison needs a number, found '{}'", other.text())),
                },
            };
        }
        if self.cidr {
            return match Net::parse(value.text()) {
                Some(net) => Ok(vec![Test::Cidr(net)]),
                None => Err(format!("'{}' is no network (address/prefix)", value.text())),
            };
        }
        if self.fieldref {
            let place = self.place.unwrap_or(Place::Whole);
            return Ok(vec![Test::Field { other: value.text().to_owned(), place, cased: self.cased }]);
        }
        self.string_tests(value)
    }

    fn string_tests(&self, value: &Scalar) -> Result<Vec<Test>, String> {
        let bare = self.place.is_none() && self.encodings.is_empty();
        match value {
            Scalar::Null => {
                return if bare { Ok(vec![Test::Null]) } else { Err("null takes no modifier for text".into()) };
            }
            Scalar::Num(text, n) if bare => {
                return Ok(vec![Test::Num { text: text.to_ascii_lowercase(), value: *n }]);
            }
            _ => {}
        }
        let mut forms = vec![Raw::Pattern(Pattern::parse(value.text()))];
        for e in &self.encodings {
            let mut next = Vec::new();
            for f in &forms {
                match e {
                    Encoding::Windash => match f {
                        Raw::Pattern(p) => next.extend(windash(p).into_iter().map(Raw::Pattern)),
                        Raw::Bytes(_) => return Err("windash stands before encodings".into()),
                    },
                    Encoding::Base64 => next.push(f.base64()?),
                    Encoding::Base64Offset => next.extend(f.base64_offsets()?),
                    Encoding::Utf16 { le, bom } => next.push(f.utf16(*le, *bom)?),
                }
            }
            forms = next;
        }
        let before = matches!(self.place, Some(Place::Inside | Place::End));
        let after = matches!(self.place, Some(Place::Inside | Place::Start));
        let cased = self.cased;
        // Most values have one form; a list that grows by itself has room for four.
        let mut tests = Vec::with_capacity(forms.len());
        for f in forms {
            let pattern = f.pattern()?.wrapped(before, after);
            tests.push(Test::Str { pattern: if cased { pattern } else { pattern.folded() }, cased });
        }
        Ok(tests)
    }
}

/// A regular expression with its flags in front.
fn regex_text(text: &str, flags: &str) -> String {
    if flags.is_empty() { text.to_owned() } else { format!("(?{flags}){text}") }
}

fn unknown(word: &str) -> String {
    let near = MODIFIERS.iter().find(|m| {
        let same = m.bytes().zip(word.bytes()).filter(|(a, b)| a == b).count();
        word.len() > 2 && same + 2 >= m.len().max(word.len()) && m.len() > 2
    });
    match near {
        Some(n) => format!("unknown modifier '{word}'; meant '{n}'?"),
        None => format!("unknown modifier '{word}'"),
    }
}

/// Reads one entry of a search's mapping.
pub fn parse(key: &Node, value: &Node) -> Result<Item, YamlError> {
    let name = key.text().ok_or_else(|| YamlError::at(key, "a field's name is text"))?;
    let mut words = name.split('|');
    let field = words.next().unwrap_or("");
    let words: Vec<&str> = words.collect();
    let mods = Mods::parse(&words).map_err(|m| YamlError::at(key, m))?;
    let nodes = value.items();
    if nodes.is_empty() {
        return Err(YamlError::at(value, format!("'{name}' has an empty list: it could never match")));
    }
    if nodes.len() > MAX_VALUES {
        return Err(YamlError::at(value, format!("'{name}' has more than {MAX_VALUES} values")));
    }
    if mods.exists && nodes.len() > 1 {
        return Err(YamlError::at(value, "exists takes one value: true or false"));
    }
    let keyword = field.is_empty();
    let mut values = Vec::with_capacity(nodes.len());
    for n in nodes {
        let scalar =
            Scalar::of(n).ok_or_else(|| YamlError::at(n, format!("'{name}' takes values, found {} here", n.kind())))?;
        let tests = mods.tests(&scalar).map_err(|m| YamlError::at(n, m))?;
        values.push(if keyword { keyword_tests(tests).map_err(|m| YamlError::at(n, m))? } else { tests });
    }
    Ok(Item {
        field: (!keyword).then(|| field.to_owned()),
        values,
        all: mods.all,
        negate: mods.negate,
        line: key.line,
        column: key.column,
    })
}

/// Reads a keyword: a bare value of a list.
pub fn keyword(node: &Node) -> Result<Item, YamlError> {
    let scalar = Scalar::of(node).ok_or_else(|| YamlError::at(node, "a keyword is a single value"))?;
    let tests = Mods::default().tests(&scalar).and_then(keyword_tests).map_err(|m| YamlError::at(node, m))?;
    Ok(Item { field: None, values: vec![tests], all: false, negate: false, line: node.line, column: node.column })
}

/// Keywords are looked for anywhere in a record.
fn keyword_tests(tests: Vec<Test>) -> Result<Vec<Test>, String> {
    (tests.into_iter())
        .map(|t| match t {
            Test::Str { pattern, cased } => Ok(Test::Str { pattern: pattern.wrapped(true, true), cased }),
            Test::Num { text, .. } => {
                let pattern = Pattern(vec![Part::Many, Part::Lit(text), Part::Many]);
                Ok(Test::Str { pattern, cased: false })
            }
            Test::Regex { .. } => Ok(t),
            _ => Err("a keyword is text, a number or a regular expression".into()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn item(text: &str) -> Result<Item, YamlError> {
        let doc = yaml::parse(text).remove(0)?;
        let (k, v) = &doc.map().expect("a mapping")[0];
        parse(k, v)
    }

    fn first(text: &str) -> Test {
        item(text).unwrap_or_else(|e| panic!("{text}: {e}")).values[0][0].clone()
    }

    #[test]
    fn kinds_of_values() {
        let str = |p: &str| Test::Str { pattern: Pattern::parse(p), cased: false };
        assert_eq!(first("a: Foo"), str("foo"));
        assert_eq!(first("a|contains: Foo"), str("*foo*"));
        assert_eq!(first("a|endswith: \\Foo"), str("*\\foo"));
        assert_eq!(first("a: 4688"), Test::Num { text: "4688".into(), value: 4688.0 });
        assert_eq!(first("a: '4688'"), str("4688"));
        assert_eq!(first("a: true"), str("true"));
        assert_eq!(first("a: null"), Test::Null);
        assert_eq!(first("a:"), Test::Null);
        assert_eq!(first("a|exists: false"), Test::Exists(false));
        assert_eq!(first("a|re|i: x+"), Test::Regex { pattern: "(?i)x+".into() });
        assert_eq!(first("a|gte: 5"), Test::Compare(Cmp::Gte, 5.0));
        assert_eq!(first("a|hour: 5"), Test::Time(TimePart::Hour, None, 5));
        assert_eq!(first("a|hour|gte: 22"), Test::Time(TimePart::Hour, Some(Cmp::Gte), 22));
        assert_eq!(first("a|lt|week: '22'"), Test::Time(TimePart::Week, Some(Cmp::Lt), 22));
        assert!(item("a|hour|neq: 5").is_ok_and(|i| i.negate));
        assert_eq!(first("a|re|ignorecase|multiline|dotall: x+"), first("a|re|i|m|s: x+"));
        assert_eq!(item("a|base64offset|contains: foo").map(|i| i.values[0].len()), Ok(3));
        assert_eq!(item("a|contains|windash: ' -a '").map(|i| i.values[0].len()), Ok(5));
        assert!(item("'|all': [x, y]").is_ok_and(|i| i.all && i.field.is_none()));
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, column, word) in [
            ("a|contain: x", 1, "meant 'contains'"),
            ("a|contains|endswith: x", 1, "only one"),
            ("a|re|contains: x", 1, "do not go together"),
            ("a|exists: maybe", 11, "true or false"),
            ("a|cidr: nonsense", 9, "no network"),
            ("a|gt: many", 7, "needs a number"),
            ("a: []", 4, "empty list"),
            ("a: [x, [y]]", 8, "takes values"),
            ("a|expand: '%x%'", 1, "placeholders"),
            ("a|i: x", 1, "after 're'"),
            ("a|ignorecase: x", 1, "after 're'"),
            ("a|hour|re: x", 1, "do not go together"),
            ("a|hour|gte: 1.5", 13, "whole number"),
            ("a|lt|gt: 3", 1, "only one of lt"),
            ("a|gt|gt: 3", 1, "only one of lt"),
            ("a|hour|day: 3", 1, "only one part"),
            ("a|wide: foo", 1, "base64"),
            ("a|utf16le|contains: foo", 1, "base64"),
            ("a|utf16: foo", 1, "base64"),
            ("a|exists: [true, false]", 11, "one value"),
        ] {
            let e = item(text).expect_err(text);
            assert!(e.column == column && e.message.contains(word), "{text}: {e}");
        }
    }
}
