//! What an audit event says as a whole, gathered from its records.

use smallvec::SmallVec;

use super::pairs::Pair;
use super::{syscalls, values};
use crate::event::{Draft, EventType, Outcome, Ov, Severity, Span};
use crate::parse::Ctx;
use crate::parse::syslog::set_src;

/// Most arguments that make up a command line.
const ARGUMENTS: usize = 64;

/// Gathered from record to record; of each value the first counts.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    /// Type of the record that the event is about.
    kind: &'a str,
    exec: bool,
    denied: bool,
    arch: &'a str,
    syscall: Span,
    syscall_name: Span,
    result: Span,
    exe: Span,
    account: Span,
    login: Span,
    uid: Span,
    command: Span,
    path: Span,
    title: Span,
    unit: Span,
    /// `audit_enabled` of a change of the audit itself.
    enabled: Span,
    session: Span,
    pid: Span,
    address: Span,
    host: Span,
    socket: Span,
    arguments: SmallVec<[Span; 8]>,
    /// A name came more than once.
    pub(super) repeated: bool,
    /// The argument whose pieces are being put together: number and bytes. A
    /// piece may end within a character.
    pieces: Option<(u32, Vec<u8>)>,
    items: Option<u32>,
    paths: u32,
    /// Whether the present record named a system call by a number.
    numbered: bool,
}

/// Records that only add to others of their event.
fn is_detail(kind: &str) -> bool {
    matches!(
        kind,
        "" | "PATH"
            | "CWD"
            | "PROCTITLE"
            | "SOCKADDR"
            | "EXECVE"
            | "EOE"
            | "FD_PAIR"
            | "BPRM_FCAPS"
            | "OBJ_PID"
            | "IPC"
            | "MMAP"
    )
}

fn absent(text: &str) -> bool {
    matches!(text, "" | "?" | "(null)" | "(none)" | "unset" | "4294967295" | "-1" | "(unknown)")
}

impl<'a> Facts<'a> {
    /// A record begins.
    pub(super) fn begin(&mut self, kind: &'a str, body: &'a str) {
        if is_detail(self.kind) && (self.kind.is_empty() || !is_detail(kind)) {
            self.kind = kind;
        }
        self.exec |= kind == "EXECVE";
        self.paths += u32::from(kind == "PATH");
        self.denied |= body.contains("denied") && kind.ends_with("AVC") || body.contains("apparmor=\"DENIED\"");
        self.numbered = false;
    }

    /// A record ends: a call that it gave by number gets its name.
    pub(super) fn end(&mut self, d: &mut Draft<'_>) {
        if !self.numbered || self.syscall_name.is_some() {
            return;
        }
        let number = d.value(self.syscall);
        self.syscall_name = match syscalls::name(self.arch, number) {
            Some(name) => d.span(name),
            // Interpreted records name it themselves.
            None if number.starts_with(|c: char| c.is_ascii_lowercase()) => self.syscall,
            None => return,
        };
        d.span_field("SYSCALL", self.syscall_name, crate::event::ValueKind::Text);
    }

    /// Takes a piece of a long argument (`a1[0]=…`, after `a1_len=…`); false
    /// where the pair is none. The pieces of one argument may go on in the next
    /// record.
    pub(super) fn piece(&mut self, p: &Pair<'_>, plain: bool, d: &mut Draft<'_>) -> bool {
        let number = p.key.strip_prefix('a').and_then(|k| k.strip_suffix(']')).and_then(|k| k.split_once('['));
        let Some(n) = number.and_then(|(n, _)| n.parse::<u32>().ok()) else {
            return false;
        };
        if self.pieces.as_ref().is_some_and(|(m, _)| *m != n) {
            self.whole(d);
        }
        let (_, bytes) = self.pieces.get_or_insert_with(|| (n, Vec::new()));
        if plain || p.quoted || !values::bytes(p.value, bytes) {
            bytes.extend_from_slice(p.value.as_bytes());
        }
        true
    }

    /// The pieces that are there are the whole argument.
    pub(super) fn whole(&mut self, d: &mut Draft<'_>) {
        let Some((n, bytes)) = self.pieces.take() else { return };
        let value = d.build(|out| values::text(&bytes, out));
        d.span_field(&format!("a{n}"), value, crate::event::ValueKind::Text);
        self.take(value);
    }

    fn take(&mut self, argument: Span) {
        if self.arguments.len() < ARGUMENTS {
            self.arguments.push(argument);
        }
    }

