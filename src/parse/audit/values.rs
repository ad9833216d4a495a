//! Values of audit records: hex of odd text, socket addresses, numbers of types.

use std::fmt::Write as _;

/// Longest hex value that is decoded.
const LONGEST: usize = 128 << 10;

/// Fields whose unquoted value is hex where it is no plain text. Arguments of a
/// program are so too, but those of a system call are numbers.
pub(super) fn is_encoded(key: &str) -> bool {
    matches!(
        key,
        "proctitle"
            | "comm"
            | "exe"
            | "name"
            | "cwd"
            | "path"
            | "dir"
            | "file"
            | "acct"
            | "cmd"
            | "data"
            | "key"
            | "ocomm"
            | "oldname"
            | "newname"
            | "watch"
            | "device"
            | "new-disk"
            | "old-disk"
    )
}

/// Decodes hex as the kernel writes it (upper case) to text; NUL becomes a
/// blank. False, and nothing written, where it is none.
pub(super) fn decode(hex: &str, out: &mut String) -> bool {
    let mut run = smallvec::SmallVec::<[u8; 128]>::new();
    if !bytes(hex, &mut run) {
        return false;
    }
    text(&run, out);
    true
}

/// The bytes that upper-case hex stands for, NUL as a blank. False, and nothing
/// written, where it is none.
pub(super) fn bytes(hex: &str, out: &mut impl Extend<u8>) -> bool {
    let b = hex.as_bytes();
    if b.is_empty()
        || b.len() > LONGEST
        || !b.len().is_multiple_of(2)
        || !b.iter().all(|c| matches!(c, b'0'..=b'9' | b'A'..=b'F'))
    {
        return false;
    }
    let nibble = |c: u8| if c <= b'9' { c - b'0' } else { c - b'A' + 10 };
    out.extend(b.chunks_exact(2).map(|p| match nibble(p[0]) << 4 | nibble(p[1]) {
        0 => b' ',
        c => c,
    }));
    true
}

