//! From arguments to inputs: files, directories, globs and `-`.
//!
//! The order is that of the paths, whatever that of the arguments: of records of one
//! time in two files that of the earlier one counts as first, and the alerts shall not
//! depend on how the files were named on the command line. Standard input comes last.
//! Nothing is opened here. Inside directories symbolic links are not followed:
//! in a copied disk they would lead out of the evidence into the analyst's own
//! machine, and where they stay inside, their target is found anyway.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Deepest directory that is entered.
const MAX_DEPTH: usize = 64;

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// One source to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The name shown everywhere: as given, or given directory plus path in it.
    pub name: String,
    /// Where the bytes are.
    pub kind: InputKind,
}

impl Input {
    /// A file by its path.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { name: path.to_string_lossy().into_owned(), kind: InputKind::Path(path) }
    }

    /// Standard input, named `-`.
    #[must_use]
    pub fn stdin() -> Self {
        Self { name: "-".to_owned(), kind: InputKind::Stdin }
    }

    /// Where it stands among inputs: files by their path, however they were named.
    fn place(&self) -> (bool, PathBuf) {
        let InputKind::Path(path) = &self.kind else { return (true, PathBuf::new()) };
        let whole = || std::path::absolute(path).ok();
        (false, path.canonicalize().ok().or_else(whole).unwrap_or_else(|| path.clone()))
    }
}

/// Why something that was found is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// No such file.
    NotFound,
    /// A glob that matches nothing.
    NoMatch,
    /// Not a file that holds a log: a socket, a device, a pipe …
    Kind(&'static str),
    /// A symbolic link inside a directory.
    Link,
    /// The same file was given before, under this name.
    Same(String),
    /// The system did not let us look.
    Unreadable(String),
    /// The directory is nested too deeply.
    TooDeep,
    /// A directory without any file.
    EmptyDirectory,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such file"),
            Self::NoMatch => f.write_str("no file matches"),
            Self::Kind(kind) => write!(f, "is a {kind}"),
            Self::Link => f.write_str("symbolic link, not followed inside a directory"),
            Self::Same(name) => write!(f, "same file as {name}"),
            Self::Unreadable(why) => f.write_str(why),
            Self::TooDeep => write!(f, "directories nested deeper than {MAX_DEPTH}"),
            Self::EmptyDirectory => f.write_str("directory without a file"),
        }
    }
}

/// Something that was named or found and is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name, as for [`Input::name`].
    pub name: String,
    /// Why.
    pub reason: SkipReason,
    /// Whether it was named itself (an error to report), not found in a directory.
    pub explicit: bool,
}

impl Skipped {
    /// Whether leaving it out is a failure (it was asked for by name) rather than
    /// a choice (a socket inside a directory).
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        match self.reason {
            SkipReason::NotFound | SkipReason::NoMatch | SkipReason::Unreadable(_) => true,
            SkipReason::Kind(_) => self.explicit,
            _ => false,
        }
    }
}

/// How arguments are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExpandOptions {
    /// Take arguments as plain paths, never as globs.
    pub no_glob: bool,
    /// What is not there may come, under a directory and a glob, too: it is followed.
    pub follow: bool,
}

