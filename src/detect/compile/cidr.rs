//! Many networks in one table: one hash lookup for each prefix length in use.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::detect::sigma::ast::{Net, address_bits, mask};

/// Networks and the predicates that ask for them.
#[derive(Debug, Default)]
pub struct CidrIndex {
    /// (IPv6, prefix length), longest first.
    lengths: Vec<(bool, u8)>,
    nets: FxHashMap<Net, u32>,
}

impl CidrIndex {
    /// Adds a network of a predicate.
    pub fn add(&mut self, net: Net, pred: u32) {
        if !self.lengths.contains(&(net.v6, net.prefix)) {
            self.lengths.push((net.v6, net.prefix));
        }
        self.nets.insert(net, pred);
    }

    /// Whether there are no networks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nets.is_empty()
    }

    /// Calls `hit` with the predicate of each network that holds the value.
    pub fn find(&self, value: &str, mut hit: impl FnMut(u32)) {
        let shaped = value.len() <= 45 && value.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'));
        let Some(address) = shaped.then(|| value.parse::<IpAddr>().ok()).flatten() else { return };
        let (bits, v6) = address_bits(address);
        for (length_v6, prefix) in &self.lengths {
            let net = Net { bits: bits & mask(*prefix), prefix: *prefix, v6 };
            if *length_v6 == v6
                && let Some(pred) = self.nets.get(&net)
            {
                hit(*pred);
            }
        }
    }
}
