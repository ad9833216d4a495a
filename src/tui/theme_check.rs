//! Everything that is wrong with a theme's file, with its place: what `doctor`
//! says, and what is said where a theme cannot be loaded.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::theme::{BUILT_IN, ROLES, own_file, parse_colour};
use crate::config::{nearest, place};

/// The members of a role.
const COLOURS: [&str; 2] = ["fg", "bg"];
const MODIFIERS: [&str; 5] = ["bold", "dim", "underline", "reverse", "italic"];

/// What is wrong with the theme of that name; empty where it can be used.
/// `auto` is whatever fits the terminal.
#[must_use]
pub fn check(name: &str, folder: Option<&Path>) -> Vec<String> {
    if name.is_empty() || name == "auto" {
        return Vec::new();
    }
    if let Some(path) = own_file(name, folder) {
        return match std::fs::read_to_string(&path) {
            Ok(text) => mistakes(&path, &text),
            Err(e) => vec![format!("{}: {e}", path.display())],
        };
    }
    if BUILT_IN.iter().any(|(n, _)| *n == name) {
        return Vec::new();
    }
    let own = folder.and_then(|f| std::fs::read_dir(f).ok()).into_iter().flatten().flatten();
    let own: Vec<String> = own
        .filter_map(|e| Some(e.file_name().to_str()?.strip_suffix(".toml")?.to_owned()))
        .filter(|n| !n.is_empty())
        .collect();
    let mut known: Vec<&str> = ["auto"].into_iter().chain(BUILT_IN.iter().map(|(n, _)| *n)).collect();
    known.extend(own.iter().map(String::as_str));
    known.sort_unstable();
    let hint = nearest(name, known.iter().copied()).map(|n| format!("; did you mean '{n}'?")).unwrap_or_default();
    let place = folder.map(|f| format!(" ({name}.toml is not in {})", f.display())).unwrap_or_default();
    vec![format!("no theme '{name}'{hint}{place}; there are {}", known.join(", "))]
}

/// What is wrong in a theme's text.
pub(super) fn mistakes(path: &Path, text: &str) -> Vec<String> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut out: Vec<(usize, String)> = Vec::new();
    for e in &errors {
        out.push((e.span().map_or(0, |s| s.start), e.message().to_owned()));
    }
    for (role, look) in table.get_ref() {
        let at = role.span().start;
        if !ROLES.contains(&&**role.get_ref()) {
            out.push((at, unknown("role", role.get_ref(), ROLES)));
            continue;
        }
        let DeValue::Table(look) = look.get_ref() else {
            out.push((at, format!("{}: write {{fg = \"…\", bg = \"…\", bold = true}}", role.get_ref())));
            continue;
        };
        for (member, value) in look {
            let (at, name) = (value.span().start, &**member.get_ref());
            if COLOURS.contains(&name) {
                match value.get_ref().as_str() {
                    Some(c) if parse_colour(c).is_some() => {}
                    _ => {
                        let found = text.get(value.span()).unwrap_or("").trim_matches(['\'', '"']);
                        out.push((
                            at,
                            format!("{}: '{found}' is no colour; write #rrggbb, a number 0-255 in quotes, or a name such as bright-red", role.get_ref()),
                        ));
                    }
                }
            } else if MODIFIERS.contains(&name) {
                if value.get_ref().as_bool().is_none() {
                    out.push((at, format!("{}.{name} is true or false", role.get_ref())));
                }
            } else {
                let known: Vec<&str> = COLOURS.into_iter().chain(MODIFIERS).collect();
                out.push((member.span().start, unknown("member", name, &known)));
            }
        }
    }
    out.sort();
    out.into_iter().map(|(at, message)| format!("{}: {message}", place(path, text, at))).collect()
}

fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let hint = match nearest(name, known.iter().copied()) {
        Some(n) => format!("; did you mean '{n}'?"),
        None => format!("; known are {}", known.join(", ")),
    };
    format!("unknown {what} '{name}'{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::caps::Colours;

    #[test]
    fn mistakes_have_places() {
        let text = "cursor = {fg='reddish', bold=1}\ncurser = {}\n[hit]\nbg = 300\ncolour = 'red'\n";
        let found = mistakes(Path::new("t.toml"), text);
        for (i, word) in [
            "t.toml:1: cursor: 'reddish' is no colour",
            "t.toml:1: cursor.bold is true or false",
            "t.toml:2: unknown role 'curser'; did you mean 'cursor'?",
            "t.toml:4: hit: '300' is no colour",
            "t.toml:5: unknown member 'colour'",
        ]
        .iter()
        .enumerate()
        {
            assert!(found[i].starts_with(word), "{found:#?}");
        }
        assert_eq!(found.len(), 5);
        assert!(mistakes(Path::new("t.toml"), "cursor = {")[0].starts_with("t.toml:1: "));
    }

    #[test]
    fn built_in_themes_are_right() {
        for (name, text) in BUILT_IN {
            assert_eq!(mistakes(Path::new(name), text), Vec::<String>::new());
            assert!(check(name, None).is_empty());
        }
        assert!(check("auto", None).is_empty());
        let none = check("drak", None);
        assert!(none[0].contains("did you mean 'dark'"), "{none:?}");
    }

    #[test]
    fn a_file_is_a_theme_by_its_name_and_by_its_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "cursor = {bold = true}\n").expect("written");
        let shown = path.display().to_string();
        for (name, own) in [("mine", Some(folder.path())), ("mine.toml", Some(folder.path())), (&*shown, None)] {
            assert_eq!(check(name, own), Vec::<String>::new(), "{name}");
            let theme = super::super::theme::Theme::load(name, own, Colours::True).expect("loads");
            assert!(theme.cursor.add_modifier.contains(ratatui::style::Modifier::BOLD), "{name}");
        }
        let none = check("./none.toml", Some(folder.path()));
        assert!(none[0].starts_with("./none.toml: "), "{none:?}");
    }
}
