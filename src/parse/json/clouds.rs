//! Audit logs of clouds and hosted services: which one a document is of, how
//! it ended, and the names that rules use for values that stand elsewhere.

use smallvec::SmallVec;

use super::default_span;
use super::doc::Doc;
use super::names::Key;
use super::nested::Nested;
use super::words;
use super::zeek::field;
use crate::event::{Draft, EventType, FieldId, Logsource, Outcome, Ov, Schema, Span, Sym, ValueKind};

macro_rules! sources {
    ($($name:ident = ($product:literal, $category:literal, $service:literal);)+) => {
        /// Logsources of these logs.
        #[derive(Debug, Clone, Default)]
        pub struct Sources { $($name: Logsource,)+ nested: Nested }

        impl Sources {
            pub(super) fn new(schema: &Schema) -> Self {
                Self { $($name: schema.logsource($product, $category, $service),)+ nested: Nested::new(schema) }
            }
        }
    };
}

sources! {
    cloudtrail = ("aws", "", "cloudtrail");
    gcp = ("gcp", "", "gcp.audit");
    workspace_admin = ("gcp", "", "google_workspace.admin");
    workspace_login = ("gcp", "", "google_workspace.login");
    activity = ("azure", "", "activitylogs");
    signin = ("azure", "", "signinlogs");
    audit = ("azure", "", "auditlogs");
    risk = ("azure", "", "riskdetection");
    pim = ("azure", "", "pim");
    m365 = ("m365", "", "audit");
    threats = ("m365", "", "threat_management");
    exchange = ("m365", "", "exchange");
    okta = ("okta", "", "okta");
    github = ("github", "", "audit");
    kubernetes = ("kubernetes", "application", "audit");
    bitbucket = ("bitbucket", "", "audit");
}

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    CloudTrail,
    Gcp,
    Activity,
    SignIn,
    Audit,
    Risk,
    M365,
    Okta,
    Github,
    Kubernetes,
    Bitbucket,
}

fn log_of(doc: &Doc, d: &Draft<'_>) -> Option<Log> {
    if doc.has(Key::CloudName) {
        let source = doc.text(d, Key::CloudSource);
        if source.ends_with(".amazonaws.com") {
            return Some(Log::CloudTrail);
        }
        if source.ends_with(".googleapis.com") || doc.has(Key::GcpMethod) {
            return Some(Log::Gcp);
        }
    }
    if doc.has(Key::OktaActor) && doc.has(Key::OktaEvent) && doc.has(Key::OktaPublished) {
        return Some(Log::Okta);
    }
    if doc.has(Key::AuditType) {
        return Some(Log::Bitbucket);
    }
    if doc.has(Key::KubeVerb) && doc.has(Key::KubeAudit) {
        return Some(Log::Kubernetes);
    }
    if doc.has(Key::RiskEvent) {
        return Some(Log::Risk);
    }
    let category = doc.text(d, Key::Category);
    if category.ends_with("SignInLogs") || doc.has(Key::SignInApp) && doc.has(Key::Principal) {
        return Some(Log::SignIn);
    }
    if category == "AuditLogs" || doc.has(Key::AuditActivity) {
        return Some(Log::Audit);
    }
    let verb = doc.text(d, Key::GithubAction);
    if verb.contains('.') && doc.has(Key::GithubActor) && doc.has(Key::GithubPlace) {
        return Some(Log::Github);
    }
    if !doc.has(Key::CloudName) {
        return None;
    }
    let source = doc.text(d, Key::CloudSource);
    if doc.has(Key::M365Id) || doc.has(Key::M365Workload) {
        return Some(Log::M365);
    }
    let azure = |s: &str| s.get(..10).is_some_and(|s| s.eq_ignore_ascii_case("microsoft."));
    if azure(source) || azure(doc.text(d, Key::CloudName)) || doc.has(Key::AzureCorrelation) {
        return Some(Log::Activity);
    }
    (doc.has(Key::CloudSource) || doc.has(Key::CloudStatus)).then_some(Log::M365)
}

