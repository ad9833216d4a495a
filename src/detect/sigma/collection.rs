//! Files of several documents: `action: global | reset | repeat`.

use super::yaml::{Node, Value, YamlError};

/// Applies the actions of a file's documents in order; mistakes pass through.
#[must_use]
pub fn expand(docs: Vec<Result<Node, YamlError>>) -> Vec<Result<Node, YamlError>> {
    let has_action = |d: &Result<Node, YamlError>| d.as_ref().is_ok_and(|n| n.get("action").is_some());
    if !docs.iter().any(has_action) {
        return docs;
    }
    let mut out = Vec::new();
    let mut global: Option<Node> = None;
    let mut last: Option<Node> = None;
    for doc in docs {
        let mut node = match doc {
            Ok(n) => n,
            Err(e) => {
                out.push(Err(e));
                continue;
            }
        };
        let action = node.get("action").and_then(Node::text).unwrap_or("").to_owned();
        let place = node.get("action").map_or((node.line, node.column), |a| (a.line, a.column));
        if let Value::Map(entries) = &mut node.value {
            entries.retain(|(k, _)| k.text() != Some("action"));
        }
        match action.as_str() {
            "global" => match &mut global {
                Some(g) => merge(g, node),
                None => global = Some(node),
            },
            "reset" => global = None,
            "repeat" | "" => {
                let base = if action == "repeat" { last.clone() } else { global.clone() };
                let full = match base {
                    Some(mut b) => {
                        b.line = node.line;
                        b.column = node.column;
                        merge(&mut b, node);
                        b
                    }
                    None => node,
                };
                last = Some(full.clone());
                out.push(Ok(full));
            }
            other => {
                let message = format!("unknown action '{other}'; expected global, reset or repeat");
                out.push(Err(YamlError { line: place.0, column: place.1, message }));
            }
        }
    }
    out
}

/// Puts `over` on top of `base`; mappings are merged key by key.
fn merge(base: &mut Node, over: Node) {
    match (&mut base.value, over.value) {
        (Value::Map(below), Value::Map(above)) => {
            for (k, v) in above {
                match below.iter_mut().find(|(b, _)| b.text() == k.text()) {
                    Some((_, old)) => merge(old, v),
                    None => below.push((k, v)),
                }
            }
        }
        (_, value) => *base = Node { line: over.line, column: over.column, value },
    }
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    #[test]
    fn actions() {
        let text = "action: global\ntitle: A\nlogsource: {product: x}\n---\nlevel: low\nlogsource: {service: y}\n---\n\
                    action: repeat\nlevel: high\n---\naction: reset\n---\ntitle: B\n---\naction: dance\n";
        let docs = expand(yaml::parse(text));
        let get = |i: usize, k: &str| docs[i].as_ref().ok().and_then(|d| d.get(k)?.text().map(str::to_owned));
        assert_eq!((get(0, "title"), get(0, "level")), (Some("A".into()), Some("low".into())));
        let ls = docs[0].as_ref().expect("ok").get("logsource").expect("merged");
        assert!(ls.get("product").is_some() && ls.get("service").is_some());
        assert_eq!((get(1, "title"), get(1, "level")), (Some("A".into()), Some("high".into())));
        assert_eq!((get(2, "title"), get(2, "level")), (Some("B".into()), None));
        assert!(docs[3].as_ref().is_err_and(|e| e.line == 15));
    }
}
