//! New files beside nothing of the user's: what is written is written under
//! another name, for its owner alone, and gets its own when it is whole.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Most names tried before one is offered that may be taken.
const TRIED: u32 = 999;

/// A file that is being written.
pub struct NewFile {
    target: PathBuf,
    shown: String,
    file: NamedTempFile,
}

impl NewFile {
    /// Begins it; a leading `~/` is the home folder.
    ///
    /// # Errors
    /// What to say where it is there already or cannot be made.
    pub fn begin(path: &str) -> Result<Self, String> {
        let target = at_home(path);
        if target.symlink_metadata().is_ok() {
            return Err(format!("{path} is there already; name another file"));
        }
        if target.file_name().is_none() || path.ends_with('/') {
            return Err(format!("{path} names no file"));
        }
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(format!("{path}: there is no folder {}", folder.display()));
        }
        // The name beside it says what it is, should it ever be left behind.
        let file = tempfile::Builder::new().prefix(".secstream-").suffix(".part").tempfile_in(folder);
        let file = file.map_err(|e| format!("{path}: {}", reason(&e)))?;
        Ok(Self { target, shown: path.to_owned(), file })
    }

    /// Everything is written: it gets its name, unless that was taken meanwhile.
    ///
    /// # Errors
    /// What to say.
    pub fn end(self) -> Result<(), String> {
        let Self { target, shown, file } = self;
        file.as_file().sync_all().map_err(|e| format!("{shown}: {}", reason(&e)))?;
        match file.persist_noclobber(&target) {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(format!("{shown} is there already; name another file"))
            }
            Err(e) => Err(format!("{shown}: {}", reason(&e.error))),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What the system says, without the name of the file under which it was written.
pub fn reason(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(n) => io::Error::from_raw_os_error(n).to_string(),
        None => e.to_string(),
    }
}

fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) if !home.is_empty() => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// The name, or one like it with a number that is not taken.
pub fn free_name(name: &str) -> String {
    let free = |n: &str| at_home(n).symlink_metadata().is_err();
    if free(name) {
        return name.to_owned();
    }
    let (stem, ending) = name.rsplit_once('.').map_or((name, String::new()), |(s, e)| (s, format!(".{e}")));
    let other = (2..TRIED).map(|i| format!("{stem}-{i}{ending}")).find(|n| free(n));
    other.unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_names_are_free() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let name = path.to_str().unwrap();
        assert_eq!(free_name(name), name);
        let mut f = NewFile::begin(name).unwrap();
        f.write_all(b"x\n").unwrap();
        assert!(!path.exists(), "under another name until it is whole");
        f.end().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"x\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(NewFile::begin(name).err().unwrap().ends_with("is there already; name another file"));
        let other = free_name(name);
        assert!(other.ends_with("events-2.jsonl"), "{other}");
        // A name that was taken meanwhile, also by a link that leads nowhere.
        let late = NewFile::begin(&other).unwrap();
        std::os::unix::fs::symlink("nowhere", &other).unwrap();
        assert!(late.end().unwrap_err().contains("is there already"));
        assert!(NewFile::begin(&other).is_err());
        assert!(free_name(name).ends_with("events-3.jsonl"));
        for (bad, why) in [("/no/such/folder/x", "no folder"), ("/", "already"), ("./", "already"), ("no/", "no file")]
        {
            let said = NewFile::begin(bad).err().unwrap();
            assert!(said.contains(why), "{bad}: {said}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
    }
}
