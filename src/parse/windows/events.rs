//! Tables: channels, Sysmon's categories, and what the event ids mean.

use crate::event::{EventType, Outcome};
use crate::parse::json::Key;

/// Logs whose event ids are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Security,
    System,
    Application,
    Sysmon,
    PowerShell,
    PowerShellClassic,
    TaskScheduler,
    Defender,
    TerminalServices,
    OpenSsh,
    WinRm,
    Wmi,
    DnsServer,
    DnsClient,
    Firewall,
    Bits,
    CodeIntegrity,
    AppLocker,
    DriverFramework,
    Ntlm,
    PrintAdmin,
    PrintOperational,
    SmbServer,
    SmbClient,
    Ldap,
    Other,
}

impl Kind {
    /// Every log.
    const ALL: [Self; 26] = [
        Self::Security,
        Self::System,
        Self::Application,
        Self::Sysmon,
        Self::PowerShell,
        Self::PowerShellClassic,
        Self::TaskScheduler,
        Self::Defender,
        Self::TerminalServices,
        Self::OpenSsh,
        Self::WinRm,
        Self::Wmi,
        Self::DnsServer,
        Self::DnsClient,
        Self::Firewall,
        Self::Bits,
        Self::CodeIntegrity,
        Self::AppLocker,
        Self::DriverFramework,
        Self::Ntlm,
        Self::PrintAdmin,
        Self::PrintOperational,
        Self::SmbServer,
        Self::SmbClient,
        Self::Ldap,
        Self::Other,
    ];

    /// From the channel; from the provider where there is no channel.
    pub fn of(channel: &str, provider: &str) -> Self {
        match channel {
            "Security" => Self::Security,
            "System" => Self::System,
            "Application" => Self::Application,
            "Microsoft-Windows-Sysmon/Operational" | "Linux-Sysmon/Operational" => Self::Sysmon,
            "Microsoft-Windows-PowerShell/Operational" | "PowerShellCore/Operational" => Self::PowerShell,
            "Windows PowerShell" => Self::PowerShellClassic,
            "Microsoft-Windows-TaskScheduler/Operational" => Self::TaskScheduler,
            "Microsoft-Windows-Windows Defender/Operational" => Self::Defender,
            "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational" => Self::TerminalServices,
            "OpenSSH/Operational" => Self::OpenSsh,
            "Microsoft-Windows-WinRM/Operational" => Self::WinRm,
            "Microsoft-Windows-WMI-Activity/Operational" => Self::Wmi,
            "DNS Server" => Self::DnsServer,
            "Microsoft-Windows-DNS Client Events/Operational" => Self::DnsClient,
            "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall" => Self::Firewall,
            "Microsoft-Windows-Bits-Client/Operational" => Self::Bits,
            "Microsoft-Windows-CodeIntegrity/Operational" => Self::CodeIntegrity,
            "Microsoft-Windows-AppLocker/EXE and DLL"
            | "Microsoft-Windows-AppLocker/MSI and Script"
            | "Microsoft-Windows-AppLocker/Packaged app-Deployment"
            | "Microsoft-Windows-AppLocker/Packaged app-Execution" => Self::AppLocker,
            "Microsoft-Windows-DriverFrameworks-UserMode/Operational" => Self::DriverFramework,
            "Microsoft-Windows-NTLM/Operational" => Self::Ntlm,
            "Microsoft-Windows-PrintService/Admin" => Self::PrintAdmin,
            "Microsoft-Windows-PrintService/Operational" => Self::PrintOperational,
            "Microsoft-Windows-SmbClient/Security" | "Microsoft-Windows-SmbClient/Connectivity" => Self::SmbClient,
            "Microsoft-Windows-SMBServer/Security" => Self::SmbServer,
            "Microsoft-Windows-LDAP-Client/Debug" => Self::Ldap,
            "" => match provider {
                "Microsoft-Windows-Security-Auditing" => Self::Security,
                "Microsoft-Windows-Sysmon" => Self::Sysmon,
                "Service Control Manager" => Self::System,
                "Microsoft-Windows-PowerShell" => Self::PowerShell,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }

    /// Sigma's `service`.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::System => "system",
            Self::Application => "application",
            Self::Sysmon => "sysmon",
            Self::PowerShell => "powershell",
            Self::PowerShellClassic => "powershell-classic",
            Self::TaskScheduler => "taskscheduler",
            Self::Defender => "windefend",
            Self::TerminalServices => "terminalservices-localsessionmanager",
            Self::OpenSsh => "openssh",
            Self::WinRm => "winrm",
            Self::Wmi => "wmi",
            Self::DnsServer => "dns-server",
            Self::DnsClient => "dns-client",
            Self::Firewall => "firewall-as",
            Self::Bits => "bits-client",
            Self::CodeIntegrity => "codeintegrity-operational",
            Self::AppLocker => "applocker",
            Self::DriverFramework => "driver-framework",
            Self::Ntlm => "ntlm",
            Self::PrintAdmin => "printservice-admin",
            Self::PrintOperational => "printservice-operational",
            Self::SmbServer => "smbserver-security",
            Self::SmbClient => "smbclient-security",
            Self::Ldap => "ldap",
            Self::Other => "",
        }
    }
}

