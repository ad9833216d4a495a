//! How long a key waits for its answer while events come in: the real program
//! on a pseudo-terminal, following a file that another thread writes at a
//! steady rate. Not a criterion bench: what counts is the slowest of many.
//!
//! `cargo bench --bench keys -- [EVENTS_PER_SECOND] [KEYS]`, by default 12,000
//! and 1,000.

#![allow(missing_docs, dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/it/tui/term.rs"]
mod term;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use term::Term;

/// Honest lines to write again and again, with times that go on.
fn lines(home: &Path) -> Vec<String> {
    let out = home.join("stock.log");
    let status = Command::new(env!("CARGO_BIN_EXE_secstream"))
        .args(["generate", "--seed", "5", "--duration", "24h", "--rate", "12", "--format", "syslog", "--out"])
        .arg(&out)
        .env("HOME", home)
        .output()
        .expect("runs")
        .status;
    assert!(status.success());
    std::fs::read_to_string(&out).expect("a log").lines().map(str::to_owned).collect()
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let rate = numbers.first().copied().unwrap_or(12_000);
    let keys = numbers.get(1).copied().unwrap_or(1_000) as usize;
    let home = tempfile::tempdir().expect("a folder");
    let stock = lines(home.path());
    let path = home.path().join("live.log");
    std::fs::write(&path, stock[..20_000].join("\n") + "\n").expect("written");

    let mut command = Command::new(env!("CARGO_BIN_EXE_secstream"));
    command.args(["tui", "--follow", "--db"]).arg(home.path().join("cases.db")).arg(&path);
    let mut t = Term::start(command, (160, 48), home.path(), &[("COLORTERM", "truecolor")]);
    t.wait_for("20,000");

    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = {
        let (stop, written) = (Arc::clone(&stop), Arc::clone(&written));
        std::thread::spawn(move || {
            let mut file = std::fs::OpenOptions::new().append(true).open(path).expect("opens");
            let (start, mut n) = (Instant::now(), 0);
            while !stop.load(Ordering::Relaxed) {
                let want = (start.elapsed().as_secs_f64() * rate as f64) as u64;
                let mut text = String::new();
                for k in n..want {
                    text.push_str(&stock[(20_000 + k as usize) % stock.len()]);
                    text.push('\n');
                }
                file.write_all(text.as_bytes()).expect("written");
                n = want;
                written.store(n, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        })
    };
    t.press("2");
    t.wait_for("MESSAGE");
    t.read_for(Duration::from_secs(1));

    // Each asks for something that stands on the screen at once, and takes it away.
    let pairs = [("?", "q", "keys ·"), (":", "\u{1b}", "─ commands ─"), ("2", "1", "MESSAGE")];
    for (open, close, title) in pairs {
        let mut times = Vec::new();
        for n in 0..keys / pairs.len() {
            let key = if n % 2 == 0 { open } else { close };
            times.push(t.answer(key, |s| s.contains(title) == (n % 2 == 0)).expect("an answer"));
            t.read_for(Duration::from_millis(20 + (n as u64 * 7) % 40));
        }
        times.sort();
        let at = |q: f64| times[((times.len() - 1) as f64 * q) as usize].as_secs_f64() * 1e3;
        println!(
            "{open:>2} {title}: {} keys, ms to the answer: median {:.2}, 90th {:.2}, 99th {:.2}, worst {:.2}",
            times.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        );
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().expect("ends");
    println!("{} events written at {rate} a second", written.load(Ordering::Relaxed));
}
