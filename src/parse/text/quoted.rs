//! Sentences of OpenSSH's server in the messages of other programs.
//!
//! `Accepted password for NAME from ADDR port N` is what one program says. Where it
//! stands in another's message, that one repeats what it was told: by sshd, if it
//! passes on the lines of others and the message is nothing but the sentence, else
//! by nobody knows whom.

use memchr::memmem;

/// How an account was asked for, as sshd names it.
const METHODS: &[&str] = &["password", "publickey", "keyboard-interactive", "hostbased", "gssapi", "none"];

/// What the names of programs hold that run or pass on an sshd: containers bear any
/// name, those of gateways mostly one of these.
const FORWARDERS: &[&str] = &[
    "ssh",
    "sftp",
    "bastion",
    "jump",
    "docker",
    "podman",
    "container",
    "conmon",
    "kube",
    "syslog",
    "journal",
    "relay",
    "forward",
];

/// Where such a sentence begins.
pub(in crate::parse) fn sentence(msg: &str) -> Option<usize> {
    let of = |word: &str| {
        memmem::find_iter(msg.as_bytes(), word.as_bytes()).find(|at| {
            let rest = msg.get(at + word.len()..).unwrap_or("");
            METHODS.iter().any(|m| rest.starts_with(m)) && rest.contains(" for ") && rest.contains(" from ")
        })
    };
    let found = [of("Accepted "), of("Failed ")];
    let at = found.into_iter().flatten().min()?;
    msg.get(at..)?.contains(" port ").then_some(at)
}

/// Whether a message holds such a sentence and is not one that its program passes on.
/// `program` is empty where none is named: a file, a container's output.
pub(super) fn quoted(program: &str, msg: &str) -> bool {
    let Some(at) = sentence(msg) else { return false };
    let head = msg.get(..at).unwrap_or("").trim_end();
    // A level in brackets may stand before it.
    let bare = head.is_empty() || (head.starts_with('[') && head.ends_with(']') && head.len() < 16);
    !bare || !forwards(program)
}

/// Whether a program passes on what others wrote; one without a name may.
pub(in crate::parse) fn forwards(program: &str) -> bool {
    let id = |name: &str| name.len() >= 12 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let mut lower = [0u8; 48];
    let name = super::voice::lowered(program, &mut lower);
    program.is_empty() || id(program) || FORWARDERS.iter().any(|f| name.contains(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_others() {
        let said = "Accepted password for root from 192.0.2.1 port 22 ssh2";
        for (program, head) in [
            ("myapp", "user said: "),
            ("myapp", "user said "),
            ("myapp", ""),
            ("", "user said: "),
            ("sshd-proxy", "id 12 "),
            ("docker", "web: "),
            ("docker", "name=bob "),
            ("docker", "\""),
        ] {
            assert!(quoted(program, &format!("{head}{said}")), "{program}: {head}");
        }
        assert!(quoted("myapp", "Failed publickey for invalid user x from 192.0.2.1 port 22 ssh2: RSA SHA256:x"));
        for (program, head) in [
            ("", ""),
            ("", "[info] "),
            ("docker", ""),
            ("docker/web", ""),
            ("0123456789ab", ""),
            ("my-SSHd", ""),
            ("sftp_1", ""),
        ] {
            assert!(!quoted(program, &format!("{head}{said}")), "{program}: {head}");
        }
        for other in
            ["Accepted password for bob from 192.0.2.1", "Failed to log in", "login failed", "Accepted connection"]
        {
            assert!(!quoted("myapp", other), "{other}");
        }
    }
}
