//! Colours and modifiers by role. A theme is a TOML table `role = {fg, bg, bold,
//! dim, underline, reverse, italic}`; unknown roles, keys and colours are errors.
//! Severity is always a letter as well, so no theme is needed to tell it.

use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::caps::Colours;
use crate::event::Severity;

/// What is wrong with a theme.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No such theme.
    #[error("no theme '{name}'; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The file cannot be read.
    #[error("theme {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not the format of a theme.
    #[error("theme {name}: {message}")]
    Format {
        /// The theme.
        name: String,
        /// Line and what was expected.
        message: String,
    },
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    underline: bool,
    reverse: bool,
    italic: bool,
}

macro_rules! roles {
    ($($role:ident = $doc:literal;)+) => {
        /// A theme: one style for each role.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Theme { $(#[doc = $doc] pub $role: Style,)+ }

        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct File { $($role: Look,)+ }

        /// The roles of a theme, by name.
        pub(super) const ROLES: &[&str] = &[$(stringify!($role),)+];

        impl File {
            fn theme(&self, name: &str, colours: Colours) -> Result<Theme, ThemeError> {
                Ok(Theme { $($role: style(&self.$role, name, stringify!($role), colours)?,)+ })
            }
        }
    };
}

roles! {
    text = "Plain text.";
    dim = "Less important text.";
    title = "Titles of panes and column heads.";
    border = "Rules and borders.";
    header = "The first line.";
    tab = "A screen's tab.";
    tab_active = "The tab of the screen shown.";
    cursor = "The row the cursor is on (its pinned cells).";
    cell = "The cell that filters act on.";
    mark = "Cursor bars, marks and selections.";
    hit = "What find found.";
    entity = "The entity inside a message.";
    key = "Keys in hints.";
    input = "The line being typed.";
    popup = "Overlays.";
    good = "What is well.";
    warn = "What needs a look.";
    bad = "Errors, losses.";
    control = "Marks that stand for control characters.";
    histogram = "Bars of events.";
    alert_bar = "Bars with alerts in them.";
    info = "Severity info.";
    low = "Severity low.";
    medium = "Severity medium.";
    high = "Severity high.";
    critical = "Severity critical.";
}

/// Themes that come with the program, by name.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("ansi16", include_str!("../../themes/ansi16.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

impl Theme {
    /// The theme of that name: built in, `NAME.toml` in the user's folder, or a file
    /// by its path.
    ///
    /// # Errors
    /// Where there is none or it is not well formed.
    pub fn load(name: &str, folder: Option<&Path>, colours: Colours) -> Result<Self, ThemeError> {
        if let Some(path) = own_file(name, folder) {
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|source| ThemeError::Io { path: shown, source })?;
            let parsed = Self::parse(name, &text, colours);
            // A mistake is told with its place in the file.
            return parsed.map_err(|e| match super::theme_check::mistakes(&path, &text).into_iter().next() {
                Some(message) => ThemeError::Format { name: name.into(), message },
                None => e,
            });
        }
        let Some((_, text)) = BUILT_IN.iter().find(|(n, _)| *n == name) else {
            let known = BUILT_IN.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
            return Err(ThemeError::Unknown { name: name.into(), known });
        };
        Self::parse(name, text, colours)
    }

    /// Reads a theme from TOML.
    ///
    /// # Errors
    /// On unknown roles, keys or colours.
    pub fn parse(name: &str, text: &str, colours: Colours) -> Result<Self, ThemeError> {
        let file: File = toml::from_str(text)
            .map_err(|e| ThemeError::Format { name: name.into(), message: e.to_string().trim_end().to_owned() })?;
        file.theme(name, colours)
    }

    /// A built-in theme that cannot fail; for the first frame and for tests.
    #[must_use]
    pub fn built_in(name: &str, colours: Colours) -> Self {
        Self::load(name, None, colours).unwrap_or_default()
    }

    /// Style of a severity.
    #[must_use]
    pub const fn severity(&self, s: Severity) -> Style {
        match s {
            Severity::Info => self.info,
            Severity::Low => self.low,
            Severity::Medium => self.medium,
            Severity::High => self.high,
            Severity::Critical => self.critical,
        }
    }
}

/// The user's file that the name of a theme means: a path (with a separator or the
/// ending `.toml`), whether or not it is there, or `NAME.toml` in the folder.
pub(super) fn own_file(name: &str, folder: Option<&Path>) -> Option<PathBuf> {
    if name.contains(std::path::is_separator) || name.ends_with(".toml") {
        let in_folder = folder.map(|f| f.join(name)).filter(|p| !Path::new(name).is_file() && p.is_file());
        return Some(in_folder.unwrap_or_else(|| PathBuf::from(name)));
    }
    folder.map(|f| f.join(format!("{name}.toml"))).filter(|p| p.is_file())
}

