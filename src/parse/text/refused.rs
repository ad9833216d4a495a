//! Failed log-ins and refusals in the words of programs without a parser.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::address::Candidate;
use super::{address, known, voice};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

/// The most of a message that is searched, in bytes.
const SEARCHED: usize = 8192;

/// Words of a failed log-in.
pub(super) fn failures() -> Option<&'static Regex> {
    static RE: OnceLock<Option<Regex>> = OnceLock::new();
    RE.get_or_init(|| {
        Regex::new(
            r"(?ix) auth(entication|enticate|fail|orization)?[\s_]*(fail|error|not\ allowed|denied|rejected)
            | (fail(ed|ure|s)?|invalid|bad|wrong|incorrect|illegal|unknown|unauthori[sz]ed)[\ :]*(to\ )?(log[\ -]?(in|on)|auth|password|passwd|user|credential|access|admin|rcon|digest|response|attempt|sasl|totp|.{0,12}authenticat)
            | (login|logon|password|user|account|registration|challenge|sasl)\b.{0,60}\b(fail|error|incorrect|mismatch|invalid|unknown|denied|refused|not\ (exist|found|allowed|permitted|known)|disabled|excessive|might\ not\ have\ worked)
            | rejected\ (password|login|auth) | unsuccessful\ (log|auth|sign)
            | badlogin | login_error | authfail | failed_login | auth_fail | non-existent\ login | doesn't\ (match|exist)
            | auth\ challenge | can't\ find\ (user|apop) | failed\ (for|to\ authenticate) | could\ not\ (authenticate|log|access\ user) | not\ in\ the\ allow | invalid\ credential
            | too\ (many|much).{0,20}(auth|login|fail|error) | logging\ in\ fail | not\ authenticated | invalidpassword | invalidaccountid | failedacl | challengeresponsefailed
            ",
        )
        .ok()
    })
    .as_ref()
}

/// Words of a refusal that is no log-in.
pub(super) fn refusals() -> Option<&'static Regex> {
    static RE: OnceLock<Option<Regex>> = OnceLock::new();
    RE.get_or_init(|| {
        Regex::new(
            r"(?ix) \b(reject(ed|ing)? | refused | denied | blocked | blocking | block\( | unrouteable | relay\ not\ permitted | spam | dropped\ variable | attackalert
            | attack | intrusion | protocol\ error | dropped\ by | not\ advertised | no\ ip\ address\ found | hacking\ attempt | tried\ to\ authenticate | can't\ find | ratelimit
            | found\ in\ dns | unknown\ recipient | verify\ error | none/405 | no\ mail\ in | closed\ by\ drop | no\ host\ name | not\ supported | user\ override\ of | sigusr1 | error\ after | file\ does\ not\ exist | blacklisted | listed\ in | too\ many | violation | unauthorized | forbidden | ruleset= | user\ unknown | unknown\ user | access\ error | scan(ned)?
            | rbl | connection\ rate | lost\ input | did\ not\ issue | no\ route | negotiation | non-existent | tcp_denied )",
        )
        .ok()
    })
    .as_ref()
}

/// Words of success, which outweigh the others.
fn successes() -> Option<&'static Regex> {
    static RE: OnceLock<Option<Regex>> = OnceLock::new();
    RE.get_or_init(|| {
        Regex::new(r"(?i)\b(success(ful|fully)?|succeeded|accepted|logged in|login ok|session opened|unban)\b").ok()
    })
    .as_ref()
}

/// Writes a failed log-in or a refusal if the text tells one and names an
/// address; returns whether it did. `program` is empty where none is named.
///
/// Programs that are known write where and what they always do. Of all others
/// the words must be their own up to the address and the refusal (`voice`).
pub fn refused(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let msg = searched(msg);
    if !may_name_address(msg) {
        return false;
    }
    let find = |re: Option<&'static Regex>| re.and_then(|re| re.find(msg)).map(|m| m.range());
    let login = find(failures());
    let Some(phrase) = login.clone().or_else(|| find(refusals())) else { return false };
    if login.is_none() && find(successes()).is_some() {
        return false;
    }
    let tagged = !program.is_empty();
    let source = match known::source(msg, tagged) {
        Some(source) => Some(source),
        None if known::program(program) || (!tagged && known::opening(msg)) => match address::best(msg) {
            Some(source) => Some(source),
            None => return false,
        },
        None => match certain(msg, phrase, tagged) {
            Words::Source(source) => Some(source),
            // Whoever it was: a log-in failed.
            Words::Ambiguous if login.is_some() => None,
            _ => return false,
        },
    };
    if let Some(source) = source {
        d.set(Ov::SrcIp, source.ip);
        if !source.port.is_empty() {
            d.set(Ov::SrcPort, source.port);
        }
    }
    d.logsource(ctx.ls.application);
    if login.is_some() {
        d.event(EventType::LoginFailed, Outcome::Failure);
        if let Some(user) = known::account(msg).or_else(|| account(msg)).filter(|_| source.is_some()) {
            d.set(Ov::User, user);
        }
    } else {
        d.event(EventType::Connection, Outcome::Failure);
    }
    true
}