    /// Notes a pair. `raw` is its value as written.
    pub(super) fn note(&mut self, kind: &str, key: &str, value: Span, raw: &'a str, d: &Draft<'_>) {
        let first = |place: &mut Span| {
            if place.is_none() && !absent(d.value(value)) {
                *place = value;
            }
        };
        match key {
            "arch" if self.arch.is_empty() => self.arch = raw,
            "syscall" if kind != "SECCOMP" || self.syscall.is_none() => {
                first(&mut self.syscall);
                self.numbered = true;
            }
            "SYSCALL" => first(&mut self.syscall_name),
            "res" | "result" | "success" => first(&mut self.result),
            "exe" => first(&mut self.exe),
            "acct" if !d.value(value).starts_with('(') => first(&mut self.account),
            "AUID" => first(&mut self.login),
            "auid" if raw.starts_with(|c: char| c.is_ascii_alphabetic()) => first(&mut self.login),
            "UID" => first(&mut self.uid),
            "uid" if raw.starts_with(|c: char| c.is_ascii_alphabetic()) => first(&mut self.uid),
            "cmd" => first(&mut self.command),
            "name" if kind == "PATH" => first(&mut self.path),
            "path" | "name" if kind.ends_with("AVC") => first(&mut self.path),
            "proctitle" => first(&mut self.title),
            "unit" => first(&mut self.unit),
            "audit_enabled" if kind == "CONFIG_CHANGE" => first(&mut self.enabled),
            "ses" => first(&mut self.session),
            "pid" => first(&mut self.pid),
            "addr" => first(&mut self.address),
            "hostname" => first(&mut self.host),
            "saddr" => first(&mut self.socket),
            "items" => self.items = self.items.or(raw.parse().ok()),
            _ if kind == "EXECVE" && super::is_argument(key) && !key.contains('_') => self.take(value),
            _ => {}
        }
    }

    /// Fills the overlay.
    pub(super) fn apply(&self, ctx: &Ctx, d: &mut Draft<'_>) {
        let outcome = match d.value(self.result) {
            "success" | "yes" | "1" => Outcome::Success,
            "failed" | "no" | "0" => Outcome::Failure,
            _ if self.denied => Outcome::Failure,
            _ => Outcome::Unknown,
        };
        let call: SmallVec<[u8; 32]> = d.value(self.syscall_name).as_bytes().into();
        let call = std::str::from_utf8(&call).unwrap_or("");
        let kind = self.event_type(call, outcome, d.value(self.exe));
        d.event(kind, outcome);
        if matches!(kind, EventType::ServiceCrash | EventType::LoginFailed | EventType::SshLoginFailed) || self.denied {
            d.rec.severity = d.rec.severity.max(Severity::Low);
        }
        let copy = |d: &Draft<'_>, span| SmallVec::<[u8; 64]>::from(d.value(span).as_bytes());
        for place in [self.address, self.host] {
            let word = copy(d, place);
            if !word.is_empty() && d.get(Ov::SrcIp).is_none() && d.get(Ov::SrcHost).is_none() {
                set_src(d, std::str::from_utf8(&word).unwrap_or(""));
            }
        }
        self.socket(call, ctx, d);
        let user = [self.account, self.login, self.uid].into_iter().find(|s| s.is_some()).unwrap_or(Span::NONE);
        for (name, span) in
            [(Ov::User, user), (Ov::Process, self.exe), (Ov::Pid, self.pid), (Ov::SessionId, self.session)]
        {
            if span.is_some() && !d.value(span).is_empty() {
                d.set_span(name, span);
            }
        }
        self.resource(kind, d);
        if let Some(items) = self.items
            && d.rec.lines > 1
            && items > self.paths
        {
            d.field("path_records_missing", &(items - self.paths).to_string());
        }
    }

