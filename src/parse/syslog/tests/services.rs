//! Everything that is not about shells.

use super::*;
use EventType::*;
use Outcome::{Failure, Success, Unknown};

#[test]
fn cron_and_systemd() {
    let p = msg("CRON", "(root) CMD (/usr/bin/x (y))");
    p.is(ScheduledTask, Success, "root", "");
    assert_eq!(p.get(Ov::Resource), "/usr/bin/x (y)");
    let p = msg("crontab", "(bob) REPLACE (root)");
    assert_eq!((p.get(Ov::User), p.get(Ov::TargetUser), p.field("crontab")), ("bob", "root", "REPLACE"));
    let p = msg("systemd", "Stopped System Logging Service.");
    assert_eq!((p.what(), p.get(Ov::Resource)), ((ServiceChange, Success), "System Logging Service"));
    assert_eq!(
        msg("systemd", "x.service: Main process exited, code=killed, status=9/KILL").what(),
        (ServiceCrash, Failure)
    );
    assert_eq!(msg("rsyslogd", "[origin software=\"rsyslogd\"] exiting on signal 15.").field("state"), "stopped");
    assert_eq!(msg("auditd", "The audit daemon is exiting.").what(), (ServiceChange, Success));
}

#[test]
fn packets() {
    let p = msg(
        "kernel",
        "[ 12.5] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=192.0.2.7 DST=10.0.0.1 LEN=40 PROTO=TCP SPT=9 DPT=22 SYN",
    );
    p.is(FirewallBlock, Failure, "", "192.0.2.7");
    let got = (p.get(Ov::SrcPort), p.get(Ov::DestIp), p.get(Ov::DestPort), p.field("protocol"));
    assert_eq!(got, ("9", "10.0.0.1", "22", "TCP"));
    msg("kernel", "ACCEPT IN=eth0 OUT= SRC=2001:db8::7 DST=2001:db8::1 PROTO=UDP SPT=9 DPT=53").is(
        FirewallAllow,
        Success,
        "",
        "2001:db8::7",
    );
    msg("kernel", "fw: IN=eth0 OUT= SRC=192.0.2.7 DST=10.0.0.1 PROTO=ICMP").is(Connection, Unknown, "", "192.0.2.7");
    // Without a word for its fate: what kind of packet it was.
    for (prefix, flags) in [("", "SYN"), ("NEWCONN ", "ACK SYN"), ("[UFW AUDIT] ", "ACK PSH FIN")] {
        let p = msg(
            "kernel",
            &format!(
                "[ 12.5] {prefix}IN=eth0 OUT= MAC= SRC=192.0.2.7 DST=10.0.0.1 LEN=60 PROTO=TCP SPT=9 DPT=22 WINDOW=64240 RES=0x00 {flags} URGP=0"
            ),
        );
        p.is(Connection, Unknown, "", "192.0.2.7");
        assert_eq!((p.get(Ov::DestPort), p.field("tcp_flags")), ("22", flags));
    }
    // And of what was blocked: an answer that came late is no scan.
    let p = msg(
        "kernel",
        "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.7 DST=10.0.0.1 PROTO=TCP SPT=443 DPT=40022 WINDOW=0 RES=0x00 ACK RST URGP=0",
    );
    assert_eq!((p.what().0, p.field("tcp_flags")), (FirewallBlock, "ACK RST"));
}

#[test]
fn kernel_trouble() {
    let p = msg("kernel", "Out of memory: Killed process 77 (db) total-vm:1kB");
    assert_eq!((p.what(), p.get(Ov::Resource)), ((OutOfMemory, Failure), "db"));
    assert_eq!(msg("kernel", "Kernel panic - not syncing: Fatal exception").what(), (KernelPanic, Failure));
    let p = msg("kernel", "db[77]: segfault at 0 ip 0 sp 0 error 4 in db");
    assert_eq!((p.what(), p.get(Ov::Resource)), ((ServiceCrash, Failure), "db"));
}

