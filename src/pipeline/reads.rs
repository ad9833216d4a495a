//! The parser of a source: chosen by its first bytes, which of a followed file
//! may come long after it was opened, and made anew where other rules come.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::parse::{Parser, Tables};

/// Makes the parser by the source's first bytes.
type Make = Box<dyn Fn(&[u8], &Tables) -> Parser + Send + Sync>;

/// Shared by the workers and the feed.
pub(super) struct Reads {
    parser: RwLock<Arc<Parser>>,
    again: Option<Again>,
}

/// What another parser is made with.
struct Again {
    make: Make,
    now: Mutex<(Tables, Begun)>,
}

/// The first bytes of a source.
enum Begun {
    /// They are to come.
    No,
    /// They are these.
    Yes(Vec<u8>),
}

impl Reads {
    /// With the parser in force, for good.
    pub fn new(parser: Parser) -> Self {
        Self { parser: RwLock::new(Arc::new(parser)), again: None }
    }

    /// Chooses again where there is something to choose by, and where rules change.
    /// `sample` are the first bytes, where they are there.
    pub fn later(
        self,
        sample: Option<Vec<u8>>,
        tables: &Tables,
        make: impl Fn(&[u8], &Tables) -> Parser + Send + Sync + 'static,
    ) -> Self {
        let begun = sample.map_or(Begun::No, Begun::Yes);
        Self { again: Some(Again { make: Box::new(make), now: Mutex::new((tables.clone(), begun)) }), ..self }
    }

    /// The parser in force.
    pub fn parser(&self) -> Arc<Parser> {
        Arc::clone(&self.parser.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The name of its format; `None` while the first bytes are to come.
    pub fn format(&self) -> Option<String> {
        let begun = |a: &Again| matches!(a.now.lock().unwrap_or_else(PoisonError::into_inner).1, Begun::Yes(_));
        self.again.as_ref().is_none_or(begun).then(|| self.parser().format_name().to_owned())
    }

    fn set(&self, parser: Parser) {
        *self.parser.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(parser);
    }

    /// The first bytes are here; the name of the format, where it was open until now.
    pub fn begins(&self, sample: &[u8]) -> Option<String> {
        let again = self.again.as_ref()?;
        let mut now = again.now.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(now.1, Begun::No) {
            return None;
        }
        let parser = (again.make)(sample, &now.0);
        let name = parser.format_name().to_owned();
        now.1 = Begun::Yes(sample.to_vec());
        self.set(parser);
        Some(name)
    }

    /// The parser knows the names of other rules from now on.
    pub fn renew(&self, tables: &Tables) {
        let Some(again) = &self.again else { return };
        let mut now = again.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.0 = tables.clone();
        let sample = match &now.1 {
            Begun::Yes(sample) => sample.as_slice(),
            Begun::No => &[],
        };
        self.set((again.make)(sample, tables));
    }
}
