//! From arguments and configuration to a session's options.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Common, RuleOptions};
use super::error::Failure;
use crate::config::{Config, Places, nearest};
use crate::detect::files::{over, read as rule_files_below};
use crate::detect::pipelines::Pipelines;
use crate::detect::{RuleFile, shipped};
use crate::event::Ts;
use crate::parse::custom::{self, Format};
use crate::parse::format_names;
use crate::pipeline::{LoadRules, Policy, RuleProblem, RulesFrom, SessionOptions, policy, rule_cache};
use crate::query::{Query, parse_time};
use crate::source::{Cache, ExpandOptions, Input, Skipped, expand};

/// The configuration with this call's flags on top.
pub(super) fn config(common: &Common) -> Result<Config, Failure> {
    let mut config = Config::load(&Places::system())?;
    let join = |paths: &[PathBuf]| paths.iter().map(|p| p.to_string_lossy()).collect::<Vec<_>>().join(":");
    let flags = [
        ("input.timezone", common.timezone.clone()),
        ("analyst", common.analyst.clone()),
        ("store.path", common.db.as_ref().map(|p| p.to_string_lossy().into_owned())),
        ("run.threads", common.threads.map(|n| n.to_string())),
        ("rules.dirs", (!common.rules.rules.is_empty()).then(|| join(&common.rules.rules))),
        ("rules.add", (!common.rules.add_rules.is_empty()).then(|| join(&common.rules.add_rules))),
        ("rules.pipelines", (!common.rules.pipelines.is_empty()).then(|| join(&common.rules.pipelines))),
        ("input.formats", (!common.formats.is_empty()).then(|| join(&common.formats))),
    ];
    for (name, value) in flags {
        if let Some(v) = value {
            config.set_flag(name, &v)?;
        }
    }
    Ok(config)
}

/// The analyst's name: configured, else the OS account.
pub(super) fn analyst(config: &Config) -> String {
    let os = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "analyst".into());
    config.optional("analyst").map_or_else(os, str::to_owned)
}

/// Rule directories of this call: (instead of the shipped ones, beside them).
pub(super) fn rule_dirs(config: &Config, options: &RuleOptions) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let or = |given: &[PathBuf], key| if given.is_empty() { config.paths(key) } else { given.to_vec() };
    let mut add = or(&options.add_rules, "rules.add");
    // The user's own come last: they win over all others.
    if let Some(own) = own_rules(config).filter(|d| d.is_dir() && !add.contains(d)) {
        add.push(own);
    }
    (or(&options.rules, "rules.dirs"), add)
}

/// Where the workbench saves rules; it need not be there yet.
pub(super) fn own_rules(config: &Config) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    config.optional("rules.own").map(PathBuf::from).or_else(|| {
        Some(etcetera::choose_base_strategy().ok()?.config_dir().join("secstream").join("rules").join("local"))
    })
}

/// Suppressions and other levels of the user's own.
pub(super) fn policy(config: &Config) -> Arc<Policy> {
    let Some(path) = own_rules(config).map(|d| d.join(policy::FILE)) else { return Arc::default() };
    let shown = path.display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => Arc::new(Policy::parse(&shown, &text)),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Arc::default()
        }
        Err(e) => {
            let problem = RuleProblem { path: shown, line: 1, reason: format!("cannot be read: {e}") };
            let mut none = Policy::default();
            none.problems.push(problem);
            Arc::new(none)
        }
    }
}

/// The files of a rule set: the shipped ones unless directories replace them.
/// Rules of added directories replace those of the same id.
/// All go through the pipelines of the configuration.
pub(super) fn rule_files(config: &Config, dirs: &[PathBuf], add: &[PathBuf]) -> Result<Vec<RuleFile>, Failure> {
    let pipelines = pipelines(config)?;
    let mut files = if dirs.is_empty() { shipped::rules() } else { Vec::new() };
    for dir in dirs {
        read_rules(dir, &mut files)?;
    }
    for dir in add {
        let mut own = Vec::new();
        read_rules(dir, &mut own)?;
        files = over(files, own);
    }
    through(&mut files, pipelines.as_ref());
    Ok(files)
}

