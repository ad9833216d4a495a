//! Cisco's firewalls (ASA, FTD, PIX): `%ASA-LEVEL-NUMBER: MESSAGE`. The number says what the
//! message is; each has its places for addresses, ports and accounts.

use super::super::util::{between, set_dest, set_port, set_src, set_user, word};
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags, Severity};
use crate::parse::Ctx;

/// Whether a program's name is one of its tags.
pub(super) fn is_tag(program: &str) -> bool {
    ["%ASA-", "%FTD-", "%PIX-", "%FWSM-"].iter().any(|t| program.starts_with(t))
}

/// Parses a message by the number at the end of its tag (`%ASA-session-6-302013` too).
pub(super) fn parse(tag: &str, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    let Some((head, number)) = tag.rsplit_once('-') else { return };
    d.logsource(ctx.ls.firewall);
    d.field("message_id", number);
    if let Some(level) = head.rsplit_once('-').and_then(|(_, l)| l.bytes().next()) {
        d.severity(match level {
            b'0' => Severity::Critical,
            b'1' => Severity::High,
            b'2' | b'3' => Severity::Medium,
            b'4' => Severity::Low,
            _ => Severity::Info,
        });
    }
    match number {
        "302013" | "302015" | "302020" => built(msg, d),
        "302014" | "302016" | "302021" => torn(msg, d),
        "106001" | "106006" | "106007" | "106010" | "106014" | "106015" | "106021" | "106023" | "106100" | "106102"
        | "106103" | "710003" | "710005" | "313001" | "313004" | "419002" => packet(msg, d),
        "113005" | "113015" | "113016" | "113017" | "113021" => signed(false, msg, ctx, d),
        "113004" | "113012" => signed(true, msg, ctx, d),
        "605004" => admin(false, msg, ctx, d),
        "605005" => admin(true, msg, ctx, d),
        "611102" | "611104" | "315011" => told(false, msg, ctx, d),
        "611101" | "611103" => told(number == "611101", msg, ctx, d),
        "716039" => remote(Some(false), msg, ctx, d),
        "716038" => remote(Some(true), msg, ctx, d),
        "113039" | "716001" | "722022" | "722051" => remote(None, msg, ctx, d),
        "113019" | "716002" | "722023" => ended(msg, d),
        "111008" | "111009" | "111010" => command(msg, d),
        "733100" | "733101" | "733102" => {
            d.event(EventType::Detection, Outcome::Unknown);
            if let Some(addr) = msg.split_once("Host ").map(|(_, r)| word(r)) {
                set_src(d, addr);
            }
        }
        _ => {}
    }
}

/// `outside:192.0.2.7/51234`, `outside/192.0.2.7(51234)`, `192.0.2.7/51234`, `192.0.2.7`
/// at the start of a text: address and port.
fn place(s: &str) -> (&str, &str) {
    let w = s.split([' ', ',']).next().unwrap_or("");
    if let Some((head, rest)) = w.split_once('(') {
        let addr = head.rsplit_once('/').map_or(head, |(_, a)| a);
        return (addr, rest.split(')').next().unwrap_or(""));
    }
    let (place, port) = match w.rsplit_once('/') {
        Some((a, p)) if p.bytes().all(|b| b.is_ascii_digit()) => (a, p),
        _ => (w, ""),
    };
    // An interface's name stands before the first colon, unless that is the address's.
    let addr = match place.split_once(':') {
        Some((_, rest)) if !super::super::util::is_ip(place) => rest,
        _ => place,
    };
    (addr, port)
}

fn source(s: &str, d: &mut Draft<'_>) {
    let (addr, port) = place(s);
    set_src(d, addr);
    set_port(d, Ov::SrcPort, port);
}

fn target(s: &str, d: &mut Draft<'_>) {
    let (addr, port) = place(s);
    set_dest(d, addr);
    set_port(d, Ov::DestPort, port);
}

