//! Is the evidence what stands in the original logs?

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Report, list, raw_bytes, text};
use crate::store::canonical::hex;

/// A log to compare evidence with. Offsets are those of the decompressed log,
/// hashes those of the file as stored.
pub trait LogBytes {
    /// As the user gave it.
    fn name(&self) -> &str;
    /// Size of the file, and SHA-256 of its first `size` bytes (of all where `None`).
    fn sha256(&mut self, size: Option<u64>) -> io::Result<(u64, String)>;
    /// Bytes at an offset; fewer where the log ends.
    fn read_at(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>>;
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

/// Compares each record with the log that its source is.
pub(super) fn check(report: &mut Report, document: &Value, logs: &mut [Box<dyn LogBytes>]) {
    let sources = list(document, "sources");
    let only = sources.len() == 1 && logs.len() == 1;
    let mut pairs: Vec<(&Value, usize)> = Vec::new();
    for (i, log) in logs.iter_mut().enumerate() {
        let (size, whole) = match log.sha256(None) {
            Ok(known) => known,
            Err(e) => {
                report.add(format!("log {}", log.name()), format!("cannot be read: {e}"));
                continue;
            }
        };
        let mut mine: Vec<&Value> = sources.iter().filter(|s| s["sha256"] == whole.as_str()).collect();
        if mine.is_empty() {
            mine = sources.iter().filter(|s| grown(log.as_mut(), size, s)).collect();
        }
        if mine.is_empty() {
            // Not the same bytes: by name, so that the changed records can be named.
            let base = base_name(log.name()).to_owned();
            mine = sources.iter().filter(|s| only || base_name(text(&s["name"])) == base).collect();
            for source in mine.iter().filter(|s| s["sha256"].is_string()) {
                let recorded = text(&source["sha256"]);
                report.add(
                    format!("source {}", text(&source["name"])),
                    format!("the log {} has SHA-256 {whole}, recorded is {recorded}", log.name()),
                );
            }
        }
        if mine.is_empty() {
            report.add(format!("log {}", log.name()), "is none of the case's sources, by hash or by name");
        }
        pairs.extend(mine.into_iter().map(|s| (s, i)));
    }
    for alert in list(document, "alerts") {
        for e in list(alert, "evidence") {
            let name = format!("alert {} evidence {}", text(&alert["id"]), e["n"]);
            compare(report, &name, e, &pairs, logs);
        }
    }
    for event in list(document, "events") {
        compare(report, &format!("event {}", text(&event["event"])), event, &pairs, logs);
    }
}

/// Whether the log is the source, and more was written to it since.
fn grown(log: &mut dyn LogBytes, size: u64, source: &Value) -> bool {
    source["size"]
        .as_u64()
        .filter(|s| *s < size && *s > 0)
        .and_then(|s| log.sha256(Some(s)).ok())
        .is_some_and(|(_, hash)| source["sha256"] == hash)
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn compare(report: &mut Report, name: &str, e: &Value, pairs: &[(&Value, usize)], logs: &mut [Box<dyn LogBytes>]) {
    let Some((_, log)) = pairs.iter().find(|(s, _)| s["id"] == e["source"]) else { return };
    let (Some(log), Some(raw), Some(offset)) = (logs.get_mut(*log), raw_bytes(e), e["offset"].as_u64()) else { return };
    report.evidence_in_logs += 1;
    match log.read_at(offset, raw.len()) {
        Err(error) => report.add(name, format!("the log {} cannot be read at {offset}: {error}", log.name())),
        Ok(bytes) if bytes != raw => {
            report.add(name, format!("the log {} has other bytes at offset {offset}", log.name()));
        }
        Ok(_) => {}
    }
}
