//! Logs that are given for a case in another form than the one that was read:
//! packed since, or in the parts that rotation made of them.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::pipeline::open_log;
use crate::store::canonical::hex;
use crate::store::verify::{FileLog, LogBytes};

/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

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
pub(super) fn unpacked(document: &Value, logs: &[PathBuf]) -> io::Result<Option<Parts>> {
    let sources = document["sources"].as_array().map_or(&[][..], Vec::as_slice);
    let mut found: Option<Parts> = None;
    for (i, path) in logs.iter().enumerate() {
        let Ok(mut log) = open_log(path) else { continue };
        if !log.is_packed() {
            continue;
        }
        let (_, stored) = log.sha256(None)?;
        // By its name it is a log that was read as it is.
        let base = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let named = |s: &Value| s["name"].as_str().is_some_and(|n| n == base || n.ends_with(&format!("/{base}")));
        if sources.iter().any(|s| s["sha256"] == stored.as_str() || named(s)) {
            continue;
        }
        let parts = match &mut found {
            Some(parts) => parts,
            None => {
                let (paths, said) = (logs.to_vec(), Vec::new());
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
        parts.said.push(format!("the log {} is packed: what is in it was compared", path.display()));
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
    let said = vec![format!("the {} logs are the parts of one that was rotated", logs.len())];
    Ok(Some(Parts { paths: vec![path], names: vec![names.join(" + ")], said, _dir: dir }))
}

/// A log under the name that the user gave for it.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) log: Box<dyn LogBytes>,
}

impl LogBytes for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn base(&self) -> String {
        self.log.base()
    }

    fn sha256(&mut self, size: Option<u64>) -> io::Result<(u64, String)> {
        self.log.sha256(size)
    }

    fn read_at(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.log.read_at(offset, len)
    }

    fn is_packed(&self) -> bool {
        self.log.is_packed()
    }
}
