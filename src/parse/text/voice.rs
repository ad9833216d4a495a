//! Whose words a text is: the program's own, or a client's that it repeats.
//!
//! A program that nobody knows may write anything, a guest's comment among it.
//! Its words are believed as far as all of them, from the start of the message
//! on, are such as programs use to tell of a refusal: levels and names of
//! components, `key=value`, values in quotes or brackets, a name where one must
//! stand, and the few words that all of them share. The first word of another
//! kind ends that: from there on somebody else may be speaking. So does a colon
//! behind a name: what follows is what that one said.

use std::ops::Range;

use super::vocabulary::{BEFORE_NAMES, COMPONENTS, MESSAGE_KEYS, SENT, WORDS};

/// Whether it is one of these words, and so no name.
pub(super) fn is_word(word: &str) -> bool {
    let mut lower = [0u8; 24];
    WORDS.binary_search(&lowered(word, &mut lower)).is_ok()
}

/// Whether all that stands before `end` is the program's own, and so is what
/// stands at `phrase`. `tagged`: the line named its program already, so that a
/// second name with a process number is somebody's imitation.
pub(super) fn own(msg: &str, phrase: Range<usize>, end: usize, tagged: bool) -> bool {
    let mut s = Scan {
        msg,
        phrase: phrase.start,
        said: phrase.end,
        at: 0,
        end: end.min(msg.len()),
        tagged,
        names: 0,
        begun: false,
    };
    while s.at < s.end {
        let before = s.at;
        if !s.token() || s.at <= before {
            return false;
        }
    }
    true
}

struct Scan<'a> {
    msg: &'a str,
    phrase: usize,
    /// Where the phrase ends.
    said: usize,
    at: usize,
    end: usize,
    tagged: bool,
    /// 2 where a name is expected, 1 where it may go on with another word, in capitals.
    names: u8,
    /// The program has begun its sentence: no more names of components.
    begun: bool,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.msg.get(self.at..).unwrap_or("")
    }

    /// Passes over one token; false where it is nobody knows whose.
    fn token(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            self.at = self.end;
            return true;
        };
        match first {
            '"' | '\'' | '`' => self.quoted(first, ""),
            '[' => self.group(']'),
            '(' => self.group(')'),
            '{' => self.group('}'),
            // A process of Erlang, a number; a name in these is who speaks.
            '<' => {
                let known =
                    matches!(rest.as_bytes().get(1), Some(b'0'..=b'9')) || self.names > 0 || self.at + 1 >= self.end;
                known && self.group('>')
            }
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => self.word(),
            '/' | '\\' => false,
            c => {
                self.at += c.len_utf8();
                true
            }
        }
    }

    /// A value in quotes. Where the text that is asked for is in it, the value
    /// must be an address alone or the program's message.
    fn quoted(&mut self, quote: char, key: &str) -> bool {
        let from = self.at + 1;
        let Some(len) = self.msg.get(from..).and_then(|r| r.find(quote)) else {
            // One that is never closed: nothing is behind it, or nobody knows what.
            self.at = from;
            return from >= self.end;
        };
        let close = from + len;
        let message = MESSAGE_KEYS.contains(&key);
        if (from..close).contains(&self.phrase) && !message || close >= self.end && from < self.end {
            return false;
        }
        // A name in quotes, then what it said.
        if self.names == 2 && self.msg.get(close + 1..).is_some_and(|r| r.starts_with(": ")) && close + 1 < self.said {
            return false;
        }
        self.names = 0;
        self.at = (close + 1).min(self.end.max(from));
        true
    }

    /// What stands in brackets; where what is asked for is in it, its words count.
    fn group(&mut self, close: char) -> bool {
        let rest = self.msg.get(self.at + 1..).unwrap_or("");
        match rest.bytes().take(160).position(|b| char::from(b) == close) {
            Some(len) if self.at + 1 + len < self.end && !(self.at..=self.at + len).contains(&self.phrase) => {
                self.at += len + 2;
            }
            _ => self.at += 1,
        }
        true
    }

    fn word(&mut self) -> bool {
        let rest = self.rest();
        let len = rest
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '=' | '[' | '(' | '|' | ',' | ';' | '<'))
            .unwrap_or(rest.len());
        let raw = rest.get(..len).unwrap_or("");
        let after = rest.as_bytes().get(len);
        let next = self.at + len;
        if after == Some(&b'=') {
            return self.pair(raw, next + 1);
        }
        let word = raw.trim_end_matches([':', '.', '!', '?', ')', ']', '}', '>', '\'']);
        let mut lower = [0u8; 24];
        let lower = lowered(word, &mut lower);
        let numeric = word.bytes().all(|b| !b.is_ascii_alphabetic() || matches!(b, b'T' | b'Z'))
            || word.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'-'))
                && word.bytes().any(|b| b.is_ascii_digit());
        if after == Some(&b'[')
            && self.tagged
            && !self.begun
            && tag(rest.get(len..).unwrap_or(""))
            && !component(word, lower)
        {
            return false;
        }
        let known = WORDS.binary_search(&lower).is_ok();
        let ok = known
            || numeric
            || COMPONENTS.contains(&lower)
            || (!self.begun && (raw.ends_with(':') || after == Some(&b'[')) && component(word, lower))
            || word.contains(['.', '_']) && !word.contains(['/', '@', '?'])
            || self.names == 2
            || self.names == 1 && word.starts_with(char::is_uppercase) && !raw.ends_with(':');
        if !ok || raw.ends_with(':') && next < self.said && self.speaks(known, lower, next) {
            return false;
        }
        if known {
            self.begun |= !matches!(lower, "error" | "warning" | "security");
            self.names = if BEFORE_NAMES.contains(&lower) { 2 } else { 0 };
        } else {
            self.names = self.names.saturating_sub(1);
        }
        self.at = next.max(self.at + 1);
        true
    }

    /// Whether the word before a colon is a name, or one behind which a client's value
    /// stands: what follows is what that one said.
    fn speaks(&self, known: bool, lower: &str, next: usize) -> bool {
        if !known {
            return self.names > 0 && self.begun;
        }
        let rest = self.msg.get(next..).unwrap_or("");
        let then = next + rest.len() - rest.trim_start().len();
        then == self.phrase && SENT.contains(&lower)
            || self.at > self.phrase && matches!(lower, "name" | "username" | "email" | "host" | "hostname")
    }

    /// `key=value`: what is asked for stands in the value only if it is the
    /// program's message, or the address is the value.
    fn pair(&mut self, key: &str, from: usize) -> bool {
        let key = key.rsplit(['.', '-']).next().unwrap_or(key);
        self.names = 0;
        self.at = from;
        if from >= self.end {
            return true;
        }
        match self.msg.as_bytes().get(from) {
            Some(q @ (b'"' | b'\'')) => self.quoted(char::from(*q), key),
            _ => {
                let rest = self.rest();
                let len = rest.find([' ', '\t', ',', ';', '|']).unwrap_or(rest.len());
                let close = from + len;
                if (from..close.max(from + 1)).contains(&self.phrase) && !MESSAGE_KEYS.contains(&key) {
                    return false;
                }
                if close >= self.end {
                    // `relay=name[ADDR]`, `ip=[ADDR]`, `rhost=::ffff:ADDR`: nothing of a sentence.
                    self.at = self.end;
                    return true;
                }
                // An account's name may have blanks.
                self.names = 1;
                self.at = close;
                true
            }
        }
    }
}

