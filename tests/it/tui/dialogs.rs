//! What asks and what answers: typed lines with something in them, dialogs that
//! name what they are about, and keys that do what help says.

use std::sync::Arc;

use secstream::pipeline::RulingHits;
use secstream::tui::action::{ACTIONS, Act, Places};
use secstream::tui::caps::Colours;
use secstream::tui::data::workshop::WorkReq;
use secstream::tui::msg::{Effect, Msg, Op};
use secstream::tui::record::{render_marks, render_text};
use secstream::tui::state::Screen;
use secstream::tui::state::overlay::Overlay;
use secstream::tui::theme::Theme;

use super::fixture::World;

fn frame(w: &World) -> String {
    render_text(&w.state, &Theme::built_in("dark", Colours::True))
}

fn typed(w: &World) -> String {
    w.state.prompt.as_ref().map(|p| p.input.value().to_owned()).unwrap_or_default()
}

#[test]
fn the_first_key_replaces_what_stands_in_a_line_and_arrows_edit_it() {
    for (open, with) in [("3T", "SSH compromise web01"), ("3a", "ann"), ("3X", "IR-2026-014.json"), ("2C", "timestamp")]
    {
        let mut w = World::new(80, 24);
        w.press(open);
        assert!(typed(&w).starts_with(with), "{open}: {}", typed(&w));
        let whole = typed(&w);
        let mut edited = World::new(80, 24);
        w.press("xy");
        assert_eq!(typed(&w), "xy", "{open}");
        edited.press(open).press("<End>xy");
        assert_eq!(typed(&edited), format!("{whole}xy"), "{open}");
    }
    let mut w = World::new(80, 24);
    w.press("3T");
    insta::assert_snapshot!("prompt_selected", render_marks(&w.state, &Theme::built_in("mono", Colours::None)));
}

/// The first alert covers the second and the fourth.
fn with_covered() -> World {
    let mut w = World::new(80, 24);
    let mut all = (*w.state.triage.all).clone();
    let id = all[0].alert.id.clone();
    for i in [1, 3] {
        let mut a = (*all[i].alert).clone();
        a.covered_by = Some(id.clone());
        all[i].alert = Arc::new(a);
    }
    w.send(Msg::Alerts(Arc::new(all)));
    w
}

#[test]
fn a_dismissal_names_what_it_is_about_and_what_goes_along() {
    let mut w = with_covered();
    assert_eq!((w.state.triage.open, w.state.triage.covered), ([0, 0, 1, 0, 1], 2));
    let head = frame(&w);
    assert!(head.contains("CRIT 1 HIGH 0 MED 1 LOW 0") && head.contains("2 of 5 alerts (2 covered)"), "{head}");
    w.press("d");
    insta::assert_snapshot!("dismiss_covered", frame(&w));
    w.press("f");
    let Some(Effect::Store(Op::Dismiss { alerts, .. })) = w.done.last() else { panic!("{:?}", w.done) };
    assert_eq!(alerts.len(), 3, "the covered ones go along, as was said");

    let mut w = World::new(80, 24);
    w.press("xxxd");
    let Some(Overlay::Choice { title, about, .. }) = w.state.overlays.last() else { panic!() };
    assert_eq!(title, "dismiss 3 alerts because they are");
    assert_eq!(about.len(), 3, "{about:?}");
    // In the smallest screen the answers stay.
    w.send(Msg::Resize(40, 10));
    let t = frame(&w);
    assert!(t.contains("false positive") && t.contains("back in an hour"), "{t}");
}

#[test]
fn an_alert_that_another_covers_gives_it_the_cursor() {
    let mut w = World::new(80, 24);
    w.press("jj");
    let under = w.state.triage.current().map(|v| v.alert.id.clone());
    let mut all = (*w.state.triage.all).clone();
    let at = all.iter().position(|v| Some(&v.alert.id) == under.as_ref()).expect("there");
    let mut a = (*all[at].alert).clone();
    a.covered_by = Some(all[0].alert.id.clone());
    all[at].alert = Arc::new(a);
    w.send(Msg::Alerts(Arc::new(all.clone())));
    assert_eq!(w.state.triage.current().map(|v| &v.alert.id), Some(&all[0].alert.id));
}

