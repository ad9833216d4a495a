//! Opening an input: what it is, how it is compressed.

use std::fs::File;
use std::path::Path;

use super::back::{Back, FileBack};
use super::feed::{Feed, ReadFeed, Tallied, Tally};
use super::input::not_a_log;
use super::{Input, InputKind, OpenOptions, SourceError, SourceView};
use crate::event::SourceId;

/// How many bytes are read beforehand to find a source's format.
pub(crate) const SAMPLE: usize = 64 << 10;

/// An opened input.
pub(crate) struct Opened {
    pub(crate) feed: Box<dyn Feed>,
    pub(crate) tally: Tally,
    pub(crate) view: SourceView,
    pub(crate) warnings: Vec<String>,
}

/// Opens an input.
pub(crate) fn open(id: SourceId, input: &Input, opts: &OpenOptions) -> Result<Opened, SourceError> {
    let _ = opts;
    match &input.kind {
        InputKind::Path(path) => open_file(id, &input.name, path),
        InputKind::Stdin => {
            let tally = Tally::default();
            let feed = Box::new(ReadFeed::new(Box::new(Tallied::new(std::io::stdin(), tally.clone()))));
            let view = SourceView::new(input.name.clone(), id, Back::None("standard input is not kept"), None);
            Ok(Opened { feed, tally, view, warnings: Vec::new() })
        }
    }
}

fn open_file(id: SourceId, name: &str, path: &Path) -> Result<Opened, SourceError> {
    let failed = |error| SourceError::Open { name: name.to_owned(), error };
    let meta = std::fs::metadata(path).map_err(failed)?;
    if let Some(kind) = not_a_log(meta.file_type(), true) {
        return Err(SourceError::Kind { name: name.to_owned(), kind });
    }
    let file = File::open(path).map_err(failed)?;
    let size = meta.is_file().then_some(meta.len());
    let back = Back::File(FileBack::new(path.to_owned(), &file).map_err(failed)?);
    let view = SourceView::new(name.to_owned(), id, back, size);
    let tally = Tally::default();
    let feed = Box::new(ReadFeed::new(Box::new(Tallied::new(file, tally.clone()))));
    Ok(Opened { feed, tally, view, warnings: Vec::new() })
}