/// Sigma's `category`.
pub const fn category(kind: Kind, id: u32) -> &'static str {
    match (kind, id) {
        (Kind::Sysmon, 1) | (Kind::Security, 4688) => "process_creation",
        (Kind::Sysmon, 2) => "file_change",
        (Kind::Sysmon, 3) => "network_connection",
        (Kind::Sysmon, 4 | 16) => "sysmon_status",
        (Kind::Sysmon, 5) => "process_termination",
        (Kind::Sysmon, 6) => "driver_load",
        (Kind::Sysmon, 7) => "image_load",
        (Kind::Sysmon, 8) => "create_remote_thread",
        (Kind::Sysmon, 9) => "raw_access_thread",
        (Kind::Sysmon, 10) => "process_access",
        (Kind::Sysmon, 11) => "file_event",
        (Kind::Sysmon, 12) => "registry_event",
        (Kind::Sysmon, 13) => "registry_set",
        (Kind::Sysmon, 14) => "registry_rename",
        (Kind::Sysmon, 15) => "create_stream_hash",
        (Kind::Sysmon, 17 | 18) => "pipe_created",
        (Kind::Sysmon, 19..=21) => "wmi_event",
        (Kind::Sysmon, 22) => "dns_query",
        (Kind::Sysmon, 23 | 26) => "file_delete",
        (Kind::Sysmon, 24) => "clipboard_capture",
        (Kind::Sysmon, 25) => "process_tampering",
        (Kind::Sysmon, 27) => "file_block_executable",
        (Kind::Sysmon, 255) => "sysmon_error",
        (Kind::PowerShell, 4103) => "ps_module",
        (Kind::PowerShell, 4104) => "ps_script",
        (Kind::PowerShellClassic, 400) => "ps_classic_start",
        (Kind::PowerShellClassic, 600) => "ps_classic_provider_start",
        _ => "",
    }
}

/// Highest event id that has a category.
const LAST_ID: u32 = 5_000;

/// Category of Sysmon's event about a registry object, by what was done to it.
pub fn registry_object(event_type: &str) -> &'static str {
    match event_type {
        "CreateKey" => "registry_add",
        "DeleteKey" | "DeleteValue" => "registry_delete",
        _ => category(Kind::Sysmon, 12),
    }
}

