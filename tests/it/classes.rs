//! Every class of attack and trouble that the shipped rules are for, met by the
//! whole program: the raw lines that stand beside a rule as its test, each in a
//! log of its own, all read in one run with all rules.

use std::collections::BTreeSet;

use secstream::detect::testing;

use crate::program::Home;

/// A class, the file of the rule within `rules`, the rule's name.
const CLASSES: &[(&str, &str, &str)] = &[
    ("password guessing from one source", "auth/ssh_guessing_source", "ssh_guessing_source"),
    ("password guessing against one account", "auth/ssh_guessing_account", "ssh_guessing_account"),
    ("password spraying", "auth/ssh_spraying", "ssh_spraying"),
    ("slow password spraying", "auth/ssh_spraying", "ssh_slow_spraying"),
    ("spraying, then success", "auth/ssh_spraying", "ssh_spraying_success"),
    ("distributed guessing", "auth/ssh_distributed_guessing", "ssh_distributed_guessing"),
    ("slow guessing", "auth/ssh_slow_guessing", "ssh_slow_guessing"),
    ("guessing, then success", "auth/ssh_guessing_success", "ssh_guessing_success"),
    ("guessing at su, then success", "linux/su_guessing_success", "su_guessing_success"),
    ("guessing at sudo, then success", "linux/sudo_guessing_success", "sudo_guessing_success"),
    ("guessing at the console, then success", "auth/local_guessing_success", "local_guessing_success"),
    ("invalid users", "auth/ssh_user_enumeration", "ssh_user_enumeration"),
    ("root log-in", "auth/root_password_outside", "ssh_root_password_outside"),
    ("service account logs in", "auth/service_account_login", "service_account_login"),
    ("source new for the user", "auth/new_source", "ssh_new_source_outside"),
    ("guessing at any service", "auth/app_guessing", "app_guessing"),
    ("credential stuffing", "auth/app_stuffing", "app_stuffing"),
    ("guessing at mail", "auth/mail_guessing", "mail_guessing"),
    ("guessing at FTP", "auth/ftp_guessing", "ftp_guessing"),
    ("lateral movement on Windows", "windows/lateral_movement", "windows_lateral_movement"),
    ("lateral movement", "auth/ssh_lateral_movement", "ssh_lateral_movement"),
    ("sudo failures", "linux/sudo_guessing", "sudo_guessing"),
    ("su failures", "linux/su_guessing", "su_guessing"),
    ("not in sudoers", "linux/sudo_not_allowed", "sudo_not_allowed"),
    ("new sudoer", "linux/sudoers_changed", "sudoers_changed"),
    ("added to an admin group", "linux/admin_group", "admin_group_member"),
    ("burst of password changes", "linux/password_burst", "password_burst"),
    ("logs or history deleted", "linux/traces_deleted", "traces_deleted"),
    ("logging stopped", "linux/logging_stopped", "logging_stopped"),
    ("firewall stopped", "linux/firewall_stopped", "firewall_stopped"),
    ("logging stopped, no command seen", "linux/service_stopped", "logging_service_stopped"),
    ("firewall stopped, no command seen", "linux/service_stopped", "firewall_service_stopped"),
    ("a job from a temporary place", "linux/cron_persistence", "cron_temporary"),
    ("persistence by cron", "linux/cron_persistence", "cron_persistence"),
    ("download piped to a shell", "linux/download_to_shell", "download_to_shell"),
    ("reverse shell", "linux/reverse_shell", "reverse_shell"),
    ("privilege abuse", "linux/privilege_abuse", "privilege_abuse"),
    ("shell escape through sudo", "linux/sudo_shell_escape", "sudo_shell_escape"),
    ("kernel module loaded", "linux/kernel_module", "kernel_module"),
    ("SELinux off", "linux/selinux_off", "selinux_off"),
    ("restricted paths", "web/restricted_path", "web_restricted_opened"),
    ("repeated denials", "web/restricted_path", "web_repeated_denials"),
    ("exposed files", "web/exposed_files", "web_exposed_file"),
    ("request flood", "web/request_flood", "web_flood"),
    ("port scan", "network/port_scan", "port_scan"),
    ("SQL injection", "web/sql_injection", "web_sql_injection"),
    ("cross-site scripting", "web/xss", "web_xss"),
    ("path traversal", "web/path_traversal", "web_path_traversal"),
    ("command injection and RCE", "web/command_injection", "web_command_injection"),
    ("template injection", "web/template_injection", "web_template_injection"),
    ("file inclusion", "web/file_inclusion", "web_file_inclusion"),
    ("request forgery to metadata", "web/ssrf_metadata", "web_ssrf_metadata"),
    ("web shell", "web/web_shell", "web_shell"),
    ("scanner by agent", "web/scanner_agent", "web_scanner_agent"),
    ("scanner by paths", "web/scanner_paths", "web_scanner_paths"),
    ("Log4Shell", "web/log4shell", "web_log4shell"),
    ("Shellshock", "web/shellshock", "web_shellshock"),
    ("PHP injection", "web/php_injection", "web_php_injection"),
    ("XXE", "web/xxe", "web_xxe"),
    ("NoSQL injection", "web/nosql_injection", "web_nosql_injection"),
    ("LDAP injection", "web/ldap_injection", "web_ldap_injection"),
    ("deserialization", "web/deserialization", "web_deserialization"),
    ("upload, then execute", "web/upload_then_execute", "web_upload_then_execute"),
    ("large data access", "data/large_access", "large_data_access"),
    ("large data access in pieces", "data/parts", "data_parts"),
    ("large download", "data/web_large_download", "web_large_download"),
    ("large download in pieces", "data/web_parts", "web_data_parts"),
    ("large read of cloud storage", "data/cloud_storage_volume", "s3_large_object"),
    ("exfiltration by volume", "data/volume", "data_volume"),
    ("permission change to admin in the cloud", "data/cloud_admin_grant", "cloud_admin_grant"),
    ("permission change to admin", "data/admin_grant", "app_admin_grant"),
    ("zone transfer", "network/zone_transfer", "zone_transfer"),
    ("log cleared", "windows/log_cleared", "windows_log_cleared"),
    ("service installed", "windows/service_installed", "windows_service_installed"),
    ("scheduled task", "windows/scheduled_task", "windows_task_suspicious"),
    ("encoded PowerShell", "windows/powershell_encoded", "windows_powershell_encoded"),
    ("LSASS access", "windows/lsass_access", "windows_lsass_access"),
    ("new admin", "windows/new_admin", "windows_new_admin"),
    ("4625, then 4624", "windows/logon_guessing", "windows_guessing_success"),
    ("spraying at Windows", "windows/logon_guessing", "windows_spraying"),
    ("shadow copies deleted", "windows/shadow_copies_deleted", "windows_shadow_copies_deleted"),
    ("Defender off", "windows/defender_off", "windows_defender_off"),
    ("Kerberoasting", "windows/kerberoasting", "windows_kerberoasting"),
    ("AS-REP roasting", "windows/asrep_roasting", "windows_asrep_roasting"),
    ("DCSync", "windows/dcsync", "windows_dcsync"),
    ("PsExec", "windows/psexec", "windows_psexec_service"),
    ("WMI", "windows/wmi_execution", "windows_wmi_child"),
    ("NTDS dump", "windows/ntds_dump", "windows_ntds_dump"),
    ("SAM dump", "windows/sam_dump", "windows_sam_dump"),
    ("LOLBins", "windows/lolbin_download", "windows_lolbin_download"),
    ("Office child processes", "windows/office_child", "windows_office_child"),
    ("run keys", "windows/run_key", "windows_run_key"),
    ("RDP", "windows/rdp", "windows_rdp_outside"),
    ("out of memory", "operations/out_of_memory", "ops_out_of_memory"),
    ("disk full", "operations/disk_full", "ops_disk_full"),
    ("kernel panic", "operations/kernel_panic", "ops_kernel_panic"),
    ("service crash loop", "operations/service_crash", "ops_crash_loop"),
    ("DNS time-outs", "operations/name_resolution", "ops_name_failures"),
    ("container restarted again and again", "operations/service_crash", "ops_backoff"),
    ("server down", "operations/connection_timeouts", "ops_backend_down"),
    ("connection time-outs", "operations/connection_timeouts", "ops_connection_failures"),
];

