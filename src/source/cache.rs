//! The cache directory: sidecar indexes, spools, time references and rule sets.
//!
//! All of it can be lost at any time and costs then only time (or, of time
//! references, that a copied and touched file is dated by its new time). A
//! cache that cannot be written is said once, and worked without.

use std::fs::{self, DirBuilder};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use etcetera::BaseStrategy;

use super::SourceError;
use super::budget::Budget;

/// Environment variable that names the cache directory.
pub const CACHE_DIR_ENV: &str = "SECSTREAM_CACHE_DIR";
/// How much the spools of all sources may take, unless set.
pub const SPOOL_CAP: u64 = 20 << 30;
/// No file of the cache that is read as a whole is longer.
const MOST: u64 = 1 << 30;

/// A handle to the cache directory; clones share it.
#[derive(Debug, Clone)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: Option<PathBuf>,
    budget: Arc<Budget>,
    warning: Mutex<Warning>,
}

#[derive(Debug, Default)]
struct Warning {
    text: Option<String>,
    /// Only the first is kept: one cause makes many.
    said: bool,
}

impl Cache {
    /// The user's cache directory, or the one that the environment names.
    /// Never fails: see [`Cache::take_warning`].
    #[must_use]
    pub fn locate(spool_cap: u64) -> Self {
        if let Some(dir) = std::env::var_os(CACHE_DIR_ENV).filter(|d| !d.is_empty()) {
            return Self::at(Path::new(&dir), spool_cap);
        }
        match etcetera::choose_base_strategy() {
            Ok(base) => Self::at(&base.cache_dir().join("secstream"), spool_cap),
            Err(e) => {
                let cache = Self::none(spool_cap);
                cache.warn(format!("no cache directory: {e}"));
                cache
            }
        }
    }

    /// The cache in this directory, which is made where it is missing.
    #[must_use]
    pub fn at(dir: &Path, spool_cap: u64) -> Self {
        let spools = dir.join("spool");
        let made = ["index", "timeref", "spool", "rules"].iter().try_for_each(|sub| make_dir(&dir.join(sub)));
        let inner = Inner {
            dir: made.is_ok().then(|| dir.to_owned()),
            budget: Arc::new(Budget::new(made.is_ok().then_some(spools), spool_cap)),
            warning: Mutex::default(),
        };
        let cache = Self(Arc::new(inner));
        if let Err(e) = made {
            cache.warn(format!("{}: cannot be used as cache directory, working without: {e}", dir.display()));
        }
        cache
    }

    /// No cache: nothing is kept from run to run; spools stand in the system's
    /// directory for temporary files.
    #[must_use]
    pub fn none(spool_cap: u64) -> Self {
        Self(Arc::new(Inner { dir: None, budget: Arc::new(Budget::new(None, spool_cap)), warning: Mutex::default() }))
    }

    /// Where it is; `None` where there is none.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.0.dir.as_deref()
    }

    /// What the user should know of the cache; given out once.
    #[must_use]
    pub fn take_warning(&self) -> Option<String> {
        self.0.warning.lock().unwrap_or_else(PoisonError::into_inner).text.take()
    }

    pub(crate) fn warn(&self, text: String) {
        let mut warning = self.0.warning.lock().unwrap_or_else(PoisonError::into_inner);
        if !warning.said {
            *warning = Warning { text: Some(text), said: true };
        }
    }

    pub(crate) fn budget(&self) -> Arc<Budget> {
        Arc::clone(&self.0.budget)
    }

    /// A file of the cache; `None` where it is missing or cannot be read.
    pub(crate) fn read(&self, kind: &str, name: &str) -> Option<Vec<u8>> {
        let path = self.0.dir.as_ref()?.join(kind).join(name);
        let meta = fs::metadata(&path).ok()?;
        (meta.len() <= MOST).then(|| fs::read(&path).ok()).flatten()
    }

    /// A file of the cache that nobody else can have written; `None` where it is
    /// missing, longer than `most`, or not to be believed.
    pub(crate) fn read_own(&self, kind: &str, name: &str, most: u64) -> Option<Vec<u8>> {
        let file = fs::File::open(self.0.dir.as_ref()?.join(kind).join(name)).ok()?;
        let meta = file.metadata().ok()?;
        let own = meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o022 == 0;
        if !own || !meta.is_file() || meta.len() > most {
            return None;
        }
        let mut bytes = Vec::with_capacity(meta.len() as usize + 1);
        file.take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Removes all but the youngest files of a kind.
    pub(crate) fn keep_youngest(&self, kind: &str, many: usize) {
        let mut all = self.files(kind);
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        for (path, ..) in all.iter().skip(many) {
            let _ = fs::remove_file(path);
        }
    }

    fn files(&self, kind: &str) -> Vec<(PathBuf, SystemTime, u64)> {
        let entries = self.0.dir.as_ref().and_then(|d| fs::read_dir(d.join(kind)).ok());
        let one = |e: fs::DirEntry| {
            let meta = e.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((e.path(), meta.modified().ok()?, meta.len()))
        };
        entries.into_iter().flatten().filter_map(Result::ok).filter_map(one).collect()
    }

    /// How many rule sets are kept, and their bytes.
    #[must_use]
    pub fn rule_sets(&self) -> (usize, u64) {
        let all = self.files("rules");
        (all.len(), all.iter().map(|f| f.2).sum())
    }

    /// Writes a file of the cache as a whole or not at all; says once where
    /// that is not possible.
    pub(crate) fn write(&self, kind: &str, name: &str, bytes: &[u8]) -> Result<(), SourceError> {
        let Some(dir) = &self.0.dir else { return Ok(()) };
        let dir = dir.join(kind);
        let path = dir.join(name);
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&dir)?;
            file.write_all(bytes)?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(|error| {
            self.warn(format!("{}: cannot be written, working without: {error}", path.display()));
            SourceError::Cache { path: path.display().to_string(), error }
        })
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::none(SPOOL_CAP)
    }
}

/// What is cached of evidence is for its owner only.
fn make_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path(), 0);
        cache.write("index", "k", b"bytes").unwrap();
        assert_eq!(cache.read("index", "k").as_deref(), Some(&b"bytes"[..]));
        assert_eq!(cache.read("index", "other"), None);
        assert_eq!(cache.take_warning(), None);
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_said_once() {
        let cache = Cache::at(Path::new("/dev/null/cache"), 0);
        assert!(cache.dir().is_none());
        assert!(cache.write("index", "k", b"bytes").is_ok(), "without a cache there is nothing to fail");
        assert!(cache.take_warning().unwrap().contains("/dev/null/cache"));
        assert_eq!(cache.take_warning(), None);
    }
}
