//! The pictures of docs/screens: what the built program draws on a terminal,
//! working on the demo's log. `UPDATE_DOCS=1 cargo test --test it screens`
//! takes them again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use secstream::tui::record::buffer_svg;

use super::term::Term;

const SIZE: (u16, u16) = (160, 42);

/// Name, keys one after the other with what to wait for, each.
const SCREENS: &[(&str, &[(&str, &str)])] = &[
    ("triage", &[("", "11 of ")]),
    ("live", &[("2", "of 2,833 events"), ("[", "of 2,833 events")]),
    (
        "case",
        &[("1", "11 of "), ("e", "a new case"), ("n", "title of the new case"), ("\r", "10 of "), ("3", "IR-2026")],
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens")
}

fn colour(c: vt100::Color) -> Color {
    match c {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(i) => Color::Indexed(i),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

/// What the emulator shows, as cells.
fn cells(screen: &vt100::Screen) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    for y in 0..SIZE.1 {
        for x in 0..SIZE.0 {
            let (Some(from), to) = (screen.cell(y, x), &mut buf[(x, y)]) else { continue };
            to.set_symbol(if from.has_contents() { from.contents() } else { " " });
            to.set_fg(colour(from.fgcolor())).set_bg(colour(from.bgcolor()));
            for (on, m) in [
                (from.bold(), Modifier::BOLD),
                (from.dim(), Modifier::DIM),
                (from.underline(), Modifier::UNDERLINED),
                (from.inverse(), Modifier::REVERSED),
            ] {
                to.modifier.set(m, on);
            }
        }
    }
    buf
}

#[test]
fn screens_are_the_programs_own() {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let home = tempfile::tempdir().unwrap();
        let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/incident.log");
        fs::copy(log, home.path().join("incident.log")).unwrap();
        let mut c = Command::new(env!("CARGO_BIN_EXE_secstream"));
        c.args(["tui", "incident.log", "--year", "2026", "--db", "cases.db", "--analyst", "ada", "--theme", "dark"]);
        let mut term = Term::start(c, SIZE, home.path(), &[("COLORTERM", "truecolor")]);
        fs::create_dir_all(folder()).unwrap();
        for (name, steps) in SCREENS {
            for (keys, shows) in *steps {
                term.press(keys);
                term.wait_for(shows);
                term.settle(Duration::from_millis(500));
            }
            fs::write(folder().join(format!("{name}.svg")), buffer_svg(&cells(term.screen.screen()))).unwrap();
        }
        term.press("q");
        let _ = term.child.wait();
    }
    for (name, _) in SCREENS {
        let svg = fs::read_to_string(folder().join(format!("{name}.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && svg.contains("secstream"), "{name}");
    }
}
