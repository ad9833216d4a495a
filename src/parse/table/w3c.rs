//! The W3C's extended log format: IIS, and the firewall of Windows.
//!
//! Columns keep their names; a value that is `-` is absent. IIS writes a blank
//! as `+`. Rules for web servers mostly look for a path in `cs-uri-query`, so
//! that name has the whole target as a second value.

use smallvec::SmallVec;

use super::{MOST, Parser};
use crate::event::{Draft, EventType, Logsource, Outcome, Ov, RecordFlags, Schema, TimeQuality, Ts, ValueKind};
use crate::parse::{addr, time, url};

/// Logsources of such logs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sources {
    web: Logsource,
    ftp: Logsource,
    firewall: Logsource,
}

impl Sources {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            web: schema.logsource("iis", "webserver", "access"),
            ftp: schema.logsource("iis", "", "ftp"),
            firewall: schema.logsource("windows", "firewall", "firewall"),
        }
    }
}

/// Header of a log.
#[derive(Debug, Default)]
pub(super) struct Header {
    columns: Vec<String>,
    /// Where lines have a time but no date.
    date: String,
    /// Times are of the machine's zone.
    local: bool,
}

impl Header {
    /// Takes one header line: its name, and what follows.
    pub(super) fn read(&mut self, name: &[u8], rest: &str) {
        match name {
            b"#Fields:" => self.columns = rest.split_ascii_whitespace().take(MOST).map(str::to_owned).collect(),
            b"#Date:" => self.date = rest.split(' ').next().unwrap_or("").to_owned(),
            b"#Software:" => self.local = rest.contains("Firewall"),
            _ => {}
        }
    }

    /// Parses one line; false where its columns are not those of the header.
    pub(super) fn parse(&self, line: &str, p: &Parser, d: &mut Draft<'_>) -> bool {
        let Some(values) = self.values(line) else { return false };
        let value = |name: &str| {
            let at = self.columns.iter().position(|c| c == name)?;
            values.get(at).copied().filter(|v| *v != "-" && !v.is_empty())
        };
        for (name, v) in self.columns.iter().zip(&values) {
            if !matches!(*v, "-" | "") {
                d.field(name, v);
            }
        }
        if let Some((ts, quality)) = self.time(value("date"), value("time"), p) {
            d.time(ts, quality);
        }
        if let (Some(action), Some(_)) = (value("action"), value("src-ip")) {
            firewall(action, &value, p, d);
        } else if ftp(&value, p, d) {
        } else {
            web(&value, p, d);
        }
        d.flag(RecordFlags::PARSED);
        true
    }

    /// A line's values, one for each column. What is more of them must be empty:
    /// at the line's end, or where two blanks stand for one.
    fn values<'l>(&self, line: &'l str) -> Option<Values<'l>> {
        let n = self.columns.len();
        let mut values = split(line.trim_end_matches(['\r', '\n']));
        let empty = |v: &&str| matches!(*v, "" | "-");
        if values.len() > n && values.get(n..).is_some_and(|more| more.iter().all(empty)) {
            values.truncate(n);
        }
        if values.len() > n && !line.contains('\t') {
            values.retain(|v| !v.is_empty());
        }
        (n >= 3 && values.len() == n).then_some(values)
    }

    fn time(&self, date: Option<&str>, clock: Option<&str>, p: &Parser) -> Option<(Ts, TimeQuality)> {
        let mut text = SmallVec::<[u8; 32]>::from_slice(date.unwrap_or(&self.date).as_bytes());
        text.push(b' ');
        text.extend_from_slice(clock?.as_bytes());
        let ctx = if self.local { &p.ctx } else { p.windows.utc() };
        let (ts, quality) = time::value(std::str::from_utf8(&text).ok()?, ctx)?;
        Some((ts, if self.local { quality } else { TimeQuality::Zoned }))
    }
}

/// Values of a line.
type Values<'l> = SmallVec<[&'l str; 32]>;

