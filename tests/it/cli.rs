//! What the commands say to a user who makes mistakes, and what they show.

use super::program::Home;

const LOG: &str = "Mar  2 09:04:00 gw sshd[712]: Failed password for root from 203.0.113.9 port 4022 ssh2\n\
                   Mar  2 09:05:00 gw sshd[713]: Accepted password for ann from 10.0.0.7 port 4023 ssh2\n";

#[test]
fn a_filter_that_is_none_shows_the_place() {
    let h = Home::new();
    let log = h.write("auth.log", LOG);
    let ran = h.run(&["replay", &log, "--no-store", "--filter", "src_ip>10.0.0.0/8"]);
    ran.says(
        2,
        &["--filter: column 8: a network has no order", "\n  src_ip>10.0.0.0/8\n         ^\nhint: write src_ip="],
    );
    let ran = h.run(&["replay", &log, "--no-store", "--filter", "src_ip=300.1.1.1/8"]);
    ran.says(2, &["--filter: column 8: '300.1.1.1' is no address", "hint: as 10.0.0.9, 10.0.0.0/8"]);
}

#[test]
fn filters_of_every_kind() {
    let h = Home::new();
    let log = h.write("auth.log", LOG);
    for (query, parsed) in [
        ("user=[root,bob]", 1),
        ("user not in [root, bob]", 1),
        ("src_ip=10.0.0.1..10.0.0.9", 1),
        ("src_ip>200.0.0.0", 1),
        ("timestamp=2026-03-02T09:05", 1),
        ("timestamp=2026-03-02", 2),
        ("timestamp>2026-03-02", 0),
    ] {
        let (_, doc) = h.summary(&[&log, "--no-store", "--year", "2026", "--filter", query]);
        assert_eq!(doc["parsed"], parsed, "{query}");
    }
}

#[test]
fn from_must_come_before_to() {
    let h = Home::new();
    let log = h.write("auth.log", LOG);
    let span = |from, to| h.run(&["replay", &log, "--no-store", "--from", from, "--to", to]);
    span("2026-03-02", "2026-03-01").says(2, &["--from 2026-03-02", "is later than --to 2026-03-01"]);
    span("2026-03-02", "2026-03-02").says(2, &["no event lies between"]);
    span("-1h", "-2h").says(2, &["is later than"]);
    span("2026-03-01", "2026-03-02").says(0, &[]);
}

#[test]
fn doctor_and_config_name_what_is_wrong_with_its_line() {
    let h = Home::new();
    h.write("config/secstream/themes/mine.toml", "cursor = {fg = 'reddish'}\ncurser = {bold = true}\n");
    h.write(
        "config/secstream/secstream.toml",
        "[tui]\ntheme = 'mine'\n[keys]\npivott = ['P']\npivot = ['j']\nmark = ['Hyper-x']\n",
    );
    let ran = h.run(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    for said in [
        "secstream.toml:4: keys: unknown action 'pivott' (did you mean 'pivot'?)",
        "secstream.toml:5: keys: 'down' and 'pivot' both want 'j'",
        "secstream.toml:6: keys: 'Hyper-x' of 'mark' is no key",
        "mine.toml:1: cursor: 'reddish' is no colour",
        "mine.toml:2: unknown role 'curser'; did you mean 'cursor'?",
    ] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    h.run(&["config", "show"]).says(2, &["unknown action 'pivott'", "both want 'j'", "is no key"]);

    h.write("config/secstream/secstream.toml", "analist = 'x'\n[tui]\ntheme = 'drak'\n[run]\nthreads = 'x'\n");
    let ran = h.run(&["doctor"]);
    for said in [
        "secstream.toml:1: unknown key 'analist'",
        "secstream.toml:5: 'run.threads'",
        "no theme 'drak'; did you mean 'dark'",
    ] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
}

#[test]
fn config_show_has_the_keys_and_where_they_come_from() {
    let h = Home::new();
    h.write("config/secstream/secstream.toml", "analyst = 'ann'\n[keys]\npivot = ['p', 'F5']\n");
    let ran = h.run(&["config", "show"]);
    ran.says(0, &[]);
    let line =
        |name: &str| ran.out.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}: {}", ran.out));
    assert!(line("analyst ").contains("ann") && line("analyst ").ends_with("secstream.toml:1"));
    assert!(line("keys.pivot ").contains("[\"p\", \"F5\"]") && line("keys.pivot ").ends_with("secstream.toml:3"));
    assert!(line("keys.down ").contains("[\"j\", \"Down\"]") && line("keys.down ").ends_with("default"));
    assert!(line("rules.own ").contains("rules/local"));
    let doc: serde_json::Value = serde_json::from_str(&h.run(&["config", "show", "--json"]).out).unwrap();
    assert_eq!(doc["keys.pivot"]["value"], serde_json::json!(["p", "F5"]));
    assert!(doc["store.path"]["effective"].as_str().is_some_and(|p| p.ends_with("cases.db")));
}

