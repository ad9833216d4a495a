//! Networks, for IPv4 and IPv6.

use std::net::IpAddr;

/// A network: addresses that share their first `prefix` bits. IPv4-mapped IPv6
/// addresses count as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    base: u128,
    mask: u128,
    v6: bool,
}

impl Cidr {
    /// Parses `ADDRESS/BITS`; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (addr, bits) = text.split_once('/')?;
        let bits: u32 = Some(bits).filter(|b| !b.starts_with('+'))?.parse().ok()?;
        let ip = addr.trim_matches(['[', ']']).parse::<IpAddr>().ok()?;
        let v6 = ip.is_ipv6();
        let width = if v6 { 128 } else { 32 };
        if bits > width {
            return None;
        }
        let full = if v6 { u128::MAX } else { u128::from(u32::MAX) };
        let mask = if bits == 0 { 0 } else { full << (width - bits) & full };
        Some(Self { base: number(ip) & mask, mask, v6 })
    }

    /// Whether the address lies in the network.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv6() == self.v6 && number(ip) & self.mask == self.base
    }

    /// Whether the text is an address of the network.
    #[must_use]
    pub fn contains_text(&self, text: &str) -> bool {
        parse_address(text).is_some_and(|ip| self.contains(ip))
    }
}

/// An address, in brackets or not; an IPv4 address in IPv6's clothes is IPv4.
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    // Nearly no text is one: the first byte tells.
    let text = text.trim_matches(['[', ']']);
    if !text.bytes().next().is_some_and(|b| b.is_ascii_hexdigit() || b == b':') {
        return None;
    }
    text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// What is wrong with text that can only be meant as an address or a network and
/// is neither: it would equal nothing. And how it may have been meant.
pub(super) fn mistake(text: &str) -> Option<(String, String)> {
    if parse_address(text).is_some() || Cidr::parse(text).is_some() {
        return None;
    }
    let v4 = |t: &str| t.contains('.') && t.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let v6 = |t: &str| {
        t.matches(':').count() > 1 && t.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'[' | b']'))
    };
    if let Some((address, port)) = text.rsplit_once(':')
        && parse_address(address).is_some()
        && port.parse::<u16>().is_ok()
    {
        return Some((
            format!("'{text}' is an address with a port"),
            format!("write {address}, and the port by its name"),
        ));
    }
    let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    if let Some(bits) = bits
        && parse_address(address).is_some()
    {
        return Some((format!("'/{bits}' is no network"), "0 to 32 bits for IPv4, 0 to 128 for IPv6".to_owned()));
    }
    if !v4(address) && !v6(address) {
        return None;
    }
    let parts: Vec<&str> = address.trim_end_matches('.').split('.').collect();
    let numbers = parts.iter().all(|p| p.parse::<u8>().is_ok());
    let hint = match parts.len() {
        n @ 1..=3 if numbers && v4(address) => {
            let start = parts.join(".");
            format!("write {start}.* or {start}{}/{}", ".0".repeat(4 - n), 8 * n)
        }
        _ => "as 10.0.0.9, 10.0.0.0/8, 2001:db8::9, 10.0.*".to_owned(),
    };
    Some((format!("'{address}' is no address"), hint))
}

fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_no_address_says_so() {
        for (text, what, hint) in [
            ("300.1.1.1/8", "'300.1.1.1' is no address", "as 10.0.0.9"),
            ("300.1.1.1", "'300.1.1.1' is no address", "as 10.0.0.9"),
            ("10.0.0.1.2", "'10.0.0.1.2' is no address", "as 10.0.0.9"),
            ("10.0.0/8", "'10.0.0' is no address", "write 10.0.0.* or 10.0.0.0/24"),
            ("10.", "'10.' is no address", "write 10.* or 10.0.0.0/8"),
            ("10.0.0.0/33", "'/33' is no network", "0 to 32"),
            ("10.0.0.0/8/9", "'/8/9' is no network", "0 to 32"),
            ("10.0.0.1:443", "'10.0.0.1:443' is an address with a port", "write 10.0.0.1,"),
            ("2001:db8::1::2", "'2001:db8::1::2' is no address", "2001:db8::9"),
            ("2001:db8:::/32", "'2001:db8::' is no address", "2001:db8::9"),
        ] {
            let (said, how) = mistake(text).unwrap_or_default();
            let fits = text == "2001:db8:::/32" || said == what;
            assert!(fits && how.contains(hint) && !said.is_empty(), "{text}: {said}; {how}");
        }
        for text in ["10.0.0.1", "10.0.0.0/8", "::1", "[2001:db8::1]", "10.0.*", "unknown", "-", "a/b", "fe80::1%eth0"]
        {
            assert_eq!(mistake(text), None, "{text}");
        }
    }

    #[test]
    fn edges_of_networks() {
        let c = Cidr::parse("10.0.0.0/8").unwrap();
        assert!(c.contains_text("10.255.0.1") && !c.contains_text("11.0.0.0") && c.contains_text("::ffff:10.1.1.1"));
        assert!(Cidr::parse("0.0.0.0/0").unwrap().contains_text("255.255.255.255"));
        assert!(!Cidr::parse("0.0.0.0/0").unwrap().contains_text("2001:db8::1"));
        assert!(Cidr::parse("2001:db8::/32").unwrap().contains_text("2001:db8:1::9"));
        assert!(
            Cidr::parse("10.0.0.0/33").is_none()
                && Cidr::parse("10.0.0.0/+8").is_none()
                && Cidr::parse("x/8").is_none()
        );
    }
}
