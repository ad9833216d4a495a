//! The Windows domain: log-ons, programs that start, services.

use std::net::IpAddr;

use crate::generate::emit::Ctx;
use crate::generate::formats::windows::{Channel, Datum, Event};
use crate::generate::queue::SEC;
use crate::generate::world::Person;

use Datum::{Hex, Number, Text};

/// The domain controller, which collects for the others.
pub(in crate::generate) const DC: &str = "dc01.corp.example";

const PROGRAMS: [(&str, &str); 6] = [
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE\"",
    ),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE\" /dde",
    ),
    (
        "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
        "\"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe\"",
    ),
    ("C:\\Windows\\explorer.exe", "C:\\Windows\\explorer.exe"),
    ("C:\\Windows\\System32\\notepad.exe", "\"C:\\Windows\\System32\\notepad.exe\" C:\\Users\\Public\\notes.txt"),
    ("C:\\Windows\\System32\\svchost.exe", "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s Schedule"),
];

/// A log-on that works, and what follows.
pub(super) fn logon(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    let computer = person.computer();
    let ip = person.desk.to_string();
    let (id, port) = (c.state.logon(c.r), c.r.port().to_string());
    let sid = sid(person.uid);
    c.out.windows(
        at,
        &Event {
            id: 4624,
            channel: Channel::Security,
            task: 12544,
            failure: false,
            record: c.state.record(),
            computer: &computer,
            data: &[
                ("SubjectUserSid", Text("S-1-0-0")),
                ("SubjectUserName", Text("-")),
                ("SubjectDomainName", Text("-")),
                ("SubjectLogonId", Hex(0)),
                ("TargetUserSid", Text(&sid)),
                ("TargetUserName", Text(&person.login)),
                ("TargetDomainName", Text("CORP")),
                ("TargetLogonId", Hex(id)),
                ("LogonType", Number(3)),
                ("LogonProcessName", Text("Kerberos")),
                ("AuthenticationPackageName", Text("Kerberos")),
                ("WorkstationName", Text("-")),
                ("KeyLength", Number(0)),
                ("IpAddress", Text(&ip)),
                ("IpPort", Text(&port)),
            ],
        },
    );
    let mut t = at + c.r.span(1, 20) * SEC;
    for _ in 0..c.r.below(4) {
        let (image, line) = *c.r.pick(&PROGRAMS);
        let pid = c.r.range(0x400, 0x9000) & !3;
        c.out.windows(
            t,
            &Event {
                id: 4688,
                channel: Channel::Process,
                task: 13312,
                failure: false,
                record: c.state.record(),
                computer: &computer,
                data: &[
                    ("SubjectUserSid", Text(&sid)),
                    ("SubjectUserName", Text(&person.login)),
                    ("SubjectDomainName", Text("CORP")),
                    ("SubjectLogonId", Hex(id)),
                    ("NewProcessId", Hex(pid)),
                    ("NewProcessName", Text(image)),
                    ("TokenElevationType", Text("%%1938")),
                    ("ProcessId", Hex(pid / 2)),
                    ("CommandLine", Text(line)),
                    ("ParentProcessName", Text("C:\\Windows\\explorer.exe")),
                ],
            },
        );
        t += c.r.wait(120 * SEC);
    }
    let end = t + c.r.wait(1200 * SEC);
    c.out.windows(
        end,
        &Event {
            id: 4634,
            channel: Channel::Security,
            task: 12545,
            failure: false,
            record: c.state.record(),
            computer: &computer,
            data: &[
                ("TargetUserSid", Text(&sid)),
                ("TargetUserName", Text(&person.login)),
                ("TargetDomainName", Text("CORP")),
                ("TargetLogonId", Hex(id)),
                ("LogonType", Number(3)),
            ],
        },
    );
}

/// Somebody mistypes the password once.
pub(super) fn mistyped(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    if c.state.may_mistype(person.id, at) {
        failed(c, at, DC, &person.login, person.desk);
    }
}

/// A service changes its state.
pub(super) fn service(c: &mut Ctx<'_>, at: i64) {
    let name = *c.r.pick(&[
        "Windows Update",
        "Print Spooler",
        "Background Intelligent Transfer Service",
        "Software Protection",
    ]);
    let state = *c.r.pick(&["running", "stopped"]);
    c.out.windows(
        at,
        &Event {
            id: 7036,
            channel: Channel::System,
            task: 0,
            failure: false,
            record: c.state.record(),
            computer: DC,
            data: &[("param1", Text(name)), ("param2", Text(state))],
        },
    );
}

/// A log-on that fails.
pub(in crate::generate) fn failed(c: &mut Ctx<'_>, at: i64, computer: &str, user: &str, ip: IpAddr) {
    let (ip, port) = (ip.to_string(), c.r.port().to_string());
    c.out.windows(
        at,
        &Event {
            id: 4625,
            channel: Channel::Security,
            task: 12544,
            failure: true,
            record: c.state.record(),
            computer,
            data: &[
                ("SubjectUserSid", Text("S-1-0-0")),
                ("SubjectUserName", Text("-")),
                ("SubjectDomainName", Text("-")),
                ("SubjectLogonId", Hex(0)),
                ("TargetUserSid", Text("S-1-0-0")),
                ("TargetUserName", Text(user)),
                ("TargetDomainName", Text("CORP")),
                ("Status", Text("0xc000006d")),
                ("FailureReason", Text("%%2313")),
                ("SubStatus", Text("0xc000006a")),
                ("LogonType", Number(3)),
                ("LogonProcessName", Text("NtLmSsp ")),
                ("AuthenticationPackageName", Text("NTLM")),
                ("WorkstationName", Text("-")),
                ("KeyLength", Number(0)),
                ("IpAddress", Text(&ip)),
                ("IpPort", Text(&port)),
            ],
        },
    );
}

/// A security identifier.
pub(in crate::generate) fn sid(uid: u32) -> String {
    format!("S-1-5-21-1085031214-1563985344-725345543-{uid}")
}

impl Person {
    /// The person's workstation.
    pub(in crate::generate) fn computer(&self) -> String {
        format!("ws{:04}.corp.example", self.id)
    }
}
