//! A terminal emulator must show the frame that was meant, whatever came before.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::*;

fn buf(lines: &[(&str, Style)], w: u16) -> Buffer {
    let mut b = Buffer::empty(Rect::new(0, 0, w, lines.len() as u16));
    for (y, (t, s)) in lines.iter().enumerate() {
        b.set_string(0, y as u16, t, *s);
    }
    tidy(&mut b);
    b
}

fn parser(rows: u16, cols: u16) -> vt100::Parser {
    let n = |v| std::num::NonZeroU16::new(v).expect("not zero");
    vt100::Parser::new(n(rows), n(cols), 0)
}

fn paint(old: &Buffer, new: &Buffer) -> Vec<u8> {
    let mut out = Vec::new();
    Painter { sync: false }.frame(old, new, (None, None), &mut out);
    out
}

/// Fails where the terminal shows something else than the frame.
fn shown(term: &vt100::Parser, frame: &Buffer, what: &str) {
    let colour = |c: Color| match c {
        Color::Indexed(i) => vt100::Color::Idx(i),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        _ => vt100::Color::Default,
    };
    for y in 0..frame.area.height {
        let mut x = 0;
        while x < frame.area.width {
            let want: &Cell = frame.cell((x, y)).expect("a cell");
            let is = term.screen().cell(y, x).expect("a cell");
            let text = if is.has_contents() { is.contents() } else { " " };
            assert_eq!(text, want.symbol(), "{what}: text at {x},{y}\n{}", term.screen().contents());
            assert_eq!(is.bgcolor(), colour(want.bg), "{what}: ground at {x},{y}");
            let m = |m| want.modifier.contains(m);
            assert_eq!(
                (is.inverse(), is.underline()),
                (m(Modifier::REVERSED), m(Modifier::UNDERLINED)),
                "{what}: look at {x},{y}"
            );
            if want.symbol() != " " {
                assert_eq!(is.fgcolor(), colour(want.fg), "{what}: colour at {x},{y}");
                assert_eq!((is.bold(), is.dim()), (m(Modifier::BOLD), m(Modifier::DIM)), "{what}: weight at {x},{y}");
            }
            x += cell_width(want) as u16;
        }
    }
}

#[test]
fn equal_frames_write_nothing() {
    let a = buf(&[("hello", Style::new())], 20);
    let mut out = Vec::new();
    Painter { sync: true }.frame(&a, &a, (Some((1, 0)), Some((1, 0))), &mut out);
    assert!(out.is_empty());
}

#[test]
fn what_arrives_is_what_was_drawn() {
    let s = Style::new().fg(Color::Indexed(9)).add_modifier(Modifier::BOLD);
    let frames = [
        buf(&[("plain text here", Style::new()), ("宽字符 and more", s), ("", Style::new())], 24),
        buf(&[("plain next there, longer", s), ("x", Style::new()), ("宽", Style::new())], 24),
        buf(&[("", Style::new()), ("x宽y宽", Style::new().bg(Color::Rgb(1, 2, 3))), ("abc", s)], 24),
    ];
    let mut old = Buffer::empty(Rect::new(0, 0, 24, 3));
    let mut term = parser(3, 24);
    for new in &frames {
        term.process(&paint(&old, new));
        shown(&term, new, "frames");
        old = new.clone();
    }
}

#[test]
fn controls_never_leave() {
    let mut b = buf(&[("ab", Style::new())], 4);
    b.content[0].set_symbol("\x1b[31m");
    let out = paint(&Buffer::empty(b.area), &b);
    assert!(!out.windows(5).any(|w| w == b"\x1b[31m"), "{out:?}");
}

/// A small generator: the same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    fn style(&mut self) -> Style {
        let looks = [
            Style::new(),
            Style::new().fg(Color::Rgb(1, 200, 30)),
            Style::new().fg(Color::Indexed(12)).add_modifier(Modifier::BOLD),
            Style::new().add_modifier(Modifier::REVERSED),
            Style::new().bg(Color::Indexed(3)).fg(Color::Indexed(0)),
            Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
            Style::new().add_modifier(Modifier::DIM),
        ];
        // One look replaces another: what is bold and dim at once depends on the terminal.
        Style::reset().patch(looks[self.roll(looks.len())])
    }

    fn words(&mut self) -> String {
        let words = ["Failed ", "  ", "password", " 宽字", "10.0.0.7 ", "│", "─────", "e\u{301}", "x", "            "];
        (0..self.roll(6)).map(|_| words[self.roll(words.len())]).collect()
    }
}

/// What happens to screens: lines move, words change, panes open, all goes.
fn change(d: &mut Dice, b: &mut Buffer) {
    let (w, h) = (usize::from(b.area.width), usize::from(b.area.height));
    match d.roll(6) {
        0 | 1 => {
            let (top, by) = (d.roll(h), 1 + d.roll(3));
            let bottom = top + d.roll(h - top);
            let up = d.roll(2) == 0;
            let before = b.clone();
            for y in top..=bottom {
                let from = if up { y + by } else { y.wrapping_sub(by) };
                for x in 0..w {
                    b.content[y * w + x] = if (top..=bottom).contains(&from) {
                        before.content[from * w + x].clone()
                    } else {
                        Cell::default()
                    };
                }
            }
        }
        2 => b.reset(),
        _ => {}
    }
    for _ in 0..d.roll(7) {
        let (x, y) = (d.roll(w) as u16, d.roll(h) as u16);
        let (text, style) = (d.words(), d.style());
        b.set_stringn(x, y, &text, w - usize::from(x), style);
        if d.roll(3) == 0 {
            b.set_style(Rect::new(x, y, (w as u16 - x).min(5), 1), d.style());
        }
    }
}

#[test]
fn any_frame_after_any_other_arrives() {
    for (w, h, seed) in [(24u16, 8u16, 1u64), (80, 24, 2), (7, 30, 3), (160, 48, 4), (1, 1, 5), (40, 10, 6)] {
        let mut d = Dice(seed);
        let mut old = Buffer::empty(Rect::new(0, 0, w, h));
        let mut term = parser(h, w);
        let mut frame = old.clone();
        for n in 0..600 {
            change(&mut d, &mut frame);
            let mut new = frame.clone();
            tidy(&mut new);
            let bytes = paint(&old, &new);
            term.process(&bytes);
            shown(&term, &new, &format!("{w}x{h}, frame {n}, {:?}", String::from_utf8_lossy(&bytes)));
            old = new;
        }
    }
}

#[test]
fn lines_that_moved_are_moved_by_the_terminal() {
    let lines: Vec<String> =
        (0..40).map(|n| format!("{n} Failed password for root from 10.0.0.{n} port {}", n * 977)).collect();
    let page = |top: usize| {
        let mut all = vec![("heads of the columns", Style::new())];
        all.extend(lines[top..top + 20].iter().map(|l| (l.as_str(), Style::new())));
        all.push(("the last line", Style::new()));
        buf(&all, 80)
    };
    for (from, to) in [(3, 4), (4, 3), (0, 10), (10, 2)] {
        let (old, new) = (page(from), page(to));
        let bytes = paint(&old, &new);
        let new_lines = usize::abs_diff(from, to);
        assert!(bytes.len() < 40 + 60 * new_lines, "{} bytes for {new_lines} lines", bytes.len());
        let mut term = parser(22, 80);
        term.process(&paint(&Buffer::empty(old.area), &old));
        term.process(&bytes);
        shown(&term, &new, "moved");
    }
}