/// Columns by tabs or blanks; quotes hold a value with blanks together.
fn split(line: &str) -> Values<'_> {
    let mut out = SmallVec::new();
    if line.contains('\t') {
        out.extend(line.split('\t').take(MOST + 1));
        return out;
    }
    let mut rest = line;
    while out.len() <= MOST {
        if let Some((v, after)) = rest.strip_prefix('"').and_then(|r| r.split_once('"'))
            && (after.is_empty() || after.starts_with(' '))
        {
            out.push(v);
            let Some(next) = after.strip_prefix(' ') else { break };
            rest = next;
            continue;
        }
        match rest.split_once(' ') {
            Some((v, after)) => {
                out.push(v);
                rest = after;
            }
            None => {
                out.push(rest);
                break;
            }
        }
    }
    out
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit())
}

fn set_ip(d: &mut Draft<'_>, name: Ov, value: Option<&str>) {
    if let Some(a) = value.and_then(addr::parse) {
        d.set(name, a.ip);
    }
}

/// IIS' server of files: commands of FTP, each with its answer. True where it is one.
/// The name of somebody who is not let in stands on the line of his `USER` alone.
fn ftp<'v>(value: &dyn Fn(&str) -> Option<&'v str>, p: &Parser, d: &mut Draft<'_>) -> bool {
    const COMMANDS: &[&str] = &[
        "ABOR",
        "APPE",
        "CWD",
        "ControlChannelClosed",
        "ControlChannelOpened",
        "DELE",
        "DataChannelClosed",
        "DataChannelOpened",
        "LIST",
        "MKD",
        "NLST",
        "PASS",
        "PASV",
        "PORT",
        "QUIT",
        "RETR",
        "RMD",
        "RNFR",
        "RNTO",
        "STOR",
        "USER",
    ];
    // Older versions put the session's number before the command.
    let Some(method) = value("cs-method").map(|m| m.split_once(']').map_or(m, |(_, c)| c)) else { return false };
    let command = COMMANDS.iter().find(|c| c.eq_ignore_ascii_case(method));
    let (Some(command), Some(status)) = (command, value("sc-status").filter(|s| digits(s))) else { return false };
    set_ip(d, Ov::SrcIp, value("c-ip"));
    set_ip(d, Ov::DestIp, value("s-ip"));
    for (column, name) in [("s-port", Ov::DestPort), ("c-port", Ov::SrcPort), ("s-computername", Ov::Host)] {
        if let Some(v) = value(column) {
            d.set(name, v);
        }
    }
    d.set(Ov::StatusCode, status);
    let argument = value("cs-uri-stem").unwrap_or("");
    let outcome = match status.as_bytes() {
        [b'1'..=b'3', ..] => Outcome::Success,
        [b'4' | b'5', ..] => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    match *command {
        "PASS" if outcome == Outcome::Failure => d.event(EventType::LoginFailed, outcome),
        "PASS" if status == "230" => d.event(EventType::Login, outcome),
        "USER" if outcome == Outcome::Failure => d.event(EventType::LoginFailed, outcome),
        "USER" => d.event(EventType::Other, Outcome::Unknown),
        "RETR" | "STOR" | "APPE" | "DELE" | "RNFR" | "RNTO" | "MKD" | "RMD" => {
            d.event(EventType::FileAccess, outcome);
            d.set(Ov::Resource, argument);
        }
        _ => d.event(EventType::Connection, outcome),
    }
    let user = value("cs-username").or((*command == "USER").then_some(argument)).unwrap_or("");
    if !user.is_empty() {
        d.set(Ov::User, user);
    }
    d.logsource(p.table.w3c.ftp);
    true
}