#[test]
fn rules_check_tells_every_mistake() {
    let h = Home::new();
    let rules = h.write(
        "rules/a.yml",
        "title: A\nlevel: huge\nlogsource: {product: linux}\ndetection:\n  s: {A|contain: 1, B: []}\n  condition: q\n",
    );
    h.write("rules/empty.yml", "# nothing yet\n");
    let ran = h.run(&["rules", "check", &rules, &h.arg("rules/empty.yml")]);
    assert_eq!(ran.code, Some(1));
    for said in [
        "a.yml:2:8: error",
        "a.yml:5:7: error",
        "a.yml:5:24: error",
        "a.yml:6:14: error",
        "empty.yml:1:1: warning: the file holds no rule",
    ] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
}

#[test]
fn testing_nothing_is_no_success() {
    let h = Home::new();
    let rules = h.write("rules/a.yml", "title: A\nlogsource: {product: linux}\ndetection: {s: {A: 1}, condition: s}\n");
    h.run(&["rules", "test", &rules]).says(2, &["nothing was tested: 1 rule", "NAME.test.yml"]);
}

#[test]
fn the_generator_tells_what_has_no_room() {
    let h = Home::new();
    let (log, truth) = (h.arg("x.log"), h.arg("x.truth"));
    let ran = h.run(&["generate", "--duration", "10m", "--rate", "1", "--out", &log, "--truth", &truth]);
    ran.says(0, &["left out: ssh-slow-guessing: the log is too short"]);
    let left: Vec<_> = h.objects("x.truth").into_iter().filter(|o| !o["left_out"].is_null()).collect();
    assert!(left.iter().any(|o| o["story"] == "ssh-slow-guessing" && o["lines"] == serde_json::json!([])), "{left:?}");
    let named = ["--attacks", "ssh-slow-guessing,web-xss", "--format", "syslog"];
    let ran = h.run(&[&["generate", "--duration", "2h", "--rate", "1", "--out", &log, "--json"][..], &named].concat());
    let doc: serde_json::Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {} {}", ran.out, ran.err));
    assert_eq!(doc["left_out"][0]["reason"], "syslog lines cannot show it", "{doc}");
}

#[test]
fn templates_and_structured_records_agree() {
    let h = Home::new();
    let mut log = String::new();
    for (i, user) in ["root", "bob", "ann", "\u{1b}red", "_apt"].iter().enumerate() {
        log += &format!(
            "Mar  2 09:04:0{i} gw sshd[71{i}]: Failed password for {user} from 203.0.113.{i} port 402{i} ssh2\n"
        );
    }
    log += "Mar  2 09:05:00 gw sshd[720]: Connection closed by 203.0.113.9 port 4022 [preauth]\nwhat no parser knows\n";
    let log = h.write("auth.log", log);
    let run = |threads: &str, out: &str| {
        let (t, s) = (h.arg(&format!("{out}.t.jsonl")), h.arg(&format!("{out}.s.jsonl")));
        let args = ["replay", &log, "--no-store", "--quiet", "--year", "2026", "--threads", threads];
        h.run(&[&args[..], &["--templates", &t, "--structured", &s]].concat()).says(0, &[]);
    };
    run("1", "a");
    run("7", "b");
    assert_eq!(h.read("a.t.jsonl"), h.read("b.t.jsonl"));
    assert_eq!(h.read("a.s.jsonl"), h.read("b.s.jsonl"));
    assert!(!h.read("a.s.jsonl").contains('\u{1b}'));

    let templates = h.objects("a.t.jsonl");
    assert_eq!(templates[0]["template"], "Failed password for <*> from <*> port <*> ssh2");
    assert_eq!((&templates[0]["count"], &templates[0]["first"]["line"]), (&5.into(), &1.into()));
    let records = h.objects("a.s.jsonl");
    assert_eq!(records.len(), 7);
    assert_eq!(records[1]["parameters"], serde_json::json!(["bob", "203.0.113.1", "4021"]));
    assert_eq!(records[1]["timestamp"], "2026-03-02T09:04:01Z");
    for r in &records {
        let t = templates.iter().find(|t| t["template_id"] == r["template_id"]).expect("its template is listed");
        assert_eq!(t["template"], r["template"]);
        let holes = t["template"].as_str().unwrap().matches("<*>").count();
        assert_eq!(holes, r["parameters"].as_array().unwrap().len(), "{r}");
    }
    let sum: u64 = templates.iter().map(|t| t["count"].as_u64().unwrap()).sum();
    assert_eq!(sum, 7);

    let csv = h.arg("s.csv");
    h.run(&["replay", &log, "--no-store", "--quiet", "--structured", &csv]).says(0, &[]);
    assert!(h.read("s.csv").starts_with("file,line,timestamp,template_id,template,parameters\n"));
}