/// `Built inbound TCP connection N for OUTER (…) to INNER (…)`: inbound means that the first
/// began it. Of ICMP: `for faddr A/n gaddr B/n laddr C/n`.
fn built(msg: &str, d: &mut Draft<'_>) {
    d.event(EventType::FirewallAllow, Outcome::Success);
    let inbound = msg.contains(" inbound ");
    if let Some((_, rest)) = msg.split_once(" faddr ") {
        let local = rest.split_once(" laddr ").map_or("", |(_, l)| l);
        let (from, to) = if inbound { (rest, local) } else { (local, rest) };
        source(from, d);
        set_dest(d, place(to).0);
        d.unset(Ov::SrcPort);
        return;
    }
    let Some((first, second)) = msg.split_once(" for ").and_then(|(_, r)| r.split_once(" to ")) else { return };
    let (from, to) = if inbound { (first, second) } else { (second, first) };
    source(from, d);
    target(to, d);
    if let Some(protocol) = between(msg, "bound ", " connection") {
        d.field("protocol", protocol);
    }
}

/// `Teardown TCP connection N for OUTER to INNER duration H:MM:SS bytes N …`: who began it is
/// not told.
fn torn(msg: &str, d: &mut Draft<'_>) {
    d.event(EventType::Connection, Outcome::Unknown);
    let Some((first, second)) = msg.split_once(" for ").and_then(|(_, r)| r.split_once(" to ")) else { return };
    source(first, d);
    target(second, d);
    if let Some((_, rest)) = msg.split_once(" bytes ") {
        let n = super::super::util::digits(rest);
        if !n.is_empty() {
            d.set(Ov::Bytes, n);
        }
    }
}

/// What a list of rules decided about a packet.
fn packet(msg: &str, d: &mut Draft<'_>) {
    let permitted = msg.contains(" permitted ") || msg.contains(" est-allowed ");
    if permitted {
        d.event(EventType::FirewallAllow, Outcome::Success);
    } else {
        d.event(EventType::FirewallBlock, Outcome::Failure);
    }
    // `… src A dst B by …`, `… from A to B …`, `… denied tcp A -> B …`
    let ends = (msg.split_once(" src ").and_then(|(_, r)| r.split_once(" dst ")))
        .or_else(|| {
            let (head, to) = msg.split_once(" -> ")?;
            Some((head.rsplit_once(' ')?.1, to))
        })
        .or_else(|| msg.split_once(" from ").and_then(|(_, r)| r.split_once(" to ")));
    if let Some((from, to)) = ends {
        source(from, d);
        target(to, d);
    }
    let protocol = [" tcp ", " udp ", " icmp ", " TCP ", " UDP ", "TCP ", "UDP "].iter().find(|p| msg.contains(**p));
    if let Some(protocol) = protocol {
        d.field("protocol", protocol.trim());
    }
    if let Some((_, list)) = msg.split_once("access-group \"").and_then(|(_, r)| Some(((), r.split_once('"')?.0))) {
        d.field("rule", list);
    } else if let Some(list) = msg.strip_prefix("access-list ") {
        d.field("rule", word(list));
    }
}

fn login(success: bool, ctx: &Ctx, d: &mut Draft<'_>) {
    if success {
        d.event(EventType::Login, Outcome::Success);
    } else {
        super::super::util::failed(d, EventType::LoginFailed, RecordFlags::ACT_VERDICT);
    }
    d.logsource(ctx.ls.auth);
}

/// `AAA user authentication Rejected : reason = … : server = … : user = U : user IP = A`
fn signed(success: bool, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    login(success, ctx, d);
    let Some((_, rest)) = msg.split_once(" : user = ") else { return };
    // The address is last, of a refusal alone; the name is the client's. Where it holds the
    // sign between the parts itself, the address may be of its making.
    let (user, addr) = rest.rsplit_once(" : user IP = ").filter(|_| !success).unwrap_or((rest, ""));
    set_user(d, user.trim_end());
    if !user.contains(" : ") {
        set_src(d, addr);
    }
}

