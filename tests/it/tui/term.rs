//! The program on a pseudo-terminal, with an emulator that shows what a person would see.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub struct Term {
    pub child: Child,
    /// `None` once it has been closed.
    master: Option<std::fs::File>,
    reader: Option<JoinHandle<()>>,
    closing: Arc<AtomicBool>,
    /// Kept open, so that the last bytes can be read after the end.
    pub slave: OwnedFd,
    bytes: Receiver<(Instant, Vec<u8>)>,
    pub screen: vt100::Parser,
    /// Everything that was written.
    pub log: Vec<u8>,
}

fn nz(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a size")
}

impl Term {
    /// Starts a command on a terminal of that size, with an environment of its own.
    pub fn start(mut command: Command, size: (u16, u16), home: &Path, env: &[(&str, &str)]) -> Self {
        // A group of its own: what it stops is not the test.
        command.process_group(0);
        Self::spawn(command, size, home, env)
    }

    /// Starts a shell command in a session of its own, whose terminal this is:
    /// `/dev/tty` is there, and the terminal's end is told by a signal.
    pub fn session(script: &str, size: (u16, u16), home: &Path, env: &[(&str, &str)]) -> Self {
        let mut c = Command::new(std::env::current_exe().expect("this test"));
        c.args(["--exact", "tui::term::the_child_that_leads_a_session", "--nocapture", "--test-threads=1"]);
        c.env("PTY_CHILD", "session").env("PTY_SCRIPT", script);
        Self::spawn(c, size, home, env)
    }

    fn spawn(mut command: Command, (w, h): (u16, u16), home: &Path, env: &[(&str, &str)]) -> Self {
        let size = Winsize { ws_row: h, ws_col: w, ws_xpixel: 0, ws_ypixel: 0 };
        // Other tests start programs at the same time: none may keep this terminal open.
        static STARTING: Mutex<()> = Mutex::new(());
        let starting = STARTING.lock();
        let OpenptyResult { master, slave } = openpty(Some(&size), None).expect("a pty");
        for end in [&master, &slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a flag");
        }
        let io = || Stdio::from(slave.try_clone().expect("a copy"));
        for name in ["NO_COLOR", "COLORTERM", "SSH_TTY", "SSH_CONNECTION", "TMUX", "SECSTREAM_DB", "VISUAL"] {
            command.env_remove(name);
        }
        command
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", home)
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .envs(env.iter().copied())
            .current_dir(home)
            .stdin(io())
            .stdout(io())
            .stderr(io());
        let child = command.spawn().expect("starts");
        drop(starting);
        let master = std::fs::File::from(master);
        let mut reader = master.try_clone().expect("a copy");
        let (tx, bytes) = channel();
        let closing = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&closing);
        let reader = std::thread::spawn(move || {
            let mut buf = vec![0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buf) {
                if tx.send((Instant::now(), buf[..n].to_vec())).is_err() || closed.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(nz(h), nz(w), 0);
        let (master, reader) = (Some(master), Some(reader));
        Self { child, master, reader, closing, slave, bytes, screen, log: Vec::new() }
    }

    /// Makes the terminal vanish. A key makes the program write, which wakes the
    /// thread that holds the terminal's other end.
    pub fn vanish(&mut self, key: &str) {
        self.closing.store(true, Ordering::SeqCst);
        self.press(key);
        self.reader.take().map(JoinHandle::join);
        self.master = None;
    }

    /// The workbench on inputs, with its store in the home.
    pub fn workbench(size: (u16, u16), home: &Path, inputs: &[&Path], env: &[(&str, &str)]) -> Self {
        let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
        c.arg("tui").arg("--db").arg(home.join("cases.db")).args(inputs);
        Self::start(c, size, home, env)
    }

    fn take(&mut self, b: &[u8]) {
        // The question for the background colour is answered as a dark terminal would.
        self.screen.process(b);
        self.log.extend_from_slice(b);
    }

    /// Reads for a time; returns how many bytes came.
    pub fn read_for(&mut self, d: Duration) -> usize {
        let end = Instant::now() + d;
        let mut n = 0;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            match self.bytes.recv_timeout(left) {
                Ok((_, b)) => {
                    n += b.len();
                    self.take(&b);
                }
                Err(_) => break,
            }
        }
        n
    }

    /// Reads until nothing came for `quiet`.
    pub fn settle(&mut self, quiet: Duration) -> usize {
        let mut n = 0;
        while let Ok((_, b)) = self.bytes.recv_timeout(quiet) {
            n += b.len();
            self.take(&b);
        }
        n
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.text().contains(text) {
            assert!(Instant::now() < end, "'{text}' does not come:\n{}", self.text());
            assert!(
                self.child.try_wait().expect("a state").is_none() || self.read_for(Duration::from_millis(200)) > 0,
                "ended: {}",
                self.text()
            );
            self.read_for(Duration::from_millis(20));
        }
    }

    /// Waits until the screen does not show a text any more.
    pub fn wait_gone(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.text().contains(text) {
            assert!(Instant::now() < end, "'{text}' stays:\n{}", self.text());
            self.read_for(Duration::from_millis(20));
        }
    }

    /// Waits until a sequence has been written after a position of the log.
    pub fn wait_bytes(&mut self, from: usize, what: &[u8]) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.log[from..].windows(what.len()).any(|w| w == what) {
            assert!(Instant::now() < end, "{:?} does not come: {:?}", String::from_utf8_lossy(what), self.text());
            self.read_for(Duration::from_millis(20));
        }
    }