/// What of a message is searched: what matters stands near the start, the rest
/// of a giant line is left alone.
pub(super) fn searched(msg: &str) -> &str {
    msg.get(..msg.floor_char_boundary(SEARCHED)).unwrap_or(msg)
}

/// What the words of a program that nobody knows tell.
pub(super) enum Words<'a> {
    Source(Candidate<'a>),
    /// A refusal, but the address could be anyone's.
    Ambiguous,
    /// Somebody else's words.
    Other,
}

/// The source, where the program's own words name it and nothing else in the
/// message could be meant.
pub(super) fn certain(msg: &str, phrase: Range<usize>, tagged: bool) -> Words<'_> {
    let found = address::all(msg);
    let mut own = found.iter().filter(|c| c.rank > 0);
    let Some(first) = own.next() else { return Words::Other };
    let last = own.next_back().unwrap_or(first);
    // The refusal may be the program's though what follows is a client's: then it is
    // told, and nobody is accused of it.
    let refusal = |said| match said {
        true => Words::Ambiguous,
        false if begins(msg, phrase.start) && voice::own(msg, phrase.clone(), phrase.start, tagged) => Words::Ambiguous,
        false => Words::Other,
    };
    let said = voice::own(msg, phrase.clone(), first.at.max(phrase.start), tagged);
    if found.iter().filter(|c| c.rank > 0).all(|c| c.ip == first.ip) {
        return if said && stands_free(msg, first) { Words::Source(*first) } else { refusal(said) };
    }
    if !said {
        // A name in quotes may hold any address; the one behind it is the program's.
        let within = |c: &Candidate<'_>| {
            let head = msg.get(..c.at).unwrap_or("");
            head.matches('"').count() % 2 == 1 && !head.ends_with('"')
        };
        let others = found.iter().filter(|c| c.rank > 0 && c.ip != last.ip).all(within);
        if others && stands_free(msg, last) && voice::own(msg, phrase.clone(), last.at.max(phrase.start), tagged) {
            return Words::Source(*last);
        }
        return refusal(said);
    }
    // Where the account's name comes first and the message ends with an address
    // right behind it, all others are within the name.
    let named = NAME_MARKS.iter().any(|m| msg.get(..first.at).is_some_and(|head| head.contains(m)));
    let tail = msg.get(last.end..).unwrap_or("").trim_start_matches(last.port);
    let ends = tail.split([' ', ',', ']', ')', '.', ':']).all(|w| {
        let value = w.split_once('=').map_or(w, |(_, v)| v);
        value.bytes().all(|b| b.is_ascii_digit()) || matches!(w, "port" | "ssh2" | "via" | "ssh" | "web")
    });
    let between = msg.get(first.end..last.at).unwrap_or("").trim_start_matches(first.port);
    let joined = between.split([' ', '\t', ',', ';', '\'', '"', '(', ')', '[', ']', '<', '>']).all(|w| {
        let key = w.split_once('=').map_or(w, |(key, _)| key).trim_end_matches(':');
        matches!(key, "" | "from" | "ip" | "src" | "host" | "rhost" | "addr" | "address" | "client" | "port")
            || w.contains('=') && matches!(key, "user" | "name" | "time")
            || w.len() > 4 && failures().is_some_and(|re| re.is_match(w))
    });
    if named && ends && joined && last.rank >= first.rank && stands_free(msg, last) {
        Words::Source(*last)
    } else {
        Words::Ambiguous
    }
}

/// Whether what stands there begins a sentence or goes on with one: it is no value.
pub(super) fn begins(msg: &str, at: usize) -> bool {
    msg.get(..at).is_some_and(|head| head.is_empty() || head.ends_with([' ', '\t', ':', ']', '|']))
}

/// Whether an address is a value of its own: not a part of another value, as in
/// `path=/x?a&ip=1.2.3.4`, `agent=from 1.2.3.4` or `agent="from 1.2.3.4"`.
fn stands_free(msg: &str, c: &Candidate<'_>) -> bool {
    let head = msg.get(..c.at).unwrap_or("");
    let cut = head.rfind([' ', '\t']).map_or(0, |i| i + 1);
    let (before, own) = head.split_at(cut);
    if own.contains(['&', '?', '/', '%']) || own.matches('=').count() > 1 {
        return false;
    }
    // the word before it, as `from`, is not the beginning of another value
    let word = before.trim_end().rsplit([' ', '\t']).next().unwrap_or("");
    if !own.contains('=') && word.contains('=') && !word.ends_with('=') {
        return false;
    }
    // in quotes with nothing but itself
    let quoted = |q: char| {
        let opened = |(i, _): &(usize, &str)| {
            q == '"' || head.get(..*i).is_none_or(|h| h.is_empty() || h.ends_with([' ', '=', '(', '[', ':', ',']))
        };
        let mut at = None;
        for (i, m) in head.match_indices(q) {
            at = match at {
                None if opened(&(i, m)) => Some(i),
                None => None,
                Some(_) => None,
            };
        }
        at.is_some_and(|i| i + 1 != c.at)
    };
    !quoted('"') && !quoted('\'')
}

