//! Where a rule's field is read in an event, decided when the rule is compiled.

use std::sync::Arc;

use crate::event::{EventRef, FieldId, Ov, SchemaBuilder, overlay_by_name};

use super::sigma::rule::LogsourceNames;

/// A typed member or a text field of the overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OvField {
    /// A text field.
    Text(Ov),
    /// `event_type`.
    EventType,
    /// `outcome`.
    Outcome,
    /// `severity`.
    Severity,
    /// `timestamp`, as RFC 3339; only time-part modifiers and groups read it.
    Timestamp,
}

/// Where a field is read. An overlay name reads the overlay, and the original
/// field of that name where the overlay has no value; a mapped name (Sigma's
/// `c-ip`, …) reads the original field first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// The overlay field, if the name stands for one.
    pub overlay: Option<OvField>,
    /// The original field of the rule's own name.
    pub original: FieldId,
    /// Whether the original field goes before the overlay.
    pub original_first: bool,
}

impl FieldRef {
    /// The first value; `None` where the event has none (or null).
    #[must_use]
    pub fn read<'a>(&self, e: EventRef<'a>) -> Option<&'a str> {
        if self.original_first {
            return self.read_original(e).or_else(|| self.read_overlay(e));
        }
        self.read_overlay(e).or_else(|| self.read_original(e))
    }

    /// Every value that the field has: of an array each element.
    pub fn each<'a>(&self, e: EventRef<'a>, f: &mut impl FnMut(&'a str)) {
        let overlay = self.read_overlay(e);
        if let Some(v) = overlay.filter(|_| !self.original_first) {
            return f(v);
        }
        let mut none = true;
        let own = |x: &&crate::event::Field| x.id == self.original && x.kind != crate::event::ValueKind::Null;
        for x in e.fields().iter().filter(|_| self.original != FieldId::UNKNOWN).filter(own) {
            none = false;
            f(e.batch.value(x.value));
        }
        if let Some(v) = overlay.filter(|_| none) {
            f(v);
        }
    }

    /// Whether it is the address that something came from.
    #[must_use]
    pub fn is_source(&self) -> bool {
        self.overlay == Some(OvField::Text(Ov::SrcIp))
    }

    /// The overlay's value.
    #[must_use]
    pub fn read_overlay<'a>(&self, e: EventRef<'a>) -> Option<&'a str> {
        match self.overlay? {
            OvField::Text(ov) => e.ov(ov),
            OvField::EventType => Some(e.rec.event_type.as_str()),
            OvField::Outcome => Some(e.rec.outcome.as_str()),
            OvField::Severity => Some(e.rec.severity.as_str()),
            OvField::Timestamp => None,
        }
    }

    /// The original field's first value that is not null.
    #[must_use]
    pub fn read_original<'a>(&self, e: EventRef<'a>) -> Option<&'a str> {
        if self.original == FieldId::UNKNOWN {
            return None;
        }
        let f = e.fields().iter().find(|f| f.id == self.original && f.kind != crate::event::ValueKind::Null)?;
        Some(e.batch.value(f.value))
    }
}

/// A field with the name that the rule gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedField {
    /// Name in the rule; part of group keys.
    pub name: Arc<str>,
    /// Where it is read.
    pub field: FieldRef,
}

/// Where a name of a rule is read, by the rule's logsource. Sigma's names for
/// web servers, firewalls and DNS stand for the overlay; all others are the
/// original fields of the event.
#[must_use]
pub fn resolve(name: &str, logsource: &LogsourceNames, schema: &mut SchemaBuilder) -> FieldRef {
    let original = schema.field(name);
    if let Some(overlay) = overlay_field(name) {
        return FieldRef { overlay: Some(overlay), original, original_first: false };
    }
    let overlay = mapped(name, logsource).map(OvField::Text);
    FieldRef { overlay, original, original_first: true }
}

/// The overlay field of that exact name, typed ones included.
#[must_use]
pub fn overlay_field(name: &str) -> Option<OvField> {
    Some(match name {
        "event_type" => OvField::EventType,
        "outcome" => OvField::Outcome,
        "severity" => OvField::Severity,
        "timestamp" => OvField::Timestamp,
        _ => OvField::Text(overlay_by_name(name)?),
    })
}

/// Sigma's names for web servers and proxies.
const WEB: &[(&str, Ov)] = &[
    ("c-uri", Ov::Url),
    ("cs-uri", Ov::Url),
    ("cs-uri-query", Ov::Url),
    ("cs-uri-stem", Ov::Url),
    ("c-uri-query", Ov::Url),
    ("c-uri-stem", Ov::Url),
    ("cs-method", Ov::HttpMethod),
    ("sc-status", Ov::StatusCode),
    ("c-ip", Ov::SrcIp),
    ("c-useragent", Ov::UserAgent),
    ("cs-user-agent", Ov::UserAgent),
    ("cs(user-agent)", Ov::UserAgent),
    ("cs-referer", Ov::Referrer),
    ("cs-referrer", Ov::Referrer),
    ("c-referer", Ov::Referrer),
    ("cs(referer)", Ov::Referrer),
    ("cs-host", Ov::DestHost),
    ("r-dns", Ov::DestHost),
    ("sc-bytes", Ov::Bytes),
    ("cs-username", Ov::User),
    ("s-ip", Ov::DestIp),
    ("dst_ip", Ov::DestIp),
    ("s-port", Ov::DestPort),
    ("dst_port", Ov::DestPort),
];

/// Sigma's names for firewalls.
const FIREWALL: &[(&str, Ov)] = &[
    ("dst_ip", Ov::DestIp),
    ("destination.ip", Ov::DestIp),
    ("dst_port", Ov::DestPort),
    ("destination.port", Ov::DestPort),
    ("source.ip", Ov::SrcIp),
    ("source.port", Ov::SrcPort),
    ("username", Ov::User),
];

/// Sigma's names for DNS.
const DNS: &[(&str, Ov)] = &[("query", Ov::Resource), ("id.orig_h", Ov::SrcIp)];

/// Sigma's taxonomy for the logsources whose events are read from text: the
/// names that stand for members of the overlay.
#[must_use]
pub fn stand_ins(product: &str, category: &str, service: &str) -> &'static [(&'static str, Ov)] {
    let is = |word: &str| [category, product, service].contains(&word);
    if ["webserver", "proxy", "apache", "nginx", "iis"].into_iter().any(is) {
        return WEB;
    }
    match () {
        () if is("firewall") => FIREWALL,
        () if is("dns") => DNS,
        () => &[],
    }
}

fn mapped(name: &str, of: &LogsourceNames) -> Option<Ov> {
    stand_ins(&of.product, &of.category, &of.service).iter().find(|(n, _)| *n == name).map(|(_, o)| *o)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_logsource() {
        let mut s = SchemaBuilder::new();
        let web = LogsourceNames { category: "webserver".into(), ..LogsourceNames::default() };
        let windows = LogsourceNames { product: "windows".into(), ..LogsourceNames::default() };
        let uri = resolve("cs-uri-query", &web, &mut s);
        assert!(uri.overlay == Some(OvField::Text(Ov::Url)) && uri.original_first);
        assert_eq!(resolve("cs-uri-query", &windows, &mut s).overlay, None);
        assert!(!resolve("src_ip", &windows, &mut s).original_first);
        assert_eq!(resolve("event_type", &web, &mut s).overlay, Some(OvField::EventType));
        assert_eq!(resolve("User", &windows, &mut s).overlay, None, "names are told apart by case");
    }
}
