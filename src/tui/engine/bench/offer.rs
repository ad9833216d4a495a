//! Which values of an event a filter for a rule could name, and in which form:
//! what the rule itself reads first, then who and where, then the rest.

use std::net::IpAddr;

use super::context;
use crate::detect::RuleFile;
use crate::detect::sigma::rule::{Body, parse};
use crate::detect::sigma::{collection, yaml};
use crate::tui::data::workshop::Pick;

/// What tells events apart that are alike in everything else: named at the
/// beginning, all of them, as that is the narrowest.
const WHO: [&str; 4] = ["src_ip", "user", "host", "process"];
/// What differs from event to event, or says nothing that the rule does not.
const SELDOM: [&str; 44] = [
    "timestamp",
    "receive_time",
    "line",
    "event_type",
    "outcome",
    "severity",
    "message",
    "source",
    "pid",
    "session_id",
    "src_port",
    "count",
    "bytes",
    "url_decoded",
    "raw",
    "@timestamp",
    "EventRecordID",
    "RecordNumber",
    "TimeCreated",
    "SystemTime",
    "UtcTime",
    "CreationUtcTime",
    "Provider_Guid",
    "Keywords",
    "Opcode",
    "Level",
    "Version",
    "Task",
    "Execution_ProcessID",
    "Execution_ThreadID",
    "ProcessId",
    "ProcessID",
    "NewProcessId",
    "ParentProcessId",
    "ThreadID",
    "ProcessGuid",
    "ParentProcessGuid",
    "LogonGuid",
    "LogonId",
    "SubjectLogonId",
    "TargetLogonId",
    "TransactionId",
    "SourcePort",
    "IpPort",
];
/// Most that is offered.
const MOST: usize = 23;
/// Longest value that is offered.
const LONGEST: usize = 200;

/// The values offered for a rule and an event, those to begin with marked.
pub fn picks(all: &[RuleFile], rule: &str, fields: &[(String, String)]) -> Vec<Pick> {
    let read = read_by(all, rule);
    let place = |name: &str| {
        let of = |list: &[&str]| list.iter().position(|n| *n == name);
        let by_rule = read.iter().position(|n| n == name);
        match (by_rule, of(&WHO)) {
            (_, Some(i)) => (0, i),
            (Some(i), _) => (1, i),
            _ if of(&SELDOM).is_some() => (3, 0),
            _ => (2, 0),
        }
    };
    let mut named: Vec<&(String, String)> = fields
        .iter()
        .filter(|(n, v)| !v.trim().is_empty() && v.len() <= LONGEST && place(n).0 < 3 && !n.contains(['|', ':']))
        .collect();
    // What the rule reads tells most of why it fired; of its values any may be the one that is not meant.
    named.sort_by_key(|(n, _)| {
        let (group, at) = place(n);
        ([1, 0, 2][group.min(2)], at)
    });
    named.dedup();
    let who = named.iter().any(|(n, _)| place(n).0 == 0);
    let mut out: Vec<Pick> = Vec::new();
    for (i, (name, value)) in named.into_iter().enumerate() {
        let on = if who { place(name).0 == 0 } else { i == 0 };
        // An array's second value is another choice, not another condition of the same name.
        let first = out.iter().all(|p| p.field() != name);
        let add = |name: String, value: String, on| Pick { name, value, on };
        out.push(add(name.clone(), value.clone(), on && first));
        out.extend(forms(value).into_iter().map(|(m, v)| add(format!("{name}|{m}"), v, false)));
    }
    // What stands marked is never cut off.
    while out.len() > MOST {
        let Some(at) = out.iter().rposition(|p| !p.on) else { break };
        out.remove(at);
    }
    out
}

/// Wider forms of a value: its network, its folder or program, its first word.
fn forms(value: &str) -> Vec<(&'static str, String)> {
    match value.parse::<IpAddr>() {
        Ok(IpAddr::V4(a)) => {
            let [a, b, c, _] = a.octets();
            return vec![("cidr", format!("{a}.{b}.{c}.0/24"))];
        }
        Ok(IpAddr::V6(a)) => {
            let [a, b, c, d, ..] = a.segments();
            return vec![("cidr", format!("{}/64", std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))];
        }
        Err(_) => {}
    }
    let mut out = Vec::new();
    let word = value.find(' ').filter(|i| *i > 1 && i + 1 < value.len());
    let path = value.get(..word.unwrap_or(value.len())).unwrap_or(value);
    let whole = word.is_none() || !value.starts_with('/') && value.contains(":\\");
    let slash = if whole { value } else { path }.rfind(['\\', '/']);
    if let Some(at) = slash.filter(|at| *at > 0 && at + 1 < value.len())
        && (value.starts_with('/') || value.contains('\\'))
    {
        let (folder, name) = value.split_at(at + 1);
        out.push(("startswith", folder.to_owned()));
        if whole && word.is_none() {
            out.push(("endswith", format!("{}{name}", value.get(at..=at).unwrap_or_default())));
        }
    }
    if let Some(at) = word
        && out.iter().all(|(_, v)| v.len() != at + 1)
    {
        out.push(("startswith", value.get(..=at).unwrap_or(value).to_owned()));
    }
    out
}

