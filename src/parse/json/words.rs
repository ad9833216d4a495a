//! The usual words for what happened, how it ended and how bad it is.

use smallvec::SmallVec;

use crate::event::{EventType, Outcome, Severity};

/// Longest word that is looked at.
const MAX_WORD: usize = 32;

type Word = SmallVec<[u8; MAX_WORD]>;

/// Lower case, with `_` for blanks, dashes and dots.
fn fold(text: &str) -> Option<Word> {
    if text.is_empty() || text.len() > MAX_WORD {
        return None;
    }
    Some(text.bytes().map(|b| if matches!(b, b' ' | b'-' | b'.') { b'_' } else { b.to_ascii_lowercase() }).collect())
}

/// The event type that a word stands for.
#[must_use]
pub fn event_type(text: &str) -> Option<EventType> {
    if let Some(known) = EventType::from_name(text) {
        return Some(known);
    }
    use EventType as E;
    let word = fold(text)?;
    Some(match word.as_slice() {
        b"login_failure"
        | b"failed_login"
        | b"authentication_failed"
        | b"authentication_failure"
        | b"auth_failure"
        | b"auth_failed"
        | b"logon_failed"
        | b"logon_failure"
        | b"failed_logon"
        | b"signin_failed"
        | b"invalid_login"
        | b"user_login_failed"
        | b"login_error"
        | b"ssl_login_fail" => E::LoginFailed,
        b"login"
        | b"logon"
        | b"signin"
        | b"sign_in"
        | b"log_in"
        | b"authentication"
        | b"auth"
        | b"login_attempt"
        | b"login_attempted"
        | b"auth_login"
        | b"session_login"
        | b"authenticate"
        | b"login_success"
        | b"successful_login"
        | b"authentication_success"
        | b"auth_success"
        | b"user_login"
        | b"userlogin"
        | b"userloggedin"
        | b"consolelogin"
        | b"logged_in"
        | b"logged_on"
        | b"user_authentication" => E::Login,
        b"logout" | b"logoff" | b"signout" | b"sign_out" | b"user_logout" | b"logged_out" => E::Logout,
        b"ssh_failed" | b"ssh_failed_login" | b"ssh_login_failure" => E::SshLoginFailed,
        b"ssh_accepted" | b"ssh_login_success" => E::SshLogin,
        b"http" | b"web" | b"web_request" | b"web_access" | b"http_access" | b"request" | b"access"
        | b"api_request" => E::HttpRequest,
        b"ssh" | b"smb" | b"rdp" | b"ftp" | b"ftp_data" | b"dcerpc" | b"krb5" | b"snmp" | b"tftp" | b"dhcp"
        | b"rfb" => E::Connection,
        b"dns" | b"dns_query_event" | b"dns_request" => E::DnsQuery,
        b"tls" | b"ssl" => E::Tls,
        b"flow"
        | b"netflow"
        | b"conn"
        | b"connection"
        | b"network"
        | b"network_connection"
        | b"connection_attempted"
        | b"network_flow" => E::Connection,
        b"alert" | b"ids_alert" | b"ids" | b"detection" | b"intrusion_detection" | b"malware" => E::Detection,
        b"process" | b"process_creation" | b"process_created" | b"process_started" | b"exec" | b"command_execution"
        | b"process_execution" => E::ProcessStart,
        b"process_stopped" | b"process_terminated" | b"process_exit" => E::ProcessEnd,
        b"file" | b"fileinfo" | b"file_read" | b"file_open" | b"file_write" | b"file_created" | b"file_delete"
        | b"file_modified" | b"file_download" | b"file_upload" => E::FileAccess,
        b"data_export" | b"data_download" | b"data_transfer" | b"export" | b"download" | b"data_exfiltration" => {
            E::DataAccess
        }
        b"sql" | b"query" | b"db_query" | b"sql_query" | b"database" => E::DatabaseQuery,
        b"privilege_escalation"
        | b"role_change"
        | b"role_changed"
        | b"permission_changed"
        | b"role_update"
        | b"role_updated"
        | b"user_role_changed"
        | b"user_role_updated"
        | b"role_granted"
        | b"grant_role"
        | b"role_assigned"
        | b"assign_role"
        | b"role_assignment"
        | b"add_role"
        | b"role_added"
        | b"permission_granted"
        | b"permissions_granted"
        | b"permission_grant"
        | b"grant_permission"
        | b"permission_update"
        | b"permission_updated"
        | b"permissions_updated"
        | b"privilege_change"
        | b"privilege_granted"
        | b"permissions_change"
        | b"permissions_changed"
        | b"grant" => E::PermissionChange,
        b"user_added" | b"user_create" | b"create_user" | b"createuser" | b"account_created" | b"add_user" => {
            E::UserCreated
        }
        b"user_removed" | b"user_delete" | b"delete_user" | b"deleteuser" | b"account_deleted" => E::UserDeleted,
        b"user_modified" | b"user_updated" | b"account_changed" => E::UserChanged,
        b"password_change" | b"password_reset" | b"change_password" | b"reset_password" => E::PasswordChanged,
        b"group_change" | b"group_membership_changed" | b"added_to_group" => E::GroupChanged,
        b"email_sent" | b"mail" | b"smtp" => E::Email,
        b"firewall_deny" | b"firewall_drop" | b"fw_block" => E::FirewallBlock,
        b"firewall_accept" | b"fw_allow" => E::FirewallAllow,
        b"service_started" | b"service_stopped" | b"service_start" | b"service_stop" | b"service_installed" => {
            E::ServiceChange
        }
        b"error" | b"exception" | b"system_failure" => E::SystemError,
        b"log_clear" | b"audit_log_cleared" | b"logs_cleared" => E::LogCleared,
        _ => return None,
    })
}

