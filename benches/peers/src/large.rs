//! Made Windows events of about 2.4 kB, as forwarders write them: all values
//! once more in a message, a few values that repeat and many that never do.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// A small generator of numbers; the same for the same seed.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let x = (self.0 >> 33) ^ self.0;
        x.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 11
    }

    /// Below `n`, all alike.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Small numbers are common, large ones rare.
    pub fn skewed(&mut self, n: usize) -> usize {
        let a = self.below(n);
        let b = self.below(a + 1);
        self.below(b + 1)
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.skewed(of.len())]
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from(b"0123456789ABCDEF"[self.below(16)])).collect()
    }

    fn guid(&mut self) -> String {
        format!("{{{}-{}-{}-{}-{}}}", self.hex(8), self.hex(4), self.hex(4), self.hex(4), self.hex(12))
    }
}

const DIRS: &[&str] = &[
    r"C:\Windows\System32",
    r"C:\Windows",
    r"C:\Program Files\Vendor\Agent",
    r"C:\Program Files (x86)\Mail\Client",
    r"C:\Users\u17\AppData\Local\Programs\Editor",
    r"C:\ProgramData\Chocolatey\bin",
    r"C:\Windows\SysWOW64",
    r"C:\Users\u3\Downloads",
    r"C:\Windows\System32\WindowsPowerShell\v1.0",
];
const PROGRAMS: &[&str] = &[
    "svchost.exe",
    "conhost.exe",
    "agent.exe",
    "explorer.exe",
    "browser.exe",
    "mailclient.exe",
    "taskhostw.exe",
    "cmd.exe",
    "powershell.exe",
    "rundll32.exe",
    "editor.exe",
    "services.exe",
    "lsass.exe",
    "msiexec.exe",
    "git.exe",
    "node.exe",
    "wmiprvse.exe",
    "python.exe",
    "net.exe",
    "reg.exe",
    "schtasks.exe",
    "setup-4711.exe",
];
const ARGUMENTS: &[&str] = &[
    "-k netsvcs -p -s Schedule",
    "0xffffffff -ForceV1",
    "--type=renderer --lang=en-US --device-scale-factor=1",
    "/c dir /s C:\\Users",
    "-NoProfile -File C:\\Scripts\\inventory.ps1",
    "shell32.dll,Control_RunDLL",
    "/quiet /norestart",
    "status --porcelain",
    "user administrator /domain",
    "query HKLM\\Software\\Vendor",
];
const DLLS: &[&str] = &[
    "ntdll.dll",
    "kernel32.dll",
    "advapi32.dll",
    "user32.dll",
    "combase.dll",
    "rpcrt4.dll",
    "bcrypt.dll",
    "ws2_32.dll",
    "winhttp.dll",
    "clr.dll",
    "amsi.dll",
    "dbghelp.dll",
    "vendorhook64.dll",
];
const KEYS: &[&str] = &[
    r"HKLM\System\CurrentControlSet\Services\bam\State\UserSettings",
    r"HKU\S-1-5-21-1000\Software\Vendor\Settings\LastSeen",
    r"HKLM\Software\Microsoft\Windows\CurrentVersion\Explorer\Advanced",
    r"HKLM\System\CurrentControlSet\Services\Tcpip\Parameters\Interfaces",
    r"HKCU\Software\Classes\Local Settings\MuiCache",
];
const NAMES: &[&str] =
    &["updates.vendor.example", "mail.corp.example", "dc1.corp.example", "cdn.example.net", "api.example.org"];
const SCRIPT: &[&str] = &[
    "Get-ChildItem -Path $dir -Recurse | Where-Object { $_.Length -gt 1MB }",
    "$items = Import-Csv -Path $file -Delimiter ';'",
    "foreach ($item in $items) { Write-Output $item.Name }",
    "Set-StrictMode -Version Latest",
    "function Get-Inventory { param([string]$Computer) }",
    "New-Item -ItemType Directory -Force -Path $target | Out-Null",
];

/// So many events as lines of JSON.
pub fn events(many: usize, seed: u64) -> String {
    let mut rng = Rng(seed);
    let mut out = String::new();
    for i in 0..many {
        let _ = writeln!(out, "{}", event(&mut rng, i));
    }
    out
}

fn path(r: &mut Rng, files: &[&str]) -> String {
    format!("{}\\{}", r.pick(DIRS), r.pick(files))
}

fn command(r: &mut Rng) -> String {
    let extra = if r.below(3) == 0 { format!(" --handle={}", r.below(100_000)) } else { String::new() };
    format!("\"{}\" {}{extra}", path(r, PROGRAMS), r.pick(ARGUMENTS))
}

fn address(r: &mut Rng) -> String {
    format!("10.{}.{}.{}", r.below(4), r.skewed(30), r.skewed(250))
}