/// Fields that the detections read which a rule stands for, in their order.
fn read_by(all: &[RuleFile], rule: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for b in context::bases(all, rule) {
        let Some(file) = all.iter().find(|f| *f.path == *b.path) else { continue };
        for node in collection::expand(yaml::parse(&file.text)).into_iter().flatten() {
            let Ok(document) = parse(&node) else { continue };
            if crate::detect::info_of(&document.meta, &b.path).id != b.id {
                continue;
            }
            let Body::Detection(_, d) = &document.body else { continue };
            for s in &d.searches {
                s.each_item(&mut |i| {
                    out.extend(i.field.iter().filter(|f| !out.contains(f)).cloned().collect::<Vec<_>>());
                });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "title: T\nid: r1\nlogsource: {product: windows, category: process_creation}\n\
        detection:\n  s:\n    Image|endswith: '\\certutil.exe'\n    CommandLine|contains: urlcache\n  condition: s\n";
    const COUNTS: &str = "title: C\nid: c1\ncorrelation:\n  type: event_count\n  rules: [r1]\n  group-by: [user]\n  \
        timespan: 1m\n  condition: {gte: 3}\n";

    fn of(rule: &str, fields: &[(&str, &str)]) -> Vec<Pick> {
        let all = [RuleFile::new("a.yml", RULE), RuleFile::new("c.yml", COUNTS)];
        let fields: Vec<_> = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        picks(&all, rule, &fields)
    }

    fn words(p: &[Pick]) -> Vec<String> {
        p.iter().map(|p| format!("{}{}={}", if p.on { "*" } else { "" }, p.name, p.value)).collect()
    }

    #[test]
    fn what_the_rule_reads_comes_first_then_who_then_the_rest() {
        let event = [
            ("timestamp", "2026-03-02T10:00:00Z"),
            ("host", "ws1"),
            ("user", "ann"),
            ("ParentImage", "C:\\Windows\\explorer.exe"),
            ("CommandLine", "certutil -urlcache http://10.0.0.7/x"),
            ("Image", "C:\\Windows\\System32\\certutil.exe"),
            ("line", "7"),
            ("TimeCreated", "2026-03-02T10:00:00.123Z"),
            ("Execution_ProcessID", "4"),
        ];
        for rule in ["r1", "c1"] {
            assert_eq!(
                words(&of(rule, &event)),
                [
                    "Image=C:\\Windows\\System32\\certutil.exe",
                    "Image|startswith=C:\\Windows\\System32\\",
                    "Image|endswith=\\certutil.exe",
                    "CommandLine=certutil -urlcache http://10.0.0.7/x",
                    "CommandLine|startswith=certutil ",
                    "*user=ann",
                    "*host=ws1",
                    "ParentImage=C:\\Windows\\explorer.exe",
                    "ParentImage|startswith=C:\\Windows\\",
                    "ParentImage|endswith=\\explorer.exe",
                ]
            );
        }
    }

    #[test]
    fn forms_are_wider_than_the_value() {
        assert_eq!(forms("10.20.0.7"), [("cidr", "10.20.0.0/24".to_owned())]);
        assert_eq!(forms("2001:db8::7"), [("cidr", "2001:db8::/64".to_owned())]);
        assert_eq!(forms("root"), []);
        assert_eq!(forms("GET / now"), [("startswith", "GET ".to_owned())]);
        let path = forms("/opt/backup/run");
        assert_eq!(path, [("startswith", "/opt/backup/".to_owned()), ("endswith", "/run".to_owned())]);
        let line = forms("/opt/backup/run --all /home");
        assert_eq!(line, [("startswith", "/opt/backup/".to_owned()), ("startswith", "/opt/backup/run ".to_owned())]);
        for odd in ["", " ", "/", "\\", "宽 宽", "\u{202e}/x", "a/", "é"] {
            assert!(forms(odd).iter().all(|(_, v)| !v.is_empty()), "{odd}");
        }
    }

    #[test]
    fn without_a_name_the_first_field_is_marked_and_long_lists_are_cut() {
        assert!(of("r1", &[("Image", "x.exe"), ("Other", "y")])[0].on);
        let many: Vec<(String, String)> = (0..90).map(|n| (format!("f{n}"), "v".to_owned())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(of("r1", &many).len(), MOST);
        assert!(of("r1", &[]).is_empty());
    }
}
