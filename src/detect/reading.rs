//! Rule files read to documents, several at a time: reading YAML is most of
//! what loading a large rule set takes. What comes out does not depend on the
//! number of threads.

use std::thread;

use super::RuleFile;
use super::pipelines::Among;
use super::sigma::collection;
use super::sigma::rule::{self, Body, Document, Meta};
use super::sigma::yaml::{self, Node, YamlError};

/// Fewer files than this for each thread are not worth one.
const SHARE: usize = 64;
/// Most threads.
const MAX_THREADS: usize = 8;

/// A document, or what can be said of one that is wrong.
pub(super) type Read = Result<Box<Document>, (Box<Meta>, YamlError)>;

/// The documents of each file, in the order of the files.
pub(super) fn documents(files: &[RuleFile]) -> Vec<Vec<Read>> {
    if files.iter().all(|f| f.pipelines.is_none()) {
        return spread(files.iter().collect(), file);
    }
    // Pipelines change a rule with its filters, whatever file those stand in.
    let docs = spread(files.iter().collect(), nodes);
    let among = Among::of(files, &docs);
    spread(files.iter().zip(&docs).collect(), |(f, docs)| read(f, docs, &among))
}

/// Does something with each of many, on several threads where that pays; the
/// results are in order.
pub(super) fn spread<T: Send, R: Send>(all: Vec<T>, each: impl Fn(T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(MAX_THREADS).min(all.len() / SHARE);
    spread_on(all, each, threads)
}

fn spread_on<T: Send, R: Send>(mut all: Vec<T>, each: impl Fn(T) -> R + Sync, threads: usize) -> Vec<R> {
    if threads < 2 {
        return all.into_iter().map(each).collect();
    }
    let many = all.len();
    let mut shares = Vec::new();
    for n in (0..threads).rev() {
        shares.push(all.split_off(n * many / threads));
    }
    // Not even one thread's share is done on the caller's own: the memory that
    // is given back with the documents goes to threads that come later.
    thread::scope(|s| {
        let each = &each;
        let done: Vec<_> =
            shares.into_iter().rev().map(|c| s.spawn(move || c.into_iter().map(each).collect::<Vec<_>>())).collect();
        let joined = done.into_iter().map(|t| t.join().unwrap_or_else(|e| std::panic::resume_unwind(e)));
        joined.flatten().collect()
    })
}

fn file(f: &RuleFile) -> Vec<Read> {
    read(f, &nodes(f), &Among::default())
}

/// The documents of a file as they stand in it, its actions applied.
pub(super) fn nodes(f: &RuleFile) -> Vec<Result<Node, YamlError>> {
    if f.error.is_some() { Vec::new() } else { collection::expand(yaml::parse(&f.text)) }
}

/// The documents of a file whose YAML was read already, through its pipelines.
pub(super) fn read(f: &RuleFile, docs: &[Result<Node, YamlError>], among: &Among) -> Vec<Read> {
    let one = |doc: &Result<Node, YamlError>| match doc {
        Ok(node) => {
            let wrong = |e, node: &Node| (Box::new(rule::meta(node)), e);
            match f.pipelines.as_ref().map(|p| p.apply(node, among)) {
                None => rule::parse(node).map(Box::new).map_err(|e| wrong(e, node)),
                Some(Ok(changed)) => match rule::parse(&changed) {
                    Ok(mut d) => {
                        if let Body::Detection(_, detection) = &mut d.body {
                            detection.filtered = true;
                        }
                        Ok(Box::new(d))
                    }
                    Err(e) => Err(wrong(e, &changed)),
                },
                Some(Err(e)) => Err(wrong(e, node)),
            }
        }
        Err(e) => Err((Box::default(), e.clone())),
    };
    docs.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_on_any_number_of_threads() {
        let files: Vec<RuleFile> = (0..50)
            .map(|i| {
                let text = if i % 7 == 0 {
                    "a: [".to_owned()
                } else {
                    format!("title: t{i}\nlevel: high\n---\ntitle: u{i}\nlevel: low\n")
                };
                RuleFile::new(format!("{i}.yml"), text)
            })
            .collect();
        let said = |threads| format!("{:?}", spread_on(files.iter().collect(), file, threads));
        assert!(said(1).contains("u48"));
        for threads in [2, 3, 7, 50] {
            assert_eq!(said(threads), said(1), "{threads}");
        }
    }
}