#[test]
fn the_score_is_whole_on_a_narrow_screen() {
    let mut w = World::new(80, 24);
    let mut all = (*w.state.triage.all).clone();
    let mut a = (*all[0].alert).clone();
    a.score_parts = ["level", "volume", "entity_risk", "other_rules", "confidence", "stage", "rarity"]
        .iter()
        .map(|n| ((*n).to_owned(), 13.9))
        .collect();
    a.score = 97.3;
    all[0].alert = Arc::new(a);
    w.send(Msg::Alerts(Arc::new(all)));
    w.press("<Enter>");
    let t = frame(&w);
    let sum: usize = t.matches("13.9").count();
    assert_eq!(sum, 7, "{t}");
    assert!(t.lines().any(|l| l.starts_with("         + ") || l.starts_with("         ")), "hangs below itself: {t}");
}

#[test]
fn what_find_says_is_true_after_another_jump() {
    let mut w = World::new(80, 24);
    w.press("2gg/root<Enter>");
    let go = |w: &mut World, row: u64, hit| {
        let generation = w.state.live.generation;
        w.send(Msg::FeedGo { generation, row, hit });
    };
    go(&mut w, 5, Some((2, 81)));
    assert!(frame(&w).contains("hit 2 of 81"));
    w.press("o");
    go(&mut w, 6, Some((4, 80)));
    let t = frame(&w);
    assert!(t.contains("src_ip 183.62.140.253: 4 of 80"), "{t}");
    w.press("l");
    let t = frame(&w);
    assert!(t.contains("81 hits") && !t.contains("hit 4") && !t.contains("hit 2 of"), "{t}");
    // Filters make other rows of the same events.
    w.press("i");
    w.press("user=root<Enter>");
    assert!(!frame(&w).contains("81 hits"));
}

/// Everything that a key can change for a user to see.
fn seen(w: &World) -> String {
    let marks = render_marks(&w.state, &Theme::built_in("mono", Colours::None));
    format!("{marks}{:?}{:?}{:?}", w.done, w.state.prompt.is_some(), w.state.pressed)
}

#[test]
fn every_key_that_help_shows_does_something_there() {
    let places = [
        (Places::TRIAGE, ""),
        (Places::LIVE, "2gg"),
        (Places::CASES, "3"),
        (Places::RULES, "4"),
        (Places::EDIT, "4<Enter>"),
        (Places::HEALTH, "6"),
        (Places::DETAIL, "2gg<Enter>"),
        (Places::FILTERS, "i"),
    ];
    let mut idle = Vec::new();
    let moves = [Act::Up, Act::HalfUp, Act::PageUp, Act::Top, Act::Left, Act::Back];
    for (place, open) in places {
        for a in ACTIONS.iter().filter(|a| a.places.meets(place) && !a.keys.is_empty()) {
            // The list has what fits: to move needs more rows than there are.
            let motion = moves.contains(&a.act)
                || matches!(a.act, Act::Down | Act::HalfDown | Act::PageDown | Act::Bottom | Act::Right);
            let home = matches!(
                (place, a.act),
                (Places::TRIAGE, Act::GoTriage)
                    | (Places::LIVE, Act::GoLive)
                    | (Places::CASES, Act::GoCases)
                    | (Places::RULES | Places::EDIT, Act::GoRules)
                    | (Places::HEALTH, Act::GoHealth)
            );
            // Without a second pane there is none to go to; the window is whole already.
            let nowhere = matches!(
                (place, a.act),
                (Places::LIVE | Places::HEALTH, Act::NextPane | Act::PrevPane)
                    | (_, Act::ZoomOut | Act::ShiftBack | Act::ShiftOn)
            );
            if motion || home || nowhere {
                continue;
            }
            let mut w = World::new(80, 24);
            w.press(open);
            if place == Places::FILTERS {
                w.press("user=root<Enter>=");
            }
            assert_eq!(w.state.place().0, place.0, "{open}");
            let before = seen(&w);
            let keys: String =
                a.keys[0].split(' ').map(|k| if k.len() > 1 { format!("<{k}>") } else { k.into() }).collect();
            w.press(&keys);
            if seen(&w) == before {
                idle.push(format!("{} in {}", a.id, w.state.screen.tab().1));
            }
        }
    }
    assert!(idle.is_empty(), "these do nothing: {idle:?}");
}

