//! What programs say: one file for each family, chosen by the program's name.

mod accounts;
mod appliances;
mod asterisk;
mod audit;
mod bans;
mod bsd;
mod checkpoint;
mod cisco;
mod cisco_ios;
mod cron;
mod cyrus;
mod database;
mod directory;
mod doas;
mod dovecot;
mod dropbear;
mod exim;
mod ftp;
mod generic;
mod haproxy;
mod junos;
mod kernel;
mod login;
mod named;
mod own_time;
mod paloalto;
mod pam;
mod phrases;
mod polkit;
mod postfix;
mod postgres;
mod proftpd;
mod samba;
mod services;
mod sshd;
mod su;
mod sudo;
mod sysmon;
mod systemd;
mod web;

use memchr::memrchr;

use super::util;
use crate::event::{Draft, EventType, Outcome};
use crate::parse::{Ctx, text};

pub(in crate::parse) use asterisk::parse as asterisk;
pub(in crate::parse) use database::mysql;
pub(in crate::parse) use dropbear::parse as dropbear;
pub(in crate::parse) use exim::parse as exim;
pub(in crate::parse) use ftp::{transfer, vsftpd};
pub(in crate::parse) use named::parse as named;
pub(in crate::parse) use paloalto::alone as paloalto_alone;
pub(in crate::parse) use phrases::roundcube;
pub(in crate::parse) use postgres::{parse as postgres, row as postgres_row, said as postgres_said};
pub(in crate::parse) use samba::{address as samba_address, parse as samba};
pub(in crate::parse) use services::xinetd;
pub(in crate::parse) use sysmon::alone as sysmon_alone;

/// One message with the name of its program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub program: &'a str,
    /// `sshd(pam_unix)`: what stands in brackets.
    pub module: Option<&'a str>,
    /// Kind of the message and structured data, of RFC 5424.
    pub id: &'a str,
    pub data: &'a str,
    pub msg: &'a str,
}

/// A check of a password on behalf of a program that tells of it itself.
fn notice(msg: &str, ctx: &Ctx, d: &mut Draft<'_>) {
    d.logsource(ctx.ls.auth);
    let user = match msg.strip_prefix("password check failed for user (") {
        Some(rest) => rest.strip_suffix(')').unwrap_or(rest),
        None if msg.contains("auth failure: [user=") => util::between(msg, "[user=", "]").unwrap_or(""),
        None => return,
    };
    d.event(EventType::Other, Outcome::Failure);
    util::set_user(d, user);
}

