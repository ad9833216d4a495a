//! Addresses: the company's own, visitors', attackers'.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::generate::rng::Rng;

/// The scanner that is allowed to scan; rules exclude it.
pub(in crate::generate) const SCANNER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 20, 0, 5));
/// The server that fetches the backups.
pub(in crate::generate) const BACKUP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 20, 0, 6));
/// The monitor that asks for `/healthz`.
pub(in crate::generate) const MONITOR: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 20, 0, 7));
/// The offices behind one public address each, many users behind every one.
pub(in crate::generate) const NAT_OFFICE: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 11)),
    IpAddr::V4(Ipv4Addr::new(100, 127, 255, 20)),
    IpAddr::V4(Ipv4Addr::new(100, 127, 255, 21)),
];

/// Networks of `198.18.0.0/16` and `198.19.0.0/16` that noise comes from.
const NOISE_NETS: u8 = 200;

/// A visitor of the web site: one of about four million.
#[inline]
pub(in crate::generate) fn visitor(r: &mut Rng) -> IpAddr {
    let n = r.next();
    if n.is_multiple_of(10) {
        return IpAddr::V6(Ipv6Addr::new(
            0x2001,
            0xdb8,
            (n >> 8) as u16,
            (n >> 24) as u16,
            0,
            0,
            0,
            (n >> 40) as u16 | 1,
        ));
    }
    // 100.64.0.0/10 without its last /16, which holds the offices.
    let host = (n >> 16) % (63 << 16);
    IpAddr::V4(Ipv4Addr::new(100, 64 + (host >> 16) as u8, (host >> 8) as u8, (host as u8).max(1)))
}

/// A machine of the internet's background noise (scans that the firewall
/// drops, connections that say nothing).
#[inline]
pub(in crate::generate) fn noise(r: &mut Rng) -> IpAddr {
    let n = r.next();
    IpAddr::V4(Ipv4Addr::new(198, 18 + (n & 1) as u8, (n >> 8) as u8 % NOISE_NETS, ((n >> 16) as u8).max(1)))
}

/// Attacker number `n` of story number `story`; no two stories share one.
pub(in crate::generate) fn attacker(story: u16, n: u16) -> IpAddr {
    // The first of each story from the documentation ranges, a botnet's further
    // machines from networks of their own beside the background noise.
    let low = (story % 250) as u8;
    IpAddr::V4(match n {
        0 if low.is_multiple_of(2) => Ipv4Addr::new(203, 0, 113, 2 + low),
        0 => Ipv4Addr::new(198, 51, 100, 2 + low),
        _ => Ipv4Addr::new(198, 18 + low / 50 % 2, NOISE_NETS + low % 50, (n % 250) as u8 + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn attackers_are_nobody_else() {
        let mut seen = HashSet::new();
        for story in 0..100 {
            for n in 0..100 {
                assert!(seen.insert(attacker(story, n)));
            }
        }
        let mut r = Rng::new(1, "net");
        for _ in 0..100_000 {
            assert!(!seen.contains(&noise(&mut r)) && !seen.contains(&visitor(&mut r)));
        }
        assert!(!seen.contains(&SCANNER) && NAT_OFFICE.iter().all(|a| !seen.contains(a)));
    }
}
