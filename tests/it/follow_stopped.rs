//! What is followed is stopped before it was read to its end: the summary says how much
//! of which file was not read.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::program::Home;
use crate::program::following::{Following, line};

#[test]
fn a_restart_that_is_stopped_says_what_it_did_not_read() {
    let home = Home::new();
    home.write("a.log", line(0));
    let f = Following::start(home, &["--db", "z.db", "a.log"]);
    f.has(1);
    let (home, ran) = f.end_after(Duration::from_secs(2));
    ran.says(0, &[]);
    assert!(!ran.err.contains("stopped before"), "it was read to its end: {}", ran.err);
    // Much comes while nobody looks, and it is rotated twice.
    let many: String = (0..40_000).map(line).collect();
    home.write("a.log", format!("{}{many}", line(0)));
    fs::rename(home.path("a.log"), home.path("a.log.2")).unwrap();
    home.write("a.log.1", many.repeat(2));
    home.write("a.log", line(7));
    let mut child = home.start(&["replay", "--follow", "--db", "z.db", "--events", "-", "a.log"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    // Not read any further: the pipe is full and the program stands still.
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{err}");
    let said = err.lines().find(|l| l.contains("a.log: stopped before its end: not read are ")).expect(&err);
    let bytes = |name: &str| -> u64 {
        let of =
            said.split("are ").nth(1).unwrap().split(", ").find(|p| p.ends_with(&format!(" of {name}"))).expect(said);
        of.split(' ').next().unwrap().parse().unwrap()
    };
    let size = |name: &str| fs::metadata(home.path(name)).unwrap().len();
    assert!(bytes("a.log.2") > 0 && bytes("a.log.2") < size("a.log.2"), "{said}");
    assert_eq!((bytes("a.log.1"), bytes("a.log")), (size("a.log.1"), size("a.log")), "{said}");
}

#[test]
fn half_a_line_is_not_read() {
    let home = Home::new();
    home.write("a.log", line(0) + "half a li");
    let f = Following::start(home, &["--no-store", "a.log"]);
    f.has(1);
    let (_, ran) = f.end_after(Duration::from_millis(500));
    ran.says(0, &[]);
    let half = ran.err.contains("a.log: stopped before its end: not read are 10 bytes");
    assert!(half || ran.err.contains("2 records"), "it is said or it counts: {}", ran.err);
}
