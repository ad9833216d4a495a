//! YAML as a tree in which every node knows its line and column.
//!
//! Bounded: text, depth and number of nodes have limits, and so has what
//! aliases stand for (`anchors`). A mistake in one document of a file
//! does not lose the others; a broken syntax ends the file there.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::anchors::{self, Anchors};

/// Largest rule file, in bytes.
pub const MAX_TEXT: usize = 16 << 20;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 64;
/// Most nodes of one document.
const MAX_NODES: usize = 500_000;
/// Most mistakes that are told of one document.
const MAX_ERRORS: usize = 100;
/// Most keys of one mapping.
const MAX_KEYS: usize = 1_000;

/// A mistake and its place (both 1-based).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct YamlError {
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
    /// What is wrong, and what to do.
    pub message: String,
}

impl YamlError {
    /// A mistake at a node.
    #[must_use]
    pub fn at(node: &Node, message: impl Into<String>) -> Self {
        Self { line: node.line, column: node.column, message: message.into() }
    }
}

/// A node with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Line, 1-based.
    pub line: u32,
    /// Column in characters, 1-based.
    pub column: u32,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A scalar; `plain` ones may be numbers, booleans or null.
    Scalar {
        /// The text.
        text: Box<str>,
        /// Whether it stands without quotes and tags.
        plain: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// A mapping in the order of the file.
    Map(Vec<(Node, Node)>),
    /// Searches that must all hold: no text says this, pipelines do.
    All(Vec<Node>),
}

impl Node {
    /// Text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it is null: nothing, `~` or `null` without quotes.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The boolean it is, if it is one.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } => match &**text {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The entries of a mapping.
    #[must_use]
    pub fn map(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The items of a list.
    #[must_use]
    pub fn seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(s) => Some(s),
            _ => None,
        }
    }

    /// The value under a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v)
    }

    /// The items of a list, or the node itself as the only item.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(s) => s,
            _ => std::slice::from_ref(self),
        }
    }

    /// What kind of node it is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::Seq(_) | Value::All(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// A collection under construction, with the number of its anchor.
enum Frame {
    Seq(Node, usize),
    Map(Node, Option<Node>, usize),
}

struct Builder<'a> {
    stack: Vec<Frame>,
    anchors: &'a mut Anchors,
    root: Option<Node>,
    nodes: usize,
    errors: Vec<YamlError>,
    above: usize,
}

/// A document as it was read: what could be made of it, and all that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The tree; where something is wrong, as far as it goes.
    pub root: Option<Node>,
    /// The mistakes, in order; none where the document can be used.
    pub errors: Vec<YamlError>,
}

impl Read {
    /// The tree, or the first mistake.
    #[must_use]
    pub fn result(self) -> Option<Result<Node, YamlError>> {
        match self.errors.into_iter().next() {
            Some(e) => Some(Err(e)),
            None => self.root.map(Ok),
        }
    }
}

/// Parses all documents of a text; empty ones are left out, of others that are
/// wrong the first mistake is kept.
#[must_use]
pub fn parse(text: &str) -> Vec<Result<Node, YamlError>> {
    read(text).into_iter().filter_map(Read::result).collect()
}

/// Parses all documents of a text with every mistake. Where the syntax breaks,
/// reading goes on at the next line that begins a document (`---`).
#[must_use]
pub fn read(text: &str) -> Vec<Read> {
    let mut docs = Vec::new();
    if text.len() > MAX_TEXT {
        let message =
            format!("{} MiB of YAML; a rule file has at most {} MiB: split it", text.len() >> 20, MAX_TEXT >> 20);
        return vec![Read { root: None, errors: vec![YamlError { line: 1, column: 1, message }] }];
    }
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 0;
    let mut anchors = Anchors::default();
    while let Some(broken) = stream(rest, line, &mut anchors, &mut docs) {
        // The line of the mistake itself may be the `---` that it was found at.
        let Some(skip) = next_document(rest, broken.saturating_sub(line)) else { break };
        let (before, after) = rest.split_at(skip);
        line += before.matches('\n').count();
        rest = after;
    }
    docs
}

