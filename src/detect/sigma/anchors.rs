//! What anchors (`&name`) stand for where aliases (`*name`) say it again, and
//! the merge key (`<<`).
//!
//! Aliases are written out into the tree, as if the rule said everything twice.
//! A few bytes may so stand for any amount (an alias bomb), hence all that the
//! aliases of one text bring is bounded, and so is what is kept for them.

use std::collections::HashMap;

use super::yaml::{MAX_DEPTH, Node, Value};

/// Most nodes that the aliases of one text bring.
const MAX_NODES: usize = 20_000;
/// Most bytes of text that they bring.
const MAX_BYTES: usize = 1 << 20;

/// How much a node is with all that is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl Size {
    fn of(node: &Node) -> Self {
        let kids: &mut dyn Iterator<Item = &Node> = match &node.value {
            Value::Scalar { text, .. } => return Self { nodes: 1, bytes: text.len(), depth: 1 },
            Value::Seq(all) | Value::All(all) => &mut all.iter(),
            Value::Map(all) => &mut all.iter().flat_map(|(k, v)| [k, v]),
        };
        let mut sum = Self { nodes: 1, ..Self::default() };
        for kid in kids {
            let size = Self::of(kid);
            sum.nodes += size.nodes;
            sum.bytes += size.bytes;
            sum.depth = sum.depth.max(size.depth);
        }
        Self { depth: sum.depth + 1, ..sum }
    }

    /// Whether this and one more are still few enough; then they are counted.
    const fn take(&mut self, more: Self) -> bool {
        let fits = self.nodes + more.nodes <= MAX_NODES && self.bytes + more.bytes <= MAX_BYTES;
        if fits {
            self.nodes += more.nodes;
            self.bytes += more.bytes;
        }
        fits
    }
}

/// The anchors of a document, and how much those of the text have brought.
#[derive(Debug, Default)]
pub struct Anchors {
    /// By number; `None` where there was no room to keep it.
    nodes: HashMap<usize, Option<(Node, Size)>>,
    kept: Size,
    brought: Size,
}

impl Anchors {
    /// Names are of one document, bounds of the whole text.
    pub fn next_document(&mut self) {
        self.nodes.clear();
    }

    /// Keeps what an anchor stands for; 0 is none.
    pub fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            let size = Size::of(node);
            let node = self.kept.take(size).then(|| (node.clone(), size));
            self.nodes.insert(anchor, node);
        }
    }

    /// What an alias stands for, at so many levels below the root.
    ///
    /// # Errors
    /// Why it cannot be said.
    pub fn get(&mut self, anchor: usize, level: usize) -> Result<Node, String> {
        let much = || {
            format!(
                "aliases (*name) stand for more than {MAX_NODES} values or {} MiB of text: write them out",
                MAX_BYTES >> 20
            )
        };
        match self.nodes.get(&anchor) {
            None => {
                Err("an alias (*name) of nothing that stands complete before it in its document: write the value out"
                    .into())
            }
            Some(None) => Err(much()),
            Some(Some((_, size))) if level + size.depth > MAX_DEPTH => {
                Err(format!("with this alias nested more than {MAX_DEPTH} levels deep"))
            }
            Some(Some((node, size))) => self.brought.take(*size).then(|| node.clone()).ok_or_else(much),
        }
    }
}

/// Puts the entries of what stands under `<<` in its place: what a mapping says
/// itself goes before, then the first of several.
///
/// # Errors
/// The node that is no mapping.
pub fn merge(entries: &mut Vec<(Node, Node)>) -> Result<(), Node> {
    let is = |k: &Node| matches!(&k.value, Value::Scalar { text, plain: true } if &**text == "<<");
    let Some(at) = entries.iter().position(|(k, _)| is(k)) else { return Ok(()) };
    let (_, from) = entries.remove(at);
    let mut place = at;
    for source in from.items() {
        let Some(more) = source.map() else { return Err(source.clone()) };
        for (key, value) in more {
            if !entries.iter().any(|(k, _)| k.text() == key.text()) {
                entries.insert(place, (key.clone(), value.clone()));
                place += 1;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::yaml::{parse, read};
    use super::*;

    fn one(text: &str) -> Node {
        parse(text).remove(0).expect("valid")
    }

    fn reason(text: &str) -> String {
        parse(text).into_iter().find_map(Result::err).map_or_else(String::new, |e| e.to_string())
    }

    #[test]
    fn an_alias_says_it_again() {
        let n = one("a: &x [1, {b: &y two}]\nc: *x\nd: {*y : 3}\n");
        assert_eq!(n.get("a"), n.get("c"));
        assert!(n.get("d").and_then(|d| d.get("two")).is_some());
        let n = one("a: &x 1\nb: &x 2\nc: *x\n");
        assert_eq!(n.get("c").and_then(Node::text), Some("2"), "the last of a name");
    }

    #[test]
    fn a_mapping_takes_in_another() {
        let n = one("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: *a, y: 5}\nd: {<<: [*b, *a]}\ne: {'<<': 1}\n");
        let said = |key: &str| {
            let all = n.get(key).and_then(Node::map).unwrap_or(&[]);
            all.iter().map(|(k, v)| format!("{}{}", k.text().unwrap_or(""), v.text().unwrap_or(""))).collect::<String>()
        };
        assert_eq!([said("c"), said("d"), said("e")], ["x1y5", "y3z4x1", "<<1"]);
        assert!(reason("a: {<<: 1}\n").contains("a mapping"));
    }

    #[test]
    fn what_cannot_be_said_again() {
        assert!(reason("a: &a [*a]\n").contains("complete"));
        assert!(reason("a: &a 1\n---\nb: *a\n").contains("in its document"));
        assert!(!reason("a: *nothing\n").is_empty());
    }

    #[test]
    fn bombs_of_every_kind() {
        let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for i in 1..30 {
            let of = vec![format!("*a{}", i - 1); 9].join(",");
            laughs.push_str(&format!("a{i}: &a{i} [{of}]\n"));
        }
        let chain: String = (1..300).fold("a0: &a0 [x]\n".into(), |s, i| format!("{s}a{i}: &a{i} [*a{}]\n", i - 1));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(900_000), "*a,".repeat(5_000));
        let docs = format!("a: &a {}\nb: [*a,*a,*a,*a,*a]\n---\n", "x".repeat(100_000)).repeat(20);
        let nested = format!("a: {}{}{}\n", "&a [".repeat(50), "x,".repeat(100_000), "]".repeat(50));
        for (bomb, word) in [(&laughs, "write them out"), (&chain, "deep"), (&long, "write them out"), (&docs, "MiB")] {
            assert!(reason(bomb).contains(word), "{}", reason(bomb));
        }
        assert_eq!(reason(&nested), "", "anchors that nothing asks for cost nothing");
        let size =
            |text: &str| read(text).iter().filter_map(|d| d.root.as_ref()).map(|r| Size::of(r).bytes).sum::<usize>();
        assert!(size(&long) < 3 << 20 && size(&docs) < 5 << 20);
    }
}
