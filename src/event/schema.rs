//! Interned names, frozen per rule set.
//!
//! Only names that rules or parsers know are interned. A name that hostile
//! input invents stays a span, so no input can grow the table.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

/// Id of an interned field name; [`FieldId::UNKNOWN`] for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u16);

impl FieldId {
    /// A name nobody asks for; the field's own name span says it.
    pub const UNKNOWN: Self = Self(u16::MAX);
}

/// Interned part of a logsource (`windows`, `sshd`, `webserver`, …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sym(pub u16);

impl Sym {
    /// The part is absent.
    pub const NONE: Self = Self(0);
    /// The part has a value that no rule names.
    pub const OTHER: Self = Self(u16::MAX);
}

/// Sigma's logsource triple. In an event an absent part says "not known".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Logsource {
    /// `product`: windows, linux, apache, …
    pub product: Sym,
    /// `category`: `process_creation`, webserver, firewall, …
    pub category: Sym,
    /// `service`: sshd, security, auditd, …
    pub service: Sym,
}

/// Names that parsers write and that must exist whatever the rules say.
const SYMS: &[&str] = &[
    "linux",
    "windows",
    "macos",
    "apache",
    "nginx",
    "haproxy",
    "lighttpd",
    "webserver",
    "proxy",
    "firewall",
    "dns",
    "database",
    "application",
    "antivirus",
    "authentication",
    "sshd",
    "sudo",
    "su",
    "auth",
    "auditd",
    "syslog",
    "cron",
    "pam",
    "useradd",
    "kernel",
    "iptables",
    "ufw",
    "postfix",
    "dovecot",
    "mail",
    "ftp",
    "vsftpd",
    "proftpd",
    "named",
    "bind",
    "xinetd",
    "dropbear",
    "systemd",
    "access",
    "error",
    "security",
    "system",
    "sysmon",
    "process_creation",
    "iis",
    "zeek",
    "conn",
    "http",
    "ssl",
    "dce_rpc",
    "smb_files",
    "smb_mapping",
    "kerberos",
    "ntlm",
    "x509",
    "rdp",
    "suricata",
    "alert",
    "aws",
    "cloudtrail",
    "gcp",
    "gcp.audit",
    "google_workspace.admin",
    "google_workspace.login",
    "azure",
    "activitylogs",
    "signinlogs",
    "auditlogs",
    "riskdetection",
    "pim",
    "m365",
    "audit",
    "threat_management",
    "okta",
    "github",
    "kubernetes",
    "bitbucket",
];

/// The frozen tables of one rule set.
#[derive(Debug, Default)]
pub struct Schema {
    fields: Vec<Box<str>>,
    field_ids: FxHashMap<Box<str>, FieldId>,
    syms: Vec<Box<str>>,
    sym_ids: FxHashMap<Box<str>, Sym>,
    /// Logsources that were asked for, where they are to be noted.
    asked: Option<Mutex<BTreeSet<[String; 3]>>>,
}

impl Schema {
    /// The schema without any rules.
    #[must_use]
    pub fn base() -> Self {
        SchemaBuilder::new().freeze()
    }

    /// A schema that notes the logsources it is asked for.
    #[must_use]
    pub fn noting() -> Self {
        Self { asked: Some(Mutex::default()), ..Self::base() }
    }

    /// The logsources that were asked for; none unless it is [`Schema::noting`].
    #[must_use]
    pub fn asked(&self) -> Vec<[String; 3]> {
        let asked = self.asked.as_ref().map(|a| a.lock().unwrap_or_else(PoisonError::into_inner).clone());
        asked.unwrap_or_default().into_iter().collect()
    }

    /// Id of a field name, [`FieldId::UNKNOWN`] if nobody asks for it.
    #[must_use]
    pub fn field(&self, name: &str) -> FieldId {
        self.field_ids.get(name).copied().unwrap_or(FieldId::UNKNOWN)
    }