/// Where the next document begins at or after a line (from 1), as an offset; never 0.
fn next_document(text: &str, line: usize) -> Option<usize> {
    let mut at = 0;
    for (i, l) in text.split_inclusive('\n').enumerate() {
        if i > 0 && i + 1 >= line && l.starts_with("---") {
            return Some(at);
        }
        at += l.len();
    }
    None
}

/// Parses until the end, or until the syntax breaks: returns the line of that.
/// `above` lines stand before the text.
fn stream(text: &str, above: usize, anchors: &mut Anchors, docs: &mut Vec<Read>) -> Option<usize> {
    let mut parser = Parser::new_from_str(text);
    let mut b = Builder::new(above, anchors);
    while let Some(next) = parser.next_event() {
        let (event, span) = match next {
            Ok(e) => e,
            Err(e) => {
                let (line, column) = place(e.marker().line() + above, e.marker().col());
                b.fail(line, column, format!("no valid YAML: {}", e.info()));
                docs.push(Read { root: None, errors: b.errors });
                return Some(line as usize);
            }
        };
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) => b = Builder::new(above, b.anchors),
            Event::DocumentEnd => {
                let root = b.root.filter(|r| !r.is_null());
                if root.is_some() || !b.errors.is_empty() {
                    docs.push(Read { root, errors: b.errors });
                }
                b = Builder::new(above, b.anchors);
            }
            event => {
                b.take(event, span);
                if b.stack.len() > MAX_DEPTH || b.nodes > MAX_NODES {
                    docs.push(Read { root: None, errors: b.errors });
                    return None;
                }
            }
        }
    }
    None
}

fn place(line: usize, col: usize) -> (u32, u32) {
    (u32::try_from(line.max(1)).unwrap_or(u32::MAX), u32::try_from(col + 1).unwrap_or(u32::MAX))
}

impl<'a> Builder<'a> {
    /// A builder of the next document.
    fn new(above: usize, anchors: &'a mut Anchors) -> Self {
        anchors.next_document();
        Self { stack: Vec::new(), anchors, root: None, nodes: 0, errors: Vec::new(), above }
    }

