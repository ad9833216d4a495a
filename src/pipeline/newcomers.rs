//! Files that come to a directory while it is followed: each becomes an input
//! like those that were there at the start.

use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;

use super::SessionOptions;
use super::entering::{Entered, enter};
use super::opening::open;
use super::work::{Got, Hand, Shop};
use crate::event::{SourceId, Ts};
use crate::parse::Tables;
use crate::source::{Cache, Finder, Input};

/// Most inputs of a session that follows directories: each that grows is kept open.
pub(super) const MOST: usize = 400;
/// Most threads that wait for growing files beside those that were asked for.
pub(super) const WAITING: usize = 64;

/// Looks for them and makes them ready.
pub(super) struct Newcomers {
    pub finder: Finder,
    pub options: SessionOptions,
    pub cache: Cache,
    pub tables: Tables,
    pub shop: Arc<Shop>,
    pub tokens: Receiver<usize>,
    pub results: Sender<(usize, Got)>,
    /// Growing inputs that were there before.
    pub live: usize,
    /// Files that came when there were too many.
    pub refused: u64,
}

impl Newcomers {
    /// The inputs that came since, where there are `inputs` already.
    pub fn come(&mut self, mut inputs: usize) -> Vec<(Input, Entered)> {
        let mut out = Vec::new();
        for input in self.finder.found() {
            if inputs >= MOST {
                self.refused += 1;
                continue;
            }
            let id = SourceId(u32::try_from(inputs).unwrap_or(u32::MAX));
            let found = open(id, &input, &self.options, &self.cache, &self.tables, Ts::NONE);
            let entered = enter(id, &input, found, &self.options, &self.tables);
            self.shop.enter(Arc::clone(&entered.feeder));
            if entered.live {
                self.live += 1;
                self.one_more();
            }
            inputs += 1;
            out.push((input, entered));
        }
        out
    }

    /// What the user should know of those that are not read.
    pub fn note(&self) -> Option<String> {
        let n = self.refused;
        (n > 0).then(|| {
            format!(
                "{n} more file{} came and {} not read: at most {MOST} are followed",
                if n == 1 { "" } else { "s" },
                if n == 1 { "is" } else { "are" }
            )
        })
    }

    /// One more file is waited for: one more thread that may wait.
    fn one_more(&self) {
        if self.live > WAITING {
            return;
        }
        let hand = Hand::new(&self.shop, self.tokens.clone());
        let out = self.results.clone();
        let name = format!("follower {}", self.live);
        // Without it the others do its work, later. It ends when there are no more tokens.
        let _ = std::thread::Builder::new().name(name).spawn(move || hand.run(&out));
    }
}
