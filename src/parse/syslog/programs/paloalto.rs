//! Palo Alto's firewalls: rows of values between commas, as their syslog writes them
//! (`FUTURE,TIME,SERIAL,TYPE,SUBTYPE,…`), behind a header or by themselves.

use smallvec::SmallVec;

use super::super::util::{failed, is_ip, set_dest, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};
use crate::parse::{Ctx, time};

/// The most values of a row that are read.
const MOST: usize = 64;

type Row<'a> = SmallVec<[&'a str; MOST]>;

/// Whether a text begins as such a row: a digit, a time, a serial number, a type.
pub(in crate::parse) fn is_row(msg: &str) -> bool {
    let b = msg.as_bytes();
    if !matches!(b, [b'0'..=b'9', b',', b'2', _, _, _, b'/', _, _, b'/', ..]) || b.get(21) != Some(&b',') {
        return false;
    }
    let mut rest = msg.get(22..).unwrap_or("").splitn(3, ',');
    let serial = rest.next().unwrap_or("");
    let kind = rest.next().unwrap_or("");
    serial.len() <= 24 && (3..=16).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_uppercase())
}

/// A row without a header.
pub(in crate::parse) fn alone(raw: &str, ctx: &Ctx, d: &mut Draft<'_>) -> bool {
    if !is_row(raw) {
        return false;
    }
    d.flag(RecordFlags::PARSED);
    d.set(Ov::Message, raw);
    parse(raw, ctx, d);
    true
}

/// Parses a row.
pub(super) fn parse(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let row = values(msg);
    let at = |n: usize| row.get(n).copied().unwrap_or("");
    // The time at which it was logged, of the device's zone.
    if !d.rec.time.is_some()
        && let Some((ts, quality)) = time::value(at(1), ctx)
    {
        d.time(ts, quality);
    }
    d.set(Ov::Process, "pan-os");
    d.logsource(ctx.ls.panos);
    d.field("type", at(3));
    d.field("subtype", at(4));
    match at(3) {
        "TRAFFIC" => traffic(&at, d),
        "THREAT" => {
            ends(&at, d);
            d.event(EventType::Detection, Outcome::Unknown);
            set_user(d, at(12));
            d.set(Ov::Resource, at(32));
            d.severity(severity(at(34)));
        }
        "SYSTEM" => system(&at, d),
        "GLOBALPROTECT" => {
            // The status has a column of its own; account and machine may be called the same.
            let step = at(8);
            if step.ends_with("-auth") || step.ends_with("login") || at(9) == "login" {
                verdict(at(28) == "success", d);
            }
            set_user(d, at(12));
            set_src(d, at(15));
        }
        "AUTHENTICATION" => {
            // What the device says of it, and the result's own column: no other decides.
            let good = |said: &str| {
                let begins = |with: &str| said.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with));
                begins("authentication succe") || begins("auth success") || begins("auth-success")
            };
            verdict(good(at(18)) || good(at(20)), d);
            set_src(d, at(8));
            set_user(d, at(9));
        }
        "CONFIG" => {
            d.event(EventType::Other, outcome(at(12)));
            set_src(d, at(7));
            set_user(d, at(10));
            d.set(Ov::Resource, at(9));
        }
        _ => d.event(EventType::Other, Outcome::Unknown),
    }
}

fn outcome(word: &str) -> Outcome {
    match word {
        "Succeeded" => Outcome::Success,
        "Failed" | "Unauthorized" => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

fn verdict(success: bool, d: &mut Draft<'_>) {
    if success {
        d.event(EventType::Login, Outcome::Success);
    } else {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    }
}

fn ends<'a>(at: &dyn Fn(usize) -> &'a str, d: &mut Draft<'_>) {
    set_src(d, at(7));
    set_dest(d, at(8));
    set_port(d, Ov::SrcPort, at(24));
    set_port(d, Ov::DestPort, at(25));
}

fn traffic<'a>(at: &dyn Fn(usize) -> &'a str, d: &mut Draft<'_>) {
    ends(at, d);
    set_user(d, at(12));
    let allowed = at(30) == "allow";
    let kind = if allowed { EventType::FirewallAllow } else { EventType::FirewallBlock };
    d.event(kind, if allowed { Outcome::Success } else { Outcome::Failure });
    if at(31).bytes().all(|b| b.is_ascii_digit()) {
        d.set(Ov::Bytes, at(31));
    }
}

