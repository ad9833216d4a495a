//! Key scripts: from a state, by keys, to a state and to effects.

use std::collections::BTreeMap;

use secstream::tui::data::workshop::WorkReq;
use secstream::tui::msg::{Effect, Goto, Msg, Op};
use secstream::tui::state::Screen;
use secstream::tui::state::overlay::Overlay;

use super::fixture::World;

fn world() -> World {
    World::new(80, 24)
}

fn last(w: &World) -> &Effect {
    w.done.last().expect("an effect")
}

#[test]
fn screens_and_back() {
    let mut w = world();
    for (key, screen) in
        [("2", Screen::Live), ("3", Screen::Cases), ("g4", Screen::Rules), ("6", Screen::Health), ("1", Screen::Triage)]
    {
        w.press(key);
        assert_eq!(w.state.screen, screen, "{key}");
    }
    w.press("5");
    assert_eq!(w.state.screen, Screen::Triage, "5 is reserved");
    w.press("2-");
    assert_eq!(w.state.screen, Screen::Triage);
    w.press("<Esc><Esc>");
    assert!(!w.done.contains(&Effect::Quit), "Esc never quits");
    w.press("q");
    assert_eq!(last(&w), &Effect::Quit);
}

#[test]
fn a_case_is_worked_from_alert_to_export() {
    let mut w = world();
    w.press("e");
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Choice { .. })));
    w.press("n");
    assert_eq!(
        w.state.prompt.as_ref().map(|p| p.input.value().to_owned()).as_deref(),
        Some("SSH password guessing, then a log-in 183.62.140.253")
    );
    w.press("<Ctrl-u>Root on web01<Enter>");
    let Effect::Store(Op::Escalate { what, case: None, title }) = last(&w) else { panic!("{:?}", w.done) };
    assert_eq!((what.alerts.len(), title.as_str()), (1, "Root on web01"));
    w.press("3c");
    w.press("isolated<Enter>the host<Ctrl-d>");
    assert!(matches!(last(&w), Effect::Store(Op::Note { text, .. }) if text == "isolated\nthe host"));
    w.press("st");
    assert!(
        matches!(last(&w), Effect::Store(Op::CaseState { state: "closed", resolution, .. }) if resolution == "true positive")
    );
    w.press("X<Enter>");
    assert_eq!(last(&w), &Effect::Store(Op::Export { case: "IR-2026-014".into(), path: "IR-2026-014.json".into() }));
    w.press("u");
    assert_eq!(last(&w), &Effect::Store(Op::Undo));
}

#[test]
fn dismissal_needs_one_key_for_the_reason() {
    let mut w = world();
    w.press("jxxd");
    assert_eq!(w.state.triage.selected.len(), 2);
    w.press("b");
    let Effect::Store(Op::Dismiss { alerts, verdict: "benign" }) = last(&w) else { panic!("{:?}", w.done) };
    assert_eq!(alerts.len(), 2);
    assert!(w.state.triage.selected.is_empty());
    w.press("d<Esc>d");
    assert_eq!(w.done.iter().filter(|e| matches!(e, Effect::Store(_))).count(), 1);
}

#[test]
fn handled_alerts_leave_the_queue() {
    let mut w = world();
    assert_eq!(w.state.triage.shown.len(), 4);
    w.press("D");
    assert_eq!(w.state.triage.shown.len(), 5);
}

#[test]
fn filters_by_cell_and_their_list() {
    let mut w = world();
    w.press("f");
    assert_eq!(w.state.triage.filters.expression(), "entity=183.62.140.253");
    assert_eq!(w.state.triage.shown.len(), 1);
    w.press("=<Space>");
    assert_eq!(w.state.triage.shown.len(), 4);
    w.press("<Space>t");
    assert_eq!(w.state.triage.shown.len(), 3, "flipped to filter out");
    w.press("e<Ctrl-u>severity>=high<Enter>");
    assert_eq!(w.state.triage.filters.expression(), "not severity>=high");
    w.press("d<Esc>");
    assert_eq!(w.state.triage.shown.len(), 4);
    w.press("2gglll");
    w.press("lf");
    assert_eq!(w.state.live.filters.expression(), "src_ip=183.62.140.253");
    assert_eq!(w.state.live.arrived, 80);
    w.press("\\");
    assert_eq!(w.state.live.arrived, 200);
}

#[test]
fn a_wrong_expression_stays_in_the_line_with_its_error() {
    let mut w = world();
    w.press("iuser=(<Enter>");
    let p = w.state.prompt.as_ref().expect("still typing");
    assert!(p.error.as_ref().is_some_and(|e| e.contains("column")), "{:?}", p.error);
    w.press("<Ctrl-u>user=root<Enter>");
    assert!(w.state.prompt.is_none());
}

