//! What was read of a directory that is followed, so that no file is read twice:
//! rotation gives a file another name, or copies it before it is cut.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::decode::Codec;

/// So many first bytes tell whether two files have the same content.
pub(crate) const HEAD: usize = 256;
/// Fewer first bytes tell nothing of two files that are not one.
const ENOUGH: usize = 16;
/// Files remembered; those read longest ago are forgotten first.
const MOST: usize = 4096;

/// Device and number of a file.
pub(crate) type Identity = (u64, u64);

pub(crate) fn identity(meta: &Metadata) -> Identity {
    (meta.dev(), meta.ino())
}

/// Shared by all that follow files of one session.
#[derive(Debug, Default)]
pub struct Followed(Mutex<Vec<Known>>);

#[derive(Debug)]
struct Known {
    path: PathBuf,
    identity: Identity,
    head: Vec<u8>,
}

/// Whether a file under a name was read already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Already {
    No,
    /// Under another name.
    Yes,
    /// Too little of it is there to tell.
    Perhaps,
}

impl Followed {
    /// A file is read under this name; `head` is what of its first bytes was read.
    pub(crate) fn note(&self, path: &Path, identity: Identity, head: &[u8]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let head = head.get(..HEAD).unwrap_or(head).to_vec();
        // A number is given again: then it begins differently, and is another file.
        let same = |k: &&mut Known| k.identity == identity && k.path == path && head.starts_with(&k.head);
        if let Some(known) = all.iter_mut().rev().find(same) {
            known.head = head;
            return;
        }
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push(Known { path: path.to_owned(), identity, head });
    }

    /// Whether what stands under this name was read under another one.
    pub(crate) fn already(&self, path: &Path, file: &File) -> Already {
        let Ok(meta) = file.metadata() else { return Already::No };
        let mut buffer = [0; HEAD];
        let have = file.read_at(&mut buffer, 0).unwrap_or(0);
        let head = buffer.get(..have).unwrap_or(&[]);
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = || all.iter().filter(|k| k.path != path);
        if others().any(|k| k.identity == identity(&meta) && head.starts_with(&k.head)) {
            return Already::Yes;
        }
        let related: Vec<&Known> = others().filter(|k| is_part_of(path, &k.path)).collect();
        if related.is_empty() {
            return Already::No;
        }
        let unpacked = Codec::of(head).and_then(|codec| beginning(codec, file, HEAD));
        let head = unpacked.as_deref().unwrap_or(head);
        if related.iter().any(|k| k.head.len() >= ENOUGH && head.starts_with(&k.head)) {
            Already::Yes
        } else if related.iter().any(|k| k.head.starts_with(head)) {
            Already::Perhaps
        } else {
            Already::No
        }
    }
}

/// The first bytes of what is packed in a file.
pub(crate) fn beginning(codec: Codec, file: &File, bytes: usize) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let from = At { file: file.try_clone().ok()?, at: 0 };
    // What can be unpacked of a file that is still written is enough.
    let _ = codec.decoder(from).ok()?.take(bytes as u64).read_to_end(&mut head);
    Some(head)
}

/// Reads a file from its beginning, wherever others read it.
struct At {
    file: File,
    at: u64,
}

impl Read for At {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Whether a name is the name of a log with what rotation adds: `a.log.1`,
/// `a.log-20260302.gz`, `a-20260302.log`, `a.log.old` of `a.log`.
pub(crate) fn is_part_of(path: &Path, log: &Path) -> bool {
    if path.parent() != log.parent() {
        return false;
    }
    let words = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let (name, log) = (words(path), words(log));
    name != log && bare(&name) == bare(&log)
}

/// The words of a name without numbers, dates and endings of packed files.
fn bare(name: &str) -> Vec<&str> {
    let added = |w: &&str| {
        w.is_empty()
            || w.bytes().all(|b| b.is_ascii_digit())
            || matches!(*w, "gz" | "bz2" | "xz" | "zst" | "old" | "bak" | "save")
    };
    name.split(['.', '-', '_']).filter(|w| !added(w)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rotated_parts() {
        let part = |a: &str, b: &str| is_part_of(&Path::new("/l").join(a), &Path::new("/l").join(b));
        for name in ["a.log.1", "a.log.2.gz", "a.log-20260302", "a-20260302.log", "a.log.old", "a.log.2026-03-02.xz"] {
            assert!(part(name, "a.log"), "{name}");
        }
        for name in ["a.log", "b.log.1", "a.log.err", "ab.log"] {
            assert!(!part(name, "a.log"), "{name}");
        }
        assert!(!is_part_of(Path::new("/m/a.log.1"), Path::new("/l/a.log")));
    }

    #[test]
    fn renamed_copied_packed_and_new() {
        let dir = tempfile::tempdir().unwrap();
        let at = |n: &str| dir.path().join(n);
        let text = |day: u32| format!("2026-03-{day:02}T10:00:00Z gw sshd[1]: session opened\n").repeat(9);
        let already = |f: &Followed, n: &str| f.already(&at(n), &File::open(at(n)).unwrap());
        let followed = Followed::default();
        let note = |n: &str| {
            let head = std::fs::read(at(n)).unwrap();
            followed.note(&at(n), identity(&std::fs::metadata(at(n)).unwrap()), &head);
        };
        std::fs::write(at("a.log"), text(1)).unwrap();
        note("a.log");
        assert_eq!(already(&followed, "a.log"), Already::No, "it is itself");
        std::fs::copy(at("a.log"), at("a.log.2")).unwrap();
        assert_eq!(already(&followed, "a.log.2"), Already::Yes, "copied");
        std::fs::copy(at("a.log"), at("other.log")).unwrap();
        assert_eq!(already(&followed, "other.log"), Already::No, "the same lines under a name of its own");
        let mut z = flate2::write::GzEncoder::new(File::create(at("a.log.3.gz")).unwrap(), Default::default());
        std::io::Write::write_all(&mut z, text(1).as_bytes()).unwrap();
        z.finish().unwrap();
        assert_eq!(already(&followed, "a.log.3.gz"), Already::Yes, "packed");
        std::fs::rename(at("a.log"), at("gone")).unwrap();
        assert_eq!(already(&followed, "gone"), Already::Yes, "renamed");
        std::fs::write(at("a.log.4"), text(2)).unwrap();
        assert_eq!(already(&followed, "a.log.4"), Already::No, "other content");
        std::fs::write(at("a.log.5"), &text(1)[..40]).unwrap();
        assert_eq!(already(&followed, "a.log.5"), Already::Perhaps, "still copied");
        // A number that is given again.
        std::fs::write(at("gone"), text(3)).unwrap();
        assert_eq!(already(&followed, "gone"), Already::No);
    }
}