#[test]
fn a_report_is_one_page_without_the_logs_markup() {
    let h = Home::new();
    let mut log = String::new();
    for i in 0..9 {
        log += &format!(
            "Mar  2 09:04:0{i} gw sshd[712]: Failed password for invalid user <img src=x>{i} from 203.0.113.9 port 4022 ssh2\n"
        );
    }
    let log = h.write("auth.log", log);
    let run = |threads: &str, out: &str| {
        let out = h.arg(out);
        let args = ["replay", &log, "--no-store", "--quiet", "--year", "2026", "--threads", threads, "--report", &out];
        h.run(&args).says(0, &[]);
    };
    run("1", "a.html");
    run("7", "b.html");
    let page = h.read("a.html");
    assert_eq!(page, h.read("b.html"));
    assert!(!page.contains("<img") && page.contains("&lt;img src=x&gt;0"), "{page}");
    for said in
        ["<h2>Timeline</h2>", "<h2>Top entities</h2>", "203.0.113.9", "Evidence: 9 of 9 records", "SHA-256", "T1110"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    h.run(&["replay", &log, "--report", &log]).says(2, &["would be overwritten"]);
    let both = h.arg("x");
    h.run(&["replay", &log, "--report", &both, "--templates", &both]).says(2, &["--templates and --report name"]);
    // Piped input is kept, so that its evidence is there.
    let out = h.arg("c.html");
    let mut child = h.command(&["replay", "-", "--no-store", "--quiet", "--year", "2026", "--report", &out]);
    let mut child = child.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), std::fs::read(&log).unwrap().as_slice()).unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(h.read("c.html").contains("Evidence: 9 of 9 records"));
}