    fn fail(&mut self, line: u32, column: u32, message: String) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(YamlError { line, column, message });
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) {
        let (line, column) = place(span.start.line() + self.above, span.start.col());
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.fail(line, column, format!("more than {MAX_NODES} values in one document: split it"));
            return;
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none_or(|t| t.suffix != "str");
                let value = Value::Scalar { text: text.into_owned().into_boxed_str(), plain };
                self.complete(Node { line, column, value }, anchor);
            }
            Event::SequenceStart(anchor, _) => {
                self.open(Frame::Seq(Node { line, column, value: Value::Seq(Vec::new()) }, anchor), line, column);
            }
            Event::MappingStart(anchor, _) => {
                self.open(Frame::Map(Node { line, column, value: Value::Map(Vec::new()) }, None, anchor), line, column);
            }
            Event::SequenceEnd => {
                if let Some(Frame::Seq(n, anchor)) = self.stack.pop() {
                    self.complete(n, anchor);
                }
            }
            Event::MappingEnd => {
                if let Some(Frame::Map(mut n, _, anchor)) = self.stack.pop() {
                    if let Value::Map(entries) = &mut n.value
                        && let Err(odd) = anchors::merge(entries)
                    {
                        let message = format!("'<<' takes in a mapping (or a list of them), not {}", odd.kind());
                        self.fail(odd.line, odd.column, message);
                    }
                    self.complete(n, anchor);
                }
            }
            Event::Alias(anchor) => {
                let said = self.anchors.get(anchor, self.stack.len()).unwrap_or_else(|why| {
                    self.fail(line, column, why);
                    Node { line, column, value: Value::Scalar { text: "".into(), plain: true } }
                });
                self.add(said);
            }
            _ => {}
        }
    }

    fn open(&mut self, frame: Frame, line: u32, column: u32) {
        self.stack.push(frame);
        if self.stack.len() > MAX_DEPTH {
            self.fail(line, column, format!("nested more than {MAX_DEPTH} levels deep"));
        }
    }

    fn complete(&mut self, node: Node, anchor: usize) {
        self.anchors.keep(anchor, &node);
        self.add(node);
    }

    fn add(&mut self, node: Node) {
        let mut twice = None;
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Frame::Seq(Node { value: Value::Seq(items), .. }, _)) => items.push(node),
            Some(Frame::Map(Node { value: Value::Map(entries), .. }, key, _)) => match key.take() {
                None => *key = Some(node),
                Some(k) => {
                    if let Some(name) = k.text()
                        && entries.iter().any(|(other, _)| other.text() == Some(name))
                    {
                        twice = Some((k.line, k.column, format!("the key '{name}' stands here a second time")));
                    }
                    // The search for duplicates is quadratic, so mappings are bounded.
                    if entries.len() >= MAX_KEYS {
                        twice = Some((k.line, k.column, format!("more than {MAX_KEYS} keys in one mapping")));
                    } else {
                        entries.push((k, node));
                    }
                }
            },
            Some(_) => {}
        }
        if let Some((line, column, message)) = twice {
            self.fail(line, column, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        let docs = parse(text);
        assert_eq!(docs.len(), 1);
        docs.into_iter().next().expect("one").expect("valid")
    }

    #[test]
    fn places_are_kept() {
        let n = one("title: a\ndetection:\n  sel:\n    - x: 'y'\n");
        let x = n.get("detection").and_then(|d| d.get("sel")).and_then(|s| s.seq()?.first()?.get("x")).expect("x");
        assert_eq!((x.line, x.column, x.text()), (4, 10, Some("y")));
    }

    #[test]
    fn quoted_values_are_never_null_or_bool() {
        let n = one("a: null\nb: 'null'\nc: true\nd: \"true\"\ne:\nf: ''\n");
        let null = |k: &str| n.get(k).is_some_and(Node::is_null);
        assert!(null("a") && !null("b") && null("e") && !null("f"));
        assert_eq!(n.get("c").and_then(Node::bool), Some(true));
        assert_eq!(n.get("d").and_then(Node::bool), None);
    }

    #[test]
    fn a_mistake_in_one_document_keeps_the_others() {
        let docs = parse("a: 1\n---\nb: 1\nb: 2\n---\nc: 3\n");
        assert_eq!(docs.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        let e = docs[1].as_ref().expect_err("duplicate");
        assert_eq!((e.line, e.column), (4, 1));
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let docs = parse("a: 1\nb: [1, 2\nc: }\n");
        let e = docs[0].as_ref().expect_err("broken");
        assert!(e.line >= 2, "{e}");
    }

    #[test]
    fn every_mistake_is_read_and_reading_goes_on() {
        let docs = read("a: 1\na: 2\nb: {<<: x}\n---\nc: [1\n---\nd: }\ne: 1\n---\nf: 1\n");
        let lines: Vec<Vec<u32>> = docs.iter().map(|d| d.errors.iter().map(|e| e.line).collect()).collect();
        assert_eq!(lines, [vec![2, 3], vec![6], vec![7], vec![]], "{docs:#?}");
        assert_eq!(docs[3].root.as_ref().and_then(|r| Some((r.line, r.get("f")?.line))), Some((10, 10)));
    }

    #[test]
    fn hostile_texts_end_quickly() {
        let broken = "---\n[\n".repeat(20_000);
        assert!(parse(&broken).iter().all(Result::is_err));
        let start = std::time::Instant::now();
        let deep = "[".repeat(200_000);
        assert!(parse(&deep)[0].is_err());
        let deep: String = (0..20_000).map(|_| "- ").collect();
        assert!(parse(&deep).iter().all(Result::is_err));
        let huge = "x".repeat(MAX_TEXT + 1);
        assert!(parse(&huge)[0].is_err());
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}