/// Fills overlay and logsource; false where it is none of these logs.
pub(super) fn apply(doc: &Doc, sources: &Sources, d: &mut Draft<'_>) -> bool {
    let Some(log) = log_of(doc, d) else { return false };
    d.rec.logsource = logsource(log, doc, sources, d);
    let name = match log {
        Log::Okta => doc.key(d, Key::OktaEvent),
        Log::Github => doc.key(d, Key::GithubAction),
        Log::Audit => doc.key(d, Key::AuditActivity),
        Log::Risk => doc.key(d, Key::RiskEvent),
        Log::Kubernetes => doc.key(d, Key::KubeVerb),
        Log::Bitbucket => doc.key(d, Key::AuditType),
        _ => doc.key(d, Key::CloudName),
    };
    outcome(log, doc, d);
    kind(log, name, d);
    for ov in [Ov::Resource, Ov::Message] {
        default_span(d, ov, name);
    }
    let source = doc.key(d, Key::CloudSource);
    default_span(d, Ov::Source, source);
    aliases(log, sources, d);
    true
}

fn logsource(log: Log, doc: &Doc, s: &Sources, d: &Draft<'_>) -> Logsource {
    match log {
        Log::CloudTrail => s.cloudtrail,
        Log::Gcp => match doc.text(d, Key::CloudSource) {
            "admin.googleapis.com" => s.workspace_admin,
            "login.googleapis.com" => s.workspace_login,
            _ => s.gcp,
        },
        Log::Activity => s.activity,
        Log::SignIn => s.signin,
        Log::Audit => s.audit,
        Log::Risk if doc.text(d, Key::RiskEvent).ends_with("AlertIncident") => s.pim,
        Log::Risk => s.risk,
        Log::M365 if doc.text(d, Key::M365Workload) == "SecurityComplianceCenter" => s.threats,
        Log::M365 if doc.text(d, Key::M365Workload) == "Exchange" && s.exchange.service != Sym::OTHER => s.exchange,
        Log::M365 => s.m365,
        Log::Okta => s.okta,
        Log::Github => s.github,
        Log::Kubernetes => s.kubernetes,
        Log::Bitbucket => s.bitbucket,
    }
}

fn outcome(log: Log, doc: &Doc, d: &mut Draft<'_>) {
    let status = doc.text(d, Key::CloudStatus);
    let named = words::outcome(status);
    d.rec.outcome = match log {
        _ if doc.has(Key::CloudError) => Outcome::Failure,
        Log::CloudTrail | Log::Gcp => named.unwrap_or(Outcome::Success),
        // Codes: zero is success.
        Log::SignIn => match doc.text(d, Key::SignInCode) {
            "0" => Outcome::Success,
            "" => named.unwrap_or(d.rec.outcome),
            _ => Outcome::Failure,
        },
        Log::Kubernetes => match doc.text(d, Key::KubeCode).as_bytes().first() {
            Some(b'1'..=b'3') => Outcome::Success,
            Some(b'4' | b'5') => Outcome::Failure,
            _ => Outcome::Unknown,
        },
        Log::Github | Log::Bitbucket => Outcome::Success,
        Log::Okta => match doc.text(d, Key::OktaResult) {
            "SUCCESS" | "ALLOW" => Outcome::Success,
            "FAILURE" | "DENY" => Outcome::Failure,
            _ => Outcome::Unknown,
        },
        _ => named.unwrap_or(d.rec.outcome),
    };
}

