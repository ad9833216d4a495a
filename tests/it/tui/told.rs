//! What the screen tells of where one stands: header, messages, marks.

use std::collections::BTreeMap;
use std::sync::Arc;

use secstream::pipeline::{Latency, Phase};
use secstream::tui::caps::Colours;
use secstream::tui::data::workshop::WorkReq;
use secstream::tui::msg::{Effect, Msg};
use secstream::tui::record::render_text;
use secstream::tui::theme::Theme;

use super::fixture::{World, alerts, at, case, cases, rules, snapshot};

fn screen(w: &World) -> String {
    render_text(&w.state, &Theme::built_in("dark", Colours::True))
}

fn line(w: &World, n: usize) -> String {
    screen(w).lines().nth(n).unwrap_or_default().to_owned()
}

fn playhead(w: &mut World, to: i64) {
    let generation = w.state.live.generation;
    w.send(Msg::FeedLen { generation, rows: 200, events: 200, scanned: 200, playhead: Some(at(to)) });
}

#[test]
fn the_header_tells_where_a_replay_stands_once_a_second() {
    for (width, height) in [(80, 24), (160, 48)] {
        let mut w = World::new(width, height);
        w.state.live.play.speed = 60.0;
        playhead(&mut w, 1_800);
        let first = line(&w, 0);
        assert!(first.contains("25% 11:30:00 ×60"), "{first}");
        assert!(first.contains("dropped 0"), "{first}");
        // A moment later nothing moves; a second later it does.
        playhead(&mut w, 1_830);
        assert_eq!(line(&w, 0), first);
        w.state.now.0 += 1_000_000;
        playhead(&mut w, 1_860);
        assert!(line(&w, 0).contains("11:31:00 ×60"), "{}", line(&w, 0));
        // Sent elsewhere, it is told at once.
        playhead(&mut w, 7_200);
        assert!(line(&w, 0).contains("100% 13:00:00"), "{}", line(&w, 0));
        playhead(&mut w, 600);
        assert!(line(&w, 0).contains("11:10:00"), "{}", line(&w, 0));
    }
}

#[test]
fn the_header_tells_the_lag_of_a_log_that_grows() {
    let mut w = World::new(80, 24);
    w.state.facts.follow = true;
    let mut live = |lag: Option<u64>| {
        let mut snap = snapshot();
        snap.phase = Phase::Waiting;
        snap.latency = lag.map(std::time::Duration::from_millis).map(|p99| Latency { p50: p99, p99, batches: 1 });
        w.send(Msg::Session(Arc::new(snap), 8_100.0));
        line(&w, 0)
    };
    assert!(live(None).contains("lag -"));
    let quick = live(Some(12));
    assert!(quick.contains("LIVE") && quick.contains("lag <1s"), "{quick}");
    // Digits that nobody can see the meaning of cost no bytes.
    assert_eq!(live(Some(480)), quick);
    assert!(live(Some(2_130)).contains("lag 2.1s"));
}

#[test]
fn the_case_at_hand_and_the_span_of_time_stand_beside_the_tabs() {
    let mut w = World::new(160, 48);
    assert!(line(&w, 1).contains("case IR-2026-014 (in progress, 1 alert)"), "{}", line(&w, 1));
    assert!(!line(&w, 0).contains("──"), "the histogram tells it");
    w.press("3");
    assert!(line(&w, 0).contains("11:00:00──13:00:00"), "{}", line(&w, 0));
    let mut w = World::new(80, 24);
    w.state.live.play.speed = 60.0;
    playhead(&mut w, 1_800);
    w.press("6");
    assert!(line(&w, 0).contains("11:30:00 ×60") && line(&w, 0).contains("dropped 0"), "{}", line(&w, 0));
    // Where a replay at a pace needs the room its clock tells more.
    w.state.live.play.speed = 0.0;
    w.state.facts.name = "auth-web01.log".into();
    w.state.snap = Arc::new(secstream::pipeline::Snapshot { rule_problems: Arc::default(), ..snapshot() });
    assert!(line(&w, 0).contains(" 11:00──13:00"), "{}", line(&w, 0));
    assert!(line(&w, 1).contains(" IR-2026-014 "), "{}", line(&w, 1));
    w.state.triage.open = [10; 5];
    assert!(line(&w, 1).contains("…014 CRIT 10"), "{}", line(&w, 1));
    // Closed cases are nobody's at hand.
    let mut list = cases();
    list[0].state = "closed".into();
    w.send(Msg::Cases(Arc::new(list)));
    assert!(!line(&w, 1).contains("014"), "{}", line(&w, 1));
}

