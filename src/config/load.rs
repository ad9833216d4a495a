//! Reads the configuration from its places and checks it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key, Kind};
use super::nearest;
use super::text::{line_column, place};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A configuration file, at this line.
    File(PathBuf, usize),
    /// An environment variable.
    Env(&'static str),
    /// A flag of this call.
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(p, line) => write!(f, "{}:{line}", p.display()),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value as text (paths separated by `:`), with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The value; empty is "not set".
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// What is wrong with the configuration; names file, line and key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not readable.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{path}:{line}:{column}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// What was found.
        message: String,
    },
    /// No such key.
    #[error("{place}: unknown key '{key}'{hint}")]
    Unknown {
        /// File or variable.
        place: String,
        /// The key.
        key: String,
        /// `; did you mean …?`
        hint: String,
    },
    /// Not of the key's type.
    #[error("{place}: '{key}' must be {expected}, not '{found}'")]
    Type {
        /// File or variable.
        place: String,
        /// The key.
        key: String,
        /// Its type.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
}

/// The places to read from; tests give their own.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Files, weakest first; absent ones are passed over.
    pub files: Vec<PathBuf>,
    /// Environment.
    pub env: BTreeMap<String, String>,
}

impl Places {
    /// The places of this machine and process.
    #[must_use]
    pub fn system() -> Self {
        let mut files = vec![PathBuf::from("/etc/secstream.toml")];
        if let Ok(base) = etcetera::choose_base_strategy() {
            use etcetera::BaseStrategy as _;
            files.push(base.config_dir().join("secstream").join("secstream.toml"));
        }
        files.push(PathBuf::from("secstream.toml"));
        Self {
            files,
            env: std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        }
    }
}

/// The configuration in force.
#[derive(Debug, Clone, Default)]
pub struct Config {
    values: BTreeMap<&'static str, Setting>,
    /// `[keys]`: action name to key names, as written.
    pub keys: BTreeMap<String, Vec<String>>,
    key_origins: BTreeMap<String, Origin>,
}