    fn event_type(&self, call: &str, outcome: Outcome, exe: &str) -> EventType {
        use EventType as E;
        let ssh = exe.ends_with("/sshd") || exe.ends_with("/sshd-session") || exe.ends_with("/sshd-auth");
        match (self.kind, outcome) {
            ("USER_LOGIN" | "USER_AUTH" | "USER_ERR", Outcome::Failure) if ssh => E::SshLoginFailed,
            ("USER_LOGIN" | "USER_AUTH" | "USER_ERR", Outcome::Failure) => E::LoginFailed,
            ("USER_LOGIN", _) if ssh => E::SshLogin,
            ("USER_LOGIN", _) => E::Login,
            ("USER_START", _) => E::SessionStart,
            ("USER_END", _) => E::SessionEnd,
            ("USER_LOGOUT", _) => E::Logout,
            ("ADD_USER", _) => E::UserCreated,
            ("DEL_USER", _) => E::UserDeleted,
            ("USER_MGMT", _) => E::UserChanged,
            ("ADD_GROUP" | "DEL_GROUP" | "GRP_MGMT", _) => E::GroupChanged,
            ("USER_CHAUTHTOK", _) => E::PasswordChanged,
            ("USER_CMD", Outcome::Failure) => E::SudoFailed,
            ("USER_CMD", _) => E::Sudo,
            ("SERVICE_START" | "SERVICE_STOP" | "DAEMON_START" | "DAEMON_END" | "DAEMON_ABORT", _) => E::ServiceChange,
            ("SYSTEM_SHUTDOWN" | "SYSTEM_BOOT", _) => E::ServiceChange,
            ("CONFIG_CHANGE", _) if self.enabled.is_some() => E::ServiceChange,
            ("ANOM_ABEND", _) => E::ServiceCrash,
            _ if self.exec => E::ProcessStart,
            ("SYSCALL" | "SECCOMP", _) => match call {
                "execve" | "execveat" => E::ProcessStart,
                "exit" | "exit_group" => E::ProcessEnd,
                "connect" | "accept" | "accept4" => E::Connection,
                "chmod" | "fchmod" | "fchmodat" | "chown" | "fchown" | "lchown" | "fchownat" | "setuid" | "setgid"
                | "setreuid" | "setresuid" => E::PermissionChange,
                _ if self.path.is_some() => E::FileAccess,
                _ => E::Other,
            },
            ("PATH" | "AVC" | "USER_AVC", _) if self.path.is_some() => E::FileAccess,
            _ => E::Other,
        }
    }

    /// The other end of a socket that was connected or accepted.
    fn socket(&self, call: &str, _: &Ctx, d: &mut Draft<'_>) {
        let text: SmallVec<[u8; 128]> = d.value(self.socket).as_bytes().into();
        if text.is_empty() {
            return;
        }
        match values::socket(std::str::from_utf8(&text).unwrap_or("")) {
            Some(values::Socket::Net(addr, port)) => {
                let (ip, number) = match call {
                    "accept" | "accept4" | "recvfrom" => (Ov::SrcIp, Ov::SrcPort),
                    "bind" => (Ov::SrcIp, Ov::SrcPort),
                    _ => (Ov::DestIp, Ov::DestPort),
                };
                d.field("laddr", &addr);
                d.field("lport", &port);
                if call != "bind" {
                    d.set_default(ip, &addr);
                    d.set_default(number, &port);
                }
            }
            Some(values::Socket::Local(path)) => {
                d.field("path", &path);
                d.set_default(Ov::Resource, &path);
            }
            None => {}
        }
    }

    /// The thing acted upon: a command line, a unit, a file.
    fn resource(&self, kind: EventType, d: &mut Draft<'_>) {
        if self.command.is_some() {
            return d.set_span(Ov::Resource, self.command);
        }
        if kind == EventType::ServiceChange {
            return self.service(d);
        }
        if self.unit.is_some() {
            return d.set_span(Ov::Resource, self.unit);
        }
        if kind == EventType::ProcessStart {
            let line = self.command_line(d);
            if line.is_some() {
                return d.set_span(Ov::Resource, line);
            }
        }
        let span = if self.path.is_some() { self.path } else { self.title };
        if span.is_some() && d.get(Ov::Resource).is_none() {
            d.set_span(Ov::Resource, span);
        }
    }

    /// What was started or stopped, the audit itself and the machine included.
    fn service(&self, d: &mut Draft<'_>) {
        match self.kind {
            "SERVICE_START" | "SERVICE_STOP" if self.unit.is_none() => return,
            "SERVICE_START" | "SERVICE_STOP" => d.set_span(Ov::Resource, self.unit),
            "SYSTEM_SHUTDOWN" | "SYSTEM_BOOT" => d.set(Ov::Resource, "system"),
            _ => d.set(Ov::Resource, "auditd"),
        }
        let state = match self.kind {
            "SERVICE_START" | "DAEMON_START" => "started",
            "SYSTEM_BOOT" => "boot",
            "SYSTEM_SHUTDOWN" => "shutdown",
            "CONFIG_CHANGE" if d.value(self.enabled) != "0" => "started",
            _ => "stopped",
        };
        d.field("state", state);
    }

    /// What was run, as far as it is known.
    fn command_line(&self, d: &mut Draft<'_>) -> Span {
        match self.arguments.as_slice() {
            [] if self.title.is_some() => self.title,
            [] => self.exe,
            [one] => *one,
            [first, rest @ ..] => rest.iter().fold(*first, |line, arg| {
                let line = d.append_text(line, " ");
                d.append(line, *arg)
            }),
        }
    }
}
