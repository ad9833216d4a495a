//! Addresses as programs write them: bare, in brackets, with a port, with a
//! zone, IPv4 mapped into IPv6. What is no address is a host name.

use crate::event::{Draft, Ov};

/// An address and its port, as pieces of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addr<'a> {
    /// The address without brackets, port and zone.
    pub ip: &'a str,
    /// The port, if one stands there.
    pub port: Option<&'a str>,
}

/// Whether the text is an IPv4 address in dotted decimal.
#[must_use]
pub fn is_ipv4(text: &str) -> bool {
    let mut parts = 0;
    let mut digits = 0;
    let mut value = 0u32;
    for b in text.bytes() {
        match b {
            b'0'..=b'9' => {
                digits += 1;
                value = value * 10 + u32::from(b - b'0');
                if digits > 3 || value > 255 {
                    return false;
                }
            }
            b'.' => {
                if digits == 0 || parts == 3 {
                    return false;
                }
                parts += 1;
                digits = 0;
                value = 0;
            }
            _ => return false,
        }
    }
    parts == 3 && digits > 0
}

/// Whether the text is an IPv6 address (no brackets, no zone). The same as the
/// standard library's parser says, several times as fast: access logs ask it
/// for every line.
#[must_use]
pub fn is_ipv6(text: &str) -> bool {
    let b = text.as_bytes();
    if !(2..=45).contains(&b.len()) {
        return false;
    }
    let mut gap = b.starts_with(b"::");
    let mut i = if gap { 2 } else { 0 };
    let mut groups = 0;
    while i < b.len() {
        let digits = b.get(i..).unwrap_or(&[]).iter().take(5).take_while(|d| d.is_ascii_hexdigit()).count();
        if digits == 0 || digits > 4 || groups == 8 {
            return false;
        }
        groups += 1;
        i += digits;
        match (b.get(i), b.get(i + 1)) {
            (None, _) => {}
            (Some(b':'), Some(b':')) if !gap => {
                gap = true;
                i += 2;
            }
            (Some(b':'), Some(_)) => i += 1,
            (Some(b'.'), _) => return text.parse::<std::net::Ipv6Addr>().is_ok(),
            _ => return false,
        }
    }
    if gap { groups < 8 } else { groups == 8 }
}

/// Whether the text is a bare address.
#[must_use]
pub fn is_ip(text: &str) -> bool {
    is_ipv4(text) || is_ipv6(text)
}

/// The address in a column, in any of the usual spellings.
#[must_use]
pub fn parse(text: &str) -> Option<Addr<'_>> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        let port = match after {
            "" => None,
            _ => Some(port_of(after.strip_prefix(':')?)?),
        };
        let inner = inner.split_once('%').map_or(inner, |(ip, _)| ip);
        return is_ip(inner).then(|| Addr { ip: unmap(inner), port });
    }
    if is_ipv4(text) {
        return Some(Addr { ip: text, port: None });
    }
    let first = memchr::memchr(b':', text.as_bytes())?;
    let (head, tail) = (text.get(..first)?, text.get(first + 1..)?);
    if memchr::memchr(b':', tail.as_bytes()).is_none() {
        // One colon: an IPv4 address with its port, or nothing.
        return is_ipv4(head).then(|| port_of(tail).map(|p| Addr { ip: head, port: Some(p) }))?;
    }
    let bare = memchr::memchr(b'%', text.as_bytes()).and_then(|at| text.get(..at)).unwrap_or(text);
    is_ipv6(bare).then(|| Addr { ip: unmap(bare), port: None })
}

/// The address in a column of a program that always writes the port, and IPv6
/// without brackets (Apache's error log from 2.4 on, dropbear, haproxy): the
/// last colon stands before the port, though the whole may read as an address
/// too (`2001:db8::60:2001`). Else there would be as many sources as ports.
#[must_use]
pub fn with_port(text: &str) -> Option<Addr<'_>> {
    if !text.starts_with('[')
        && let Some((ip, port)) = text.rsplit_once(':')
        && let Some(port) = port_of(port)
        && let Some(Addr { ip, port: None }) = parse(ip)
    {
        return Some(Addr { ip, port: Some(port) });
    }
    parse(text)
}

/// `::ffff:192.0.2.1` is 192.0.2.1.
#[must_use]
pub fn unmap(ip: &str) -> &str {
    match ip.get(..7) {
        Some(head) if head.eq_ignore_ascii_case("::ffff:") => {
            let tail = ip.get(7..).unwrap_or("");
            if is_ipv4(tail) { tail } else { ip }
        }
        _ => ip,
    }
}

