//! Noticing that rule files changed.

use std::path::{Path, PathBuf};

use notify::{RecursiveMode, Watcher as _};

/// Watches as long as it is there.
pub type RuleWatcher = notify::RecommendedWatcher;

/// Calls `changed` whenever a rule file in or below one of these places changed, or a file
/// that is itself one of them, whatever its name; stops when dropped.
pub fn watch_rules(places: &[PathBuf], changed: impl Fn(&Path) + Send + 'static) -> Option<RuleWatcher> {
    let named: Vec<PathBuf> = places.iter().filter(|p| !p.is_dir()).cloned().collect();
    let meant =
        move |p: &Path| crate::detect::files::is_rule_file(p) || named.iter().any(|n| n.file_name() == p.file_name());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if let Ok(e) = event
            && (e.kind.is_modify() || e.kind.is_create() || e.kind.is_remove())
        {
            for p in e.paths.iter().filter(|p| meant(p)) {
                changed(p);
            }
        }
    })
    .ok()?;
    let mut any = false;
    // What lies in a folder that is watched with all below it is watched already.
    let folders: Vec<&PathBuf> = places.iter().filter(|p| p.is_dir()).collect();
    for place in places {
        // A file is often replaced by another one, which only its folder tells.
        let (folder, mode) = match place.parent() {
            Some(parent) if !place.is_dir() => {
                let here = parent.as_os_str().is_empty();
                (if here { Path::new(".") } else { parent }, RecursiveMode::NonRecursive)
            }
            _ => (place.as_path(), RecursiveMode::Recursive),
        };
        let within = mode == RecursiveMode::NonRecursive && folders.iter().any(|f| folder.starts_with(f));
        any |= within || watcher.watch(folder, mode).is_ok();
    }
    any.then_some(watcher)
}
