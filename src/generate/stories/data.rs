//! Data taken, rights given, in the portal.

use super::Scene;
use crate::generate::formats::json::App;
use crate::generate::world::Host;

/// Far more data than ever.
pub(super) fn exfiltration(s: &mut Scene<'_, '_>) {
    let (ip, victim) = (s.attacker(0), s.take_victim());
    s.host(Host::App1);
    let session = s.c.r.next() | 1;
    let base =
        App { service: "portal", client: Some(ip), user: &victim.login, outcome: "success", session, ..App::default() };
    let t = s.at(0);
    s.c.out.app(t, &App { event: "login", message: "logged in", ..base });
    for n in 0..5 {
        let t = s.at(40_000 + n * 110_000);
        let resource = format!("customers/export-{n}.csv");
        let bytes = s.c.r.range(260_000_000, 900_000_000);
        s.c.out.app(t, &App { event: "data_access", resource: &resource, bytes, message: "export", ..base });
    }
}

/// An account makes itself administrator.
pub(super) fn admin_grant(s: &mut Scene<'_, '_>) {
    let (ip, victim) = (s.attacker(0), s.take_victim());
    s.host(Host::App1);
    let t = s.at(8_000);
    s.c.out.app(
        t,
        &App {
            service: "portal",
            event: "permission_change",
            client: Some(ip),
            user: &victim.login,
            target: &victim.login,
            outcome: "success",
            resource: "role:admin",
            message: "role changed to admin",
            ..App::default()
        },
    );
}
