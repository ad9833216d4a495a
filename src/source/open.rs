//! Opening an input: what it is, how it is compressed, what its view reads.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::back::Back;
use super::cache::Cache;
use super::decode::{Codec, DecodedFile, MAGIC};
use super::earlier::{EarlierFeed, PartFile};
use super::feed::{Feed, ReadFeed, Tallied, Tally, read_some};
use super::followed::identity;
use super::handle::{Handle, Reading};
use super::identity::Identity;
use super::index::{Change, Index, key};
use super::input::not_a_log;
use super::live::Live;
use super::looks::{broken_promise, container, not_lines, utf16};
use super::spool::{Spool, SpoolWriter, WhenFull};
use super::tail::Tail;
use super::timeref::{TimeRef, TimeRefStore};
use super::unpack::{HEAD, Kind, Told, UnpackFeed};
use super::utf16::Utf16Read;
use super::watch::Watch;
use super::{Input, InputKind, OpenOptions, SourceError};
use crate::event::Ts;

/// How many bytes are read beforehand to find a source's format.
pub(crate) const SAMPLE: usize = 64 << 10;
/// Most compressions around one text.
const DEEPEST: usize = 4;
/// A file that says it was written before (1980) does not know.
const OLDEST: Ts = Ts::from_secs(315_532_800);

/// An opened input.
pub(crate) struct Opened {
    pub(crate) feed: Box<dyn Feed>,
    pub(crate) tally: Tally,
    pub(crate) back: Back,
    /// Takes what is read, where the view cannot read it again.
    pub(crate) spool: Option<SpoolWriter>,
    pub(crate) time_ref: TimeRef,
    /// When it was written, as far as that is known; no year is asked for.
    pub(crate) written: Ts,
    /// What it was when it was read before, and what became of it.
    pub(crate) before: Option<Index>,
    pub(crate) change: Change,
    /// Name of its index.
    pub(crate) key: String,
    /// A regular file that is read once, to be looked at again at the end.
    pub(crate) file: Option<Arc<Handle>>,
    pub(crate) identity: Option<Identity>,
    pub(crate) size: Option<u64>,
    /// What becomes of it, where it is followed.
    pub(crate) watch: Option<Arc<Watch>>,
    /// What is read before it, where it is followed.
    pub(crate) earlier: Vec<PartFile>,
    /// A decoder reads the file, and may leave some of it unread.
    pub(crate) decoded: bool,
    /// It cannot be what it says it is.
    pub(crate) damaged: bool,
    pub(crate) warnings: Vec<String>,
}

impl Opened {
    fn stream(feed: Box<dyn Feed>, tally: Tally) -> Self {
        Self {
            feed,
            tally,
            back: Back::None("it is not kept"),
            spool: None,
            time_ref: TimeRef::now(),
            written: TimeRef::now().time,
            before: None,
            change: Change::New,
            key: String::new(),
            file: None,
            identity: None,
            size: None,
            watch: None,
            earlier: Vec::new(),
            decoded: false,
            damaged: false,
            warnings: Vec::new(),
        }
    }

    /// Keeps what is read in a spool, where one is wanted and can be made.
    fn with_spool(mut self, opts: &OpenOptions, when_full: WhenFull) -> Self {
        if !opts.spool {
            return self;
        }
        match SpoolWriter::create(opts.cache.budget(), when_full) {
            Ok(writer) => {
                self.back = Back::Spool(writer.spool());
                self.spool = Some(writer);
            }
            Err(e) => {
                self.back = Back::None("no spool could be made");
                self.warnings.push(format!("cannot be kept for viewing: {e}"));
            }
        }
        self
    }
}

/// Opens an input.
pub(crate) fn open(input: &Input, opts: &OpenOptions) -> Result<Opened, SourceError> {
    let failed = |error| SourceError::Open { name: input.name.clone(), error };
    let mut opened = match &input.kind {
        InputKind::Stdin => open_stdin(opts).map_err(failed)?,
        InputKind::Path(path) => {
            let meta = match std::fs::metadata(path) {
                Err(e) if opts.follow && e.kind() == io::ErrorKind::NotFound => {
                    let earlier = opts.known.parts(path);
                    let tail = Tail::awaiting(path.clone(), Tally::default(), &opts.followed);
                    return Ok(followed(path, tail, None, earlier, opts));
                }
                other => other.map_err(failed)?,
            };
            if let Some(kind) = not_a_log(&meta, true) {
                return Err(SourceError::Kind { name: input.name.clone(), kind });
            }
            let file = File::open(path).map_err(failed)?;
            // What was opened may be another file than what was looked at.
            let meta = file.metadata().map_err(failed)?;
            if meta.is_file() {
                open_file(path, file, &meta, opts).map_err(failed)?
            } else {
                open_stream(file, opts).map_err(failed)?
            }
        }
    };
    if let Some(year) = opts.year {
        opened.time_ref = TimeRef::for_year(year);
    }
    Ok(opened)
}

