//! What servers that others log in to write in JSON of their own: Vault's audit,
//! GitLab's audit, Keycloak's events in its log, Grafana's log (also as pairs).

use super::doc::Doc;
use super::generic::default_span;
use super::names::Key;
use crate::event::{Draft, EventType, Outcome, Ov, RecordFlags};
use crate::parse::text;

/// Looks for one of them; whether the event is one.
pub(super) fn apply(doc: &Doc, d: &mut Draft<'_>, copy: &mut String) -> bool {
    if doc.has(Key::VaultOperation) && doc.has(Key::VaultPath) {
        vault(doc, d);
        return true;
    }
    // Words like these stand in many a document; together only in this one.
    if doc.text(d, Key::GitlabEntity) == "User"
        && doc.is_number(d, Key::GitlabId)
        && (doc.has(Key::GitlabFailed) || doc.has(Key::GitlabWith))
    {
        text::login(!doc.has(Key::GitlabFailed), d);
        let name = doc.key(d, Key::GitlabAuthor);
        default_span(d, Ov::User, name);
        return true;
    }
    if doc.text(d, Key::Logger) == "org.keycloak.events" && doc.is_text(d, Key::Message) {
        copy.clear();
        copy.push_str(doc.text(d, Key::Message));
        return text::keycloak(copy, d);
    }
    match doc.text(d, Key::Logger) {
        "context" | "authn.service" | "http.server" => grafana(doc, d),
        _ => false,
    }
}

/// Grafana: a log-in that failed is told without its client by `authn.service`, then by the answer to
/// the form's request, with it. Older versions tell it with the client before the answer.
fn grafana(doc: &Doc, d: &mut Draft<'_>) -> bool {
    let (logger, message) = (doc.text(d, Key::Logger), doc.text(d, Key::Message));
    let form =
        || matches!(doc.text(d, Key::GrafanaClient), "auth.client.form" | "auth.client.basic" | "auth.client.ldap");
    if logger == "http.server" && message == "Successful Login" {
        text::login(true, d);
        let who = doc.key(d, Key::WinUser);
        default_span(d, Ov::User, who);
    } else if logger == "authn.service" && message == "Failed to authenticate request" && form() {
        refused(d, RecordFlags::ACT_NOTICE);
    } else if logger == "context" && message == "Invalid username or password" {
        refused(d, RecordFlags::ACT_VERDICT);
    } else if logger == "context"
        && message == "Request Completed"
        && d.get(Ov::StatusCode) == Some("401")
        && d.get(Ov::HttpMethod) == Some("POST")
        && d.get(Ov::Url).is_some_and(|u| u == "/login" || u.ends_with("/login"))
    {
        refused(d, RecordFlags::ACT_NOTICE);
    } else {
        return false;
    }
    d.set_default(Ov::Process, "grafana");
    true
}

fn refused(d: &mut Draft<'_>, act: RecordFlags) {
    d.event(EventType::LoginFailed, Outcome::Failure);
    d.flag(act);
}

