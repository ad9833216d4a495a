//! The tree of templates: by number of tokens, by the first word, by likeness.

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::PARAMETER;
use super::tokens::{Token, tokens};

/// Most templates that are kept.
pub const MAX_TEMPLATES: usize = 20_000;
/// Most templates of one leaf that a record is compared with.
const MAX_LEAF: usize = 100;
/// Most first words that lead to leaves of their own, for one number of tokens.
const MAX_LEADS: usize = 200;
/// Share of words that must agree, in percent.
const LIKE: usize = 55;

/// A word of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Text(Box<str>),
    Parameter,
}

#[derive(Debug, Clone)]
struct Piece {
    word: Word,
    spaced: bool,
}

#[derive(Debug)]
struct Cluster {
    pieces: Vec<Piece>,
    count: u64,
    first: u64,
}

/// A template that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Made of its text: the same in every log.
    pub id: String,
    /// Its text, with `<*>` for parameters.
    pub text: String,
    /// How many records it stands for.
    pub count: u64,
    /// The number of its first record, as given to [`Miner::add`].
    pub first: u64,
}

/// Finds templates while records come in.
#[derive(Debug, Default)]
pub struct Miner {
    clusters: Vec<Cluster>,
    /// By number of tokens, then by the first word.
    leaves: FxHashMap<usize, FxHashMap<Box<str>, Vec<u32>>>,
    no_room: u64,
    /// Of a request: what leads to its leaf.
    lead: String,
}

impl Miner {
    /// Takes a record; `number` tells records apart. Returns its template, for
    /// [`Miner::finish`]'s numbering.
    pub fn add<'r>(&mut self, text: &'r str, number: u64, buffer: &mut Vec<Token<'r>>) -> u32 {
        tokens(text, buffer);
        let mut made = std::mem::take(&mut self.lead);
        let (lead, wide) = leads(buffer, &mut made);
        let length = self.leaves.get(&buffer.len());
        // Where too many different words lead, they are no keys but parameters.
        let lead = match length {
            Some(l) if l.len() >= MAX_LEADS && !l.contains_key(lead) => wide,
            _ => lead,
        };
        let of = self.add_to(lead, number, buffer);
        self.lead = made;
        of
    }

    fn add_to(&mut self, lead: &str, number: u64, buffer: &[Token<'_>]) -> u32 {
        let length = self.leaves.get(&buffer.len());
        let leaf = length.and_then(|l| l.get(lead));
        let mut best: Option<(usize, u32)> = None;
        for at in leaf.into_iter().flatten() {
            let Some(c) = self.clusters.get(*at as usize) else { continue };
            let like = likeness(&c.pieces, buffer);
            if like >= LIKE && best.is_none_or(|(b, _)| like > b) {
                best = Some((like, *at));
            }
        }
        if let Some((like, at)) = best {
            if let Some(c) = self.clusters.get_mut(at as usize) {
                c.count += 1;
                if like < 100 {
                    widen(&mut c.pieces, buffer);
                }
            }
            return at;
        }
        let full = leaf.is_some_and(|l| l.len() >= MAX_LEAF);
        if full || self.clusters.len() >= MAX_TEMPLATES {
            self.no_room += 1;
            return self.overflow(number);
        }
        let word = |t: &Token<'_>| if t.parameter { Word::Parameter } else { Word::Text(t.text.into()) };
        let pieces = buffer.iter().map(|t| Piece { word: word(t), spaced: t.spaced }).collect();
        self.insert(buffer.len(), lead, Cluster { pieces, count: 1, first: number })
    }

    /// Records that found no room in the tables: they stand under `<*>`.
    #[must_use]
    pub const fn no_room(&self) -> u64 {
        self.no_room
    }

    fn insert(&mut self, length: usize, lead: &str, cluster: Cluster) -> u32 {
        let at = u32::try_from(self.clusters.len()).unwrap_or(u32::MAX);
        self.clusters.push(cluster);
        self.leaves.entry(length).or_default().entry(lead.into()).or_default().push(at);
        at
    }

    /// The template that is only a parameter.
    fn overflow(&mut self, number: u64) -> u32 {
        if let Some(at) = self.leaves.get(&usize::MAX).and_then(|l| l.get("")?.first()).copied() {
            if let Some(c) = self.clusters.get_mut(at as usize) {
                c.count += 1;
            }
            return at;
        }
        let pieces = vec![Piece { word: Word::Parameter, spaced: false }];
        self.insert(usize::MAX, "", Cluster { pieces, count: 1, first: number })
    }

    /// The templates, those of most records first, and for each number that
    /// [`Miner::add`] gave the place of its template among them: two that became
    /// one text are one.
    #[must_use]
    pub fn finish(&self) -> (Vec<Template>, Vec<u32>) {
        let mut by_text: FxHashMap<String, usize> = FxHashMap::default();
        let mut all: Vec<Template> = Vec::new();
        let mut of = Vec::with_capacity(self.clusters.len());
        for c in &self.clusters {
            let text = shown(&c.pieces);
            let at = *by_text.entry(text.clone()).or_insert(all.len());
            match all.get_mut(at) {
                Some(t) => {
                    t.count += c.count;
                    t.first = t.first.min(c.first);
                }
                None => all.push(Template { id: id(&text), text, count: c.count, first: c.first }),
            }
            of.push(at);
        }
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&all[*a], &all[*b]);
            b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text))
        });
        let mut place = vec![0u32; all.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new as u32;
        }
        let sorted = order.iter().map(|o| all[*o].clone()).collect();
        (sorted, of.into_iter().map(|o| place[o]).collect())
    }

    /// The parameters of a record by the template that [`Miner::add`] gave for
    /// it, as the template is now; their texts go into `out`.
    pub fn parameters<'r>(&self, of: u32, text: &'r str, buffer: &mut Vec<Token<'r>>, out: &mut Vec<&'r str>) {
        out.clear();
        tokens(text, buffer);
        let Some(c) = self.clusters.get(of as usize) else { return };
        if c.pieces.len() != buffer.len() {
            out.push(text);
            return;
        }
        out.extend(c.pieces.iter().zip(buffer.iter()).filter(|(p, _)| p.word == Word::Parameter).map(|(_, t)| t.text));
    }
}