#[test]
fn other_ssh_and_ftp() {
    let p = msg("dropbear", "Bad password attempt for 'bob' from 198.51.100.1:1' from 192.0.2.7:4711");
    p.is(SshLoginFailed, Failure, "bob' from 198.51.100.1:1", "192.0.2.7");
    assert_eq!(p.get(Ov::SrcPort), "4711");
    for (from, port) in [("2001:db8::60:2001", "2001"), ("2001:db8::60:51234", "51234"), ("2001:db8::60:9", "9")] {
        let p = msg("dropbear", &format!("Bad password attempt for 'bob' from {from}"));
        p.is(SshLoginFailed, Failure, "bob", "2001:db8::60");
        assert_eq!(p.get(Ov::SrcPort), port);
    }
    msg("dropbear", "Login attempt for nonexistent user from 192.0.2.7:9").is(SshInvalidUser, Failure, "", "192.0.2.7");
    msg("dropbear", "Pubkey auth succeeded for 'bob' with ssh-ed25519 key SHA256:abc from 192.0.2.7:9").is(
        SshLogin,
        Success,
        "bob",
        "192.0.2.7",
    );
    msg("dropbear", "Password auth succeeded for 'bob' from 192.0.2.7:9").is(SshLogin, Success, "bob", "192.0.2.7");
    let p = msg(
        "dropbear",
        "Exit before auth from <192.0.2.7:9>: (user 'bob', 10 fails): Max auth tries reached - user 'bob'",
    );
    p.is(SshDisconnect, Failure, "bob", "192.0.2.7");
    assert_eq!(p.get(Ov::Count), "10");
    msg("vsftpd", "[bob] FAIL LOGIN: Client \"192.0.2.7\"").is(LoginFailed, Failure, "bob", "192.0.2.7");
    msg("vsftpd", "[x] FAIL LOGIN: Client \"198.51.100.1\"] FAIL LOGIN: Client \"192.0.2.7\"").is(
        LoginFailed,
        Failure,
        "x] FAIL LOGIN: Client \"198.51.100.1\"",
        "192.0.2.7",
    );
    let p = msg("vsftpd", "[bob] OK UPLOAD: Client \"192.0.2.7\", \"/a b\", 123 bytes, 1.20Kbyte/sec");
    p.is(FileAccess, Success, "bob", "192.0.2.7");
    assert_eq!((p.get(Ov::Resource), p.get(Ov::Bytes)), ("/a b", "123"));
    msg("proftpd", "ftp.example.net (gw.example.org[192.0.2.7]): USER x (y[198.51.100.1]): no such user found from gw [192.0.2.7] to 10.0.0.1:21")
        .is(LoginFailed, Failure, "x (y[198.51.100.1])", "192.0.2.7");
    msg("proftpd", "h (192.0.2.7[192.0.2.7]) - USER bob: Login successful.").is(Login, Success, "bob", "192.0.2.7");
    msg("pure-ftpd", "(?@192.0.2.7) [WARNING] Authentication failed for user [bob]").is(
        LoginFailed,
        Failure,
        "bob",
        "192.0.2.7",
    );
}

#[test]
fn mail() {
    let p = msg("postfix/smtpd", "warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: x, sasl_username=bob");
    p.is(LoginFailed, Failure, "bob", "192.0.2.7");
    let p = msg(
        "postfix/smtpd",
        "NOQUEUE: reject: RCPT from gw.example.net[192.0.2.7]: 554 5.7.1 <a from x[198.51.100.1]>: denied; from=<a@b> to=<c@d> proto=ESMTP helo=<e>",
    );
    p.is(Email, Failure, "", "192.0.2.7");
    assert_eq!((p.get(Ov::SrcHost), p.get(Ov::StatusCode), p.field("to")), ("gw.example.net", "554", "c@d"));
    msg("postfix/smtpd", "1A2B3C: client=gw[192.0.2.7], sasl_method=PLAIN, sasl_username=bob").is(
        Login,
        Success,
        "bob",
        "192.0.2.7",
    );
    let p = msg(
        "dovecot",
        "imap-login: Aborted login (auth failed, 2 attempts in 3 secs): user=<bob>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1, TLS",
    );
    p.is(LoginFailed, Failure, "bob", "192.0.2.7");
    assert_eq!((p.get(Ov::Count), p.get(Ov::DestIp)), ("2", "10.0.0.1"));
    msg("dovecot", "imap-login: Login: user=<bob>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1").is(
        Login,
        Success,
        "bob",
        "192.0.2.7",
    );
    for service in ["imap", "pop3", "submission", "managesieve"] {
        let p = msg(
            "dovecot",
            &format!(
                "{service}-login: Logged in: user=<bob>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1, mpid=9, TLS, session=<a/b>"
            ),
        );
        p.is(Login, Success, "bob", "192.0.2.7");
    }
    msg("dovecot", "auth(bob,192.0.2.7,sasl:plain)<12><a/b>: passwd-file: Password mismatch").is(
        LoginFailed,
        Failure,
        "bob",
        "192.0.2.7",
    );
    let p = msg(
        "dovecot",
        "imap-login: Login aborted: Connection closed (auth failed, 3 attempts in 16 secs) (auth_failed): user=<bob>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1, session=<x>",
    );
    p.is(LoginFailed, Failure, "bob", "192.0.2.7");
    assert_eq!(p.get(Ov::Count), "3");
    msg(
        "dovecot",
        "imap-login: Login aborted: Connection closed (no auth attempts in 0 secs) (no_auth_attempts): user=<>, rip=192.0.2.7, lip=10.0.0.1",
    )
    .is(Connection, Unknown, "", "192.0.2.7");
    msg("dovecot", "pop3-login: Disconnected (no auth attempts in 2 secs): user=<>, rip=192.0.2.7, lip=10.0.0.1").is(
        Connection,
        Unknown,
        "",
        "192.0.2.7",
    );
    msg("dovecot", "auth-worker(7): sql(bob,198.51.100.1,192.0.2.7,<x>): unknown user").is(
        LoginFailed,
        Failure,
        "bob,198.51.100.1",
        "192.0.2.7",
    );
}