#[test]
fn help_is_about_the_place_below_and_its_keys_act_there() {
    let mut w = World::new(80, 48);
    w.press("2gg<Enter>?");
    let t = frame(&w);
    assert!(t.contains("keys · Event detail"), "{t}");
    assert!(!t.contains("go to a time"), "what the feed has is not told for the event: {t}");
    w.press("u");
    assert_eq!(w.done.last(), Some(&Effect::Store(Op::Undo)));
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Detail(_))), "help is read and gone");
    w.press("m");
    assert!(matches!(w.done.last(), Some(Effect::Store(Op::Mark { on: true, .. }))));
    w.press("m");
    assert!(matches!(w.done.last(), Some(Effect::Store(Op::Mark { on: false, .. }))));
    w.press("??");
    assert!(matches!(w.state.overlays.last(), Some(Overlay::Detail(_))), "? closes it again");
    w.press("3");
    assert_eq!((w.state.screen, w.state.overlays.len()), (Screen::Cases, 0));
}

#[test]
fn a_suppression_is_asked_for_with_a_reason_and_an_end() {
    let mut w = World::new(80, 24);
    w.press("S");
    insta::assert_snapshot!("suppress", frame(&w));
    w.press("e");
    w.press("<Enter>");
    assert!(w.state.prompt.as_ref().is_some_and(|p| p.error.is_some()), "a reason is needed");
    w.press("our scanner<Enter>");
    assert_eq!(typed(&w), "2026-05-31", "90 days from now, selected");
    w.press("soon<Enter>");
    assert!(w.state.prompt.as_ref().is_some_and(|p| p.error.is_some()));
    w.press("<Ctrl-u>30d<Enter>");
    let Some(WorkReq::Ruling(d)) = w.done.iter().find_map(|e| if let Effect::Work(r) = e { Some(r) } else { None })
    else {
        panic!("{:?}", w.done)
    };
    assert_eq!((d.when.as_str(), d.owner.as_str(), d.reason.as_str()), ("entity=183.62.140.253", "ann", "our scanner"));
    assert_eq!((d.until.as_str(), d.created.as_str(), d.level), ("2026-04-01", "2026-03-02", None));
    assert_eq!(w.done.last(), Some(&Effect::Reload));

    // On the screen of the rules they are listed with what they did, and taken out.
    let policy = secstream::pipeline::Policy::parse(
        "f",
        "[[suppress]]\nid='sup-1'\nrule='r2'\nwhen='src_ip=10.0.0.0/8'\nowner='ann'\nreason='our scanner'\nuntil='2026-06-01'\n",
    );
    let hits = policy.rulings().iter().map(|r| RulingHits { ruling: Arc::clone(r), alerts: 3 }).collect();
    let mut snap = (*w.state.snap).clone();
    snap.rulings = Arc::new(hits);
    w.send(Msg::Session(Arc::new(snap), 0.0));
    assert!(frame(&w).contains("4 of 5 alerts (3 suppressed)"));
    w.press("4S");
    insta::assert_snapshot!("suppressions", frame(&w));
    w.press("a");
    w.press("y");
    assert!(w.done.contains(&Effect::Work(WorkReq::Unrule("sup-1".into()))), "{:?}", w.done);
}

