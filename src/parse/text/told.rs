//! What a program that nobody knows tells of a log-in: refused or let in.
//!
//! The same wherever its words stand: behind a syslog header, in a file of its
//! own, in an envelope, in the message of a structured event.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::quoted::quoted;
use super::refused::{Words, account, begins, certain, failures, may_name_address, refusals, searched};
use super::{refused, voice};
use crate::event::{Draft, EventType, Outcome, Ov};
use crate::parse::Ctx;

/// Words of a log-in that succeeded.
fn logins() -> Option<&'static Regex> {
    static RE: OnceLock<Option<Regex>> = OnceLock::new();
    RE.get_or_init(|| {
        Regex::new(
            r"(?ix) \b(log[\ -]?(in|on)|sign[\ -]?in|authentication)\b(\ attempt)?[\ :]*(was\ |has\ )?(success(ful|fully)?|succeeded|ok|accepted|granted)\b
            | \bsuccess(ful(ly)?)?[\ :]+(\w+\ )?(log[\ -]?(in|on)|sign[\ -]?in|logged[\ -](in|on)|signed[\ -]in|auth(entication|enticated))\b
            | \b(logged|signed)[\ -](in|on)\b
            | \bauthenticated\ successfully\b
            | \baccepted\ (password|login|authentication|credentials)\b
            ",
        )
        .ok()
    })
    .as_ref()
}

/// Words by which such a sentence tells of no log-in of this moment.
fn denials() -> Option<&'static Regex> {
    static RE: OnceLock<Option<Regex>> = OnceLock::new();
    RE.get_or_init(|| {
        Regex::new(
            r"(?i)\b(not|no|never|isn't|wasn't|aren't|hasn't|without|before|unless|if|must|should|please|can|cannot|can't|until|when|already|last|previous|previously|users|sessions|log(ged)? ?out|signed out|revoked|expired)\b",
        )
        .ok()
    })
    .as_ref()
}

/// Words by which a refusal is counted or looked back at.
fn looks_back() -> Option<&'static Regex> {
    static RE: OnceLock<Option<Regex>> = OnceLock::new();
    RE.get_or_init(|| {
        Regex::new(r"(?i)\b(no|0|zero) (failed|failures?|invalid)\b|\bin the (last|past)\b|\b(last|previous) (failed|invalid)\b|\b(reset|clear)(ting|ed|ing)?\b|\bper (second|minute|hour|day)\b").ok()
    })
    .as_ref()
}

/// Writes a log-in, refused or let in, if the text tells one and names an
/// address; returns whether it did. `program` is empty where none is named.
pub fn told(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    !quoted(program, searched(msg)) && (refused(program, msg, ctx, d) || accepted(program, msg, ctx, d))
}

/// Where a success stands in a text, if it tells of one and of nothing else.
fn success(msg: &str) -> Option<Range<usize>> {
    let phrase = logins()?.find(msg)?.range();
    let other = [failures(), refusals(), denials()].into_iter().flatten().any(|re| re.is_match(msg));
    (!other).then_some(phrase)
}

/// A log-in that succeeded is believed only where its source is certain.
fn accepted(program: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    let msg = searched(msg);
    if !may_name_address(msg) {
        return false;
    }
    let Some(phrase) = success(msg) else { return false };
    let Words::Source(source) = certain(msg, phrase, !program.is_empty()) else { return false };
    d.set(Ov::SrcIp, source.ip);
    if !source.port.is_empty() {
        d.set(Ov::SrcPort, source.port);
    }
    d.logsource(ctx.ls.application);
    d.event(EventType::Login, Outcome::Success);
    if let Some(user) = account(msg) {
        d.set(Ov::User, user);
    }
    true
}

