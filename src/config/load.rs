//! Reads the configuration from its places and checks it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::keys::{KEYS, Key, Kind};
use super::nearest;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable.
    Env(&'static str),
    /// A flag of this call.
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(p) => write!(f, "{}", p.display()),
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
}

impl Config {
    /// Reads all places.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(places: &Places) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for k in KEYS {
            config.values.insert(k.name, Setting { value: k.default.to_owned(), origin: Origin::Default });
        }
        for path in &places.files {
            match std::fs::read_to_string(path) {
                Ok(text) => config.file(path, &text)?,
                Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
                Err(source) => return Err(ConfigError::Read { path: path.display().to_string(), source }),
            }
        }
        for k in KEYS {
            if let Some(v) = places.env.get(k.env).filter(|v| !v.is_empty()) {
                check(k, v, &format!("environment {}", k.env))?;
                config.values.insert(k.name, Setting { value: v.clone(), origin: Origin::Env(k.env) });
            }
        }
        Ok(config)
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

    fn file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let place = path.display().to_string();
        let table: toml::Table = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start);
            let before = text.get(..at).unwrap_or("");
            ConfigError::Syntax {
                path: place.clone(),
                line: before.matches('\n').count() + 1,
                column: before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
                message: e.message().to_owned(),
            }
        })?;
        self.table(path, &place, "", &table)
    }

    fn table(&mut self, path: &Path, place: &str, prefix: &str, table: &toml::Table) -> Result<(), ConfigError> {
        for (name, value) in table {
            let full = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if prefix.is_empty()
                && name == "keys"
                && let toml::Value::Table(bindings) = value
            {
                self.bindings(place, bindings)?;
                continue;
            }
            if let Some(k) = KEYS.iter().find(|k| k.name == full) {
                let text = as_text(k, value).ok_or_else(|| ConfigError::Type {
                    place: place.to_owned(),
                    key: full.clone(),
                    expected: k.kind.as_str(),
                    found: value.to_string(),
                })?;
                check(k, &text, place)?;
                self.values.insert(k.name, Setting { value: text, origin: Origin::File(path.to_owned()) });
            } else if let toml::Value::Table(inner) = value
                && KEYS.iter().any(|k| k.name.starts_with(&format!("{full}.")))
            {
                self.table(path, place, &full, inner)?;
            } else {
                let hint = nearest(&full, KEYS.iter().map(|k| k.name).chain(["keys"]))
                    .map(|n| format!("; did you mean '{n}'?"))
                    .unwrap_or_default();
                return Err(ConfigError::Unknown { place: place.to_owned(), key: full, hint });
            }
        }
        Ok(())
    }

    fn bindings(&mut self, place: &str, table: &toml::Table) -> Result<(), ConfigError> {
        for (action, value) in table {
            let keys = match value {
                toml::Value::String(s) => Some(vec![s.clone()]),
                toml::Value::Array(a) => a.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
                _ => None,
            };
            let keys = keys.ok_or_else(|| ConfigError::Type {
                place: place.to_owned(),
                key: format!("keys.{action}"),
                expected: "a key or a list of keys",
                found: value.to_string(),
            })?;
            self.keys.insert(action.clone(), keys);
        }
        Ok(())
    }
}

fn as_text(key: &Key, value: &toml::Value) -> Option<String> {
    match (key.kind, value) {
        (Kind::Text | Kind::Path | Kind::Paths, toml::Value::String(s)) => Some(s.clone()),
        (Kind::Number, toml::Value::Integer(n)) if *n >= 0 => Some(n.to_string()),
        (Kind::Auto, toml::Value::String(s)) if s == "auto" => Some(s.clone()),
        (Kind::Bool | Kind::Auto, toml::Value::Boolean(b)) => Some(b.to_string()),
        (Kind::Paths, toml::Value::Array(a)) => {
            a.iter().map(|v| v.as_str()).collect::<Option<Vec<_>>>().map(|v| v.join(":"))
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
        let e = load("x = \n", &[]).unwrap_err().to_string();
        assert!(e.contains("secstream.toml:1:"), "{e}");
        let e = load("[run]\nthreads = 'many'", &[]).unwrap_err().to_string();
        assert!(e.contains("run.threads") && e.contains("number"), "{e}");
        assert!(load("", &[("SECSTREAM_TIMEZONE", "Mars/Olympus")]).is_err());
    }
}
