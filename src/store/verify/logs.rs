//! Is the evidence what stands in the original logs?

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::report::{Kind, Match, Matched};
use super::{Report, list, raw_bytes, text};
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
    /// Size of the file, and SHA-256 of its first `size` bytes (of all where `None`).
    fn sha256(&mut self, size: Option<u64>) -> io::Result<(u64, String)>;
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

    fn sha256(&mut self, size: Option<u64>) -> io::Result<(u64, String)> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut hasher = Sha256::new();
        let mut rest = (&self.file).take(size.unwrap_or(u64::MAX));
        let mut buffer = vec![0; 256 << 10];
        loop {
            let n = rest.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            hasher.update(buffer.get(..n).unwrap_or_default());
        }
        Ok((self.file.metadata()?.len(), hex(&hasher.finalize())))
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

/// A source whose log was given: what comparing found.
struct Pair<'a> {
    source: &'a Value,
    log: usize,
    how: Match,
    whole: String,
    size: u64,
    compared: usize,
    /// Places with other bytes, each with the items that rest on it.
    other: BTreeMap<u64, Vec<String>>,
}

/// Compares each record with the log that its source is. What differs in a log
/// that was changed is one finding, of the source.
pub(super) fn check(report: &mut Report, document: &Value, logs: &mut [Box<dyn LogBytes>]) {
    let mut pairs = pairs(report, document, logs);
    let mut parts: BTreeMap<i64, BTreeSet<usize>> = BTreeMap::new();
    for p in pairs.iter().filter(|p| p.how != Match::Changed) {
        if let Some(log) = p.source["log"].as_i64() {
            parts.entry(log).or_default().insert(p.log);
        }
    }
    for n in parts.values().map(BTreeSet::len).filter(|n| *n > 1) {
        report.grown.push(format!("{n} of the logs are the parts of one that was rotated"));
    }
    for alert in list(document, "alerts") {
        for e in list(alert, "evidence") {
            let name = format!("alert {} evidence {}", text(&alert["id"]), e["n"]);
            compare(report, name, e, &mut pairs, logs);
        }
    }
    for event in list(document, "events") {
        compare(report, format!("event {}", text(&event["event"])), event, &mut pairs, logs);
    }
    for pair in pairs {
        let log = logs.get(pair.log).map_or("", |l| l.name());
        report.grown.extend(growth(&pair, log));
        let item = format!("source {}", text(&pair.source["name"]));
        if pair.how == Match::Changed {
            let (recorded, whole) = (text(&pair.source["sha256"]), &pair.whole);
            let records = match pair.other.len() {
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

/// Which log is which source: by hash, by the hash of its beginning, and what is left by name.
fn pairs<'a>(report: &mut Report, document: &'a Value, logs: &mut [Box<dyn LogBytes>]) -> Vec<Pair<'a>> {
    let sources = list(document, "sources");
    let only = sources.len() == 1 && logs.len() == 1;
    let pair = |source, log, how, whole: &str, size| Pair {
        source,
        log,
        how,
        whole: whole.to_owned(),
        size,
        compared: 0,
        other: BTreeMap::new(),
    };
    let mut out: Vec<Pair<'_>> = Vec::new();
    let mut others = Vec::new();
    for (i, log) in logs.iter_mut().enumerate() {
        let (size, whole) = match log.sha256(None) {
            Ok(known) => known,
            Err(e) => {
                report.add(Kind::Outside, format!("log {}", log.name()), format!("cannot be read: {e}"));
                continue;
            }
        };
        let had = out.len();
        let same = sources.iter().filter(|s| s["sha256"] == whole.as_str());
        out.extend(same.map(|s| pair(s, i, Match::Same, &whole, size)));
        // A log that was followed more than once may be several sources, each as far as it was read.
        for s in sources {
            if let Some(had) = grown(log.as_mut(), size, s) {
                out.push(pair(s, i, Match::Grown(had), &whole, size));
            }
        }
        if out.len() == had {
            others.push((i, size, whole));
        }
    }
    let mut strangers = 0;
    for (i, size, whole) in others {
        let Some(log) = logs.get(i) else { continue };
        // Not the same bytes: by name, so that the changed records can be named.
        let base = log.base();
        let named = || sources.iter().filter(|s| only || base_name(text(&s["name"])) == base);
        // One that another log is already by its bytes has not changed: it has another name now.
        let found = |s: &Value| out.iter().find(|p| p.source["id"] == s["id"] && p.log != i);
        let left: Vec<&Value> = named().filter(|s| found(s).is_none()).collect();
        if let (true, Some(is)) = (left.is_empty(), named().find_map(found)) {
            let is = logs.get(is.log).map_or("?", |l| l.name());
            report
                .grown
                .push(format!("the log {} has no record of the case: {base} was then what is {is} now", log.name()));
        } else if let Some(part) = sources.iter().find(|s| left.is_empty() && log.is_found() && missing(s, &base, &out))
        {
            // A stranger called like a part, where a part is not there, is what became of it.
            let (name, size) = (text(&part["name"]), &part["size"]);
            let problem = format!(
                "is by hash none of the case's sources, though it is called like a part of {name}, and one of {size} bytes is not there"
            );
            report.add(Kind::Outside, format!("log {}", log.name()), problem);
        } else if left.is_empty() && log.is_found() {
            strangers += 1;
        } else if left.is_empty() {
            let problem = "is none of the case's sources, by hash or by name";
            report.add(Kind::Outside, format!("log {}", log.name()), problem);
        }
        let how = |s: &Value| if s["sha256"].is_string() { Match::Changed } else { Match::Named };
        out.extend(left.into_iter().map(|s| pair(s, i, how(s), &whole, size)));
    }
    match strangers {
        0 => {}
        1 => report.grown.push("1 file of the folder is no source of the case".to_owned()),
        n => report.grown.push(format!("{n} files of the folder are no sources of the case")),
    }
    out
}

/// Whether a source is found by none of the logs, and `base` is what rotation calls its parts.
fn missing(source: &Value, base: &str, found: &[Pair<'_>]) -> bool {
    let put_aside = |rest: &str| rest.starts_with(['.', '-', '_']);
    base.strip_prefix(base_name(text(&source["name"]))).is_some_and(put_aside)
        && found.iter().all(|p| p.source["id"] != source["id"])
}

/// The size that the source had, where the log is the source and more was written to it since.
fn grown(log: &mut dyn LogBytes, size: u64, source: &Value) -> Option<u64> {
    let had = source["size"].as_u64().filter(|s| *s < size && *s > 0)?;
    let (_, hash) = log.sha256(Some(had)).ok()?;
    (source["sha256"] == hash).then_some(had)
}

/// What is said of a log that is what it was and more: no finding.
fn growth(pair: &Pair<'_>, log: &str) -> Option<String> {
    let Match::Grown(had) = pair.how else { return None };
    let now = pair.size;
    Some(format!(
        "source {}: the log {log} has grown: its first {had} bytes are those that were recorded (SHA-256), it has {now} now",
        text(&pair.source["name"])
    ))
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn compare(report: &mut Report, name: String, e: &Value, pairs: &mut [Pair<'_>], logs: &mut [Box<dyn LogBytes>]) {
    let Some(pair) = pairs.iter_mut().find(|p| p.source["id"] == e["source"]) else { return };
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
