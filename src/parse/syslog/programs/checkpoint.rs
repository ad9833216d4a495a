//! Check Point's firewalls: `[action:"Drop"; src:"…"; …]` as their exporter writes it, the same as
//! structured data, and the older `Action="drop" … src="…"`.

use super::super::structured::pairs;
use super::super::util::{digits, failed, is_ip, set_dest, set_port, set_src, set_user};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};
use crate::parse::Ctx;

/// Most members of a line that are kept.
const MOST: usize = 128;

/// Whether a message without a tag is one of the older form.
pub(super) fn is_row(msg: &str) -> bool {
    let head = msg.get(..8).unwrap_or("");
    head.eq_ignore_ascii_case("action=\"") && msg.contains("src=\"")
}

/// Parses a line; its members stand in the structured data, or are the message.
pub(super) fn parse(data: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.checkpoint);
    let text = if data.is_empty() { msg } else { data };
    let value = |names: &[&str]| {
        let named = |n: &str| names.iter().any(|name| name.eq_ignore_ascii_case(n));
        pairs(text).take(MOST).find(|(n, v)| named(n) && !v.is_empty()).map_or("", |(_, v)| v)
    };
    // Elements of RFC 5424 are written as such; these have no name before their members.
    if data.is_empty() || pairs(data).next().is_some_and(|(n, _)| data.get(1..).is_some_and(|r| r.starts_with(n))) {
        for (name, value) in pairs(text).take(MOST) {
            d.field(name, value);
        }
    }
    set_src(d, value(&["src", "client_ip", "source_ip"]));
    set_port(d, Ov::SrcPort, value(&["s_port"]));
    set_dest(d, value(&["dst"]));
    let service = value(&["service", "d_port"]);
    if service.len() == digits(service).len() {
        set_port(d, Ov::DestPort, service);
    }
    // `Bob Smith (bob)` in newer versions is kept as it is.
    set_user(d, value(&["user", "src_user_name", "administrator", "login_name"]));
    d.set_default(Ov::Resource, value(&["resource", "service_id", "product"]));
    let attack = value(&["attack", "protection_name", "malware_action"]);
    let (action, operation) = (value(&["action"]), value(&["operation"]));
    let refused = ["fail", "den", "reject"].iter().any(|w| {
        [value(&["status"]), value(&["operation_status"]), value(&["auth_status"])]
            .iter()
            .any(|v| v.get(..w.len()).is_some_and(|h| h.eq_ignore_ascii_case(w)))
    });
    let is = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(action));
    let asks = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(operation));
    if is(&["Failed Log In", "Failed Login", "Login Failed"])
        || refused && (is(&["Log In", "Login"]) || asks(&["Log In", "Login"]))
    {
        failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
        d.logsource(ctx.ls.auth);
    } else if is(&["Log In", "Login", "Logged in"]) || asks(&["Log In", "Login"]) {
        d.event(EventType::Login, Outcome::Success);
        d.logsource(ctx.ls.auth);
    } else if is(&["Log Out", "Logout"]) || asks(&["Log Out", "Logout"]) {
        d.event(EventType::Logout, Outcome::Success);
        d.logsource(ctx.ls.auth);
    } else if !attack.is_empty() || is(&["Prevent", "Detect"]) {
        let stopped = !is(&["Detect", "Monitor", "Accept"]);
        d.event(EventType::Detection, if stopped { Outcome::Failure } else { Outcome::Success });
        d.set(Ov::Resource, attack);
        d.severity(Severity::Medium);
    } else if is(&["Accept", "Allow", "Encrypt", "Decrypt", "Bypass", "Redirect"]) {
        d.event(EventType::FirewallAllow, Outcome::Success);
    } else if is(&["Drop", "Reject", "Block", "Deny", "Quarantine"]) {
        d.event(EventType::FirewallBlock, Outcome::Failure);
    } else if ["Install Policy", "Modify Object", "Create Object", "Delete Object", "Publish", "Set Object"]
        .iter()
        .any(|w| w.eq_ignore_ascii_case(operation))
    {
        d.event(EventType::ServiceChange, if refused { Outcome::Failure } else { Outcome::Success });
    }
    // What a member says of the host is its name only where it is none of the client.
    if d.get(Ov::Host).is_none() && is_ip(value(&["origin"])) {
        d.set(Ov::Host, value(&["origin"]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{syslog, testing::one};

    #[test]
    fn verdicts_and_log_ins() {
        use EventType::{Detection, FirewallAllow, FirewallBlock, Login, LoginFailed};
        let head = "<134>1 2026-03-02T08:00:00Z cp CheckPoint 1930 - ";
        for (line, kind, want) in [
            (
                r#"[action:"Accept"; flags:"411908"; dst:"10.0.0.5"; proto:"6"; s_port:"51234"; service:"22"; src:"203.0.113.5"]"#,
                FirewallAllow,
                ["203.0.113.5", "51234", "10.0.0.5", "22", ""],
            ),
            (
                r#"[sc@2620 action="Drop" dst="10.0.0.5" proto="6" s_port="51234" service="22" src="203.0.113.5"]"#,
                FirewallBlock,
                ["203.0.113.5", "51234", "10.0.0.5", "22", ""],
            ),
            (
                r#"[action:"Failed Log In"; user:"x\"; src:\"6.6.6.6"; src:"203.0.113.5"; product:"VPN"]"#,
                LoginFailed,
                ["203.0.113.5", "", "", "", r#"x\"; src:\"6.6.6.6"#],
            ),
            (
                r#"[operation:"Log In"; administrator:"admin"; client_ip:"203.0.113.5"; product:"SmartConsole"; status:"Failure"]"#,
                LoginFailed,
                ["203.0.113.5", "", "", "", "admin"],
            ),
            (
                r#"[action:"Log In"; user:"bob"; src:"203.0.113.5"; product:"VPN"]"#,
                Login,
                ["203.0.113.5", "", "", "", "bob"],
            ),
            (
                r#"[action:"Prevent"; dst:"10.0.0.5"; src:"203.0.113.5"; attack:"SQL Injection"; product:"SmartDefense"]"#,
                Detection,
                ["203.0.113.5", "", "10.0.0.5", "", ""],
            ),
        ] {
            let e = one(&format!("{head}{line}"), syslog::parse);
            let got = [Ov::SrcIp, Ov::SrcPort, Ov::DestIp, Ov::DestPort, Ov::User].map(|n| e.ov(n).unwrap_or(""));
            assert_eq!((e.event_type, got), (kind, want), "{line}");
        }
        let e = one(
            "Mar  2 08:00:00 10.0.0.1 Action=\"drop\" UUid=\"{0x0}\" src=\"203.0.113.5\" dst=\"10.0.0.5\" service=\"22\" s_port=\"51234\"",
            syslog::parse,
        );
        assert_eq!(
            (e.event_type, e.ov(Ov::SrcIp), e.ov(Ov::DestPort)),
            (FirewallBlock, Some("203.0.113.5"), Some("22"))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "[a-z:\";=\\\\é\\[\\] ]{0,60}") {
            let _ = one(&format!("<134>1 2026-03-02T08:00:00Z cp CheckPoint 1 - [{s}]"), syslog::parse);
            let _ = one(&format!("Mar  2 08:00:00 h Action=\"{s}"), syslog::parse);
        }
    }
}
