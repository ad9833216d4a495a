//! OpenSSH, honest and lied to.

use super::*;
use EventType::{Connection, SshDisconnect, SshInvalidUser, SshLogin, SshLoginFailed};
use Outcome::{Failure, Success, Unknown};

#[test]
fn verdicts() {
    let p = msg("sshd", "Failed password for bob from 192.0.2.7 port 4711 ssh2");
    p.is(SshLoginFailed, Failure, "bob", "192.0.2.7");
    assert_eq!((p.get(Ov::SrcPort), p.field("auth_method")), ("4711", "password"));
    assert!(p.act(RecordFlags::ACT_VERDICT));
    let p = msg("sshd", "Failed password for invalid user bob from 2001:db8::7 port 4711 ssh2");
    p.is(SshLoginFailed, Failure, "bob", "2001:db8::7");
    assert_eq!(p.field("invalid_user"), "true");
    msg("sshd-session", "Accepted publickey for bob from ::ffff:192.0.2.7 port 1 ssh2: ED25519 SHA256:x").is(
        SshLogin,
        Success,
        "bob",
        "192.0.2.7",
    );
    msg("sshd", "Postponed publickey for bob from 192.0.2.7 port 1 ssh2 [preauth]").is(
        EventType::Other,
        Unknown,
        "bob",
        "192.0.2.7",
    );
}

#[test]
fn decoys_in_the_user_name() {
    for user in [
        "root from 198.51.100.1",
        "root from 198.51.100.1 port 22",
        "root from 198.51.100.1 port 22 ssh2",
        "from 198.51.100.1",
        "x from y from 198.51.100.1 port 1 ssh2 from",
        "a' from 198.51.100.1",
    ] {
        let p = msg("sshd", &format!("Failed password for invalid user {user} from 192.0.2.7 port 4711 ssh2"));
        p.is(SshLoginFailed, Failure, user, "192.0.2.7");
        msg("sshd", &format!("Invalid user {user} from 192.0.2.7 port 4711")).is(
            SshInvalidUser,
            Failure,
            user,
            "192.0.2.7",
        );
        msg("sshd", &format!("Connection closed by invalid user {user} 192.0.2.7 port 4711 [preauth]")).is(
            SshDisconnect,
            Failure,
            user,
            "192.0.2.7",
        );
        msg("sshd", &format!("error: maximum authentication attempts exceeded for invalid user {user} from 192.0.2.7 port 9 ssh2 [preauth]"))
            .is(SshLoginFailed, Failure, user, "192.0.2.7");
    }
    let p = msg("sshd", "Failed password for x from 192.0.2.7 port 1 ssh1: ruser y from 198.51.100.1");
    p.is(SshLoginFailed, Failure, "x", "192.0.2.7");
    assert_eq!(p.field("decoy"), "true");
    msg("sshd", "Bad protocol version identification 'a' from 198.51.100.1' from 192.0.2.7 port 9").is(
        Connection,
        Failure,
        "",
        "192.0.2.7",
    );
    msg("sshd", "Received disconnect from 192.0.2.7 port 9:11: from 198.51.100.1 port 8 [preauth]").is(
        SshDisconnect,
        Failure,
        "",
        "192.0.2.7",
    );
}

#[test]
fn notices_and_limits() {
    let p = msg("sshd", "Invalid user bob from 192.0.2.7 port 9");
    p.is(SshInvalidUser, Failure, "bob", "192.0.2.7");
    assert!(p.act(RecordFlags::ACT_NOTICE) && p.get(Ov::SrcPort) == "9");
    msg("sshd", "Invalid user  from 192.0.2.7 port 9").is(SshInvalidUser, Failure, "", "192.0.2.7");
    let p = msg("sshd", "error: maximum authentication attempts exceeded for bob from 192.0.2.7 port 9 ssh2 [preauth]");
    p.is(SshLoginFailed, Failure, "bob", "192.0.2.7");
    assert!(p.act(RecordFlags::ACT_LIMIT));
    msg("sshd", "User bob from gw.example.net not allowed because not listed in AllowUsers").is(
        SshLoginFailed,
        Failure,
        "bob",
        "gw.example.net",
    );
    msg("sshd", "ROOT LOGIN REFUSED FROM 192.0.2.7 port 9").is(SshLoginFailed, Failure, "root", "192.0.2.7");
    msg("sshd", "error: PAM: Authentication failure for illegal user bob from 192.0.2.7").is(
        SshLoginFailed,
        Failure,
        "bob",
        "192.0.2.7",
    );
    let p = msg(
        "sshd",
        "PAM 4 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=bob",
    );
    p.is(SshLoginFailed, Failure, "bob", "192.0.2.7");
    assert_eq!(p.get(Ov::Count), "4");
}