impl Config {
    /// Reads all places.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(places: &Places) -> Result<Self, ConfigError> {
        let (config, mut wrong) = Self::check(places);
        if wrong.is_empty() { Ok(config) } else { Err(wrong.remove(0)) }
    }

    /// Reads all places; what is wrong is left out, and listed with its place.
    #[must_use]
    pub fn check(places: &Places) -> (Self, Vec<ConfigError>) {
        let mut config = Self::default();
        let mut wrong = Vec::new();
        for k in KEYS {
            config.values.insert(k.name, Setting { value: k.default.to_owned(), origin: Origin::Default });
        }
        for path in &places.files {
            match std::fs::read_to_string(path) {
                Ok(text) => config.file(path, &text, &mut wrong),
                Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
                Err(source) => wrong.push(ConfigError::Read { path: path.display().to_string(), source }),
            }
        }
        for k in KEYS {
            if let Some(v) = places.env.get(k.env).filter(|v| !v.is_empty()) {
                match check(k, v, &format!("environment {}", k.env)) {
                    Ok(()) => {
                        config.values.insert(k.name, Setting { value: v.clone(), origin: Origin::Env(k.env) });
                    }
                    Err(e) => wrong.push(e),
                }
            }
        }
        (config, wrong)
    }

    /// Sets a value from a flag.
    ///
    /// # Errors
    /// When it is not of the key's type.
    pub fn set_flag(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        if let Some(k) = KEYS.iter().find(|k| k.name == name) {
            check(k, value, k.flag)?;
            self.values.insert(k.name, Setting { value: value.to_owned(), origin: Origin::Flag(k.flag) });
        }
        Ok(())
    }

    /// A value; empty where not set.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |s| &s.value)
    }

    /// A value that may be not set.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|v| !v.is_empty())
    }

    /// A number (0 where not set; types were checked on loading).
    #[must_use]
    pub fn number(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or(0)
    }

    /// Whether a flag-like key is on.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.text(name), "true" | "1" | "yes" | "on")
    }

    /// A list of paths.
    #[must_use]
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.text(name).split(':').filter(|p| !p.is_empty()).map(PathBuf::from).collect()
    }

    /// Every key with its setting, in the table's order.
    pub fn settings(&self) -> impl Iterator<Item = (&'static Key, &Setting)> {
        KEYS.iter().filter_map(|k| Some((k, self.values.get(k.name)?)))
    }

    /// Where the keys of an action were bound; the built-in ones if nowhere.
    #[must_use]
    pub fn key_origin(&self, action: &str) -> &Origin {
        self.key_origins.get(action).unwrap_or(&Origin::Default)
    }

    fn file(&mut self, path: &Path, text: &str, wrong: &mut Vec<ConfigError>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        for e in errors {
            let (line, column) = line_column(text, e.span().map_or(0, |s| s.start));
            let message = e.message().to_owned();
            wrong.push(ConfigError::Syntax { path: path.display().to_string(), line, column, message });
        }
        let mut file = File { path, text, wrong };
        self.table(&mut file, "", table.get_ref());
    }

    fn table(&mut self, file: &mut File<'_>, prefix: &str, table: &DeTable<'_>) {
        // As written, not by name: the first mistake is the first in the file.
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(k, _)| k.span().start);
        for (name, value) in entries {
            let at = name.span().start;
            let full =
                if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            if let (true, DeValue::Table(bindings)) = (full == "keys", value.get_ref()) {
                self.bindings(file, bindings);
            } else if let Some(k) = KEYS.iter().find(|k| k.name == full) {
                let place = file.place(at);
                match as_text(k, value.get_ref()) {
                    None => file.bad_type(at, full, k.kind.as_str(), value.span()),
                    Some(text) => match check(k, &text, &place) {
                        Err(e) => file.wrong.push(e),
                        Ok(()) => {
                            let origin = Origin::File(file.path.to_owned(), line_column(file.text, at).0);
                            self.values.insert(k.name, Setting { value: text, origin });
                        }
                    },
                }
            } else if let DeValue::Table(inner) = value.get_ref()
                && KEYS.iter().any(|k| k.name.starts_with(&format!("{full}.")))
            {
                self.table(file, &full, inner);
            } else {
                let hint = nearest(&full, known(value.get_ref()))
                    .map(|n| format!("; did you mean '{n}'?"))
                    .unwrap_or_default();
                let place = file.place(at);
                file.wrong.push(ConfigError::Unknown { place, key: full, hint });
            }
        }
    }

    fn bindings(&mut self, file: &mut File<'_>, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(k, _)| k.span().start);
        for (action, value) in entries {
            let keys = match value.get_ref() {
                DeValue::String(s) => Some(vec![s.to_string()]),
                DeValue::Array(a) => a.iter().map(|v| v.get_ref().as_str().map(str::to_owned)).collect(),
                _ => None,
            };
            let (at, action) = (action.span().start, action.get_ref().to_string());
            match keys {
                Some(keys) => {
                    let origin = Origin::File(file.path.to_owned(), line_column(file.text, at).0);
                    self.key_origins.insert(action.clone(), origin);
                    self.keys.insert(action, keys);
                }
                None => file.bad_type(at, format!("keys.{action}"), "a key or a list of keys", value.span()),
            }
        }
    }
}

/// What a name may have been meant to be: a section where a table stands, else a key.
fn known(value: &DeValue<'_>) -> Vec<&'static str> {
    let sections = KEYS.iter().filter_map(|k| k.name.rsplit_once('.')).map(|(section, _)| section);
    match value {
        DeValue::Table(_) => sections.chain(["keys"]).collect(),
        _ => KEYS.iter().map(|k| k.name).collect(),
    }
}

/// A file while it is read.
struct File<'f> {
    path: &'f Path,
    text: &'f str,
    wrong: &'f mut Vec<ConfigError>,
}

impl File<'_> {
    fn place(&self, at: usize) -> String {
        place(self.path, self.text, at)
    }

    fn bad_type(&mut self, at: usize, key: String, expected: &'static str, found: std::ops::Range<usize>) {
        let found = self.text.get(found).unwrap_or("").to_owned();
        self.wrong.push(ConfigError::Type { place: self.place(at), key, expected, found });
    }
}