/// Category and service of all events that are known.
pub fn logsources() -> Vec<(&'static str, &'static str)> {
    let mut out: Vec<_> = Kind::ALL.iter().map(|k| ("", k.service())).collect();
    for kind in Kind::ALL {
        if kind == Kind::Sysmon {
            out.extend(["CreateKey", "DeleteKey"].map(|t| (registry_object(t), kind.service())));
        }
        out.extend((0..=LAST_ID).map(|id| (category(kind, id), kind.service())).filter(|l| !l.0.is_empty()));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Event ids of the events of a category; none where it is not known.
pub fn category_ids(wanted: &str) -> Vec<u32> {
    // What a registry event is called depends on what was done.
    let registry = |id: u32| match wanted {
        "registry_add" | "registry_delete" => id == 12,
        "registry_event" => (12..=14).contains(&id),
        _ => false,
    };
    let has = |id: &u32| Kind::ALL.iter().any(|k| category(*k, *id) == wanted || (*k == Kind::Sysmon && registry(*id)));
    if wanted.is_empty() { Vec::new() } else { (0..=LAST_ID).filter(has).collect() }
}

/// Whose name the event's `user` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// The account that logs in.
    Target,
    /// The account that acts on another.
    Subject,
}

/// What an event id means.
#[derive(Debug)]
pub struct Known {
    pub event_type: EventType,
    /// `None`: its status field tells.
    pub outcome: Option<Outcome>,
    pub user: User,
    /// Fields that name the thing acted upon, best first.
    pub resource: &'static [Key],
    /// A few words for people.
    pub what: &'static str,
}

const fn k(
    event_type: EventType,
    outcome: Option<Outcome>,
    user: User,
    resource: &'static [Key],
    what: &'static str,
) -> Known {
    Known { event_type, outcome, user, resource, what }
}

const OK: Option<Outcome> = Some(Outcome::Success);
const FAIL: Option<Outcome> = Some(Outcome::Failure);
const UNKNOWN: Option<Outcome> = Some(Outcome::Unknown);
const FILES: &[Key] = &[Key::ObjectName, Key::ShareName, Key::TargetFilename];

static NOTHING: Known = k(
    EventType::Other,
    UNKNOWN,
    User::Subject,
    &[Key::CommandLine, Key::TargetFilename, Key::TargetObject, Key::ObjectName, Key::ServiceName],
    "",
);

/// Sorted by id within a log.
static SECURITY: &[(u32, Known)] = &[
    (1102, k(EventType::LogCleared, OK, User::Subject, &[Key::Channel], "audit log cleared")),
    (4624, k(EventType::Login, OK, User::Target, &[], "log-on")),
    (4625, k(EventType::LoginFailed, FAIL, User::Target, &[], "log-on failed")),
    (4634, k(EventType::Logout, OK, User::Target, &[], "log-off")),
    (4647, k(EventType::Logout, OK, User::Target, &[], "log-off by user")),
    (4648, k(EventType::Login, UNKNOWN, User::Subject, &[], "log-on with explicit credentials")),
    (4656, k(EventType::FileAccess, UNKNOWN, User::Subject, FILES, "handle to an object requested")),
    (4657, k(EventType::Other, OK, User::Subject, &[Key::ObjectName], "registry value modified")),
    (4663, k(EventType::FileAccess, OK, User::Subject, FILES, "object accessed")),
    (4672, k(EventType::SessionStart, OK, User::Subject, &[], "special privileges assigned")),
    (4688, k(EventType::ProcessStart, OK, User::Subject, &[Key::CommandLine, Key::Image], "process started")),
    (4689, k(EventType::ProcessEnd, OK, User::Subject, &[Key::ProcessName], "process ended")),
    (4697, k(EventType::ServiceChange, OK, User::Subject, &[Key::ServiceName], "service installed")),
    (4698, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "scheduled task created")),
    (4699, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "scheduled task deleted")),
    (4700, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "scheduled task enabled")),
    (4701, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "scheduled task disabled")),
    (4702, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "scheduled task updated")),
    (4704, k(EventType::PermissionChange, OK, User::Subject, &[], "user right assigned")),
    (4719, k(EventType::PermissionChange, OK, User::Subject, &[], "audit policy changed")),
    (4720, k(EventType::UserCreated, OK, User::Subject, &[], "account created")),
    (4722, k(EventType::UserChanged, OK, User::Subject, &[], "account enabled")),
    (4723, k(EventType::PasswordChanged, OK, User::Subject, &[], "password change")),
    (4724, k(EventType::PasswordChanged, OK, User::Subject, &[], "password reset")),
    (4725, k(EventType::UserChanged, OK, User::Subject, &[], "account disabled")),
    (4726, k(EventType::UserDeleted, OK, User::Subject, &[], "account deleted")),
    (4728, k(EventType::GroupChanged, OK, User::Subject, &[Key::TargetUserName], "member added to global group")),
    (4729, k(EventType::GroupChanged, OK, User::Subject, &[Key::TargetUserName], "member removed from global group")),
    (4732, k(EventType::GroupChanged, OK, User::Subject, &[Key::TargetUserName], "member added to local group")),
    (4733, k(EventType::GroupChanged, OK, User::Subject, &[Key::TargetUserName], "member removed from local group")),
    (4738, k(EventType::UserChanged, OK, User::Subject, &[], "account changed")),
    (4740, k(EventType::UserChanged, OK, User::Target, &[], "account locked out")),
    (4756, k(EventType::GroupChanged, OK, User::Subject, &[Key::TargetUserName], "member added to universal group")),
    (4768, k(EventType::Login, None, User::Target, &[Key::ServiceName], "Kerberos ticket-granting ticket")),
    (4769, k(EventType::Login, None, User::Target, &[Key::ServiceName], "Kerberos service ticket")),
    (4771, k(EventType::LoginFailed, FAIL, User::Target, &[Key::ServiceName], "Kerberos pre-authentication failed")),
    (4776, k(EventType::Login, None, User::Target, &[], "credentials validated")),
    (4778, k(EventType::SessionStart, OK, User::Target, &[], "session reconnected")),
    (4779, k(EventType::SessionEnd, OK, User::Target, &[], "session disconnected")),
    (4798, k(EventType::Other, OK, User::Subject, &[], "group membership enumerated")),
    (5140, k(EventType::FileAccess, OK, User::Subject, FILES, "network share accessed")),
    (5145, k(EventType::FileAccess, UNKNOWN, User::Subject, FILES, "network share object checked")),
    (5156, k(EventType::Connection, OK, User::Subject, &[], "connection allowed")),
    (5157, k(EventType::FirewallBlock, FAIL, User::Subject, &[], "connection blocked")),
];

