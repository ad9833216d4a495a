//! Patterns with named fields: `%{timestamp} %{src_ip} said %{*} to %{user}`.
//!
//! Text between fields stands for itself, a blank for one or more blanks. A
//! field takes as little as it can; `%{name:word}`, `:number` and `:ip` take
//! only that; `%{*}` is passed over.

/// A pattern as a regular expression, and the names of its groups in order.
pub fn to_regex(pattern: &str) -> Result<(String, Vec<String>), String> {
    let mut out = String::from("^");
    let mut names = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("%{") {
        literal(rest.get(..at).unwrap_or(""), &mut out);
        let Some((inside, after)) = rest.get(at + 2..).and_then(|r| r.split_once('}')) else {
            return Err(format!("'%{{' without '}}' at column {}", pattern.len() - rest.len() + at + 1));
        };
        let (name, kind) = inside.split_once(':').unwrap_or((inside, ""));
        let what = match kind {
            "" => ".*?",
            "word" => r"\S+",
            "number" => r"[+-]?\d+(?:\.\d+)?",
            "ip" => r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)",
            "rest" => ".*",
            other => {
                return Err(format!("unknown kind '{other}' of '%{{{inside}}}': word, number, ip or rest is expected"));
            }
        };
        if matches!(name, "*" | "") {
            out.push_str(&format!("(?:{what})"));
        } else {
            let good = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@'));
            if !good {
                return Err(format!("'{name}' is no field name: letters, digits, '_', '.', '-' and '@' are expected"));
            }
            if names.iter().any(|n| n == name) {
                return Err(format!("field '{name}' stands twice in the pattern"));
            }
            names.push(name.to_owned());
            out.push_str(&format!("({what})"));
        }
        rest = after;
    }
    literal(rest, &mut out);
    out.push('$');
    if names.is_empty() {
        return Err("the pattern names no field".to_owned());
    }
    Ok((out, names))
}

fn literal(text: &str, out: &mut String) {
    let mut blank = false;
    for c in text.chars() {
        if c == ' ' {
            if !blank {
                out.push_str(" +");
            }
            blank = true;
            continue;
        }
        blank = false;
        out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_their_errors() {
        let (regex, names) = to_regex("[%{timestamp}] %{src_ip:ip}: %{*} by %{user}").expect("a pattern");
        assert_eq!(names, ["timestamp", "src_ip", "user"]);
        let r = regex::Regex::new(&regex).expect("a regex");
        let c = r.captures("[now]   192.0.2.9: stopped by bob b").expect("a match");
        assert_eq!((&c[1], &c[2], &c[3]), ("now", "192.0.2.9", "bob b"));
        for bad in ["", "x", "%{a", "%{a b}", "%{a:what}", "%{a}%{a}"] {
            assert!(to_regex(bad).is_err(), "{bad}");
        }
    }
}
