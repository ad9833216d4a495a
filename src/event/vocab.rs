//! Closed vocabularies: event type, outcome, severity; and what makes any of
//! them, here and in the store: one list of variants and their names.

/// An enum whose values have fixed names, for people, files and databases alike.
macro_rules! vocab {
    ($(#[$doc:meta])* $name:ident, default $default:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* #[doc = concat!("`", $text, "`")] $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name used in rules, queries and outputs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of that name (exact, lower case).
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl Default for $name {
            fn default() -> Self { Self::$default }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.pad(self.as_str()) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let name = String::deserialize(d)?;
                Self::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!(
                    concat!("unknown ", stringify!($name), " '{}'"), name)))
            }
        }
    };
}
pub(crate) use vocab;

vocab! {
    /// What happened, in the product's vocabulary.
    EventType, default Other {
        SshLoginFailed = "ssh_login_failed",
        SshLogin = "ssh_login",
        SshInvalidUser = "ssh_invalid_user",
        SshDisconnect = "ssh_disconnect",
        LoginFailed = "login_failed",
        Login = "login",
        Logout = "logout",
        SessionStart = "session_start",
        SessionEnd = "session_end",
        Sudo = "sudo",
        SudoFailed = "sudo_failed",
        Su = "su",
        SuFailed = "su_failed",
        PermissionChange = "permission_change",
        UserCreated = "user_created",
        UserDeleted = "user_deleted",
        UserChanged = "user_changed",
        GroupChanged = "group_changed",
        PasswordChanged = "password_changed",
        HttpRequest = "http_request",
        HttpError = "http_error",
        DatabaseQuery = "database_query",
        DataAccess = "data_access",
        FileAccess = "file_access",
        Email = "email",
        Connection = "connection",
        FirewallBlock = "firewall_block",
        FirewallAllow = "firewall_allow",
        DnsQuery = "dns_query",
        Tls = "tls",
        ProcessStart = "process_start",
        ProcessEnd = "process_end",
        ServiceChange = "service_change",
        ScheduledTask = "scheduled_task",
        LogCleared = "log_cleared",
        OutOfMemory = "out_of_memory",
        DiskFull = "disk_full",
        KernelPanic = "kernel_panic",
        ServiceCrash = "service_crash",
        SystemError = "system_error",
        Detection = "detection",
        CloudApi = "cloud_api",
        Other = "other",
    }
}

vocab! {
    /// How the act that the event reports ended.
    Outcome, default Unknown {
        Success = "success",
        Failure = "failure",
        Unknown = "unknown",
    }
}

vocab! {
    /// Severity of an event or an alert; ordered.
    Severity, default Info {
        Info = "info",
        Low = "low",
        Medium = "medium",
        High = "high",
        Critical = "critical",
    }
}

impl Severity {
    /// What an event of a kind weighs where its source does not say: what was
    /// refused to somebody is medium, what changes who may do what is low, what
    /// ends all record of it is high. Routine is information.
    #[must_use]
    pub const fn usual(kind: EventType, outcome: Outcome) -> Self {
        use EventType as E;
        match kind {
            E::LogCleared | E::KernelPanic => Self::High,
            E::SshLoginFailed
            | E::SshInvalidUser
            | E::LoginFailed
            | E::SudoFailed
            | E::SuFailed
            | E::OutOfMemory
            | E::DiskFull
            | E::ServiceCrash
            | E::Detection => Self::Medium,
            E::UserCreated
            | E::UserDeleted
            | E::UserChanged
            | E::GroupChanged
            | E::PasswordChanged
            | E::PermissionChange
            | E::FirewallBlock
            | E::HttpError
            | E::SystemError => Self::Low,
            E::Login | E::SshLogin | E::Sudo | E::Su if matches!(outcome, Outcome::Failure) => Self::Medium,
            E::DataAccess | E::FileAccess | E::DatabaseQuery | E::CloudApi if matches!(outcome, Outcome::Failure) => {
                Self::Low
            }
            _ => Self::Info,
        }
    }

    /// Severity of a Sigma `level` (`informational` is `info`).
    #[must_use]
    pub fn from_sigma_level(level: &str) -> Option<Self> {
        match level {
            "informational" => Some(Self::Info),
            other => Self::from_name(other),
        }
    }

    /// One letter that tells severities apart without colour.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Info => '·',
            Self::Low => 'L',
            Self::Medium => 'M',
            Self::High => 'H',
            Self::Critical => 'C',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for t in EventType::ALL {
            assert_eq!(EventType::from_name(t.as_str()), Some(*t));
        }
        assert_eq!(Severity::from_sigma_level("informational"), Some(Severity::Info));
        assert!(Severity::High > Severity::Medium);
    }
}
