//! Tests: documents of products with names of their own.

use std::sync::Arc;

use crate::event::{EventRow, EventType, Logsource, Outcome, Ov, Schema, SchemaBuilder, Severity, Ts};
use crate::parse::{Options, Parser};

fn schema() -> Arc<Schema> {
    let mut b = SchemaBuilder::new();
    for part in [
        "aws",
        "cloudtrail",
        "gcp",
        "gcp.audit",
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
        "zeek",
        "suricata",
        "conn",
        "dns",
        "http",
        "ssh",
        "alert",
    ] {
        b.sym(part);
    }
    for name in [
        "gcp.audit.method_name",
        "operationName",
        "ResultType",
        "Status",
        "Parameters",
        "eventName",
        "properties.message",
        "requestParameters",
        "data.protoPayload.serviceName",
        "data.protoPayload.resource.type",
        "data.protoPayload.logName",
        "protoPayload.Servicename",
        "gcp.audit.service_name",
        "properties.targetResources",
        "TargetResources",
        "TargetResources.modifiedProperties",
        "TargetResources.ModifiedProperties.NewValue",
        "targetResources.type",
        "InitiatedBy",
    ] {
        b.field(name);
    }
    Arc::new(b.freeze())
}

fn read(line: &str) -> (EventRow, String) {
    let schema = schema();
    let t = Ts::parse_rfc3339("2026-11-20T00:00:00Z").unwrap();
    let batch = Parser::for_source("e.json", b"", &Options::new(t), &schema).parse_one(line);
    let e = batch.event(0).unwrap();
    let Logsource { product, category, service } = e.rec.logsource;
    let name = format!("{}/{}/{}", schema.sym_name(product), schema.sym_name(category), schema.sym_name(service));
    (EventRow::from(e), name)
}

fn value<'a>(e: &'a EventRow, name: &str) -> Vec<&'a str> {
    e.fields.iter().filter(|f| f.name == name).map(|f| f.value.as_str()).collect()
}

