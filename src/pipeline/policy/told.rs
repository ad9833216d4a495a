//! An alert as rulings see it. It may be of several addresses, accounts and
//! machines: what takes it out or lowers it must hold for each of them, what raises
//! it for one. In doubt an alert is seen.

use crate::alert::Alert;
use crate::event::{EventType, Outcome, Ov, Ts};
use crate::query::{Field, Fields, Query, Typed};

/// Most combinations that are asked about.
const MOST_ASKED: usize = 4_096;
/// What an expression can name.
const NAMES: [&str; 14] = [
    "entity",
    "src_ip",
    "src_ips",
    "user",
    "users",
    "host",
    "rule",
    "severity",
    "technique",
    "techniques",
    "tactic",
    "tactics",
    "category",
    "message",
];

/// The first name in an expression that rulings do not know, and what they know.
pub fn unknown(test: &Query) -> Option<String> {
    let known = |f: &&Field| matches!(f, Field::Time | Field::Raw) || NAMES.contains(&f.name());
    let name = test.root().fields().into_iter().find(|f| !known(f))?.name().to_owned();
    Some(format!("'{name}' is nothing that a ruling knows of an alert: {}", NAMES.join(", ")))
}

/// Whether an expression holds for an alert: for every one of its addresses,
/// accounts and machines, or for any.
pub fn holds(test: &Query, a: &Alert, every: bool) -> bool {
    let fields = test.root().fields();
    let reads = |names: &[&str]| fields.iter().any(|f| names.contains(&f.name()));
    let [ip, user, host] = [a.src_ip.as_deref(), a.user.as_deref(), a.host.as_deref()];
    // An entity is the first of these that there is.
    let (by_ip, by_user) = (ip.is_some(), ip.is_none() && user.is_some());
    let entity = reads(&["entity"]);
    let each = |read: bool, list, one, cut| if read { values(list, one, cut) } else { vec![one] };
    let ips = each(reads(&["src_ip", "src_ips"]) || (entity && by_ip), &a.src_ips, ip, a.cut.ips);
    let users = each(reads(&["user", "users"]) || (entity && by_user), &a.users, user, a.cut.users);
    let hosts = each(reads(&["host"]) || (entity && !by_ip && !by_user), &a.hosts, host, a.cut.hosts);
    if ips.len() * users.len() * hosts.len() > MOST_ASKED && every {
        return false;
    }
    let asked = ips.iter().flat_map(|ip| users.iter().map(move |user| (*ip, *user)));
    let mut asked = asked.flat_map(|(ip, user)| hosts.iter().map(move |host| (ip, user, *host))).take(MOST_ASKED);
    let mut one = |(ip, user, host): (Option<&str>, Option<&str>, Option<&str>)| {
        let entity = match (by_ip, by_user) {
            (true, _) => ip.unwrap_or_default().to_owned(),
            (_, true) => format!("user:{}", user.unwrap_or_default()),
            _ => host.map_or_else(|| "-".to_owned(), |h| format!("host:{h}")),
        };
        test.matches_fields(&Told { a, ip, user, host, entity })
    };
    if every { asked.all(&mut one) } else { asked.any(&mut one) }
}

/// The values of a list, and one that nobody knows where it was cut.
fn values<'a>(list: &'a [String], one: Option<&'a str>, cut: bool) -> Vec<Option<&'a str>> {
    let mut out: Vec<Option<&str>> = list.iter().map(|v| Some(v.as_str())).collect();
    if out.is_empty() || (one.is_some() && !out.contains(&one)) {
        out.push(one);
    }
    if cut {
        out.push(None);
    }
    out
}

/// The alert with one of its addresses, accounts and machines.
struct Told<'a> {
    a: &'a Alert,
    ip: Option<&'a str>,
    user: Option<&'a str>,
    host: Option<&'a str>,
    entity: String,
}