#[test]
fn one_long_state_takes_no_column_from_all_cases() {
    for (width, height) in [(80, 24), (160, 48)] {
        let mut w = World::new(width, height);
        let mut list = cases();
        let mut closed = list[0].clone();
        (closed.id, closed.state) = ("IR-2026-013".into(), "closed".into());
        closed.resolution = Some("false positive".into());
        list.push(closed);
        w.send(Msg::Cases(Arc::new(list)));
        w.press("3");
        let text = screen(&w);
        let head = text.lines().find(|l| l.contains("STATE")).unwrap_or_default();
        assert!(head.contains(" N ") && head.contains("WHO") && head.contains("TITLE"), "{head}");
        assert!(text.contains("closed FP"), "{text}");
        assert!(head.contains("OPENED") || width == 160, "{head}");
    }
}

#[test]
fn find_on_cases_looks_into_the_timeline_too() {
    let mut w = World::new(80, 24);
    w.press("3/isolated<Enter>");
    assert_eq!((w.state.pane, w.state.cases.items.at), (1, 2));
    assert!(!screen(&w).contains("not found"));
    w.press("/opened the<Enter>");
    assert_eq!((w.state.pane, w.state.cases.items.at), (1, 1));
    // A title is found from there too, and what is nowhere is said to be.
    w.press("/compromise<Enter>");
    assert_eq!(w.state.pane, 0);
    w.press("/nowhere<Enter>");
    assert!(screen(&w).contains("'nowhere' not found"));
    assert_eq!(case().items.len(), 3);
}

#[test]
fn a_marked_row_keeps_its_mark_under_the_cursor() {
    let mut w = World::new(80, 24);
    w.press("2");
    w.send(Msg::FeedGo { generation: w.state.live.generation, row: 121, hit: None });
    assert!(w.state.live.current().is_some_and(|r| r.marked));
    let text = screen(&w);
    assert!(text.lines().any(|l| l.starts_with('◆')), "{text}");
    w.press("j");
    assert!(screen(&w).lines().any(|l| l.starts_with('▌')));
}

#[test]
fn ascii_says_before_and_after() {
    let mut w = World::new(80, 24);
    w.state.facts.ascii = true;
    assert!(screen(&w).contains("pivot +-5m"), "{}", screen(&w));
    w.press("2p");
    assert!(screen(&w).contains("+-5 min around"), "{}", screen(&w));
}

#[test]
fn a_rule_that_was_just_broken_is_told_with_its_line() {
    let mut w = World::new(80, 24);
    // What was broken from the start is no news.
    assert!(w.state.toast.is_none(), "{:?}", w.state.toast);
    let mut all = rules();
    all[1].loaded = false;
    all[1].line = 9;
    all[1].reason = Some("unknown modifier 'startz'".into());
    w.send(Msg::Rules(Arc::new(all.clone())));
    let said = w.state.toast.clone().expect("a message");
    assert!(said.bad && said.text.contains("invalid.yml:9") && said.text.contains("startz"), "{said:?}");
    w.press("j");
    w.send(Msg::Rules(Arc::new(all)));
    assert!(w.state.toast.is_none(), "told once");
}

#[test]
fn u_after_a_suppression_is_about_that() {
    let mut w = World::new(80, 24);
    w.press("Se").press("a scanner of ours<Enter><Enter>");
    assert!(screen(&w).contains("takes it out"), "{}", screen(&w));
    w.done.clear();
    w.press("u");
    assert!(screen(&w).contains("take sup-1 out?"), "{}", screen(&w));
    w.press("y");
    assert!(w.done.contains(&Effect::Work(WorkReq::Unrule("sup-1".into()))), "{:?}", w.done);
    // From then on u is about the store again, as it is after another step.
    w.press("u");
    assert!(w.done.contains(&Effect::Store(secstream::tui::msg::Op::Undo)), "{:?}", w.done);
}

#[test]
fn about_names_the_theme_in_use() {
    let mut w = World::new(80, 24);
    for name in ["dark", "light"] {
        w.send(Msg::Theme(name.into()));
        w.press(":about<Enter>");
        assert!(screen(&w).contains(&format!("theme    {name}")), "{}", screen(&w));
        w.press("<Esc>");
    }
}

