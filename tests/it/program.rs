//! The built program, run as a user runs it, in a home of its own.

pub mod following;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A folder with the program's cache, store and configuration in it.
pub struct Home(tempfile::TempDir);

/// What a run left behind.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Path as an argument.
    pub fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        self.arg(name)
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Objects of a file of JSON lines.
    pub fn objects(&self, name: &str) -> Vec<Value> {
        self.read(name).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|n| n.starts_with("SECSTREAM_")) {
                c.env_remove(name);
            }
        }
        c.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        c.env("HOME", self.0.path()).env("NO_COLOR", "1").env("TZ", "UTC");
        c.env("SECSTREAM_CACHE_DIR", self.path("cache")).env("SECSTREAM_DB", self.path("data/cases.db"));
        for (name, dir) in [("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache")] {
            c.env(name, self.path(dir));
        }
        c
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    pub fn start(&self, args: &[&str]) -> Child {
        let mut c = self.command(args);
        c.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        c.spawn().unwrap()
    }

    /// `replay --json` and its document; sums must add up.
    pub fn summary(&self, args: &[&str]) -> (Ran, Value) {
        let mut all = vec!["replay", "--json"];
        all.extend(args);
        let ran = self.run(&all);
        let doc: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {} {}", ran.out, ran.err));
        adds_up(&doc);
        let inputs = doc["inputs"].as_array().unwrap();
        inputs.iter().for_each(adds_up);
        for name in ["records", "parsed", "raw"] {
            let sum: u64 = inputs.iter().map(|i| i[name].as_u64().unwrap()).sum();
            assert_eq!(doc[name].as_u64(), Some(sum), "{name}");
        }
        (ran, doc)
    }
}

impl From<Output> for Ran {
    fn from(o: Output) -> Self {
        let text = |b| String::from_utf8(b).expect("what the program prints is UTF-8");
        Self { code: o.status.code(), out: text(o.stdout), err: text(o.stderr) }
    }
}

impl Ran {
    /// Ends with this code and says all of these words on standard error.
    #[track_caller]
    pub fn says(&self, code: i32, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        for w in words {
            assert!(self.err.contains(w), "'{w}' is not said in: {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        clean(&self.err);
        clean(&self.out);
        self
    }
}

/// `records = parsed + raw + filtered + dropped`.
#[track_caller]
fn adds_up(doc: &Value) {
    let n = |name: &str| doc[name].as_u64().unwrap_or_else(|| panic!("{name} in {doc}"));
    assert_eq!(n("records"), n("parsed") + n("raw") + n("filtered") + n("dropped"), "{doc}");
}

/// No control character (but line ends and tabs) and no bidirectional one.
#[track_caller]
pub fn clean(text: &str) {
    let bad = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(at) = text.find(bad) {
        let from = text.floor_char_boundary(at.saturating_sub(60));
        panic!("a control character came out: {:?}", &text[from..text.ceil_char_boundary(at + 20)]);
    }
}

/// A file of the repository's fixtures.
pub fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).to_str().unwrap().to_owned()
}