/// `Login denied from A/P to IF:B/SERVICE for user "U"`
fn admin(success: bool, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    login(success, ctx, d);
    let Some((from, rest)) = msg.split_once(" from ").and_then(|(_, r)| r.split_once(" to ")) else { return };
    source(from, d);
    let (to, user) = rest.split_once(" for user ").unwrap_or((rest, ""));
    let (place, service) = to.rsplit_once('/').unwrap_or((to, ""));
    set_dest(d, place.split_once(':').map_or(place, |(_, a)| a));
    d.set_default(Ov::Resource, service);
    set_user(d, user.trim_matches('"'));
}

/// `User authentication failed: IP address: A, Uname: U`, `Uname: U` alone, and the end of
/// an SSH session.
fn told(success: bool, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    if let Some(rest) = msg.strip_prefix("User logged out: ") {
        d.event(EventType::Logout, Outcome::Success);
        return set_user(d, rest.split_once("Uname: ").map_or("", |(_, u)| u));
    }
    if let Some(rest) = msg.strip_prefix("SSH session from ") {
        d.event(EventType::SessionEnd, Outcome::Unknown);
        return source(rest, d);
    }
    login(success, ctx, d);
    // The address stands before the name, which may say anything.
    let (own, user) = msg.split_once("Uname: ").unwrap_or((msg, ""));
    if let Some((_, addr)) = own.split_once("IP address: ") {
        set_src(d, word(addr));
    }
    set_user(d, user);
}

/// `Group <G> User <U> IP <A> …` of a remote access; `success` where it is a log-in.
fn remote(success: Option<bool>, msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    match success {
        Some(success) => login(success, ctx, d),
        None => d.event(EventType::SessionStart, Outcome::Success),
    }
    // The name is the client's; the address stands behind it.
    let Some((_, rest)) = msg.split_once("User <").or_else(|| msg.split_once("User = ")) else { return };
    let Some((user, rest)) = rest.rsplit_once("> IP <") else { return };
    set_user(d, user);
    set_src(d, rest.split('>').next().unwrap_or(""));
}

/// The end of a session of remote access: `Group = G, Username = U, IP = A, Session disconnected. …`
fn ended(msg: &str, d: &mut Draft<'_>) {
    d.event(EventType::SessionEnd, Outcome::Success);
    if let Some((user, rest)) = msg.split_once("Username = ").and_then(|(_, r)| r.rsplit_once(", IP = ")) {
        set_user(d, user);
        set_src(d, word(rest));
    } else if let Some((user, rest)) = msg.split_once("User <").and_then(|(_, r)| r.rsplit_once("> IP <")) {
        set_user(d, user);
        set_src(d, rest.split('>').next().unwrap_or(""));
    }
}

