//! Where generated records go: one interleaved log, or one file per source.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::event::Ts;

/// Bytes gathered before a write.
const BUFFER: usize = 1 << 20;

/// Takes the records in order of time.
pub trait RecordSink {
    /// One record of a source (number among `sources()`); `text` has no
    /// line end.
    ///
    /// # Errors
    /// What writing it says.
    fn record(&mut self, source: u16, time: Ts, text: &str) -> io::Result<()>;

    /// All records were handed over.
    ///
    /// # Errors
    /// What writing the rest says.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All records in one stream.
#[derive(Debug)]
pub struct LogSink<W: Write> {
    out: BufWriter<W>,
}

impl<W: Write> LogSink<W> {
    /// Writes to `out`, which needs no buffer of its own.
    pub fn new(out: W) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER, out) }
    }
}

impl<W: Write> RecordSink for LogSink<W> {
    fn record(&mut self, _source: u16, _time: Ts, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// All records in one file, whose modification time becomes that of its last
/// record: syslog lines have no year, and readers take it from there.
#[derive(Debug)]
pub struct FileSink {
    log: LogSink<File>,
    last: Ts,
}

impl FileSink {
    /// Creates or replaces the file.
    ///
    /// # Errors
    /// Where it cannot be created.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { log: LogSink::new(File::create(path)?), last: Ts::NONE })
    }
}

impl RecordSink for FileSink {
    fn record(&mut self, source: u16, time: Ts, text: &str) -> io::Result<()> {
        self.last = time;
        self.log.record(source, time, text)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.log.finish()?;
        let file = self.log.out.get_ref();
        // A pipe or device has no such time; regular files do.
        if self.last.is_some() && file.metadata()?.is_file() {
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_micros(self.last.0.max(0) as u64))?;
        }
        Ok(())
    }
}

/// A folder with one file per source, made when the source first speaks.
#[derive(Debug)]
pub struct FolderSink {
    folder: PathBuf,
    files: Vec<Option<FileSink>>,
}

impl FolderSink {
    /// Creates the folder where it is missing.
    ///
    /// # Errors
    /// Where it cannot be created.
    pub fn create(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), files: Vec::new() })
    }
}

impl RecordSink for FolderSink {
    fn record(&mut self, source: u16, time: Ts, text: &str) -> io::Result<()> {
        let i = usize::from(source);
        if self.files.len() <= i {
            self.files.resize_with(i + 1, || None);
        }
        let slot = &mut self.files[i];
        let file = match slot {
            Some(file) => file,
            None => slot.insert(FileSink::create(&self.folder.join(super::source_file(source)))?),
        };
        file.record(source, time, text)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.files.iter_mut().flatten().try_for_each(FileSink::finish)
    }
}
