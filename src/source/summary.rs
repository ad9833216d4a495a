//! What is known of a source once it was read.

/// The outcome of one source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceSummary {
    /// Bytes of the file as stored (of a stream: as received).
    pub bytes: u64,
    /// Bytes after decompression.
    pub text_bytes: u64,
    /// Lines, the empty ones included.
    pub lines: u64,
    /// Records: lines that are not empty.
    pub records: u64,
    /// Records longer than [`crate::event::Batch::MAX_RECORD`].
    pub truncated: u64,
    /// Records that are not valid UTF-8.
    pub lossy: u64,
    /// SHA-256 of the bytes as stored, in hex; `None` unless all were read.
    pub sha256: Option<String>,
    /// What the user should know: damage, a file changed under us, no cache …
    pub warnings: Vec<String>,
    /// Whether a part of it could not be read: it is cut short, or its bytes
    /// are not what they were written as.
    pub damaged: bool,
    /// Whether everything that the source holds was read and understood as
    /// far as its compression goes.
    pub complete: bool,
}
