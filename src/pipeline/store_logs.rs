//! The logs of a run as the case store is told of them: each file that stood
//! under the name of a followed log is a source of its own, with how far it was read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use super::opening::first_time;
use super::reads::Reads;
use super::{OpenedSource, SourceStatus};
use crate::event::SourceId;
use crate::source::{Fingerprint, Input, InputKind, Known, PartFile, Reached, SourceView, place};
use crate::store::{SourceEnd, SourceRecord, Store, StoreError};

/// The logs of a run.
#[derive(Default)]
pub(super) struct StoreLogs {
    /// By number; `None` where one could not be opened.
    pub views: Vec<Option<Arc<SourceView>>>,
    /// Those that the store is still to be told of.
    unsaid: Vec<SourceRecord>,
    /// Those that it knows.
    known: Vec<SourceRecord>,
    /// Those whose first bytes are to come: no one knows their format before.
    open: Vec<(SourceId, Arc<Reads>)>,
    /// How many parts of a followed log it was told the end of, and how many that will be
    /// when what is written now is written.
    told: BTreeMap<SourceId, usize>,
    telling: BTreeMap<SourceId, usize>,
}

impl StoreLogs {
    /// One more, the next by number.
    pub fn enter(&mut self, source: &OpenedSource) {
        self.views.push(source.view.clone());
        if source.view.is_some() {
            self.unsaid.push(source.record.clone());
            if source.reads.format().is_none() {
                self.open.push((source.record.id, Arc::clone(&source.reads)));
            }
        }
    }

    fn view(&self, id: SourceId) -> Option<&Arc<SourceView>> {
        self.views.get(id.0 as usize).and_then(Option::as_ref)
    }

    /// Tells the store of the inputs, of the files that took the place of others since,
    /// and of the formats that are known since.
    pub fn say(&mut self, store: &mut Store) -> Result<(), StoreError> {
        for s in &self.unsaid {
            let file = self.standing(s, 0);
            let read = SourceRecord { fingerprint: file.print(), ..s.clone() };
            // Of what is followed this is what stands there, or was put aside.
            let record = if s.followed { &read } else { s };
            store.register_part(record, (0, 0), &mut |print| file.begins(print))?;
        }
        self.known.append(&mut self.unsaid);
        self.say_formats(store)?;
        for record in &self.known {
            let begins = self.view(record.id).map(|v| v.begins()).unwrap_or_default();
            let had = store.parts_of(record.id).saturating_sub(1);
            for (n, begin) in begins.iter().enumerate().skip(had) {
                let file = self.standing(record, n + 1);
                let record = SourceRecord { fingerprint: file.print(), ..record.clone() };
                store.register_part(&record, (n + 1, *begin), &mut |print| file.begins(print))?;
            }
        }
        Ok(())
    }

    fn say_formats(&mut self, store: &mut Store) -> Result<(), StoreError> {
        let begun: Vec<_> = self.open.iter().filter_map(|(id, reads)| Some((*id, reads.format()?))).collect();
        for (id, format) in begun {
            store.read_as(id, &format)?;
            // What comes behind it is read so, too.
            self.known.iter_mut().filter(|k| k.id == id).for_each(|k| k.format.clone_from(&format));
            self.open.retain(|(open, _)| *open != id);
        }
        Ok(())
    }

    /// The file that is (or was, until just now) the part of this number of a log.
    fn standing(&self, s: &SourceRecord, part: usize) -> Standing {
        match self.view(s.id).and_then(|v| v.earlier().get(part)) {
            Some(file) => Standing::Aside(file.clone()),
            None => Standing::at(s),
        }
    }

    /// How far followed logs, each part of them, were read by now. What alerts rest on
    /// was read before: it never stands behind that. Without `alerts` only those logs
    /// count of which a part was left since.
    pub fn ends(&mut self, alerts: bool) -> Vec<(SourceId, usize, SourceEnd)> {
        let mut out = Vec::new();
        for view in self.views.iter().flatten() {
            let id = view.source();
            let told = self.told.get(&id).copied().unwrap_or(0);
            if !alerts && view.begins().len() <= told {
                continue;
            }
            let news = view.reached(told);
            let last = told + news.len().saturating_sub(1);
            let news = (told..).zip(news);
            out.extend(news.filter_map(|(n, r)| Some((id, n, reached(r?, n < last)))));
            self.telling.insert(id, last);
        }
        out
    }