#[test]
fn servers() {
    let p = msg("named", "client @0x7f 192.0.2.7#9 (a.example): view v: query (cache) 'a.example/A/IN' denied");
    p.is(DnsQuery, Failure, "", "192.0.2.7");
    assert_eq!((p.get(Ov::Resource), p.field("query_type")), ("a.example", "A"));
    for (what, name, kind) in [
        ("query: www.a.example IN AAAA +E(0)K (10.0.0.53)", "www.a.example", "AAAA"),
        ("query (cache) './ANY/IN' denied", ".", "ANY"),
        ("query '0/25.2.0.192.in-addr.arpa/PTR/IN' denied", "0/25.2.0.192.in-addr.arpa", "PTR"),
        ("zone transfer 'a.example/AXFR/IN' denied", "a.example", "AXFR"),
        ("bad zone transfer request: 'a.example/IN': non-authoritative zone (NOTAUTH)", "a.example", "AXFR"),
        ("update 'a.example/IN' denied", "a.example", ""),
        ("query 'a/b' denied", "a/b", ""),
    ] {
        let p = msg("named", &format!("client @0x7f 192.0.2.7#9 (a.example): {what}"));
        assert_eq!((p.get(Ov::Resource), p.field("query_type")), (name, kind), "{what}");
    }
    let p = msg(
        "haproxy",
        "192.0.2.7:9 [09/Mar/2025:01:02:03.000] www be/s1 0/0/0/1/1 401 248 - - ---- 1/1/0/0/0 0/0 \"GET /a?b HTTP/1.1\"",
    );
    p.is(HttpRequest, Failure, "", "192.0.2.7");
    assert_eq!((p.get(Ov::StatusCode), p.get(Ov::Bytes), p.get(Ov::Url)), ("401", "248", "/a?b"));
    let p = msg("haproxy", "192.0.2.7:9 [09/Mar/2025:01:02:03.000] fe/1: SSL handshake failure");
    p.is(Connection, Failure, "", "192.0.2.7");
    let p = msg("haproxy", "192.0.2.7:9 [09/Mar/2025:01:02:03.000] tcp be/s1 0/0/5 248 -- 1/1/0/0/0 0/0");
    p.is(Connection, Unknown, "", "192.0.2.7");
    msg("lighttpd", "(mod_auth.c.525) password doesn't match for /x username: bob, IP: 192.0.2.7").is(
        LoginFailed,
        Failure,
        "bob",
        "192.0.2.7",
    );
    let p = msg("xinetd", "FAIL: telnet address from=192.0.2.7");
    p.is(Connection, Failure, "", "192.0.2.7");
    assert_eq!(p.get(Ov::Resource), "telnet");
    let p = msg("fail2ban.actions", "NOTICE [sshd] Ban 192.0.2.7");
    p.is(FirewallBlock, Failure, "", "192.0.2.7");
    assert_eq!(p.get(Ov::Resource), "sshd");
    msg("someappd", "login failed for user bob from 192.0.2.7").is(LoginFailed, Failure, "bob", "192.0.2.7");
    msg("someappd", "User bob failed to login from 192.0.2.7").is(LoginFailed, Failure, "bob", "192.0.2.7");
    msg("someappd", "Failed login: user unknown, client 192.0.2.7").is(LoginFailed, Failure, "", "192.0.2.7");
    msg("postfix/postscreen", "DNSBL rank 5 for [192.0.2.7]:4000").is(Connection, Failure, "", "192.0.2.7");
    msg("someappd", "all is well with 192.0.2.7").is(Other, Unknown, "", "");
    msg("someappd", "[warn] authentication failure user=bob ip=192.0.2.7").is(LoginFailed, Failure, "bob", "192.0.2.7");
}

