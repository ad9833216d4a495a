//! Every command's help has examples, and they work as they stand.

use std::process::{Command, Stdio};

use secstream::store::{AlertFilter, Store};

use crate::program::{Home, fixture};

const RULE: &str = "title: Log-in of root\nid: 5d1c7a52-6f0e-4e0b-9c58-3f1d2a9be001\nstatus: test\n\
description: A log-in of root that was let in.\nauthor: Somebody\ndate: 2026-01-01\nreferences:\n  - https://example.org/root\n\
logsource:\n  product: linux\n  service: sshd\ndetection:\n  selection:\n    user: root\n  condition: selection\n\
falsepositives:\n  - None that is known\nlevel: medium\ntags:\n  - attack.initial-access\n  - attack.t1078\n";

/// The files that the examples name, and a case.
fn desk() -> Home {
    let home = Home::new();
    let log = std::fs::read(fixture("demo/incident.log")).unwrap();
    let access = "203.0.113.9 - - [02/Mar/2026:09:04:00 +0000] \"GET /x?id=1%20union%20select HTTP/1.1\" 200 12 \"-\" \"curl\"\n";
    for name in ["auth.log", "evidence/auth.log", "logs/auth.log", "var/log/auth.log"] {
        home.write(name, &log);
    }
    for name in ["access.log", "logs/access.log"] {
        home.write(name, access);
    }
    home.write("events.ndjson", "{\"EventID\":1,\"CommandLine\":\"whoami\"}\n".repeat(8));
    for (n, name) in ["my-rules/ssh.yml", "my-rules/deploy.yml", "my-rules/cmd.yml"].iter().enumerate() {
        home.write(name, RULE.replace("001\n", &format!("01{n}\n")).replace("root\nid", &format!("root {n}\nid")));
    }
    for name in ["new.yml", "ssh.yml", "my.yml", "old-rules/ssh.yml", "sigma/rules/ssh.yml"] {
        home.write(name, RULE);
    }
    home.write(
        "thresholds.yml",
        "rules:\n  - name: many\n    type: brute_force\n    match: {event_type: ssh_login_failed}\n    group_by: src_ip\n    threshold: 5\n    window_seconds: 300\n",
    );
    let tests = "cases:\n  - name: root\n    expect: match\n    lines:\n      - \"Mar  2 09:05:00 gw sshd[713]: Accepted password for root from 10.0.0.7 port 4023 ssh2\"\n";
    home.write("my-rules/ssh.test.yml", tests);
    home.write("my-formats.toml", "");
    for dir in [".local/share/bash-completion/completions", ".zfunc"] {
        std::fs::create_dir_all(home.path(dir)).unwrap();
    }
    home.run(&["replay", "evidence/auth.log", "--year", "2026", "-q"]).says(0, &[]);
    let mut store = Store::open(Some(&home.path("data/cases.db")), "ann").unwrap();
    let ids: Vec<String> = store.alerts(&AlertFilter::default()).unwrap().into_iter().map(|a| a.id).take(2).collect();
    store.set_clock(secstream::event::Ts::parse_rfc3339("2026-11-01T00:00:00Z").unwrap());
    store.escalate(&ids, None, "An incident").unwrap();
    drop(store);
    home
}

/// The commands that a help names, and its examples.
fn look(home: &Home, of: &[&str]) -> (Vec<String>, Vec<String>) {
    let ran = home.run(&[of, &["--help"]].concat());
    ran.says(0, &[]);
    let part = |head: &str| {
        let lines = ran.out.lines().skip_while(|l| *l != head).skip(1);
        lines.take_while(|l| l.starts_with("  ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let named = part("Commands:").into_iter().filter(|l| !l.starts_with("   "));
    let named = named.filter_map(|l| l.split_whitespace().next().map(str::to_owned)).filter(|n| n != "help");
    (named.collect(), part("Examples:").into_iter().map(|l| l.trim().to_owned()).collect())
}

/// Runs an example as it would be pasted into a shell.
fn paste(home: &Home, example: &str) {
    // Without a terminal there is no workbench.
    if example.contains("secstream tui") {
        return;
    }
    let root = home.arg("");
    let line = example.replace(" /evidence/", &format!(" {root}evidence/")).replace(" /var/", &format!(" {root}var/"));
    let line = line.replace("24h", "10m").replace("7d", "10m");
    let follows = line.contains("--follow");
    let limit = if follows { "timeout -s INT 3" } else { "timeout 120" };
    let script = format!(
        "set -o pipefail; secstream() {{ {limit} {} \"$@\"; }}\nman() {{ cat >/dev/null; }}\n\
         command -v jq >/dev/null || jq() {{ cat >/dev/null; }}\n{line}\n",
        env!("CARGO_BIN_EXE_secstream")
    );
    // The environment is that of the program in this home.
    let env: Vec<_> = home.command(&[]).get_envs().map(|(k, v)| (k.to_owned(), v.map(ToOwned::to_owned))).collect();
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(script).current_dir(home.path("")).stdin(Stdio::null());
    for (name, value) in env {
        match value {
            Some(v) => shell.env(name, v),
            None => shell.env_remove(name),
        };
    }
    let out = shell.output().unwrap();
    let code = out.status.code();
    let said = String::from_utf8_lossy(&out.stderr);
    // Following ends when it is interrupted.
    let well = code == Some(0) || (follows && matches!(code, Some(124 | 130)));
    assert!(well && !said.contains("panicked"), "{example}: {code:?}\n{}{said}", String::from_utf8_lossy(&out.stdout));
}

#[test]
fn every_example_works() {
    let home = desk();
    // A document that others read is there before they are tried.
    paste(&home, "secstream cases export IR-2026-001 --out case.json");
    std::fs::remove_file(home.path("case.json")).unwrap();
    let (mut left, mut tried) = (vec![Vec::<String>::new()], 0);
    while let Some(of) = left.pop() {
        let of: Vec<&str> = of.iter().map(String::as_str).collect();
        let (named, examples) = look(&home, &of);
        assert!(!examples.is_empty(), "{of:?}: no examples");
        for example in examples {
            // What another example would have written is there, and what this one writes is not.
            let _ = std::fs::remove_file(home.path("IR-2026-001.json"));
            if example.contains("verify") {
                paste(&home, "secstream cases export IR-2026-001 --out IR-2026-001.json");
                paste(&home, "cp IR-2026-001.json case.json && gzip -kf case.json");
            } else {
                let _ = std::fs::remove_file(home.path("case.json"));
            }
            let _ = std::fs::remove_file(home.path("my-rules/thresholds.yml"));
            if example.contains(".gz ") && !example.contains("case") {
                paste(&home, "gzip -c access.log > access.log.gz; gzip -c auth.log > old.gz");
            }
            paste(&home, &example);
            tried += 1;
        }
        left.extend(named.into_iter().map(|n| of.iter().map(|w| (*w).to_owned()).chain([n]).collect()));
    }
    assert!(tried > 60, "{tried}");
}
