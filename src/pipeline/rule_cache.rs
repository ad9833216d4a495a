//! Rule sets that were loaded before, in the cache directory: reading thousands
//! of YAML files is most of what loading takes.
//!
//! A kept set is found by what was asked for (folders, pipelines) and believed
//! where the program is the same and either no file has changed (size, times,
//! inode), or all of them, read again, have the same text. Files that changed
//! just before they were looked at are read again: their next change might
//! leave the times as they are. What is damaged, of another program or of
//! another user is ignored and written anew; it can be deleted at any time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use super::LoadedRules;
use crate::detect::files::Changes;
use crate::detect::image::ReadImage;
use crate::detect::{RuleFile, RuleInfo, RuleSet, files, image};
use crate::source::Cache;
use crate::store::RuleRecord;
use crate::store::canonical::hex;

/// Folder in the cache directory.
const KIND: &str = "rules";
/// First bytes of a kept set.
const MAGIC: &[u8; 8] = b"SSRULES\x01";
/// So few files are read as fast.
const FEW: usize = 32;
/// Largest kept set.
const MOST: usize = 64 << 20;
/// So many sets are kept, the youngest.
const SETS: usize = 8;
/// Changes younger than this may be followed by one that cannot be told from them.
const SETTLED_NS: i128 = 2_000_000_000;

/// Where things stand in a kept set: the check of all that is behind it, …
const CHECK: Range<usize> = 8..40;
/// … what was seen of the files, …
const STAMP: Range<usize> = 40..72;
/// … what they said, …
const CONTENT: Range<usize> = 72..104;
/// … and the length of the image, which is followed by the hashes of the files
/// of the rules in force.
const LENGTH: Range<usize> = 104..112;
/// Where the image begins.
const IMAGE: usize = LENGTH.end;

type Hash = [u8; 32];

/// What is asked for: what the rules are read from.
#[derive(Debug, Clone, Default)]
pub struct RulesFrom {
    /// Files and folders, in groups that mean different things.
    pub groups: Vec<Vec<PathBuf>>,
}

impl RulesFrom {
    /// A name for it.
    fn name(&self) -> String {
        let mut h = Sha256::new();
        for group in &self.groups {
            h.update([1]);
            for path in group {
                h.update(path.as_os_str().as_encoded_bytes());
                h.update([0]);
            }
        }
        hex(h.finalize().get(..16).unwrap_or(&[]))
    }

    /// What can be seen of the files without reading them.
    fn stamp(&self, program: &Hash, now: i128) -> Option<Hash> {
        let mut all = Changes::default();
        for group in &self.groups {
            all.group();
            if !files::changes(group, &mut all) {
                return None;
            }
        }
        (now.saturating_sub(all.youngest()) >= SETTLED_NS).then(|| all.digest(program))
    }
}

/// The running program: another one may read rules in another way.
fn program() -> Option<Hash> {
    let m = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
    let mut h = Sha256::new();
    h.update(env!("CARGO_PKG_VERSION").as_bytes());
    h.update(image::FORMAT.to_le_bytes());
    for n in [m.dev(), m.ino(), m.size(), m.mtime().cast_unsigned(), m.mtime_nsec().cast_unsigned()] {
        h.update(n.to_le_bytes());
    }
    Some(h.finalize().into())
}

/// Loads rules, from the cache where they are in it. `read` reads the files.
#[must_use]
pub fn load(cache: Option<&Cache>, from: &RulesFrom, read: impl FnOnce() -> Vec<RuleFile>) -> LoadedRules {
    let usable = cache.filter(|c| c.dir().is_some()).and_then(|c| Some((c, program()?)));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos().cast_signed());
    match usable {
        Some((cache, program)) => load_at(now, cache, &program, from, read),
        None => LoadedRules::of(read()),
    }
}

fn load_at(
    now: i128,
    cache: &Cache,
    program: &Hash,
    from: &RulesFrom,
    read: impl FnOnce() -> Vec<RuleFile>,
) -> LoadedRules {
    let name = from.name();
    let stamp = from.stamp(program, now);
    let kept = cache.read_own(KIND, &name, MOST as u64).filter(|bytes| is_whole(bytes));
    if let Some(stamp) = stamp
        && let Some((image, hashes)) =
            kept.as_ref().filter(|b| b.get(STAMP) == Some(&stamp[..])).and_then(|bytes| restored(bytes))
    {
        // Compiling needs room, too.
        drop(kept);
        return LoadedRules::with_hashes(image.compiled(), &hashes);
    }
    let mut files = read();
    if files.len() < FEW || files.iter().any(|f| f.error.is_some()) {
        return LoadedRules::of(files);
    }
    let digests: Vec<Hash> = files.iter().map(RuleFile::digest).collect();
    let content = content(program, &files, &digests);
    if let Some(mut bytes) = kept
        && bytes.get(CONTENT) == Some(&content[..])
        && let Some((image, hashes)) = restored(&bytes)
    {
        if let Some(stamp) = stamp {
            set(&mut bytes, STAMP, &stamp);
            keep(cache, &name, bytes);
        }
        return LoadedRules::with_hashes(image.compiled(), &hashes);
    }
    let mut bytes = MAGIC.to_vec();
    bytes.resize(IMAGE, 0);
    set(&mut bytes, STAMP, &stamp.unwrap_or_default());
    set(&mut bytes, CONTENT, &content);
    let rules = RuleSet::load_with_image(&mut files, &digests, &mut bytes);
    let len = (bytes.len() - IMAGE) as u64;
    set(&mut bytes, LENGTH, &len.to_le_bytes());
    let hashes = hashes(&rules, &files, &digests);
    hashes.iter().for_each(|h| bytes.extend_from_slice(h));
    keep(cache, &name, bytes);
    LoadedRules::with_hashes(rules, &hashes)
}

