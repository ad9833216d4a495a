//! Tests of the audit records.

use proptest::prelude::*;

use super::*;
use crate::event::{EventRow, EventType, Outcome};
use crate::parse::testing::one;

fn row(raw: &str) -> EventRow {
    let row = one(raw, parse);
    assert!(row.parsed, "{raw}");
    row
}

fn fields<'a>(row: &'a EventRow, name: &str) -> Vec<&'a str> {
    row.fields.iter().filter(|f| f.name == name).map(|f| f.value.as_str()).collect()
}

const EXEC: &str = "node=web1 type=SYSCALL msg=audit(1492037291.036:59): arch=c000003e syscall=59 success=yes exit=0 a0=1522170 items=2 ppid=1 pid=77 auid=1000 uid=0 ses=3 comm=\"sh\" exe=\"/bin/sh\" key=65786563013634626974\u{1d}ARCH=x86_64 SYSCALL=execve AUID=\"alice\" UID=\"root\"
node=web1 type=EXECVE msg=audit(1492037291.036:59): argc=3 a0=\"sh\" a1=\"-c\" a2=6964203E2F746D702F78
node=web1 type=CWD msg=audit(1492037291.036:59):  cwd=2F746D702F6120622063
node=web1 type=PATH msg=audit(1492037291.036:59): item=0 name=\"/bin/sh\" inode=1 nametype=NORMAL
node=web1 type=PROCTITLE msg=audit(1492037291.036:59): proctitle=7368002D63";

#[test]
fn an_event_of_several_records() {
    let e = row(EXEC);
    assert_eq!((e.event_type, e.outcome), (EventType::ProcessStart, Outcome::Success));
    assert_eq!(e.time.to_rfc3339(), "2017-04-12T22:48:11.036Z");
    assert_eq!(fields(&e, "type"), ["SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE"]);
    assert_eq!(fields(&e, "a0"), ["1522170", "sh"]);
    assert_eq!((fields(&e, "a2"), fields(&e, "SYSCALL")), (vec!["id >/tmp/x"], vec!["execve"]));
    assert_eq!((fields(&e, "key"), fields(&e, "cwd")), (vec!["exec", "64bit"], vec!["/tmp/a b c"]));
    assert_eq!(fields(&e, "proctitle"), ["sh -c"]);
    assert_eq!((e.ov(Ov::User), e.ov(Ov::Host), e.ov(Ov::Pid)), (Some("alice"), Some("web1"), Some("77")));
    assert_eq!((e.ov(Ov::Resource), e.ov(Ov::Process)), (Some("sh -c id >/tmp/x"), Some("/bin/sh")));
    assert!(e.fields.iter().filter(|f| f.name == "a0" || f.name == "type").all(|f| f.in_array));
    assert!(e.fields.iter().filter(|f| f.name == "exe").all(|f| !f.in_array));
}

#[test]
fn calls_by_number_and_by_name() {
    let e = row("type=SYSCALL msg=audit(1.5:1): arch=c000003e syscall=319 success=no exit=-1 a0=26 comm=636F6D6D \
                 exe=2F746D702F6120622063 key=(null)");
    assert_eq!((fields(&e, "SYSCALL"), fields(&e, "a0")), (vec!["memfd_create"], vec!["26"]));
    assert_eq!((fields(&e, "comm"), fields(&e, "exe")), (vec!["comm"], vec!["/tmp/a b c"]));
    assert_eq!((e.event_type, e.outcome), (EventType::Other, Outcome::Failure));
    let e = row("type=SYSCALL msg=audit(11/18/2026 09:30:00.123:456) : arch=x86_64 syscall=execve success=yes \
                 a0=0x55 uid=root auid=alice exe=/usr/bin/dd comm=dd");
    assert_eq!((fields(&e, "SYSCALL"), fields(&e, "comm")), (vec!["execve"], vec!["dd"]));
    assert_eq!((e.ov(Ov::User), e.time.to_rfc3339().as_str()), (Some("alice"), "2026-11-18T09:30:00.123Z"));
}

