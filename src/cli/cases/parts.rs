//! Logs that are given for a case in another form than the one that was read:
//! packed since, or in the parts that rotation made of them.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::event::SourceId;
use crate::pipeline::open_log;
use crate::source::{
    Cache, ExpandOptions, Fingerprint, Input, InputKind, OpenOptions, SkipReason, SourceReader, expand,
};
use crate::store::canonical::hex;
use crate::store::verify::{FileLog, LogBytes, LogSums};

/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

/// A log that was given for a case.
pub(super) struct Given {
    pub(super) path: PathBuf,
    /// As the user gave it.
    pub(super) name: String,
    /// Found in a folder that was given.
    pub(super) found: bool,
}

/// The logs that were given: the files of a folder are each one.
pub(super) fn given(args: &[PathBuf]) -> Result<Vec<Given>, String> {
    let mut out = Vec::new();
    for arg in args {
        let name = arg.display().to_string();
        if !arg.is_dir() {
            out.push(Given { path: arg.clone(), name, found: false });
            continue;
        }
        let (inputs, skipped) = expand(&[arg], &ExpandOptions { no_glob: true, ..ExpandOptions::default() });
        // A link in a folder is none of its files; what cannot be looked at may be the log.
        if let Some(s) = skipped.iter().find(|s| !matches!(s.reason, SkipReason::Link | SkipReason::Kind(_))) {
            return Err(format!("{}: {}", s.name, s.reason));
        }
        for input in inputs {
            let InputKind::Path(path) = input.kind else { continue };
            out.push(Given { path, name: input.name, found: true });
        }
    }
    Ok(out)
}

/// Whether a packed file of a folder may be a log of the case: by its name, or by its first bytes.
fn may_be(sources: &[Value], path: &Path, base: &str) -> bool {
    let source_base = |s: &Value| s["name"].as_str().and_then(|n| n.rsplit('/').next()).map(str::to_owned);
    if sources.iter().any(|s| source_base(s).is_some_and(|n| base.starts_with(&*n))) {
        return true;
    }
    let Ok(dir) = tempfile::tempdir() else { return true };
    let options = OpenOptions { cache: Cache::at(dir.path(), u64::MAX), spool: false, ..OpenOptions::default() };
    let Ok(reader) = SourceReader::open(SourceId(0), &Input::path(path), &options) else { return true };
    sources
        .iter()
        .filter_map(|s| Fingerprint::parse(s["fingerprint"].as_str()?))
        .any(|print| print.fits(reader.sample()))
}

/// Logs to be compared instead of those that were given, as long as this lives.
pub(super) struct Parts {
    pub(super) paths: Vec<PathBuf>,
    /// What the user gave for each, where several are one.
    pub(super) names: Vec<String>,
    /// What was done with which.
    pub(super) said: Vec<String>,
    _dir: tempfile::TempDir,
}

/// Where the last record of a case ends in its log.
fn last_end(document: &Value) -> u64 {
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let alerts = list(&document["alerts"]);
    let evidence = alerts.iter().flat_map(|a| list(&a["evidence"])).chain(list(&document["events"]));
    let end = |e: Value| e["offset"].as_u64().unwrap_or(0).saturating_add(e["length"].as_u64().unwrap_or(0));
    evidence.map(end).max().unwrap_or(0)
}

