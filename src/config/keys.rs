//! The one table of configuration keys; loading, `config show` and
//! `docs/config.md` are made from it.

use std::fmt::Write as _;

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A path.
    Path,
    /// Several paths (a list in TOML, `:`-separated in the environment).
    Paths,
    /// A whole number ≥ 0.
    Number,
    /// `true` or `false`.
    Bool,
    /// `auto`, `true` or `false`.
    Auto,
}

impl Kind {
    /// The word shown to users.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "path",
            Self::Paths => "paths",
            Self::Number => "number",
            Self::Bool => "true or false",
            Self::Auto => "auto, true or false",
        }
    }
}

/// One configuration key.
#[derive(Debug)]
pub struct Key {
    /// Dotted name: table and key in TOML.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Default as text; empty is "not set".
    pub default: &'static str,
    /// Environment variable.
    pub env: &'static str,
    /// Flag that sets it, where there is one.
    pub flag: &'static str,
    /// One sentence.
    pub help: &'static str,
}

const fn key(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    env: &'static str,
    flag: &'static str,
    help: &'static str,
) -> Key {
    Key { name, kind, default, env, flag, help }
}

/// Every key, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key(
        "analyst",
        Kind::Text,
        "",
        "SECSTREAM_ANALYST",
        "--analyst",
        "Name that triage is recorded under; the OS account if not set.",
    ),
    key(
        "store.path",
        Kind::Path,
        "",
        "SECSTREAM_DB",
        "--db",
        "The case store; the data directory's `secstream/cases.db` if not set.",
    ),
    key(
        "cache.dir",
        Kind::Path,
        "",
        "SECSTREAM_CACHE_DIR",
        "",
        "Where indexes and spools are kept; the user's cache directory if not set.",
    ),
    key(
        "cache.spool_gib",
        Kind::Number,
        "20",
        "SECSTREAM_SPOOL_GIB",
        "",
        "Largest spool of one compressed or piped input, in GiB.",
    ),
    key(
        "cache.rules",
        Kind::Bool,
        "true",
        "SECSTREAM_CACHE_RULES",
        "",
        "Keep loaded rule sets in the cache directory, so that they are not read again until a file changes.",
    ),
    key(
        "rules.dirs",
        Kind::Paths,
        "",
        "SECSTREAM_RULES",
        "--rules",
        "Rule directories used instead of the shipped rules.",
    ),
    key(
        "rules.add",
        Kind::Paths,
        "",
        "SECSTREAM_ADD_RULES",
        "--add-rules",
        "Rule directories used beside the shipped rules.",
    ),
    key(
        "rules.own",
        Kind::Path,
        "",
        "SECSTREAM_OWN_RULES",
        "",
        "Where the workbench saves your rules and filters; used beside all others. The configuration directory's `secstream/rules/local` if not set.",
    ),
    key(
        "rules.pipelines",
        Kind::Paths,
        "",
        "SECSTREAM_PIPELINES",
        "--pipeline",
        "Processing pipelines (pySigma's YAML) that change all rules before they are used.",
    ),
    key(
        "input.timezone",
        Kind::Text,
        "UTC",
        "SECSTREAM_TIMEZONE",
        "--timezone",
        "Time zone of lines that name none (an IANA name).",
    ),
    key("input.formats", Kind::Paths, "", "SECSTREAM_FORMATS", "--formats", "TOML files that define custom formats."),
    key("run.threads", Kind::Number, "0", "SECSTREAM_THREADS", "--threads", "Worker threads; 0 is one per core."),
    key(
        "run.lateness_s",
        Kind::Number,
        "2",
        "SECSTREAM_LATENESS_S",
        "",
        "How long followed inputs wait for each other, in seconds.",
    ),
    key(
        "tui.theme",
        Kind::Text,
        "auto",
        "SECSTREAM_THEME",
        "--theme",
        "`auto`, `dark`, `light`, `ansi16`, `mono`, the name of a file in `themes` of the configuration directory (`~/.config/secstream/themes/NAME.toml`), or the path of one.",
    ),
    key(
        "tui.lean",
        Kind::Bool,
        "false",
        "SECSTREAM_LEAN",
        "--lean",
        "Fewest bytes: 4 data frames a second, no histogram animation.",
    ),
    key(
        "tui.mouse",
        Kind::Bool,
        "false",
        "SECSTREAM_MOUSE",
        "",
        "Wheel and clicks work in the workbench; Shift then selects text in the terminal. The command `mouse` of the palette switches it at any time.",
    ),
    key(
        "tui.ascii",
        Kind::Auto,
        "auto",
        "SECSTREAM_ASCII",
        "--ascii",
        "Draw with ASCII characters only; `auto` does where LC_ALL, LC_CTYPE or LANG name a locale that is not UTF-8.",
    ),
    key(
        "tui.keep",
        Kind::Bool,
        "true",
        "SECSTREAM_KEEP",
        "",
        "Keep filters and columns of the workbench for the next time the same analyst opens the same inputs (in the cache directory).",
    ),
];

/// `docs/config.md`, generated.
#[must_use]
pub fn config_markdown() -> String {
    let mut out = String::from(
        "# Configuration\n\n<!-- generated by `secstream config docs`; a test keeps it true -->\n\n\
         Later places win: built-in defaults, `/etc/secstream.toml`, the user's configuration directory \
         (`secstream/secstream.toml`), `./secstream.toml`, environment variables, flags. `secstream config show` prints \
         each value with the place it came from. Unknown keys are errors that name the nearest known one. Keys of the \
         TUI are rebound in the table `[keys]`: `action = [\"key\", …]` with the action names of [keys.md](keys.md).\n\n\
         | key | type | default | environment | flag | |\n|---|---|---|---|---|---|\n",
    );
    for k in KEYS {
        let default = if k.default.is_empty() { String::new() } else { format!("`{}`", k.default) };
        let flag = if k.flag.is_empty() { String::new() } else { format!("`{}`", k.flag) };
        let _ = writeln!(out, "| `{}` | {} | {default} | `{}` | {flag} | {} |", k.name, k.kind.as_str(), k.env, k.help);
    }
    out
}