#[test]
fn sysmon_for_linux() {
    let e = line(
        "Nov 18 09:30:00 web1 sysmon: <Event><System><Provider Name=\"Linux-Sysmon\" Guid=\"{ff032593}\"/><EventID>1</EventID>\
         <TimeCreated SystemTime=\"2026-11-18T09:30:00.123456000Z\"/><Correlation/><Channel>Linux-Sysmon/Operational</Channel>\
         <Computer>web1</Computer><Security UserId=\"0\"/></System><EventData><Data Name=\"RuleName\">-</Data>\
         <Data Name=\"ProcessId\">77</Data><Data Name=\"Image\">/usr/bin/bash</Data>\
         <Data Name=\"CommandLine\">bash -c &quot;id &gt; /tmp/x &amp;&amp; true&quot; &#65;&bad;</Data>\
         <Data Name=\"User\">root</Data></EventData></Event>",
    );
    assert_eq!(e.what(), (ProcessStart, Success));
    assert_eq!((e.get(Ov::User), e.get(Ov::Process), e.get(Ov::Pid)), ("root", "bash", "77"));
    assert_eq!(e.get(Ov::Resource), "bash -c \"id > /tmp/x && true\" A&bad;");
    assert_eq!(
        (e.field("Image"), e.field("Provider_Name"), e.field("EventID")),
        ("/usr/bin/bash", "Linux-Sysmon", "1")
    );
    assert_eq!(e.record().time.to_rfc3339(), "2026-11-18T09:30:00.123456Z");
    assert_eq!(line("Nov 18 09:30:00 web1 sysmon: Sysmon v1 started").what().0, Other);
}

#[test]
fn the_machine_goes_down() {
    for (program, text) in [
        ("systemd", "Reached target System Shutdown."),
        ("systemd", "Reached target shutdown.target - System Shutdown."),
        ("systemd", "Reached target Power-Off."),
        ("systemd", "Shutting down."),
        ("systemd-logind", "System is rebooting."),
        ("systemd-shutdown", "Syncing filesystems and block devices."),
        ("shutdown", "shutting down for system reboot"),
        ("init", "Switching to runlevel: 6"),
    ] {
        let p = line(&format!("Mar  9 01:02:03 web1 {program}[1]: {text}"));
        assert_eq!((p.what().0, p.field("state")), (EventType::ServiceChange, "shutdown"), "{program}: {text}");
    }
    for (program, text) in [("systemd", "Reached target Multi-User System."), ("init", "Switching to runlevel: 3")] {
        assert_eq!(msg(program, text).field("state"), "", "{text}");
    }
    // A user's manager at the end of a session.
    assert_eq!(line("Mar  9 01:02:03 web1 systemd[4711]: Reached target Shutdown.").field("state"), "");
}

