//! What a terminal shows is what was drawn, whatever keys came before: the bytes
//! of each frame go to an emulator, and its cells are held to those of the frame.

use std::num::NonZeroU16;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use secstream::tui::caps::Colours;
use secstream::tui::msg::Msg;
use secstream::tui::paint::{Painter, tidy};
use secstream::tui::theme::Theme;
use secstream::tui::view;

use super::fixture::World;

fn emulator(w: u16, h: u16) -> vt100::Parser {
    let n = |n| NonZeroU16::new(n).expect("a size");
    vt100::Parser::new(n(h), n(w), 0)
}

fn colour(c: Color) -> vt100::Color {
    match c {
        Color::Indexed(i) => vt100::Color::Idx(i),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        _ => vt100::Color::Default,
    }
}

fn compare(screen: &vt100::Screen, frame: &Buffer, what: &str) {
    for y in 0..frame.area.height {
        for x in 0..frame.area.width {
            let want = frame.cell((x, y)).expect("a cell");
            let is = screen.cell(y, x).expect("a cell");
            // The second half of a wide character.
            if want.symbol().is_empty() {
                continue;
            }
            let text = if is.has_contents() { is.contents() } else { " " };
            assert_eq!(text, want.symbol(), "{what}: text at {x},{y}\n{}", screen.contents());
            let look = (is.bgcolor(), is.inverse(), is.underline());
            let m = |m| want.modifier.contains(m);
            assert_eq!(look, (colour(want.bg), m(Modifier::REVERSED), m(Modifier::UNDERLINED)), "{what}: {x},{y}");
            // What is bold and dim at once depends on the terminal.
            if text != " " && !m(Modifier::DIM) {
                assert_eq!((is.fgcolor(), is.bold()), (colour(want.fg), m(Modifier::BOLD)), "{what}: {x},{y}");
            }
        }
    }
}

const KEYS: &[&str] = &[
    "j",
    "j",
    "j",
    "j",
    "k",
    "k",
    "k",
    "<C-d>",
    "<C-u>",
    "<PageDown>",
    "<PageUp>",
    "gg",
    "G",
    "1",
    "2",
    "2",
    "3",
    "4",
    "6",
    "h",
    "l",
    "<Tab>",
    "<Enter>",
    "<Esc>",
    "q",
    "?",
    ":",
    "/port<Enter>",
    "n",
    "N",
    "f",
    "F",
    "\\",
    "=",
    "v",
    "z",
    "Z",
    "x",
    "m",
    "d",
    "e",
    "c",
    "D",
    "<Space>",
    "y",
    "o",
    "p",
];

/// The next of a row of numbers that is the same every time.
fn roll(x: &mut u64, n: usize) -> usize {
    *x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*x >> 33) as usize % n
}

fn keys_and_sizes(theme: &Theme, size: (u16, u16), seed: u64) {
    let sizes = [size, (80, 24), (160, 48), (40, 10), (120, 30), (39, 9)];
    let mut x = seed;
    let (mut w, mut h) = size;
    let mut world = World::new(w, h);
    let mut term = emulator(w, h);
    let (mut shown, mut cursor) = (Buffer::empty(Rect::new(0, 0, w, h)), None);
    for n in 0..300 {
        let key = if roll(&mut x, 40) == 0 {
            (w, h) = sizes[roll(&mut x, sizes.len())];
            world.send(Msg::Resize(w, h));
            // As the program does it: all is forgotten and drawn anew.
            (term, shown, cursor) = (emulator(w, h), Buffer::empty(Rect::new(0, 0, w, h)), None);
            "another size"
        } else {
            let key = KEYS[roll(&mut x, KEYS.len())];
            world.press(key);
            key
        };
        let (mut frame, to) = view::render(&world.state, theme);
        tidy(&mut frame);
        let mut bytes = Vec::new();
        Painter { sync: true }.frame(&shown, &frame, (cursor, to), &mut bytes);
        term.process(&bytes);
        compare(term.screen(), &frame, &format!("seed {seed}, step {n}, {key}, {w}x{h}"));
        if let Some((x, y)) = to {
            assert_eq!(term.screen().cursor_position(), (y, x), "step {n}, {key}");
        }
        (shown, cursor) = (frame, to);
    }
}

#[test]
fn the_terminal_shows_what_was_drawn_whatever_keys_came() {
    let looks = [("dark", Colours::True), ("light", Colours::C256), ("ansi16", Colours::C16), ("mono", Colours::None)];
    for (n, (name, colours)) in looks.into_iter().enumerate() {
        let theme = Theme::built_in(name, colours);
        keys_and_sizes(&theme, (80, 24), 7 + n as u64);
        keys_and_sizes(&theme, (160, 48), 70 + n as u64);
    }
}
