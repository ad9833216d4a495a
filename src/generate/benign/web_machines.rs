//! Machines on the web site: crawlers, clients of the API, the monitor, feed
//! readers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::generate::emit::Ctx;
use crate::generate::formats::access::Hit;
use crate::generate::queue::SEC;
use crate::generate::world::{Host, MONITOR, visitor};

const CRAWLERS: [&str; 5] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
];

/// A crawler takes a few pages, slowly, as `robots.txt` asks for; many are
/// gone.
pub(super) fn crawler(c: &mut Ctx<'_>, at: i64) {
    let n = c.r.below(CRAWLERS.len() as u64) as usize;
    // Crawlers have thousands of machines each.
    let client = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xcafe, n as u16, 0, 0, 0, c.r.range(1, 0xffff) as u16));
    let base = Hit {
        client,
        user: "-",
        method: "GET",
        path: "/robots.txt",
        status: 200,
        bytes: 128,
        referrer: "-",
        agent: CRAWLERS[n],
    };
    let mut t = at;
    if c.r.percent(30) {
        c.out.access(t, Host::Web1, &base);
        t += 3 * SEC;
    }
    let mut path = String::new();
    for _ in 0..c.r.range(1, 9) {
        path.clear();
        path.push_str("/products/item/");
        crate::generate::formats::digits(&mut path, c.r.range(10_000, 99_999), 5);
        let (status, bytes) = match c.r.below(10) {
            0 | 1 => (404, 1_243),
            2 => (301, 178),
            _ => (200, c.r.range(4_000, 60_000)),
        };
        c.out.access(t, Host::Web1, &Hit { path: &path, status, bytes, ..base });
        t += 4 * SEC + c.r.wait(15 * SEC);
    }
}

/// A partner's program calls the API; a token has run out now and then.
pub(super) fn api_client(c: &mut Ctx<'_>, at: i64) {
    let n = c.r.next();
    // Each customer's program runs behind an address of its own.
    let client = if n.is_multiple_of(3) {
        visitor(c.r)
    } else {
        IpAddr::V4(Ipv4Addr::new(100, 126, (n >> 8) as u8, (n >> 16) as u8 | 1))
    };
    let host = Host::Web2;
    let base = Hit {
        client,
        user: "-",
        method: "GET",
        path: "/",
        status: 200,
        bytes: 0,
        referrer: "-",
        agent: "partner-sync/2.4 (python-requests/2.31)",
    };
    let mut t = at;
    if c.r.percent(8) {
        c.out.access(t, host, &Hit { path: "/api/v1/orders", status: 401, bytes: 64, ..base });
        c.out.access(t + 300_000, host, &Hit { path: "/api/v1/token", method: "POST", bytes: 412, ..base });
        t += SEC;
    }
    let mut path = String::new();
    for _ in 0..c.r.range(1, 8) {
        path.clear();
        path.push_str("/api/v1/orders/");
        crate::generate::formats::digits(&mut path, c.r.range(100_000, 999_999), 6);
        let method = *c.r.pick(&["GET", "GET", "GET", "POST", "PUT"]);
        let status = if c.r.percent(3) { 404 } else { 200 };
        let bytes = c.r.range(200, 9_000);
        c.out.access(t, host, &Hit { path: &path, method, status, bytes, ..base });
        t += SEC + c.r.wait(4 * SEC);
    }
}

/// The monitor asks whether all is well.
pub(super) fn monitor(c: &mut Ctx<'_>, at: i64) {
    let host = if c.r.percent(50) { Host::Web1 } else { Host::Web2 };
    // It asks no more often than every few seconds, whatever the rate.
    if c.state.may_request(15, at) {
        c.out.access(
            at,
            host,
            &Hit {
                client: MONITOR,
                user: "-",
                method: "GET",
                path: "/healthz",
                status: 200,
                bytes: 2,
                referrer: "-",
                agent: "monitor/5.1",
            },
        );
    }
}

/// A feed reader looks for news.
pub(super) fn feed_reader(c: &mut Ctx<'_>, at: i64) {
    let client = visitor(c.r);
    let (status, bytes) = if c.r.percent(80) { (304, 0) } else { (200, 18_432) };
    c.out.access(
        at,
        Host::Web1,
        &Hit {
            client,
            user: "-",
            method: "GET",
            path: "/blog/feed.xml",
            status,
            bytes,
            referrer: "-",
            agent: "FeedReader/3.14 (+https://reader.example)",
        },
    );
}
