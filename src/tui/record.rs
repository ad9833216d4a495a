//! Screens as text or SVG, for documents and tests: drawn by the same views as
//! the terminal's.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

use super::state::State;
use super::theme::Theme;
use super::view;

/// The screen as lines of text, without trailing blanks.
#[must_use]
pub fn render_text(state: &State, theme: &Theme) -> String {
    let (buf, _) = view::render(state, theme);
    let width = usize::from(buf.area.width).max(1);
    let mut out = String::new();
    for row in buf.content.chunks(width) {
        let mut line = String::new();
        let mut skip = 0;
        for c in row {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(c.symbol());
            skip = c.symbol().width().saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen as lines of text, each followed by a line of marks where cells
/// are reversed (`^`), bold (`*`) or underlined (`_`): for tests without colours.
#[must_use]
pub fn render_marks(state: &State, theme: &Theme) -> String {
    let (buf, _) = view::render(state, theme);
    let width = usize::from(buf.area.width).max(1);
    let text = render_text(state, theme);
    let mut out = String::new();
    for (line, row) in text.lines().zip(buf.content.chunks(width)) {
        out.push_str(line);
        out.push('\n');
        let marks: String = row
            .iter()
            .map(|c| match c.modifier {
                m if m.contains(Modifier::REVERSED) => '^',
                m if m.contains(Modifier::UNDERLINED) => '_',
                m if m.contains(Modifier::BOLD) => '*',
                _ => ' ',
            })
            .collect();
        if !marks.trim().is_empty() {
            out.push_str(marks.trim_end());
            out.push('\n');
        }
    }
    out
}

const CELL: (f64, f64) = (8.4, 18.0);

/// The screen as an SVG picture with a dark ground.
#[must_use]
pub fn render_svg(state: &State, theme: &Theme) -> String {
    let (buf, _) = view::render(state, theme);
    buffer_svg(&buf)
}

/// A screen's cells as an SVG picture with a dark ground.
#[must_use]
pub fn buffer_svg(buf: &Buffer) -> String {
    svg(buf, "#11141a", "#d7dae0")
}

fn svg(buf: &Buffer, ground: &str, ink: &str) -> String {
    let (w, h) = (buf.area.width, buf.area.height);
    let (pw, ph) = (f64::from(w) * CELL.0 + 16.0, f64::from(h) * CELL.1 + 16.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {pw:.0} {ph:.0}\" width=\"{pw:.0}\" height=\"{ph:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{ground}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for (y, row) in buf.content.chunks(usize::from(w).max(1)).enumerate() {
        let mut x = 0;
        while x < row.len() {
            let Some(c) = row.get(x) else { break };
            let mut text = String::new();
            let start = x;
            while let Some(d) = row.get(x).filter(|d| same_look(c, d)) {
                let cells = d.symbol().width().max(1);
                text.push_str(d.symbol());
                x += cells;
                // Wide characters end a run: their columns must not drift.
                if cells > 1 {
                    break;
                }
            }
            piece(&mut out, c, &text, (start, y), x - start, (ground, ink));
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn same_look(a: &Cell, b: &Cell) -> bool {
    a.fg == b.fg && a.bg == b.bg && a.modifier == b.modifier
}

fn piece(out: &mut String, c: &Cell, text: &str, (x, y): (usize, usize), cells: usize, (ground, ink): (&str, &str)) {
    let (mut fg, mut bg) = (colour(c.fg).unwrap_or_else(|| ink.to_owned()), colour(c.bg));
    if c.modifier.contains(Modifier::REVERSED) {
        let old = std::mem::replace(&mut fg, bg.unwrap_or_else(|| ground.to_owned()));
        bg = Some(old);
    }
    let (px, py) = (8.0 + x as f64 * CELL.0, 8.0 + y as f64 * CELL.1);
    let width = cells as f64 * CELL.0;
    if let Some(bg) = bg {
        let _ = writeln!(
            out,
            "<rect x=\"{px:.1}\" y=\"{py:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if c.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let line = if c.modifier.contains(Modifier::UNDERLINED) { " text-decoration=\"underline\"" } else { "" };
    let faint = if c.modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
    let safe = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{px:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" fill=\"{fg}\"{weight}{line}{faint}>{safe}</text>",
        py + 13.5
    );
}

/// A colour as SVG; `None` for the terminal's own.
fn colour(c: Color) -> Option<String> {
    const PALETTE: [&str; 16] = [
        "#1b1f27", "#e06c75", "#98c379", "#d19a66", "#61afef", "#c678dd", "#56b6c2", "#d7dae0", "#5c6370", "#ff7a85",
        "#b5e08c", "#e5c07b", "#7fb4ff", "#d9a0f0", "#7fd7c4", "#ffffff",
    ];
    match c {
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Indexed(i) if i < 16 => PALETTE.get(usize::from(i)).map(|s| (*s).to_owned()),
        Color::Indexed(i) if i >= 232 => {
            let v = 8 + 10 * (i - 232);
            Some(format!("#{v:02x}{v:02x}{v:02x}"))
        }
        Color::Indexed(i) => {
            let n = i - 16;
            let level = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
            Some(format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6)))
        }
        _ => None,
    }
}