/// What leads to a record's leaf, and what does where too many do: the first word
/// that is no parameter (most records have one early on), and nothing. Requests of
/// one method that were answered alike are told apart by the first part of their
/// target.
fn leads<'a>(tokens: &[Token<'a>], made: &'a mut String) -> (&'a str, &'a str) {
    if let [method, slash, first, .., status] = tokens
        && slash.text == "/"
        && method.text.bytes().all(|b| b.is_ascii_uppercase())
        && status.spaced
    {
        made.clear();
        for part in [method.text, status.text] {
            made.push_str(part);
            made.push(' ');
        }
        let wide = made.len();
        made.push_str(if first.parameter || first.spaced { "" } else { first.text });
        return (made, made.get(..wide).unwrap_or(""));
    }
    (tokens.iter().take(4).find(|t| !t.parameter).map_or("", |t| t.text), "")
}

/// Share of words that agree, in percent; signs must all agree.
fn likeness(pieces: &[Piece], tokens: &[Token<'_>]) -> usize {
    let (mut same, mut all) = (0_usize, 0_usize);
    for (p, t) in pieces.iter().zip(tokens) {
        let sign = !t.parameter && is_sign(t.text);
        match &p.word {
            Word::Text(w) if !t.parameter && **w == *t.text => {
                if !sign {
                    same += 1;
                    all += 1;
                }
            }
            Word::Text(w) => {
                if sign || is_sign(w) {
                    return 0;
                }
                all += 1;
            }
            Word::Parameter if sign => return 0,
            Word::Parameter => {
                // A parameter agrees with a parameter, and takes a word at a price.
                same += usize::from(t.parameter);
                all += 1;
            }
        }
    }
    (same * 100).checked_div(all).unwrap_or(100)
}

/// Whether a token is made of signs alone.
fn is_sign(text: &str) -> bool {
    !text.chars().any(char::is_alphanumeric)
}

/// Makes parameters of the words that differ.
fn widen(pieces: &mut [Piece], tokens: &[Token<'_>]) {
    for (p, t) in pieces.iter_mut().zip(tokens) {
        if matches!(&p.word, Word::Text(w) if t.parameter || **w != *t.text) {
            p.word = Word::Parameter;
        }
    }
}

fn shown(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for p in pieces {
        if p.spaced && !out.is_empty() {
            out.push(' ');
        }
        match &p.word {
            Word::Text(t) => out.push_str(t),
            Word::Parameter => out.push_str(PARAMETER),
        }
    }
    out
}

/// `T` and eight hexadecimal digits of the text's SHA-256.
fn id(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(4).fold("T".to_owned(), |s, b| s + &format!("{b:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mine(lines: &[&str]) -> (Miner, Vec<u32>) {
        let mut m = Miner::default();
        let mut buffer = Vec::new();
        let of = lines.iter().enumerate().map(|(i, l)| m.add(l, i as u64, &mut buffer)).collect();
        (m, of)
    }

    #[test]
    fn words_that_differ_become_parameters() {
        let lines = [
            "Failed password for root from 10.0.0.1 port 22 ssh2",
            "Failed password for bob from 10.0.0.2 port 23 ssh2",
            "Accepted publickey for bob from 10.0.0.2 port 23 ssh2",
            "session opened for user bob",
            "session opened for user ann",
            "Connection closed",
        ];
        let (m, of) = mine(&lines);
        let (templates, place) = m.finish();
        let texts: Vec<(u64, &str)> = templates.iter().map(|t| (t.count, t.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                (2, "Failed password for <*> from <*> port <*> ssh2"),
                (2, "session opened for user <*>"),
                (1, "Accepted publickey for bob from <*> port <*> ssh2"),
                (1, "Connection closed"),
            ]
        );
        // What was cut out of each record fits what the template is at the end.
        let (mut buffer, mut out) = (Vec::new(), Vec::new());
        m.parameters(of[0], lines[0], &mut buffer, &mut out);
        assert_eq!(out, ["root", "10.0.0.1", "22"]);
        assert_eq!(place[of[0] as usize], 0);
        assert_eq!(templates[0].id, id(&templates[0].text));
        assert_eq!(templates[1].first, 3);
    }

    #[test]
    fn requests_are_told_apart() {
        let mut lines: Vec<String> = Vec::new();
        for i in 0..40 {
            lines.push(format!("GET /products/{i}?ref={i}&q=a/b 200"));
            lines.push(format!("GET /static/site-{}.css 200", ["a", "b"][i % 2]));
            lines.push("POST /login 401".to_owned());
            lines.push("GET / 200".to_owned());
        }
        lines.push("POST /login 302".to_owned());
        lines.push("GET /products/7?ref=1&q=x 404".to_owned());
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (m, of) = mine(&lines);
        let (templates, _) = m.finish();
        let texts: Vec<(u64, &str)> = templates.iter().map(|t| (t.count, t.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                (40, "GET / 200"),
                (40, "GET /products/<*>?ref=<*>&q=<*> 200"),
                (40, "GET /static/<*> 200"),
                (40, "POST /login 401"),
                (1, "GET /products/<*>?ref=<*>&q=<*> 404"),
                (1, "POST /login 302"),
            ]
        );
        let (mut buffer, mut out) = (Vec::new(), Vec::new());
        m.parameters(of[0], lines[0], &mut buffer, &mut out);
        assert_eq!(out, ["0", "0", "a/b"]);
    }

    #[test]
    fn two_that_become_one_text_are_one() {
        let (m, of) = mine(&["1 a", "2 b", "x 1"]);
        let (templates, place) = m.finish();
        assert_eq!(templates.iter().map(|t| t.count).sum::<u64>(), 3);
        assert!(of.iter().all(|o| (place[*o as usize] as usize) < templates.len()));
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut m = Miner::default();
        // Words in brackets differ in their signs, so that each is a template of its own.
        let name = |mut n: usize| {
            let mut s = String::new();
            while n > 0 {
                s.push((b'g' + (n % 20) as u8) as char);
                n /= 20;
            }
            s
        };
        for i in 1..(MAX_TEMPLATES + 50) {
            let line = format!("{} x", name(i));
            let mut buffer = Vec::new();
            m.add(&line, i as u64, &mut buffer);
        }
        let (templates, _) = m.finish();
        assert!(templates.len() <= MAX_TEMPLATES + 1);
        assert_eq!(templates.iter().map(|t| t.count).sum::<u64>(), MAX_TEMPLATES as u64 + 49);
        assert!(m.no_room() > 0);
    }
}