fn kind(log: Log, name: Span, d: &mut Draft<'_>) {
    let text = d.value(name);
    let kind = match log {
        Log::SignIn => EventType::Login,
        Log::Risk => EventType::Detection,
        Log::Okta => match text {
            "user.session.start" | "user.authentication.auth_via_mfa" | "user.authentication.sso" => EventType::Login,
            "user.session.end" => EventType::Logout,
            "user.lifecycle.create" => EventType::UserCreated,
            "user.lifecycle.delete.completed" => EventType::UserDeleted,
            "user.account.update_password" | "user.account.reset_password" => EventType::PasswordChanged,
            "group.user_membership.add" | "group.user_membership.remove" => EventType::GroupChanged,
            _ => EventType::CloudApi,
        },
        _ if matches!(d.rec.event_type, EventType::Login | EventType::LoginFailed) => EventType::Login,
        _ => match text {
            "ConsoleLogin" | "UserLoggedIn" | "google.login.LoginService.loginSuccess" => EventType::Login,
            "UserLoginFailed" | "google.login.LoginService.loginFailure" => EventType::LoginFailed,
            "Add user" | "Add user." | "org.add_member" => EventType::UserCreated,
            "Delete user" | "Delete user." | "org.remove_member" => EventType::UserDeleted,
            _ => EventType::CloudApi,
        },
    };
    d.rec.event_type = words::with_outcome(kind, d.rec.outcome);
    if kind == EventType::LoginFailed {
        d.rec.outcome = Outcome::Failure;
    }
}