#[test]
fn a_year_that_was_given_is_said_to_be_given_everywhere() {
    for (from, word) in [("", "year given"), ("the file's time", "year inferred")] {
        let mut w = World::new(160, 48);
        let mut snap = snapshot();
        let mut sources = (*snap.sources).clone();
        sources[0].year_from = from;
        snap.sources = Arc::new(sources);
        w.send(Msg::Session(Arc::new(snap), 0.0));
        w.press("2G");
        assert!(screen(&w).contains(&format!("({word})")), "{}", screen(&w));
        w.press("<Enter>G");
        let detail = screen(&w);
        assert!(detail.lines().any(|l| l.contains("time") && l.contains(word)), "{detail}");
    }
}

#[test]
fn text_that_no_alert_has_is_looked_for_in_records_on_live() {
    let mut w = World::new(80, 24);
    w.press("isshd<Enter>");
    assert!(screen(&w).contains("i on Live looks into the records"), "{}", screen(&w));
    w.press("\\iroot<Enter>");
    assert!(!screen(&w).contains("i on Live"), "{}", screen(&w));
}

#[test]
fn long_lines_of_rules_show_that_they_go_on() {
    let mut w = World::new(80, 24);
    w.press("4<Enter>i");
    w.press(&"long ".repeat(30)).press("<Esc>j");
    assert!(screen(&w).lines().any(|l| l.contains("long") && l.contains('…')), "{}", screen(&w));
}

#[test]
fn keys_that_do_nothing_here_say_where_they_do() {
    let mut w = World::new(80, 24);
    let said = |w: &World| w.state.toast.as_ref().map(|t| t.text.clone()).unwrap_or_default();
    for (keys, want) in [
        ("@", "@ (go to time) works on Live"),
        ("5", "5 does nothing here; ? shows the keys"),
        ("gx", "g x does nothing here; ? shows the keys"),
        ("4U", "U (redo) works in the rule editor"),
        ("g<Esc>", ""),
    ] {
        w.press(keys);
        assert_eq!(said(&w), want, "{keys}");
    }
}

#[test]
fn suspend_and_redraw_go_through_what_is_typed() {
    for keys in ["/half", "chalf", ":half", "d", "2@11", "4<Enter>ihalf"] {
        let mut w = World::new(80, 24);
        w.press(keys);
        let (prompt, overlays) = (w.state.prompt.clone().map(|p| p.input.value().to_owned()), w.state.overlays.len());
        w.press("<Ctrl-z>");
        assert_eq!(w.done.last(), Some(&Effect::Suspend), "{keys}");
        w.press("<Ctrl-l>");
        assert_eq!(w.done.last(), Some(&Effect::Redraw), "{keys}");
        let now = w.state.prompt.clone().map(|p| p.input.value().to_owned());
        assert_eq!((now, w.state.overlays.len()), (prompt, overlays), "{keys}: it stays");
    }
    // Bound to a letter, the letter is text where text is typed.
    let keys = BTreeMap::from([("suspend".to_owned(), vec!["Q".to_owned()])]);
    let mut w = World::with_keys(80, 24, &keys);
    w.press("/Q");
    assert_eq!(w.state.prompt.as_ref().map(|p| p.input.value()), Some("Q"));
}

#[test]
fn the_histogram_is_zoomed_around_what_the_cursor_is_on() {
    let window = |w: &World| w.state.window.map(|(a, b)| ((a.0 - at(0).0) / 1_000_000, (b.0 - at(0).0) / 1_000_000));
    // In the queue the alert: whole where it fits, else its beginning, where its mark stands.
    for (last, want) in [(3600, (1500, 5100)), (7000, (1200, 4800))] {
        let mut w = World::new(80, 24);
        let mut all = alerts();
        let a = Arc::make_mut(&mut all[0].alert);
        (a.timestamp, a.last) = (at(3000), at(last));
        w.send(Msg::Alerts(Arc::new(all)));
        w.press("z");
        assert_eq!(window(&w), Some(want));
    }
    // In the feed the row.
    let mut w = World::new(80, 24);
    w.press("2gg<Ctrl-d><Ctrl-d>zzz");
    let row = w.state.live.current().expect("a row").row.time;
    let (from, to) = w.state.window.expect("zoomed");
    assert!(from <= row && row <= to, "{from:?} {row:?} {to:?}");
    assert!((to.0 - from.0) < 1000 * 1_000_000);
}

#[test]
fn alerts_that_the_store_alone_has_are_said_to_be_there() {
    let mut w = World::new(120, 34);
    assert!(!screen(&w).contains("in the store alone"));
    w.send(Msg::Older(true));
    assert!(screen(&w).contains("older ones in the store alone"), "{}", screen(&w));
    w.send(Msg::Older(false));
    assert!(!screen(&w).contains("in the store alone"));
}