fn web<'v>(value: &dyn Fn(&str) -> Option<&'v str>, p: &Parser, d: &mut Draft<'_>) {
    set_ip(d, Ov::SrcIp, value("c-ip"));
    set_ip(d, Ov::DestIp, value("s-ip"));
    // CloudFront escapes what clients send, and is no server of Microsoft's.
    let edge = value("x-edge-location").is_some();
    for (column, name) in
        [("s-port", Ov::DestPort), ("c-port", Ov::SrcPort), ("sc-bytes", Ov::Bytes), ("sc-status", Ov::StatusCode)]
    {
        if let Some(v) = value(column).filter(|v| digits(v)) {
            d.set(name, v);
        }
    }
    for (column, name) in [
        ("cs-username", Ov::User),
        ("cs-method", Ov::HttpMethod),
        ("cs-host", Ov::DestHost),
        ("cs(Host)", Ov::DestHost),
        ("s-computername", Ov::Host),
        ("cs(User-Agent)", Ov::UserAgent),
        ("cs(Referer)", Ov::Referrer),
    ] {
        match value(column) {
            Some(v) if edge && v.contains('%') => {
                let span = d.build(|out| unescape(v, out));
                d.set_span(name, span);
            }
            Some(v) if name == Ov::UserAgent && v.contains('+') && !v.contains(' ') => {
                let span = d.build(|out| out.extend(v.chars().map(|c| if c == '+' { ' ' } else { c })));
                d.set_span(name, span);
            }
            Some(v) => d.set(name, v),
            None => {}
        }
    }
    if let Some(stem) = value("cs-uri-stem") {
        let span = match value("cs-uri-query") {
            Some(query) => d.build(|out| {
                out.push_str(stem);
                out.push('?');
                out.push_str(query);
            }),
            None => d.span(stem),
        };
        d.set_span(Ov::Url, span);
        let plain = SmallVec::<[u8; 512]>::from_slice(d.value(span).as_bytes());
        url::set_decoded(d, std::str::from_utf8(&plain).unwrap_or(""), span);
        // A request without a query has none; rules find its path in the target.
        if value("cs-uri-query").is_some() {
            d.span_field("cs-uri-query", span, ValueKind::Text);
            d.mark_repeated();
        }
    }
    let outcome = match value("sc-status").and_then(|s| s.bytes().next()) {
        Some(b'1'..=b'3') => Outcome::Success,
        Some(b'4' | b'5') => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    d.event(EventType::HttpRequest, outcome);
    d.logsource(if edge { p.ctx.web.access } else { p.table.w3c.web });
}

/// `%20` is a blank; what is no escape, or no text, stays.
fn unescape(value: &str, out: &mut String) {
    let b = value.as_bytes();
    let digit = |i: usize| b.get(i).and_then(|c| char::from(*c).to_digit(16));
    let mut bytes = SmallVec::<[u8; 256]>::new();
    let mut i = 0;
    while let Some(c) = b.get(i) {
        match (c, digit(i + 1), digit(i + 2)) {
            (b'%', Some(hi), Some(lo)) => {
                bytes.push((hi * 16 + lo) as u8);
                i += 3;
            }
            _ => {
                bytes.push(*c);
                i += 1;
            }
        }
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => out.push_str(text),
        Err(_) => out.push_str(value),
    }
}

fn firewall<'v>(action: &str, value: &dyn Fn(&str) -> Option<&'v str>, p: &Parser, d: &mut Draft<'_>) {
    set_ip(d, Ov::SrcIp, value("src-ip"));
    set_ip(d, Ov::DestIp, value("dst-ip"));
    for (column, name) in [("src-port", Ov::SrcPort), ("dst-port", Ov::DestPort), ("size", Ov::Bytes)] {
        if let Some(v) = value(column).filter(|v| digits(v)) {
            d.set(name, v);
        }
    }
    match action {
        "DROP" => d.event(EventType::FirewallBlock, Outcome::Failure),
        "ALLOW" => d.event(EventType::FirewallAllow, Outcome::Success),
        _ => d.event(EventType::Connection, Outcome::Unknown),
    }
    d.logsource(p.table.w3c.firewall);
}
