//! How lines are written: syslog, access logs, application and Windows JSON.
//!
//! Every function appends one line without its end to a string.

pub(super) mod access;
pub(super) mod json;
pub(super) mod syslog;
pub(super) mod windows;

/// Appends `n` with leading zeros, `width` digits wide.
pub(super) fn digits(out: &mut String, n: u64, width: usize) {
    let mut buf = [b'0'; 20];
    let mut n = n;
    for b in buf.iter_mut().rev() {
        *b = b'0' + (n % 10) as u8;
        n /= 10;
    }
    let from = buf.len().saturating_sub(width);
    for b in buf.get(from..).unwrap_or_default() {
        out.push(char::from(*b));
    }
}

/// A UTC time in parts.
pub(super) struct Clock {
    /// Year, month (1-12), day.
    pub date: (i64, u32, u32),
    /// Hour, minute, second.
    pub time: (u32, u32, u32),
    /// Microseconds.
    pub micros: u32,
}

impl Clock {
    /// Of a time in µs.
    pub fn of(at: i64) -> Self {
        let (y, mo, d, h, mi, s, us) = crate::event::Ts(at).civil();
        Self { date: (y, mo, d), time: (h, mi, s), micros: us }
    }

    /// Three letters of the month.
    pub fn month(&self) -> &'static str {
        const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        NAMES.get(self.date.1.saturating_sub(1) as usize).copied().unwrap_or("Jan")
    }

    /// Appends `hh:mm:ss`.
    pub fn push_time(&self, out: &mut String) {
        digits(out, u64::from(self.time.0), 2);
        out.push(':');
        digits(out, u64::from(self.time.1), 2);
        out.push(':');
        digits(out, u64::from(self.time.2), 2);
    }

    /// Appends `yyyy-mm-ddThh:mm:ss`.
    pub fn push_iso(&self, out: &mut String) {
        digits(out, self.date.0.unsigned_abs(), 4);
        out.push('-');
        digits(out, u64::from(self.date.1), 2);
        out.push('-');
        digits(out, u64::from(self.date.2), 2);
        out.push('T');
        self.push_time(out);
    }
}
