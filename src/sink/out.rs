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

/// A buffered output.
pub struct Out {
    path: String,
    format: Format,
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
        let csv = Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        let inner: Box<dyn Write + Send> = if path == "-" {
            Box::new(io::stdout())
        } else {
            Box::new(File::create(path).map_err(|source| SinkError::Io { path: path.to_owned(), source })?)
        };
        Ok(Self::to_writer(path, if csv { Format::Csv } else { Format::JsonLines }, inner))
    }

    /// An output to any writer; `path` is what errors call it.
    #[must_use]
    pub fn to_writer(path: &str, format: Format, inner: Box<dyn Write + Send>) -> Self {
        Self { path: path.to_owned(), format, inner: BufWriter::with_capacity(256 * 1024, inner) }
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