fn hashes(r: &mut Rng) -> String {
    // A few programs make most of the hashes.
    let mut of = Rng(r.skewed(500) as u64);
    format!("SHA1={},MD5={},SHA256={},IMPHASH={}", of.hex(40), of.hex(32), of.hex(64), of.hex(32))
}

fn event(r: &mut Rng, i: usize) -> Value {
    let time = format!(
        "2026-10-{:02} {:02}:{:02}:{:02}.{:03}",
        1 + i / 86_400,
        i / 3600 % 24,
        i / 60 % 60,
        i % 60,
        r.below(1000)
    );
    let user = format!("CORP\\u{}", r.skewed(200));
    let (kind, id, data) = body(r, &time, &user);
    let (channel, provider, service) = match kind {
        Kind::Sysmon => ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "sysmon"),
        Kind::Security => ("Security", "Microsoft-Windows-Security-Auditing", "security"),
        Kind::PowerShell => ("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell", "powershell"),
    };
    let mut message = format!("Event {id}:\r\n");
    for (k, v) in &data {
        let text = v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        let _ = write!(message, "\t{k}: {text}\r\n");
    }
    let mut e = Map::new();
    let mut put = |k: &str, v: Value| drop(e.insert(k.to_owned(), v));
    put("EventTime", json!(time));
    put("Hostname", json!(format!("WS{:03}.corp.example", r.skewed(120))));
    put("Keywords", json!(-9_223_372_036_854_775_808_i64));
    put("EventType", json!("INFO"));
    put("SeverityValue", json!(2));
    put("Severity", json!("INFO"));
    put("EventID", json!(id));
    put("SourceName", json!(provider));
    put("Provider_Name", json!(provider));
    put("ProviderGuid", json!("{5770385F-C22A-43E0-BF4C-06F5698FFBD9}"));
    put("Version", json!(5));
    put("Task", json!(id));
    put("OpcodeValue", json!(0));
    put("RecordNumber", json!(1_000_000 + i));
    put("ExecutionProcessID", json!(r.skewed(6000)));
    put("ExecutionThreadID", json!(r.below(9000)));
    put("Channel", json!(channel));
    put("Domain", json!("NT AUTHORITY"));
    put("AccountName", json!("SYSTEM"));
    put("UserID", json!("S-1-5-18"));
    put("AccountType", json!("User"));
    put("Message", json!(message));
    put("Category", json!(format!("Event {id} (rule: Event{id})")));
    put("Opcode", json!("Info"));
    data.into_iter().for_each(|(k, v)| put(&k, v));
    put("EventReceivedTime", json!(time));
    put("SourceModuleName", json!("eventlog"));
    put("SourceModuleType", json!("im_msvistalog"));
    put("@version", json!("1"));
    put("port", json!(60_737));
    put("tags", json!(["forwarded"]));
    put("product", json!("windows"));
    put("service", json!(service));
    if let Some(category) = category(kind, id) {
        put("category", json!(category));
    }
    Value::Object(e)
}

#[derive(Clone, Copy)]
enum Kind {
    Sysmon,
    Security,
    PowerShell,
}

fn category(kind: Kind, id: u32) -> Option<&'static str> {
    Some(match (kind, id) {
        (Kind::Sysmon, 1) | (Kind::Security, 4688) => "process_creation",
        (Kind::Sysmon, 3) => "network_connection",
        (Kind::Sysmon, 7) => "image_load",
        (Kind::Sysmon, 10) => "process_access",
        (Kind::Sysmon, 11) => "file_event",
        (Kind::Sysmon, 13) => "registry_set",
        (Kind::Sysmon, 22) => "dns_query",
        (Kind::PowerShell, _) => "ps_script",
        _ => return None,
    })
}

fn object(pairs: Value) -> Map<String, Value> {
    if let Value::Object(o) = pairs { o } else { Map::new() }
}

