//! The rule workshop from outside: backtest, explain, coverage, lint, import.

use serde_json::Value;

use crate::program::{Home, Ran};

const RULE: &str = "title: Root fails to log in\nid: 0c6e2f0a-5c39-4b7e-9a44-0d8e0c6f5a11\nlevel: high\n\
                    description: d\nlogsource:\n  product: linux\n  service: sshd\ndetection:\n  selection:\n    \
                    event_type: ssh_login_failed\n    user: root\n  condition: selection\n";

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {} {}", ran.out, ran.err))
}

fn auth_log(home: &Home) -> String {
    let line = |i: usize, user: &str, ip: &str| {
        format!("Mar  2 09:04:{i:02} bastion sshd[{}]: Failed password for {user} from {ip} port 40000 ssh2\n", 100 + i)
    };
    let all = [("root", "10.0.0.1"), ("bob", "10.0.0.1"), ("root", "10.0.0.2"), ("eve", "10.0.0.3")];
    home.write("auth.log", all.iter().enumerate().map(|(i, (u, ip))| line(i, u, ip)).collect::<String>())
}

#[test]
fn backtest_names_what_was_gained_and_lost() {
    let home = Home::new();
    let log = auth_log(&home);
    home.write("old/r.yml", RULE);
    let new = home.write("new.yml", RULE.replace("user: root", "src_ip: 10.0.0.1"));
    let old = home.arg("old");
    let args = ["rules", "backtest", &new, "--before", &old, "--input", &log, "--json"];
    let ran = home.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let doc = json(&ran);
    let rule = &doc["rules"][0];
    assert_eq!((&rule["before"]["matches"], &rule["after"]["matches"]), (&2.into(), &2.into()), "{doc}");
    assert_eq!((&rule["gained_at"][0]["line"], &rule["lost_at"][0]["line"]), (&2.into(), &3.into()));
    assert!(rule["lost_at"][0]["raw"].as_str().is_some_and(|t| t.contains("10.0.0.2")));
    assert_eq!(doc["alerts"]["lost"], 1, "{doc}");
    assert!(doc["us_per_event"]["after"].as_f64().is_some_and(|us| us > 0.0));
    assert_eq!(home.run(&[&args[..7], &["--fail-on", "lost"]].concat()).code, Some(1));
    assert_eq!(home.run(&["rules", "backtest", "missing.yml", "--input", &log]).code, Some(2));
    let broken = home.write("broken.yml", RULE.replace("condition: selection", "condition: nothing"));
    assert_eq!(home.run(&["rules", "backtest", &broken, "--input", &log]).code, Some(1));
    let text = home.run(&args[..7]);
    assert!(text.out.contains("+ ") && text.out.contains("auth.log:2"), "{}", text.out);
}