/// How a log-in ended of which a message tells whose source is told beside it,
/// and the account, if the message names it. The words must be the program's
/// own; a name before them may be anyone's.
pub fn says(msg: &str) -> Option<(Outcome, Option<&str>)> {
    let msg = searched(msg);
    if quoted("", msg) {
        return None;
    }
    let failed = failures().and_then(|re| re.find(msg)).map(|m| m.range());
    let (phrase, outcome) = match failed {
        Some(_) if looks_back().is_some_and(|re| re.is_match(msg)) => return None,
        Some(at) if logins().is_none_or(|re| !re.is_match(msg)) => (at, Outcome::Failure),
        Some(_) => return None,
        None => (success(msg)?, Outcome::Success),
    };
    // The name of somebody, then what became of him.
    let name = msg.find(' ').map_or(0, |n| n + 1).min(phrase.start);
    let own = |from: usize| {
        let msg = msg.get(from..).unwrap_or("");
        let (at, end) = (phrase.start - from, phrase.end - from);
        begins(msg, at) && voice::own(msg, at..end, end, true)
    };
    (own(0) || own(name)).then(|| (outcome, account(msg)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::one;

    fn line(program: &str, msg: &str) -> (EventType, Outcome, String, String) {
        let r = match program {
            "" => one(msg, |raw, ctx, d| told("", raw, ctx, d)),
            _ => one(msg, |raw, ctx, d| told("myapp", raw, ctx, d)),
        };
        let text = |ov| r.ov(ov).unwrap_or("").to_owned();
        (r.event_type, r.outcome, text(Ov::User), text(Ov::SrcIp))
    }

    #[test]
    fn let_in() {
        for msg in [
            "user bob logged in from 192.0.2.7",
            "User 'bob' logged in successfully from 192.0.2.7:4711",
            "[info] auth: login successful user=bob ip=192.0.2.7",
            "Successful login as bob from 192.0.2.7",
            "Login succeeded for user bob (192.0.2.7)",
            "INFO Successfully authenticated user bob from 192.0.2.7",
            "authentication succeeded for user \"bob\" from 192.0.2.7",
        ] {
            let want = (EventType::Login, Outcome::Success, "bob".to_owned(), "192.0.2.7".to_owned());
            assert_eq!(line("myapp", msg), want, "{msg}");
            assert_eq!(line("", msg), want, "{msg}");
        }
    }

    #[test]
    fn nobody_let_in() {
        for msg in [
            "user bob not logged in from 192.0.2.7",
            "comment by bob: login successful for admin from 192.0.2.7",
            "<bob> login successful for admin from 192.0.2.7",
            "GET /?q=login successful from 192.0.2.7",
            "ua=\"login successful from 192.0.2.7\"",
            "last successful login of user bob from 192.0.2.7",
            "users logged in from 192.0.2.7",
            "login successful for user eve from 198.51.100.1 then 192.0.2.7",
            "please log in from 192.0.2.7",
            "user said: Accepted password for root from 192.0.2.7 port 22 ssh2",
            "user said Accepted password for root from 192.0.2.7 port 22 ssh2",
            "user bob: login successful for root from 192.0.2.7",
            "id 12 Accepted password for root from 192.0.2.7 port 22 ssh2",
            "user bob logged out, was logged in from 192.0.2.7",
        ] {
            assert_ne!(line("myapp", msg).0, EventType::Login, "{msg}");
        }
        assert_eq!(line("a", "login failed after login ok for user bob from 192.0.2.7").0, EventType::LoginFailed);
    }

    #[test]
    fn sentences_of_another_program() {
        let said = "Accepted password for root from 192.0.2.7 port 22 ssh2";
        assert_eq!(line("", said).0, EventType::Login);
        assert_eq!(one(said, |raw, ctx, d| told("docker/web", raw, ctx, d)).event_type, EventType::Login);
        assert_eq!(line("myapp", said).0, EventType::Other);
        for msg in
            ["User name: login failed for admin from 192.0.2.7", "invalid request: login failed for x from 192.0.2.7"]
        {
            assert_eq!(line("myapp", msg).3, "", "{msg}");
        }
    }

    #[test]
    fn beside_an_address() {
        assert_eq!(says("Invalid username or password"), Some((Outcome::Failure, None)));
        assert_eq!(says("login failed for user bob"), Some((Outcome::Failure, Some("bob"))));
        assert_eq!(says("bob@example.org failed to log in").map(|s| s.0), Some(Outcome::Failure));
        assert_eq!(says("user bob logged in"), Some((Outcome::Success, Some("bob"))));
        for msg in [
            "comment saved: login failed",
            "user bob wrote: login failed",
            "no failed logins",
            "failed logins in the last hour: 3",
            "logged out",
            "said \"login failed\"",
        ] {
            assert_eq!(says(msg), None, "{msg}");
        }
    }
}