/// HashiCorp's Vault and OpenBao: each request stands there twice, as asked and as answered;
/// the answer says how it ended. Log-ins go to `auth/METHOD/login…`.
fn vault(doc: &Doc, d: &mut Draft<'_>) {
    let path = doc.key(d, Key::VaultPath);
    let text = d.value(path);
    let (answered, refused) = (doc.text(d, Key::VaultType) == "response", !doc.text(d, Key::VaultError).is_empty());
    let of_login = text.strip_prefix("auth/").and_then(|p| p.split_once("/login")).map(|(_, who)| who);
    let is_login = of_login.is_some_and(|who| who.is_empty() || who.starts_with('/'));
    let name = of_login.and_then(|who| who.strip_prefix('/')).filter(|who| !who.is_empty());
    let name = name.map(|who| path.skip(text.len() - who.len()));
    d.unset(Ov::Url);
    d.unset(Ov::UrlDecoded);
    d.set_span(Ov::Resource, path);
    match (is_login, answered) {
        // A log-in that was let in has a token; other answers at its path are about it.
        (true, true) if refused || doc.has(Key::VaultToken) => text::login(!refused, d),
        (true, true) => d.event(EventType::Other, Outcome::Unknown),
        (_, true) => d.event(EventType::DataAccess, if refused { Outcome::Failure } else { Outcome::Success }),
        (_, false) => d.event(EventType::Other, Outcome::Unknown),
    }
    if let Some(name) = name {
        d.set_span(Ov::User, name);
    } else {
        let who = doc.key(d, Key::VaultUser);
        default_span(d, Ov::User, who);
    }
    d.set_default(Ov::Process, "vault");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::event::{EventRow, EventType, Outcome, Ov, Schema, Ts};
    use crate::parse::{Options, Parser};

    #[test]
    fn log_ins() {
        use EventType::{DataAccess, Login, LoginFailed, Other};
        let t = Ts::parse_rfc3339("2026-11-23T00:00:00Z").expect("a time");
        let parser = Parser::for_source("a.log", b"", &Options::new(t), &Arc::new(Schema::base()));
        for (line, kind, outcome, user, src) in [
            (
                r#"{"time":"2026-11-22T03:00:01Z","type":"response","auth":{"display_name":"userpass-bob","metadata":{"username":"bob"}},"request":{"id":"x","operation":"update","mount_type":"userpass","path":"auth/userpass/login/bob","remote_address":"192.0.2.7"},"response":{"auth":{"display_name":"userpass-bob"}}}"#,
                Login,
                Outcome::Success,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"{"time":"2026-11-22T03:00:01Z","type":"response","auth":{"token_type":"default"},"request":{"id":"x","operation":"update","path":"auth/userpass/login/bob","remote_address":"192.0.2.7"},"error":"invalid username or password"}"#,
                LoginFailed,
                Outcome::Failure,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"{"time":"2026-11-22T03:00:01Z","type":"response","request":{"id":"x","operation":"update","path":"auth/approle/login","remote_address":"192.0.2.7"},"response":{"data":{"error":"hmac-sha256:q"}}}"#,
                LoginFailed,
                Outcome::Failure,
                "",
                "192.0.2.7",
            ),
            (
                r#"{"time":"2026-11-22T03:00:01Z","type":"request","auth":{},"request":{"id":"x","operation":"update","path":"auth/userpass/login/bob","remote_address":"192.0.2.7"}}"#,
                Other,
                Outcome::Unknown,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"{"time":"2026-11-22T03:00:01Z","type":"response","auth":{"display_name":"userpass-bob"},"request":{"id":"x","operation":"read","path":"secret/data/x","remote_address":"192.0.2.7"},"error":"1 error occurred: permission denied"}"#,
                DataAccess,
                Outcome::Failure,
                "userpass-bob",
                "192.0.2.7",
            ),
            (
                r#"{"time":"2026-11-22T03:00:01Z","type":"response","request":{"id":"x","operation":"help","path":"auth/userpass/login/bob","remote_address":"192.0.2.7"},"response":{"data":{"help":"x"}}}"#,
                Other,
                Outcome::Unknown,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"{"severity":"INFO","time":"2026-11-22T03:00:01Z","author_id":1,"author_name":"bob","entity_type":"Project","ip_address":"192.0.2.7","with":"gift"}"#,
                Other,
                Outcome::Unknown,
                "",
                "192.0.2.7",
            ),
            (
                r#"{"severity":"INFO","time":"2026-11-22T03:00:01Z","author_id":-1,"author_name":"bob","entity_type":"User","ip_address":"192.0.2.7","failed_login":"STANDARD","target_details":"bob"}"#,
                LoginFailed,
                Outcome::Failure,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"{"severity":"INFO","time":"2026-11-22T03:00:01Z","author_id":1,"author_name":"bob","entity_type":"User","ip_address":"192.0.2.7","with":"standard","target_type":"User"}"#,
                Login,
                Outcome::Success,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"{"timestamp":"2026-11-22T03:00:01Z","loggerName":"org.keycloak.events","level":"WARN","message":"type=\"LOGIN_ERROR\", realmId=\"x\", clientId=\"account\", userId=\"null\", ipAddress=\"192.0.2.7\", error=\"user_not_found\", username=\"bob\""}"#,
                LoginFailed,
                Outcome::Failure,
                "bob",
                "192.0.2.7",
            ),
            (
                r#"{"timestamp":"2026-11-22T03:00:01Z","user":{"userId":1,"name":"bob"},"action":"login","result":{"statusType":"failure","statusCode":"401"},"ipAddress":"192.0.2.7:51000"}"#,
                LoginFailed,
                Outcome::Failure,
                "bob",
                "192.0.2.7",
            ),
        ] {
            let e = EventRow::from(parser.parse_one(line).event(0).expect("an event"));
            let got = (e.event_type, e.outcome, e.ov(Ov::User).unwrap_or(""), e.ov(Ov::SrcIp).unwrap_or(""));
            assert_eq!(got, (kind, outcome, user, src), "{line}");
            assert!(e.time.is_some());
        }
    }
}