    /// Presses keys, as bytes.
    pub fn press(&mut self, keys: &str) {
        self.master.as_mut().expect("a terminal").write_all(keys.as_bytes()).expect("written");
    }

    /// Presses a key; how long its first byte took, if any came at all.
    pub fn key(&mut self, key: &str, quiet: Duration) -> Option<Duration> {
        self.settle(quiet);
        let start = Instant::now();
        self.press(key);
        let (at, b) = self.bytes.recv_timeout(Duration::from_secs(5)).ok()?;
        self.take(&b);
        Some(at - start)
    }

    /// Presses a key; how long it took until the screen was as wanted, if ever.
    #[allow(dead_code, reason = "the bench of keys asks so")]
    pub fn answer(&mut self, key: &str, wanted: impl Fn(&str) -> bool) -> Option<Duration> {
        while let Ok((_, b)) = self.bytes.try_recv() {
            self.take(&b);
        }
        let start = Instant::now();
        self.press(key);
        loop {
            let (at, b) = self.bytes.recv_timeout(Duration::from_secs(5)).ok()?;
            self.take(&b);
            if wanted(&self.text()) {
                return Some(at - start);
            }
        }
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    pub fn signal(&self, s: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        kill(Pid::from_raw(pid), s).expect("a signal");
    }

    /// Makes the terminal that size and tells the program.
    pub fn resize(&mut self, w: u16, h: u16) {
        let size = rustix::termios::Winsize { ws_row: h, ws_col: w, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(self.master.as_ref().expect("a terminal"), size).expect("resized");
        self.screen.screen_mut().set_size(nz(h), nz(w));
        self.signal(Signal::SIGWINCH);
    }

    /// Waits for the end; the exit code.
    pub fn end(&mut self) -> Option<i32> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(s) = self.child.try_wait().expect("a state") {
                self.read_for(Duration::from_millis(100));
                return s.code();
            }
            assert!(Instant::now() < end, "does not end:\n{}", self.text());
            self.read_for(Duration::from_millis(20));
        }
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test by itself: the program that [`Term::session`] starts.
#[test]
fn the_child_that_leads_a_session() {
    if std::env::var("PTY_CHILD").as_deref() == Ok("session") {
        nix::unistd::setsid().expect("a session");
        rustix::process::ioctl_tiocsctty(std::io::stdin()).expect("its terminal");
        let script = std::env::var("PTY_SCRIPT").expect("a script");
        panic!("{}", Command::new("sh").args(["-c", &script]).exec());
    }
}
