//! Values that the readers of particular products ask for, by their names.

use super::names::Role;

macro_rules! keys {
    ($($key:ident = [$($name:literal),+ $(,)?];)+) => {
        /// Values that the readers of particular sources ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Key { $($key,)+ }

        /// Number of keys.
        pub const KEYS: usize = [$(Key::$key,)+].len();

        /// Names of keys.
        pub(super) const KEY_NAMES: &[(&str, Role)] = &[$($(($name, Role::Key(Key::$key)),)+)+];
    };
}

keys! {
    // Windows events. `Event.System.…` and `winlog.…` are added in [`Names::new`].
    EventId = ["EventID", "event_id", "EventId", "winlog.event_id", "Event.System.EventID", "Event.System.EventID.#text"];
    Channel = ["Channel", "winlog.channel", "Event.System.Channel"];
    Provider = ["Provider_Name", "ProviderName", "SourceName", "winlog.provider_name", "Event.System.Provider.#attributes.Name",
        "Event.System.Provider.Name"];
    Computer = ["Computer", "winlog.computer_name", "Event.System.Computer", "Hostname"];
    Product = ["product"];
    Service = ["service"];
    Category = ["category"];
    WinLevel = ["Level"];
    TargetUserName = ["TargetUserName"];
    TargetUserSid = ["TargetSid"];
    MemberName = ["MemberName"];
    SubjectUserName = ["SubjectUserName"];
    WinUser = ["User"];
    IpAddress = ["IpAddress", "ClientAddress"];
    IpPort = ["IpPort"];
    Workstation = ["WorkstationName", "Workstation"];
    LogonId = ["TargetLogonId"];
    LogonType = ["LogonType"];
    Image = ["Image", "NewProcessName"];
    ProcessName = ["ProcessName"];
    ProcessId = ["ProcessId"];
    NewProcessId = ["NewProcessId"];
    CommandLine = ["CommandLine"];
    ObjectName = ["ObjectName"];
    ShareName = ["ShareName"];
    ServiceName = ["ServiceName"];
    TaskName = ["TaskName"];
    TargetFilename = ["TargetFilename"];
    TargetObject = ["TargetObject"];
    ImageLoaded = ["ImageLoaded"];
    TargetImage = ["TargetImage"];
    PipeName = ["PipeName"];
    ScriptBlock = ["ScriptBlockText"];
    Payload = ["Payload"];
    SourceIp = ["SourceIp", "SourceAddress"];
    SourcePort = ["SourcePort"];
    SourceHostname = ["SourceHostname"];
    DestinationIp = ["DestinationIp", "DestAddress"];
    DestinationPort = ["DestinationPort", "DestPort"];
    DestinationHostname = ["DestinationHostname"];
    QueryName = ["QueryName"];
    ThreatName = ["Threat Name", "ThreatName"];
    WinStatus = ["Status"];
    AccountName = ["AccountName"];
    // Envelopes.
    Message = ["message", "MESSAGE", "msg", "MSG"];
    // Docker's; Splunk's export.
    Log = ["log", "_raw", "result._raw"];
    Stream = ["stream"];
    SourceType = ["source_type"];
    AgentType = ["agent.type", "agent.name", "beat.name", "agent.version"];
    LogPath = ["log.file.path"];
    // Splunk's collector: the line is the event.
    SplunkType = ["sourcetype"];
    SplunkLine = ["event"];
    // Logstash, reading a file.
    LogstashVersion = ["@version"];
    LogstashPath = ["path"];
    // NXLog: the provider of a Windows event, the program of another.
    SourceName = ["SourceName"];
    NxModule = ["SourceModuleType"];
    NxMessage = ["Message"];
    // GELF, where containers and shippers of syslog write it.
    GelfMessage = ["short_message"];
    GelfContainer = ["_container_id"];
    // Google's.
    GcpText = ["textPayload"];
    // Serilog, Google's own.
    OtherMessage = ["@m", "jsonPayload.message", "jsonPayload.msg"];
    GcpInsert = ["insertId"];
    KubePod = ["kubernetes.pod_name", "kubernetes.pod.name"];
    KubeHost = ["kubernetes.host", "kubernetes.node.name"];
    KubeContainer = ["kubernetes.container_name", "kubernetes.container.name", "container.name"];
    EnvelopeHost = ["host.name", "host.hostname", "host", "_HOSTNAME", "hostname", "HOST", "logsource", "sysloghost", "FULLHOST",
        "log.syslog.hostname"];
    Ident = ["SYSLOG_IDENTIFIER", "appname", "ident", "programname", "PROGRAM", "program", "app-name", "app_name",
        "log.syslog.appname", "syslog.identifier", "_program"];
    // The program with its process, as a header has them; the second may be anything else.
    SyslogTag = ["syslogtag", "syslog-tag", "syslog_tag", "LEGACY_MSGHDR", "MSGHDR"];
    Tag = ["tag"];
    // Facility and severity as one number, the severity alone.
    SyslogPri = ["pri", "PRI", "priority"];
    SyslogSeverity = ["syslogseverity", "log.syslog.severity.code", "syslog.priority"];
    // Who sent it to the collector; with `source_type`.
    RelayIp = ["source_ip"];
    EcsProgram = ["process.name"];
    // What the journal knows of the process for certain.
    Comm = ["_COMM", "journald.process.name"];
    Exe = ["_EXE", "journald.process.executable"];
    Uid = ["_UID", "journald.uid"];
    JournalPid = ["_PID", "SYSLOG_PID", "procid", "process.pid", "PID", "log.syslog.procid", "syslog.pid", "_pid"];
    JournalTime = ["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"];
    JournalCursor = ["__CURSOR"];
    JournalPriority = ["PRIORITY"];
    // Web servers that write JSON.
    RequestLine = ["request", "request_line"];
    // Zeek.
    ZeekPath = ["_path"];
    ZeekUid = ["uid"];
    ZeekOrigin = ["id.orig_h"];
    // Suricata.
    FlowId = ["flow_id"];
    EveType = ["event_type"];
    EveStats = ["stats.uptime"];
    // What else no other program's documents have beside `event_type`; a shipper may have dropped the id.
    EveInside = ["flow.pkts_toserver", "flow.bytes_toserver", "flow.pkts_toclient", "alert.signature_id"];
    AlertSignature = ["alert.signature"];
    AlertSeverity = ["alert.severity"];
    AlertAction = ["alert.action"];
    // Clouds.
    CloudName = ["eventName", "EventName", "protoPayload.methodName", "operation_name.value", "operationName.value",
        "operationName", "Operation"];
    CloudSource = ["eventSource", "EventSource", "protoPayload.serviceName", "resource_provider_name.value", "Workload"];
    CloudError = ["errorCode", "protoPayload.status.message"];
    CloudStatus = ["status.value", "ResultStatus", "responseElements.ConsoleLogin", "resultType", "result",
        "properties.result"];
    GcpMethod = ["protoPayload.methodName"];
    AzureCorrelation = ["correlationId", "correlation_id", "CorrelationId"];
    SignInApp = ["appDisplayName", "properties.appDisplayName", "AppDisplayName", "clientAppUsed", "ClientAppUsed"];
    SignInCode = ["status.errorCode", "properties.status.errorCode", "ResultType", "resultType"];
    Principal = ["userPrincipalName", "properties.userPrincipalName", "UserPrincipalName"];
    AuditActivity = ["activityDisplayName", "properties.activityDisplayName", "ActivityDisplayName"];
    RiskEvent = ["riskEventType", "properties.riskEventType", "RiskEventType"];
    M365Workload = ["Workload"];
    M365Id = ["OrganizationId"];
    OktaActor = ["actor.alternateId", "actor.id"];
    OktaEvent = ["eventType"];
    OktaPublished = ["published"];
    OktaResult = ["outcome.result"];
    GithubActor = ["actor"];
    GithubAction = ["action"];
    GithubPlace = ["_document_id", "org", "business", "actor_location.country_code"];
    UrlQuery = ["url.query", "query_string", "querystring", "http.query", "httpRequest.args", "httpRequest.queryString"];
    // These may be anything else too.
    BareQuery = ["query", "args"];
    KubeVerb = ["verb"];
    KubeAudit = ["auditID"];
    KubeCode = ["responseStatus.code"];
    AuditType = ["auditType.action"];
    CloudInner = ["CloudTrailEvent"];
    // Of Microsoft 365, with what stands beside it.
    AuditInner = ["AuditData"];
    AuditBeside = ["Operations", "RecordType", "UserIds"];
    // The event as it came, beside what a shipper made of it.
    EcsOriginal = ["event.original"];
    EcsOwn = ["event.outcome", "event.action", "source.ip", "user.name"];
    // Flow logs of private networks.
    FlowSource = ["srcaddr", "srcAddr"];
    FlowDest = ["dstaddr", "dstAddr"];
    // Daemons and applications that write their own log as JSON.
    SambaStatus = ["Authentication.status"];
    SambaClient = ["Authentication.remoteAddress", "Authorization.remoteAddress"];
    SambaServer = ["Authentication.localAddress", "Authorization.localAddress"];
    SambaUser = ["Authentication.clientAccount", "Authorization.account"];
    SambaService = ["Authentication.serviceDescription", "Authorization.serviceDescription"];
    PostgresLevel = ["error_severity"];
    PostgresKind = ["backend_type", "state_code", "session_id"];
    CloudFiles = ["reqId"];
    VaultOperation = ["request.operation"];
    VaultPath = ["request.path"];
    VaultType = ["type"];
    VaultUser = ["auth.metadata.username", "auth.display_name"];
    VaultToken = ["auth.client_token", "auth.accessor", "auth.display_name", "response.auth.client_token",
        "response.auth.accessor", "response.auth.display_name"];
    VaultError = ["error", "response.data.error"];
    GitlabEntity = ["entity_type"];
    GitlabId = ["author_id"];
    GitlabFailed = ["failed_login"];
    GitlabWith = ["with"];
    GitlabAuthor = ["author_name"];
    Logger = ["loggerName", "logger_name", "logger"];
    GrafanaClient = ["client"];
    // Commands that somebody ran, where nothing else says what an event is.
    Command = ["command", "cmd", "cmdline", "command_line", "process.command_line", "process.cmdline", "commandline"];
    // ECS words.
    EcsCategory = ["event.category"];
    EcsType = ["event.type"];
}