/// Most bytes of a file of values that a pipeline names.
const MAX_LIST: u64 = 10 << 20;

/// The processing pipelines in force.
pub(super) fn pipelines(config: &Config) -> Result<Option<Arc<Pipelines>>, Failure> {
    Ok(pipelines_and_lists(config)?.0)
}

/// What a change of rules is noticed by: folders and files of rules, pipelines, and the files
/// of values that these name.
pub(super) fn watched_places(config: &Config, options: &RuleOptions) -> Vec<PathBuf> {
    let (dirs, add) = rule_dirs(config, options);
    let mut places: Vec<PathBuf> = dirs.into_iter().chain(add).collect();
    places.extend(config.paths("rules.pipelines"));
    // What is wrong with a pipeline is said where it is used.
    places.extend(pipelines_and_lists(config).map(|(_, lists)| lists).unwrap_or_default());
    places
}

/// The pipelines in force, and the files whose values they use.
fn pipelines_and_lists(config: &Config) -> Result<(Option<Arc<Pipelines>>, Vec<PathBuf>), Failure> {
    let mut texts = Vec::new();
    for path in config.paths("rules.pipelines") {
        let text =
            std::fs::read_to_string(&path).map_err(|e| Failure::usage(format!("pipeline {}: {e}", path.display())))?;
        texts.push((path.display().to_string(), text));
    }
    let mut lists = Vec::new();
    if texts.is_empty() {
        return Ok((None, lists));
    }
    let mut list = |pipeline: &str, name: &str| {
        let path = Path::new(pipeline).parent().unwrap_or_else(|| Path::new("")).join(name);
        let text = list_of_values(&path).map_err(|e| format!("{}: {e}", path.display()));
        lists.push(path);
        text
    };
    let all = Pipelines::load_with(&texts, &mut list).map_err(|wrong| {
        let mut lines = wrong.iter().map(|e| format!("pipeline {e}"));
        let mut f = Failure::usage(lines.next().unwrap_or_default());
        f.below.extend(lines);
        f
    })?;
    Ok((Some(Arc::new(all)), lists))
}