    /// Name of an interned field; `""` for unknown ids.
    #[must_use]
    pub fn field_name(&self, id: FieldId) -> &str {
        self.fields.get(id.0 as usize).map_or("", |n| n)
    }

    /// Number of interned field names.
    #[must_use]
    pub fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// All names by number: of fields, and of parts of logsources.
    #[must_use]
    pub fn names(&self) -> (&[Box<str>], &[Box<str>]) {
        (&self.fields, &self.syms)
    }

    /// Symbol of a logsource part of an *event* (`""` is absent, a name that no
    /// rule uses is [`Sym::OTHER`]). Case is folded.
    #[must_use]
    pub fn sym(&self, name: &str) -> Sym {
        if name.is_empty() {
            return Sym::NONE;
        }
        if let Some(s) = self.sym_ids.get(name) {
            return *s;
        }
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            return self.sym_ids.get(name.to_ascii_lowercase().as_str()).copied().unwrap_or(Sym::OTHER);
        }
        Sym::OTHER
    }

    /// Name of a symbol; `""` where absent or unknown.
    #[must_use]
    pub fn sym_name(&self, sym: Sym) -> &str {
        self.syms.get(sym.0 as usize).map_or("", |n| n)
    }

    /// A logsource from names (for parsers: build once, not per event).
    #[must_use]
    pub fn logsource(&self, product: &str, category: &str, service: &str) -> Logsource {
        if let Some(asked) = &self.asked {
            let names = [product, category, service].map(str::to_owned);
            asked.lock().unwrap_or_else(PoisonError::into_inner).insert(names);
        }
        Logsource { product: self.sym(product), category: self.sym(category), service: self.sym(service) }
    }
}

/// Collects the names of a rule set, then freezes them.
#[derive(Debug)]
pub struct SchemaBuilder {
    schema: Schema,
}

impl Default for SchemaBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl SchemaBuilder {
    /// A builder with the names that parsers write already in it.
    #[must_use]
    pub fn new() -> Self {
        let mut builder = Self { schema: Schema::default() };
        builder.schema.syms.push("".into());
        for s in SYMS {
            builder.sym(s);
        }
        builder
    }

    /// Interns a field name. Returns [`FieldId::UNKNOWN`] when 65,535 names
    /// are there already (the caller reports the rule as not supported).
    pub fn field(&mut self, name: &str) -> FieldId {
        if let Some(id) = self.schema.field_ids.get(name) {
            return *id;
        }
        let n = self.schema.fields.len();
        if n >= usize::from(u16::MAX) {
            return FieldId::UNKNOWN;
        }
        let id = FieldId(n as u16);
        self.schema.fields.push(name.into());
        self.schema.field_ids.insert(name.into(), id);
        id
    }

    /// Interns a part of a rule's logsource (case folded).
    pub fn sym(&mut self, name: &str) -> Sym {
        if name.is_empty() {
            return Sym::NONE;
        }
        let name = name.to_ascii_lowercase();
        if let Some(s) = self.schema.sym_ids.get(name.as_str()) {
            return *s;
        }
        let n = self.schema.syms.len();
        if n >= usize::from(u16::MAX) {
            return Sym::OTHER;
        }
        let sym = Sym(n as u16);
        self.schema.syms.push(name.as_str().into());
        self.schema.sym_ids.insert(name.into(), sym);
        sym
    }

    /// The finished, immutable tables.
    #[must_use]
    pub fn freeze(self) -> Schema {
        self.schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_never_interned() {
        let mut b = SchemaBuilder::new();
        let image = b.field("Image");
        let s = b.freeze();
        assert_eq!(s.field("Image"), image);
        assert_eq!(s.field("attacker_made_this_up"), FieldId::UNKNOWN);
        assert_eq!(s.sym("Linux"), s.sym("linux"));
        assert_eq!(s.sym("never heard of"), Sym::OTHER);
        assert_eq!(s.sym(""), Sym::NONE);
    }
}
