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
        let bits: u32 = bits.parse().ok()?;
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
    fn edges_of_networks() {
        let c = Cidr::parse("10.0.0.0/8").unwrap();
        assert!(c.contains_text("10.255.0.1") && !c.contains_text("11.0.0.0") && c.contains_text("::ffff:10.1.1.1"));
        assert!(Cidr::parse("0.0.0.0/0").unwrap().contains_text("255.255.255.255"));
        assert!(!Cidr::parse("0.0.0.0/0").unwrap().contains_text("2001:db8::1"));
        assert!(Cidr::parse("2001:db8::/32").unwrap().contains_text("2001:db8:1::9"));
        assert!(Cidr::parse("10.0.0.0/33").is_none() && Cidr::parse("x/8").is_none());
    }
}
