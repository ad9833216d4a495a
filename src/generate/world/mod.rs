//! The company that the logs are of: its hosts, networks, people.
//!
//! No address belongs to anyone: the company's public addresses and attackers
//! are of the documentation ranges (RFC 5737), visitors of the shared and
//! benchmark ranges (RFC 6598, RFC 2544) and `2001:db8::/32`.
//!
//! Known good machines that rules may exclude: the authorized scanner
//! [`SCANNER`], the backup server [`BACKUP`] and the monitor [`MONITOR`].

mod hosts;
mod names;
mod net;
mod people;
mod state;

pub(super) use hosts::{Host, SOURCES, SourceKind};
pub(super) use net::{BACKUP, MONITOR, NAT_OFFICE, SCANNER, attacker, noise, visitor};
pub(super) use people::{People, Person};
pub(super) use state::State;
