//! The loop: the one place that waits, reads keys and writes frames.
//!
//! Keys come first, then messages of the threads, all that are waiting; then
//! one frame if anything changed. A key is drawn at once; what only data asks
//! for is drawn at most every `frame_gap_ms`, and less often where the terminal
//! takes its bytes slowly. While nothing happens nothing is written.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::EventStream;
use futures_util::StreamExt as _;
use rustix::process::Signal as Ended;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::caps::Caps;
use super::engine::Sessions;
use super::kept::Kept;
use super::launch::Launch;
use super::msg::{Effect, Msg};
use super::state::State;
use super::term::{self, Term};
use super::theme::{self, Theme};
use super::update::update;
use super::{background, clipboard, input, outside, view};

/// How long the cursor rests before panes follow it.
const SETTLE: Duration = Duration::from_millis(90);
/// The same while keys come one after the other, at five a second or more:
/// nobody reads panes in between, and over a network they cost the most.
const SETTLE_BETWEEN: Duration = Duration::from_millis(210);
/// Messages handled between two looks at the keyboard.
const DRAIN: usize = 64;

struct Loop {
    state: State,
    theme: Theme,
    caps: Caps,
    folder: Option<std::path::PathBuf>,
    term: Term,
    input: Option<EventStream>,
    engine: Option<Sessions>,
    /// A key changed something: draw now.
    key_dirty: bool,
    /// Data changed something: draw when the gap allows it.
    data_dirty: bool,
    drawn: Instant,
    gap: Duration,
    settle: Option<Instant>,
    /// When the last key came, and how long the cursor is to rest since.
    pressed: (Option<Instant>, Duration),
    /// What is handled came from the keyboard.
    keyed: bool,
    /// Where filters are kept, and what was kept last, once that was read.
    kept: Option<(std::path::PathBuf, Option<Kept>)>,
    /// When to look whether the terminal is still there.
    look: tokio::time::Interval,
    quit: bool,
}

/// Runs the workbench until the user leaves.
///
/// # Errors
/// Where the terminal cannot be taken or is gone.
pub fn run(launch: Launch) -> io::Result<()> {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    rt.block_on(main(launch))
}

async fn main(launch: Launch) -> io::Result<()> {
    let caps = launch.caps;
    let mut signals = Signals::new()?;
    term::install_panic_hook();
    let mut term = Term::enter()?;
    let mut state = State::new(Term::size(), Arc::clone(&launch.keys), launch.facts.clone());
    state.theme.clone_from(&launch.theme_name);
    // The first frame: before any file, rule or database is opened.
    let (frame, cursor) = view::render(&state, &launch.theme);
    term.draw(frame, cursor)?;
    let (tx, mut rx) = unbounded_channel();
    let gap = Duration::from_millis(caps.frame_gap_ms());
    let ask_background = launch.ask_background;
    let folder = launch.themes.clone();
    let speed = launch.speed;
    state.live.play.speed = speed;
    let theme = launch.theme;
    let kept = launch.kept.clone();
    state.mouse = launch.mouse;
    if state.mouse {
        term.mouse(true)?;
    }
    let say = tx.clone();
    let engine = launch.start(&tx, gap.max(Duration::from_millis(30)));
    let (light, keys) = if ask_background { background::ask() } else { (None, Vec::new()) };
    if light == Some(true) {
        let _ = say.send(Msg::Theme("light".to_owned()));
    }
    for k in keys {
        let _ = say.send(Msg::Key(k));
    }
    let mut l = Loop {
        state,
        theme,
        caps,
        folder,
        term,
        input: Some(EventStream::new()),
        engine: Some(engine),
        key_dirty: true,
        data_dirty: false,
        drawn: Instant::now(),
        gap,
        settle: None,
        pressed: (None, SETTLE),
        keyed: false,
        kept: kept.map(|path| (path, None)),
        look: tokio::time::interval(Duration::from_secs(1)),
        quit: false,
    };
    let mut first = vec![Effect::View { generation: 0, query: String::new(), whole: false }];
    if speed > 0.0 {
        first.push(Effect::Play { speed, from: None });
    }
    l.effects(first)?;
    let result = l.turn(&mut rx, &mut signals).await;
    // A terminal that is gone is often noticed by a frame that cannot be
    // written: what was being typed is kept then too.
    if result.is_err() {
        l.handle(Msg::End).ok();
    }
    l.keep();
    // Threads first: what was decided must be on disk whatever the terminal does.
    if let Some(e) = l.engine.take() {
        e.finish();
    }
    drop(l);
    let panics = term::panics();
    if let Some(p) = panics.first() {
        return Err(io::Error::other(format!("a thread failed: {p}")));
    }
    result
}