/// Names of rules, and the names that the value may have in one of the forms
/// in which a log is handed out; the first that there is counts.
type Alias = (&'static str, &'static [&'static str]);

const GCP: &[Alias] = &[
    ("gcp.audit.method_name", &["protoPayload.methodName"]),
    ("gcp.audit.service_name", &["protoPayload.serviceName"]),
    ("gcp.audit.resource_name", &["protoPayload.resourceName"]),
    ("data.protoPayload.serviceName", &["protoPayload.serviceName"]),
    ("protoPayload.Servicename", &["protoPayload.serviceName"]),
    ("data.protoPayload.resourceName", &["protoPayload.resourceName"]),
    ("data.protoPayload.resource.type", &["protoPayload.resource.type", "resource.type"]),
    ("data.protoPayload.methodName", &["protoPayload.methodName"]),
    ("data.protoPayload.logName", &["logName"]),
    ("data.protoPayload.authorizationInfo.permission", &["protoPayload.authorizationInfo.permission"]),
    ("data.protoPayload.authorizationInfo.granted", &["protoPayload.authorizationInfo.granted"]),
    ("eventService", &["protoPayload.serviceName"]),
    ("eventName", &["protoPayload.metadata.event.eventName"]),
];

const ACTIVITY: &[Alias] = &[
    ("operationName", &["operationName.value", "operation_name.value", "OperationNameValue"]),
    ("OperationNameValue", &["operationName.value", "operation_name.value", "operationName"]),
    ("CategoryValue", &["category.value", "category"]),
    ("ResourceProviderValue", &["resourceProviderName.value", "resource_provider_name.value"]),
    ("ResourceId", &["resourceId", "resource_id"]),
];

const SIGNIN: &[Alias] = &[
    ("ResultType", &["resultType", "status.errorCode", "properties.status.errorCode"]),
    ("ResultDescription", &["resultDescription", "status.failureReason", "properties.status.failureReason"]),
    ("AuthenticationRequirement", &["authenticationRequirement", "properties.authenticationRequirement"]),
    ("conditionalAccessStatus", &["ConditionalAccessStatus", "properties.conditionalAccessStatus"]),
    ("RiskState", &["riskState", "properties.riskState"]),
    ("ResourceDisplayName", &["resourceDisplayName", "properties.resourceDisplayName"]),
    ("userAgent", &["UserAgent", "properties.userAgent"]),
    ("ClientApp", &["clientAppUsed", "properties.clientAppUsed", "ClientAppUsed"]),
    ("Username", &["userPrincipalName", "properties.userPrincipalName", "UserPrincipalName"]),
    ("DeviceDetail.isCompliant", &["deviceDetail.isCompliant", "properties.deviceDetail.isCompliant"]),
    ("DeviceDetail.deviceId", &["deviceDetail.deviceId", "properties.deviceDetail.deviceId"]),
    ("DeviceDetail.trusttype", &["deviceDetail.trustType", "properties.deviceDetail.trustType"]),
    (
        "NetworkLocationDetails",
        &["networkLocationDetails.networkType", "properties.networkLocationDetails.networkType"],
    ),
    ("properties.message", &["authenticationProtocol", "properties.authenticationProtocol"]),
];

const AUDIT: &[Alias] = &[
    ("LoggedByService", &["loggedByService", "properties.loggedByService"]),
    ("Category", &["properties.category", "category"]),
    ("OperationName", &["activityDisplayName", "properties.activityDisplayName", "operationName"]),
    ("operationName", &["activityDisplayName", "properties.activityDisplayName", "OperationName"]),
    ("ActivityDisplayName", &["activityDisplayName", "properties.activityDisplayName", "OperationName"]),
    ("properties.message", &["activityDisplayName", "properties.activityDisplayName", "OperationName"]),
    ("Status", &["result", "properties.result", "Result"]),
];

const RISK: &[Alias] = &[("riskEventType", &["properties.riskEventType", "RiskEventType"])];

const M365: &[Alias] =
    &[("eventSource", &["Workload"]), ("eventName", &["Name", "AlertName", "Operation"]), ("Payload", &["Parameters"])];

/// Adds fields under the names that rules use, where there are none.
fn aliases(log: Log, sources: &Sources, d: &mut Draft<'_>) {
    let table: &[Alias] = match log {
        Log::Gcp => GCP,
        Log::Activity => ACTIVITY,
        Log::SignIn => SIGNIN,
        Log::Audit => AUDIT,
        Log::Risk => RISK,
        Log::M365 => M365,
        _ => return,
    };
    for (name, others) in table {
        // A name that no rule asks for need not be there.
        if d.schema.field(name) == FieldId::UNKNOWN || field(d, name).is_some() {
            continue;
        }
        for other in *others {
            if copy_all(d, other, name) {
                break;
            }
        }
    }
    match log {
        Log::SignIn => word(d, "Status", d.rec.outcome),
        Log::Gcp => log_id(d),
        Log::Audit => sources.nested.copy(d),
        Log::M365 => {
            word(d, "status", d.rec.outcome);
            if d.schema.field("Parameters") != FieldId::UNKNOWN {
                for part in ["Parameters.Name", "Parameters.Value"] {
                    copy_all(d, part, "Parameters");
                }
            }
            if d.schema.field("OperationProperties") != FieldId::UNKNOWN {
                for part in ["OperationProperties.Name", "OperationProperties.Value"] {
                    copy_all(d, part, "OperationProperties");
                }
            }
        }
        _ => {}
    }
}

/// All values of one name under another; whether there was one.
fn copy_all(d: &mut Draft<'_>, from: &str, to: &str) -> bool {
    let id = d.schema.field(from);
    let values: SmallVec<[(Span, ValueKind); 8]> = (d.fields().iter())
        .filter(|f| f.id == id && (id != FieldId::UNKNOWN || d.value(f.name) == from))
        .take(256)
        .map(|f| (f.value, f.kind))
        .collect();
    for (value, kind) in &values {
        d.span_field(to, *value, *kind);
    }
    if values.len() > 1 {
        d.mark_last(values.len());
    }
    !values.is_empty()
}

/// Rules name a log by its id alone, records with the project before it.
fn log_id(d: &mut Draft<'_>) {
    const NAME: &str = "data.protoPayload.logName";
    if d.schema.field(NAME) == FieldId::UNKNOWN {
        return;
    }
    let whole = d.value(field(d, NAME));
    if let Some((_, id)) = whole.split_once("/logs/") {
        let id = id.to_owned();
        d.field(NAME, &id);
    }
}

fn word(d: &mut Draft<'_>, name: &str, outcome: Outcome) {
    if d.schema.field(name) == FieldId::UNKNOWN || field(d, name).is_some() {
        return;
    }
    match outcome {
        Outcome::Success => d.field(name, "Success"),
        Outcome::Failure => d.field(name, "Failure"),
        Outcome::Unknown => {}
    }
}
