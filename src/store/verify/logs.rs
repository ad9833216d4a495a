//! Is the evidence what stands in the original logs?

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::longer::growth;
use super::pairs::{self, Pair};
use super::report::{Kind, Match, Matched};
use super::{Report, base_name, list, raw_bytes, text};
use crate::store::canonical::hex;

/// A log to compare evidence with. Offsets are those of the decompressed log,
/// hashes those of the file as stored.
pub trait LogBytes {
    /// As the user gave it.
    fn name(&self) -> &str;
    /// Its file name, which may be that of a source.
    fn base(&self) -> String {
        base_name(self.name()).to_owned()
    }
    /// What the file is as a whole, and by its first bytes up to each of these sizes
    /// (in order) that it is longer than. It is read once, however many those are.
    fn sums(&mut self, sizes: &[u64]) -> io::Result<LogSums>;
    /// Bytes at an offset; fewer where the log ends.
    fn read_at(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>>;
    /// Whether what is read of it is not what is stored.
    fn is_packed(&self) -> bool {
        false
    }
    /// Whether it was not named itself, but found where it may be no log of the case.
    fn is_found(&self) -> bool {
        false
    }
}

/// Size and SHA-256 of a file as stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSums {
    /// Bytes.
    pub size: u64,
    /// SHA-256 of all of them.
    pub whole: String,
    /// That of so many first ones.
    pub begins: BTreeMap<u64, String>,
}

/// A log that is a plain file.
#[derive(Debug)]
pub struct FileLog {
    name: String,
    path: PathBuf,
    file: File,
}

impl FileLog {
    /// Opens the file for reading.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Looked at first: opening a pipe would wait for its writer.
        let meta = std::fs::metadata(path)?;
        if meta.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let file = File::open(path)?;
        Ok(Self { name: path.display().to_string(), path: path.to_owned(), file })
    }

    /// The file, to be read from its beginning.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl LogBytes for FileLog {
    fn name(&self) -> &str {
        &self.name
    }

    fn sums(&mut self, sizes: &[u64]) -> io::Result<LogSums> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut hasher = Sha256::new();
        let mut sums = LogSums::default();
        let mut sizes = sizes.iter().copied().peekable();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let n = self.file.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            let mut rest = buffer.get(..n).unwrap_or_default();
            // A size at which there is more.
            while let Some(size) = sizes.next_if(|s| *s < sums.size + rest.len() as u64) {
                let Some(upto) = size.checked_sub(sums.size).and_then(|n| usize::try_from(n).ok()) else { continue };
                let (first, last) = rest.split_at(upto);
                hasher.update(first);
                sums.size = size;
                sums.begins.insert(size, hex(&hasher.clone().finalize()));
                rest = last;
            }
            hasher.update(rest);
            sums.size += rest.len() as u64;
        }
        sums.whole = hex(&hasher.finalize());
        Ok(sums)
    }

    fn read_at(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        (&self.file).take(len as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Names of changed records that a finding lists.
const NAMED: usize = 5;

/// Compares each record with the log that its source is. What differs in a log
/// that was changed is one finding, of the source.
pub(super) fn check(report: &mut Report, document: &Value, logs: &mut [Box<dyn LogBytes>]) {
    let mut pairs = pairs::pairs(report, document, logs);
    let mut parts: BTreeMap<i64, BTreeSet<usize>> = BTreeMap::new();
    for p in pairs.iter().filter(|p| p.how != Match::Changed) {
        if let Some(log) = p.source["log"].as_i64() {
            parts.entry(log).or_default().insert(p.log);
        }
    }
    for n in parts.values().map(BTreeSet::len).filter(|n| *n > 1) {
        report.grown.push(format!("{n} of the logs are the parts of one that was rotated"));
    }
    // Of copies of a log, the one that was given first.
    let of = |(n, p): (usize, &Pair<'_>)| Some((p.source["id"].as_i64()?, n));
    let first: BTreeMap<i64, usize> = pairs.iter().enumerate().rev().filter_map(of).collect();
    let mut records = Vec::new();
    for alert in list(document, "alerts") {
        let name = |e: &Value| format!("alert {} evidence {}", text(&alert["id"]), e["n"]);
        records.extend(list(alert, "evidence").iter().map(|e| (name(e), e)));
    }
    records.extend(list(document, "events").iter().map(|e| (format!("event {}", text(&e["event"])), e)));
    for (name, e) in records {
        let pair = e["source"].as_i64().and_then(|id| first.get(&id)).and_then(|n| pairs.get_mut(*n));
        if let Some(pair) = pair {
            compare(report, name, e, pair, logs);
        }
    }
    for pair in pairs {
        report.grown.extend(logs.get_mut(pair.log).and_then(|log| growth(&pair, document, log.as_mut())));
        let log = logs.get(pair.log).map_or("", |l| l.name());
        let item = format!("source {}", text(&pair.source["name"]));
        if pair.how == Match::Changed {
            let (recorded, whole) = (text(&pair.source["sha256"]), &pair.whole);
            let records = match pair.other.len() {
                0 if pair.compared == 1 => "the record of the case is in it as recorded".to_owned(),
                0 => format!("the {} records of the case are in it as recorded", pair.compared),
                n => format!("{n} of {} records differ: {}", pair.compared, named(&pair.other)),
            };
            report.add(
                Kind::Outside,
                item,
                format!("the log {log} has SHA-256 {whole}, recorded is {recorded}; {records}"),
            );
        } else {
            // The log is what it was: each of these is a change of its own.
            for (offset, mut names) in pair.other {
                let item = names.remove(0);
                let also = if names.is_empty() { String::new() } else { format!(" (also {})", names.join(", ")) };
                report.add(Kind::Outside, item, format!("the log {log} has other bytes at offset {offset}{also}"));
            }
        }
        report.matched.push(Matched { source: pair.source["id"].as_i64().unwrap_or(-1), log: pair.log, how: pair.how });
    }
}

fn named(other: &BTreeMap<u64, Vec<String>>) -> String {
    let mut all: Vec<&str> = other.values().filter_map(|n| n.first()).map(String::as_str).take(NAMED).collect();
    let more = format!("and {} more", other.len().saturating_sub(NAMED));
    if other.len() > NAMED {
        all.push(&more);
    }
    all.join(", ")
}

fn compare(report: &mut Report, name: String, e: &Value, pair: &mut Pair<'_>, logs: &mut [Box<dyn LogBytes>]) {
    let Some(log) = logs.get_mut(pair.log) else { return };
    let (Some(raw), Some(offset)) = (raw_bytes(e), e["offset"].as_u64()) else { return };
    report.evidence_in_logs += 1;
    pair.compared += 1;
    match log.read_at(offset, raw.len()) {
        Err(error) => {
            let problem = format!("the log {} cannot be read at {offset}: {error}", log.name());
            report.add(Kind::Outside, name, problem);
        }
        Ok(bytes) if bytes != raw => pair.other.entry(offset).or_default().push(name),
        Ok(_) => {}
    }
}
