//! The table of formats: names for `--format`, numbers for records.

use std::sync::{OnceLock, PoisonError, RwLock};

use super::custom;

/// A format that lines can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Nothing known.
    Raw,
    /// RFC 3164 and 5424 and their variants.
    Syslog,
    /// Common and combined log format.
    Access,
    /// Apache's error log.
    ApacheError,
    /// nginx's error log.
    NginxError,
    /// lighttpd's error log.
    LighttpdError,
    /// HAProxy behind a syslog header.
    Haproxy,
    /// Other text with a time of its own.
    Text,
    /// JSON lines.
    Json,
    /// Windows events as JSON lines.
    Windows,
    /// The Linux audit log.
    Auditd,
    /// Zeek's tab-separated logs.
    Zeek,
    /// The W3C's extended log format: IIS.
    W3c,
    /// A shell's history.
    History,
    /// Lines of `key=value` pairs.
    Logfmt,
    /// Lines of containers as their runtime writes them.
    Cri,
    /// Flow logs of Amazon's private networks.
    VpcFlow,
    /// One of the user's own formats, by its position.
    Custom(usize),
}

const NAMES: &[(&str, Format)] = &[
    ("raw", Format::Raw),
    ("syslog", Format::Syslog),
    ("access", Format::Access),
    ("apache_error", Format::ApacheError),
    ("nginx_error", Format::NginxError),
    ("lighttpd_error", Format::LighttpdError),
    ("haproxy", Format::Haproxy),
    ("text", Format::Text),
    ("json", Format::Json),
    ("windows", Format::Windows),
    ("auditd", Format::Auditd),
    ("zeek", Format::Zeek),
    ("w3c", Format::W3c),
    ("history", Format::History),
    ("logfmt", Format::Logfmt),
    ("cri", Format::Cri),
    ("vpc_flow", Format::VpcFlow),
];

/// Names of custom formats, in the order in which they were first seen. They
/// come from configuration, never from input, and are as many as it has.
fn registry() -> &'static RwLock<Vec<&'static str>> {
    static REGISTRY: OnceLock<RwLock<Vec<&'static str>>> = OnceLock::new();
    REGISTRY.get_or_init(RwLock::default)
}

/// Number of a custom format's name in records.
pub(super) fn register(name: &str) -> u16 {
    let mut names = registry().write().unwrap_or_else(PoisonError::into_inner);
    let at = names.iter().position(|n| *n == name).unwrap_or_else(|| {
        names.push(Box::leak(name.to_owned().into_boxed_str()));
        names.len() - 1
    });
    u16::try_from(NAMES.len() + at).unwrap_or(0)
}

/// Name of a record's format number.
#[must_use]
pub fn format_name(id: u16) -> &'static str {
    let id = usize::from(id);
    if let Some((name, _)) = NAMES.get(id) {
        return name;
    }
    registry().read().unwrap_or_else(PoisonError::into_inner).get(id - NAMES.len()).copied().unwrap_or("raw")
}

/// The built-in names that `--format` takes, `auto` first.
pub fn format_names() -> impl Iterator<Item = &'static str> {
    std::iter::once("auto").chain(NAMES.iter().map(|(n, _)| *n))
}

/// Whether `--format` takes the name; if not, the message for the user.
pub fn check_format(name: &str, own: &[custom::Format]) -> Result<(), String> {
    if name == "auto" || Format::from_name(name, own).is_some() {
        return Ok(());
    }
    let all: Vec<String> = format_names().map(str::to_owned).chain(own.iter().map(|f| f.name().to_owned())).collect();
    Err(format!("unknown format '{name}'; expected one of: {}", all.join(", ")))
}

impl Format {
    /// The format of that name; `None` for `auto` and for unknown names (which
    /// the command line refuses before, see [`format_names`]).
    #[must_use]
    pub fn from_name(name: &str, own: &[custom::Format]) -> Option<Self> {
        NAMES
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, f)| *f)
            .or_else(|| own.iter().position(|c| c.name() == name).map(Self::Custom))
    }

    /// Its number in records.
    #[must_use]
    pub fn id(self, own: &[custom::Format]) -> u16 {
        match self {
            Self::Custom(i) => own.get(i).map_or(0, custom::Format::id),
            other => NAMES.iter().position(|(_, f)| *f == other).map_or(0, |i| i as u16),
        }
    }
}
