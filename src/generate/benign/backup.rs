//! The backup server fetches what is to be kept, every night: big transfers
//! from one known address.

use crate::generate::acts::Ssh;
use crate::generate::emit::Ctx;
use crate::generate::formats::access::Hit;
use crate::generate::formats::json::App;
use crate::generate::queue::SEC;
use crate::generate::world::{BACKUP, Host};

/// All hosts in turn, and the exports of the portal.
pub(super) fn nightly(c: &mut Ctx<'_>, at: i64) {
    let mut t = at;
    for host in Host::LINUX {
        let ssh = Ssh::new(c, host, BACKUP, "backup", 34);
        let session = ssh.accepted(c, t, Some("Zb3oVx8RkQnD5tYwLs1CgH7uJfAe9iMpXr2KqN6dTB0"));
        let length = c.r.span(120, 900) * SEC;
        ssh.closed(c, t + length, session);
        t += c.r.span(1200, 1500) * SEC;
    }
    for n in 0..3 {
        let bytes = c.r.range(300_000_000, 9_000_000_000);
        let path = format!("/exports/portal-{n}.tar.zst");
        let t = at + c.r.span(60, 3000) * SEC;
        c.out.access(
            t,
            Host::Web1,
            &Hit {
                client: BACKUP,
                user: "backup",
                method: "GET",
                path: &path,
                status: 200,
                bytes,
                referrer: "-",
                agent: "backup-agent/3.2",
            },
        );
        c.out.app(
            t + 5 * SEC,
            &App {
                service: "exports",
                event: "data_access",
                client: Some(BACKUP),
                user: "backup",
                outcome: "success",
                resource: &path,
                bytes,
                message: "export fetched",
                ..App::default()
            },
        );
    }
}
