//! `cases show`: one case for people, or as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Failure, ShowArgs, case_json, open_for, print_json, seconds};
use crate::cli::words::count;
use crate::event::{Ts, sanitize};
use crate::store::{AlertRow, CaseDetail, CaseId, EventInfo, Note};

pub(super) fn show(args: &ShowArgs, out: &mut dyn Write) -> Result<u8, Failure> {
    let store = open_for(&args.store, &args.id)?;
    let case = store.case(&CaseId(args.id.clone()))?;
    if args.json {
        print_json(out, &detail_json(&case))?;
    } else {
        detail_text(&case, out)?;
    }
    Ok(0)
}

fn detail_json(c: &CaseDetail) -> Value {
    let mut doc = case_json(&c.row);
    doc["resolution"] = json!(c.row.resolution);
    doc["opened_by"] = json!(c.row.opened_by);
    doc["closed"] = json!(c.row.closed);
    doc["tags"] = json!(c.row.tags);
    doc["notes"] = c.notes.iter().map(note_json).collect();
    doc["items"] = c.alerts.iter().map(alert_json).chain(c.events.iter().map(event_json)).collect();
    doc["timeline"] =
        c.timeline.iter().map(|t| json!({"time": t.time, "by": t.by, "target": t.target, "text": t.text})).collect();
    doc
}

fn note_json(n: &Note) -> Value {
    json!({"id": n.id, "time": n.time, "by": n.writer, "text": n.text})
}

fn alert_json(a: &AlertRow) -> Value {
    json!({
        "kind": "alert", "id": a.id, "rule": a.rule, "rule_id": a.rule_id, "severity": a.severity, "score": a.score,
        "timestamp": a.timestamp, "last": a.last, "entity": a.entity, "count": a.count, "message": a.message,
        "techniques": a.techniques, "status": a.status, "verdict": a.verdict, "reason": a.reason,
        "given_by": a.given.0, "withdrawn": a.withdrawn, "withdrawn_by": a.withdrawn_by, "decided_by": a.decided_by, "decided_at": a.decided_at, "tags": a.tags,
    })
}

fn event_json(e: &EventInfo) -> Value {
    json!({
        "kind": "event", "id": e.event.key, "source": e.event.source, "offset": e.event.offset, "line": e.event.line,
        "timestamp": e.event.time, "sha256": e.event.sha256, "raw": raw(e), "marked_by": e.marked_by, "tags": e.tags,
    })
}

fn raw(e: &EventInfo) -> String {
    String::from_utf8_lossy(e.event.raw.as_deref().unwrap_or_default()).into_owned()
}

fn detail_text(c: &CaseDetail, out: &mut dyn Write) -> io::Result<()> {
    let row = &c.row;
    writeln!(out, "{}  {}", row.id, sanitize(&row.title))?;
    let assignee = row.assignee.as_deref().unwrap_or("nobody");
    writeln!(
        out,
        "{}, {}, assigned to {}, opened {} by {}",
        row.severity,
        row.state.as_str().replace('_', " "),
        sanitize(assignee),
        seconds(row.opened),
        sanitize(&row.opened_by)
    )?;
    if let Some(resolution) = &row.resolution {
        writeln!(out, "closed {}: {}", seconds(row.closed), sanitize(resolution))?;
    }
    if !row.tags.is_empty() {
        writeln!(out, "tags: {}", sanitize(&row.tags.join(", ")))?;
    }
    writeln!(out, "\n{} on {}", count(row.alerts, "alert"), count(row.events, "record"))?;
    for a in &c.alerts {
        alert_text(a, out)?;
    }
    for e in &c.events {
        let source = e.event.source.as_deref().unwrap_or("-");
        entry(out, e.event.time, &format!("{source}:{}", e.event.line), &raw(e))?;
    }
    if !c.notes.is_empty() {
        writeln!(out, "\nnotes")?;
    }
    for n in &c.notes {
        entry(out, n.time, &n.writer, &n.text)?;
    }
    writeln!(out, "\ntimeline")?;
    for t in &c.timeline {
        entry(out, t.time, t.by.as_deref().unwrap_or("log"), &t.text)?;
    }
    Ok(())
}

fn alert_text(a: &AlertRow, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "  {:<8} {:>5.1}  {}  {} ({}), {}  {}",
        a.severity,
        a.score,
        seconds(a.timestamp),
        sanitize(&a.rule),
        sanitize(&a.entity),
        a.count,
        a.techniques.join(" ")
    )?;
    if let Some(at) = a.withdrawn {
        let by = a.withdrawn_by.as_deref().map(|who| format!(" by {}'s reading", sanitize(who))).unwrap_or_default();
        writeln!(out, "           withdrawn {}{by}: the rules no longer give it from these logs", seconds(at))?;
    }
    if let Some(verdict) = a.verdict {
        let reason = a.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
        let by = a.decided_by.as_deref().unwrap_or("-");
        let text = format!("{} by {by}{reason}", verdict.as_str().replace('_', " "));
        writeln!(out, "           {}", sanitize(&text))?;
    }
    Ok(())
}

/// One entry; further lines of its text are indented below the first.
fn entry(out: &mut dyn Write, time: Ts, who: &str, text: &str) -> io::Result<()> {
    let mut lines = text.lines();
    writeln!(out, "  {}  {}: {}", seconds(time), sanitize(who), sanitize(lines.next().unwrap_or_default()))?;
    for line in lines {
        writeln!(out, "      {}", sanitize(line))?;
    }
    Ok(())
}