/// Writes bytes as text, without blanks at the end; what is no UTF-8 is marked.
pub(super) fn text(bytes: &[u8], out: &mut String) {
    let end = bytes.iter().rposition(|b| *b != b' ').map_or(0, |at| at + 1);
    for chunk in bytes.get(..end).unwrap_or_default().utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Where a socket leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Socket {
    /// Address and port.
    Net(String, String),
    /// A path.
    Local(String),
}

/// The bytes of a `sockaddr` in hex, or its interpreted form.
pub(super) fn socket(text: &str) -> Option<Socket> {
    if let Some(fields) = text.contains('=').then_some(text) {
        let value = |key: &str| {
            fields
                .split_ascii_whitespace()
                .find_map(|w| w.strip_prefix(key))
                .map(str::to_owned)
                .filter(|v| !v.is_empty())
        };
        return match (value("laddr="), value("lport="), value("path=")) {
            (Some(addr), port, _) => Some(Socket::Net(addr, port.unwrap_or_default())),
            (_, _, Some(path)) => Some(Socket::Local(path)),
            _ => None,
        };
    }
    let byte = |i: usize| text.get(i * 2..i * 2 + 2).and_then(|h| u8::from_str_radix(h, 16).ok());
    let port = |at: usize| Some((u32::from(byte(at)?) << 8 | u32::from(byte(at + 1)?)).to_string());
    match (byte(0)?, byte(1)?) {
        (2, 0) => {
            let mut addr = String::new();
            write!(addr, "{}.{}.{}.{}", byte(4)?, byte(5)?, byte(6)?, byte(7)?).ok()?;
            Some(Socket::Net(addr, port(2)?))
        }
        (10, 0) => {
            let mut octets = [0; 16];
            for (i, o) in octets.iter_mut().enumerate() {
                *o = byte(8 + i)?;
            }
            let addr = std::net::Ipv6Addr::from(octets);
            let addr = addr.to_ipv4_mapped().map_or_else(|| addr.to_string(), |v4| v4.to_string());
            Some(Socket::Net(addr, port(2)?))
        }
        (1, 0) => {
            let hex = text.get(4..)?;
            let mut path = String::new();
            // An abstract name begins with NUL; a path ends with one.
            let cut = if hex.starts_with("00") { hex.len() } else { end_of_text(hex) };
            decode(hex.get(..cut)?, &mut path).then(|| Socket::Local(path.trim_start().to_owned()))
        }
        _ => None,
    }
}

fn end_of_text(hex: &str) -> usize {
    let b = hex.as_bytes();
    b.chunks_exact(2).position(|p| p == b"00").map_or(b.len() & !1, |n| n * 2)
}

/// Name of a type of record that the kernel's own log writes as a number.
pub(super) fn kind(number: &str) -> Option<&'static str> {
    Some(match number.parse::<u32>().ok()? {
        1006 => "LOGIN",
        1100 => "USER_AUTH",
        1101 => "USER_ACCT",
        1102 => "USER_MGMT",
        1103 => "CRED_ACQ",
        1104 => "CRED_DISP",
        1105 => "USER_START",
        1106 => "USER_END",
        1107 => "USER_AVC",
        1108 => "USER_CHAUTHTOK",
        1109 => "USER_ERR",
        1110 => "CRED_REFR",
        1112 => "USER_LOGIN",
        1113 => "USER_LOGOUT",
        1114 => "ADD_USER",
        1115 => "DEL_USER",
        1116 => "ADD_GROUP",
        1117 => "DEL_GROUP",
        1123 => "USER_CMD",
        1124 => "USER_TTY",
        1127 => "SYSTEM_BOOT",
        1128 => "SYSTEM_SHUTDOWN",
        1129 => "SYSTEM_RUNLEVEL",
        1130 => "SERVICE_START",
        1131 => "SERVICE_STOP",
        1200 => "DAEMON_START",
        1201 => "DAEMON_END",
        1202 => "DAEMON_ABORT",
        1203 => "DAEMON_CONFIG",
        1300 => "SYSCALL",
        1302 => "PATH",
        1305 => "CONFIG_CHANGE",
        1306 => "SOCKADDR",
        1307 => "CWD",
        1309 => "EXECVE",
        1319 => "TTY",
        1320 => "EOE",
        1321 => "BPRM_FCAPS",
        1323 => "MMAP",
        1325 => "NETFILTER_CFG",
        1326 => "SECCOMP",
        1327 => "PROCTITLE",
        1330 => "KERN_MODULE",
        1334 => "BPF",
        1400 => "AVC",
        1401 => "SELINUX_ERR",
        1403 => "MAC_POLICY_LOAD",
        1404 => "MAC_STATUS",
        1405 => "MAC_CONFIG_CHANGE",
        1700 => "ANOM_PROMISCUOUS",
        1701 => "ANOM_ABEND",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_text_and_sockets() {
        let mut s = String::new();
        assert!(decode("2F746D702F6120622063", &mut s));
        assert_eq!(s, "/tmp/a b c");
        s.clear();
        assert!(decode("6C73002D6C6100", &mut s));
        assert_eq!(s, "ls -la");
        s.clear();
        assert!(!decode("dd", &mut s) && !decode("ABC", &mut s) && !decode("", &mut s) && s.is_empty());
        assert_eq!(
            socket("02000050A9FEA9FE0000000000000000"),
            Some(Socket::Net("169.254.169.254".into(), "80".into()))
        );
        assert_eq!(
            socket("0A000016000000000000000000000000000000000000000000000000"),
            Some(Socket::Net("::".into(), "22".into()))
        );
        assert_eq!(socket("01002F7661722F72756E2F78000041"), Some(Socket::Local("/var/run/x".into())));
        assert_eq!(
            socket("saddr_fam=inet laddr=192.0.2.7 lport=80"),
            Some(Socket::Net("192.0.2.7".into(), "80".into()))
        );
        assert_eq!((socket("100000000000"), socket("0200"), socket("")), (None, None, None));
        assert_eq!((kind("1400"), kind("9"), kind("x")), (Some("AVC"), None, None));
    }

    proptest::proptest! {
        #[test]
        fn no_panic(s in "\\PC{0,40}", hex in "[0-9A-Fa-f]{0,60}") {
            let mut out = String::new();
            for t in [&s, &hex] {
                decode(t, &mut out);
                let _ = socket(t);
            }
        }
    }
}