/// Finds the inputs that the arguments name, and all that is passed over.
#[must_use]
pub fn expand<S: AsRef<OsStr>>(args: &[S], opts: &ExpandOptions) -> (Vec<Input>, Vec<Skipped>) {
    let mut found = Found { may_come: opts.follow, ..Found::default() };
    for arg in args {
        let path = Path::new(arg);
        // A name that is no text is that of one file: patterns are text.
        let (arg, text) = (arg.as_ref().to_string_lossy().into_owned(), arg.as_ref().to_str().is_some());
        if arg == "-" {
            found.stdin();
            continue;
        }
        match std::fs::metadata(path) {
            Ok(meta) => found.given(arg.clone(), path, &meta, true),
            Err(_) if text && !opts.no_glob && arg.contains(['*', '?', '[']) => found.glob(&arg),
            Err(e) if opts.follow && e.kind() == std::io::ErrorKind::NotFound => {
                if found.inputs.iter().all(|i| i.name != arg) {
                    found.inputs.push(Input::path(path));
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => found.skip(arg.clone(), SkipReason::NotFound, true),
            Err(e) => found.skip(arg.clone(), SkipReason::Unreadable(e.to_string()), true),
        }
    }
    found.inputs.sort_by_cached_key(Input::place);
    (found.inputs, found.skipped)
}

/// What a file is called that holds no log; `None` where it may hold one.
/// Pipes may when they are named themselves (`<(command)`), and `/dev/null`;
/// other devices give bytes without end.
pub(crate) fn not_a_log(meta: &Metadata, explicit: bool) -> Option<&'static str> {
    let kind = meta.file_type();
    let null = || std::fs::metadata("/dev/null").is_ok_and(|n| n.rdev() == meta.rdev());
    if kind.is_socket() {
        Some("socket")
    } else if kind.is_block_device() {
        Some("block device")
    } else if kind.is_dir() {
        Some("directory")
    } else if kind.is_fifo() && !explicit {
        Some("named pipe")
    } else if kind.is_char_device() && !(explicit && null()) {
        Some("character device")
    } else {
        None
    }
}

#[derive(Default)]
struct Found {
    /// A directory without a file, a glob without a match may bring some.
    may_come: bool,
    inputs: Vec<Input>,
    skipped: Vec<Skipped>,
    /// Device and inode of what is taken, to its name.
    seen: HashMap<(u64, u64), String>,
}

impl Found {
    fn skip(&mut self, name: String, reason: SkipReason, explicit: bool) {
        self.skipped.push(Skipped { name, reason, explicit });
    }

    fn stdin(&mut self) {
        if self.inputs.iter().any(|i| i.kind == InputKind::Stdin) {
            self.skip("-".to_owned(), SkipReason::Same("-".to_owned()), true);
        } else {
            self.inputs.push(Input::stdin());
        }
    }

    /// Something that was named itself (`explicit`), or matched by a glob.
    fn given(&mut self, name: String, path: &Path, meta: &Metadata, explicit: bool) {
        if !meta.is_dir() {
            return self.file(name, path, meta, explicit);
        }
        let before = (self.inputs.len(), self.skipped.len());
        self.directory(path, 0);
        if before == (self.inputs.len(), self.skipped.len()) && !self.may_come {
            self.skip(name, SkipReason::EmptyDirectory, true);
        }
    }

    fn file(&mut self, name: String, path: &Path, meta: &Metadata, explicit: bool) {
        if let Some(kind) = not_a_log(meta, explicit) {
            return self.skip(name, SkipReason::Kind(kind), explicit);
        }
        if meta.is_file() {
            if let Some(first) = self.seen.get(&(meta.dev(), meta.ino())) {
                return self.skip(name, SkipReason::Same(first.clone()), explicit);
            }
            self.seen.insert((meta.dev(), meta.ino()), name.clone());
        }
        self.inputs.push(Input { name, kind: InputKind::Path(path.to_owned()) });
    }

    fn directory(&mut self, dir: &Path, depth: usize) {
        let name = |p: &Path| p.to_string_lossy().into_owned();
        if depth > MAX_DEPTH {
            return self.skip(name(dir), SkipReason::TooDeep, false);
        }
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) => return self.skip(name(dir), SkipReason::Unreadable(e.to_string()), depth == 0),
        };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => paths.push(entry.path()),
                Err(e) => self.skip(name(dir), SkipReason::Unreadable(e.to_string()), false),
            }
        }
        paths.sort();
        for path in paths {
            match std::fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_symlink() => self.skip(name(&path), SkipReason::Link, false),
                Ok(meta) if meta.is_dir() => self.directory(&path, depth + 1),
                Ok(meta) => self.file(name(&path), &path, &meta, false),
                Err(e) => self.skip(name(&path), SkipReason::Unreadable(e.to_string()), false),
            }
        }
    }

    fn glob(&mut self, pattern: &str) {
        let paths = match glob::glob(pattern) {
            Ok(paths) => paths,
            Err(e) => return self.skip(pattern.to_owned(), SkipReason::Unreadable(e.to_string()), true),
        };
        let mut any = false;
        // `glob` yields in alphabetical order.
        for path in paths {
            any = true;
            match path {
                Ok(path) => match std::fs::metadata(&path) {
                    Ok(meta) => self.given(path.to_string_lossy().into_owned(), &path, &meta, false),
                    Err(e) => {
                        self.skip(path.to_string_lossy().into_owned(), SkipReason::Unreadable(e.to_string()), true);
                    }
                },
                Err(e) => {
                    let name = e.path().to_string_lossy().into_owned();
                    self.skip(name, SkipReason::Unreadable(e.error().to_string()), true);
                }
            }
        }
        if !any && !self.may_come {
            self.skip(pattern.to_owned(), SkipReason::NoMatch, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(args: &[String]) -> (Vec<String>, Vec<(String, SkipReason, bool)>) {
        let (inputs, skipped) = expand(args, &ExpandOptions::default());
        (
            inputs.into_iter().map(|i| i.name).collect(),
            skipped.into_iter().map(|s| (s.name, s.reason, s.explicit)).collect(),
        )
    }

    #[test]
    fn a_directory_of_mixed_things_gives_its_files_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir(root.join("sub")).unwrap();
        for name in ["b.log", "a.log", "sub/c.log", ".hidden"] {
            std::fs::write(root.join(name), "x\n").unwrap();
        }
        std::os::unix::fs::symlink("/etc", root.join("out")).unwrap();
        std::fs::hard_link(root.join("a.log"), root.join("again.log")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(root.join("sock")).unwrap();
        nix::unistd::mkfifo(&root.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let arg = root.to_str().unwrap().to_owned();
        let (inputs, skipped) = names(std::slice::from_ref(&arg));
        let short = |n: &str| n.strip_prefix(&format!("{arg}/")).unwrap().to_owned();
        assert_eq!(inputs.iter().map(|n| short(n)).collect::<Vec<_>>(), [".hidden", "a.log", "b.log", "sub/c.log"]);
        let why: Vec<_> = skipped.iter().map(|(n, r, _)| (short(n), r.clone())).collect();
        assert_eq!(
            why,
            [
                ("again.log".to_owned(), SkipReason::Same(format!("{arg}/a.log"))),
                ("out".to_owned(), SkipReason::Link),
                ("pipe".to_owned(), SkipReason::Kind("named pipe")),
                ("sock".to_owned(), SkipReason::Kind("socket")),
            ]
        );
    }

    #[test]
    fn globs_missing_files_and_standard_input() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["2.log", "1.log", "x[1].log"] {
            std::fs::write(dir.path().join(name), "x\n").unwrap();
        }
        let at = |n: &str| dir.path().join(n).to_str().unwrap().to_owned();
        let (inputs, skipped) =
            names(&["-".into(), at("?.log"), at("x[1].log"), at("none*"), at("gone"), "-".into(), "/dev/null".into()]);
        let [one, two, x] = [at("1.log"), at("2.log"), at("x[1].log")];
        let before = dir.path().canonicalize().unwrap() < Path::new("/dev/null").to_path_buf();
        let null = if before { 3 } else { 0 };
        let mut all = vec![one, two, x];
        all.insert(null, "/dev/null".to_owned());
        all.push("-".to_owned());
        assert_eq!(inputs, all, "by path, standard input last");
        let reasons: Vec<_> = skipped.into_iter().map(|(_, r, e)| (r, e)).collect();
        assert_eq!(
            reasons,
            [(SkipReason::NoMatch, true), (SkipReason::NotFound, true), (SkipReason::Same("-".into()), true)]
        );
    }
    #[test]
    fn the_order_of_the_arguments_is_none() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["b.log", "a.log", "sub/c.log"] {
            std::fs::write(dir.path().join(name), "x\n").unwrap();
        }
        let at = |n: &str| dir.path().join(n).to_str().unwrap().to_owned();
        let (one, _) = names(&[at("sub/../b.log"), at("sub"), at("./a.log")]);
        assert_eq!(one, [at("./a.log"), at("sub/../b.log"), at("sub/c.log")]);
        assert_eq!(names(&[at("./a.log"), at("sub"), at("sub/../b.log")]).0, one);
    }
}