fn body(r: &mut Rng, time: &str, user: &str) -> (Kind, u32, Map<String, Value>) {
    let image = path(r, PROGRAMS);
    let (guid, pid) = (r.guid(), r.below(20_000));
    let mut calls = String::new();
    match r.below(100) {
        0..15 => {
            let parent = path(r, PROGRAMS);
            let data = json!({"RuleName": "-", "UtcTime": time, "ProcessGuid": guid, "ProcessId": pid, "Image": image,
                "FileVersion": "10.0.19041.1 (WinBuild.160101.0800)", "Description": "Host Process for Services",
                "Product": "Operating System", "Company": "Vendor Corporation", "OriginalFileName": r.pick(PROGRAMS),
                "CommandLine": command(r), "CurrentDirectory": r.pick(DIRS), "User": user, "LogonGuid": r.guid(),
                "LogonId": format!("0x{}", r.hex(6)), "TerminalSessionId": 1, "IntegrityLevel": "Medium",
                "Hashes": hashes(r), "ParentProcessGuid": r.guid(), "ParentProcessId": r.below(20_000),
                "ParentImage": parent, "ParentCommandLine": command(r)});
            (Kind::Sysmon, 1, object(data))
        }
        15..25 => {
            let data = json!({"RuleName": "-", "UtcTime": time, "ProcessGuid": guid, "ProcessId": pid, "Image": image,
                "User": user, "Protocol": "tcp", "Initiated": "true", "SourceIsIpv6": "false", "SourceIp": address(r),
                "SourceHostname": "-", "SourcePort": r.below(65_000), "DestinationIp": address(r),
                "DestinationHostname": r.pick(NAMES), "DestinationPort": 443, "DestinationPortName": "https"});
            (Kind::Sysmon, 3, object(data))
        }
        25..45 => {
            let data = json!({"RuleName": "-", "UtcTime": time, "ProcessGuid": guid, "ProcessId": pid, "Image": image,
                "ImageLoaded": path(r, DLLS), "FileVersion": "10.0.19041.1", "Description": "Client library",
                "Product": "Operating System", "Company": "Vendor Corporation", "OriginalFileName": r.pick(DLLS),
                "Hashes": hashes(r), "Signed": "true", "Signature": "Vendor Windows", "SignatureStatus": "Valid"});
            (Kind::Sysmon, 7, object(data))
        }
        45..60 => {
            for _ in 0..6 {
                let _ = write!(calls, "C:\\Windows\\SYSTEM32\\{}+{}|", r.pick(DLLS), r.hex(5));
            }
            let data = json!({"RuleName": "-", "UtcTime": time, "SourceProcessGUID": guid, "SourceProcessId": pid,
                "SourceThreadId": r.below(9000), "SourceImage": image, "TargetProcessGUID": r.guid(),
                "TargetProcessId": r.below(20_000), "TargetImage": path(r, PROGRAMS), "GrantedAccess": "0x1000",
                "CallTrace": calls});
            (Kind::Sysmon, 10, object(data))
        }
        60..70 => {
            let file = format!("C:\\Users\\u{}\\AppData\\Local\\Temp\\tmp{}.tmp", r.skewed(200), r.hex(4));
            let data = json!({"RuleName": "-", "UtcTime": time, "ProcessGuid": guid, "ProcessId": pid, "Image": image,
                "TargetFilename": file, "CreationUtcTime": time});
            (Kind::Sysmon, 11, object(data))
        }
        70..80 => {
            let data = json!({"RuleName": "-", "EventType": "SetValue", "UtcTime": time, "ProcessGuid": guid,
                "ProcessId": pid, "Image": image, "TargetObject": format!("{}\\{}", r.pick(KEYS), r.skewed(3000)),
                "Details": format!("DWORD (0x{})", r.hex(8))});
            (Kind::Sysmon, 13, object(data))
        }
        80..85 => {
            let data = json!({"RuleName": "-", "UtcTime": time, "ProcessGuid": guid, "ProcessId": pid,
                "QueryName": r.pick(NAMES), "QueryStatus": "0", "QueryResults": address(r), "Image": image});
            (Kind::Sysmon, 22, object(data))
        }
        85..93 => {
            let data = json!({"SubjectUserSid": "S-1-5-18", "SubjectUserName": "WS001$", "SubjectDomainName": "CORP",
                "SubjectLogonId": "0x3e7", "NewProcessId": format!("0x{}", r.hex(4)), "NewProcessName": image,
                "TokenElevationType": "%%1936", "ProcessId": format!("0x{}", r.hex(3)), "CommandLine": command(r),
                "TargetUserSid": "S-1-0-0", "TargetUserName": "-", "ParentProcessName": path(r, PROGRAMS),
                "MandatoryLabel": "S-1-16-16384"});
            (Kind::Security, 4688, object(data))
        }
        93..96 => {
            let data = json!({"SubjectUserSid": "S-1-5-18", "TargetUserName": user, "TargetDomainName": "CORP",
                "LogonType": 3, "LogonProcessName": "Kerberos", "AuthenticationPackageName": "Kerberos",
                "WorkstationName": "-", "LogonGuid": r.guid(), "IpAddress": address(r), "IpPort": r.below(65_000),
                "ImpersonationLevel": "%%1833"});
            (Kind::Security, 4624, object(data))
        }
        _ => {
            let mut script = String::new();
            for _ in 0..12 {
                let _ = writeln!(script, "{} # {}", r.pick(SCRIPT), r.below(10_000));
            }
            let data = json!({"MessageNumber": 1, "MessageTotal": 1, "ScriptBlockText": script,
                "ScriptBlockId": r.guid(), "Path": ""});
            (Kind::PowerShell, 4104, object(data))
        }
    }
}
