//! Alerts whose rule was removed or changed leave a shared store with the next reading of the log.

use secstream::store::{AlertFilter, AlertRow, Store, Target};

use crate::program::{Home, fixture};

fn noise(level: &str) -> String {
    format!(
        "title: Noise\nid: 0f0e6a3e-3a55-4c1d-9d3c-0c0ffee00001\nstatus: test\nlevel: {level}\n\
         logsource: {{product: linux, service: sshd}}\ndetection:\n  words: ['Accepted password']\n  condition: words\n"
    )
}

fn log(home: &Home, name: &str, people: std::ops::Range<u32>) {
    let line = |n: u32| {
        format!("Mar  2 10:{n:02}:00 web sshd[{n}]: Accepted password for u{n} from 192.0.2.{n} port 4{n:03} ssh2\n")
    };
    home.write(name, people.map(line).collect::<String>());
}

fn store(home: &Home) -> Store {
    Store::open(Some(&home.path("z.db")), "ben").unwrap()
}

fn noisy(home: &Home) -> Vec<AlertRow> {
    let rows = store(home).alerts(&AlertFilter::default()).unwrap();
    rows.into_iter().filter(|r| r.rule == "Noise").collect()
}

fn read(home: &Home, log: &str, more: &[&str]) {
    let args = [&["replay", "--db", "z.db", "--add-rules", "ar", log][..], more].concat();
    home.run(&args).says(0, &[]);
}

#[test]
fn what_a_reading_no_longer_gives_is_withdrawn() {
    let home = Home::new();
    log(&home, "a.log", 1..9);
    log(&home, "b.log", 20..23);
    home.write("ar/noise.yml", noise("medium"));
    read(&home, "a.log", &[]);
    read(&home, "b.log", &[]);
    let before = noisy(&home);
    assert_eq!(before.len(), 11);
    let (kept, cased) = (before[0].id.clone(), before[1].id.clone());
    store(&home).note(&Target::Alert(kept.clone()), "looked at").unwrap();
    let case = store(&home).escalate(std::slice::from_ref(&cased), None, "").unwrap();
    let touched = [&before[0], &before[1]].iter().filter(|r| r.src_ip.as_deref() < Some("192.0.2.20")).count();

    // Another level is no earlier state of the same alert.
    home.write("ar/noise.yml", noise("high"));
    read(&home, "a.log", &[]);
    assert!(noisy(&home).iter().filter(|r| r.severity.as_str() == "high").count() >= 8);

    // A part of the log says nothing of the rest of it.
    std::fs::remove_file(home.path("ar/noise.yml")).unwrap();
    read(&home, "a.log", &["--filter", "user=u3"]);
    assert_eq!(noisy(&home).len(), 11);
    read(&home, "a.log", &[]);
    let now = noisy(&home);
    assert_eq!(now.len(), 3 + touched, "those of the other log, and what people worked on");
    let of = |id: &str| now.iter().find(|r| r.id == id);
    for id in [&kept, &cased] {
        let row = of(id).unwrap();
        let own = row.src_ip.as_deref() < Some("192.0.2.20");
        assert_eq!(row.withdrawn.is_some(), own, "{row:?}");
        assert_eq!(row.withdrawn_by.is_some(), own, "{row:?}");
    }
    assert!(store(&home).verify().unwrap().is_empty());
    let shown = home.run(&["cases", "show", &case.0, "--db", "z.db"]);
    let marked = of(&cased).unwrap().withdrawn.is_some();
    assert_eq!(shown.out.contains("the rules no longer give it"), marked, "{}", shown.out);

    // The rule comes back, and so do they.
    home.write("ar/noise.yml", noise("medium"));
    read(&home, "a.log", &[]);
    let back = noisy(&home);
    assert!(back.len() == 11 && back.iter().all(|r| r.withdrawn.is_none()));
}

/// Id, level, score, the one that stands for it, and the number of records.
type Given = (String, String, f64, Option<String>, u64);

/// What a reading gave, beside what the store has of it.
fn given_and_kept(home: &Home) -> (Vec<Given>, Vec<Given>) {
    let of = |a: &serde_json::Value| {
        let word = |name: &str| a[name].as_str().unwrap_or_default().to_owned();
        let by = a["covered_by"].as_str().map(str::to_owned);
        (word("id"), word("severity"), a["score"].as_f64().unwrap(), by, a["count"].as_u64().unwrap())
    };
    let mut given: Vec<Given> = home.objects("alerts.jsonl").iter().map(of).collect();
    let store = store(home);
    let rows = store.alerts(&AlertFilter::default()).unwrap();
    let shown = rows.iter().filter(|r| r.withdrawn.is_none());
    let mut kept: Vec<Given> = shown
        .map(|r| {
            let by = store.alert(&r.id).unwrap().doc["covered_by"].as_str().map(str::to_owned);
            (r.id.clone(), r.severity.as_str().to_owned(), r.score, by, r.count)
        })
        .collect();
    for all in [&mut given, &mut kept] {
        all.sort_by(|a, b| a.0.cmp(&b.0));
    }
    (given, kept)
}

#[test]
fn what_a_withdrawn_alert_stood_for_is_shown_as_this_reading_gives_it() {
    let home = Home::new();
    let log = fixture("demo/incident.log");
    let all = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let copied = std::process::Command::new("cp").args(["-r", all, &home.arg("fewer")]).status().unwrap();
    assert!(copied.success());
    std::fs::remove_file(home.path("fewer/web/web_shell.yml")).unwrap();
    std::fs::remove_file(home.path("fewer/web/web_shell.test.yml")).unwrap();
    let read = |rules: &str| {
        let args = ["replay", "--db", "z.db", "--year", "2026", "--rules", rules, "--alerts", "alerts.jsonl", &log];
        home.run(&args).says(0, &[]);
        given_and_kept(&home)
    };
    let (given, kept) = read(all);
    assert_eq!(given, kept);
    let hidden = given.iter().find(|g| g.3.is_some()).expect("one stands for another").0.clone();
    store(&home).note(&Target::Alert(hidden.clone()), "looked at").unwrap();
    let (given, kept) = read("fewer");
    assert_eq!(given, kept);
    assert_eq!(store(&home).notes(&Target::Alert(hidden)).unwrap().len(), 1);
    assert!(store(&home).verify().unwrap().is_empty());
    // And back.
    let (given, kept) = read(all);
    assert_eq!(given, kept);
}