fn text(path: &str) -> String {
    let path = format!("{}/rules/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Id of the rule of that name in a file.
fn id(file: &str, name: &str) -> String {
    let mut last = "";
    for line in file.lines() {
        if let Some(id) = line.strip_prefix("id: ") {
            last = id;
        }
        if line.strip_prefix("name: ") == Some(name) {
            return last.to_owned();
        }
    }
    panic!("no rule {name}")
}

#[test]
fn every_class_is_met_by_raw_lines() {
    let home = Home::new();
    let mut wanted = Vec::new();
    for (n, (class, file, name)) in CLASSES.iter().enumerate() {
        let cases = testing::parse(&text(&format!("{file}.test.yml")))
            .into_iter()
            .map(|c| c.expect("a case"))
            .collect::<Vec<_>>();
        let fits = |c: &&testing::Case| c.expect && c.rule.as_deref().is_none_or(|r| r == *name);
        let case = cases.iter().find(fits).unwrap_or_else(|| panic!("{class}: no case of {name}"));
        assert!(case.format.is_none(), "{class}: the lines must be known for what they are");
        home.write(&format!("logs/{n:02}.log"), case.lines.join("\n") + "\n");
        wanted.push((class, name, id(&text(&format!("{file}.yml")), name)));
    }
    let args = ["logs", "--year", "2026", "--no-store", "--alerts", "a.jsonl"];
    let (ran, doc) = home.summary(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let alerted: BTreeSet<String> =
        home.objects("a.jsonl").iter().filter_map(|a| a["rule_id"].as_str().map(str::to_owned)).collect();
    let met = |id: &String| alerted.contains(id) || doc["rules_fired"].get(id).is_some();
    let silent: Vec<_> = wanted.iter().filter(|w| !met(&w.2)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}
