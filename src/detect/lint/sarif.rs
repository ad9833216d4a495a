//! Findings as SARIF 2.1.0, for code scanning and editors.

use serde_json::{Value, json};

use super::{CODES, Finding, Level};

/// One SARIF document of all findings.
#[must_use]
pub fn sarif(findings: &[Finding]) -> Value {
    let level = |l: Level| match l {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let rules: Vec<Value> = (CODES.iter())
        .map(|(code, severity, text)| {
            json!({"id": code, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level(*severity)}})
        })
        .collect();
    let results: Vec<Value> = (findings.iter())
        .map(|f| {
            let text = if f.hint.is_empty() { f.message.clone() } else { format!("{}. {}", f.message, f.hint) };
            let mut result = json!({
                "ruleId": f.code, "level": level(f.severity), "message": {"text": text},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&f.path)},
                    "region": {"startLine": f.line.max(1), "startColumn": f.column.max(1)},
                }}],
            });
            if let (Some(at), Some(o)) = (CODES.iter().position(|c| c.0 == f.code), result.as_object_mut()) {
                o.insert("ruleIndex".into(), at.into());
            }
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "secstream", "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A path as a relative reference or a file URI; what a URI cannot hold is escaped.
fn uri(path: &str) -> String {
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for b in path.bytes() {
        let c = char::from(b);
        if c.is_ascii_alphanumeric() || "-._~/".contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_become_results() {
        let f = Finding {
            path: "my rules/a.yml".into(),
            line: 3,
            column: 5,
            severity: Level::Warning,
            code: "unknown-field",
            message: "m".into(),
            hint: "h".into(),
        };
        let doc = sarif(&[f]);
        let r = &doc["runs"][0]["results"][0];
        assert_eq!((&r["level"], &r["message"]["text"]), (&"warning".into(), &"m. h".into()));
        let place = &r["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
            (&"my%20rules/a.yml".into(), &3.into())
        );
        let at = r["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(doc["runs"][0]["tool"]["driver"]["rules"][at]["id"], "unknown-field");
    }
}
