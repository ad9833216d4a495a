//! The portal's own events.

use crate::generate::emit::Ctx;
use crate::generate::formats::json::App;
use crate::generate::queue::SEC;

/// Somebody works with the portal; rarely with a mistyped password first.
pub(super) fn session(c: &mut Ctx<'_>, at: i64) {
    let person = c.people.any(c.r);
    let session = c.r.next() | 1;
    let base = App {
        service: "portal",
        client: Some(person.addr()),
        user: &person.login,
        outcome: "success",
        session,
        ..App::default()
    };
    let mut t = at;
    if c.r.percent(3) && c.state.may_mistype(person.id, at) {
        let wrong = App { event: "login_failed", outcome: "failure", message: "wrong password", session: 0, ..base };
        c.out.app(t, &wrong);
        t += c.r.span(4, 15) * SEC;
    }
    c.out.app(t, &App { event: "login", message: "logged in", ..base });
    for _ in 0..c.r.range(2, 14) {
        t += c.r.wait(40 * SEC) + SEC;
        let n = c.r.range(1000, 99_999);
        let bytes = c.r.range(400, 60_000);
        match c.r.below(10) {
            0 => {
                let resource = format!("/files/report-{n}.pdf");
                let bytes = bytes * 90;
                c.out.app(t, &App { event: "file_access", resource: &resource, bytes, message: "file opened", ..base });
            }
            1..=4 => {
                let resource = format!("customers/{n}");
                c.out.app(t, &App { event: "data_access", resource: &resource, bytes, message: "record read", ..base });
            }
            5 => c.out.app(t, &App { event: "email", message: "message sent", bytes, ..base }),
            _ => {
                let resource = format!("select * from orders where customer = {n}");
                c.out.app(
                    t,
                    &App {
                        event: "database_query",
                        service: "orders",
                        resource: &resource,
                        bytes,
                        message: "query done",
                        ..base
                    },
                );
            }
        }
    }
    t += c.r.wait(60 * SEC);
    c.out.app(t, &App { event: "logout", message: "logged out", ..base });
}