fn style(look: &Look, theme: &str, role: &str, colours: Colours) -> Result<Style, ThemeError> {
    let mut s = Style::new();
    let colour = |text: &Option<String>| -> Result<Option<Color>, ThemeError> {
        let Some(text) = text else { return Ok(None) };
        let c = parse_colour(text).ok_or_else(|| ThemeError::Format {
            name: theme.into(),
            message: format!(
                "{role}: '{text}' is no colour; write #rrggbb, a number 0-255, or a name such as bright-red"
            ),
        })?;
        Ok(fit(c, colours))
    };
    if let Some(c) = colour(&look.fg)? {
        s = s.fg(c);
    }
    if let Some(c) = colour(&look.bg)? {
        s = s.bg(c);
    }
    for (on, m) in [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.underline, Modifier::UNDERLINED),
        (look.reverse, Modifier::REVERSED),
        (look.italic, Modifier::ITALIC),
    ] {
        if on {
            s = s.add_modifier(m);
        }
    }
    Ok(s)
}

const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

pub(super) fn parse_colour(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some(i) = NAMES.iter().position(|n| *n == text) {
        return u8::try_from(i).ok().map(Color::Indexed);
    }
    if let Some(hex) = text.strip_prefix('#').filter(|h| h.len() == 6 && h.is_ascii()) {
        let v = u32::from_str_radix(hex, 16).ok()?;
        let [_, r, g, b] = v.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    text.parse().ok().map(Color::Indexed)
}

/// The nearest colour that the terminal has; none where it has no colours.
fn fit(c: Color, colours: Colours) -> Option<Color> {
    match (c, colours) {
        (_, Colours::None) => None,
        (Color::Rgb(r, g, b), Colours::C256) => Some(Color::Indexed(to_256(r, g, b))),
        (Color::Rgb(r, g, b), Colours::C16) => Some(Color::Indexed(to_16(r, g, b))),
        (Color::Indexed(i), Colours::C16) if i > 15 => {
            let (r, g, b) = from_256(i);
            Some(Color::Indexed(to_16(r, g, b)))
        }
        (c, _) => Some(c),
    }
}

fn to_256(r: u8, g: u8, b: u8) -> u8 {
    let spread = r.max(g).max(b) - r.min(g).min(b);
    if spread < 12 {
        let grey = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
        return if grey < 8 {
            16
        } else if grey > 238 {
            231
        } else {
            232 + ((grey - 8) / 10) as u8
        };
    }
    let level = |v: u8| {
        if v < 48 {
            0
        } else if v < 115 {
            1
        } else {
            (v - 35) / 40
        }
    };
    16 + 36 * level(r) + 6 * level(g) + level(b)
}

fn from_256(i: u8) -> (u8, u8, u8) {
    if i >= 232 {
        let v = 8 + 10 * (i - 232);
        return (v, v, v);
    }
    let i = i.saturating_sub(16);
    let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    (level(i / 36), level(i / 6 % 6), level(i % 6))
}

fn to_16(r: u8, g: u8, b: u8) -> u8 {
    let max = r.max(g).max(b);
    let min = r.min(g).min(b);
    if max - min < 40 {
        return match max {
            0..=63 => 0,
            64..=150 => 8,
            151..=220 => 7,
            _ => 15,
        };
    }
    let mid = u16::from(max) + u16::from(min);
    let bit = |v: u8| u8::from(u16::from(v) * 2 > mid);
    let base = bit(r) | bit(g) << 1 | bit(b) << 2;
    if max > 200 { base + 8 } else { base }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_built_in_themes_load_at_every_depth() {
        for (name, _) in BUILT_IN {
            for c in [Colours::None, Colours::C16, Colours::C256, Colours::True] {
                Theme::load(name, None, c).unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
    }

    #[test]
    fn mono_uses_modifiers_only() {
        let t = Theme::built_in("mono", Colours::True);
        assert!(t.cursor.add_modifier.contains(Modifier::REVERSED));
        assert_eq!((t.cursor.fg, t.cursor.bg, t.critical.fg), (None, None, None));
    }

    #[test]
    fn unknown_roles_and_colours_are_errors() {
        for (text, want) in [
            ("curser = {fg='red'}", "curser"),
            ("cursor = {colour='red'}", "colour"),
            ("cursor = {fg='reddish'}", "reddish"),
        ] {
            let e = Theme::parse("x", text, Colours::True).expect_err(text).to_string();
            assert!(e.contains(want), "{e}");
        }
        assert!(Theme::load("nope", None, Colours::True).is_err());
    }

    #[test]
    fn colours_are_fitted() {
        assert_eq!(fit(Color::Rgb(255, 0, 0), Colours::C16), Some(Color::Indexed(9)));
        assert_eq!(fit(Color::Rgb(255, 0, 0), Colours::C256), Some(Color::Indexed(196)));
        assert_eq!(fit(Color::Indexed(196), Colours::C16), Some(Color::Indexed(9)));
        assert_eq!(fit(Color::Indexed(1), Colours::None), None);
    }
}