/// What ends a program that does not ask for it: all give the terminal back and keep
/// what is being written. Not among them: what cannot be caught (KILL), and what the
/// program's own instructions raise (SEGV, BUS, ILL, FPE, TRAP), after which nothing
/// can be done safely; an abort from inside ends where it stands for the same reason.
const ENDS: [Ended; 13] = [
    Ended::TERM,
    Ended::HUP,
    Ended::QUIT,
    Ended::INT,
    Ended::ABORT,
    Ended::USR1,
    Ended::USR2,
    Ended::ALARM,
    Ended::VTALARM,
    Ended::PROF,
    Ended::XCPU,
    Ended::IO,
    Ended::SYS,
];

struct Signals {
    ends: Vec<Signal>,
    cont: Signal,
    tstp: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let of = |s: Ended| signal(SignalKind::from_raw(s.as_raw()));
        Ok(Self {
            ends: ENDS.into_iter().map(of).collect::<io::Result<_>>()?,
            cont: of(Ended::CONT)?,
            tstp: of(Ended::TSTP)?,
        })
    }
}

/// Waits for one of them.
async fn any_of(signals: &mut [Signal]) {
    std::future::poll_fn(|cx| match signals.iter_mut().any(|s| s.poll_recv(cx).is_ready()) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

enum Woken {
    Look,
    Input(Option<io::Result<crossterm::event::Event>>),
    Data(Option<Msg>),
    Settled,
    Frame,
    End,
    Continued,
    Suspend,
}

impl Loop {
    async fn turn(&mut self, rx: &mut UnboundedReceiver<Msg>, sig: &mut Signals) -> io::Result<()> {
        while !self.quit {
            self.draw_if_due()?;
            let far = Instant::now() + Duration::from_secs(86_400);
            let settle = self.settle.unwrap_or(far);
            let frame = if self.data_dirty { self.drawn + self.gap } else { far };
            let input = self.input.get_or_insert_with(EventStream::new);
            let woken = tokio::select! {
                biased;
                _ = self.look.tick() => Woken::Look,
                e = input.next() => Woken::Input(e),
                () = any_of(&mut sig.ends) => Woken::End,
                _ = sig.cont.recv() => Woken::Continued,
                _ = sig.tstp.recv() => Woken::Suspend,
                () = sleep_until(settle), if self.settle.is_some() => Woken::Settled,
                () = sleep_until(frame), if self.data_dirty => Woken::Frame,
                m = rx.recv() => Woken::Data(m),
            };
            match woken {
                Woken::Look if term::hung_up() => self.handle(Msg::End)?,
                // The event reader can lose a change of size that comes together with keys.
                Woken::Look if Term::size() != self.state.size => self.resized()?,
                Woken::Look => self.keep(),
                Woken::Input(Some(Ok(e))) => {
                    self.on_input(e)?;
                    self.drain_input().await?;
                }
                // The terminal is gone: as on hang-up, what is being written is kept.
                Woken::Input(_) | Woken::End => self.handle(Msg::End)?,
                Woken::Data(Some(m)) => {
                    self.on_data(m)?;
                    for _ in 0..DRAIN {
                        let Ok(m) = rx.try_recv() else { break };
                        self.on_data(m)?;
                    }
                }
                Woken::Data(None) => self.quit = true,
                Woken::Settled => {
                    self.settle = None;
                    self.handle(Msg::Settled)?;
                    self.key_dirty = true;
                }
                Woken::Frame => {}
                Woken::Continued => {
                    self.term.retake()?;
                    self.resized()?;
                }
                Woken::Suspend => self.suspend()?,
            }
        }
        Ok(())
    }

    fn on_input(&mut self, e: crossterm::event::Event) -> io::Result<()> {
        if let Some(m) = input::message(e) {
            self.key_dirty = true;
            self.keyed = true;
            let now = Instant::now();
            let runs = self.pressed.0.is_some_and(|last| now - last < SETTLE_BETWEEN);
            self.pressed = (Some(now), if runs { SETTLE_BETWEEN } else { SETTLE });
            let done = self.handle(m);
            self.keyed = false;
            done?;
        }
        Ok(())
    }

    /// Keys that are there already share one frame: a paste or key repeat over
    /// a slow line must not draw each step. The stream is polled as this task:
    /// it remembers only the first waker that asks, and that must be the loop's.
    async fn drain_input(&mut self) -> io::Result<()> {
        while !self.quit {
            // the event reader never returns from a terminal that is gone
            if term::hung_up() {
                return self.handle(Msg::End);
            }
            let Some(input) = self.input.as_mut() else { return Ok(()) };
            let next = std::future::poll_fn(|cx| Poll::Ready(input.poll_next_unpin(cx))).await;
            match next {
                Poll::Ready(Some(Ok(e))) => self.on_input(e)?,
                Poll::Ready(_) => return self.handle(Msg::End),
                Poll::Pending => return Ok(()),
            }
        }
        Ok(())
    }

    fn on_data(&mut self, m: Msg) -> io::Result<()> {
        // Answers to a key are drawn like the key itself.
        let answer = matches!(
            m,
            Msg::FeedPage { .. }
                | Msg::FeedGo { .. }
                | Msg::FeedMiss { .. }
                | Msg::Done(_)
                | Msg::Failed(_)
                | Msg::Evidence { .. }
                | Msg::Work(_)
        );
        let follows = self.state.live.follow;
        self.key_dirty |= answer && !follows;
        self.data_dirty = true;
        self.handle(m)
    }

    fn handle(&mut self, m: Msg) -> io::Result<()> {
        if let Msg::Theme(name) = &m {
            self.set_theme(&name.clone());
        }
        if let (Msg::Kept(k), Some((_, last))) = (&m, self.kept.as_mut()) {
            *last = Some(k.clone());
        }
        self.state.now = crate::event::Ts::now();
        let effects = update(&mut self.state, m);
        self.effects(effects)
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        let due = self.data_dirty && self.drawn.elapsed() >= self.gap;
        if !(self.key_dirty || due) || self.quit {
            return Ok(());
        }
        let (frame, cursor) = view::render(&self.state, &self.theme);
        let (bytes, took) = self.term.draw(frame, cursor)?;
        self.key_dirty = false;
        self.data_dirty = false;
        self.drawn = Instant::now();
        // A terminal that takes its bytes slowly gets fewer frames of data.
        let base = Duration::from_millis(self.caps.frame_gap_ms());
        let wish = if took > Duration::from_millis(4) && bytes > 0 { took * 4 } else { Duration::ZERO };
        self.gap =
            base.max(wish).max(self.gap.mul_f32(0.9).min(Duration::from_secs(1)).min(wish)).min(Duration::from_secs(2));
        Ok(())
    }

    fn effects(&mut self, list: Vec<Effect>) -> io::Result<()> {
        let mut todo: VecDeque<Effect> = list.into();
        while let Some(e) = todo.pop_front() {
            let Some(e) = (match &self.engine {
                Some(s) => s.request(e),
                None => Some(e),
            }) else {
                continue;
            };
            match e {
                Effect::Copy(text) => match clipboard::osc52(&text, &self.caps) {
                    Some(bytes) => {
                        self.term.send(&bytes)?;
                        self.state.say(format!("copied {}", super::words::count(text.chars().count(), "character")));
                    }
                    None => self.state.complain("too long for the clipboard (75 kB)"),
                },
                Effect::Redraw => self.term.forget(),
                Effect::Suspend => self.suspend()?,
                // Keys put it off; data, which never rests while a log is read, does not.
                Effect::Settle if self.keyed || self.settle.is_none() => {
                    self.settle = Some(Instant::now() + self.pressed.1);
                }
                Effect::NextTheme => self.next_theme(),
                Effect::Mouse(on) => self.term.mouse(on)?,
                Effect::Reload => {
                    if let Some(e) = &self.engine {
                        e.reload();
                    }
                }
                Effect::Edit { path, text, line } => self.edit(&path, &text, line)?,
                Effect::Quit => self.quit = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// Has filters and columns kept where they changed.
    fn keep(&mut self) {
        let Some((path, Some(last))) = self.kept.as_mut() else { return };
        let now = Kept::of(&self.state);
        if now != *last
            && let Some(e) = &self.engine
        {
            *last = now.clone();
            e.keep(path.clone(), now);
        }
    }

    fn set_theme(&mut self, name: &str) {
        match Theme::load(name, self.folder.as_deref(), self.caps.colours) {
            Ok(t) => {
                self.theme = t;
                name.clone_into(&mut self.state.theme);
                self.term.forget();
            }
            Err(e) => self.state.complain(e.to_string()),
        }
    }

    fn next_theme(&mut self) {
        let names: Vec<&str> = theme::BUILT_IN.iter().map(|t| t.0).collect();
        let at = names.iter().position(|n| *n == self.state.theme).unwrap_or(0);
        let next = names.get((at + 1) % names.len()).copied().unwrap_or("dark").to_owned();
        self.set_theme(&next);
        self.state.say(format!("theme {next}"));
    }

    fn suspend(&mut self) -> io::Result<()> {
        // The stream's thread must not read keys that are the shell's.
        self.input = None;
        self.term.outside(term::stop_self)?;
        self.resized()
    }

    fn resized(&mut self) -> io::Result<()> {
        let (w, h) = Term::size();
        self.term.forget();
        self.key_dirty = true;
        self.handle(Msg::Resize(w, h))
    }

    fn edit(&mut self, path: &str, text: &str, line: usize) -> io::Result<()> {
        // The stream's thread must not read keys that are the editor's.
        self.input = None;
        let term = &mut self.term;
        let edited = outside::edited(path, text, line, |command| term.outside(|| command.status())?);
        self.resized()?;
        self.handle(Msg::Edited(edited))
    }
}
