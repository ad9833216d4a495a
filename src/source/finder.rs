//! Files that come while directories and globs are followed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::decode::{Codec, MAGIC};
use super::followed::{Already, Followed, Identity, identity};
use super::{ExpandOptions, Follower, Input, InputKind, expand};

/// Without being woken, the directories are looked at so often.
const LOOK: Duration = Duration::from_secs(2);
/// After a change they are not looked at again for so long.
const REST: Duration = Duration::from_millis(200);
/// A packed file is read when it has not grown for so long.
const SETTLED: Duration = Duration::from_secs(2);
/// Most directories of which changes are told; the others are looked at now and then.
const WATCHED: usize = 1024;

/// Looks for new files under the arguments that may bring some.
pub struct Finder {
    args: Vec<OsString>,
    followed: Arc<Followed>,
    /// Names that are read.
    names: BTreeSet<String>,
    /// Files that were read under another name.
    same: BTreeMap<PathBuf, Identity>,
    /// Packed files, their size and since when they have it.
    growing: BTreeMap<PathBuf, (u64, Instant)>,
    follower: Option<Follower>,
    watched: BTreeSet<PathBuf>,
    looked: Instant,
    /// Something is awaited that no change will tell of.
    soon: bool,
}

impl Finder {
    /// Looks under those of the arguments that are a directory or a glob, `None`
    /// where there is none. `inputs` are read already.
    #[must_use]
    pub fn new(args: &[OsString], inputs: &[Input], followed: &Arc<Followed>) -> Option<Self> {
        let args: Vec<OsString> = args.iter().filter(|a| may_bring_more(a)).cloned().collect();
        if args.is_empty() {
            return None;
        }
        let mut finder = Self {
            args,
            followed: Arc::clone(followed),
            names: inputs.iter().map(|i| i.name.clone()).collect(),
            same: BTreeMap::new(),
            growing: BTreeMap::new(),
            follower: Follower::new().ok(),
            watched: BTreeSet::new(),
            looked: Instant::now(),
            soon: true,
        };
        finder.watch();
        Some(finder)
    }

    /// The files that came since, in the order of their names.
    pub fn found(&mut self) -> Vec<Input> {
        let told = self.follower.as_ref().is_some_and(|f| f.wait(Duration::ZERO));
        self.soon |= told;
        let rest = if self.soon { REST } else { LOOK };
        if self.looked.elapsed() < rest {
            return Vec::new();
        }
        self.looked = Instant::now();
        self.soon = false;
        self.watch();
        let (inputs, _) = expand(&self.args, &ExpandOptions { follow: true, ..ExpandOptions::default() });
        let mut new: Vec<Input> = inputs.into_iter().filter(|i| self.is_new(i)).collect();
        new.sort_by(|a, b| a.name.cmp(&b.name));
        self.names.extend(new.iter().map(|i| i.name.clone()));
        new
    }

    fn is_new(&mut self, input: &Input) -> bool {
        let InputKind::Path(path) = &input.kind else { return false };
        if self.names.contains(&input.name) {
            return false;
        }
        // What cannot be looked at is told of by who opens it.
        let Ok(file) = File::open(path) else { return true };
        let Ok(meta) = file.metadata() else { return true };
        if self.same.get(path) == Some(&identity(&meta)) {
            return false;
        }
        let mut head = [0; MAGIC];
        let have = file.read_at(&mut head, 0).unwrap_or(0);
        if have == 0 {
            return false; // nothing is lost yet
        }
        if Codec::of(head.get(..have).unwrap_or(&[])).is_some() {
            let now = (meta.len(), Instant::now());
            let (size, since) = *self.growing.entry(path.clone()).or_insert(now);
            if size != meta.len() {
                self.growing.insert(path.clone(), now);
            }
            if size != meta.len() || since.elapsed() < SETTLED {
                self.soon = true;
                return false;
            }
            self.growing.remove(path);
        }
        match self.followed.already(path, &file) {
            Already::No => true,
            Already::Yes => {
                self.same.insert(path.clone(), identity(&meta));
                false
            }
            Already::Perhaps => false,
        }
    }

    /// Asks to be told of changes of the directories that there are now.
    fn watch(&mut self) {
        let Some(follower) = &mut self.follower else { return };
        for dir in directories(&self.args) {
            if self.watched.len() < WATCHED && !self.watched.contains(&dir) && follower.watch(&dir).is_ok() {
                self.watched.insert(dir);
            }
        }
        // One that was deleted and made anew is asked for again.
        self.watched.retain(|d| d.is_dir());
    }
}

/// Whether files that are not named may come under one of the arguments.
#[must_use]
pub fn may_come(args: &[OsString]) -> bool {
    args.iter().any(|a| may_bring_more(a))
}

/// Whether files may come under an argument that are not named.
fn may_bring_more(arg: &OsStr) -> bool {
    match std::fs::metadata(arg) {
        Ok(meta) => meta.is_dir(),
        Err(_) => arg.to_str().is_some_and(|a| a.contains(['*', '?', '['])),
    }
}

/// The directories in which files of these arguments may come.
fn directories(args: &[OsString]) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open: Vec<PathBuf> = Vec::new();
    for arg in args {
        let pattern = arg.to_str().and_then(|a| a.find(['*', '?', '[']).map(|at| a.split_at(at).0));
        let Some(fixed) = pattern.filter(|_| !Path::new(arg).is_dir()) else {
            open.push(PathBuf::from(arg));
            continue;
        };
        let dir = Path::new(fixed.rsplit_once('/').map_or("", |(dir, _)| dir));
        let root = if fixed.starts_with('/') && dir.as_os_str().is_empty() { "/" } else { "." };
        let dir = if dir.as_os_str().is_empty() { Path::new(root) } else { dir };
        // A star among directories: what is below is looked at now and then.
        out.push(dir.to_owned());
    }
    while let Some(dir) = open.pop().filter(|_| out.len() < WATCHED) {
        let below = std::fs::read_dir(&dir).into_iter().flatten().flatten();
        open.extend(below.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()));
        out.push(dir);
    }
    out
}