#[test]
fn pausing_counts_what_arrives() {
    let mut w = world();
    w.press("2");
    assert!(w.state.live.follow);
    assert_eq!(w.state.live.cursor.at, 199);
    w.press("<Space>");
    let generation = w.state.live.generation;
    w.send(Msg::FeedLen { generation, rows: 1200, events: 1200, scanned: 1200, playhead: None });
    assert_eq!((w.state.live.backlog(), w.state.live.cursor.at), (1000, 199));
    w.press("<Space>");
    assert!(w.state.live.follow);
    w.press("k");
    assert!(!w.state.live.follow, "looking back stops the feed");
    w.press("G");
    assert!(w.state.live.follow);
}

#[test]
fn pivot_find_and_same_entity_ask_for_the_right_thing() {
    let mut w = world();
    w.press("p");
    assert_eq!(w.state.screen, Screen::Live);
    assert!(w.state.live.filters.expression().starts_with("(timestamp>="), "{}", w.state.live.filters.expression());
    assert!(w.done.iter().any(|e| matches!(e, Effect::Go(_, Goto::Event(..)))));
    w.press("\\gg/Accepted password<Enter>");
    assert!(
        matches!(last(&w), Effect::Go(_, Goto::Hit { query, from: 1, on: true }) if query == "\"Accepted password\"")
    );
    w.press("<Esc>o");
    assert!(
        matches!(last(&w), Effect::Go(_, Goto::Hit { query, .. }) if query == "src_ip=183.62.140.253"),
        "{:?}",
        last(&w)
    );
    w.press("m");
    assert!(matches!(last(&w), Effect::Store(Op::Mark { on: true, .. })));
    w.press("@11:01<Enter>");
    assert!(matches!(last(&w), Effect::Go(_, Goto::Time(t)) if t.to_rfc3339() == "2026-03-02T11:01:00Z"));
}

#[test]
fn copies() {
    let mut w = world();
    for (keys, want) in [("yi", "183.62.140.253"), ("yr", "00000000-0000-0000-0000-000000000001")] {
        w.press(keys);
        assert_eq!(last(&w), &Effect::Copy(want.into()));
    }
    w.press("2ggyl");
    assert!(matches!(last(&w), Effect::Copy(t) if t.starts_with("Mar  2 11:00:00 web01 sshd")));
    w.press("yj");
    assert!(matches!(last(&w), Effect::Copy(t) if t.contains("\"event_type\":\"ssh_login_failed\"")));
}

#[test]
fn the_palette_runs_actions_by_name() {
    let mut w = world();
    w.press(":health<Enter>");
    assert_eq!(w.state.screen, Screen::Health);
    w.press(":<Esc>");
    assert!(w.state.overlays.is_empty());
}

#[test]
fn rebound_keys_act_and_show_in_help() {
    let keys = BTreeMap::from([("pivot".to_owned(), vec!["Q".to_owned()])]);
    let mut w = World::with_keys(80, 24, &keys);
    w.press("p");
    assert_eq!(w.state.screen, Screen::Triage);
    w.press("Q");
    assert_eq!(w.state.screen, Screen::Live);
}

#[test]
fn hang_up_keeps_the_rule_that_is_being_written() {
    let mut w = world();
    w.press("4<Enter>Gki<End> and");
    w.send(Msg::End);
    let kept =
        w.done.iter().find_map(|e| if let Effect::KeepDraft { path, text } = e { Some((path, text)) } else { None });
    let (path, text) = kept.expect("kept");
    assert!(path == "/home/ann/rules/local/ssh/success.yml" && text.contains(" and"), "{path} {text}");
}

#[test]
fn hang_up_keeps_the_note_that_is_being_written() {
    let mut w = world();
    w.press("chalf a thought");
    w.send(Msg::End);
    assert!(w.done.iter().any(|e| matches!(e, Effect::Store(Op::Note { text, .. }) if text == "half a thought")));
    assert_eq!(last(&w), &Effect::Quit);
}

#[test]
fn pasted_text_is_never_taken_for_commands() {
    let mut w = world();
    w.send(Msg::Paste("q\nd\nf".into()));
    assert!(w.done.is_empty() && w.state.overlays.is_empty());
    w.press("/");
    w.send(Msg::Paste("root\u{1b}[0m".into()));
    assert_eq!(w.state.prompt.as_ref().map(|p| p.input.value().to_owned()).as_deref(), Some("root[0m"));
}

#[test]
fn ctrl_c_cancels_first_and_leaves_on_the_second() {
    let mut w = world();
    w.press("<Ctrl-c>");
    assert!(w.done.is_empty());
    w.press("<Ctrl-c>");
    assert_eq!(last(&w), &Effect::Quit);
}