/// A file that is read as it grows, and before it what was put aside since it was followed last.
fn followed(path: &Path, tail: Tail, kind: Option<Kind>, earlier: Vec<PartFile>, opts: &OpenOptions) -> Opened {
    let (watch, tally) = (tail.watch(), tail.tally());
    if kind.is_none() {
        tally.of_given();
    }
    let mut feed: Box<dyn Feed> = Box::new(tail);
    // The last of them may still be written to: it is left as any other that was rotated.
    let mut before = earlier.clone();
    if let Some(file) = before.last().and_then(PartFile::plain)
        && let Ok(tail) = Tail::put_aside(path.to_owned(), file, tally.clone(), &watch, &opts.followed)
    {
        feed = Box::new(tail);
        before.pop();
    }
    let names: Vec<String> = earlier.iter().map(PartFile::name).collect();
    if !names.is_empty() {
        watch.began_with(names.join(", "));
    }
    if !before.is_empty() {
        feed = Box::new(EarlierFeed::new(path, before, feed, (tally.clone(), Arc::clone(&watch)), &opts.followed));
    }
    let opened = Opened::stream(unpacked(feed, kind), tally).with_spool(opts, WhenFull::DropOldest);
    Opened { watch: Some(watch), earlier, ..opened }
}

/// Standard input: a file that was redirected, else a stream.
fn open_stdin(opts: &OpenOptions) -> io::Result<Opened> {
    let stdin = || -> io::Result<_> {
        let mut file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let meta = file.metadata()?;
        let whole = meta.is_file() && file.stream_position()? == 0;
        Ok(whole.then_some((file, meta)))
    };
    match stdin() {
        Ok(Some((file, meta))) => open_file(Path::new("/dev/stdin"), file, &meta, opts),
        _ => open_stream(io::stdin(), opts),
    }
}

/// A pipe, a terminal: what can be read only once, as it comes.
fn open_stream(from: impl Read + Send + 'static, opts: &OpenOptions) -> io::Result<Opened> {
    let tally = Tally::default();
    let mut live = Live::start(from, tally.clone(), opts.stop.clone())?;
    let head = live.peek(tells)?.to_vec();
    let mut warning = None;
    let (feed, kind): (Box<dyn Feed>, _) = match (Codec::of(&head), utf16(&head)) {
        (Some(codec), _) => {
            let text = text(codec.decoder(live)?, true, 1)?;
            warning = text.warning;
            (Box::new(ReadFeed::new(text.from)), text.kind)
        }
        (None, Some(big)) => (Box::new(ReadFeed::new(Box::new(Utf16Read::new(live, big)))), None),
        (None, None) => (Box::new(live), packed(&head)),
    };
    let mut opened = Opened::stream(unpacked(feed, kind), tally).with_spool(opts, WhenFull::DropOldest);
    opened.warnings.extend(container(&head).filter(|_| kind.is_none()).map(not_lines).or(warning));
    Ok(opened)
}

fn open_file(path: &Path, file: File, meta: &Metadata, opts: &OpenOptions) -> io::Result<Opened> {
    let mut head = vec![0; HEAD];
    let have = file.read_at(&mut head, 0)?;
    let head = head.get(..have).unwrap_or(&[]);
    let codec = Codec::of(head);
    let utf16 = utf16(head);
    let tally = Tally::default();
    let kind = if codec.is_none() && utf16.is_none() { packed(head) } else { None };
    if opts.follow && codec.is_none() && utf16.is_none() && kind != Some(Kind::Evtx) {
        // Packed records go on from file to file only where each is lines.
        let earlier = if kind.is_none() && !opts.from_end { opts.known.parts(path) } else { Vec::new() };
        let tail = Tail::new(path.to_owned(), file, opts.from_end, tally, &opts.followed)?;
        return Ok(followed(path, tail, kind, earlier, opts));
    }
    if opts.follow {
        opts.followed.note(path, identity(meta), head);
    }
    let unfollowed = opts.follow.then_some("cannot be followed (compressed, or not plain text): it is read once");
    let identity = Identity::of(&file, meta)?;
    let written = gzip_time(codec, head).map_or(identity.modified, |t| t.min(identity.modified));
    // Files made "reproducible" have no time; the first reading then dates them.
    let written = if written < OLDEST { TimeRef::now().time } else { written };
    let time_ref = TimeRefStore::new(opts.cache.clone()).get_or_record(&identity.print, written);
    let key = key(path, &identity);
    let before = Index::load(&opts.cache, &key);
    let change = before.as_ref().map_or(Change::New, |b| b.compare(&file, &identity));

    let file = Handle::new(path, file)?;
    let stored = Tallied::new(Reading(Arc::clone(&file)), tally.clone());
    let mut warning = None;
    let (from, kind): (Box<dyn Read + Send>, _) = match (codec, utf16) {
        (Some(codec), _) => {
            let shared = Reading(Arc::clone(&file));
            let decoded = DecodedFile::new(path.to_owned(), shared, codec, tally.clone())?;
            let text = text(Box::new(decoded), false, 1)?;
            warning = text.warning;
            (text.from, text.kind)
        }
        (None, Some(big)) => (Box::new(Utf16Read::new(stored, big)), None),
        (None, None) => (Box::new(stored), kind),
    };
    let mut opened = Opened {
        time_ref,
        written: time_ref.time,
        change,
        key,
        size: Some(meta.len()),
        decoded: codec.is_some(),
        identity: Some(identity),
        file: Some(Arc::clone(&file)),
        ..Opened::stream(unpacked(Box::new(ReadFeed::new(from)), kind), tally)
    };
    if codec.is_none() && utf16.is_none() && kind.is_none() {
        opened.back = Back::File(Arc::clone(&file));
    } else if let Some(spool) = kept_spool(&opts.cache, before.as_ref(), change) {
        opened.back = Back::Spool(Arc::new(spool));
    } else {
        opened = opened.with_spool(opts, WhenFull::Stop);
    }
    opened.before = before;
    opened.warnings.extend(unfollowed.map(str::to_owned));
    opened.warnings.extend(container(head).filter(|_| kind.is_none()).map(not_lines).or(warning));
    if let Some((said, damaged)) = broken_promise(path, codec, head) {
        opened.warnings.push(said);
        opened.damaged = damaged;
    }
    Ok(opened)
}