/// The outcome that a word stands for.
#[must_use]
pub fn outcome(text: &str) -> Option<Outcome> {
    let word = fold(text)?;
    Some(match word.as_slice() {
        b"success" | b"succeeded" | b"successful" | b"ok" | b"allowed" | b"allow" | b"accept" | b"accepted"
        | b"pass" | b"passed" | b"permit" | b"permitted" | b"granted" | b"true" | b"completed" | b"complete"
        | b"yes" => Outcome::Success,
        b"failure" | b"failed" | b"fail" | b"error" | b"denied" | b"deny" | b"blocked" | b"block" | b"reject"
        | b"rejected" | b"refused" | b"drop" | b"dropped" | b"invalid" | b"unauthorized" | b"forbidden" | b"false"
        | b"timeout" | b"no" => Outcome::Failure,
        b"unknown" => Outcome::Unknown,
        _ => return None,
    })
}

/// The severity that a word stands for.
#[must_use]
pub fn severity(text: &str) -> Option<Severity> {
    let word = fold(text)?;
    Some(match word.as_slice() {
        b"info" | b"informational" | b"information" | b"notice" | b"debug" | b"trace" | b"verbose" | b"default" => {
            Severity::Info
        }
        b"low" | b"warn" | b"warning" => Severity::Low,
        b"medium" | b"moderate" | b"error" | b"err" => Severity::Medium,
        b"high" | b"crit" | b"severe" | b"fatal" => Severity::High,
        b"critical" | b"emergency" | b"emerg" | b"panic" | b"alert" => Severity::Critical,
        _ => return None,
    })
}

/// How an event of a kind ended where nothing else says it.
#[must_use]
pub fn usual_outcome(kind: EventType) -> Outcome {
    use EventType as E;
    match kind {
        E::Login | E::SshLogin | E::SessionStart => Outcome::Success,
        E::LoginFailed | E::SshLoginFailed | E::SshInvalidUser | E::SudoFailed | E::SuFailed | E::FirewallBlock => {
            Outcome::Failure
        }
        _ => Outcome::Unknown,
    }
}

/// A log-in is named by how it ended.
#[must_use]
pub fn with_outcome(kind: EventType, outcome: Outcome) -> EventType {
    use EventType as E;
    match (kind, outcome) {
        (E::Login, Outcome::Failure) => E::LoginFailed,
        (E::SshLogin, Outcome::Failure) => E::SshLoginFailed,
        (kind, _) => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(event_type("ssh_login_failed"), Some(EventType::SshLoginFailed));
        assert_eq!(event_type("Failed Login"), Some(EventType::LoginFailed));
        assert_eq!(event_type("auth.login"), Some(EventType::Login));
        assert_eq!(event_type("who knows"), None);
        assert_eq!((outcome("DENIED"), outcome("42")), (Some(Outcome::Failure), None));
        assert_eq!(severity("Warning"), Some(Severity::Low));
        assert_eq!(with_outcome(EventType::Login, Outcome::Failure), EventType::LoginFailed);
        assert_eq!(event_type(&"x".repeat(500)), None);
    }
}