/// `…,EVENT,OBJECT,,,MODULE,SEVERITY,"what happened",…`
fn system<'a>(at: &dyn Fn(usize) -> &'a str, d: &mut Draft<'_>) {
    let (event, said) = (at(8), at(14));
    d.field("event_id", event);
    d.set(Ov::Message, said);
    d.severity(severity(at(13)));
    let word = |s: &'a str| s.split([',', ' ']).next().unwrap_or("").trim_end_matches('.');
    if event.starts_with("auth-") || said.starts_with("failed authentication for user '") {
        verdict(event == "auth-success" || said.starts_with("authenticated for user '"), d);
        // The name may say anything; the device's words follow its last quote and full stop.
        let Some((user, own)) = said.split_once("for user '").and_then(|(_, r)| r.rsplit_once("'. ")) else { return };
        set_user(d, user);
        set_src(d, own.rsplit_once("From: ").map(|(_, r)| word(r)).filter(|a| is_ip(a)).unwrap_or(""));
    } else if event.starts_with("globalprotect") && event.contains("-auth-") {
        verdict(event.ends_with("-succ"), d);
        let (own, name) = said.split_once("User name: ").unwrap_or((said, ""));
        set_user(d, name.split_once(", ").map_or("", |(n, _)| n));
        // Before the name, which clients choose.
        set_src(d, own.split_once("Login from: ").map_or("", |(_, r)| word(r)));
    } else if let Some((user, rest)) = said.strip_prefix("User ").and_then(|r| r.rsplit_once(" logged in via ")) {
        verdict(true, d);
        set_user(d, user);
        set_src(d, rest.split_once(" from ").map_or("", |(_, r)| r.split(' ').next().unwrap_or("")));
    } else {
        d.event(EventType::Other, Outcome::Unknown);
    }
}

fn severity(word: &str) -> Severity {
    match word {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        _ => Severity::Info,
    }
}

/// The value in quotes at the start of a text, and what follows it; a quote in the value is
/// written twice.
fn quoted(s: &str) -> Option<(&str, &str)> {
    let rest = s.strip_prefix('"')?;
    let mut from = 0;
    loop {
        let end = from + rest.get(from..)?.find('"')?;
        let after = rest.get(end + 1..)?;
        if !after.starts_with('"') {
            return Some((rest.get(..end)?, after)).filter(|(_, after)| after.is_empty() || after.starts_with(','));
        }
        from = end + 2;
    }
}

