//! What one machine or one customer has of addresses: of IPv6 a /64.
//!
//! Whoever has an address of IPv6 has the 2^64 of its network, and may come from
//! another one with each attempt; clients change theirs daily by themselves. Groups
//! and counted values therefore take the /64 of a source as one, while alerts tell
//! the addresses. Only of global addresses: those of one's own networks (fc00::/7,
//! fe80::/10) are machines that one tells apart.

use std::net::Ipv6Addr;

/// A network as text, without the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Net {
    text: [u8; Self::LONGEST],
    len: u8,
}

impl Net {
    const LONGEST: usize = "ffff:ffff:ffff:ffff::/64".len();

    /// `2001:db8:1:2::/64`.
    pub(super) fn as_str(&self) -> &str {
        self.text.get(..usize::from(self.len)).and_then(|t| std::str::from_utf8(t).ok()).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.text.get_mut(usize::from(self.len)) {
            *place = byte;
            self.len += 1;
        }
    }
}

/// The network of a source address; `None` for all that is no global address of IPv6.
#[inline]
pub(super) fn of(address: &str) -> Option<Net> {
    // Most are of IPv4, and of the others a name has no colon there.
    let colon = address.as_bytes().get(3..5)?.contains(&b':');
    if colon { network(address) } else { None }
}

#[cold]
fn network(address: &str) -> Option<Net> {
    let ip: Ipv6Addr = address.parse().ok()?;
    let [a, b, c, d, ..] = ip.segments();
    if a & 0xe000 != 0x2000 {
        return None;
    }
    let mut net = Net { text: [0; Net::LONGEST], len: 0 };
    for (i, part) in [a, b, c, d].into_iter().enumerate() {
        if i > 0 {
            net.push(b':');
        }
        let mut begun = false;
        for shift in [12, 8, 4, 0] {
            let digit = (part >> shift & 15) as u8;
            begun |= digit != 0 || shift == 0;
            if begun {
                net.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
            }
        }
    }
    "::/64".bytes().for_each(|b| net.push(b));
    Some(net)
}

/// The network of a source address as text, or what it is itself.
pub(super) fn text(address: &str) -> String {
    of(address).map_or_else(|| address.to_owned(), |net| net.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_addresses_are_their_network() {
        for (address, net) in [
            ("2001:db8:1:2:d269:7215:48db:b774", Some("2001:db8:1:2::/64")),
            ("2001:DB8:1:2::1", Some("2001:db8:1:2::/64")),
            ("2a02::1", Some("2a02:0:0:0::/64")),
            ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3fff:ffff:ffff:ffff::/64")),
            ("fe80::1", None),
            ("fd00:1::1", None),
            ("::1", None),
            ("::ffff:10.0.0.1", None),
            ("10.0.0.1", None),
            ("200:host", None),
            ("", None),
        ] {
            assert_eq!(of(address).as_ref().map(Net::as_str), net, "{address}");
            assert_eq!(text(address), net.unwrap_or(address));
        }
    }
}
