//! The page's frame, and text that is safe in it.

use crate::event::sanitize;

/// The style: readable on paper, in light and in dark.
const STYLE: &str = "\
:root{--ink:#1b1e24;--dim:#5b6270;--ground:#fff;--line:#d5d9e0;--bar:#8a94a6;--info:#5b6270;--low:#2a6f97;--medium:#8a6d00;--high:#b34700;--critical:#b00020}\
@media(prefers-color-scheme:dark){:root{--ink:#d7dae0;--dim:#9aa2b1;--ground:#11141a;--line:#2a303b;--bar:#5d6778;--info:#9aa2b1;--low:#6cb6e0;--medium:#e0c050;--high:#ff9a5a;--critical:#ff6b7d}}\
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:0 auto;max-width:1100px;padding:1.5rem}\
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;border-bottom:1px solid var(--line);margin:2rem 0 .6rem}\
.sum{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.4rem 1.4rem}.sum b{font-size:1.3rem}\
table{border-collapse:collapse;margin:.4rem 0}caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{text-align:left;vertical-align:top;padding:.15rem .7rem .15rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}\
th{color:var(--dim);font-weight:500}.tops{display:flex;flex-wrap:wrap;gap:1rem 2.5rem}\
details{border-bottom:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}summary b{display:inline-block;min-width:5.2em}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:12.5px/1.4 ui-monospace,monospace;margin:.4rem 0;padding:.5rem;border-left:3px solid var(--line)}\
code{font:12px ui-monospace,monospace}dt{color:var(--dim);float:left;clear:left;min-width:8em}dd{margin:0 0 0 8.5em}\
.info{color:var(--info)}.low{color:var(--low)}.medium{color:var(--medium)}.high{color:var(--high)}.critical{color:var(--critical)}\
svg{width:100%;height:auto}svg .e{fill:var(--bar)}svg text{fill:var(--dim);font:11px ui-monospace,monospace}svg .info{fill:var(--info)}svg .low{fill:var(--low)}\
svg .medium{fill:var(--medium)}svg .high{fill:var(--high)}svg .critical{fill:var(--critical)}\
@media print{details>*{display:block}}";

/// A page while it is written.
#[derive(Debug)]
pub(super) struct Page(String);

impl Page {
    /// The head of a page.
    pub(super) fn new(title: &str) -> Self {
        let mut p = Self(String::with_capacity(64 << 10));
        p.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        p.raw(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        );
        p.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
        p.text(title);
        p.raw("</title><style>");
        p.raw(STYLE);
        p.raw("</style></head><body>\n");
        p
    }

    /// Markup of ours.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text of anybody's.
    pub(super) fn text(&mut self, of: &str) {
        self.0.push_str(&text(of));
    }

    /// The page, ended.
    pub(super) fn end(mut self) -> String {
        self.raw("</main></body></html>\n");
        self.0
    }
}

/// Text made visible and without meaning as markup.
pub(super) fn text(of: &str) -> String {
    let clean = sanitize(of);
    let mut out = String::with_capacity(clean.len() + 8);
    for c in clean.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
