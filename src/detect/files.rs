//! Finding and reading rule files.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::sigma::yaml::{self, MAX_TEXT};
use super::sigma::{collection, rule};
use super::{RuleFile, describe, reading};

/// Deepest nesting of directories.
const MAX_DEPTH: usize = 32;

/// Reads the rule files that the paths name: files as they are, directories
/// with all `.yml` and `.yaml` below them, sorted by name. Tests
/// (`NAME.test.yml`) are left out. What cannot be read is kept with the reason.
#[must_use]
pub fn read(paths: &[impl AsRef<Path>]) -> Vec<RuleFile> {
    let mut found = Vec::new();
    for p in paths {
        let p = p.as_ref();
        if p.is_dir() { directory(p, 0, &mut |f| found.push(f)) } else { found.push(Ok(p.to_owned())) }
    }
    reading::spread(found, |f| f.map_or_else(|wrong| wrong, |path| file(&path)))
}

/// What can be seen of rule files without reading them: where they are, how
/// large, and when they changed.
#[derive(Debug, Default)]
pub struct Changes {
    seen: Sha256,
    youngest: i128,
}

impl Changes {
    /// What follows stands apart from what came before.
    pub fn group(&mut self) {
        self.seen.update([1]);
    }

    fn file(&mut self, path: &Path) -> bool {
        let Ok(m) = fs::metadata(path) else { return false };
        self.seen.update([2]);
        self.seen.update((path.as_os_str().len() as u64).to_le_bytes());
        self.seen.update(path.as_os_str().as_encoded_bytes());
        for n in [m.dev(), m.ino(), m.size()] {
            self.seen.update(n.to_le_bytes());
        }
        for (s, ns) in [(m.mtime(), m.mtime_nsec()), (m.ctime(), m.ctime_nsec())] {
            self.seen.update(s.to_le_bytes());
            self.seen.update(ns.to_le_bytes());
            self.youngest = self.youngest.max(i128::from(s) * 1_000_000_000 + i128::from(ns));
        }
        true
    }

    /// When the last change was, in nanoseconds since 1970.
    #[must_use]
    pub const fn youngest(&self) -> i128 {
        self.youngest
    }

    /// A hash of all that was seen, and of something else.
    #[must_use]
    pub fn digest(&self, with: &[u8]) -> [u8; 32] {
        self.seen.clone().chain_update(with).finalize().into()
    }
}

/// Looks at the files that [`read`] would read; false where one of them cannot be.
pub fn changes(paths: &[impl AsRef<Path>], all: &mut Changes) -> bool {
    let mut whole = true;
    for p in paths {
        let p = p.as_ref();
        if p.is_dir() {
            directory(p, 0, &mut |f| whole &= f.is_ok_and(|path| all.file(&path)));
        } else {
            whole &= all.file(p);
        }
    }
    whole
}

/// Puts the user's files before others, whose rules they replace by id: a file
/// all of whose documents are in them is left out, and of a file that has
/// others too, those documents are refused with the place of the new ones.
#[must_use]
pub fn over(mut others: Vec<RuleFile>, own: Vec<RuleFile>) -> Vec<RuleFile> {
    let taken: BTreeSet<String> = own.iter().flat_map(|f| ids(&f.text)).collect();
    if !taken.is_empty() {
        others.retain(|f| {
            let ids = ids(&f.text);
            ids.is_empty() || !ids.iter().all(|id| taken.contains(id))
        });
    }
    let mut all = own;
    all.append(&mut others);
    all
}

/// The ids of a text's documents; derived from the title where there is none.
#[must_use]
pub fn ids(text: &str) -> Vec<String> {
    let path: Arc<str> = "".into();
    let docs = collection::expand(yaml::parse(text)).into_iter().flatten();
    docs.map(|node| describe::info(&rule::meta(&node), &path).id.to_string()).collect()
}

/// Whether a file's name is that of a rule file.
#[must_use]
pub fn is_rule_file(path: &Path) -> bool {
    let yaml = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("yml") || e.eq_ignore_ascii_case("yaml"));
    yaml && !is_test_file(path) && !is_hidden(path)
}

