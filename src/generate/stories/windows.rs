//! Attacks on the Windows domain.

use super::Scene;
use crate::generate::benign::windows::{DC, failed, sid};
use crate::generate::formats::windows::{Channel, Datum, Event};
use crate::generate::world::Host;

use Datum::{Hex, Text};

/// Wrong passwords for one account.
pub(super) fn guessing(s: &mut Scene<'_, '_>) {
    let (ip, victim) = (s.attacker(0), s.take_victim());
    s.host(Host::Dc1);
    for n in 0..18 {
        let t = s.about(n * 15_000, 5_000);
        failed(&mut s.c, t, DC, &victim.login, ip);
    }
}

/// The account in whose name things are done.
fn subject(uid: u32) -> (String, u64) {
    (sid(uid), 0x8f_3a21 + u64::from(uid))
}

/// A new account, and its way into the administrators' group.
pub(super) fn new_admin(s: &mut Scene<'_, '_>) {
    let victim = s.take_victim();
    s.host(Host::Dc1);
    s.user("svc_update");
    let ((by, logon), new) = (subject(victim.uid), sid(9_901));
    let by = [
        ("SubjectUserSid", Text(&by)),
        ("SubjectUserName", Text(&victim.login)),
        ("SubjectDomainName", Text("CORP")),
        ("SubjectLogonId", Hex(logon)),
        ("PrivilegeList", Text("-")),
    ];
    let mut data = vec![
        ("TargetUserName", Text("svc_update")),
        ("TargetDomainName", Text("CORP")),
        ("TargetSid", Text(&new)),
        ("SamAccountName", Text("svc_update")),
    ];
    data.extend(by);
    let (t, record) = (s.at(1_000), s.c.state.record());
    let event =
        Event { id: 4720, channel: Channel::Security, task: 13824, failure: false, record, computer: DC, data: &data };
    s.c.out.windows(t, &event);
    let mut data = vec![
        ("MemberName", Text("CN=svc_update,CN=Users,DC=corp,DC=example")),
        ("MemberSid", Text(&new)),
        ("TargetUserName", Text("Administrators")),
        ("TargetDomainName", Text("Builtin")),
        ("TargetSid", Text("S-1-5-32-544")),
    ];
    data.extend(by);
    let (t, record) = (s.at(38_000), s.c.state.record());
    s.c.out.windows(t, &Event { id: 4732, task: 13826, record, data: &data, ..event });
}

/// The audit log is cleared.
pub(super) fn log_cleared(s: &mut Scene<'_, '_>) {
    let victim = s.take_victim();
    s.host(Host::Dc1);
    let ((by, logon), t, record) = (subject(victim.uid), s.at(5_000), s.c.state.record());
    s.c.out.windows(
        t,
        &Event {
            id: 1102,
            channel: Channel::Eventlog,
            task: 104,
            failure: false,
            record,
            computer: DC,
            data: &[
                ("SubjectUserSid", Text(&by)),
                ("SubjectUserName", Text(&victim.login)),
                ("SubjectDomainName", Text("CORP")),
                ("SubjectLogonId", Hex(logon)),
            ],
        },
    );
}
