//! The terminal: taken at the start, given back on every kind of end.
//!
//! Invariant: whoever calls [`restore`], how often and from which thread, the
//! terminal is left as it was found: by `Drop`, by the panic hook, before a
//! suspend, before an editor is started, and on signals (which end the loop).

use std::io::{self, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{self, Painter, TextCursor};

static TAKEN: AtomicBool = AtomicBool::new(false);
/// Mouse events are wanted while the terminal is taken.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Words of panics on other threads, for the end of the program.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Alternate screen, cursor off, bracketed paste on.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[m\x1b[2J\x1b[H";
/// All that back, and an open synchronized update closed.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[m\x1b[?25h\x1b[?1049l";
/// Buttons and wheel, with places beyond column 223. Never motion: that costs
/// bytes and says nothing here.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

/// Gives the terminal back; does nothing where it is not taken.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = write_all(LEAVE);
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Whether the terminal behind standard input or output is gone. Not every
/// end of a terminal comes with a signal, and the event reader says nothing.
#[must_use]
pub fn hung_up() -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let (input, output) = (io::stdin(), io::stdout());
    let mut fds = [PollFd::new(&output, PollFlags::empty()), PollFd::new(&input, PollFlags::empty())];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    // a pipe on standard input hangs up at its end: only the terminal counts
    let n = if io::IsTerminal::is_terminal(&input) { 2 } else { 1 };
    let Some(fds) = fds.get_mut(..n) else { return false };
    poll(fds, Some(&now)).is_ok()
        && fds.iter().any(|f| f.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
}

/// What panicked on other threads so far.
#[must_use]
pub fn panics() -> Vec<String> {
    PANICS.lock().map(|p| p.clone()).unwrap_or_default()
}

/// Makes panics give the terminal back first. A panic on another thread must
/// not write over the screen: it is kept for later.
pub fn install_panic_hook() {
    let before = std::panic::take_hook();
    let ui = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if TAKEN.load(Ordering::SeqCst) && std::thread::current().id() != ui {
            if let Ok(mut p) = PANICS.lock()
                && p.len() < 20
            {
                p.push(info.to_string());
            }
            return;
        }
        restore();
        before(info);
    }));
}

/// The terminal while it is taken.
#[derive(Debug)]
pub struct Term {
    painter: Painter,
    shown: Buffer,
    cursor: TextCursor,
    bytes: Vec<u8>,
    fresh: bool,
}

impl Term {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where it cannot be put into raw mode.
    pub fn enter() -> io::Result<Self> {
        let mut t = Self {
            painter: Painter { sync: true },
            shown: Buffer::empty(Rect::ZERO),
            cursor: None,
            bytes: Vec::new(),
            fresh: true,
        };
        t.take()?;
        Ok(t)
    }

    fn take(&mut self) -> io::Result<()> {
        crossterm::terminal::enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        self.fresh = true;
        write_all(ENTER)?;
        if MOUSE.load(Ordering::SeqCst) { write_all(MOUSE_ON) } else { Ok(()) }
    }

    /// Takes mouse events, or leaves them to the terminal.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        MOUSE.store(on, Ordering::SeqCst);
        write_all(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Gives the terminal back, does something, and takes it again.
    ///
    /// # Errors
    /// Where it cannot be taken again.
    pub fn outside<T>(&mut self, f: impl FnOnce() -> T) -> io::Result<T> {
        restore();
        let out = f();
        self.take()?;
        Ok(out)
    }

    /// Takes the terminal again after somebody else had it (SIGCONT).
    ///
    /// # Errors
    /// Where it cannot be.
    pub fn retake(&mut self) -> io::Result<()> {
        self.take()
    }

    /// Columns and rows; a terminal that does not say is taken for 80x24.
    #[must_use]
    pub fn size() -> (u16, u16) {
        crossterm::terminal::size().ok().filter(|s| s.0 > 0 && s.1 > 0).unwrap_or((80, 24))
    }

    /// Forgets what is shown: the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.fresh = true;
    }

    /// Draws a frame with one write; returns the bytes written and how long the terminal took them.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn draw(&mut self, mut frame: Buffer, cursor: TextCursor) -> io::Result<(usize, Duration)> {
        self.bytes.clear();
        paint::tidy(&mut frame);
        if self.fresh || self.shown.area != frame.area {
            self.bytes.extend_from_slice(b"\x1b[m\x1b[2J\x1b[?25l");
            self.shown = Buffer::empty(frame.area);
            self.cursor = None;
            self.fresh = false;
        }
        self.painter.frame(&self.shown, &frame, (self.cursor, cursor), &mut self.bytes);
        self.shown = frame;
        self.cursor = cursor;
        if self.bytes.is_empty() {
            return Ok((0, Duration::ZERO));
        }
        let start = Instant::now();
        write_all(&self.bytes)?;
        Ok((self.bytes.len(), start.elapsed()))
    }

    /// Writes an escape sequence (a copy to the clipboard) between frames.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes)
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        restore();
    }
}

/// Stops the whole process group, as the shell expects of Ctrl-Z (under
/// `cargo run` or a wrapper script the parent must stop too).
pub fn stop_self() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
}
