//! Values that stood at a place in the events before, with numbers of their own.
//!
//! Most values of an event are those of one shortly before it. Each place keeps
//! the last two; a value that is the same byte by byte is not searched for its
//! end or unescaped again, and its number tells the detection that what it
//! found out about it still holds.

use crate::event::{Field, Span, ValueKind};

/// Values of one place.
const WAYS: usize = 2;
/// Most places.
pub const MOST: usize = Field::PLACES as usize / WAYS - 1;
/// Longest value with its quotes, or the byte behind it.
const ROOM: usize = 152;
/// Longer values are compared by the system's own means.
const NEAR: usize = 40;
/// After so many new values in a row a place is left alone.
const PATIENCE: u16 = 48;
/// For so many events.
const PAUSE: u16 = 400;

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Value {
    head: u64,
    mask: u64,
    /// Where its text without escapes stands, in the run of the parser with
    /// this number.
    pub plain: Span,
    pub run: u64,
    /// See [`crate::event::Field::same`]; 0 where there is no value.
    pub number: u32,
    len: u8,
    /// How the input typed it.
    pub kind: ValueKind,
    /// Whether it has escapes.
    pub escaped: bool,
    room: [u8; ROOM],
}

impl Value {
    const NONE: Self = Self {
        head: 0,
        mask: 0,
        plain: Span::NONE,
        run: 0,
        number: 0,
        len: 0,
        kind: ValueKind::Null,
        escaped: false,
        room: [0; ROOM],
    };

    /// Its length in the text.
    #[inline]
    pub const fn len(&self) -> usize {
        self.len as usize - if matches!(self.kind, ValueKind::Text) { 0 } else { 1 }
    }

    #[inline]
    fn stands(&self, text: &[u8]) -> bool {
        let Some(head) = text.first_chunk::<8>() else { return false };
        let len = usize::from(self.len);
        u64::from_le_bytes(*head) & self.mask == self.head
            && (len <= 8 || text.get(..len).zip(self.room.get(..len)).is_some_and(|(a, b)| equal(a, b)))
            && self.number != 0
    }
}

/// Whether two texts of one length, eight bytes at least, are the same.
#[inline]
fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() > NEAR {
        return a == b;
    }
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    words.fold(true, |same, (a, b)| same & (a == b)) && a.last_chunk::<8>() == b.last_chunk::<8>()
}

/// The values of one place.
#[derive(Debug, Clone)]
struct Place {
    values: [Value; WAYS],
    young: u8,
    news: u16,
    pause: u16,
}

/// The values of all places.
#[derive(Debug, Default)]
pub struct Values {
    places: Vec<Place>,
    /// A number has no successor: all must be forgotten.
    pub spent: bool,
}

impl Values {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.places.clear();
        self.spent = false;
    }

    /// The value of a place that stands at the start of a text.
    #[inline]
    pub fn known(&mut self, place: u32, text: &[u8]) -> Option<&mut Value> {
        let p = self.places.get_mut(place as usize)?;
        if p.pause > 0 {
            p.pause -= 1;
            return None;
        }
        let young = usize::from(p.young) % WAYS;
        let old = (young + 1) % WAYS;
        if p.values[young].stands(text) {
            p.news = 0;
            return Some(&mut p.values[young]);
        }
        if p.values[old].stands(text) {
            p.news = 0;
            p.young = old as u8;
            return Some(&mut p.values[old]);
        }
        p.news += 1;
        if p.news > PATIENCE {
            (p.news, p.pause) = (PATIENCE / 2, PAUSE);
        }
        None
    }

    /// Keeps a value that [`Values::known`] did not know: its text, with the
    /// byte behind it if it is no string. Its number, 0 where it is not kept.
    pub fn keep(&mut self, place: u32, text: &[u8], kind: ValueKind, plain: Span, run: u64) -> u32 {
        let at = place as usize;
        if text.is_empty() || text.len() > ROOM || at >= MOST {
            return 0;
        }
        while self.places.len() <= at {
            self.places.push(Place { values: [Value::NONE; WAYS], young: 0, news: 0, pause: 0 });
        }
        let Some(p) = self.places.get_mut(at).filter(|p| p.pause == 0) else { return 0 };
        let way = (usize::from(p.young) + 1) % WAYS;
        let v = &mut p.values[way];
        let Some(number) =
            (if v.number == 0 { Some((at * WAYS + way + 1) as u32) } else { v.number.checked_add(Field::PLACES) })
        else {
            self.spent = true;
            return 0;
        };
        p.young = way as u8;
        (v.plain, v.run, v.number, v.kind) = (plain, run, number, kind);
        (v.len, v.escaped) = (text.len() as u8, plain.is_in_arena());
        if let Some(room) = v.room.get_mut(..text.len()) {
            room.copy_from_slice(text);
        }
        v.mask = u64::MAX >> (8 * 8usize.saturating_sub(text.len()));
        v.head = v.room.first_chunk().map_or(0, |head| u64::from_le_bytes(*head)) & v.mask;
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_values_apart() {
        let mut v = Values::default();
        let mut seen = std::collections::BTreeSet::new();
        for place in [0, 1, 7] {
            for i in 0..30 {
                let text = format!("\"value {i}\"");
                assert!(v.known(place, format!("{text},   ").as_bytes()).is_none());
                let number = v.keep(place, text.as_bytes(), ValueKind::Text, Span::text(0, 3), 1);
                assert!(number != 0 && seen.insert(number));
                let known = v.known(place, format!("{text},   ").as_bytes()).expect("kept");
                assert_eq!((known.number, known.len()), (number, text.len()));
                assert!(v.known(place, format!("\"value {i}0\"").as_bytes()).is_none());
            }
        }
        assert_eq!(v.keep(0, &[b'x'; 400], ValueKind::Text, Span::NONE, 1), 0, "too long");
    }

    #[test]
    fn a_number_ends_where_it_ended() {
        let mut v = Values::default();
        let n = v.keep(3, b"12,", ValueKind::Number, Span::text(0, 2), 1);
        assert!(v.known(3, b"123,\"b\":1}").is_none());
        assert_eq!(v.known(3, b"12,\"b\":1}").map(|k| (k.number, k.len())), Some((n, 2)));
    }

    #[test]
    fn a_place_of_many_values_is_left_alone() {
        let mut v = Values::default();
        let mut kept = 0;
        for i in 0..10_000 {
            let text = format!("\"{i}\"");
            assert!(v.known(0, format!("{text}      ").as_bytes()).is_none());
            kept += usize::from(v.keep(0, text.as_bytes(), ValueKind::Text, Span::NONE, 1) != 0);
        }
        assert!(kept < 2_000, "{kept}");
    }
}