/// Behind one of these stands what the client typed.
const NAME_MARKS: &[&str] = &["user", "for ", "account", "login as", "name"];

/// Whether the text can hold an address at all: a dot between digits, or two
/// colons with at most four hex digits between. Most lines do not, and the
/// expressions need not be tried on them.
pub(super) fn may_name_address(msg: &str) -> bool {
    let b = msg.as_bytes();
    memchr::memchr2_iter(b'.', b':', b).any(|at| {
        let after = b.get(at + 1..).unwrap_or(&[]);
        if b.get(at) == Some(&b'.') {
            let digit = |c: Option<&u8>| c.is_some_and(u8::is_ascii_digit);
            return digit(after.first()) && digit(at.checked_sub(1).and_then(|i| b.get(i)));
        }
        let digits = after.iter().take(5).take_while(|c| c.is_ascii_hexdigit()).count();
        after.get(digits) == Some(&b':')
    })
}

/// The account that a message names.
pub(super) fn account(msg: &str) -> Option<&str> {
    user(msg).or_else(|| plain_user(msg)).or_else(|| between_words(msg))
}

/// The account in `… for bob from ADDR`.
fn between_words(msg: &str) -> Option<&str> {
    let (_, rest) = msg.split_once(" for ")?;
    let (name, after) = rest.split_once(' ')?;
    let name = name.trim_matches(['\'', '"']);
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@' | b'+'));
    (plain && !name.is_empty() && !PROSE.contains(&name) && after.starts_with("from ")).then_some(name)
}

/// Words of a sentence that goes on, where a name could stand.
const PROSE: [&str; 16] =
    ["or", "and", "is", "was", "not", "has", "with", "from", "in", "does", "for", "to", "the", "that", "at", "by"];

/// The account in `user bob …`, where no clearer mark stands before one.
fn plain_user(msg: &str) -> Option<&str> {
    let (_, rest) = msg.split_once("User ").or_else(|| msg.split_once("user "))?;
    let name = rest.split(' ').next()?.trim_end_matches([',', ':', '.', ';']);
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@'));
    // A word of such sentences is a name where one goes on as behind a name.
    let named = !voice::is_word(name) || rest.get(name.len()..).is_some_and(|r| r.starts_with(" logged in"));
    (plain && !name.is_empty() && named && !PROSE.contains(&name)).then_some(name)
}

/// The account, where a usual mark stands before it.
fn user(msg: &str) -> Option<&str> {
    const MARKS: &[&str] = &[
        "user=<",
        "user=",
        "user '",
        "User '",
        "user \"",
        "User \"",
        "user <",
        "username: ",
        "username=",
        "Username: ",
        "username ",
        "set_id=",
        "sasl_username=",
        "for user ",
        "user: ",
        "Account '",
        "account '",
        "Login attempt failed from ",
        "Login attempt failed for ",
        " as '",
        " login as ",
        "uname=",
        "acct=\"",
        "account=",
        "name=\"",
        "login for ",
        "uid=",
    ];
    let (at, mark) = MARKS
        .iter()
        .filter_map(|m| msg.find(m).map(|at| (at, *m)))
        .min_by_key(|(at, m)| (*at, usize::MAX - m.len()))?;
    let rest = msg.get(at + mark.len()..)?;
    let close = match mark.as_bytes().last()? {
        b'<' => '>',
        b'\'' => '\'',
        b'"' => '"',
        _ => match rest.as_bytes().first()? {
            q @ (b'\'' | b'"') => {
                let q = char::from(*q);
                return rest.get(1..)?.split(q).next().filter(|u| !u.is_empty());
            }
            b'<' => return rest.get(1..)?.split('>').next().filter(|u| !u.is_empty()),
            _ => {
                let user = rest.split([' ', ',', ';', ')', ']', '\t']).next()?;
                // `username or password` names nobody.
                let word = |u: &&str| !(u.is_empty() || mark.ends_with(' ') && PROSE.contains(u));
                return Some(user.trim_end_matches(['.', ':'])).filter(word);
            }
        },
    };
    rest.split(close).next().filter(|u| !u.is_empty())
}
