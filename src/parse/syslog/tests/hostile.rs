//! Arbitrary and mutated lines: no panic, and a refusal leaves no trace.

use proptest::prelude::*;

use super::*;

const SEEDS: &[&str] = &[
    "Failed password for invalid user x from 192.0.2.7 port 22 ssh2: info",
    "Accepted publickey for bob from 192.0.2.7 port 1 ssh2: RSA x",
    "Invalid user from from 192.0.2.7 port 9",
    "Connection closed by invalid user a 192.0.2.7 port 9 [preauth]",
    "Disconnecting invalid user a 192.0.2.7 port 9: Change of username or service not allowed: (a,s) -> (b,s)",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=bob",
    "bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id",
    "(root) CMD (run-parts)",
    "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=10.0.0.1 PROTO=TCP SPT=9 DPT=22",
    "NOQUEUE: reject: RCPT from x[192.0.2.7]: 554 5.7.1 <a>: y; from=<a> to=<b> helo=<c>",
    "imap-login: Aborted login (auth failed, 2 attempts): user=<bob>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1",
    "ftp (gw[192.0.2.7]): USER x: no such user found from gw [192.0.2.7] to 10.0.0.1:21",
    "[bob] OK UPLOAD: Client \"192.0.2.7\", \"/a\", 123 bytes",
    "client @0x7f 192.0.2.7#9 (a): view v: query (cache) 'a/A/IN' denied",
    "192.0.2.7:9 [09/Mar/2025:01:02:03.000] www be/s1 0/0/0/1/1 401 248 - - ---- 1/1/0/0/0 0/0 \"GET / HTTP/1.1\"",
    "Exit before auth from <192.0.2.7:9>: (user 'bob', 10 fails): Max auth tries reached",
    "type=USER_LOGIN msg=audit(1741482123.250:1): pid=1 acct=6261 exe=\"/usr/sbin/sshd\" addr=192.0.2.7 res=failed",
    "add 'bob' to group 'sudo'",
    "H=(x [198.51.100.1]) [192.0.2.7]:9 I=[10.0.0.1]:25 rejected RCPT <a>",
];

const PROGRAMS: &[&str] = &[
    "sshd",
    "sudo",
    "su",
    "CRON",
    "systemd",
    "systemd-logind",
    "kernel",
    "useradd",
    "usermod",
    "passwd",
    "gpasswd",
    "dropbear",
    "postfix/smtpd",
    "dovecot",
    "auth",
    "vsftpd",
    "proftpd",
    "pure-ftpd",
    "ftpd",
    "named",
    "haproxy",
    "lighttpd",
    "xinetd",
    "rsyslogd",
    "auditd",
    "login",
    "scanlogd",
    "ufw",
    "fail2ban.actions",
    "other",
];

/// What a program repeats of its clients' texts blames nobody.
#[test]
fn quoted_texts_have_no_source() {
    for (program, text) in [
        ("guestbook", "comment by 192.0.2.7: login failed for admin from 198.51.100.1"),
        ("guestbook", "comment by bob: login failed for admin from 198.51.100.1"),
        ("myapp", "192.0.2.7 GET /x ua=\"login failed for bob from 198.51.100.1\""),
        ("myapp", "request from 192.0.2.7 agent='login failed for bob from 198.51.100.1'"),
        ("dhcpd", "DHCPREQUEST for 10.0.0.5 from 02:42:0a:00:00:05 (login failed for x from 198.51.100.1) via eth0"),
        ("logger", "sshd[1]: Failed password for root from 198.51.100.1 port 22 ssh2"),
        ("chat", "<bob> login failed for admin from 198.51.100.1"),
        ("app", "subject=\"x\" body=login failed for admin from 198.51.100.1"),
        ("guestbook", "comment by bob: H=(a) [198.51.100.1] rejected RCPT <x>: no"),
    ] {
        let p = msg(program, text);
        assert_eq!((p.what().0, p.source()), (EventType::Other, ""), "{text}");
    }
    // It failed, but two could be meant.
    let p = msg("app", "login failed for x from 198.51.100.1: user x from 192.0.2.7 unknown");
    p.is(EventType::LoginFailed, Outcome::Failure, "", "");
    // So it could here, where a client's own text follows the address, or holds the only one.
    for text in [
        "login failed for user alice from 192.0.2.7 with agent \"from 198.51.100.1\"",
        "login failed for user alice from 192.0.2.7 with agent 'from 198.51.100.1'",
        "login failed for user alice from 192.0.2.7 agent=\"x src=198.51.100.1\"",
        "invalid password for alice from host 192.0.2.7 port 22 comment \"from host 198.51.100.1\"",
        "Authentication failure for user alice ip=192.0.2.7 path=/login?ip=198.51.100.1",
        "Authentication failure for user alice path=/login?x&ip=198.51.100.1",
        "Authentication failure for user alice agent=from 198.51.100.1",
        "Authentication failure for user alice agent=\"seen from 198.51.100.1\"",
    ] {
        let p = msg("myapp", text);
        assert_eq!((p.what(), p.source()), ((EventType::LoginFailed, Outcome::Failure), ""), "{text}");
    }
    // A name does not hide that it failed.
    for (text, source) in [
        ("login failed for user 'a from 198.51.100.1' from 192.0.2.7", "192.0.2.7"),
        ("login failed: username='bob' reason='bad' referer='http://198.51.100.1/' ip=192.0.2.7", ""),
    ] {
        let p = msg("myapp", text);
        assert_eq!(p.what(), (EventType::LoginFailed, Outcome::Failure), "{text}");
        assert!(["", source].contains(&p.source()), "{text}: {}", p.source());
    }
    // The name comes first, and the message ends with the address.
    let p = msg("app", "login failed for user x from 198.51.100.1 from 192.0.2.7");
    assert_eq!(p.source(), "192.0.2.7");
}