fn work(w: &World) -> Vec<&WorkReq> {
    w.done.iter().filter_map(|e| if let Effect::Work(r) = e { Some(r) } else { None }).collect()
}

#[test]
fn a_rule_is_edited_and_a_loss_needs_a_reason() {
    let mut w = world();
    w.press("4<Enter>");
    assert!(matches!(work(&w)[0], WorkReq::Open { path, line: 1, outside: false } if path == "rules/ssh/success.yml"));
    w.press("Gki<End> or sel<Esc>:w<Enter>");
    let saved = |w: &World| work(w).iter().filter(|r| matches!(r, WorkReq::Save { .. })).count();
    assert_eq!(saved(&w), 1, "nothing is lost: nothing is asked");
    assert_eq!(last(&w), &Effect::Reload);
    w.press("i<End> and not quiet<Esc>W");
    assert!(w.state.prompt.is_some());
    w.press("<Enter>");
    assert!(
        w.state.prompt.as_ref().is_some_and(|p| p.error.as_ref().is_some_and(|e| e.contains("a reason is needed")))
    );
    assert_eq!(saved(&w), 1);
    w.press("known scanner<Enter>");
    let Some(WorkReq::Save { path, text, .. }) = work(&w).into_iter().rfind(|r| matches!(r, WorkReq::Save { .. }))
    else {
        panic!("not saved")
    };
    assert_eq!(path, "/home/ann/rules/local/ssh/success.yml");
    assert!(text.starts_with("# 2026-03-02 ann: loses 2 true hits (IR-2026-014): known scanner\ntitle:"), "{text}");
    assert!(w.done.iter().any(|e| matches!(e, Effect::Store(Op::Note { text, .. }) if text.contains("known scanner"))));
}

#[test]
fn a_broken_rule_is_not_saved_and_an_edit_is_not_lost_by_a_key() {
    let mut w = world();
    w.press("4eGki<End> and<Esc>");
    w.press("W");
    assert!(w.state.toast.as_ref().is_some_and(|t| t.bad && t.text.contains("would not load")), "{:?}", w.state.toast);
    assert!(!work(&w).iter().any(|r| matches!(r, WorkReq::Save { .. })));
    w.press("q");
    assert!(w.state.rules.work.is_some(), "asked first");
    w.press("<Esc>");
    assert!(w.state.rules.work.is_some(), "Esc takes the question back");
    w.press("q");
    assert!(w.state.rules.work.is_some(), "and it is asked again");
    w.press("1q");
    assert!(w.state.rules.work.is_some() && !w.done.contains(&Effect::Quit), "nor with the program");
    w.press("R");
    assert!(!w.state.rules.work.as_ref().is_some_and(|x| x.modified()));
    w.press("q");
    assert!(w.state.rules.work.is_none());
}

#[test]
fn a_filter_is_drafted_from_an_alert_and_lost_events_are_gone_to() {
    let mut w = world();
    w.press("Ta");
    let Some(WorkReq::Tune { fields, signed, .. }) = work(&w).get(1) else { panic!("{:?}", w.done) };
    assert!(fields.contains(&("src_ip".into(), "183.62.140.253".into())) && signed == "ann, 2026-03-02");
    assert!(w.state.rules.work.as_ref().is_some_and(|x| x.draft));
    w.press("<Tab>j<Enter>");
    assert_eq!(w.state.screen, Screen::Live);
    assert!(matches!(last(&w), Effect::Go(_, Goto::Position(1))), "{:?}", last(&w));
}

#[test]
fn no_keys_whatever_break_the_state() {
    let keys: Vec<&str> = vec![
        "j",
        "k",
        "<Ctrl-d>",
        "<Ctrl-u>",
        "gg",
        "G",
        "h",
        "l",
        "<Tab>",
        "<Enter>",
        "<Esc>",
        "-",
        "1",
        "2",
        "3",
        "4",
        "6",
        ":",
        "?",
        "/a<Enter>",
        "n",
        "N",
        "f",
        "F",
        "\\",
        "=",
        "<Space>",
        "o",
        "p",
        "]",
        "[",
        "M",
        "{",
        "}",
        "z",
        "Z",
        "<",
        ">",
        "tw",
        "x",
        "*",
        "e",
        "d",
        "t",
        "c",
        "m",
        "D",
        "r",
        "s",
        "a",
        "X",
        "P",
        "yy",
        "yj",
        "v",
        "w",
        "C",
        "<Ctrl-c>x",
        "i",
        "u",
        "W",
        "T",
        "<Esc><Esc>",
        "B",
    ];
    let mut w = World::new(60, 20);
    let mut x = 99u64;
    for step in 0..4000 {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        w.press(keys[(x >> 33) as usize % keys.len()]);
        if step % 97 == 0 {
            let size = [(60, 20), (160, 48), (40, 10), (1, 1), (80, 24)][step % 5];
            w.send(Msg::Resize(size.0, size.1));
        }
        let t = secstream::tui::record::render_text(&w.state, &secstream::tui::theme::Theme::default());
        assert_eq!(t.lines().count(), usize::from(w.state.size.1));
    }
}