#[test]
fn pipelines_change_the_rules_everywhere() {
    let h = Home::new();
    let rule = h.write(
        "rules/a.yml",
        "title: A\nid: 6ce3a4c2-7d0c-4a4e-8f1c-0d8a3b0f4a11\nlevel: high\ntags: [attack.execution, attack.t1059.012]\nlogsource: {product: linux}\ndetection:\n  s:\n    CommandLine|contains|expand: '%words%'\n  condition: s\n",
    );
    h.write(
        "rules/a.test.yml",
        "- {name: yes, expect: match, format: json, lines: ['{\"proc.cmd\":\"run evil.sh\"}']}\n- {name: no, expect: no_match, format: json, lines: ['{\"CommandLine\":\"run evil.sh\"}']}\n",
    );
    let pipeline = h.write(
        "p.yml",
        "name: ours\nvars: {words: [evil, bad]}\ntransformations:\n  - type: value_placeholders\n  - {type: field_name_mapping, mapping: {CommandLine: proc.cmd}}\n  - {type: change_logsource}\n",
    );
    let log = h.write("app.ndjson", "{\"proc.cmd\":\"run evil.sh\"}\n{\"proc.cmd\":\"run good.sh\"}\n");
    let rules = h.arg("rules");

    let (_, doc) = h.summary(&[&log, "--no-store", "--rules", &rules]);
    assert_eq!(doc["rules_loaded"], 0, "{doc}");
    let matches = h.arg("m.jsonl");
    let args =
        ["replay", &log, "--no-store", "--quiet", "--rules", &rules, "--pipeline", &pipeline, "--matches", &matches];
    h.run(&args).says(0, &[]);
    let lines: Vec<_> = h.objects("m.jsonl").into_iter().map(|m| m["line"].clone()).collect();
    assert_eq!(lines, [1]);

    h.run(&["rules", "test", &rules]).says(1, &[]);
    let ran = h.run(&["rules", "test", &rules, "--pipeline", &pipeline]);
    assert_eq!((ran.code, ran.out.contains("2 passed, 0 failed")), (Some(0), true), "{}", ran.out);
    let event = format!("{log}:1");
    let ran = h.run(&["rules", "explain", &event, &rule, "--pipeline", &pipeline]);
    assert!(ran.out.contains("proc.cmd|contains = run evil.sh") && ran.out.contains("matches: A"), "{}", ran.out);
    let ran = h.run(&["rules", "check", &rules, "--pipeline", &pipeline]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    let mut list = h.command(&["rules", "list", "--json", "--rules", &rules]);
    let list = super::program::Ran::from(list.env("SECSTREAM_PIPELINES", &pipeline).output().unwrap());
    let list: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!(list[0]["loaded"], true, "{list}");
    let ran =
        h.run(&["rules", "backtest", &rule, "--before", &rule, "--input", &log, "--pipeline", &pipeline, "--json"]);
    let doc: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
    let counts = &doc["rules"][0];
    assert_eq!((&counts["before"]["matches"], &counts["after"]["matches"]), (&1.into(), &1.into()), "{doc}");
    // A rule that only loads through its pipeline covers something only then.
    let covered = |more: &[&str]| {
        let ran = h.run(&[&["rules", "coverage", "--json", "--rules", &rules], more].concat());
        let doc: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
        (doc["rules"].clone(), doc["techniques"]["covered"].clone())
    };
    assert_eq!(covered(&[]), (0.into(), 0.into()));
    assert_eq!(covered(&["--pipeline", &pipeline]), (1.into(), 1.into()));

    let wrong = h.write("wrong.yml", "transformations:\n  - type: nonsense\n  - {type: case, method: x}\n");
    let ran = h.run(&["replay", &log, "--no-store", "--pipeline", &wrong]);
    ran.says(2, &["wrong.yml:2:11: unknown transformation 'nonsense'", "wrong.yml:3:26: method is"]);
    h.run(&["replay", &log, "--no-store", "--pipeline", "absent.yml"]).says(2, &["pipeline absent.yml"]);
}

#[test]
fn doctor_looks_at_rules_and_pipelines_of_the_user() {
    let h = Home::new();
    h.write(
        "config/secstream/rules/local/a.yml",
        "title: A\nlogsource: {product: linux}\ndetection: {s: {A|contain: 1}, condition: s}\n",
    );
    let ran = h.run(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(
        ran.out.contains("loaded, 1 not") && ran.out.contains("a.yml:3:17: unknown modifier 'contain'"),
        "{}",
        ran.out
    );
    let pipeline = h.write("p.yml", "transformations: [{type: nonsense}]\n");
    let mut doctor = h.command(&["doctor"]);
    let ran = super::program::Ran::from(doctor.env("SECSTREAM_PIPELINES", &pipeline).output().unwrap());
    assert!(ran.out.contains("p.yml:1:26: unknown transformation 'nonsense'"), "{}", ran.out);
}

#[test]
fn doctor_says_which_rules_look_at_a_format() {
    let h = Home::new();
    let format = |logsource: &str| {
        format!(
            "[[format]]\nname = \"edge\"\npattern = \"%{{timestamp}} %{{src_ip}} %{{http_method}} %{{url}} %{{status_code}}\"\n\
             event_type = \"http_request\"\n{logsource}\n[[format.samples]]\n\
             line = \"2026-03-02T10:00:00Z 192.0.2.9 GET /a?b=c 200\"\nexpect = {{ src_ip = \"192.0.2.9\" }}\n"
        )
    };
    let rules = |logsource: &str| -> (u32, String) {
        let path = h.write("edge.toml", format(logsource));
        let out = h.run(&["doctor", "--formats", &path]).out;
        let line = out.lines().find(|l| l.contains("edge: ")).unwrap_or_else(|| panic!("{out}")).to_owned();
        (line.split("edge: ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap(), out)
    };
    let (unbound, out) = rules("");
    assert!(out.contains("logsource = { category = \"webserver\" }"), "{out}");
    let (bound, out) = rules("logsource = { category = \"webserver\" }");
    assert!(bound > unbound + 20, "{unbound} and {bound}: {out}");
    assert!(!out.contains("can where it says"), "{out}");
}