#[test]
fn filters_are_proposed_ranked_and_drafted() {
    let mut w = World::new(80, 24);
    w.press("4F");
    let t = frame(&w);
    assert!(t.contains("-4 false, -0 true, 1 undecided: src_ip=10.20.0.7  user=svc"), "{t}");
    assert!(w.done.iter().any(|e| matches!(e, Effect::Work(WorkReq::Propose { rule, .. }) if rule == "r1")));
    w.press("b");
    assert!(w.done.iter().any(|e| matches!(e, Effect::Work(WorkReq::Tune { fields, .. }) if fields.len() == 1)));
    assert!(w.state.rules.work.as_ref().is_some_and(|x| x.draft));
}

#[test]
fn rules_show_what_people_made_of_their_alerts() {
    let mut w = World::new(80, 24);
    w.send(Msg::Judged(Arc::new([("r1".to_owned(), (3, 1)), ("r2".to_owned(), (0, 7))].into())));
    w.press("4");
    insta::assert_snapshot!("rules_judged", frame(&w));
}

#[test]
fn a_long_choice_scrolls_on_the_smallest_screen() {
    let mut w = World::new(40, 10);
    w.press("T");
    assert!(frame(&w).contains("a draft with the 4 values marked"), "{}", frame(&w));
    w.press(&"<Down>".repeat(10));
    assert!(frame(&w).lines().any(|l| l.contains("[ ] event_type=")), "{}", frame(&w));
    // Marks are set and taken away where the list stands.
    w.press("<Up>x<Up><Up><Up><Up> ");
    assert!(frame(&w).lines().any(|l| l.contains("▌") && l.contains("[ ] host=web01")), "{}", frame(&w));
    // A network in the place of the address.
    w.press("<Down><Down>");
    assert!(frame(&w).lines().any(|l| l.contains("[ ] src_ip|cidr")), "{}", frame(&w));
    w.press("<Enter>");
    assert!(frame(&w).lines().any(|l| l.contains("[x] src_ip|cidr")), "{}", frame(&w));
    w.press("a");
    let want = [("src_ip|cidr", "183.62.140.0/24"), ("user", "root")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert!(
        w.done.iter().any(|e| matches!(e, Effect::Work(WorkReq::Tune { fields, .. }) if fields == &want)),
        "{:?}",
        w.done
    );
}

#[test]
fn what_was_seen_when_a_dialog_opened_is_what_is_decided_on() {
    for (open, commit) in [("d", "f"), ("c", "note<C-d>"), ("t", "tag<Enter>"), ("en", "title<Enter>"), ("3s", "p")] {
        let mut w = World::new(80, 24);
        w.send(Msg::Seen(5));
        w.press(open);
        // A colleague decides meanwhile.
        w.send(Msg::Seen(9));
        w.done.clear();
        w.press(commit);
        let stored = w.done.iter().position(|e| matches!(e, Effect::Store(_))).expect("a change");
        assert_eq!(w.done.get(stored.wrapping_sub(1)), Some(&Effect::DecidedAt(5)), "{open}: {:?}", w.done);
        // The next dialog begins with what is seen then.
        w.done.clear();
        w.press("1dd");
        assert!(!w.done.iter().any(|e| matches!(e, Effect::DecidedAt(_))), "{open}: {:?}", w.done);
    }
}

#[test]
fn the_list_of_filters_says_what_each_takes_away() {
    let mut w = World::new(80, 24);
    w.press("2iuser=root<Enter>inot src_ip=10.20.0.7<Enter>=");
    assert!(frame(&w).contains("in  user=root") && frame(&w).contains("-120"), "{}", frame(&w));
    assert_eq!(w.state.live.counting.len(), 2);
    // The other way round it takes away the others.
    w.press("t");
    assert!(frame(&w).contains("out user=root") && frame(&w).contains("-80"), "{}", frame(&w));
    // What is counted in part says so, and nothing is counted when nobody looks.
    w.send(Msg::Counts(vec![("user=root".into(), 7, 50)]));
    assert!(frame(&w).contains("-7…"), "{}", frame(&w));
    w.press("<Esc>");
    assert!(matches!(w.done.last(), Some(Effect::Count(none)) if none.is_empty()), "{:?}", w.done.last());
    w.press("1iseverity=critical<Enter>=");
    assert!(frame(&w).contains("in  severity=critical") && frame(&w).contains(" -"), "{}", frame(&w));
}

#[test]
fn no_other_case_is_exported_for_an_alert_that_is_in_none() {
    let mut w = World::new(80, 24);
    w.press("X");
    assert!(w.state.prompt.is_none());
    assert!(frame(&w).contains("this alert is in no case"), "{}", frame(&w));
}

#[test]
fn a_year_that_was_given_is_not_called_inferred() {
    let mut w = World::new(160, 48);
    w.press("2kkkk");
    assert!(frame(&w).contains("(year inferred)"));
    let mut snap = (*w.state.snap).clone();
    let mut sources = (*snap.sources).clone();
    sources[0].year_from = "";
    snap.sources = Arc::new(sources);
    w.send(Msg::Session(Arc::new(snap), 0.0));
    assert!(frame(&w).contains("(year given)") && !frame(&w).contains("(year inferred)"), "{}", frame(&w));
}

#[test]
fn help_is_whole_on_the_smallest_screen() {
    for keys in ["?", "2?", "3?", "4<Enter>?"] {
        let mut w = World::new(40, 10);
        w.press(keys);
        let mut all = String::new();
        for _ in 0..200 {
            all.push_str(&frame(&w));
            w.press("j");
        }
        let inside = |l: &'_ str| l.split('│').nth(1).unwrap_or_default().to_owned();
        let cut: Vec<String> = all.lines().map(inside).filter(|l| l.contains('…')).collect();
        assert!(cut.is_empty(), "{keys}: {cut:?}");
        assert!(all.contains("suspend"), "{keys}");
    }
}

#[test]
fn a_record_that_only_the_store_has_is_not_dated_twice() {
    use super::fixture::{at, event};
    let mut w = World::new(160, 48);
    let v = w.state.triage.current().expect("an alert").alert.clone();
    let raws = [
        ("Mar  2 11:00:00 web01 sshd[1]: Failed one", "web01 sshd[1]: Failed one"),
        ("<13>2026-03-02T11:00:00.123456+01:00 web01 two", "web01 two"),
        ("10.0.0.7 - - [02/Mar/2026:11:00:00 +0000] three", "10.0.0.7 - - [02/Mar/2026:11:00:00 +0000] three"),
        ("at 11:00:00five", "at 11:00:00five"),
    ];
    let row = |(raw, _): &(&str, &str)| {
        let mut e = event(0, "", "", "", secstream::event::EventType::Other, "");
        (e.raw, e.parsed, e.time) = ((*raw).to_owned(), false, at(0));
        e.overlay = [const { None }; secstream::event::Ov::COUNT];
        Arc::new(e)
    };
    w.send(Msg::Evidence { of: (v.id.clone(), v.revision), rows: raws.iter().map(row).collect() });
    let lines = frame(&w);
    let shown: Vec<String> = lines
        .lines()
        .filter(|l| l.starts_with(" 11:00:00 "))
        .map(|l| l.trim_start_matches(" 11:00:00").trim().to_owned())
        .collect();
    assert_eq!(shown, raws.map(|(_, want)| want.to_owned()), "{lines}");
}

/// Without a case store nothing that was done outlives the screen.
#[test]
fn leaving_asks_where_what_was_done_is_forgotten() {
    let mut w = World::new(80, 24);
    w.state.facts.inputs = false;
    w.state.facts.forgets = true;
    w.send(Msg::UndoDepth(2));
    w.press("q");
    assert!(frame(&w).contains("2 steps would be lost"), "{}", frame(&w));
    assert!(!w.done.contains(&Effect::Quit));
    // What was exported is not lost; what is done after it is.
    w.press("n");
    w.send(Msg::Exported("IR-2026-001.json".into()));
    w.press("q");
    for said in ["only the export keeps", "IR-2026-001.json", "the export stays"] {
        assert!(frame(&w).contains(said), "{}", frame(&w));
    }
    w.press("n");
    w.send(Msg::UndoDepth(3));
    w.press("q");
    assert!(frame(&w).contains("3 steps would be lost"), "{}", frame(&w));
    w.press("nqy");
    assert_eq!(w.done.last(), Some(&Effect::Quit));
    let mut none = World::new(80, 24);
    none.state.facts.inputs = false;
    none.state.facts.forgets = true;
    none.press("q");
    assert_eq!(none.done.last(), Some(&Effect::Quit), "nothing was done");
}

#[test]
fn long_messages_are_read_to_their_end() {
    let mut w = World::new(80, 24);
    let long = "undone: open case IR-2026-001 'Case A' with 2 alerts (kept: case IR-2026-001 'Case A' has other items \
                or notes, or others worked on it)";
    w.send(Msg::Done(long.into()));
    let t = frame(&w);
    assert!(t.contains("others worked on it)"), "{t}");
    // What is too long even so is seen to be cut.
    w.send(Msg::Done(format!("{}end", "word ".repeat(200))));
    let t = frame(&w);
    assert!(t.contains('…') && !t.contains("end\n"), "{t}");
}

#[test]
fn a_decided_alert_that_grows_is_marked_and_comes_back_at_twice() {
    let mut w = World::new(120, 34);
    let with = |count: u64| {
        let mut all = super::fixture::alerts();
        let mut a = (*all[4].alert).clone();
        a.count = count;
        all[4].alert = Arc::new(a);
        all[4].reading.decided_count = Some(9);
        Msg::Alerts(Arc::new(all))
    };
    let shown = |w: &World| w.state.triage.shown.len();
    w.send(with(9));
    assert_eq!(shown(&w), 4);
    w.send(with(12));
    assert_eq!(shown(&w), 4);
    w.press("D");
    assert!(frame(&w).contains("grew from 9"), "{}", frame(&w));
    w.press("D");
    w.send(with(18));
    assert_eq!(shown(&w), 5, "nobody has judged this");
    w.press("G<Enter>");
    assert!(frame(&w).contains("at 9 acts, has grown to 18 since"), "{}", frame(&w));
}

#[test]
fn cells_of_the_queue_filter_by_what_they_show() {
    let cells =
        [("hhhf", "score="), ("hhf", "count="), ("hhhhf", "severity="), ("f", "entity="), ("lf", "rule="), ("llf", "")];
    // Rounded up, rounded down, whole, and below a half that no binary number is.
    for score in [88.25, 61.04, 50.0, 72.65, 0.05] {
        for (keys, filter) in cells {
            let mut w = World::new(120, 34);
            let mut all = super::fixture::alerts();
            for v in &mut all {
                Arc::make_mut(&mut v.alert).score = score;
            }
            w.send(Msg::Alerts(Arc::new(all)));
            let own = w.state.triage.current().unwrap().alert.id.clone();
            w.press(keys);
            let text = w.state.triage.filters.list.first().map(|f| f.text.clone()).unwrap_or_default();
            assert!(text.starts_with(filter) && !text.is_empty(), "{keys}: {text}");
            let kept = |w: &World| w.state.triage.shown.iter().any(|i| w.state.triage.all[*i].alert.id == own);
            assert!(kept(&w), "{text}");
            w.press("\\F");
            assert!(!kept(&w), "not {text}");
        }
    }
}

/// Down to an alert of the queue.
fn to(w: &mut World, id: &str) {
    for _ in 0..w.state.triage.shown.len() {
        if w.state.triage.current().is_some_and(|v| v.alert.id == id) {
            return;
        }
        w.press("j");
    }
    panic!("{id} is not in the queue: {}", frame(w));
}

/// What somebody found true is not taken away without being named.
#[test]
fn a_ruling_names_the_true_alerts_that_it_takes_out_or_lowers() {
    let mut w = World::new(80, 24);
    let mut all = super::fixture::alerts();
    let case = w.state.cases.list.first().expect("a case").id.clone();
    all[0].triage = secstream::tui::data::Triage::Escalated { case: case.clone() };
    let mut low = (*all[1].alert).clone();
    (low.covered_by, low.rule_id) = (Some(all[0].alert.id.clone()), "another".into());
    all[1].alert = Arc::new(low);
    w.send(Msg::Alerts(Arc::new(all.clone())));
    let id = all[0].alert.id.clone();
    w.press("Dgg");
    to(&mut w, &id);
    w.press("S");
    insta::assert_snapshot!("suppress_true", frame(&w));
    w.press("e");
    insta::assert_snapshot!("suppress_true_named", frame(&w));
    w.press("<Enter>");
    assert!(w.state.prompt.is_none() && w.state.overlays.is_empty(), "in doubt nothing is ruled");
    w.press("Sey");
    assert!(frame(&w).contains("would be taken out: write why"), "{}", frame(&w));
    w.press("a test of ours<Enter><Enter>");
    let noted = w.done.iter().any(|e| {
        matches!(e, Effect::Store(Op::Note { what, text }) if what.case.as_ref() == Some(&case) && text.ends_with("a test of ours"))
    });
    assert!(noted, "{:?}", w.done);
    // To raise it costs nothing; to lower it does.
    w.done.clear();
    w.press("Sa");
    insta::assert_snapshot!("other_level", frame(&w));
    w.press("m");
    assert!(frame(&w).contains("would be lowered to medium"), "{}", frame(&w));
    w.press("n");
    let mut medium = (*all[0].alert).clone();
    medium.severity = secstream::event::Severity::Medium;
    all[0].alert = Arc::new(medium);
    w.send(Msg::Alerts(Arc::new(all)));
    w.press("gg");
    to(&mut w, &id);
    w.press("Slc").press("crown jewels<Enter>never<Enter>");
    let ruled = w.done.iter().find_map(|e| if let Effect::Work(WorkReq::Ruling(d)) = e { Some(d) } else { None });
    let level = ruled.map(|d| (d.level, d.until.clone()));
    assert_eq!(level, Some((Some(secstream::event::Severity::Critical), "never".into())), "{:?}", w.done);
}

#[test]
fn a_save_that_changes_an_id_asks_what_becomes_of_those_that_name_it() {
    let mut w = World::new(80, 24);
    w.press("4<Enter>ggji<End>9<Esc>");
    assert!(w.state.rules.work.as_ref().is_some_and(|x| x.renamed.len() == 1));
    w.press("W");
    insta::assert_snapshot!("renamed", frame(&w));
    w.press("n");
    assert!(w.state.rules.work.as_ref().is_some_and(|x| x.modified()));
    w.press("Wt");
    let saved =
        w.done.iter().find_map(|e| if let Effect::Work(WorkReq::Save { along, .. }) = e { Some(along) } else { None });
    let old = "5e4b7ad2-4c1c-4a08-9f0e-3a3f0f0d2c11";
    assert_eq!(saved, Some(&vec![(old.to_owned(), format!("{old}9"))]), "{:?}", w.done);
    w.press("ggji<End>8<Esc>o# more<Esc>");
    w.done.clear();
    w.press("Wk");
    let saved = w.done.iter().find_map(|e| {
        if let Effect::Work(WorkReq::Save { text, along, .. }) = e { Some((text.clone(), along.len())) } else { None }
    });
    let (text, along) = saved.expect("saved");
    assert!(text.contains(&format!("id: {old}\n")) && text.contains("# more") && along == 0, "{text}");
}
