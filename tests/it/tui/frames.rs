//! Every screen at three sizes: as text, and without colours as marks.

use secstream::tui::caps::Colours;
use secstream::tui::record::{render_marks, render_svg, render_text};
use secstream::tui::theme::{BUILT_IN, Theme};

use super::fixture::World;

const SIZES: [(u16, u16); 3] = [(80, 24), (160, 48), (40, 12)];

fn check(name: &str, keys: &str) {
    for (w, h) in SIZES {
        let mut world = World::new(w, h);
        world.press(keys);
        let text = render_text(&world.state, &Theme::built_in("dark", Colours::True));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name} {w}x{h}");
        assert_eq!(text.lines().count(), usize::from(h));
        insta::assert_snapshot!(format!("{name}_{w}x{h}"), text);
        let marks = render_marks(&world.state, &Theme::built_in("mono", Colours::None));
        assert!(marks.contains('^'), "{name} {w}x{h}: nothing is reversed, the cursor cannot be seen\n{marks}");
        insta::assert_snapshot!(format!("{name}_{w}x{h}_mono"), marks);
    }
}

#[test]
fn triage() {
    check("triage", "");
}

#[test]
fn live() {
    check("live", "2kkkk");
}

#[test]
fn cases() {
    check("cases", "3");
}

#[test]
fn rules() {
    check("rules", "4");
}

#[test]
fn rule_editor() {
    check("rule_editor", "4<Enter>");
    check("rule_editor_lost", "4<Enter>Gki<End> and not quiet<Esc><Tab>j");
}

#[test]
fn health() {
    check("health", "6");
}

#[test]
fn overlays() {
    for (name, keys) in [
        ("help", "?"),
        ("alert_opened", "<Enter>j"),
        ("unknown_field", "2iusr=root"),
        ("palette", ":esc"),
        ("dismiss", "d"),
        ("case_picker", "e"),
        ("note", "cchecked with the admin<Enter>second line"),
        ("filters", "fllF="),
        ("prefix", "y"),
        ("find_hit", "2g g/Accepted<Enter>"),
        ("bad_filter", "2iuser=("),
        ("rule_complete", "4<Enter>Gkosrc_ip|c"),
        ("rule_error", "4<Enter>Gki<End> and"),
        ("rule_diff", "4<Enter>Gki<End> and not quiet<Esc>D"),
        ("rule_field_help", "4<Enter>ggjjjjjjK"),
        ("propose", "4F"),
        ("tune_fields", "T"),
        ("rule_reason", "4<Enter>Gki<End> and not quiet<Esc>:w<Enter><Enter>"),
    ] {
        let mut world = World::new(80, 24);
        world.press(keys);
        insta::assert_snapshot!(
            format!("overlay_{name}"),
            render_text(&world.state, &Theme::built_in("dark", Colours::True))
        );
    }
}

#[test]
fn hostile_characters_are_marks_on_every_view_of_the_event() {
    let mut world = World::new(80, 24);
    world.press("2ggjjjjjjj");
    for keys in ["", "v", "v<Enter>", "v"] {
        world.press(keys);
        for (name, _) in BUILT_IN {
            let t = render_text(&world.state, &Theme::built_in(name, Colours::C16));
            assert!(t.contains('␛'), "{keys}: {t}");
            assert!(t.contains("<U+202E>"), "{keys}: {t}");
            assert!(!t.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'));
        }
    }
}

#[test]
fn any_size_is_drawn_and_small_ones_say_what_they_need() {
    for screen in ["1", "2", "3", "4", "6", "?", ":", "e", "d", "c", "2<Enter>"] {
        let mut world = World::new(80, 24);
        world.press(screen);
        for w in (1..=200).step_by(7) {
            for h in (1..=60).step_by(3) {
                world.send(secstream::tui::msg::Msg::Resize(w, h));
                let t = render_text(&world.state, &Theme::built_in("dark", Colours::C256));
                assert_eq!(t.lines().count(), usize::from(h));
                if w < 40 || h < 10 {
                    assert!("need 40x10".starts_with(t.lines().next().unwrap_or("").trim_end()), "{w}x{h}: {t}");
                }
            }
        }
    }
}

#[test]
fn ascii_terminals_get_every_screen_in_ascii() {
    for keys in ["", "2kkkk", "3", "4", "4<Enter>", "6", "?", ":esc", "d", "e", "cnote", "f=", "2<Enter>", "2<Enter>v"]
    {
        for (w, h) in SIZES {
            let mut world = World::new(w, h);
            world.state.facts.ascii = true;
            world.press(keys);
            let t = render_text(&world.state, &Theme::built_in("ansi16", Colours::C16));
            assert!(t.is_ascii(), "{keys} {w}x{h}: {t}");
            assert_eq!(t.lines().count(), usize::from(h));
        }
    }
    let mut world = World::new(80, 24);
    world.state.facts.ascii = true;
    insta::assert_snapshot!("triage_ascii", render_text(&world.state, &Theme::built_in("mono", Colours::None)));
    world.press("2ggjjjjjjjv");
    insta::assert_snapshot!("live_raw_ascii", render_text(&world.state, &Theme::built_in("mono", Colours::None)));
}

#[test]
fn a_picture_is_well_formed() {
    let svg = render_svg(&World::new(160, 48).state, &Theme::built_in("dark", Colours::True));
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    assert!(svg.contains("183.62.140.253"));
}

#[test]
fn losses_are_said_on_the_narrowest_screen() {
    let mut world = World::new(40, 10);
    let mut snap = (*world.state.snap).clone();
    snap.rule_problems = std::sync::Arc::default();
    snap.totals.late = 7;
    world.send(secstream::tui::msg::Msg::Session(std::sync::Arc::new(snap), 0.0));
    let t = render_text(&world.state, &Theme::built_in("dark", Colours::True));
    assert!(t.lines().next().is_some_and(|l| l.contains("late 7")), "{t}");
}
