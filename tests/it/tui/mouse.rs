//! Wheel and clicks do what keys do; off, the terminal keeps them.

use secstream::tui::caps::Colours;
use secstream::tui::key::Key;
use secstream::tui::msg::{Button, Effect, Goto, Mouse, Msg, Op};
use secstream::tui::record::render_text;
use secstream::tui::state::Screen;
use secstream::tui::state::overlay::Overlay;
use secstream::tui::theme::Theme;

use super::fixture::World;

fn frame(w: &World) -> String {
    render_text(&w.state, &Theme::built_in("dark", Colours::True))
}

fn mouse(w: &mut World, button: Button, x: u16, y: u16) {
    w.send(Msg::Mouse(Mouse { button, x, y }));
}

/// Clicks on the first place where that text stands on the screen.
fn click(w: &mut World, text: &str) {
    let t = frame(w);
    let (y, x) = t
        .lines()
        .enumerate()
        .find_map(|(y, l)| l.find(text).map(|at| (y, l[..at].chars().count())))
        .unwrap_or_else(|| panic!("no '{text}' in\n{t}"));
    mouse(w, Button::Left, x as u16, y as u16);
}

#[test]
fn clicks_go_to_tabs_rows_cells_and_open_what_is_under_the_cursor() {
    let mut w = World::new(80, 24);
    for (tab, screen) in
        [("2 Live", Screen::Live), ("4 Rules", Screen::Rules), ("3 Cases", Screen::Cases), ("1 Triage", Screen::Triage)]
    {
        click(&mut w, tab);
        assert_eq!(w.state.screen, screen);
    }
    click(&mut w, "Root log-in");
    assert_eq!((w.state.triage.cursor.at, w.state.triage.column), (2, 5), "row and cell");
    w.press("f");
    assert_eq!(w.state.triage.filters.expression(), "(rule=\"Root log-in\")");
    w.press("\\");
    click(&mut w, "Root log-in");
    assert!(w.state.triage.opened, "a click on what is under the cursor opens it");
    let row = |w: &World| frame(w).lines().position(|l| l.starts_with(" 11:00:10")).expect("evidence");
    let y = row(&w);
    mouse(&mut w, Button::Left, 3, y as u16);
    assert_eq!(w.state.triage.evidence_at.at, 2);
    w.press("<Esc>2gg");
    click(&mut w, "db01");
    assert_eq!((w.state.live.cursor.at, w.state.live.column), (2, 2));
    click(&mut w, "db01");
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Detail(_))));
}

#[test]
fn a_click_on_the_histogram_goes_to_its_time() {
    let mut w = World::new(80, 24);
    w.press("2");
    mouse(&mut w, Button::Left, 29, 2);
    let Some(Effect::Go(_, Goto::Time(t))) = w.done.last() else { panic!("{:?}", w.done) };
    // 58 columns are two hours.
    let t = t.to_rfc3339();
    assert!(("2026-03-02T11:50:00Z".."2026-03-02T12:05:00Z").contains(&t.as_str()), "{t}");
    assert!(!w.state.live.follow);
}

#[test]
fn dialogs_are_answered_and_closed_by_clicks() {
    let mut w = World::new(80, 24);
    w.press("d");
    click(&mut w, "benign: it happened");
    assert!(matches!(w.done.last(), Some(Effect::Store(Op::Dismiss { verdict: "benign", .. }))), "{:?}", w.done);
    w.press("d");
    mouse(&mut w, Button::Left, 0, 23);
    assert!(w.state.overlays.is_empty(), "beside it closes it");
    w.press(":hea");
    click(&mut w, "sources, counts");
    assert_eq!(w.state.screen, Screen::Health);
    w.press("1cwords");
    mouse(&mut w, Button::Left, 0, 0);
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Note { .. })), "what is written stays");
    w.press("<Ctrl-c>iuser=root<Enter>=");
    click(&mut w, "user=root");
    assert!(!w.state.triage.filters.list[0].on, "a click on the filter under the cursor switches it");
}

#[test]
fn the_wheel_moves_what_is_under_the_pointer() {
    let mut w = World::new(80, 24);
    w.press("2gg");
    mouse(&mut w, Button::WheelDown, 10, 8);
    assert_eq!(w.state.live.cursor.at, 3);
    w.press("G");
    mouse(&mut w, Button::WheelUp, 10, 8);
    assert!(!w.state.live.follow && w.state.live.cursor.at == 196);
    w.press("?");
    mouse(&mut w, Button::WheelDown, 10, 8);
    let Some(Overlay::Help(c)) = w.state.overlays.last() else { panic!() };
    assert_eq!(c.at, 3);
    // The pane below the queue moves, and keys stay with the queue.
    w.press("<Esc>1");
    let g = w.state.geometry();
    mouse(&mut w, Button::WheelDown, 5, g.side.y + 1);
    assert_eq!((w.state.triage.cursor.at, w.state.pane, w.state.triage.evidence_at.at), (0, 0, 3));
}

#[test]
fn the_rule_editor_takes_clicks() {
    let mut w = World::new(80, 24);
    w.press("4<Enter>");
    click(&mut w, "ssh_login_failed");
    let at = w.state.rules.work.as_ref().map(|w| w.source.cursor());
    assert_eq!(at, Some((5, 16)));
}

#[test]
fn no_place_and_no_order_of_clicks_breaks_the_state() {
    let mut w = World::new(60, 20);
    let keys = ["2", "1", "3", "4", "6", "<Enter>", "?", ":", "e", "d", "=", "c", "<Esc>", "<Esc>", "i", "gg", "T"];
    let mut x = 5u64;
    for step in 0..4000 {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let r = (x >> 33) as usize;
        let button = [Button::Left, Button::Left, Button::WheelUp, Button::WheelDown][r % 4];
        mouse(&mut w, button, (r / 7 % 200) as u16, (r / 1400 % 60) as u16);
        if step % 3 == 0 {
            w.press(keys[r / 11 % keys.len()]);
        }
        if step % 97 == 0 {
            let size = [(60, 20), (160, 48), (40, 10), (1, 1), (80, 24)][step % 5];
            w.send(Msg::Resize(size.0, size.1));
        }
        assert_eq!(frame(&w).lines().count(), usize::from(w.state.size.1));
    }
}

#[test]
fn the_palette_switches_it() {
    let mut w = World::new(80, 24);
    w.press(":mouse<Enter>");
    assert!(w.state.mouse && w.done.last() == Some(&Effect::Mouse(true)));
    assert!(w.state.toast.as_ref().is_some_and(|t| t.text.contains("Shift")));
    w.press(":mouse<Enter>");
    assert_eq!(w.done.last(), Some(&Effect::Mouse(false)));
    assert!(Key::parse("Alt-x").is_none());
}