/// `User 'U', running 'CLI' from IP A, executed 'COMMAND'`, `User 'U' executed the 'COMMAND' command.`
fn command(msg: &str, d: &mut Draft<'_>) {
    d.event(EventType::ServiceChange, Outcome::Success);
    set_user(d, between(msg, "User '", "'").unwrap_or(""));
    if let Some(addr) = between(msg, "' from IP ", ", executed") {
        set_src(d, addr);
    }
    let Some((_, rest)) = msg.split_once(" executed ") else { return };
    if let Some(line) = between(rest.strip_prefix("the ").unwrap_or(rest), "'", "'") {
        d.set(Ov::Resource, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventRow;
    use crate::parse::{syslog, testing::one};

    fn asa(tag: &str, msg: &str) -> EventRow {
        let heads = [
            "Mar  2 08:00:00 fw1 ",
            "Mar 02 2024 08:00:00 fw1 : ",
            "<166>Mar 02 2024 08:00:00 fw1 : ",
            "<166>Mar 02 2024 08:00:00: ",
            "<166>:Mar 02 08:00:00 UTC: ",
        ];
        let mut rows = heads.map(|h| one(&format!("{h}{tag}: {msg}"), syslog::parse)).into_iter();
        let first = rows.next().expect("one");
        assert_eq!((first.ov(Ov::Host), first.ov(Ov::Process)), (Some("fw1"), Some(tag)), "{msg}");
        for (row, head) in rows.zip(heads.iter().skip(1)) {
            assert_eq!(
                (row.event_type, row.outcome, ends(&row), row.ov(Ov::User)),
                (first.event_type, first.outcome, ends(&first), first.ov(Ov::User)),
                "{head}{msg}"
            );
            assert_eq!(&row.time.to_rfc3339()[5..19], "03-02T08:00:00", "{head}");
        }
        first
    }

    fn ends(e: &EventRow) -> [&str; 4] {
        [Ov::SrcIp, Ov::SrcPort, Ov::DestIp, Ov::DestPort].map(|n| e.ov(n).unwrap_or(""))
    }

    #[test]
    fn connections_and_packets() {
        use EventType::{Connection, FirewallAllow, FirewallBlock};
        for (tag, msg, kind, want) in [
            (
                "%ASA-6-302013",
                "Built inbound TCP connection 1234 for outside:203.0.113.9/51234 (203.0.113.9/51234) to dmz:10.0.0.5/443 (198.51.100.5/443)",
                FirewallAllow,
                ["203.0.113.9", "51234", "10.0.0.5", "443"],
            ),
            (
                "%ASA-6-302013",
                "Built outbound TCP connection 1235 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.7/51234 (198.51.100.5/51234)",
                FirewallAllow,
                ["10.0.0.7", "51234", "203.0.113.9", "443"],
            ),
            (
                "%ASA-session-6-302020",
                "Built inbound ICMP connection for faddr 203.0.113.9/1 gaddr 198.51.100.5/0 laddr 10.0.0.5/0 type 8 code 0",
                FirewallAllow,
                ["203.0.113.9", "", "10.0.0.5", ""],
            ),
            (
                "%ASA-6-302014",
                "Teardown TCP connection 1234 for outside:203.0.113.9/51234 to dmz:10.0.0.5/443 duration 0:00:30 bytes 5678 TCP FINs",
                Connection,
                ["203.0.113.9", "51234", "10.0.0.5", "443"],
            ),
            (
                "%ASA-4-106023",
                "Deny tcp src outside:203.0.113.9/51234 dst inside:10.0.0.5/22 by access-group \"outside_in\" [0x0, 0x0]",
                FirewallBlock,
                ["203.0.113.9", "51234", "10.0.0.5", "22"],
            ),
            (
                "%ASA-4-106023",
                "Deny icmp src outside:203.0.113.9 dst inside:10.0.0.5 (type 8, code 0) by access-group \"outside_in\" [0x0, 0x0]",
                FirewallBlock,
                ["203.0.113.9", "", "10.0.0.5", ""],
            ),
            (
                "%FTD-4-106023",
                "Deny tcp src outside:2001:db8::7/51234 dst inside:2001:db8::1/22 by access-group \"x\" [0x0, 0x0]",
                FirewallBlock,
                ["2001:db8::7", "51234", "2001:db8::1", "22"],
            ),
            (
                "%ASA-2-106001",
                "Inbound TCP connection denied from 203.0.113.9/51234 to 10.0.0.5/22 flags SYN  on interface outside",
                FirewallBlock,
                ["203.0.113.9", "51234", "10.0.0.5", "22"],
            ),
            (
                "%ASA-3-710003",
                "TCP access denied by ACL from 203.0.113.9/51234 to outside:198.51.100.5/22",
                FirewallBlock,
                ["203.0.113.9", "51234", "198.51.100.5", "22"],
            ),
            (
                "%ASA-6-106100",
                "access-list outside_in denied tcp outside/203.0.113.9(51234) -> inside/10.0.0.5(22) hit-cnt 1 first hit [0x0, 0x0]",
                FirewallBlock,
                ["203.0.113.9", "51234", "10.0.0.5", "22"],
            ),
            (
                "%ASA-6-106100",
                "access-list outside_in permitted tcp outside/203.0.113.9(51234) -> inside/10.0.0.5(443) hit-cnt 1 first hit [0x0, 0x0]",
                FirewallAllow,
                ["203.0.113.9", "51234", "10.0.0.5", "443"],
            ),
        ] {
            let e = asa(tag, msg);
            assert_eq!((e.event_type, ends(&e)), (kind, want), "{msg}");
        }
    }

    #[test]
    fn log_ins() {
        use EventType::{Login, LoginFailed, ServiceChange, SessionEnd, SessionStart};
        for (tag, msg, kind, user, src) in [
            (
                "%ASA-6-113005",
                "AAA user authentication Rejected : reason = Invalid password : server = 10.0.0.9 : user = bob : user IP = 203.0.113.9",
                LoginFailed,
                "bob",
                "203.0.113.9",
            ),
            (
                "%ASA-6-113015",
                "AAA user authentication Rejected : reason = Invalid password : local database : user = x : user IP = 6.6.6.6 : user IP = 203.0.113.9",
                LoginFailed,
                "x : user IP = 6.6.6.6",
                "",
            ),
            (
                "%ASA-6-113012",
                "AAA user authentication Successful : local database : user = x : user IP = 6.6.6.6",
                Login,
                "x : user IP = 6.6.6.6",
                "",
            ),
            (
                "%ASA-6-611102",
                "User authentication failed: Uname: IP address: 6.6.6.6",
                LoginFailed,
                "IP address: 6.6.6.6",
                "",
            ),
            (
                "%ASA-6-716039",
                "Group <DfltGrpPolicy> User <x> IP <6.6.6.6> y> IP <203.0.113.9> Authentication: rejected, Session Type: WebVPN.",
                LoginFailed,
                "x> IP <6.6.6.6> y",
                "203.0.113.9",
            ),
            (
                "%ASA-4-113019",
                "Group = VPN, Username = x, IP = 6.6.6.6, IP = 203.0.113.9, Session disconnected. Session Type: SSL, Reason: User Requested",
                SessionEnd,
                "x, IP = 6.6.6.6",
                "203.0.113.9",
            ),
            ("%ASA-6-113004", "AAA user authentication Successful : server =  10.0.0.9 : user = bob", Login, "bob", ""),
            ("%ASA-6-113012", "AAA user authentication Successful : local database : user = bob", Login, "bob", ""),
            (
                "%ASA-6-605004",
                "Login denied from 203.0.113.9/51234 to outside:198.51.100.5/ssh for user \"admin\"",
                LoginFailed,
                "admin",
                "203.0.113.9",
            ),
            (
                "%ASA-6-605005",
                "Login permitted from 10.0.0.7/51234 to inside:10.0.0.1/ssh for user \"admin\"",
                Login,
                "admin",
                "10.0.0.7",
            ),
            (
                "%ASA-6-611102",
                "User authentication failed: IP address: 203.0.113.9, Uname: admin",
                LoginFailed,
                "admin",
                "203.0.113.9",
            ),
            (
                "%ASA-6-611101",
                "User authentication succeeded: IP address: 10.0.0.7, Uname: admin",
                Login,
                "admin",
                "10.0.0.7",
            ),
            (
                "%ASA-6-716039",
                "Group <DfltGrpPolicy> User <bob> IP <203.0.113.9> Authentication: rejected, Session Type: WebVPN.",
                LoginFailed,
                "bob",
                "203.0.113.9",
            ),
            (
                "%ASA-4-722051",
                "Group <VPN> User <bob> IP <203.0.113.9> IPv4 Address <10.9.0.5> IPv6 address <::> assigned to session",
                SessionStart,
                "bob",
                "203.0.113.9",
            ),
            (
                "%ASA-5-111010",
                "User 'admin', running 'CLI' from IP 10.0.0.7, executed 'no logging enable'",
                ServiceChange,
                "admin",
                "10.0.0.7",
            ),
        ] {
            let e = asa(tag, msg);
            assert_eq!(
                (e.event_type, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::SrcIp).unwrap_or("")),
                (kind, user, src),
                "{msg}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_panic(n in "(302013|302014|106023|106100|113005|605004|611101|716039|113019|111010|302020)", s in "(from |to |src |dst |User |<|> IP <|'|:|/|[0-9.]{1,8}|é| ){0,20}") {
            let _ = one(&format!("Mar  2 08:00:00 fw1 %ASA-6-{n}: {s}"), syslog::parse);
        }
    }
}