impl Fields for Told<'_> {
    fn typed(&self) -> Typed {
        Typed {
            time: self.a.last,
            event_type: EventType::Detection,
            severity: self.a.severity,
            outcome: Outcome::Unknown,
            line: 0,
            parsed: true,
        }
    }

    fn overlay(&self, name: Ov) -> Option<&str> {
        match name {
            Ov::SrcIp => self.ip,
            Ov::User => self.user,
            Ov::Host => self.host,
            Ov::Message => Some(&self.a.message),
            _ => None,
        }
    }

    fn any_original(&self, name: &str, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let a = self.a;
        match name {
            "rule" => test(&a.rule),
            "entity" => test(&self.entity),
            "src_ips" => self.ip.is_some_and(test),
            "users" => self.user.is_some_and(test),
            "technique" | "techniques" => a.techniques.iter().any(|t| test(t)),
            "tactic" | "tactics" => a.tactics.iter().any(|t| test(t)),
            "category" => test(a.category.as_str()),
            _ => false,
        }
    }

    fn raw(&self) -> &str {
        &self.a.dedup_key
    }

    fn instant(&self, _: &str) -> Ts {
        self.a.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Cut;

    fn list(of: &[&str]) -> Vec<String> {
        of.iter().map(|v| (*v).to_owned()).collect()
    }

    fn alert(ips: &[&str], users: &[&str], hosts: &[&str]) -> Alert {
        let one = |of: &[&str]| of.first().map(|v| (*v).to_owned());
        Alert {
            src_ip: one(ips),
            src_ips: list(ips),
            user: one(users).filter(|_| users.len() == 1),
            users: list(users),
            host: one(hosts),
            hosts: list(hosts),
            ..Alert::default()
        }
    }

    fn asked(when: &str, a: &Alert) -> (bool, bool) {
        let q = Query::parse(when, Ts(0)).expect("a query");
        assert_eq!(unknown(&q), None);
        (holds(&q, a, true), holds(&q, a, false))
    }

    #[test]
    fn what_hides_must_hold_for_all_and_what_raises_for_one() {
        let a = alert(&["10.0.0.7", "203.0.113.9"], &["svc", "root"], &["test01", "prod01"]);
        for (when, every, any) in [
            ("", true, true),
            ("src_ip=10.0.0.0/8", false, true),
            ("src_ip=10.0.0.0/8 or src_ip=203.0.113.0/24", true, true),
            ("not src_ip=10.0.0.0/8", false, true),
            ("not src_ip=192.0.2.0/24", true, true),
            ("src_ips=10.0.0.7", false, true),
            ("entity=10.0.0.7", false, true),
            ("user=svc", false, true),
            ("users=svc or user=root", true, true),
            ("host=test01", false, true),
            ("host=test* or host=prod*", true, true),
            // Each address with each account.
            ("(src_ip=10.0.0.7 and user=svc) or (src_ip=203.0.113.9 and user=root)", false, true),
            ("user=nobody", false, false),
        ] {
            assert_eq!(asked(when, &a), (every, any), "{when}");
        }
        let one = alert(&["10.0.0.7"], &["svc"], &["test01"]);
        for when in ["src_ip=10.0.0.0/8", "entity=10.0.0.7", "user=svc", "host=test01"] {
            assert_eq!(asked(when, &one), (true, true), "{when}");
        }
    }

    #[test]
    fn an_entity_is_the_first_that_there_is() {
        assert_eq!(asked("entity=\"user:svc\"", &alert(&[], &["svc"], &["h"])), (true, true));
        assert_eq!(asked("entity=\"host:h\"", &alert(&[], &["svc", "root"], &["h"])), (true, true));
        assert_eq!(asked("entity=\"host:h\"", &alert(&[], &[], &["h", "other"])), (false, true));
        assert_eq!(asked("entity=\"-\"", &alert(&[], &[], &[])), (true, true));
    }

    #[test]
    fn of_a_list_that_was_cut_the_rest_is_not_known() {
        let names: Vec<String> = (0..14).map(|n| format!("svc{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ips: Vec<String> = (0..100).map(|n| format!("10.0.0.{n}")).collect();
        let ips: Vec<&str> = ips.iter().map(String::as_str).collect();
        let whole = alert(&ips, &names, &["test01"]);
        for (when, cut) in [
            ("src_ip=10.0.0.0/8", Cut { ips: true, ..Cut::default() }),
            ("user=svc*", Cut { users: true, ..Cut::default() }),
            ("host=test01", Cut { hosts: true, ..Cut::default() }),
        ] {
            assert_eq!(asked(when, &whole), (true, true), "{when}");
            assert_eq!(asked(when, &Alert { cut, ..whole.clone() }), (false, true), "{when}");
        }
        // More combinations than are looked at hide nothing.
        assert_eq!(asked("src_ip=* or user=* or host=*", &alert(&ips, &names, &names)), (false, true));
    }

    #[test]
    fn names_that_no_ruling_knows_are_told() {
        for when in ["srcip=10.0.0.1", "user=a and not process=sshd", "line>3"] {
            let said = unknown(&Query::parse(when, Ts(0)).expect("a query"));
            assert!(said.is_some_and(|s| s.contains("entity, src_ip")), "{when}");
        }
    }
}