fn set(bytes: &mut [u8], at: Range<usize>, to: &[u8]) {
    if let Some(place) = bytes.get_mut(at).filter(|p| p.len() == to.len()) {
        place.copy_from_slice(to);
    }
}

/// Writes a set with its check; where that fails it is said by the cache.
fn keep(cache: &Cache, name: &str, mut bytes: Vec<u8>) {
    let check = sum(bytes.get(CHECK.end..).unwrap_or(&[]));
    set(&mut bytes, CHECK, &check);
    if bytes.len() <= MOST && cache.write(KIND, name, &bytes).is_ok() {
        cache.keep_youngest(KIND, SETS);
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    bytes.len() >= IMAGE
        && bytes.starts_with(MAGIC)
        && bytes.get(CHECK).is_some_and(|check| check == sum(bytes.get(CHECK.end..).unwrap_or(&[])))
}

/// The rules of a whole set, not yet compiled, with the hash of the file of each in force.
fn restored(bytes: &[u8]) -> Option<(ReadImage, Vec<Hash>)> {
    let len = u64::from_le_bytes(*bytes.get(LENGTH)?.first_chunk()?);
    let (image, hashes) = bytes.get(IMAGE..)?.split_at_checked(usize::try_from(len).ok()?)?;
    let image = ReadImage::new(image)?;
    let (hashes, _) = hashes.as_chunks::<32>();
    (image.rules().iter().filter(|r| r.loaded).count() == hashes.len()).then(|| (image, hashes.to_vec()))
}

fn sum(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// What the rules say, where, and through which pipelines.
fn content(program: &Hash, files: &[RuleFile], digests: &[Hash]) -> Hash {
    let mut h = Sha256::new();
    h.update(program);
    for (f, digest) in files.iter().zip(digests) {
        h.update((f.path.len() as u64).to_le_bytes());
        h.update(f.path.as_bytes());
        h.update(digest);
        if let Some(p) = f.pipelines.as_ref().filter(|p| !p.is_empty()) {
            h.update(p.hash().as_bytes());
        }
    }
    h.finalize().into()
}

/// The hash of the file of each rule in force.
fn hashes(set: &RuleSet, files: &[RuleFile], digests: &[Hash]) -> Vec<Hash> {
    let by_path: BTreeMap<&str, &Hash> = files.iter().map(|f| f.path.as_str()).zip(digests).collect();
    in_force(set).map(|r| by_path.get(&*r.path).map_or(Hash::default(), |d| **d)).collect()
}

fn in_force(set: &RuleSet) -> impl Iterator<Item = &RuleInfo> {
    set.rules().iter().filter(|r| r.loaded)
}

impl LoadedRules {
    /// Rules with what the store keeps of each.
    #[must_use]
    pub fn of(mut files: Vec<RuleFile>) -> Self {
        let digests: Vec<Hash> = files.iter().map(RuleFile::digest).collect();
        let set = RuleSet::load_hashed(&mut files, &digests);
        let of_rules = hashes(&set, &files, &digests);
        Self::with_hashes(set, &of_rules)
    }

    /// A set, and the hash of the file of each rule in force.
    fn with_hashes(set: RuleSet, hashes: &[Hash]) -> Self {
        let record = |(r, hash): (&RuleInfo, &Hash)| RuleRecord {
            id: r.id.to_string(),
            title: r.title.to_string(),
            sha256: hex(hash),
            version: String::new(),
        };
        let records = in_force(&set).zip(hashes).map(record).collect();
        Self { set: Arc::new(set), records }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn write(dir: &Path, n: usize, word: &str) {
        let text = format!(
            "title: Rule {n}\nid: 00000000-0000-4000-8000-{n:012}\nlogsource: {{product: windows}}\n\
             detection: {{s: {{Image|endswith: '{word}{n}.exe'}}, condition: s}}\nlevel: high\n"
        );
        fs::write(dir.join(format!("{n:03}.yml")), text).expect("written");
    }

    struct Place {
        _dir: tempfile::TempDir,
        rules: PathBuf,
        cache: Cache,
        from: RulesFrom,
    }

    fn place() -> Place {
        let dir = tempfile::tempdir().expect("a directory");
        let rules = dir.path().join("rules");
        fs::create_dir(&rules).expect("made");
        (0..40).for_each(|n| write(&rules, n, "a"));
        let cache = Cache::at(&dir.path().join("cache"), 0);
        let from = RulesFrom { groups: vec![vec![rules.clone()]] };
        Place { _dir: dir, rules, cache, from }
    }

    /// A time at which files of now have long been as they are.
    fn later() -> i128 {
        SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_nanos().cast_signed() + 10 * SETTLED_NS
    }

    impl Place {
        /// What is loaded at a time, and whether the files were read for it.
        fn load(&self, now: i128) -> (LoadedRules, bool) {
            let mut read = false;
            let loaded = load_at(now, &self.cache, &[1; 32], &self.from, || {
                read = true;
                files::read(&[&self.rules])
            });
            (loaded, read)
        }

        fn plainly(&self) -> LoadedRules {
            LoadedRules::of(files::read(&[&self.rules]))
        }

        fn kept(&self) -> PathBuf {
            self.cache.dir().expect("a cache").join(KIND).join(self.from.name())
        }
    }

    fn same(a: &LoadedRules, b: &LoadedRules) {
        assert_eq!(a.set.rules(), b.set.rules());
        assert_eq!(a.set.hash(), b.set.hash());
        let said = |l: &LoadedRules| format!("{:?}", l.records);
        assert_eq!(said(a), said(b));
    }

    #[test]
    fn files_are_read_again_only_when_one_has_changed() {
        let p = place();
        let (first, read) = p.load(later());
        assert!(read && p.kept().is_file());
        same(&first, &p.plainly());
        let (second, read) = p.load(later());
        assert!(!read, "nothing has changed");
        same(&first, &second);
        // A text of the same length in its place.
        write(&p.rules, 7, "b");
        let (third, read) = p.load(later());
        assert!(read);
        same(&third, &p.plainly());
        assert_ne!(third.set.hash(), first.set.hash());
        write(&p.rules, 41, "a");
        let (more, read) = p.load(later());
        assert!(read && more.set.rules().len() == 41, "a new file is seen");
        fs::remove_file(p.rules.join("000.yml")).expect("removed");
        let (fewer, read) = p.load(later());
        assert!(read && fewer.set.rules().len() == 40, "and one that is gone");
    }

    #[test]
    fn what_changed_just_now_is_read_and_found_by_what_it_says() {
        let p = place();
        let (first, _) = p.load(later() - 10 * SETTLED_NS);
        let written = fs::metadata(p.kept()).expect("kept").ino();
        let (second, read) = p.load(later() - 10 * SETTLED_NS);
        assert!(read, "its next change might leave its times as they are");
        same(&first, &second);
        assert_eq!(fs::metadata(p.kept()).expect("kept").ino(), written, "it was found there");
        let (_, read) = p.load(later());
        assert!(read);
        let (third, read) = p.load(later());
        assert!(!read, "what was seen of the files is kept by now");
        same(&first, &third);
    }

    #[test]
    fn what_another_program_kept_is_not_believed() {
        let p = place();
        let _ = p.load(later());
        let mut read = false;
        let _ = load_at(later(), &p.cache, &[2; 32], &p.from, || {
            read = true;
            files::read(&[&p.rules])
        });
        assert!(read);
    }

    #[test]
    fn what_is_damaged_is_ignored_and_written_anew() {
        let p = place();
        let (first, _) = p.load(later());
        let whole = fs::read(p.kept()).expect("kept");
        for at in (0..whole.len()).step_by(whole.len() / 40) {
            let mut wrong = whole.clone();
            wrong[at] ^= 1;
            fs::write(p.kept(), wrong).expect("written");
            let (again, read) = p.load(later());
            assert!(read, "byte {at}");
            same(&first, &again);
        }
        for short in [0, 7, 40, 100, 111, 112, whole.len() - 1] {
            fs::write(p.kept(), &whole[..short]).expect("written");
            same(&first, &p.load(later()).0);
        }
        // A right check does not make it right.
        for at in (IMAGE..whole.len()).step_by(7) {
            let mut wrong = whole.clone();
            wrong[at] ^= 0x55;
            let check = sum(&wrong[CHECK.end..]);
            set(&mut wrong, CHECK, &check);
            let _ = restored(&wrong);
        }
        assert!(is_whole(&fs::read(p.kept()).expect("kept")), "whole again");
    }

    #[test]
    fn no_more_sets_are_kept_than_are_used() {
        let p = place();
        for n in 0..SETS + 4 {
            let other = RulesFrom { groups: vec![vec![p.rules.clone()]; n + 1] };
            let _ = load(Some(&p.cache), &other, || files::read(&[&p.rules]));
        }
        let kept = fs::read_dir(p.kept().parent().expect("a folder")).expect("a folder").count();
        assert_eq!(kept, SETS);
    }

    #[test]
    fn others_may_not_write_what_is_believed() {
        use std::os::unix::fs::PermissionsExt as _;
        let p = place();
        let _ = p.load(later());
        assert!(p.cache.read_own(KIND, &p.from.name(), MOST as u64).is_some());
        fs::set_permissions(p.kept(), fs::Permissions::from_mode(0o666)).expect("set");
        assert!(p.cache.read_own(KIND, &p.from.name(), MOST as u64).is_none());
        assert!(p.cache.read_own(KIND, &p.from.name(), 10).is_none());
    }
}
