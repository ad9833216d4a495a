//! One output: a file or standard output, as JSON lines or CSV.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Why an output failed.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The reader of a pipe is gone: not an error of ours, the work just ends.
    #[error("the reader of the output is gone")]
    BrokenPipe,
    /// The output cannot be created or written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// As given; `-` is standard output.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Format of an output, from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// CSV with a header line.
    Csv,
}

/// Whether what goes to standard output is lost by an accident, maybe: the program
/// was started without one (`>&-`). Before anything of ours runs the runtime then puts
/// `/dev/null` in its place, opened for reading and writing. A shell's `>/dev/null`
/// opens it for writing only, but other programs that throw output away on purpose
/// open it for both, so this is worth a word and no failure.
#[must_use]
pub fn stdout_may_be_closed() -> bool {
    let null = std::fs::read_link("/proc/self/fd/1").is_ok_and(|to| to == Path::new("/dev/null"));
    null && std::fs::read_to_string("/proc/self/fdinfo/1").is_ok_and(|info| {
        let flags = info.lines().find_map(|l| l.strip_prefix("flags:"));
        flags.and_then(|f| u64::from_str_radix(f.trim(), 8).ok()).is_some_and(|f| f & 3 == 2)
    })
}

/// A buffered output.
pub struct Out {
    path: String,
    format: Format,
    /// A file that still holds what it held before.
    file: Option<File>,
    inner: BufWriter<Box<dyn Write + Send>>,
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("path", &self.path).field("format", &self.format).finish_non_exhaustive()
    }
}

impl Out {
    /// Creates (or empties) the file; `-` is standard output. A name ending in
    /// `.csv` gets CSV.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(path: &str) -> Result<Self, SinkError> {
        let mut out = Self::open(path)?;
        out.empty()?;
        Ok(out)
    }

    /// As [`Self::create`], but what an existing file holds stays there until
    /// [`Self::empty`].
    ///
    /// # Errors
    /// When the file cannot be opened for writing.
    pub fn open(path: &str) -> Result<Self, SinkError> {
        let csv = Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        let format = if csv { Format::Csv } else { Format::JsonLines };
        if path == "-" {
            return Ok(Self::to_writer(path, format, Box::new(io::stdout())));
        }
        let failed = |source| SinkError::Io { path: path.to_owned(), source };
        let file = File::options().write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let again = file.try_clone().map_err(failed)?;
        Ok(Self { file: Some(again), ..Self::to_writer(path, format, Box::new(file)) })
    }

    /// Empties the file, where it is one.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn empty(&mut self) -> Result<(), SinkError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let emptied = file.metadata().and_then(|m| if m.is_file() { file.set_len(0) } else { Ok(()) });
        emptied.map_err(|e| self.error(e))
    }

    /// An output to any writer; `path` is what errors call it.
    #[must_use]
    pub fn to_writer(path: &str, format: Format, inner: Box<dyn Write + Send>) -> Self {
        Self { path: path.to_owned(), format, file: None, inner: BufWriter::with_capacity(256 * 1024, inner) }
    }

    /// JSON lines or CSV.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// [`SinkError::BrokenPipe`] when the reader is gone, else the system's error.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.inner.write_all(bytes).map_err(|e| self.error(e))
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn flush(&mut self) -> Result<(), SinkError> {
        self.inner.flush().map_err(|e| self.error(e))
    }

    fn error(&self, source: io::Error) -> SinkError {
        if source.kind() == io::ErrorKind::BrokenPipe {
            SinkError::BrokenPipe
        } else {
            SinkError::Io { path: self.path.clone(), source }
        }
    }
}
