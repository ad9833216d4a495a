//! Cuts a record into words, signs and parameters.

use super::PARAMETER;

/// Most tokens of a record; what comes after is one parameter.
pub const MAX_TOKENS: usize = 160;
/// Longest word, in bytes; a longer one is a parameter.
const MAX_WORD: usize = 64;

/// A piece of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'r> {
    /// Its text.
    pub text: &'r str,
    /// Whether it is a parameter by its looks.
    pub parameter: bool,
    /// Whether white space stands before it.
    pub spaced: bool,
}

/// Signs that end a word and are tokens of their own.
const fn is_sign(c: char) -> bool {
    matches!(c, '=' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | '"' | '\'' | '&')
}

/// Cuts `text` into `out`, which is emptied first.
pub fn tokens<'r>(text: &'r str, out: &mut Vec<Token<'r>>) {
    out.clear();
    let mut rest = request(text, out);
    let mut spaced = false;
    loop {
        let trimmed = rest.trim_start();
        spaced = spaced || trimmed.len() < rest.len();
        rest = trimmed;
        let Some(c) = rest.chars().next() else { return };
        if out.len() >= MAX_TOKENS {
            out.push(Token { text: rest.trim_end(), parameter: true, spaced });
            return;
        }
        if let Some(tail) = rest.strip_prefix(PARAMETER) {
            let (text, _) = rest.split_at(PARAMETER.len());
            out.push(Token { text, parameter: true, spaced });
            rest = tail;
        } else if let Some((inner, tail)) = quoted(rest) {
            let (open, close) = (rest.split_at(1).0, tail.split_at(1).0);
            // A quoted word before a colon is a name, as in JSON.
            let name = tail.get(1..).is_some_and(|t| t.starts_with(':')) && inner.len() <= MAX_WORD;
            out.push(Token { text: open, parameter: false, spaced });
            out.push(Token { text: inner, parameter: !name, spaced: false });
            out.push(Token { text: close, parameter: false, spaced: false });
            rest = tail.get(1..).unwrap_or("");
        } else if is_sign(c) {
            let (text, tail) = rest.split_at(c.len_utf8());
            out.push(Token { text, parameter: false, spaced });
            rest = tail;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || is_sign(c)).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            word_tokens(word, spaced, out);
            rest = tail;
        }
        spaced = false;
    }
}

/// `METHOD /path/of/target?name=value STATUS`: cut at the signs of a target, so
/// that its parts are words. Returns what is left, which is all where the text is
/// no request.
fn request<'r>(text: &'r str, out: &mut Vec<Token<'r>>) -> &'r str {
    let Some((method, rest)) = text.split_once(" /") else { return text };
    if method.is_empty() || method.len() > 12 || !method.bytes().all(|b| b.is_ascii_uppercase()) {
        return text;
    }
    let Some((_, target)) = text.split_at_checked(method.len() + 1) else { return text };
    let end = target.find(char::is_whitespace).unwrap_or(target.len());
    // Behind the target nothing but a status.
    let Some((target, status)) = target.split_at_checked(end) else { return text };
    let status = status.trim_start();
    if !(status == "-" || status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit()))
        || rest.is_empty() && status.is_empty()
    {
        return text;
    }
    out.push(Token { text: method, parameter: false, spaced: false });
    let (mut at, mut spaced, mut value) = (0, true, false);
    let path = target.find('?').unwrap_or(target.len());
    while let Some(part) = target.get(at..).filter(|p| !p.is_empty()) {
        if out.len() + 2 >= MAX_TOKENS {
            out.push(Token { text: part, parameter: true, spaced });
            break;
        }
        let signs: &[char] = if at < path { &['/', '?'] } else { &['?', '&', '=', ';'] };
        let sign = part.starts_with(signs);
        let len = if sign { 1 } else { part.find(signs).unwrap_or(part.len()) };
        let (token, _) = part.split_at(len);
        if sign {
            // What stands behind a name's sign is a value, signs of its own and all.
            value = token == "=";
        }
        let parameter = !sign && (value || is_segment(token));
        out.push(Token { text: token, parameter, spaced });
        spaced = false;
        at += len;
    }
    out.push(Token { text: status, parameter: false, spaced: true });
    ""
}

/// Whether a part of a path is a value: as a word is, but names of files and
/// versions of interfaces (`jquery-3.6.0.min.js`, `v2`) are names.
fn is_segment(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
    part.len() > MAX_WORD
        || part.contains('%')
        || (digits > 0 && letters == 0)
        || (digits >= 6 && part.len() >= 8)
        || (digits > letters && digits > 2)
}