    /// What [`StoreLogs::ends`] gave is written.
    pub fn told(&mut self) {
        self.told.append(&mut self.telling);
    }

    /// A log is read to its end, or as far as it ever will be.
    pub fn finish(&self, store: &mut Store, s: &SourceStatus) -> Result<(), StoreError> {
        let ended = s.ended && s.sha256.is_some();
        let told = self.told.get(&s.id).copied().unwrap_or(0);
        let mut parts = self.view(s.id).map(|v| v.reached(told)).unwrap_or_default();
        match parts.pop().flatten() {
            Some(last) => store.finish_part(s.id, told + parts.len(), &reached(last, ended))?,
            // One that is not followed, or of which no file was read from its beginning.
            None if told + parts.len() == 0 => {
                let record = self.known.iter().find(|k| k.id == s.id && ended);
                store.finish_source(s.id, &end(s, record))?;
            }
            None => {}
        }
        for (n, left) in (told..).zip(parts) {
            if let Some(left) = left {
                store.finish_part(s.id, n, &reached(left, true))?;
            }
        }
        Ok(())
    }
}

/// The end of what was read once; `whole` where it was read to its end.
fn end(s: &SourceStatus, whole: Option<&SourceRecord>) -> SourceEnd {
    SourceEnd {
        fingerprint: whole.map(|r| r.fingerprint.clone()).unwrap_or_default(),
        sha256: s.sha256.clone().unwrap_or_default(),
        size: s.stored_bytes,
        lines: s.counts.lines,
        records: s.counts.records,
        complete: whole.is_some(),
    }
}

fn reached(r: Reached, complete: bool) -> SourceEnd {
    SourceEnd {
        fingerprint: r.fingerprint.map(|f| f.to_string()).unwrap_or_default(),
        sha256: r.sha256,
        size: r.bytes,
        lines: r.lines,
        records: r.records,
        complete,
    }
}

/// What a part is read from.
enum Standing {
    /// What stands under the path of the log now.
    Here(Option<File>),
    /// What was put aside before the log was opened.
    Aside(PartFile),
}

impl Standing {
    fn at(s: &SourceRecord) -> Self {
        // Only a regular file can be looked at: opening a pipe would wait for its writer.
        let regular = |p: &&String| std::fs::metadata(p).is_ok_and(|m| m.is_file());
        Self::Here(s.path.as_ref().filter(regular).and_then(|p| File::open(p).ok()))
    }

    fn print(&self) -> String {
        let of = |f: &File| Fingerprint::of(f, f.metadata()?.len());
        let print = match self {
            Self::Here(file) => file.as_ref().and_then(|f| of(f).ok()),
            Self::Aside(part) => part.print(),
        };
        print.map(|p| p.to_string()).unwrap_or_default()
    }

    /// Whether it begins with the content of this fingerprint.
    fn begins(&self, print: &str) -> bool {
        Fingerprint::parse(print).is_some_and(|p| match self {
            Self::Here(file) => file.as_ref().is_some_and(|f| p.begins(f)),
            Self::Aside(part) => part.begins_with(&p),
        })
    }
}

/// What the store knows of the logs that were followed before: what was put aside
/// since is read before what stands under their names now.
#[must_use]
pub fn known_parts(store: &Store, inputs: &[Input]) -> Known {
    let paths = || {
        inputs.iter().filter_map(|i| match &i.kind {
            InputKind::Path(p) => Some(place(p)),
            InputKind::Stdin => None,
        })
    };
    // Where the store cannot be read, that is told when it is written.
    let prints = |p: &PathBuf| store.fingerprints_of(&p.to_string_lossy()).unwrap_or_default();
    Known::new(paths().map(|p| (p.clone(), prints(&p))), paths()).telling(first_time)
}