#[test]
fn an_unknown_field_is_doubted_with_the_nearest_name() {
    let mut w = world();
    w.send(Msg::Fields(std::sync::Arc::new(vec!["CommandLine".to_owned(), "exit_code".to_owned()])));
    w.press("2iusr=root");
    let doubt = w.state.prompt.as_ref().and_then(|p| p.warning.clone()).expect("a doubt while typing");
    assert_eq!(doubt, "no event seen has a field 'usr'; nearest: user");
    w.press("<Enter>");
    assert_eq!(w.state.toast.as_ref().map(|t| (t.text.as_str(), t.bad)), Some((doubt.as_str(), true)));
    assert_eq!(w.state.live.filters.expression(), "usr=root", "it is done nevertheless");
    for known in ["user=root", "CommandLine=x", "exit_code=1", "severity>=high", "\"any words\"", "ip=10.0.0.0/8"] {
        w.press(&format!("\\i{known}"));
        assert_eq!(w.state.prompt.as_ref().and_then(|p| p.warning.clone()), None, "{known}");
        w.press("<Esc>");
    }
    w.press("1iprocess=sshd");
    let doubt = w.state.prompt.as_ref().and_then(|p| p.warning.clone());
    assert_eq!(doubt.as_deref(), Some("no alert has a field 'process'"));
    w.press("<Ctrl-u>score>=80<Enter>");
    assert_eq!((w.state.triage.shown.len(), w.state.toast.clone()), (2, None));
}

#[test]
fn an_alert_opens_with_its_evidence_in_one_step() {
    let mut w = world();
    w.press("<Enter>");
    assert!(w.state.triage.opened && w.state.pane == 1);
    let text = secstream::tui::record::render_text(&w.state, &secstream::tui::theme::Theme::default());
    assert!(text.contains("why CRIT 97.5") && text.contains("evidence 312") && !text.contains("ENTITY"), "{text}");
    w.press("]");
    assert_eq!(w.state.triage.cursor.at, 1, "the next alert takes its place");
    w.press("e");
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Choice { title, .. }) if title.contains("alert")));
    w.press("<Esc>j<Enter>");
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Detail(_))), "Enter again opens the event");
    w.press("<Esc><Esc>");
    assert!(!w.state.triage.opened && w.state.pane == 0);
    assert_eq!(w.state.triage.cursor.at, 1);
}

#[test]
fn the_cursor_stays_on_its_alert_once_somebody_works_with_it() {
    let more = |first: u8, w: &World| {
        let mut all = (*w.state.triage.all).clone();
        let mut a = (*all[1].alert).clone();
        a.id = format!("{first:032x}");
        a.score = 99.0 + f64::from(first) / 100.0;
        all.push(secstream::tui::data::AlertView { alert: std::sync::Arc::new(a), ..all[1].clone() });
        Msg::Alerts(std::sync::Arc::new(all))
    };
    let id = |w: &World| w.state.triage.current().map(|v| v.alert.id.clone()).expect("an alert");
    for (keys, moves) in [("", true), ("2", true), ("j", false), ("l", false), ("x", false), ("<Enter>", false)] {
        let mut w = world();
        w.press(keys);
        let before = id(&w);
        w.send(more(90, &w));
        if keys == "2" {
            w.press("1");
        }
        assert_eq!(id(&w) != before, moves, "{keys}");
        assert_eq!(w.state.triage.cursor.at == 0, moves, "{keys}");
    }
    // The log is read again: the alert is gone for a moment, and comes back.
    let mut w = world();
    w.press("jj");
    let (before, all) = (id(&w), w.state.triage.all.clone());
    w.send(Msg::Alerts(std::sync::Arc::default()));
    w.send(Msg::Alerts(std::sync::Arc::new(all[..1].to_vec())));
    w.send(Msg::Alerts(all));
    assert_eq!(id(&w), before);
}

#[test]
fn a_feed_that_is_stopped_before_its_first_page_has_all_that_is_there() {
    let mut w = World::new(160, 48);
    // Somebody decided something before the feed was ever looked at.
    w.send(Msg::FeedStale);
    // Keys come faster than rows are read.
    for c in "2gg".chars() {
        secstream::tui::update::update(&mut w.state, Msg::Key(secstream::tui::key::Key::char(c)));
    }
    assert_eq!((w.state.live.shown, w.state.live.backlog()), (200, 0));
}
