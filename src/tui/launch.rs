//! What the workbench is started with, and how its parts are made from it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::caps::Caps;
use super::engine::{MakeOptions, RuleFiles, RulePlaces, Sessions, ToLoop};
use super::keymap::{Keymap, KeymapError};
use super::state::Facts;
use super::theme::{Theme, ThemeError};
use crate::config::Config;
use crate::pipeline::SessionOptions;
use crate::store::Store;

/// What is wrong before the first frame.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Key bindings, with their places.
    #[error("{0}")]
    Keys(String),
    /// Theme.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The terminal.
    #[error("terminal: {0}")]
    Terminal(#[from] std::io::Error),
}

/// What the command line gives.
pub struct Options {
    /// The session to run; `None` opens the case store alone.
    pub session: Option<SessionOptions>,
    /// Makes it again when rules change; `None` where an input cannot be read twice.
    pub reload: Option<MakeOptions>,
    /// The case store (in memory where the user wants none).
    pub store: Store,
    /// The configuration: theme, lean, key bindings.
    pub config: Config,
    /// Who works.
    pub analyst: String,
    /// What is looked at, for the header.
    pub name: String,
    /// Inputs are followed.
    pub follow: bool,
    /// Replay at this multiple of real time; 0 is as fast as it comes.
    pub speed: f64,
    /// What to say first: inputs that were left out, for example.
    pub notes: Vec<String>,
    /// Folders of rules to watch.
    pub rule_dirs: Vec<PathBuf>,
    /// Reads the rule files that are in force.
    pub rule_files: RuleFiles,
    /// Folder in which changed rules are saved.
    pub own_rules: Option<PathBuf>,
    /// Folder of the user's themes.
    pub themes: Option<PathBuf>,
    /// Where filters and columns are kept for the next session on these inputs.
    pub kept: Option<PathBuf>,
}

/// Everything checked and ready for the loop.
pub struct Launch {
    pub(super) caps: Caps,
    pub(super) keys: Arc<Keymap>,
    pub(super) theme: Theme,
    pub(super) theme_name: String,
    pub(super) ask_background: bool,
    pub(super) themes: Option<PathBuf>,
    pub(super) facts: Facts,
    pub(super) speed: f64,
    pub(super) mouse: bool,
    pub(super) kept: Option<PathBuf>,
    options: Options,
}

impl Launch {
    /// Checks keys and theme; nothing is opened yet.
    ///
    /// # Errors
    /// Where the configuration is wrong.
    pub fn new(options: Options) -> Result<Self, LaunchError> {
        let caps = Caps::from_env(options.config.is_on("tui.lean"));
        let keys = Keymap::new(&options.config.keys);
        let keys = Arc::new(keys.map_err(|e| LaunchError::Keys(placed(&options.config, &e)))?);
        let wish = options.config.text("tui.theme");
        let auto = wish.is_empty() || wish == "auto";
        // NO_COLOR wins over any theme's colours, but not over its modifiers.
        let name = if auto || caps.no_color { caps.default_theme() } else { wish };
        let theme = Theme::load(name, options.themes.as_deref(), caps.colours)?;
        let store = &options.store;
        let forgets = store.path().to_string_lossy().starts_with("file:");
        let place = if forgets {
            "no case store: what you do is forgotten at the end".to_owned()
        } else {
            format!("{} {}", if store.read_only() { "read-only" } else { "cases" }, store.path().display())
        };
        let ascii = match options.config.text("tui.ascii") {
            "" | "auto" => !caps.utf8,
            _ => options.config.is_on("tui.ascii"),
        };
        let facts = Facts {
            ascii,
            name: options.name.clone(),
            part: options.session.as_ref().map(|o| super::part::words(&o.scope())).unwrap_or_default(),
            follow: options.follow,
            inputs: options.session.is_some(),
            analyst: options.analyst.clone(),
            store: place.clone(),
            forgets,
            about: about(&caps, &place, &options),
        };
        Ok(Self {
            ask_background: auto && name == "dark" && !caps.tmux && !caps.screen,
            themes: options.themes.clone(),
            theme_name: name.to_owned(),
            caps,
            keys,
            theme,
            facts,
            speed: options.speed,
            mouse: options.config.is_on("tui.mouse"),
            kept: options.kept.clone(),
            options,
        })
    }

    pub(super) fn start(self, out: &ToLoop, gap: Duration) -> Sessions {
        let o = self.options;
        if let Some(path) = &o.kept {
            let _ = out.send(super::msg::Msg::Kept(super::kept::Kept::read(path)));
        }
        for n in &o.notes {
            let _ = out.send(super::msg::Msg::Failed(n.clone()));
        }
        let places = RulePlaces { folders: o.rule_dirs, files: o.rule_files, own: o.own_rules };
        Sessions::start(out, o.session, o.reload, o.store, places, gap)
    }
}

/// What is wrong with the key bindings of a configuration, with the places.
#[must_use]
pub fn key_mistakes(config: &Config) -> Vec<String> {
    Keymap::check(&config.keys).1.iter().map(|e| placed(config, e)).collect()
}

/// The mistake after the place of the binding that makes it.
fn placed(config: &Config, e: &KeymapError) -> String {
    let own: Vec<&str> = e.actions().into_iter().filter(|a| config.keys.contains_key(*a)).collect();
    let places: Vec<String> = own.iter().map(|a| config.key_origin(a).to_string()).collect();
    if places.is_empty() { e.to_string() } else { format!("{}: {e}", places.join(" and ")) }
}

/// Runs the workbench until the user leaves.
///
/// # Errors
/// Where keys or theme are wrong, or the terminal is gone.
pub fn launch(options: Options) -> Result<(), LaunchError> {
    Ok(super::run::run(Launch::new(options)?)?)
}

fn about(caps: &Caps, place: &str, o: &Options) -> Vec<String> {
    vec![
        format!("secstream {}", env!("CARGO_PKG_VERSION")),
        format!("analyst  {}", o.analyst),
        format!("store    {place}"),
        format!("colours  {:?}", caps.colours),
        format!("line     {}{}", if caps.remote { "remote" } else { "local" }, if caps.lean { ", lean" } else { "" }),
    ]
}

/// The user's editor on a file, at a line where the editor is known to take one.
#[must_use]
pub fn editor_command(file: &Path, line: usize) -> Command {
    let set = |n: &str| std::env::var(n).ok().filter(|v| !v.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi").to_owned();
    let mut c = Command::new(&program);
    c.args(words);
    let name = Path::new(&program).file_name().and_then(|n| n.to_str()).unwrap_or_default();
    match name {
        "vi" | "vim" | "nvim" | "view" | "nano" | "emacs" | "emacsclient" | "micro" | "kak" | "joe" => {
            c.arg(format!("+{line}")).arg(file);
        }
        "hx" | "helix" => {
            c.arg(format!("{}:{line}", file.display()));
        }
        _ => {
            c.arg(file);
        }
    }
    c
}