/// The values of a row; quotes hold one with commas together.
fn values(msg: &str) -> Row<'_> {
    let mut row = Row::new();
    let mut rest = msg;
    while row.len() < MOST {
        if let Some((v, after)) = quoted(rest) {
            row.push(v);
            let Some(next) = after.strip_prefix(',') else { break };
            rest = next;
            continue;
        }
        let Some((v, after)) = rest.split_once(',') else {
            row.push(rest);
            break;
        };
        row.push(v);
        rest = after;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one};

    #[test]
    fn rows() {
        use EventType::{Detection, FirewallAllow, FirewallBlock, Login, LoginFailed, Other};
        let head = "1,2026/11/18 03:00:01,001801000001,";
        for (row, kind, user, src) in [
            (
                r#"SYSTEM,auth,0,2026/11/18 03:00:01,,auth-fail,,0,0,general,medium,"failed authentication for user 'bob'. Reason: Invalid username/password. auth profile 'LDAP', vsys 'shared', server address '10.0.0.5', From: 192.0.2.7.",1,0x0"#,
                LoginFailed,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"SYSTEM,auth,0,2026/11/18 03:00:01,,auth-success,LDAP,0,0,general,informational,"authenticated for user 'bob'.   auth profile 'LDAP', vsys 'shared', From: 192.0.2.7.",1,0x0"#,
                Login,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"SYSTEM,general,0,2026/11/18 03:00:01,,general,,0,0,general,informational,"User admin logged in via Web from 192.0.2.7 using https",1,0x0"#,
                Login,
                "admin",
                "192.0.2.7",
            ),
            (
                r#"SYSTEM,globalprotect,0,2026/11/18 03:00:01,,globalprotectgateway-auth-fail,gw,0,0,general,informational,"GlobalProtect gateway user authentication failed. Login from: 192.0.2.7, Source region: DE, User name: bob, Client OS version: x, Reason: x.",1,0x0"#,
                LoginFailed,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"SYSTEM,globalprotect,0,2026/11/18 03:00:01,,globalprotectportal-auth-succ,gw,0,0,general,informational,"GlobalProtect portal user authentication succeeded. Login from: 192.0.2.7, Source region: DE, User name: bob, Auth type: profile.",1,0x0"#,
                Login,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"GLOBALPROTECT,0,2561,2026/11/18 03:00:01,vsys1,gateway-auth,login,LDAP,,bob,DE,laptop,192.0.2.7,0.0.0.0,0.0.0.0,0.0.0.0,serial,1,6.0.1,Windows,"Windows",1,,,"Invalid username or password",failure,,0,,0,gw,1,0x0"#,
                LoginFailed,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"SYSTEM,auth,0,2026/11/18 03:00:01,,auth-fail,,0,0,general,medium,"failed authentication for user 'x From: 8.8.8.8 y'.  Reason: Invalid username/password.",1,0x0"#,
                LoginFailed,
                "x From: 8.8.8.8 y",
                "",
            ),
            (
                r#"SYSTEM,auth,0,2026/11/18 03:00:01,,auth-fail,,0,0,general,medium,"failed authentication for user 'x'. Reason: From: 8.8.8.8'.  Reason: Invalid username/password.",1,0x0"#,
                LoginFailed,
                "x'. Reason: From: 8.8.8.8",
                "",
            ),
            (
                r#"SYSTEM,globalprotect,0,2026/11/18 03:00:01,,globalprotectportal-auth-fail,gw,0,0,general,informational,"GlobalProtect portal user authentication failed. User name: bob Login from: 8.8.8.8, Reason: x.",1,0x0"#,
                LoginFailed,
                "bob Login from: 8.8.8.8",
                "",
            ),
            (
                r#"GLOBALPROTECT,0,2561,2026/11/18 03:00:01,vsys1,gateway-auth,login,LDAP,,success,DE,laptop,192.0.2.7,0.0.0.0,0.0.0.0,0.0.0.0,serial,1,6.0.1,Windows,"Windows",1,,,"Invalid username or password",,,0,,0,gw,1,0x0"#,
                LoginFailed,
                "success",
                "192.0.2.7",
            ),
            (
                r#"GLOBALPROTECT,0,2561,2026/11/18 03:00:01,vsys1,gateway-auth,login,LDAP,,bob,DE,failure,192.0.2.7,0.0.0.0,0.0.0.0,0.0.0.0,serial,1,6.0.1,Windows,"Windows",1,,,"",success,,0,,0,gw,1,0x0"#,
                Login,
                "bob",
                "192.0.2.7",
            ),
            (
                "AUTHENTICATION,0,2561,2026/11/18 03:00:01,vsys1,192.0.2.7,authentication success,,obj,pol,1,12,vendor,log,sp,Invalid username/password,Gateway,auth-fail,1",
                LoginFailed,
                "authentication success",
                "192.0.2.7",
            ),
            (
                r#"AUTHENTICATION,0,2561,2026/11/18 03:00:01,vsys1,192.0.2.7,"a"",,,,,,,,,auth success,",,obj,pol,1,12,vendor,log,sp,Invalid username/password,Gateway,auth-fail,1"#,
                LoginFailed,
                r#"a"",,,,,,,,,auth success,"#,
                "192.0.2.7",
            ),
            (
                "AUTHENTICATION,0,2561,2026/11/18 03:00:01,vsys1,192.0.2.7,bob,,obj,pol,1,12,vendor,log,sp,Authentication succeeded,Gateway,,1",
                Login,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"TRAFFIC,drop,2305,2026/11/18 03:00:01,192.0.2.7,10.0.0.5,0.0.0.0,0.0.0.0,rule1,,,not-applicable,vsys1,untrust,trust,eth1,eth2,log,2026/11/18 03:00:01,0,1,51000,22,0,0,0x0,tcp,deny,60,60,0,1"#,
                FirewallBlock,
                "",
                "192.0.2.7",
            ),
            (
                r#"TRAFFIC,end,2305,2026/11/18 03:00:01,192.0.2.7,10.0.0.5,0.0.0.0,0.0.0.0,rule1,,,ssh,vsys1,untrust,trust,eth1,eth2,log,2026/11/18 03:00:01,0,1,51000,22,0,0,0x0,tcp,allow,60,60,0,1"#,
                FirewallAllow,
                "",
                "192.0.2.7",
            ),
            (
                r#"THREAT,vulnerability,2305,2026/11/18 03:00:01,192.0.2.7,10.0.0.5,0.0.0.0,0.0.0.0,rule1,,,web-browsing,vsys1,untrust,trust,eth1,eth2,log,2026/11/18 03:00:01,1,1,51000,80,0,0,0x0,tcp,reset-both,"x,php",Struts(33194),any,critical,client-to-server,1"#,
                Detection,
                "",
                "192.0.2.7",
            ),
            (
                "CONFIG,0,0,2026/11/18 03:00:01,192.0.2.7,,set,admin,Web,Succeeded,config,1,0x0",
                Other,
                "admin",
                "192.0.2.7",
            ),
            ("HIPMATCH,0,0,x", Other, "", ""),
        ] {
            for line in [
                format!("{head}{row}"),
                format!("Nov 18 03:00:01 fw1 {head}{row}"),
                format!("<14>1 2026-11-18T03:00:01Z fw1 - - - - {head}{row}"),
            ] {
                let e = one(&line, syslog::parse);
                let got = (e.parsed, e.event_type, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::SrcIp).unwrap_or(""));
                assert_eq!(got, (true, kind, user, src), "{line}");
                assert_eq!(e.time.to_rfc3339(), "2026-11-18T03:00:01Z", "{line}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "(\"|,|'|SYSTEM|auth-fail|From: |[a-zé0-9]{1,4}){0,40}") {
            let _ = one(&format!("1,2026/11/18 03:00:01,1,SYSTEM,{s}"), syslog::parse);
            let _ = one(&format!("1,2026/11/18 03:00:01,1,{s}"), syslog::parse);
        }
    }
}
