//! `secstream doctor`: is everything here that the work needs?

use std::io::{IsTerminal as _, Write};
use std::sync::Arc;

use serde_json::json;

use super::args::{Common, DoctorArgs};
use super::config::setting;
use super::error::{DONE, FINDINGS, Failure};
use super::inputs;
use super::words::count;
use crate::config::{Config, Places};
use crate::detect::reach::{Seen, binding};
use crate::detect::{RuleCounts, RuleFile, RuleSet, shipped};
use crate::event::sanitize;
use crate::parse::custom::{Format, check_samples, sample_events};
use crate::store::Store;

/// One check.
struct Check {
    name: &'static str,
    good: bool,
    says: String,
}

/// Runs the command.
pub(super) fn run(args: &DoctorArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let common = Common { format: "auto".into(), formats: args.formats.clone(), ..Common::default() };
    let mut checks = Vec::new();
    let mut add = |name, result: Result<String, String>| {
        let good = result.is_ok();
        checks.push(Check { name, good, says: result.unwrap_or_else(|e| e) });
    };
    // What is wrong is left out, and the rest is checked all the same.
    let (found, wrong) = configuration();
    let config = if wrong.is_empty() { inputs::config(&common).unwrap_or(found) } else { found };
    let files = Places::system().files.iter().filter(|f| f.is_file()).count();
    add(
        "configuration",
        if wrong.is_empty() {
            Ok(format!("{}, every key is known", count(files, "file")))
        } else {
            Err(wrong.join("\n"))
        },
    );
    let keys = crate::tui::key_mistakes(&config);
    let own = count(config.keys.len(), "binding");
    add("keys", if keys.is_empty() { Ok(format!("{own} of your own, no conflict")) } else { Err(keys.join("\n")) });
    let theme = config.text("tui.theme");
    let themes = inputs::config_dir().map(|d| d.join("themes"));
    let mistakes = crate::tui::theme_mistakes(theme, themes.as_deref());
    let origin = setting(&config, "tui.theme").map_or_else(String::new, |s| s.origin.to_string());
    add(
        "theme",
        if mistakes.is_empty() {
            Ok(format!("{} ({origin})", if theme.is_empty() { "auto" } else { theme }))
        } else {
            Err(mistakes.iter().map(|m| format!("{m} ({origin})")).collect::<Vec<_>>().join("\n"))
        },
    );
    for (name, key) in [("own rules", "rules.dirs"), ("added rules", "rules.add")] {
        let missing: Vec<String> = config
            .paths(key)
            .iter()
            .filter_map(|p| std::fs::metadata(p).err().map(|e| format!("{key}: {}: {e}", p.display())))
            .collect();
        if !missing.is_empty() {
            add(name, Err(missing.join("\n")));
        }
    }
    let term = std::env::var("TERM").unwrap_or_default();
    let tty = std::io::stdout().is_terminal();
    add(
        "terminal",
        Ok(format!("TERM={term}, {}", if tty { "a terminal" } else { "not a terminal: the TUI needs one" })),
    );
    let cache = inputs::cache(&config);
    add(
        "cache",
        match (cache.dir(), cache.take_warning()) {
            (Some(dir), None) => {
                let (sets, bytes) = cache.rule_sets();
                let kept = format!("{} kept, {:.1} MB", count(sets, "rule set"), bytes as f64 / 1e6);
                let off = if config.is_on("cache.rules") { "" } else { " (cache.rules is off)" };
                Ok(format!("{} can be written; {kept}{off}", dir.display()))
            }
            (_, warning) => Err(warning.unwrap_or_else(|| "no cache directory".into())),
        },
    );
    let store = Store::open(config.optional("store.path").map(std::path::Path::new), &inputs::analyst(&config));
    let describe =
        |s: Store| s.read_only_note().map_or_else(|| Ok(format!("{} can be written", s.path().display())), Err);
    add("case store", store.map_err(|e| e.to_string()).and_then(describe));
    let rules = RuleSet::load(&shipped::rules());
    let counts = RuleCounts::of(rules.rules());
    let says = format!("shipped: {counts}");
    add("rules", if counts.refused == 0 { Ok(says) } else { Err(says) });
    let (dirs, more) = inputs::rule_dirs(&config, &common.rules);
    if !dirs.is_empty() || !more.is_empty() || !config.paths("rules.pipelines").is_empty() {
        // What is wrong with a pipeline or a folder is said first: then nothing of it is in force.
        let own = inputs::rule_files(&config, &dirs, &more)
            .map_err(|f| [f.message].into_iter().chain(f.below).collect::<Vec<_>>().join("\n"));
        add(
            "your rules",
            own.and_then(|files| {
                let set = RuleSet::load(&files);
                let reasons: Vec<&str> = set.rules().iter().filter_map(|r| r.reason.as_deref()).collect();
                let says = RuleCounts::of(set.rules()).to_string();
                if reasons.is_empty() {
                    return Ok(says);
                }
                let first = reasons.iter().take(5).map(|r| format!("\n{r}")).collect::<String>();
                Err(format!("{says}: secstream rules check names all{first}"))
            }),
        );
    }
    match inputs::custom_formats(&config) {
        Err(e) => add("custom formats", Err(e.message)),
        Ok(formats) if formats.is_empty() => {}
        Ok(formats) => {
            let failed: Vec<String> = check_samples(&formats).iter().map(ToString::to_string).collect();
            let says = format!("{}, samples as expected", count(formats.len(), "custom format"));
            add("custom formats", if failed.is_empty() { Ok(says) } else { Err(failed.join("; ")) });
            // Rules that cannot be read were told above.
            let files = inputs::rule_files(&config, &dirs, &more).unwrap_or_else(|_| shipped::rules());
            add("rules for them", Ok(bound(&files, &formats)));
        }
    }
    if args.json {
        let all: Vec<_> = checks.iter().map(|c| json!({"check": c.name, "good": c.good, "says": c.says})).collect();
        writeln!(out, "{}", serde_json::Value::Array(all))?;
    } else {
        for c in &checks {
            let mut lines = c.says.split('\n');
            let first = lines.next().unwrap_or("");
            writeln!(out, "{} {:<16} {}", if c.good { "ok  " } else { "FAIL" }, c.name, sanitize(first))?;
            for more in lines {
                writeln!(out, "{:21} {}", "", sanitize(more))?;
            }
        }
    }
    Ok(if checks.iter().all(|c| c.good) { DONE } else { FINDINGS })
}

