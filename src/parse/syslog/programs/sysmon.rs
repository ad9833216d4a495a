//! Sysmon for Linux: an event as XML in a syslog message. Its fields have the
//! names that they have on Windows; categories are by event id as there.

use smallvec::SmallVec;

use crate::event::{Draft, Ov, Span, TimeQuality, Ts, ValueKind};
use crate::parse::{Ctx, addr, windows};

/// Bytes in which an event names its provider.
const HEAD: usize = 512;
/// Most elements that are read.
const MOST: usize = 512;

/// Parses a message that is such an event; false, and nothing written, where it
/// is none.
pub(super) fn parse(msg: &str, d: &mut Draft<'_>) -> bool {
    if !msg.starts_with("<Event>") && !msg.starts_with("<Event ") {
        return false;
    }
    let mut found = Found::default();
    for e in (Elements { rest: msg }).take(MOST) {
        if e.tag == "Data" {
            if let Some(name) = e.attributes().find(|(n, _)| *n == "Name").map(|(_, v)| v) {
                let value = decoded(e.text, d);
                d.span_field(name, value, ValueKind::Text);
                found.note(name, value);
            }
            continue;
        }
        for (name, value) in e.attributes().take(8) {
            let value = decoded(value, d);
            if (e.tag, name) == ("TimeCreated", "SystemTime") {
                if let Some(t) = Ts::parse_rfc3339(d.value(value)) {
                    d.time(t, TimeQuality::Zoned);
                }
                d.span_field("TimeCreated", value, ValueKind::Text);
            } else if name.len() <= 32 && e.tag.len() <= 32 {
                let mut full = SmallVec::<[u8; 64]>::from_slice(e.tag.as_bytes());
                full.push(b'_');
                full.extend_from_slice(name.as_bytes());
                d.span_field(std::str::from_utf8(&full).unwrap_or("attribute"), value, ValueKind::Text);
            }
        }
        if !e.text.is_empty() {
            let value = decoded(e.text, d);
            d.span_field(e.tag, value, ValueKind::Text);
            found.note(e.tag, value);
        }
    }
    found.apply(d);
    true
}

/// Values that the overlay needs; of each the first counts.
#[derive(Default)]
struct Found([Span; NAMES.len()]);

const NAMES: [&str; 15] = [
    "EventID",
    "Computer",
    "User",
    "Image",
    "ProcessId",
    "CommandLine",
    "TargetFilename",
    "SourceIp",
    "SourcePort",
    "DestinationIp",
    "DestinationPort",
    "SourceHostname",
    "DestinationHostname",
    "Channel",
    "LogonId",
];

impl Found {
    fn note(&mut self, name: &str, value: Span) {
        if let Some(at) = NAMES.iter().position(|n| *n == name)
            && let Some(place) = self.0.get_mut(at)
            && place.is_none()
        {
            *place = value;
        }
    }

    fn get(&self, name: &str) -> Span {
        NAMES.iter().position(|n| *n == name).and_then(|at| self.0.get(at)).copied().unwrap_or(Span::NONE)
    }

    fn apply(&self, d: &mut Draft<'_>) {
        let id: u32 = d.value(self.get("EventID")).parse().unwrap_or(0);
        let (event_type, outcome, what) = windows::sysmon(id);
        d.event(event_type, outcome);
        let logsource = d.schema.logsource("linux", windows::sysmon_category(id), "sysmon");
        d.logsource(logsource);
        let set = |d: &mut Draft<'_>, ov, name| {
            let span = self.get(name);
            if !matches!(d.value(span), "" | "-") {
                d.set_span(ov, span);
            }
        };
        set(d, Ov::Host, "Computer");
        set(d, Ov::Source, "Channel");
        set(d, Ov::User, "User");
        set(d, Ov::Pid, "ProcessId");
        set(d, Ov::SessionId, "LogonId");
        set(d, Ov::SrcHost, "SourceHostname");
        set(d, Ov::DestHost, "DestinationHostname");
        for (ip, port, from, number) in [
            (Ov::SrcIp, Ov::SrcPort, "SourceIp", "SourcePort"),
            (Ov::DestIp, Ov::DestPort, "DestinationIp", "DestinationPort"),
        ] {
            if addr::is_ip(d.value(self.get(from))) {
                set(d, ip, from);
                set(d, port, number);
            }
        }
        let image = self.get("Image");
        let name = d.value(image).rfind('/').map_or(0, |at| at + 1);
        if image.is_some() && name < image.len() {
            d.set_span(Ov::Process, image.skip(name));
        }
        set(d, Ov::Resource, "TargetFilename");
        set(d, Ov::Resource, "CommandLine");
        let detail = d.rec.overlay[Ov::Resource as usize];
        let message = d.build(|out| out.push_str(if what.is_empty() { "Sysmon" } else { what }));
        let message = if detail.is_empty() {
            message
        } else {
            let message = d.append_text(message, ": ");
            d.append(message, detail)
        };
        d.set_span(Ov::Message, message);
    }
}

/// A text without its entities.
fn decoded(text: &str, d: &mut Draft<'_>) -> Span {
    if !text.contains('&') {
        return d.span(text);
    }
    d.build(|out| {
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
            out.push_str(rest.get(..at).unwrap_or(""));
            let after = rest.get(at + 1..).unwrap_or("");
            let end = after.bytes().take(10).position(|b| b == b';');
            let one = end.and_then(|end| entity(after.get(..end)?));
            match (one, end) {
                (Some(c), Some(end)) => {
                    out.push(c);
                    rest = after.get(end + 1..).unwrap_or("");
                }
                _ => {
                    out.push('&');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
    })
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            return char::from_u32(code.ok()?);
        }
    })
}

/// One element: its name, its attributes as written, and the text up to the
/// next tag where that closes it.
struct Element<'a> {
    tag: &'a str,
    inside: &'a str,
    text: &'a str,
}

impl<'a> Element<'a> {
    fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.inside;
        std::iter::from_fn(move || {
            let (name, after) = rest.trim_start().split_once('=')?;
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, after) = after.get(1..)?.split_once(quote)?;
            rest = after;
            Some((name.trim(), value))
        })
    }
}

/// Walks over the elements that hold text or attributes.
struct Elements<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let (_, after) = self.rest.split_once('<')?;
            let (tag, after) = after.split_once('>')?;
            self.rest = after;
            if tag.starts_with(['/', '?', '!']) {
                continue;
            }
            let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |t| (t, true));
            let (tag, inside) = tag.split_once(' ').unwrap_or((tag, ""));
            let end = after.find('<').unwrap_or(after.len());
            let text = match after.split_at(end) {
                (text, next) if !closed && next.starts_with("</") => text,
                _ => "",
            };
            if !text.is_empty() || !inside.is_empty() {
                return Some(Element { tag, inside, text });
            }
        }
    }
}

/// An event of Sysmon for Linux without a header of syslog, as its export has it;
/// false, and nothing written, where the line is none.
pub(in crate::parse) fn alone(line: &str, d: &mut Draft<'_>) -> bool {
    let line = line.trim_ascii_start();
    let head = line.as_bytes();
    let head = head.get(..HEAD).unwrap_or(head);
    head.starts_with(b"<Event") && memchr::memmem::find(head, b"\"Linux-Sysmon\"").is_some() && parse(line, d)
}

/// For the table of programs: the service's own words are left as they are.
pub(super) fn program(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    if !parse(msg, d) {
        d.logsource(ctx.ls.syslog);
    }
}