#[test]
fn small_systems() {
    msg("uhttpd", "[info] luci: failed login on /admin/x from 198.51.100.1 for root from 192.0.2.7").is(
        LoginFailed,
        Failure,
        "root",
        "192.0.2.7",
    );
    msg("uhttpd", "[info] luci: accepted login on / for root from 192.0.2.7").is(Login, Success, "root", "192.0.2.7");
    msg("doas", "bob ran command /bin/sh -c x as root from /home/bob").is(Sudo, Success, "bob", "");
    msg("doas", "failed auth for bob").is(SudoFailed, Failure, "bob", "");
    let p = msg("doas", "command not permitted for bob: cat /etc/shadow");
    p.is(SudoFailed, Failure, "bob", "");
    assert_eq!(p.get(Ov::Resource), "cat /etc/shadow");
    let p = msg("crond", "USER root pid 4242 cmd run-parts /etc/periodic/15min");
    p.is(ScheduledTask, Success, "root", "");
    assert_eq!(p.get(Ov::Resource), "run-parts /etc/periodic/15min");
    let p = msg("cron", "(*system*x) RELOAD (/etc/cron.d/x)");
    p.is(ScheduledTask, Success, "", "");
    assert_eq!((p.get(Ov::Resource), p.get(Ov::TargetUser)), ("/etc/cron.d/x", ""));
    let p = msg("passwd", "Password for bob changed by root");
    p.is(PasswordChanged, Success, "root", "");
    assert_eq!(p.get(Ov::TargetUser), "bob");
    assert_eq!(msg("sudo", "bob : unable to resolve host web: Name or service not known").what(), (Other, Unknown));
    msg("sshd", "fatal: Access denied for user bob by PAM account configuration [preauth]").is(
        SshLoginFailed,
        Failure,
        "bob",
        "",
    );
    msg("internal-sftp", "session opened for local user bob from [192.0.2.7]").is(
        SessionStart,
        Success,
        "bob",
        "192.0.2.7",
    );
    msg("xinetd", "libwrap refused connection to telnet (libwrap=in.telnetd) from 192.0.2.7").is(
        Connection,
        Failure,
        "",
        "192.0.2.7",
    );
    msg("in.telnetd", "connect from x.example (192.0.2.7)").is(Connection, Success, "", "192.0.2.7");
    msg("dnsmasq", "query[A] x.example from 192.0.2.7").is(DnsQuery, Success, "", "192.0.2.7");
    msg("Hostd", "Rejected password for user root from 192.0.2.7").is(LoginFailed, Failure, "root", "192.0.2.7");
    let p =
        line("Mar  9 01:02:03 web1 auth|security:info sshd[42]: Failed password for bob from 192.0.2.7 port 22 ssh2");
    p.is(SshLoginFailed, Failure, "bob", "192.0.2.7");
}

#[test]
fn packet_filters_of_the_bsds() {
    let port =
        |p: &Parsed| (p.get(Ov::SrcPort).to_owned(), p.get(Ov::DestIp).to_owned(), p.get(Ov::DestPort).to_owned());
    let to = |port: &str| ("4022".to_owned(), "192.0.2.1".to_owned(), port.to_owned());
    let p = msg("kernel", "ipfw: 65500 Deny TCP 192.0.2.7:4022 192.0.2.1:22 in via em0");
    p.is(FirewallBlock, Failure, "", "192.0.2.7");
    assert_eq!((port(&p), p.field("in")), (to("22"), "em0"));
    let p = msg(
        "filterlog",
        "5,,,1000000103,em0,match,block,in,4,0x0,,64,12345,0,none,6,tcp,60,192.0.2.7,192.0.2.1,4022,22,0,S,1,,64240,,mss",
    );
    p.is(FirewallBlock, Failure, "", "192.0.2.7");
    assert_eq!((port(&p), p.field("protocol")), (to("22"), "tcp"));
    let p = msg(
        "filterlog",
        "7,,,1000000105,em0,match,pass,out,6,0x00,0x0,64,udp,17,40,2001:db8::7,2001:db8::1,4022,53,20",
    );
    p.is(FirewallAllow, Success, "", "2001:db8::7");
    assert_eq!((p.get(Ov::DestPort), p.field("out")), ("53", "em0"));
    for text in ["ipfw: pullup failed", "ipfw: 1 Deny X y z", ""] {
        assert_eq!(msg("kernel", text).what().0, Other, "{text}");
    }
    assert_eq!(msg("filterlog", "5,,,1,em0,match,block,in,9").what().0, Other);
}

#[test]
fn broken_handshakes() {
    msg("postfix/smtpd", "SSL_accept error from unknown[192.0.2.7]: -1").is(Connection, Failure, "", "192.0.2.7");
    assert_eq!(msg("postfix/anvil", "statistics: max cache size 1 at Mar  2 09:59:00").get(Ov::SessionId), "");
    let p = msg("haproxy", "Connect from 192.0.2.7:4022 to 192.0.2.1:80 (http/HTTP)");
    p.is(Connection, Success, "", "192.0.2.7");
    assert_eq!((p.get(Ov::DestIp), p.get(Ov::DestPort)), ("192.0.2.1", "80"));
}