/// Whether an address is of a network of one's own: 10/8, 172.16/12, 192.168/16, the machine
/// itself, link-local and unique local ones.
#[must_use]
pub fn is_private(ip: &str) -> bool {
    let second =
        |prefix: &str| ip.strip_prefix(prefix).and_then(|r| r.split('.').next()).and_then(|n| n.parse::<u8>().ok());
    if is_ipv4(ip) {
        return ["10.", "192.168.", "127.", "169.254."].iter().any(|p| ip.starts_with(p))
            || second("172.").is_some_and(|n| (16..32).contains(&n));
    }
    let head = ip.as_bytes().get(..4).unwrap_or(ip.as_bytes());
    ip == "::1" || head.eq_ignore_ascii_case(b"fe80") || matches!(head, [b'f' | b'F', b'c' | b'C' | b'd' | b'D', _, _])
}

fn port_of(text: &str) -> Option<&str> {
    (!text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// Writes a client column: the address and its port, or the name.
pub fn set_client(d: &mut Draft<'_>, column: &str) {
    set_parsed(d, column, parse(column));
}

/// [`set_client`] for a column that [`parse`] has read before.
pub fn set_parsed(d: &mut Draft<'_>, column: &str, addr: Option<Addr<'_>>) {
    match addr {
        Some(a) => {
            d.set(Ov::SrcIp, a.ip);
            if let Some(port) = a.port
                && port != "0"
            {
                d.set(Ov::SrcPort, port);
            }
        }
        None if is_host(column) => d.set(Ov::SrcHost, column),
        None => {}
    }
}

/// Whether a column can be a host name.
#[must_use]
pub fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text != "-"
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || b >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let ip = |t| parse(t).map(|a| (a.ip, a.port));
        assert_eq!(ip("192.0.2.1"), Some(("192.0.2.1", None)));
        assert_eq!(ip("192.0.2.1:4711"), Some(("192.0.2.1", Some("4711"))));
        assert_eq!(ip("2001:db8::1"), Some(("2001:db8::1", None)));
        assert_eq!(ip("[2001:db8::1]:443"), Some(("2001:db8::1", Some("443"))));
        assert_eq!(ip("fe80::1%eth0"), Some(("fe80::1", None)));
        assert_eq!(ip("::FFFF:192.0.2.1"), Some(("192.0.2.1", None)));
        for bad in
            ["", "-", "host", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:", "1.2.3.4:99999999", "::g", "[::1", ":"]
        {
            assert_eq!(ip(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_last_colon_is_the_port_s() {
        let ip = |t| with_port(t).map(|a| (a.ip, a.port));
        assert_eq!(ip("2001:db8::60:2001"), Some(("2001:db8::60", Some("2001"))));
        assert_eq!(ip("2001:db8::60:51234"), Some(("2001:db8::60", Some("51234"))));
        assert_eq!(ip("2a01:4f8:c17:b8f:1:2:3:4:443"), Some(("2a01:4f8:c17:b8f:1:2:3:4", Some("443"))));
        assert_eq!(ip("::1:4200"), Some(("::1", Some("4200"))));
        assert_eq!(ip("::ffff:192.0.2.1:4711"), Some(("192.0.2.1", Some("4711"))));
        assert_eq!(ip("fe80::1%eth0:22"), Some(("fe80::1", Some("22"))));
        assert_eq!(ip("[2001:db8::1]:443"), Some(("2001:db8::1", Some("443"))));
        assert_eq!(ip("192.0.2.1:22"), Some(("192.0.2.1", Some("22"))));
        // without a port all the same
        assert_eq!(ip("192.0.2.1"), Some(("192.0.2.1", None)));
        assert_eq!(ip("2001:db8::66"), Some(("2001:db8::66", None)));
        assert_eq!(ip("2001:db8:1:2:3:4:5:6"), Some(("2001:db8:1:2:3:4:5:6", None)));
        assert_eq!(ip("host:22"), None);
    }

    #[test]
    fn ipv6_as_the_standard_library_has_it() {
        let std = |t: &str| t.parse::<std::net::Ipv6Addr>().is_ok();
        for t in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            ":::",
            "1:::2",
            "1::2::3",
            "1:",
            ":1",
            "12345::",
            "1:2",
            "::1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "::ffff:01.2.3.4",
            "fe80::g",
            ":",
            "a",
        ] {
            assert_eq!(is_ipv6(t), std(t) && t.len() <= 45, "{t}");
        }
    }

    proptest::proptest! {
        #[test]
        fn ipv6_of_any_text(s in "[0-9a-f:.]{0,24}|([0-9a-f]{0,4}:){0,9}[0-9a-f]{0,4}") {
            proptest::prop_assert_eq!(is_ipv6(&s), s.parse::<std::net::Ipv6Addr>().is_ok() && s.len() <= 45);
        }

        #[test]
        fn no_panic(s in ".{0,60}") {
            let _ = parse(&s);
            let _ = with_port(&s);
            let _ = is_host(&s);
        }
    }
}