#[test]
fn connections() {
    let p = msg("sshd", "Connection from 192.0.2.7 port 9 on 10.0.0.1 port 22 rdomain \"\"");
    p.is(Connection, Unknown, "", "192.0.2.7");
    assert_eq!((p.get(Ov::DestIp), p.get(Ov::DestPort)), ("10.0.0.1", "22"));
    msg("sshd", "Connection closed by 192.0.2.7 port 9").is(SshDisconnect, Unknown, "", "192.0.2.7");
    msg("sshd", "Disconnected from user bob 192.0.2.7 port 9").is(SshDisconnect, Unknown, "bob", "192.0.2.7");
    msg("sshd", "Disconnecting authenticating user bob 192.0.2.7 port 9: Too many authentication failures [preauth]")
        .is(SshDisconnect, Failure, "bob", "192.0.2.7");
    msg("sshd", "Disconnecting invalid user a 192.0.2.7 port 9: Change of username or service not allowed: (a,ssh) -> (b,ssh) [preauth]")
        .is(SshDisconnect, Failure, "a", "192.0.2.7");
    msg("sshd", "Unable to negotiate with 192.0.2.7 port 9: no matching cipher found. Their offer: x [preauth]").is(
        Connection,
        Failure,
        "",
        "192.0.2.7",
    );
    msg("sshd", "fatal: Timeout before authentication for 192.0.2.7 port 9").is(Connection, Failure, "", "192.0.2.7");
    msg("sshd", "drop connection #10 from [192.0.2.7]:9 on [10.0.0.1]:22 past MaxStartups").is(
        Connection,
        Failure,
        "",
        "192.0.2.7",
    );
    msg("sshd", "refused connect from x@198.51.100.1 (::ffff:192.0.2.7)").is(Connection, Failure, "", "192.0.2.7");
    msg("sshd", "Server listening on 0.0.0.0 port 22.").is(EventType::ServiceChange, Success, "", "");
}

#[test]
fn ends_of_attempts() {
    for how in ["Connection closed by", "Connection reset by", "Disconnected from"] {
        for (kind, invalid) in [("authenticating", ""), ("invalid", "true")] {
            for mark in [" [preauth]", ""] {
                let p = msg("sshd", &format!("{how} {kind} user bob 192.0.2.7 port 9{mark}"));
                p.is(SshDisconnect, Failure, "bob", "192.0.2.7");
                assert_eq!((p.act(RecordFlags::ACT_END), p.field("invalid_user")), (true, invalid));
            }
        }
        assert!(!msg("sshd", &format!("{how} user bob 192.0.2.7 port 9")).act(RecordFlags::ACT_END));
        assert!(!msg("sshd", &format!("{how} 192.0.2.7 port 9 [preauth]")).act(RecordFlags::ACT_END));
    }
    for (text, reason) in [
        ("3: com.jcraft.jsch.JSchException: Auth fail", "Auth fail"),
        ("14: No supported authentication methods available", "No supported authentication methods available"),
        ("11: Bye Bye", ""),
    ] {
        let p = msg("sshd", &format!("Received disconnect from 192.0.2.7 port 9:{text} [preauth]"));
        p.is(SshDisconnect, Failure, "", "192.0.2.7");
        assert_eq!((p.field("reason"), p.act(RecordFlags::ACT_END)), (reason, !reason.is_empty()));
    }
}

#[test]
fn accounts_that_may_not() {
    let p = msg("sshd", "fatal: Access denied for user eve by PAM account configuration [preauth]");
    p.is(SshLoginFailed, Failure, "eve", "");
    assert!(p.act(RecordFlags::ACT_NOTICE));
    msg("sshd", "Access denied for user eve from 192.0.2.7 by PAM account configuration").is(
        SshLoginFailed,
        Failure,
        "eve",
        "192.0.2.7",
    );
}

#[test]
fn connections_of_known_users() {
    for function in ["ssh_dispatch_run_fatal", "banner exchange", "packet_write_wait", "userauth_pubkey"] {
        for (kind, invalid) in [("user", ""), ("authenticating user", ""), ("invalid user", "true")] {
            let p =
                msg("sshd", &format!("fatal: {function}: Connection from {kind} bob 192.0.2.7 port 9: Broken pipe"));
            p.is(Connection, Failure, "bob", "192.0.2.7");
            assert_eq!(
                (p.get(Ov::SrcPort), p.get(Ov::SrcHost), p.field("invalid_user")),
                ("9", "", invalid),
                "{function}"
            );
        }
    }
    msg("sshd", "ssh_dispatch_run_fatal: Connection from 192.0.2.7 port 9: Broken pipe [preauth]").is(
        Connection,
        Failure,
        "",
        "192.0.2.7",
    );
    let p = msg("sshd", "Connection from user bob 192.0.2.7 port 9 on 10.0.0.1 port 22");
    p.is(Connection, Unknown, "bob", "192.0.2.7");
    assert_eq!((p.get(Ov::SrcPort), p.get(Ov::DestIp), p.get(Ov::DestPort)), ("9", "10.0.0.1", "22"));
    let p = msg("sshd", "Connection from user bob 192.0.2.7");
    p.is(Connection, Unknown, "bob", "192.0.2.7");
    // A name may look like a party of its own.
    let p = msg(
        "sshd",
        "ssh_dispatch_run_fatal: Connection from invalid user x 198.51.100.1 port 5: y 192.0.2.7 port 9: Broken pipe",
    );
    p.is(Connection, Failure, "x 198.51.100.1 port 5: y", "192.0.2.7");
    assert_eq!(p.field("decoy"), "true");
    msg("sshd", "Unable to negotiate with user bob 192.0.2.7 port 9: no matching cipher found. Their offer: u 198.51.100.1 port 4: z")
        .is(Connection, Failure, "bob", "192.0.2.7");
    for what in ["Read error from remote host", "Timeout, client not responding from"] {
        msg("sshd", &format!("{what} user bob 192.0.2.7 port 9: Connection timed out")).is(
            SshDisconnect,
            Unknown,
            "bob",
            "192.0.2.7",
        );
    }
    let p = msg("sshd", "Connection from user whoever");
    assert_eq!((p.get(Ov::SrcHost), p.get(Ov::SrcIp)), ("", ""));
    // Long and hostile, still one pass or few.
    msg("sshd", &format!("ssh_dispatch_run_fatal: Connection from user {}", "a port 1 ".repeat(4000)));
}
