//! The table of names: each overlay value is read, and the usual names have their roles.

use super::*;

#[test]
fn the_usual_names_have_their_roles() {
    let names = Names::new(&Schema::base());
    let role = |n| names.role(names.get(n).1);
    assert_eq!(role("source_ip"), Some(Role::Ov(Ov::SrcIp)));
    assert_eq!(role("winlog.event_data.TargetUserName"), Some(Role::Key(Key::TargetUserName)));
    assert_eq!(role("nonsense"), None);
    assert!(names.roles.len() < usize::from(RoleId::MAX));
}

#[test]
fn every_overlay_name_is_read() {
    let names = Names::new(&Schema::base());
    for ov in crate::event::OVERLAY {
        if matches!(ov, Ov::UrlDecoded | Ov::Source | Ov::StatusCode) {
            continue;
        }
        assert_eq!(names.role(names.get(ov.name()).1), Some(Role::Ov(*ov)), "{}", ov.name());
    }
}
