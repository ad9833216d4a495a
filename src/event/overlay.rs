//! The normalized overlay: one name for one thing, whatever wrote the line.

macro_rules! overlay {
    ($($variant:ident = $name:literal, $doc:literal;)+) => {
        /// A text field of the normalized overlay. The typed ones
        /// (`timestamp`, `receive_time`, `event_type`, `severity`, `outcome`)
        /// are members of [`super::Record`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Ov { $(#[doc = $doc] $variant,)+ }

        /// Every overlay field of text, in output order.
        pub const OVERLAY: &[Ov] = &[$(Ov::$variant,)+];

        impl Ov {
            /// Number of overlay fields of text.
            pub const COUNT: usize = OVERLAY.len();

            /// Its name in rules, queries and outputs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)+ }
            }
        }

        /// The overlay field of that exact name.
        #[must_use]
        pub fn overlay_by_name(name: &str) -> Option<Ov> {
            match name { $($name => Some(Ov::$variant),)+ _ => None }
        }
    };
}

overlay! {
    Source = "source", "Name of what produced the record where the record itself says so (e.g. a channel).";
    Host = "host", "The machine the event happened on.";
    SrcIp = "src_ip", "Address the act came from, as the program wrote it (never from attacker-controlled text).";
    SrcPort = "src_port", "Its port.";
    SrcHost = "src_host", "Its name, where the program wrote a name instead of an address.";
    DestIp = "dest_ip", "Address the act was aimed at.";
    DestPort = "dest_port", "Its port.";
    DestHost = "dest_host", "Its name.";
    User = "user", "Account that acts, or that a log-in was tried for.";
    TargetUser = "target_user", "Account acted upon (sudo, su, passwd, useradd).";
    Process = "process", "Program that wrote the record or that the record is about.";
    Pid = "pid", "Its process id.";
    SessionId = "session_id", "Session or connection id.";
    HttpMethod = "http_method", "Request method.";
    Url = "url", "Request target as received.";
    UrlDecoded = "url_decoded", "Request target decoded for rules (percent twice, plus to space, lower case, SQL comments normalized).";
    StatusCode = "status_code", "HTTP status.";
    UserAgent = "user_agent", "User agent.";
    Referrer = "referrer", "Referrer.";
    Bytes = "bytes", "Data volume of the act in bytes.";
    Country = "country", "Country of the source address.";
    Asn = "asn", "Autonomous system of the source address.";
    Resource = "resource", "Thing acted upon: command, file, query, object.";
    Count = "count", "How many acts the record stands for, where it says so.";
    Message = "message", "The record's human-readable part.";
}

impl Ov {
    /// Whether the value is a number in JSON output.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::SrcPort | Self::DestPort | Self::Pid | Self::StatusCode | Self::Bytes | Self::Count)
    }

    /// The overlay field that an input's field name stands for: its own name or
    /// one of the usual other names (`source_ip`, `client_ip`, `username`, …).
    #[must_use]
    pub fn from_alias(name: &str) -> Option<Self> {
        Some(match name {
            "source_ip" | "ip_address" | "client_ip" | "remote_addr" | "srcip" | "src" | "ip" | "remote_ip"
            | "source.ip" | "client.ip" | "clientip" => Self::SrcIp,
            "source_port" | "src_port" | "srcport" | "spt" | "source.port" => Self::SrcPort,
            "destination_ip" | "dst_ip" | "dstip" | "dst" | "dest" | "destination.ip" => Self::DestIp,
            "destination_port" | "dst_port" | "dstport" | "dpt" | "destination.port" => Self::DestPort,
            "user_id" | "username" | "user_name" | "account" | "login" | "user.name" => Self::User,
            "hostname" | "host_name" | "computer" | "host.name" | "host.hostname" => Self::Host,
            "data_volume_bytes"
            | "bytes_sent"
            | "body_bytes_sent"
            | "response_bytes"
            | "size"
            | "http.response.body.bytes" => Self::Bytes,
            "query" | "object" | "file_path" | "path_accessed" | "command" => Self::Resource,
            "request_method" | "method" | "verb" | "http.request.method" => Self::HttpMethod,
            "uri" | "request_uri" | "path" | "url.original" | "url.path" => Self::Url,
            "http_status" | "status" | "response_code" | "http.response.status_code" => Self::StatusCode,
            "http_user_agent" | "agent" | "user_agent.original" => Self::UserAgent,
            "http_referer" | "referer" | "http.request.referrer" => Self::Referrer,
            "process_name" | "program" | "app" | "process.name" => Self::Process,
            "process_id" | "process.pid" => Self::Pid,
            "msg" | "log" | "text" => Self::Message,
            "country_code" | "geo_country" => Self::Country,
            "session" | "sid" => Self::SessionId,
            other => return overlay_by_name(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_resolve() {
        for o in OVERLAY {
            assert_eq!(overlay_by_name(o.name()), Some(*o));
            assert_eq!(Ov::from_alias(o.name()), Some(*o), "{}", o.name());
        }
        assert_eq!(Ov::from_alias("data_volume_bytes"), Some(Ov::Bytes));
        assert_eq!(Ov::from_alias("nonsense"), None);
    }
}
