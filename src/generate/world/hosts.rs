//! The hosts, and the log files that they write.

use std::net::Ipv4Addr;

/// The kind of a log, which decides its lines' form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generate) enum SourceKind {
    /// Syslog lines.
    Syslog,
    /// Web access lines.
    Access,
    /// Application events as JSON.
    Json,
    /// Windows events as JSON.
    Windows,
}

/// One log file.
#[derive(Debug, Clone, Copy)]
pub(in crate::generate) struct Source {
    /// The host that writes it.
    pub host: Host,
    /// Its kind.
    pub kind: SourceKind,
    /// Its name in a folder.
    pub file: &'static str,
}

/// A host of the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(in crate::generate) enum Host {
    /// Where people log in from outside.
    Bastion,
    /// Web server.
    Web1,
    /// Web server.
    Web2,
    /// Application server.
    App1,
    /// Database server.
    Db1,
    /// Mail server.
    Mail1,
    /// File and FTP server.
    Files1,
    /// Build server.
    Build1,
    /// Firewall.
    Fw1,
    /// Name server.
    Ns1,
    /// Windows domain controller.
    Dc1,
}

impl Host {
    /// Every host, in order of its number.
    #[cfg(test)]
    pub const ALL: [Self; 11] = [
        Self::Bastion,
        Self::Web1,
        Self::Web2,
        Self::App1,
        Self::Db1,
        Self::Mail1,
        Self::Files1,
        Self::Build1,
        Self::Fw1,
        Self::Ns1,
        Self::Dc1,
    ];
    /// Hosts with sshd, cron and systemd.
    pub const LINUX: [Self; 10] = [
        Self::Bastion,
        Self::Web1,
        Self::Web2,
        Self::App1,
        Self::Db1,
        Self::Mail1,
        Self::Files1,
        Self::Build1,
        Self::Fw1,
        Self::Ns1,
    ];

    /// Name in the logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bastion => "bastion01",
            Self::Web1 => "web01",
            Self::Web2 => "web02",
            Self::App1 => "app01",
            Self::Db1 => "db01",
            Self::Mail1 => "mail01",
            Self::Files1 => "files01",
            Self::Build1 => "build01",
            Self::Fw1 => "fw01",
            Self::Ns1 => "ns01",
            Self::Dc1 => "dc01",
        }
    }

    /// Its address inside.
    pub const fn addr(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 20, 1, 10 + self as u8)
    }

    /// Whether its syslog daemon writes RFC 3339 times (the others write the
    /// traditional form without a year).
    pub const fn iso_times(self) -> bool {
        matches!(self, Self::Db1 | Self::Build1)
    }

    /// The program that sshd's lines of a connection come from: newer versions
    /// have one of its own for that.
    pub const fn sshd(self) -> &'static str {
        if matches!(self, Self::Web2 | Self::Build1) { "sshd-session" } else { "sshd" }
    }

    /// Its source of that kind.
    pub fn source(self, kind: SourceKind) -> Option<u16> {
        // Syslog sources stand first, in order of the hosts.
        match kind {
            SourceKind::Syslog if self != Self::Dc1 => Some(self as u16),
            _ => SOURCES.iter().position(|s| s.host == self && s.kind == kind).map(|i| i as u16),
        }
    }
}

const fn syslog(host: Host, file: &'static str) -> Source {
    Source { host, kind: SourceKind::Syslog, file }
}

/// Every log file.
pub(in crate::generate) const SOURCES: [Source; 14] = [
    syslog(Host::Bastion, "bastion01-syslog.log"),
    syslog(Host::Web1, "web01-syslog.log"),
    syslog(Host::Web2, "web02-syslog.log"),
    syslog(Host::App1, "app01-syslog.log"),
    syslog(Host::Db1, "db01-syslog.log"),
    syslog(Host::Mail1, "mail01-syslog.log"),
    syslog(Host::Files1, "files01-syslog.log"),
    syslog(Host::Build1, "build01-syslog.log"),
    syslog(Host::Fw1, "fw01-syslog.log"),
    syslog(Host::Ns1, "ns01-syslog.log"),
    Source { host: Host::Web1, kind: SourceKind::Access, file: "web01-access.log" },
    Source { host: Host::Web2, kind: SourceKind::Access, file: "web02-access.log" },
    Source { host: Host::App1, kind: SourceKind::Json, file: "app01-events.jsonl" },
    Source { host: Host::Dc1, kind: SourceKind::Windows, file: "dc01-windows.jsonl" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree() {
        for (i, h) in Host::ALL.iter().enumerate() {
            assert_eq!(*h as usize, i);
        }
        for h in Host::LINUX {
            let s = h.source(SourceKind::Syslog).unwrap();
            assert_eq!(SOURCES[usize::from(s)].host, h);
            assert_eq!(SOURCES[usize::from(s)].kind, SourceKind::Syslog);
        }
        assert_eq!(Host::Dc1.source(SourceKind::Syslog), None);
        assert_eq!(Host::Web2.source(SourceKind::Access), Some(11));
    }
}