fn as_text(key: &Key, value: &DeValue<'_>) -> Option<String> {
    match (key.kind, value) {
        (Kind::Text | Kind::Path | Kind::Paths, DeValue::String(s)) => Some(s.to_string()),
        (Kind::Number, DeValue::Integer(n)) => {
            u64::from_str_radix(&n.as_str().replace('_', ""), n.radix()).ok().map(|n| n.to_string())
        }
        (Kind::Auto, DeValue::String(s)) if &**s == "auto" => Some(s.to_string()),
        (Kind::Bool | Kind::Auto, DeValue::Boolean(b)) => Some(b.to_string()),
        (Kind::Paths, DeValue::Array(a)) => {
            a.iter().map(|v| v.get_ref().as_str()).collect::<Option<Vec<_>>>().map(|v| v.join(":"))
        }
        _ => None,
    }
}

fn check(key: &Key, value: &str, place: &str) -> Result<(), ConfigError> {
    let good = match key.kind {
        Kind::Number => value.parse::<u64>().is_ok(),
        Kind::Auto if value == "auto" => true,
        Kind::Bool | Kind::Auto => matches!(value, "true" | "false" | "1" | "0" | "yes" | "no" | "on" | "off"),
        Kind::Text if key.name == "input.timezone" => value.parse::<chrono_tz::Tz>().is_ok(),
        _ => true,
    };
    if good {
        return Ok(());
    }
    let expected =
        if key.name == "input.timezone" { "an IANA time zone such as Europe/Zurich" } else { key.kind.as_str() };
    Err(ConfigError::Type { place: place.to_owned(), key: key.name.to_owned(), expected, found: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secstream.toml");
        std::fs::write(&file, text).unwrap();
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::load(&Places { files: vec![dir.path().join("absent.toml"), file], env })
    }

    #[test]
    fn later_places_win_and_say_so() {
        let mut c =
            load("analyst = 'ann'\n[tui]\ntheme = 'light'\n[keys]\nquit = ['Q']", &[("SECSTREAM_THEME", "mono")])
                .unwrap();
        assert_eq!((c.text("analyst"), c.text("tui.theme")), ("ann", "mono"));
        assert_eq!(c.keys["quit"], ["Q"]);
        c.set_flag("tui.theme", "dark").unwrap();
        let (_, s) = c.settings().find(|(k, _)| k.name == "tui.theme").unwrap();
        assert_eq!((s.value.as_str(), s.origin.to_string().as_str()), ("dark", "flag --theme"));
    }

    #[test]
    fn mistakes_are_named() {
        let e = load("[tui]\ntehme = 'x'", &[]).unwrap_err().to_string();
        assert!(e.contains("'tui.tehme'") && e.contains("did you mean 'tui.theme'"), "{e}");
        let e = load("[inpt]\nformat = 'auto'", &[]).unwrap_err().to_string();
        assert!(e.contains("'inpt'") && e.contains("did you mean 'input'"), "{e}");
        let e = load("x = \n", &[]).unwrap_err().to_string();
        assert!(e.contains("secstream.toml:1:"), "{e}");
        let e = load("[run]\nthreads = 'many'", &[]).unwrap_err().to_string();
        assert!(e.contains("run.threads") && e.contains("number"), "{e}");
        assert!(load("", &[("SECSTREAM_TIMEZONE", "Mars/Olympus")]).is_err());
    }

    #[test]
    fn all_mistakes_are_listed_with_their_lines() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secstream.toml");
        std::fs::write(&file, "analyst = 'ann'\nanalist = 1\n[run]\nthreads = 'x'\n[keys]\nquit = 1\ntop = 'T'\n")
            .unwrap();
        let (c, wrong) = Config::check(&Places { files: vec![file.clone()], ..Places::default() });
        let lines: Vec<String> =
            wrong.iter().map(|e| e.to_string().replace(&file.display().to_string(), "f")).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("f:2: unknown key 'analist'; did you mean 'analyst'?"), "{lines:?}");
        assert!(lines[1].starts_with("f:4: 'run.threads' must be number"), "{lines:?}");
        assert!(lines[2].starts_with("f:6: 'keys.quit' must be a key"), "{lines:?}");
        assert_eq!(c.text("analyst"), "ann");
        assert_eq!(c.key_origin("top"), &Origin::File(file, 7));
        assert_eq!(c.key_origin("quit"), &Origin::Default);
    }
}
