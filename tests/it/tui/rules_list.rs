//! The list of the Rules screen: what stands in it, and in which order.

use std::sync::Arc;

use secstream::tui::caps::Colours;
use secstream::tui::data::workshop::{FilterView, WorkMsg, WorkReq};
use secstream::tui::msg::{Effect, Msg};
use secstream::tui::record::render_text;
use secstream::tui::theme::Theme;

use super::fixture::World;

fn frame(w: &World) -> String {
    render_text(&w.state, &Theme::built_in("dark", Colours::True))
}

#[test]
fn filters_stand_in_the_list_as_what_they_are() {
    let mut w = World::new(120, 24);
    let mut all = super::fixture::rules();
    let mut filter = all[1].clone();
    (filter.id, filter.title, filter.kind, filter.fired) = ("f1".into(), "Our scanner".into(), "filter".into(), 0);
    all.insert(0, filter);
    w.send(Msg::Rules(Arc::new(all)));
    w.press("4");
    assert!(w.done.contains(&Effect::Work(WorkReq::Filters)), "{:?}", w.done);
    let said = |removed| {
        let narrows = vec!["SQL injection".to_owned(), "Directory scan".to_owned()];
        Msg::Work(WorkMsg::Filters(Arc::new([("f1".to_owned(), FilterView { narrows, removed })].into())))
    };
    w.send(said(None));
    assert!(frame(&w).contains("Our scanner: SQL injection and 1 more") && frame(&w).contains("…"), "{}", frame(&w));
    w.send(said(Some(123)));
    w.press("s");
    let t = frame(&w);
    let rows: Vec<&str> = t.lines().skip(3).take(4).collect();
    assert!(rows[0].contains("filt") && rows[0].contains("-123"), "{t}");
    assert!(rows[1].contains("HIGH") && rows[1].contains(" 41 "), "{t}");
    assert!(t.contains("takes 123 matches here") && t.contains(" 3 rules, 1 filter"), "{t}");
}
