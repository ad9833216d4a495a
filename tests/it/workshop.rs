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

#[test]
fn explain_says_what_held() {
    let home = Home::new();
    let log = auth_log(&home);
    let rule = home.write("r.yml", RULE);
    let of = |line: u32| json(&home.run(&["rules", "explain", &format!("{log}:{line}"), &rule, "--json"]));
    let (root, bob) = (of(1), of(2));
    assert_eq!((&root["rules"][0]["matches"], &bob["rules"][0]["matches"]), (&true.into(), &false.into()));
    let text = home.run(&["rules", "explain", &format!("{log}:2"), &rule]).out;
    for word in ["does not match", "yes logsource", "no  user = bob", "yes event_type = ssh_login_failed", "no  root"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let inline = home.run(&["rules", "explain", "{\"EventID\": 1, \"a\": \"\u{1b}[31m\"}", &rule]);
    assert_eq!(inline.code, Some(0), "{}", inline.err);
    inline.says(0, &[]);
    assert!(inline.out.contains("the event does not say its product"), "{}", inline.out);
    assert_eq!(home.run(&["rules", "explain", &format!("{log}:99"), &rule]).code, Some(2));
    assert_eq!(home.run(&["rules", "explain", &format!("{log}:1"), "no such rule"]).code, Some(2));
}

#[test]
fn coverage_as_a_matrix_and_as_a_layer() {
    let home = Home::new();
    let layer = home.arg("layer.json");
    let ran = home.run(&["rules", "coverage", "--navigator", &layer]);
    ran.says(0, &[]);
    assert!(ran.out.contains("Credential Access") && ran.out.contains("T1110.001"), "{}", ran.out);
    let layer: Value = serde_json::from_str(&home.read("layer.json")).unwrap();
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert!(layer["techniques"].as_array().is_some_and(|t| t.len() > 30));
    let doc = json(&home.run(&["rules", "coverage", "--json"]));
    assert!(doc["techniques"]["covered"].as_u64().is_some_and(|n| n > 20), "{doc}");
    assert_eq!(doc["unknown"].as_array().map(Vec::len), Some(0), "{doc}");
}
