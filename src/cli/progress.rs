//! How far long work has come: a bar on a terminal, a plain line every ten
//! seconds elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::words::count;
use crate::event::Ts;
use crate::generate::RecordSink;

/// How often a plain line is written.
const PLAIN: Duration = Duration::from_secs(10);

/// Shows it on standard error.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    last: Instant,
}

impl Progress {
    /// From now on.
    pub(super) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1000);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}% {msg} eta {eta}") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, began: Instant::now(), last: Instant::now() }
    }

    /// So many records are done, which is this part of all, if that is known.
    pub(super) fn show(&mut self, records: u64, part: Option<f64>) {
        let rate = records as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let text = || format!("{}, {rate:.0}/s", count(records, "record"));
        if let Some(bar) = &self.bar {
            if let Some(p) = part {
                bar.set_position((p * 1000.0) as u64);
            }
            bar.set_message(text());
        } else if self.last.elapsed() > PLAIN {
            self.last = Instant::now();
            let percent = part.map(|p| format!("{:.0} % ", p * 100.0)).unwrap_or_default();
            let _ = writeln!(io::stderr(), "{percent}{}", text());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(b) = &self.bar {
            b.finish_and_clear();
        }
    }
}

/// A log being made, shown as it grows.
pub(super) struct Growing<'a> {
    out: &'a mut dyn RecordSink,
    progress: Progress,
    records: u64,
    from: Ts,
    seconds: i64,
}

impl<'a> Growing<'a> {
    /// Hands on to `out` what is made of so many seconds from a time on.
    pub(super) fn new(out: &'a mut dyn RecordSink, from: Ts, seconds: i64) -> Self {
        Self { out, progress: Progress::new(), records: 0, from, seconds }
    }
}

impl RecordSink for Growing<'_> {
    fn record(&mut self, source: u16, time: Ts, text: &str) -> io::Result<()> {
        self.records += 1;
        if self.records.is_multiple_of(10_000) {
            let part = (time.secs() - self.from.secs()) as f64 / self.seconds.max(1) as f64;
            self.progress.show(self.records, Some(part.clamp(0.0, 1.0)));
        }
        self.out.record(source, time, text)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.finish()
    }
}