/// The spool of an earlier reading of the same file.
pub(crate) fn kept_spool(cache: &Cache, before: Option<&Index>, change: Change) -> Option<Spool> {
    let name = before.filter(|b| change == Change::Same && !b.spool.is_empty()).map(|b| &b.spool)?;
    let budget = cache.budget();
    let dir = budget.dir()?.join(Path::new(name).file_name()?);
    Spool::open(&dir, budget)
}

/// Whether a beginning tells how the rest is written.
fn tells(head: &[u8]) -> bool {
    let begins = matches!(head.first(), None | Some(0x1f | 0x28 | 0x50..=0x5f | b'B' | 0xfd | 0xfe | 0xff));
    let stored = head.len() >= MAGIC || !begins || head.contains(&b'\n');
    stored && Kind::of(head) != Told::More
}

/// What the records of a source that begins like this are packed in.
fn packed(head: &[u8]) -> Option<Kind> {
    match Kind::of(head) {
        Told::Is(kind) => Some(kind),
        Told::Lines | Told::More => None,
    }
}

/// The records of a feed as lines.
fn unpacked(feed: Box<dyn Feed>, kind: Option<Kind>) -> Box<dyn Feed> {
    match kind {
        Some(kind) => Box::new(UnpackFeed::new(feed, kind)),
        None => feed,
    }
}

/// Decompressed text.
struct Text {
    from: Box<dyn Read + Send>,
    /// What its records are packed in.
    kind: Option<Kind>,
    /// What the user should know of it.
    warning: Option<String>,
}

/// Decompressed bytes, of which the beginning may tell that they are compressed
/// once more, that they are UTF-16, or that their records are packed. `live`
/// ones come as they come: a few are enough.
fn text(mut from: Box<dyn Read + Send>, live: bool, depth: usize) -> io::Result<Text> {
    let mut head = vec![0; HEAD];
    let mut have = 0;
    let mut failed = None;
    while let Some(rest) = head.get_mut(have..).filter(|r| !r.is_empty()) {
        match read_some(&mut from, rest) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) => {
                failed = Some(e);
                break;
            }
        }
        let seen = head.get(..have).unwrap_or(&[]);
        if live && tells(seen) {
            break;
        }
    }
    let head = head.get(..have).unwrap_or(&[]).to_vec();
    let codec = Codec::of(&head);
    let big = utf16(&head);
    let mut warning = container(&head).map(not_lines);
    let kind = if big.is_none() { packed(&head) } else { None };
    let all = Cursor::new(head).chain(Failing(failed)).chain(from);
    if let Some(codec) = codec {
        if depth < DEEPEST {
            return text(codec.decoder(all)?, live, depth + 1);
        }
        warning = Some(format!("is compressed more than {DEEPEST} times: it is read as it stands"));
    }
    Ok(match big {
        Some(big) => Text { from: Box::new(Utf16Read::new(all, big)), kind: None, warning },
        None => Text { from: Box::new(all), kind, warning: warning.filter(|_| kind.is_none()) },
    })
}

/// Gives an error that came too early, once.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// When the file in a gzip file was last written, where it says so. A
/// downloaded or copied archive still knows.
fn gzip_time(codec: Option<Codec>, head: &[u8]) -> Option<Ts> {
    let bytes = head.get(4..8).filter(|_| codec == Some(Codec::Gzip))?;
    let secs = u32::from_le_bytes(bytes.try_into().ok()?);
    (secs != 0).then(|| Ts::from_secs(i64::from(secs)))
}