/// The text of a file of values. It is small, and it is a file: what waits for
/// somebody to write, or never ends, is not read.
fn list_of_values(path: &Path) -> Result<String, String> {
    use std::io::Read as _;
    if !std::fs::metadata(path).map_err(|e| e.to_string())?.is_file() {
        return Err("is no regular file".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let mut text = String::new();
    file.take(MAX_LIST + 1).read_to_string(&mut text).map_err(|e| e.to_string())?;
    if text.len() as u64 > MAX_LIST {
        return Err(format!("is larger than {} MiB", MAX_LIST >> 20));
    }
    Ok(text)
}

/// Sends files through pipelines.
pub(super) fn through(files: &mut [RuleFile], pipelines: Option<&Arc<Pipelines>>) {
    for f in files {
        f.pipelines = pipelines.cloned();
    }
}

/// Rule files below a path, sorted by name; test files are no rules.
pub(super) fn read_rules(path: &Path, files: &mut Vec<RuleFile>) -> Result<(), Failure> {
    std::fs::metadata(path).map_err(|e| Failure::usage(format!("rules {}: {e}", path.display())))?;
    files.extend(rule_files_below(&[path]));
    Ok(())
}

/// Loads the rules later, on the session's thread; directories are looked at
/// now, so that a wrong path is an error of this call.
pub(super) fn rule_loader(config: &Config, options: &RuleOptions) -> Result<LoadRules, Failure> {
    let (dirs, add) = rule_dirs(config, options);
    for d in dirs.iter().chain(&add) {
        std::fs::metadata(d).map_err(|e| Failure::usage(format!("rules {}: {e}", d.display())))?;
    }
    let mut through = config.paths("rules.pipelines");
    through.extend(pipelines_and_lists(config)?.1);
    let from = RulesFrom { groups: vec![dirs.clone(), add.clone(), through] };
    let cache = config.is_on("cache.rules").then(|| cache(config));
    let config = config.clone();
    Ok(Box::new(move || {
        rule_cache::load(cache.as_ref(), &from, || rule_files(&config, &dirs, &add).unwrap_or_default())
    }))
}

/// The user's own formats.
pub(super) fn custom_formats(config: &Config) -> Result<Arc<[Format]>, Failure> {
    let mut all = Vec::new();
    for path in config.paths("input.formats") {
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::usage(format!("{}: {e}", path.display())))?;
        let loaded = custom::load(&path.to_string_lossy(), &text)
            .map_err(|errors| Failure::usage(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        all.extend(loaded);
    }
    Ok(all.into())
}

/// Inputs by name, order kept, and what was left out.
pub(super) fn inputs<S: AsRef<OsStr>>(args: &[S], follow: bool) -> (Vec<Input>, Vec<Skipped>) {
    expand(args, &ExpandOptions { follow, ..ExpandOptions::default() })
}

/// A session's options from the shared flags.
pub(super) fn session(common: &Common, config: &Config, inputs: Vec<Input>) -> Result<SessionOptions, Failure> {
    let mut o = SessionOptions::new(inputs, rule_loader(config, &common.rules)?);
    o.custom = custom_formats(config)?;
    o.format = format(&common.format, &o.custom)?;
    let tz = config.text("input.timezone");
    o.tz =
        tz.parse().map_err(|_| Failure::usage(format!("'{tz}' is no time zone; use a name such as Europe/Zurich")))?;
    o.year = common.year;
    o.threads = config.number("run.threads") as usize;
    let now = Ts::now();
    let time = |name: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(t) => parse_time(t, now).map(Some).ok_or_else(|| {
            Failure::usage(format!("{name}: '{t}' is no time: as 2026-03-02, 2026-03-02T06:00, RFC 3339, today, -2h"))
        }),
    };
    o.from = time("--from", &common.from)?;
    o.to = time("--to", &common.to)?;
    if let (Some(from), Some(to)) = (o.from, o.to)
        && from >= to
    {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let (a, b) = (text(&common.from), text(&common.to));
        let why = if from == to { "is" } else { "is later than" };
        return Err(Failure::usage(format!(
            "--from {a} ({from}) {why} --to {b} ({to}): no event lies between; --from is the first instant, --to the first one after"
        )));
    }
    if let Some(q) = &common.filter {
        o.filter = Some(Query::parse(q, now).map_err(|e| Failure::query("--filter", q, &e))?);
    }
    o.cache = Some(cache(config));
    Ok(o)
}

/// The user's cache directory, where none is configured.
pub(super) fn cache_dir() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("secstream"))
}

/// Where configuration, themes and own rules are.
pub(super) fn config_dir() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("secstream"))
}

/// A store that is named on the command line may be made, but not its
/// directory: a misspelt path should not look like an empty store.
pub(super) fn named_store(db: Option<&Path>) -> Result<(), Failure> {
    let Some(db) = db else { return Ok(()) };
    match db.parent().filter(|d| !d.as_os_str().is_empty() && !d.is_dir()) {
        Some(dir) => Err(Failure::failed(format!("--db {}: there is no directory {}", db.display(), dir.display()))),
        None => Ok(()),
    }
}

/// The cache directory in force.
pub(super) fn cache(config: &Config) -> Cache {
    let cap = config.number("cache.spool_gib").saturating_mul(1 << 30);
    match config.optional("cache.dir") {
        Some(dir) => Cache::at(Path::new(dir), cap),
        None => Cache::locate(cap),
    }
}

fn format(name: &str, custom: &[Format]) -> Result<Option<String>, Failure> {
    if name == "auto" {
        return Ok(None);
    }
    let known: Vec<String> =
        format_names().map(str::to_owned).chain(custom.iter().map(|c| c.name().to_owned())).collect();
    if known.iter().any(|k| k == name) {
        return Ok(Some(name.to_owned()));
    }
    let hint =
        nearest(name, known.iter().map(String::as_str)).map(|n| format!("; did you mean '{n}'?")).unwrap_or_default();
    Err(Failure::usage(format!("unknown format '{name}'{hint} (known: {})", known.join(", "))))
}