/// What rotation packed after it was read: the text that is in it. A log that was
/// read packed is left as it is.
pub(super) fn unpacked(document: &Value, given: &[Given]) -> io::Result<Option<Parts>> {
    let sources = document["sources"].as_array().map_or(&[][..], Vec::as_slice);
    let mut found: Option<Parts> = None;
    for (i, Given { path, name, found: in_folder }) in given.iter().enumerate() {
        let base = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if *in_folder && !may_be(sources, path, &base) {
            continue;
        }
        let Ok(mut log) = open_log(path) else { continue };
        if !log.is_packed() {
            continue;
        }
        let stored = log.sums(&[])?.whole;
        // By its name it is a log that was read as it is.
        let named = |s: &Value| s["name"].as_str().is_some_and(|n| n == base || n.ends_with(&format!("/{base}")));
        if sources.iter().any(|s| s["sha256"] == stored.as_str() || named(s)) {
            continue;
        }
        let parts = match &mut found {
            Some(parts) => parts,
            None => {
                let (paths, said) = (given.iter().map(|g| g.path.clone()).collect(), Vec::new());
                let names = Vec::new();
                found.insert(Parts { paths, names, said, _dir: tempfile::tempdir()? })
            }
        };
        // A folder each: what is unpacked may have the name of another.
        let dir = parts._dir.path().join(i.to_string());
        std::fs::create_dir(&dir)?;
        let text = dir.join(path.file_stem().unwrap_or("log".as_ref()));
        let mut file = File::create_new(&text)?;
        let mut at = 0;
        loop {
            let bytes = log.read_at(at, CHUNK)?;
            if bytes.is_empty() {
                break;
            }
            file.write_all(&bytes)?;
            at += bytes.len() as u64;
        }
        if let Some(place) = parts.paths.get_mut(i) {
            *place = text;
        }
        parts.said.push(format!("the log {name} is packed: what is in it was compared"));
    }
    Ok(found)
}

/// A log that was rotated while it was followed is one log to the case. Where no
/// file is it, but those given are, one after the other (or the other way round),
/// they are put together.
pub(super) fn joined(document: &Value, logs: &[PathBuf], names: &[String]) -> io::Result<Option<Parts>> {
    let ([source], [_, _, ..]) = (document["sources"].as_array().map_or(&[][..], Vec::as_slice), logs) else {
        return Ok(None);
    };
    let (Some(size), Some(hash)) = (source["size"].as_u64(), source["sha256"].as_str()) else { return Ok(None) };
    let is_it = |parts: &[&PathBuf]| -> io::Result<bool> {
        let mut hasher = Sha256::new();
        let (mut left, mut buffer) = (size, vec![0; 256 << 10]);
        for part in parts {
            let mut file = FileLog::open(part)?.into_file().take(left);
            loop {
                let n = file.read(&mut buffer)?;
                if n == 0 {
                    break;
                }
                hasher.update(buffer.get(..n).unwrap_or_default());
                left -= n as u64;
            }
        }
        Ok(left == 0 && hex(&hasher.finalize()) == hash)
    };
    let mut parts: Vec<&PathBuf> = logs.iter().collect();
    let mut first = None;
    for (i, log) in logs.iter().enumerate() {
        if first.is_none() && is_it(&[log])? {
            first = Some((i, std::fs::metadata(log)?.len()));
        }
    }
    match first {
        // It is the whole log, or what was recorded of it before it was rotated.
        Some((_, len)) if last_end(document) <= len => return Ok(None),
        Some((i, _)) => parts[..=i].rotate_right(1),
        None if is_it(&parts)? => {}
        None => {
            parts.reverse();
            if !is_it(&parts)? {
                return Ok(None);
            }
        }
    }
    let dir = tempfile::tempdir()?;
    let name = source["name"].as_str().and_then(|n| Path::new(n).file_name());
    let path = dir.path().join(name.unwrap_or("log".as_ref()));
    let mut whole = File::create_new(&path)?;
    for part in parts {
        io::copy(&mut FileLog::open(part)?.into_file(), &mut whole)?;
    }
    let said = vec![format!("{} of the logs are the parts of one that was rotated", logs.len())];
    Ok(Some(Parts { paths: vec![path], names: vec![names.join(" + ")], said, _dir: dir }))
}

/// A log under the name that the user gave for it.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) log: Box<dyn LogBytes>,
    /// Found in a folder that was given.
    pub(super) found: bool,
}

impl LogBytes for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn base(&self) -> String {
        self.log.base()
    }

    fn sums(&mut self, sizes: &[u64]) -> io::Result<LogSums> {
        self.log.sums(sizes)
    }

    fn read_at(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.log.read_at(offset, len)
    }

    fn is_packed(&self) -> bool {
        self.log.is_packed()
    }

    fn is_found(&self) -> bool {
        self.found
    }
}