static SYSMON: &[(u32, Known)] = &[
    (1, k(EventType::ProcessStart, OK, User::Subject, &[Key::CommandLine], "process started")),
    (2, k(EventType::FileAccess, OK, User::Subject, FILES, "file creation time changed")),
    (3, k(EventType::Connection, OK, User::Subject, &[], "network connection")),
    (4, k(EventType::ServiceChange, OK, User::Subject, &[], "Sysmon state changed")),
    (5, k(EventType::ProcessEnd, OK, User::Subject, &[], "process ended")),
    (6, k(EventType::Other, OK, User::Subject, &[Key::ImageLoaded], "driver loaded")),
    (7, k(EventType::Other, OK, User::Subject, &[Key::ImageLoaded], "image loaded")),
    (8, k(EventType::Other, OK, User::Subject, &[Key::TargetImage], "remote thread created")),
    (10, k(EventType::Other, OK, User::Subject, &[Key::TargetImage], "process accessed")),
    (11, k(EventType::FileAccess, OK, User::Subject, FILES, "file created")),
    (12, k(EventType::Other, OK, User::Subject, &[Key::TargetObject], "registry object created or deleted")),
    (13, k(EventType::Other, OK, User::Subject, &[Key::TargetObject], "registry value set")),
    (14, k(EventType::Other, OK, User::Subject, &[Key::TargetObject], "registry object renamed")),
    (15, k(EventType::FileAccess, OK, User::Subject, FILES, "file stream created")),
    (17, k(EventType::Other, OK, User::Subject, &[Key::PipeName], "pipe created")),
    (18, k(EventType::Other, OK, User::Subject, &[Key::PipeName], "pipe connected")),
    (22, k(EventType::DnsQuery, OK, User::Subject, &[Key::QueryName], "DNS query")),
    (23, k(EventType::FileAccess, OK, User::Subject, FILES, "file deleted")),
    (26, k(EventType::FileAccess, OK, User::Subject, FILES, "file delete detected")),
];

static SYSTEM: &[(u32, Known)] = &[
    (104, k(EventType::LogCleared, OK, User::Subject, &[Key::Channel], "event log cleared")),
    (7000, k(EventType::ServiceChange, FAIL, User::Subject, &[Key::ServiceName], "service failed to start")),
    (7009, k(EventType::ServiceChange, FAIL, User::Subject, &[Key::ServiceName], "service did not start in time")),
    (7034, k(EventType::ServiceCrash, FAIL, User::Subject, &[Key::ServiceName], "service ended unexpectedly")),
    (7036, k(EventType::ServiceChange, OK, User::Subject, &[Key::ServiceName], "service state changed")),
    (7040, k(EventType::ServiceChange, OK, User::Subject, &[Key::ServiceName], "service start type changed")),
    (7045, k(EventType::ServiceChange, OK, User::Subject, &[Key::ServiceName], "service installed")),
];

static POWERSHELL: &[(u32, Known)] = &[
    (4103, k(EventType::ProcessStart, OK, User::Subject, &[Key::Payload], "PowerShell module")),
    (4104, k(EventType::ProcessStart, OK, User::Subject, &[], "PowerShell script block")),
];

static DEFENDER: &[(u32, Known)] = &[
    (1006, k(EventType::Detection, UNKNOWN, User::Subject, &[Key::ThreatName], "malware found")),
    (1007, k(EventType::Detection, UNKNOWN, User::Subject, &[Key::ThreatName], "malware acted upon")),
    (1116, k(EventType::Detection, UNKNOWN, User::Subject, &[Key::ThreatName], "malware detected")),
    (1117, k(EventType::Detection, UNKNOWN, User::Subject, &[Key::ThreatName], "malware acted upon")),
    (5001, k(EventType::ServiceChange, OK, User::Subject, &[], "real-time protection disabled")),
];

static TASKS: &[(u32, Known)] = &[
    (106, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "task registered")),
    (140, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "task updated")),
    (141, k(EventType::ScheduledTask, OK, User::Subject, &[Key::TaskName], "task deleted")),
];

/// What an event of a log means; [`NOTHING`] for all others.
pub fn known(kind: Kind, id: u32) -> &'static Known {
    let table = match kind {
        Kind::Security => SECURITY,
        Kind::Sysmon => SYSMON,
        Kind::System => SYSTEM,
        Kind::PowerShell => POWERSHELL,
        Kind::Defender => DEFENDER,
        Kind::TaskScheduler => TASKS,
        _ => &[],
    };
    table.binary_search_by_key(&id, |(id, _)| *id).ok().and_then(|at| table.get(at)).map_or(&NOTHING, |(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        for table in [SECURITY, SYSMON, SYSTEM, POWERSHELL, DEFENDER, TASKS] {
            assert!(table.windows(2).all(|w| w[0].0 < w[1].0));
        }
    }
}
