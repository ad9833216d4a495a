//! Log-ins from a source that is new for the account: one trace, the same
//! result on any number of threads, out of order, and read again.

use serde_json::Value;

use crate::program::Home;

const RULE: &str = "8d5b1f0c-7e93-4e3d-b0f4-1c6a2d9e7f35";

fn line(day: u32, hour: u32, user: &str, ip: &str) -> String {
    format!(
        "2026-03-{day:02}T{hour:02}:04:00Z bastion sshd[{}]: Accepted publickey for {user} from {ip} port 4000 ssh2\n",
        day * 100 + hour
    )
}

/// Twenty days of three accounts, each with an address of its own; two come
/// from a new one, one of them twice, and one account is too young to be known.
fn trace() -> Vec<String> {
    let mut out = Vec::new();
    for day in 1..21 {
        for hour in 0..24 {
            for (n, user) in ["ada", "ben", "eva"].iter().enumerate() {
                out.push(line(day, hour, user, &format!("198.51.100.{}", n + 1)));
            }
            match (day, hour) {
                (12, 3) => out.push(line(day, hour, "ada", "203.0.113.7")),
                (12, 9) => out.push(line(day, hour, "ada", "203.0.113.7")),
                (15, 5) => out.push(line(day, hour, "ben", "203.0.113.8")),
                (3, 5) => out.push(line(day, hour, "eva", "203.0.113.9")),
                (16, 5) => out.push(line(day, hour, "eva", "203.0.113.9")),
                (18, 1) => out.push(line(day, hour, "guest", "203.0.113.10")),
                _ => {}
            }
        }
    }
    out
}

/// When, whose, from where.
fn found(alerts: &[Value]) -> Vec<(String, String, String)> {
    let text = |a: &Value, name: &str| a[name].as_str().unwrap_or("").to_owned();
    let mine = alerts.iter().filter(|a| a["rule_id"] == RULE);
    mine.map(|a| (text(a, "timestamp"), text(a, "user"), text(a, "src_ip"))).collect()
}

fn golden() -> Vec<(String, String, String)> {
    [("2026-03-12T03:04:00Z", "ada", "203.0.113.7"), ("2026-03-15T05:04:00Z", "ben", "203.0.113.8")]
        .map(|(t, u, ip)| (t.to_owned(), u.to_owned(), ip.to_owned()))
        .to_vec()
}

#[test]
fn the_same_on_any_number_of_threads_and_when_read_again() {
    let home = Home::new();
    let log = home.write("auth.log", trace().concat());
    let mut first = None;
    for (run, threads) in ["1", "2", "7", "2"].iter().enumerate() {
        let name = format!("a{run}.jsonl");
        home.run(&["replay", &log, "--threads", threads, "--alerts", &home.arg(&name)]).says(0, &[]);
        assert_eq!(found(&home.objects(&name)), golden(), "{threads} threads");
        let text = home.read(&name);
        assert_eq!(first.get_or_insert_with(|| text.clone()), &text);
    }
    // What the store has is what one reading gives.
    let db = rusqlite::Connection::open(home.path("data/cases.db")).unwrap();
    let stored: i64 = db.query_row("SELECT count(*) FROM alerts WHERE rule_id = ?1", [RULE], |r| r.get(0)).unwrap();
    assert_eq!(stored, 2);
}

#[test]
fn the_same_out_of_order_and_in_several_files() {
    let home = Home::new();
    let mut lines = trace();
    // Neighbours change places: all stay within an hour or two of their time.
    for pair in lines.chunks_mut(5) {
        pair.reverse();
    }
    let log = home.write("auth.log", lines.concat());
    for threads in ["1", "7"] {
        home.run(&["replay", &log, "--no-store", "--threads", threads, "--alerts", &home.arg("o.jsonl")]).says(0, &[]);
        assert_eq!(found(&home.objects("o.jsonl")), golden());
    }
    let parts = [0, 1, 2].map(|n| {
        let part: String = trace().into_iter().skip(n).step_by(3).collect();
        home.write(&format!("part{n}.log"), part)
    });
    for threads in ["1", "2", "7"] {
        let alerts = home.arg("p.jsonl");
        let args = ["replay", &parts[0], &parts[1], &parts[2], "--no-store", "--threads", threads, "--alerts", &alerts];
        home.run(&args).says(0, &[]);
        assert_eq!(found(&home.objects("p.jsonl")), golden());
    }
}
