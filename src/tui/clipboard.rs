//! Copying through the terminal (OSC 52): it reaches the analyst's own
//! clipboard over SSH, where programs on the server cannot.

use base64::Engine as _;

use super::caps::Caps;

/// Most bytes that terminals take in one OSC 52, before base64.
pub const MAX_BYTES: usize = 75_000;

/// The sequence that copies `text`; `None` where it is longer than terminals take.
#[must_use]
pub fn osc52(text: &str, caps: &Caps) -> Option<Vec<u8>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let body = format!("\x1b]52;c;{}\x07", base64::engine::general_purpose::STANDARD.encode(text));
    let wrapped = if caps.tmux {
        // tmux takes the plain one itself where its `set-clipboard` is `on`, and hands on what
        // stands in its own envelope, every ESC doubled, where `allow-passthrough` is.
        format!("{body}\x1bPtmux;{}\x1b\\", body.replace('\x1b', "\x1b\x1b"))
    } else if caps.screen {
        // screen limits the length of one DCS string.
        let pieces: Vec<String> =
            body.as_bytes().chunks(76).map(|c| format!("\x1bP{}\x1b\\", String::from_utf8_lossy(c))).collect();
        pieces.concat()
    } else {
        body
    };
    Some(wrapped.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(tmux: bool) -> Caps {
        Caps::from_vars(false, |n| (tmux && n == "TMUX").then(|| "1".to_owned()))
    }

    #[test]
    fn plain_and_through_tmux() {
        assert_eq!(osc52("hi", &caps(false)).as_deref(), Some(b"\x1b]52;c;aGk=\x07".as_slice()));
        assert_eq!(
            osc52("hi", &caps(true)).as_deref(),
            Some(b"\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\".as_slice())
        );
        assert!(osc52(&"x".repeat(MAX_BYTES + 1), &caps(false)).is_none());
    }
}