/// Logsources that are proposed for a format.
const PROPOSED: usize = 3;

/// How many rules look at the events of each format, and what to set for more.
/// Rules bound to a logsource never see events that do not say they are of it.
fn bound(files: &[RuleFile], formats: &Arc<[Format]>) -> String {
    let set = RuleSet::load(files);
    let mut lines = Vec::new();
    for (name, samples) in sample_events(formats, &set.schema()) {
        let mut seen = Seen::default();
        samples.iter().flat_map(|b| b.events()).for_each(|e| seen.note(e));
        if seen.events == 0 {
            lines.push(format!("{name}: no samples, so nobody knows which rules look at its events"));
            continue;
        }
        let b = binding(files, &set, &seen);
        lines.push(format!("{name}: {} of {} alerting rules can fire on events like its samples", b.rules, b.of));
        for (logsource, rules) in b.elsewhere.iter().take(PROPOSED) {
            let parts = ["product", "category", "service"].iter().zip(logsource.split('/')).filter(|(_, v)| *v != "-");
            let set: Vec<String> = parts.map(|(k, v)| format!("{k} = \"{v}\"")).collect();
            lines.push(format!("  {rules} can where it says logsource = {{ {} }}", set.join(", ")));
        }
    }
    lines.join("\n")
}

/// The configuration as far as it can be used, and all that is wrong with it.
fn configuration() -> (Config, Vec<String>) {
    let (config, wrong) = Config::check(&Places::system());
    (config, wrong.iter().map(ToString::to_string).collect())
}
