//! What a line parser needs to know beside the line: zone, time reference and
//! the logsources of a schema, computed once per source.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono_tz::Tz;

use super::time::Forms;
use crate::event::time::DAY;
use crate::event::{Logsource, Schema, Ts};

/// The context of one source's line parsers. Shared by all threads; the only
/// thing that changes in it is a cache of a pure function.
#[derive(Debug)]
pub struct Ctx {
    /// Zone of times that name none.
    pub tz: Tz,
    /// Reference for missing years.
    pub time_ref: Ts,
    /// Logsources of the programs that parsers know.
    pub ls: Logsources,
    /// Logsources of web servers' lines, which do not name their server.
    pub web: WebSources,
    /// How the source writes times that can be read in several ways.
    pub forms: Forms,
    pub(super) utc: bool,
    pub(super) limit: Ts,
    pub(super) limit_year: i64,
    zone_cache: AtomicU64,
}

impl Clone for Ctx {
    fn clone(&self) -> Self {
        Self { zone_cache: AtomicU64::new(0), ..*self }
    }
}

impl Ctx {
    /// A context for one zone, time reference and schema.
    #[must_use]
    pub fn new(tz: Tz, time_ref: Ts, schema: &Schema) -> Self {
        let limit = Ts(time_ref.0.saturating_add(DAY));
        Self {
            tz,
            time_ref,
            ls: Logsources::new(schema),
            web: WebSources::for_name("", schema),
            forms: Forms::default(),
            utc: matches!(tz, Tz::UTC | Tz::Etc__UTC | Tz::GMT | Tz::Etc__GMT),
            limit,
            limit_year: limit.civil().0,
            zone_cache: AtomicU64::new(0),
        }
    }

    /// A UTC context for tests and tools: years are inferred before `time_ref`.
    #[must_use]
    pub fn utc(time_ref: Ts) -> Self {
        Self::new(Tz::UTC, time_ref, &Schema::base())
    }

    /// The cached zone offset of a quarter hour, if it is the one asked for.
    pub(super) fn cached_offset(&self, quarter: u32) -> Option<i32> {
        let v = self.zone_cache.load(Ordering::Relaxed);
        ((v >> 32) as u32 == quarter && quarter != 0).then_some(v as u32 as i32)
    }

    /// Remembers the zone offset of a quarter hour.
    pub(super) fn remember_offset(&self, quarter: u32, offset: i32) {
        self.zone_cache.store(u64::from(quarter) << 32 | u64::from(offset as u32), Ordering::Relaxed);
    }
}

/// Logsources of the lines of web servers.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebSources {
    /// Access lines; the product is known only where the source's name tells it.
    pub access: Logsource,
    /// Apache's error log.
    pub apache_error: Logsource,
    /// nginx's error log.
    pub nginx_error: Logsource,
    /// lighttpd's error log.
    pub lighttpd_error: Logsource,
}

impl WebSources {
    /// For a source of that name (`/var/log/nginx/access.log`).
    #[must_use]
    pub fn for_name(name: &str, schema: &Schema) -> Self {
        let name = name.to_ascii_lowercase();
        let product = [("nginx", "nginx"), ("apache", "apache"), ("httpd", "apache"), ("lighttpd", "lighttpd")]
            .iter()
            .filter(|(word, _)| name.contains(word))
            .map(|(word, product)| (word.len(), *product))
            .max()
            .map_or("", |(_, product)| product);
        Self {
            access: schema.logsource(product, "webserver", "access"),
            apache_error: schema.logsource("apache", "webserver", "error"),
            nginx_error: schema.logsource("nginx", "webserver", "error"),
            lighttpd_error: schema.logsource("lighttpd", "webserver", "error"),
        }
    }
}

macro_rules! logsources {
    ($($name:ident = ($product:literal, $category:literal, $service:literal);)+) => {
        /// Logsources of the programs that write plain text, for binding rules.
        #[derive(Debug, Clone, Copy, Default)]
        #[allow(missing_docs)]
        pub struct Logsources { $(pub $name: Logsource,)+ }

        impl Logsources {
            /// Resolves the names in a schema.
            #[must_use]
            pub fn new(schema: &Schema) -> Self {
                Self { $($name: schema.logsource($product, $category, $service),)+ }
            }
        }
    };
}

logsources! {
    sshd = ("linux", "", "sshd");
    dropbear = ("linux", "", "dropbear");
    sudo = ("linux", "", "sudo");
    su = ("linux", "", "su");
    auth = ("linux", "", "auth");
    useradd = ("linux", "", "useradd");
    cron = ("linux", "", "cron");
    systemd = ("linux", "", "systemd");
    kernel = ("linux", "", "kernel");
    firewall = ("linux", "firewall", "iptables");
    syslog = ("linux", "", "syslog");
    auditd = ("linux", "", "auditd");
    postfix = ("linux", "", "postfix");
    dovecot = ("linux", "", "dovecot");
    mail = ("linux", "", "mail");
    vsftpd = ("linux", "", "vsftpd");
    proftpd = ("linux", "", "proftpd");
    ftp = ("linux", "", "ftp");
    named = ("linux", "dns", "named");
    haproxy = ("haproxy", "webserver", "access");
    haproxy_tcp = ("haproxy", "", "");
    lighttpd = ("lighttpd", "webserver", "error");
    xinetd = ("linux", "", "xinetd");
    panos = ("paloalto", "firewall", "");
    checkpoint = ("checkpoint", "firewall", "");
    database = ("", "database", "");
    application = ("", "application", "");
    proxy = ("", "proxy", "");
}