/// Whatever a client repeats, the time stays in proportion to the length.
#[test]
fn long_lines_stay_cheap() {
    const PIECES: &[&str] = &[
        " from 1.2.3.4 port 1",
        " port 1",
        "rhost=",
        " user=x",
        ": Change of username or service not allowed: (",
        "[1.2.3.4]",
        " (",
        "): ",
        ",",
        "'",
        "\" ",
        " H=(a) [",
        "client=",
        "] FAIL LOGIN: Client \"",
    ];
    let start = std::time::Instant::now();
    for program in PROGRAMS {
        for seed in SEEDS.iter().step_by(3) {
            for piece in PIECES.iter().step_by(2) {
                let p =
                    line(&format!("Mar  9 01:02:03 web1 {program}[42]: {seed}{}", piece.repeat(40_000 / piece.len())));
                assert!(p.1);
            }
        }
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn arbitrary_lines(raw in "\\PC{0,200}") {
        let p = line(&raw);
        if !p.1 {
            prop_assert_eq!(p.record().flags, RecordFlags::default());
            prop_assert!(p.record().overlay.iter().all(|s| s.is_none()));
        }
    }

    #[test]
    fn header_shaped(raw in "(<[0-9]{1,4}>)?(1 )?(Mar  9 01:02:03|2025-03-09T01:02:03Z)[ \\[\\]():.<>\"=A-Za-z0-9-]{0,60}") {
        let _ = line(&raw);
    }

    #[test]
    fn mutated_messages(
        seed in prop::sample::select(SEEDS),
        program in prop::sample::select(PROGRAMS),
        cut in 0usize..200,
        insert in "(from |rhost=|user=|port |: |\\] |\\[|\\(|\\)|'|\"|é|\\PC){0,3}",
        drop in 0usize..12,
    ) {
        let at = seed.char_indices().map(|(i, _)| i).take(cut + 1).last().unwrap_or(0);
        let (head, tail) = seed.split_at(at);
        let tail: String = tail.chars().skip(drop).collect();
        let p = line(&format!("Mar  9 01:02:03 web1 {program}[42]: {head}{insert}{tail}"));
        prop_assert!(p.1);
    }

    /// Whatever a client calls itself, the daemon's address is the source.
    #[test]
    fn no_user_name_moves_the_source(user in "[a-z0-9 .:'\\[\\]()=<>,-]{0,20}( from | port |rhost=|ssh2|198\\.51\\.100\\.1| ){0,4}[a-z0-9]{1,3}") {
        let p = msg("sshd", &format!("Invalid user {user} from 192.0.2.7 port 9"));
        prop_assert_eq!(p.get(Ov::SrcIp), "192.0.2.7");
        let p = msg("sshd", &format!("Failed password for invalid user {user} from 192.0.2.7 port 9 ssh2"));
        prop_assert_eq!(p.get(Ov::SrcIp), "192.0.2.7");
        let p = msg("sshd", &format!("Connection closed by authenticating user {user} 192.0.2.7 port 9 [preauth]"));
        prop_assert_eq!(p.get(Ov::SrcIp), "192.0.2.7");
        let p = msg("dropbear", &format!("Bad password attempt for '{user}' from 192.0.2.7:9"));
        prop_assert_eq!(p.get(Ov::SrcIp), "192.0.2.7");
    }
}

#[test]
fn what_else_daemons_write() {
    for (msg, kind, user, src, port) in [
        (
            "kernel: DROP IN=eth0 OUT= SRC=203.0.113.5 DST=10.0.0.5 PROTO=ICMP TYPE=3 CODE=1 [SRC=10.0.0.5 DST=6.6.6.6 PROTO=TCP SPT=22 DPT=4711]",
            EventType::FirewallBlock,
            "",
            "203.0.113.5",
            "",
        ),
        ("dropbear[5]: User 'bob' has invalid shell, rejected", EventType::SshLoginFailed, "bob", "", ""),
        (
            "dropbear[5]: Pubkey auth bad signature for 'bob' with key x from 203.0.113.5:4711",
            EventType::SshLoginFailed,
            "bob",
            "203.0.113.5",
            "4711",
        ),
        ("ftpd[5]: FTP LOGIN FAILED FROM 203.0.113.5, bob", EventType::LoginFailed, "bob", "203.0.113.5", ""),
        (
            "inetd[5]: refused connection from 203.0.113.5, service telnetd (tcp)",
            EventType::Connection,
            "",
            "203.0.113.5",
            "",
        ),
        (
            "haproxy[5]: 203.0.113.5 - bob [02/Mar/2026:08:00:00 +0000] \"GET /x HTTP/1.1\" 200 9 \"\" \"\" 4711 123 \"fe\" \"be\"",
            EventType::HttpRequest,
            "bob",
            "203.0.113.5",
            "",
        ),
        ("lighttpd[5]: (mod_authn_ldap.c.1) ldap: no server", EventType::Other, "", "", ""),
        ("usermod[5]: change user name 'bob' to 'rob'", EventType::UserChanged, "", "", ""),
    ] {
        let e = crate::parse::testing::one(&format!("Mar  2 08:00:00 h1 {msg}"), crate::parse::syslog::parse);
        assert_eq!(e.event_type, kind, "{msg}");
        assert_eq!([Ov::User, Ov::SrcIp, Ov::SrcPort].map(|n| e.ov(n).unwrap_or("")), [user, src, port], "{msg}");
    }
}