#[test]
fn documents_within_others() {
    let trail = r#"{"eventVersion":"1.08","userIdentity":{"type":"Root","accountId":"1"},"eventTime":"2026-11-18T09:30:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","sourceIPAddress":"192.0.2.7","requestParameters":{"name":"t"}}"#;
    let text = trail.replace('"', "\\\"");
    for line in [
        format!(r#"{{"_index":"x","_id":"1","_source":{trail},"sort":[1]}}"#),
        format!(
            r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","time":"2026-11-18T09:31:00Z","detail":{trail}}}"#
        ),
        format!(r#"{{"@timestamp":"2026-11-18T09:30:00Z","event":{{"original":"{text}"}}}}"#),
        format!(r#"{{"EventName":"StopLogging","CloudTrailEvent":"{text}"}}"#),
    ] {
        let (e, ls) = read(&line);
        assert_eq!((ls.as_str(), value(&e, "eventName").first()), ("aws//cloudtrail", Some(&"StopLogging")), "{line}");
        assert_eq!(
            (e.ov(Ov::SrcIp), e.time.to_rfc3339().as_str()),
            (Some("192.0.2.7"), "2026-11-18T09:30:00Z"),
            "{line}"
        );
        assert_eq!(value(&e, "requestParameters"), [r#"{"name":"t"}"#], "{line}");
        assert_eq!(value(&e, "userIdentity.type"), ["Root"], "{line}");
    }
    let audit = r#"{\"CreationTime\":\"2026-11-18T09:30:00\",\"Operation\":\"X\",\"OrganizationId\":\"o\",\"Workload\":\"AzureActiveDirectory\",\"UserId\":\"bob@example.com\",\"ClientIP\":\"192.0.2.7\"}"#;
    let (e, ls) = read(&format!(r#"{{"CreationDate":"2026-11-18T09:30:00Z","Operations":"X","AuditData":"{audit}"}}"#));
    assert_eq!(
        (ls.as_str(), e.ov(Ov::SrcIp), e.ov(Ov::User)),
        ("m365//audit", Some("192.0.2.7"), Some("bob@example.com"))
    );
    assert_eq!(value(&e, "eventSource"), Vec::<&str>::new(), "no rule of this schema asks for it");
}

#[test]
fn amazon() {
    let (e, ls) = read(
        r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"alice"},"eventTime":"2026-11-18T09:30:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","sourceIPAddress":"192.0.2.7","userAgent":"x","responseElements":{"ConsoleLogin":"Failure"},"eventType":"AwsConsoleSignIn"}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.outcome), ("aws//cloudtrail", EventType::LoginFailed, Outcome::Failure));
    assert_eq!((e.ov(Ov::User), e.ov(Ov::SrcIp)), (Some("alice"), Some("192.0.2.7")));
    let (e, _) = read(
        r#"{"eventTime":"2026-11-18T09:30:00Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","sourceIPAddress":"192.0.2.7"}"#,
    );
    assert_eq!(
        (e.event_type, e.outcome, e.ov(Ov::Resource)),
        (EventType::CloudApi, Outcome::Success, Some("RunInstances"))
    );
    let (e, _) = read(r#"{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","errorCode":"AccessDenied"}"#);
    assert_eq!(e.outcome, Outcome::Failure);
}

#[test]
fn microsoft() {
    let (e, ls) = read(
        r#"{"time":"2026-11-18T09:30:00Z","operationName":"MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE","category":"Administrative","resultType":"Success","callerIpAddress":"192.0.2.7","correlationId":"x","caller":"bob@example.com"}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.outcome), ("azure//activitylogs", EventType::CloudApi, Outcome::Success));
    assert_eq!((e.ov(Ov::User), e.ov(Ov::SrcIp)), (Some("bob@example.com"), Some("192.0.2.7")));
    let (e, _) = read(
        r#"{"operationName":{"value":"Microsoft.Compute/disks/delete"},"resourceProviderName":{"value":"Microsoft.Compute"},"status":{"value":"Succeeded"}}"#,
    );
    assert_eq!((value(&e, "operationName"), e.outcome), (vec!["Microsoft.Compute/disks/delete"], Outcome::Success));
    let (e, ls) = read(
        r#"{"createdDateTime":"2026-11-18T09:30:00Z","userPrincipalName":"bob@example.com","appDisplayName":"Portal","ipAddress":"192.0.2.7","clientAppUsed":"Browser","status":{"errorCode":50126,"failureReason":"Invalid"}}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.outcome), ("azure//signinlogs", EventType::LoginFailed, Outcome::Failure));
    assert_eq!((value(&e, "ResultType"), value(&e, "Status")), (vec!["50126"], vec!["Failure"]));
    assert_eq!((e.ov(Ov::User), e.ov(Ov::SrcIp)), (Some("bob@example.com"), Some("192.0.2.7")));
    let (e, ls) = read(
        r#"{"category":"UserManagement","activityDisplayName":"Add user","activityDateTime":"2026-11-18T09:30:00Z","result":"success","initiatedBy":{"user":{"userPrincipalName":"bob@example.com","ipAddress":"192.0.2.7"}},"targetResources":[{"userPrincipalName":"new@example.com"}]}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.outcome), ("azure//auditlogs", EventType::UserCreated, Outcome::Success));
    assert_eq!((e.ov(Ov::TargetUser), value(&e, "properties.message")), (Some("new@example.com"), vec!["Add user"]));
    assert!(e.time.is_some());
    let (_, ls) = read(r#"{"riskEventType":"unfamiliarFeatures","userPrincipalName":"bob@example.com"}"#);
    assert_eq!(ls, "azure//riskdetection");
    let (e, ls) = read(
        r#"{"CreationTime":"2026-11-18T09:30:00","Operation":"New-InboxRule","OrganizationId":"x","Workload":"Exchange","UserId":"bob@example.com","ClientIP":"192.0.2.7:51000","ResultStatus":"True","Parameters":[{"Name":"MoveToFolder","Value":"Archive"}]}"#,
    );
    assert_eq!((ls.as_str(), e.outcome, e.ov(Ov::SrcIp)), ("m365//audit", Outcome::Success, Some("192.0.2.7")));
    let text = r#"[{"Name":"MoveToFolder","Value":"Archive"}]"#;
    assert_eq!(value(&e, "Parameters"), [text, "MoveToFolder", "Archive"]);
    let (e, ls) = read(
        r#"{"Operation":"AlertTriggered","Workload":"SecurityComplianceCenter","OrganizationId":"x","Name":"Impossible travel activity","ResultStatus":"Succeeded"}"#,
    );
    assert_eq!((ls.as_str(), value(&e, "eventName")), ("m365//threat_management", vec!["Impossible travel activity"]));
}

#[test]
fn others() {
    let (e, ls) = read(
        r#"{"protoPayload":{"methodName":"SetIamPolicy","serviceName":"iam.googleapis.com","authenticationInfo":{"principalEmail":"bob@example.com"},"requestMetadata":{"callerIp":"192.0.2.7"}},"timestamp":"2026-11-18T09:30:00Z","severity":"NOTICE"}"#,
    );
    assert_eq!((ls.as_str(), value(&e, "gcp.audit.method_name")), ("gcp//gcp.audit", vec!["SetIamPolicy"]));
    assert_eq!((e.ov(Ov::User), e.ov(Ov::SrcIp)), (Some("bob@example.com"), Some("192.0.2.7")));
    let (e, ls) = read(
        r#"{"actor":{"id":"1","alternateId":"bob@example.com"},"client":{"ipAddress":"192.0.2.7","userAgent":{"rawUserAgent":"x"}},"displayMessage":"User login to Okta","eventType":"user.session.start","outcome":{"result":"FAILURE"},"published":"2026-11-18T09:30:00Z","legacyEventType":"core"}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.outcome), ("okta//okta", EventType::LoginFailed, Outcome::Failure));
    assert_eq!(
        (e.ov(Ov::User), e.ov(Ov::SrcIp), e.ov(Ov::Message)),
        (Some("bob@example.com"), Some("192.0.2.7"), Some("User login to Okta"))
    );
    assert_eq!(e.time.to_rfc3339(), "2026-11-18T09:30:00Z");
    let (e, ls) = read(
        r#"{"@timestamp":1763458200000,"action":"org.add_member","actor":"bob","actor_ip":"192.0.2.7","org":"example","_document_id":"x"}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.ov(Ov::User)), ("github//audit", EventType::UserCreated, Some("bob")));
    let (e, ls) = read(
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"x","verb":"create","user":{"username":"bob"},"sourceIPs":["192.0.2.7"],"objectRef":{"resource":"pods"},"responseStatus":{"code":403},"requestReceivedTimestamp":"2026-11-18T09:30:00.5Z"}"#,
    );
    assert_eq!(
        (ls.as_str(), e.outcome, e.ov(Ov::SrcIp)),
        ("kubernetes/application/audit", Outcome::Failure, Some("192.0.2.7"))
    );
    assert_eq!(e.ov(Ov::User), Some("bob"));
}

#[test]
fn sensors() {
    let (e, ls) = read(
        r#"{"timestamp":"2026-11-18T09:30:00.1+0200","flow_id":1,"event_type":"alert","src_ip":"192.0.2.7","src_port":9,"dest_ip":"192.0.2.1","dest_port":80,"alert":{"action":"allowed","signature":"ET X","category":"Y","severity":1}}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.severity), ("suricata//alert", EventType::Detection, Severity::High));
    assert_eq!((e.ov(Ov::SrcIp), e.ov(Ov::DestPort), e.ov(Ov::Message)), (Some("192.0.2.7"), Some("80"), Some("ET X")));
    let (e, ls) = read(
        r#"{"timestamp":"2026-11-18T09:30:00.1+0200","flow_id":1,"event_type":"dns","src_ip":"192.0.2.7","dns":{"type":"query","rrname":"example.com"}}"#,
    );
    assert_eq!(
        (ls.as_str(), e.event_type, e.ov(Ov::Resource)),
        ("suricata/dns/dns", EventType::DnsQuery, Some("example.com"))
    );
    let (e, ls) = read(
        r#"{"ts":1763458200.5,"uid":"C1","id.orig_h":"192.0.2.7","id.orig_p":9,"id.resp_h":"192.0.2.1","id.resp_p":22,"auth_success":false,"auth_attempts":3,"client":"SSH-2.0"}"#,
    );
    assert_eq!((ls.as_str(), e.event_type, e.outcome), ("zeek//ssh", EventType::SshLoginFailed, Outcome::Failure));
    let (e, ls) = read(
        r#"{"_path":"http","ts":1763458200.5,"uid":"C1","id.orig_h":"192.0.2.7","id.resp_h":"192.0.2.1","trans_depth":1,"method":"GET","host":"example.com","uri":"/x?a=1","status_code":200}"#,
    );
    assert_eq!(
        (ls.as_str(), e.event_type, e.ov(Ov::Url)),
        ("zeek/webserver/http", EventType::HttpRequest, Some("/x?a=1"))
    );
    assert_eq!((e.ov(Ov::DestHost), e.ov(Ov::Host)), (Some("example.com"), None));
    let (e, _) = read(
        r#"{"_path":"conn","ts":1763458200.5,"uid":"C1","id.orig_h":"192.0.2.7","conn_state":"SF","orig_bytes":10,"resp_bytes":5}"#,
    );
    assert_eq!((e.event_type, e.ov(Ov::Bytes)), (EventType::Connection, Some("15")));
}

#[test]
fn an_object_that_a_rule_names_has_its_text() {
    let (e, _) = read(
        r#"{"eventVersion":"1.08","eventSource":"ec2.amazonaws.com","eventName":"ModifyInstanceAttribute","eventTime":"2026-11-18T09:30:00Z","awsRegion":"x","requestParameters":{"instanceId":"i-1","userData":{"value":"x"}},"responseElements":{"a":1}}"#,
    );
    assert_eq!(value(&e, "requestParameters"), [r#"{"instanceId":"i-1","userData":{"value":"x"}}"#]);
    assert_eq!(value(&e, "requestParameters.instanceId"), ["i-1"]);
    assert!(value(&e, "responseElements").is_empty(), "no rule names it");
}

#[test]
fn names_of_rules_for_google() {
    let (e, _) = read(
        r#"{"protoPayload":{"methodName":"m","serviceName":"k8s.io"},"resource":{"type":"k8s_cluster"},"logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","timestamp":"2026-11-18T09:30:00Z"}"#,
    );
    for name in ["data.protoPayload.serviceName", "protoPayload.Servicename", "gcp.audit.service_name"] {
        assert_eq!(value(&e, name), ["k8s.io"], "{name}");
    }
    assert_eq!(value(&e, "data.protoPayload.resource.type"), ["k8s_cluster"]);
    assert_eq!(value(&e, "data.protoPayload.logName")[1..], ["cloudaudit.googleapis.com%2Factivity"]);
}

#[test]
fn a_list_of_objects_has_its_text_and_its_values() {
    let list = r#"[{"displayName":"Global Administrator","type":"Role","modifiedProperties":[{"displayName":"Role.ObjectID","newValue":"\"62e90394\""}]}]"#;
    let line = format!(
        r#"{{"time":"2026-11-18T09:30:00Z","category":"AuditLogs","operationName":"Add member to role","properties":{{"activityDisplayName":"Add member to role","initiatedBy":{{"user":{{"userPrincipalName":"eve@example.org"}}}},"targetResources":{list}}}}}"#
    );
    let check = |e: &EventRow| {
        assert_eq!(value(e, "properties.targetResources"), [list]);
        assert_eq!(
            value(e, "TargetResources"),
            ["Global Administrator", "Role", "Role.ObjectID", "\"62e90394\"", list]
        );
        assert_eq!(value(e, "TargetResources.modifiedProperties"), ["Role.ObjectID", "\"62e90394\""]);
        assert_eq!(value(e, "TargetResources.ModifiedProperties.NewValue"), ["\"62e90394\""]);
        assert_eq!(value(e, "targetResources.type"), ["Role"]);
        assert_eq!(value(e, "InitiatedBy"), ["eve@example.org"]);
    };
    let (e, ls) = read(&line);
    assert_eq!(ls, "azure//auditlogs");
    check(&e);
    // Along the keys of a document that was read before it is the same.
    let parser = Parser::for_source("e", b"", &Options::new(Ts(0)), &schema());
    let mut batch = crate::event::Batch { text: format!("{line}{line}"), ..Default::default() };
    for at in [0, line.len()] {
        let span = crate::event::Span::text(at, line.len());
        batch.records.push(crate::event::Record::new(span, at as u64, line.len() as u64, 1));
    }
    parser.parse_batch(&mut batch, &mut crate::parse::Scratch::default());
    batch.events().for_each(|e| check(&EventRow::from(e)));
}

#[test]
fn exchange_is_a_service_of_its_own() {
    let mut b = SchemaBuilder::new();
    for part in ["m365", "exchange"] {
        b.sym(part);
    }
    let schema = Arc::new(b.freeze());
    let line = r#"{"CreationTime":"2026-11-18T09:30:00","Id":"1","Operation":"Add-FederatedDomain","OrganizationId":"o","RecordType":1,"Workload":"Exchange","UserId":"a@example.org"}"#;
    let batch = Parser::for_source("e", b"", &Options::new(Ts(0)), &schema).parse_one(line);
    assert_eq!(batch.event(0).unwrap().rec.logsource, schema.logsource("m365", "", "exchange"));
}

#[test]
fn processes_are_of_linux_unless_they_look_like_windows() {
    let process = |exe: &str, command: &str| {
        read(&format!(
            r#"{{"@timestamp":"2026-11-18T09:30:00Z","event":{{"category":["process"],"type":["start"]}},"process":{{"executable":"{exe}","name":"{exe}","command_line":"{command}"}}}}"#
        ))
    };
    for (exe, command, want) in [
        ("/usr/bin/rm", "rm -f /var/log/auth.log", "linux/process_creation/"),
        ("bash", "bash -i", "linux/process_creation/"),
        (r"C:\\Windows\\System32\\cmd.exe", "cmd /c dir", "windows/process_creation/"),
        ("cmd", r#"\"c:\\windows\\cmd\" /c dir"#, "windows/process_creation/"),
        ("x", "POWERSHELL.EXE -nop", "windows/process_creation/"),
    ] {
        let (e, ls) = process(exe, command);
        assert_eq!((e.event_type, ls.as_str()), (EventType::ProcessStart, want), "{exe} {command}");
    }
}

#[test]
fn sysmon_for_linux_as_json() {
    let (e, ls) = read(
        r#"{"Channel":"Linux-Sysmon/Operational","Provider_Name":"Linux-Sysmon","EventID":1,"Image":"/usr/bin/id","CommandLine":"id"}"#,
    );
    assert_eq!((e.event_type, ls.as_str()), (EventType::ProcessStart, "linux/process_creation/sysmon"));
}

#[test]
fn a_query_that_stands_apart() {
    for line in [
        r#"{"timestamp":"2026-03-05T14:10:01Z","remote_ip":"192.0.2.7","method":"GET","path":"/item.php","query_string":"id=1%27--","status":200}"#,
        r#"{"timestamp":1772719801000,"action":"ALLOW","httpRequest":{"clientIp":"192.0.2.7","uri":"/item.php","args":"id=1%27--","httpMethod":"GET"}}"#,
        r#"{"@timestamp":"2026-03-05T14:10:01Z","source":{"ip":"192.0.2.7"},"http":{"request":{"method":"GET"}},"url":{"path":"/item.php","query":"id=1%27--"}}"#,
        r#"{"ClientIP":"192.0.2.7","ClientRequestMethod":"GET","ClientRequestURI":"/item.php?id=1%27--","EdgeResponseStatus":200,"EdgeStartTimestamp":"2026-03-05T14:10:01Z"}"#,
    ] {
        let (e, ls) = read(line);
        assert_eq!((ls.as_str(), e.ov(Ov::SrcIp)), ("/webserver/", Some("192.0.2.7")), "{line}");
        assert_eq!((e.ov(Ov::Url), e.ov(Ov::UrlDecoded)), (Some("/item.php?id=1%27--"), Some("/item.php?id=1'--")));
        assert!(e.time.is_some());
    }
}
