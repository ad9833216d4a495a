//! Looking around on the web site: scanners, files that should not be there,
//! paths that are not for everybody, floods.

use super::Scene;
use crate::generate::formats::access::Hit;
use crate::generate::world::Host;

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36";

/// Paths that scanners know.
const KNOWN: [&str; 40] = [
    "/admin/",
    "/administrator/",
    "/wp-login.php",
    "/wp-admin/",
    "/xmlrpc.php",
    "/phpmyadmin/",
    "/pma/",
    "/mysql/",
    "/backup.zip",
    "/backup.sql",
    "/db.sql",
    "/dump.sql",
    "/config.php.bak",
    "/web.config",
    "/.htaccess",
    "/.htpasswd",
    "/server-status",
    "/server-info",
    "/phpinfo.php",
    "/info.php",
    "/test.php",
    "/solr/admin/",
    "/manager/html",
    "/jenkins/login",
    "/actuator/env",
    "/actuator/health",
    "/console/",
    "/api/swagger.json",
    "/cgi-bin/luci",
    "/boaform/admin/formLogin",
    "/HNAP1/",
    "/owa/auth/logon.aspx",
    "/autodiscover/autodiscover.xml",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/telescope/requests",
    "/old/",
    "/.DS_Store",
    "/.svn/entries",
    "/.aws/credentials",
    "/id_rsa",
];

fn hit<'a>(client: std::net::IpAddr, agent: &'a str) -> Hit<'a> {
    Hit { client, user: "-", method: "GET", path: "/", status: 404, bytes: 162, referrer: "-", agent }
}

/// A scanner that names itself.
pub(super) fn scanner_agent(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Web1));
    let base = hit(ip, "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:000562)");
    for n in 0..120 {
        let t = s.about(n * 2_400, 900);
        let mut path = String::from("/scan-check-");
        crate::generate::formats::digits(&mut path, s.c.r.below(100_000), 5);
        s.c.out.access(t, host, &Hit { path: &path, ..base });
    }
}

/// One known path after the other, under a browser's name.
pub(super) fn scanner_paths(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Web2));
    let base = hit(ip, BROWSER);
    let mut paths = KNOWN;
    s.c.r.shuffle(&mut paths);
    for (n, path) in paths.iter().enumerate() {
        let t = s.about(n as i64 * 5_600, 1_500);
        s.c.out.access(t, host, &Hit { path, ..base });
    }
}

/// Files with secrets.
pub(super) fn exposed(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Web1));
    let base = hit(ip, "curl/7.88.1");
    let asks =
        [("/.env", 200), ("/.git/HEAD", 200), ("/.git/config", 200), ("/.env.production", 404), ("/api/.env", 404)];
    for (n, (path, status)) in asks.into_iter().enumerate() {
        let t = s.at(n as i64 * 17_000);
        s.c.out.access(t, host, &Hit { path, status, bytes: 412, ..base });
    }
}

/// Denied again and again, and then not.
pub(super) fn restricted(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Web1));
    let base = hit(ip, BROWSER);
    for n in 0..14 {
        let t = s.about(n * 17_000, 4_000);
        let status = if n % 3 == 0 { 403 } else { 401 };
        s.c.out.access(t, host, &Hit { path: "/admin/users", status, ..base });
    }
    for (n, path) in ["/admin/users", "/admin/users?page=2"].iter().enumerate() {
        let t = s.at(255_000 + n as i64 * 9_000);
        s.c.out.access(t, host, &Hit { path, status: 200, bytes: 48_211, ..base });
    }
}

/// Hundreds of requests in a minute.
pub(super) fn flood(s: &mut Scene<'_, '_>) {
    let (ip, host) = (s.attacker(0), s.host(Host::Web2));
    let base = hit(ip, "Mozilla/5.0 (Windows NT 6.1; rv:60.0) Gecko/20100101 Firefox/60.0");
    let mut path = String::new();
    for n in 0..600 {
        let t = s.about(n * 95, 90);
        path.clear();
        path.push_str("/search?q=");
        crate::generate::formats::digits(&mut path, s.c.r.below(1_000_000), 6);
        s.c.out.access(t, host, &Hit { path: &path, status: if n > 300 { 503 } else { 200 }, bytes: 512, ..base });
    }
}