#[test]
fn sockets() {
    let e = row("type=SYSCALL msg=audit(1.5:1): arch=c000003e syscall=42 success=yes exe=\"/bin/nc\"
type=SOCKADDR msg=audit(1.5:1): saddr=02000050A9FEA9FE0000000000000000");
    assert_eq!(
        (e.event_type, e.ov(Ov::DestIp), e.ov(Ov::DestPort)),
        (EventType::Connection, Some("169.254.169.254"), Some("80"))
    );
    let e = row("type=SYSCALL msg=audit(1.5:1): arch=c000003e syscall=43 success=yes
type=SOCKADDR msg=audit(1.5:1): saddr=0200C3A9C00002070000000000000000");
    assert_eq!((e.ov(Ov::SrcIp), e.ov(Ov::SrcPort)), (Some("192.0.2.7"), Some("50089")));
}

#[test]
fn people() {
    let e = row("type=USER_AUTH msg=audit(1783414613.119:441): pid=2124 uid=0 auid=4294967295 ses=4294967295 \
                 msg='op=pubkey acct=\"bob\" exe=\"/usr/libexec/openssh/sshd-session\" hostname=? addr=192.0.2.7 terminal=ssh \
                 res=failed'\u{1d}UID=\"root\" AUID=\"unset\"");
    assert_eq!((e.event_type, e.outcome), (EventType::SshLoginFailed, Outcome::Failure));
    assert_eq!((e.ov(Ov::User), e.ov(Ov::SrcIp), e.ov(Ov::SessionId)), (Some("bob"), Some("192.0.2.7"), None));
    assert_eq!(
        (fields(&e, "op"), fields(&e, "AUID"), fields(&e, "terminal")),
        (vec!["pubkey"], vec!["unset"], vec!["ssh"])
    );
    let e = row("type=USER_CMD msg=audit(1488862769.030:1): user pid=3027 uid=497 auid=700 ses=11988 msg='cwd=\"/\" \
                 cmd=6C73202D6C terminal=? res=success'");
    assert_eq!((e.event_type, e.ov(Ov::Resource)), (EventType::Sudo, Some("ls -l")));
    let e = row("type=SERVICE_STOP msg=audit(1481076984.534:16): pid=1 msg='unit=auditd comm=\"systemd\" res=success'");
    assert_eq!(
        (e.event_type, e.ov(Ov::Resource), fields(&e, "unit")),
        (EventType::ServiceChange, Some("auditd"), vec!["auditd"])
    );
    for (record, resource, state) in [
        ("SERVICE_STOP msg=audit(1.5:1): pid=1 msg='unit=rsyslog comm=\"systemd\" res=success'", "rsyslog", "stopped"),
        ("SERVICE_START msg=audit(1.5:1): pid=1 msg='unit=rsyslog comm=\"systemd\" res=success'", "rsyslog", "started"),
        ("DAEMON_END msg=audit(1.5:1): op=terminate auid=0 pid=1 res=success", "auditd", "stopped"),
        ("CONFIG_CHANGE msg=audit(1.5:1): op=set audit_enabled=0 old=1 auid=1000 ses=3 res=1", "auditd", "stopped"),
        ("CONFIG_CHANGE msg=audit(1.5:1): op=set audit_enabled=2 old=1 auid=1000 ses=3 res=1", "auditd", "started"),
        ("SYSTEM_SHUTDOWN msg=audit(1.5:1): pid=1 uid=0 msg=' comm=\"x\" res=success'", "system", "shutdown"),
    ] {
        let e = row(&format!("type={record}"));
        assert_eq!((e.event_type, e.ov(Ov::Resource)), (EventType::ServiceChange, Some(resource)), "{record}");
        assert_eq!(fields(&e, "state"), vec![state], "{record}");
    }
    let e = row("type=LOGIN msg=audit(1337845201.174:94983): pid=25443 uid=0 old auid=4294967295 new auid=0 res=1");
    assert_eq!((fields(&e, "old-auid"), fields(&e, "auid")), (vec!["4294967295"], vec!["0"]));
    let e = row("type=AVC msg=audit(1243332701.744:101): avc: denied { getattr } for pid=2714 comm=\"ls\" \
                 path=\"/usr/lib/x\" tclass=file");
    assert_eq!(
        (e.event_type, e.outcome, e.ov(Ov::Resource)),
        (EventType::FileAccess, Outcome::Failure, Some("/usr/lib/x"))
    );
}

#[test]
fn long_arguments_in_pieces() {
    let e = row("type=EXECVE msg=audit(1.5:1): argc=2 a0=\"sh\" a1_len=6 a1[0]=\"abc\" a1[1]=646566");
    assert_eq!((fields(&e, "a1"), e.ov(Ov::Resource)), (vec!["abcdef"], Some("sh abcdef")));
    // The order of the arguments stays, a piece may end within a character or
    // with a blank, and the next record may go on with the argument.
    let e = row("type=EXECVE msg=audit(1.5:1): argc=4 a0=\"sh\" a1_len=6 a1[0]=61 a1[1]=62 a2=\"x\" a3=\"y\"");
    assert_eq!((fields(&e, "a1"), e.ov(Ov::Resource)), (vec!["ab"], Some("sh ab x y")));
    let e = row("type=EXECVE msg=audit(1.5:1): argc=4 a0=\"sh\" a1=\"-c\" a2_len=22 a2[0]=6375726C20\n\
                 type=EXECVE msg=audit(1.5:1): a2[1]=C3 a2[2]=A9 a2[3]=206576696C a3=\"tail\"\n\
                 type=PATH msg=audit(1.5:1): item=0 name=\"/x\"");
    assert_eq!((fields(&e, "a2"), e.ov(Ov::Resource)), (vec!["curl é evil"], Some("sh -c curl é evil tail")));
}

#[test]
fn what_is_missing_is_said() {
    let e = row(
        "type=SYSCALL msg=audit(1.5:1): arch=c000003e syscall=2 success=yes items=2\ntype=PATH msg=audit(1.5:1): item=0 name=\"/x\"",
    );
    assert_eq!(e.event_type, EventType::FileAccess);
    assert!(!one("type= msg=audit(1.5:1): x", parse).parsed && !one("type=X", parse).parsed);
}

proptest! {
    #[test]
    fn no_panic(
        s in "\\PC{0,80}",
        t in "(type=[A-Z]{3,7} |msg=audit\\([0-9/.: ]{0,9}\\): |msg='|a[0-9]=|a[0-9]\\[[0-9]\\]=|[a-z]{2,5}=|key=|saddr=|[0-9A-F]{2,8}|\"|'|\\{|\\}| |\n|old |\u{1d}|é){0,40}",
    ) {
        for raw in [s.as_str(), t.as_str(), &format!("type=EXECVE msg=audit(1.5:1): {t}"), &format!("type=SYSCALL msg=audit(1.5:1): {t}")] {
            let e = one(raw, parse);
            for f in &e.fields {
                prop_assert!(f.name.len() + f.value.len() < 4000);
            }
        }
    }
}

#[test]
fn keys_of_one_value_are_bounded() {
    let e = row(&format!("type=SYSCALL msg=audit(1.0:1): key={}62", "6101".repeat(100)));
    let keys: Vec<_> = e.fields.iter().filter(|f| f.name == "key").collect();
    assert_eq!(keys.len(), 32);
    assert!(keys[31].value.ends_with('b'), "the last has what is left");
}
