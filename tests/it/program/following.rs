//! `replay --follow` beside a test that writes the logs it follows.

use std::fs;
use std::io::Write as _;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Home, Ran};

/// A line with a number in it, as a web server writes it.
pub fn line(n: u32) -> String {
    format!("192.0.2.9 - - [02/Mar/2026:10:{:02}:{:02} +0000] \"GET /p{n} HTTP/1.1\" 200 12\n", n / 60 % 60, n % 60)
}

/// The program while it follows; what it reads stands in `e.jsonl`.
pub struct Following {
    pub home: Home,
    child: Option<Child>,
}

impl Following {
    /// Follows these, with these options.
    pub fn start(home: Home, args: &[&str]) -> Self {
        let mut all = vec!["replay", "--follow", "--events", "e.jsonl"];
        all.extend(args);
        let child = Some(home.start(&all));
        Self { home, child }
    }

    /// Appends the lines of these numbers to a log.
    pub fn append(&self, name: &str, numbers: std::ops::Range<u32>) {
        let path = self.home.path(name);
        let mut file = fs::File::options().append(true).create(true).open(path).unwrap();
        for n in numbers {
            file.write_all(line(n).as_bytes()).unwrap();
        }
    }

    /// Waits until so many events were written.
    #[track_caller]
    pub fn has(&self, events: usize) {
        let until = Instant::now() + Duration::from_secs(60);
        let count = || fs::read_to_string(self.home.path("e.jsonl")).map_or(0, |t| t.lines().count());
        while count() < events {
            assert!(Instant::now() < until, "{} of {events} events", count());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Interrupts it, and gives what it left.
    pub fn end(mut self) -> (Home, Ran) {
        let child = self.child.take().unwrap();
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        // What is left has no child that its end would stop.
        (std::mem::replace(&mut self.home, Home::new()), ran)
    }

    /// Ends later: what should not be read gets the time in which it would be.
    pub fn end_after(self, wait: Duration) -> (Home, Ran) {
        std::thread::sleep(wait);
        self.end()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