/// `[123]:` as behind a program's name.
fn tag(rest: &str) -> bool {
    rest.strip_prefix('[').and_then(|r| r.split_once(']')).is_some_and(|(pid, after)| {
        after.starts_with(':') && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())
    })
}

/// The name of a part of a program: of capitals, or with more than letters in it.
fn component(word: &str, lower: &str) -> bool {
    // Headers of requests, which clients write.
    if lower == "user-agent" || lower.starts_with("x-") {
        return false;
    }
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    COMPONENTS.contains(&lower)
        || capitals > 1
        || word.contains(['.', '_', '/']) && !word.contains('@')
        || word.contains("::")
}

/// A word in small letters; longer ones are none of ours.
pub(super) fn lowered<'a>(word: &str, buffer: &'a mut [u8]) -> &'a str {
    let Some(place) = buffer.get_mut(..word.len()) else { return "" };
    place.copy_from_slice(word.as_bytes());
    place.make_ascii_lowercase();
    std::str::from_utf8(place).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The phrase begins at `^`, the address is `@`.
    fn is_own(text: &str) -> bool {
        let phrase = text.find('^').expect("a phrase");
        let text = text.replacen('^', "", 1);
        let end = text.find('@').expect("an address").max(phrase);
        own(&text, phrase..phrase + 12, end, true)
    }

    #[test]
    fn programs() {
        for text in [
            "^Login failed for user bob from @",
            "^Login failed for John Doe from @",
            "[warn] ^authentication failure user=bob ip=@",
            "2026-01-10 12:00:00,123 ERROR [http-1] o.a.c.Auth: ^Login failed for user 'bob doe' from @",
            "lvl=eror msg=\"^Invalid username or password\" uname= remote_addr=@",
            "User \"bob\" from @: ^authentication failed",
            "Client @ ^failed to authenticate",
            "^Failed login from '@'",
            "auth: ^bad password for bob (client @)",
        ] {
            assert!(is_own(text), "{text}");
        }
    }

    #[test]
    fn somebody_else() {
        for text in [
            "comment by bob: ^login failed for admin from @",
            "bob: ^login failed for admin from @",
            "<bob> ^login failed for admin from @",
            "GET /x ua=\"^login failed for bob from @\"",
            "ua=\"^login failed for bob from @\"",
            "comment=^login failed for bob from @",
            "user bob wrote: ^login failed for admin from @",
            "user bob says ^login failed for admin from @",
            "sshd[1]: ^Failed password for root from @",
            "/x ^login failed for admin from @",
            "'^login failed for bob from @'",
            "User-Agent: ^login failed for user bob from @",
            "X-Forwarded-For: ^login failed for user bob from @",
            "message from bob: ^login failed for admin from @",
            "user said: ^login failed for admin from @",
            "user bob: ^login failed for admin from @",
            "user \"bob\": ^login failed for admin from @",
            "User name: ^login failed for admin from @",
            "invalid request: ^login failed for admin from @",
        ] {
            assert!(!is_own(text), "{text}");
        }
    }
}
