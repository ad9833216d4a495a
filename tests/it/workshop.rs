//! The rule workshop from outside: backtest, explain, coverage, lint, import.

use secstream::store::{AlertFilter, CaseState, Store};
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
fn backtest_knows_which_lost_alerts_stand_in_a_case() {
    let home = Home::new();
    let log = auth_log(&home);
    home.write("old/r.yml", RULE);
    let old = home.arg("old");
    let new = home.write("new.yml", RULE.replace("user: root", "user: nobody"));
    home.run(&["replay", &log, "--rules", &old, "--db", "z.db"]).says(0, &[]);
    let args = ["rules", "backtest", &new, "--before", &old, "--input", &log, "--db", "z.db", "--fail-on", "lost-true"];
    assert_eq!(home.run(&args).code, Some(0), "nobody has judged them");
    let mut store = Store::open(Some(&home.path("z.db")), "ann").unwrap();
    let rows = store.alerts(&AlertFilter::default()).unwrap();
    let case = store.escalate(&[rows[0].id.clone()], None, "").unwrap();
    let told = home.run(&args);
    assert_eq!(told.code, Some(1), "{}", told.out);
    assert!(told.out.contains("[true_positive]"), "{}", told.out);
    store.set_case_state(&case, CaseState::Closed, "false positive: a test").unwrap();
    assert_eq!(home.run(&args).code, Some(0), "the case was nothing");
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
    let again = ["rules", "explain", &format!("{log}:1"), &rule, "--rules", &rule, "--json"];
    assert_eq!(json(&home.run(&again))["rules"].as_array().map(Vec::len), Some(1), "the file is one of those in force");
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

/// A document as JSON, with YAML's types.
fn to_json(n: &secstream::detect::sigma::yaml::Node) -> Value {
    use secstream::detect::sigma::value::Scalar;
    if let Some(entries) = n.map() {
        return entries.iter().map(|(k, v)| (k.text().unwrap_or("").to_owned(), to_json(v))).collect();
    }
    if let Some(items) = n.seq() {
        return items.iter().map(to_json).collect();
    }
    match Scalar::of(n) {
        Some(Scalar::Num(_, n)) => n.near.into(),
        Some(Scalar::Bool(b)) => b.into(),
        Some(Scalar::Text(t)) => t.into(),
        _ => Value::Null,
    }
}

#[test]
fn shipped_rules_fit_the_schema_and_wrong_ones_do_not() {
    use secstream::detect::{lint, shipped, sigma::yaml};
    let schema: Value = serde_json::from_str(lint::SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for f in shipped::rules() {
        for doc in yaml::parse(&f.text) {
            let doc = to_json(&doc.unwrap());
            let wrong: Vec<String> = schema.iter_errors(&doc).map(|e| e.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", f.path);
        }
    }
    for (good, bad) in [
        ("level: high", "level: huge"),
        ("event_type: ssh", "event_type|contain: ssh"),
        ("condition: selection", "conditions: selection"),
        ("title: Root", "titel: Root"),
        ("  product: linux", "  prodct: linux"),
    ] {
        assert!(RULE.contains(good));
        let doc = yaml::parse(&RULE.replace(good, bad)).remove(0).unwrap();
        assert!(!schema.is_valid(&to_json(&doc)), "{bad}");
    }
    // Files of several documents: what they have in common, and the rest.
    for part in [
        "action: global\ntitle: A\nlogsource: {product: x}",
        "action: reset",
        "detection: {s: {a: 1}, condition: s}\nlevel: low",
    ] {
        let doc = to_json(&yaml::parse(part).remove(0).unwrap());
        let wrong: Vec<String> = schema.iter_errors(&doc).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{part}: {wrong:?}");
    }
}

#[test]
fn findings_as_sarif() {
    let home = Home::new();
    let rule = home.write("r.yml", RULE.replace("level: high\n", "tags: [attack.t9999]\n"));
    let ran = home.run(&["rules", "check", &rule, "--format", "sarif"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let doc = json(&ran);
    let found: Vec<&str> =
        doc["runs"][0]["results"].as_array().unwrap().iter().filter_map(|r| r["ruleId"].as_str()).collect();
    assert_eq!(found, ["no-level", "bad-tag"], "{doc}");
    assert_eq!(home.run(&["rules", "check", &rule, "--strict"]).code, Some(1));
    assert_eq!(home.run(&["rules", "check", &rule, "--level", "error"]).out.lines().count(), 1);
}

#[test]
fn small_form_is_imported_and_works() {
    let home = Home::new();
    let log = auth_log(&home);
    let small = "type: brute_force\nmatch: {event_type: ssh_login_failed}\ngroup_by: src_ip\nthreshold: 2\nwindow_seconds: 60\n";
    let file = home.write("small.yml", small);
    let out = home.arg("sigma.yml");
    assert_eq!(home.run(&["rules", "import", &file, "--out", &out]).code, Some(0));
    assert_eq!(home.run(&["rules", "import", &file, "--out", &out]).code, Some(2), "never over a file");
    let (_, doc) = home.summary(&["--no-store", "--rules", &out, &log]);
    assert_eq!(doc["alerts"], 1, "{doc}");
    let wrong = home.write("wrong.yml", format!("{small}window: 60\n"));
    home.run(&["rules", "import", &wrong]).says(2, &["wrong.yml:6:1: unknown key 'window'"]);
}

#[test]
fn list_says_what_can_fire() {
    let home = Home::new();
    let log = auth_log(&home);
    let doc = json(&home.run(&["rules", "list", "--for", &log, "--json"]));
    let rules = doc.as_array().unwrap();
    let can = |path: &str| rules.iter().find(|r| r["path"].as_str().is_some_and(|p| p.ends_with(path))).unwrap();
    assert_eq!(can("ssh_guessing_source.yml")["can_fire"], true);
    let web = can("sql_injection.yml");
    assert_eq!(web["can_fire"], false);
    assert!(web["cannot_because"].as_str().is_some_and(|w| w.contains("webserver")), "{web}");
    let text = home.run(&["rules", "list", "--for", &log]);
    assert!(text.out.contains("can fire on these logs"), "{}", text.out);
}
