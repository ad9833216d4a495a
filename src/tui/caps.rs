//! What the terminal can do and how far away it is, from the environment.
//! Nothing here talks to the terminal: the question for its background colour
//! is asked after the first frame (see `run`), so that it never delays it.

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None wanted (`NO_COLOR`) or none there (`TERM=dumb`).
    None,
    /// The sixteen of the palette.
    C16,
    /// 256.
    C256,
    /// 24 bits.
    True,
}

/// Facts about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Colours.
    pub colours: Colours,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// The terminal is at the other end of a network.
    pub remote: bool,
    /// Inside tmux: escape sequences for the outer terminal are wrapped.
    pub tmux: bool,
    /// Inside screen.
    pub screen: bool,
    /// The user asked for few bytes.
    pub lean: bool,
    /// The locale is one that has more than ASCII, as far as it is known.
    pub utf8: bool,
}

impl Caps {
    /// From the process's environment.
    #[must_use]
    pub fn from_env(lean: bool) -> Self {
        Self::from_vars(lean, |name| std::env::var(name).ok())
    }

    /// From any environment.
    #[must_use]
    pub fn from_vars(lean: bool, var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).is_some_and(|v| !v.is_empty());
        let term = var("TERM").unwrap_or_default();
        let no_color = set("NO_COLOR");
        let colours = if no_color || term == "dumb" {
            Colours::None
        } else if matches!(var("COLORTERM").as_deref(), Some("truecolor" | "24bit")) || term.ends_with("-direct") {
            Colours::True
        } else if term.contains("256color")
            || ["kitty", "alacritty", "wezterm", "foot", "ghostty"].iter().any(|t| term.contains(t))
        {
            Colours::C256
        } else {
            Colours::C16
        };
        Self {
            colours,
            no_color,
            remote: set("SSH_TTY") || set("SSH_CONNECTION"),
            tmux: set("TMUX"),
            screen: term.starts_with("screen") && !set("TMUX"),
            lean,
            utf8: utf8(var),
        }
    }

    /// The shortest time between two frames that only data asks for.
    #[must_use]
    pub const fn frame_gap_ms(&self) -> u64 {
        if self.lean {
            250
        } else if self.remote {
            100
        } else {
            10
        }
    }

    /// The theme where the user names none and the background is not known.
    #[must_use]
    pub const fn default_theme(&self) -> &'static str {
        match self.colours {
            Colours::None => "mono",
            Colours::C16 => "ansi16",
            Colours::C256 | Colours::True => "dark",
        }
    }
}

/// Whether the locale is UTF-8. Where none is named, as in containers, the
/// terminal is taken for one of today.
fn utf8(var: impl Fn(&str) -> Option<String>) -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| var(n).filter(|v| !v.is_empty()));
    named.is_none_or(|v| {
        let v = v.to_ascii_lowercase();
        v.contains("utf-8") || v.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(vars: &[(&str, &str)]) -> Caps {
        Caps::from_vars(false, |n| vars.iter().find(|(k, _)| *k == n).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn environment_is_read() {
        assert_eq!(caps(&[("TERM", "xterm-256color")]).colours, Colours::C256);
        assert_eq!(caps(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]).colours, Colours::True);
        assert_eq!(caps(&[("TERM", "linux")]).colours, Colours::C16);
        assert_eq!(caps(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]).default_theme(), "mono");
        assert_eq!(caps(&[("TERM", "xterm"), ("NO_COLOR", "")]).colours, Colours::C16);
        for (vars, is) in [
            (&[("LANG", "C.UTF-8")][..], true),
            (&[("LANG", "de_CH.utf8"), ("LC_ALL", "C")], false),
            (&[("LANG", "en_US.ISO-8859-1")], false),
            (&[("LANG", "C"), ("LC_CTYPE", "en_US.UTF-8")], true),
            (&[("LC_ALL", "")], true),
        ] {
            assert_eq!(caps(vars).utf8, is, "{vars:?}");
        }
        let ssh = caps(&[("TERM", "screen"), ("SSH_TTY", "/dev/pts/1")]);
        assert_eq!((ssh.remote, ssh.screen, ssh.frame_gap_ms()), (true, true, 100));
    }
}