/// Hands a message to the parser of its program.
pub(super) fn parse(line: &Line<'_>, ctx: &Ctx, d: &mut Draft<'_>) {
    let name = memrchr(b'/', line.program.as_bytes()).and_then(|at| line.program.get(at + 1..)).unwrap_or(line.program);
    if pam::parse(name, line.module, line.msg, ctx, d) {
        return;
    }
    let msg = own_time::behind(name, line.msg, ctx);
    match name {
        "sshd" | "sshd-session" | "sshd-auth" => sshd::parse(msg, ctx, d),
        "sudo" | "sudo-rs" => sudo::parse(msg, ctx, d),
        "su" | "su-l" => su::parse(msg, ctx, d),
        "CRON" | "cron" | "crond" | "CROND" | "crontab" | "anacron" | "atd" | "fcron" => cron::parse(name, msg, ctx, d),
        "systemd" => systemd::parse(msg, ctx, d),
        "systemd-shutdown" | "shutdown" | "init" => systemd::ending(name, msg, ctx, d),
        "systemd-logind" | "elogind-daemon" | "elogind" => systemd::logind(msg, ctx, d),
        "doas" => doas::parse(msg, ctx, d),
        "filterlog" => bsd::filterlog(msg, ctx, d),
        "internal-sftp" | "sftp-server" => sshd::sftp(msg, ctx, d),
        "uhttpd" | "luci" if services::luci(msg, ctx, d) => {}
        "dnsmasq" => services::dnsmasq(msg, ctx, d),
        "in.telnetd" | "telnetd" | "in.rlogind" | "in.rshd" | "in.rexecd" | "utelnetd" => {
            services::wrapped(msg, ctx, d);
        }
        "kernel" | "ulogd" => kernel::parse(msg, ctx, d),
        "useradd" | "userdel" | "usermod" | "groupadd" | "groupdel" | "groupmod" | "gpasswd" | "passwd"
        | "chpasswd" | "chage" | "chfn" | "chsh" | "newusers" | "adduser" | "deluser" | "vipw" => {
            accounts::parse(name, msg, ctx, d);
        }
        "dropbear" => dropbear::parse(msg, ctx, d),
        "smtpd" | "postscreen" | "smtps" | "cleanup" | "qmgr" | "smtp" | "local" | "pickup" | "anvil" | "lmtp"
        | "bounce" | "submission" | "tlsproxy" | "dnsblog"
            if line.program.contains('/') || line.program.starts_with("post") =>
        {
            postfix::parse(name, msg, ctx, d);
        }
        "postscreen" => postfix::parse(name, msg, ctx, d),
        "imap" | "imaps" | "pop3" | "pop3s" | "sieve" | "timsieved" | "imapd" | "pop3d" | "httpd" | "http" | "lmtp"
        | "lmtpunix" | "nntp"
            if cyrus::badlogin(msg, ctx, d) => {}
        "imap" | "imaps" | "pop3" | "pop3s" | "sieve"
            if line.program.starts_with("cyrus/") && phrases::parse(name, msg, ctx, d) => {}
        "dovecot" | "dovecot-auth" | "imap-login" | "pop3-login" | "managesieve-login" | "submission-login"
        | "auth-worker" | "auth" | "imap" | "pop3" | "lmtp" => dovecot::parse(&Line { msg, ..*line }, ctx, d),
        "vsftpd" => ftp::vsftpd(msg, ctx, d),
        "proftpd" => proftpd::parse(msg, ctx, d),
        "pure-ftpd" => ftp::pure_ftpd(msg, ctx, d),
        "ftpd" | "wu-ftpd" | "in.ftpd" => ftp::ftpd(msg, ctx, d),
        "named" | "bind" | "bind9" | "security" | "update-security" | "queries" | "client" => named::parse(msg, ctx, d),
        "haproxy" => haproxy::parse(msg, ctx, d),
        "lighttpd" | "nginx" | "httpd" | "apache" | "apache2" => web::parse(name, msg, ctx, d),
        "xinetd" | "inetd" => services::xinetd(msg, ctx, d),
        "rsyslogd" | "syslogd" | "syslog-ng" | "rsyslogd0" => services::syslogd(msg, ctx, d),
        "auditd" | "audisp" | "audispd" | "audit" | "auditspd" => audit::parse(msg, ctx, d),
        "login" | "LOGIN" | "gdm" | "gdm3" | "gdm-password" | "gdm-session-worker" | "lightdm" | "sddm"
        | "sddm-helper" | "agetty" => login::parse(msg, ctx, d),
        "mysqld" | "mariadbd" | "mysql" | "mariadb" | "mysqld_safe" if mysql(msg, ctx, d) => {}
        "postgres" | "postgresql" | "postmaster" if postgres(msg, ctx, d) => {}
        "smbd" | "samba" | "nmbd" | "winbindd" if samba(msg, ctx, d) => {}
        "asterisk" if asterisk(msg, ctx, d) => {}
        "krb5kdc" => directory::kerberos(msg, ctx, d),
        "slapd" => directory::ldap(msg, ctx, d),
        "radiusd" | "freeradius" => directory::radius(msg, ctx, d),
        "smtpd" if directory::opensmtpd(msg, ctx, d) => {}
        "unix_chkpwd" | "saslauthd" => notice(msg, ctx, d),
        _ if name.ends_with("vpn") && directory::openvpn(msg, ctx, d) => {}
        _ if appliances::parse(name, msg, ctx, d) => {}
        "gitea" | "forgejo" if text::webapps(msg, ctx, d) => {}
        "sysmon" => sysmon::program(msg, ctx, d),
        "polkitd" | "polkit-agent-helper-1" | "pkexec" => polkit::parse(msg, ctx, d),
        "scanlogd" => services::scanlogd(msg, ctx, d),
        "iptables" | "ip6tables" | "nftables" | "ufw" | "firewalld" => services::firewall(msg, ctx, d),
        _ if cisco::is_tag(line.program) => cisco::parse(line.program, msg, ctx, d),
        _ if line.program.starts_with('%') => cisco_ios::parse(line.program, msg, ctx, d),
        "exim" | "exim4" if exim(msg, ctx, d) => {}
        "CheckPoint" | "Checkpoint" => checkpoint::parse(line.data, msg, ctx, d),
        "" if checkpoint::is_row(msg) => checkpoint::parse("", msg, ctx, d),
        _ if junos::parse(line, msg, ctx, d) => {}
        _ if name.starts_with("fail2ban") => bans::parse(msg, ctx, d),
        "" if paloalto::is_row(msg) => paloalto::parse(msg, ctx, d),
        _ if phrases::parse(name, msg, ctx, d) => {}
        _ if web::other(line, msg, ctx, d) => {}
        _ => generic::parse(name, msg, ctx, d),
    }
}