/// The inside of a quotation in double quotes, and the rest from its closing mark on.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    for (i, b) in inside.bytes().enumerate() {
        match b {
            b'"' if !escaped => return (i > 0).then(|| inside.split_at(i)),
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// A word, with the sign that ends a sentence or a label as a token of its own.
fn word_tokens<'r>(word: &'r str, spaced: bool, out: &mut Vec<Token<'r>>) {
    let core = word.trim_end_matches([':', '.', '!', '?']);
    if let Some(value) = word.strip_prefix(':').filter(|v| !v.is_empty() && !v.starts_with(':')) {
        let (sign, _) = word.split_at(1);
        out.push(Token { text: sign, parameter: false, spaced });
        return word_tokens(value, false, out);
    }
    if core.is_empty() {
        return out.push(Token { text: word, parameter: false, spaced });
    }
    let (core, end) = word.split_at(core.len());
    // `uid:0`, `rport:22`: the label stays, its value is a parameter.
    if let Some((label, value)) = core.split_once(':')
        && label.len() > 1
        && label.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-')
        && !label.bytes().all(|b| b.is_ascii_hexdigit())
        && is_parameter(value)
    {
        let (label, _) = core.split_at(label.len() + 1);
        out.push(Token { text: label, parameter: false, spaced });
        out.push(Token { text: value, parameter: true, spaced: false });
    } else {
        out.push(Token { text: core, parameter: is_parameter(core), spaced });
    }
    if !end.is_empty() {
        out.push(Token { text: end, parameter: false, spaced: false });
    }
}

/// Whether a word is a value by its looks: it has digits (but for names such as
/// `ssh2` or `sha256`), is a path, an address of mail or of a page, or very long.
fn is_parameter(word: &str) -> bool {
    if word.len() > MAX_WORD {
        return true;
    }
    let b = word.as_bytes();
    if word.contains("://") || (word.starts_with('/') && word.len() > 1) || (word.contains('@') && word.len() > 2) {
        return true;
    }
    if !b.iter().any(u8::is_ascii_digit) {
        // `deadbeef`, `fe80::`: only hexadecimal digits, and longer than words are
        let hex = b.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'-'));
        return hex && (b.contains(&b':') || b.len() >= 8);
    }
    let letters = b.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let digits = b.iter().skip(letters).take_while(|b| b.is_ascii_digit()).count();
    let name = letters >= 2 && letters + digits == b.len() && digits <= 3 && !b.iter().all(u8::is_ascii_hexdigit);
    !name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = Vec::new();
        tokens(text, &mut out);
        let mut s = String::new();
        for t in &out {
            s.push_str(if t.spaced && !s.is_empty() { " " } else { "" });
            s.push_str(if t.parameter { PARAMETER } else { t.text });
        }
        s
    }

    #[test]
    fn masks() {
        for (text, want) in [
            (
                "Failed password for root from 203.0.113.9 port 22 ssh2",
                "Failed password for root from <*> port <*> ssh2",
            ),
            ("sshd[712]: done.", "sshd[<*>]: done."),
            ("user=bob uid=0, gid=(7)", "user=bob uid=<*>, gid=(<*>)"),
            ("open /etc/passwd at 12:04:05", "open <*> at <*>"),
            ("{\"EventID\":1,\"Image\":\"a b\"}", "{\"EventID\":<*>,\"Image\":\"<*>\"}"),
            ("\"GET /x HTTP/1.1\" 200 \"\"", "\"<*>\" <*> \"\""),
            ("rport:22 fe80::1 deadbeef face", "rport:<*> <*> <*> face"),
            ("key sha256 eth0 abc12345", "key sha256 eth0 <*>"),
            ("GET /a/12/b.js?id=7;x=y z=1 200", "GET <*>=<*>;x=y z=<*> <*>"),
            ("GET /a/12/b.js?id=7;x=y 200", "GET /a/<*>/b.js?id=<*>;x=<*> 200"),
            ("a <*> b", "a <*> b"),
            ("", ""),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost(text in "\\PC{0,300}") {
            let mut out = Vec::new();
            tokens(&text, &mut out);
            let kept: String = out.iter().flat_map(|t| t.text.chars()).filter(|c| !c.is_whitespace()).collect();
            let all: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            proptest::prop_assert_eq!(kept, all);
            proptest::prop_assert!(out.len() <= MAX_TOKENS + 4);
        }
    }
}