/// What editors and other tools keep beside the rules.
fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(|s| s.to_str()).is_some_and(|s| s.starts_with('.'))
}

/// Whether a file's name is that of a rule's tests.
#[must_use]
pub fn is_test_file(path: &Path) -> bool {
    path.file_stem().and_then(|s| s.to_str()).is_some_and(|s| s.ends_with(".test"))
}

/// Tells of the files below a directory in order, and of what cannot be read.
fn directory(dir: &Path, depth: usize, tell: &mut impl FnMut(Result<PathBuf, RuleFile>)) {
    let entries = match fs::read_dir(dir) {
        Ok(entries) if depth <= MAX_DEPTH => entries,
        Ok(_) => return tell(Err(unreadable(dir, "directories are nested too deep"))),
        Err(e) => return tell(Err(unreadable(dir, &e.to_string()))),
    };
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|e| (e.path(), e.file_type().ok())).collect();
    paths.sort_by(|a, b| a.0.file_name().cmp(&b.0.file_name()));
    for (path, kind) in paths {
        // Links to directories may go in circles; links to files are followed.
        if kind.is_some_and(|k| k.is_dir()) {
            if is_hidden(&path) {
                continue;
            }
            directory(&path, depth + 1, tell);
        } else if is_rule_file(&path) && (kind.is_some_and(|k| k.is_file()) || !path.is_dir()) {
            tell(Ok(path));
        }
    }
}

fn file(path: &Path) -> RuleFile {
    match fs::metadata(path) {
        Ok(m) if m.len() > MAX_TEXT as u64 => {
            let limit = MAX_TEXT >> 20;
            unreadable(path, &format!("{} MiB; a rule file has at most {limit} MiB: split it", m.len() >> 20))
        }
        Ok(_) => match fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => RuleFile::new(path.display().to_string(), text),
                Err(e) => unreadable(path, &format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to())),
            },
            Err(e) => unreadable(path, &e.to_string()),
        },
        Err(e) => unreadable(path, &e.to_string()),
    }
}

fn unreadable(path: &Path, reason: &str) -> RuleFile {
    let path = path.display().to_string();
    RuleFile { error: Some(format!("{path}: {reason}")), path, ..RuleFile::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_user_replace_others_by_id() {
        let file = |path: &str, ids: &[&str]| {
            let doc = |id: &&str| {
                format!(
                    "title: t{id}\nid: {id}\nlogsource: {{product: linux}}\ndetection: {{s: {{a: b}}, condition: s}}\n"
                )
            };
            RuleFile::new(path, ids.iter().map(doc).collect::<Vec<_>>().join("---\n"))
        };
        let all = over(vec![file("a", &["1", "2"]), file("b", &["3", "4"])], vec![file("own", &["1", "2", "3"])]);
        let names: Vec<&str> = all.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(names, ["own", "b"]);
        let set = crate::detect::RuleSet::load(&all);
        let off: Vec<&str> = set.rules().iter().filter(|r| !r.loaded).map(|r| &*r.id).collect();
        assert_eq!(off, ["3"], "the user's is in force, that of the other file says why it is not");
    }

    #[test]
    fn directories_are_sorted_and_tests_left_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let put = |name: &str, text: &[u8]| {
            let p = dir.path().join(name);
            fs::create_dir_all(p.parent().expect("parent")).expect("made");
            fs::write(p, text).expect("written");
        };
        put("b.yml", b"title: b");
        put("a/x.yaml", b"title: x");
        put("a/x.test.yml", b"- name: t");
        put("a/readme.md", b"no");
        put(".github/build.yml", b"no");
        put("a/.lint.yml", b"no");
        put("c.yml", b"\xff\xfe");
        let files = read(&[dir.path().to_path_buf(), dir.path().join("missing.yml")]);
        let names: Vec<String> = files.iter().map(|f| f.path.rsplit('/').next().unwrap_or("").to_owned()).collect();
        assert_eq!(names, ["x.yaml", "b.yml", "c.yml", "missing.yml"]);
        assert_eq!(files.iter().map(|f| f.error.is_some()).collect::<Vec<_>>(), [false, false, true, true]);
    }
}
