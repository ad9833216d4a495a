//! People on the web site: visits with pages, their parts, searches, log-ins.

use std::net::IpAddr;

use crate::generate::emit::Ctx;
use crate::generate::formats::access::Hit;
use crate::generate::queue::SEC;
use crate::generate::world::{Host, NAT_OFFICE, visitor};

const SITE: &str = "https://www.corp.example";

const AGENTS: [&str; 8] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:122.0) Gecko/20100101 Firefox/122.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36 Edg/121.0.0.0",
];

const PAGES: [&str; 16] = [
    "/",
    "/products",
    "/products/lamps",
    "/products/chairs?sort=price",
    "/products/desks?page=2",
    "/about",
    "/contact",
    "/blog",
    "/blog/select-the-right-chair",
    "/blog/union-of-form-and-function",
    "/support/faq",
    "/terms",
    "/cart",
    "/careers",
    "/news/2026/spring",
    "/account/orders",
];

const PARTS: [(&str, u64); 9] = [
    ("/assets/site.css", 28_113),
    ("/assets/app.js", 184_220),
    ("/assets/vendor.js", 402_512),
    ("/assets/logo.svg", 4_120),
    ("/assets/hero.webp", 96_004),
    ("/assets/fonts/inter.woff2", 111_040),
    ("/api/v1/recommendations", 2_411),
    ("/api/v1/cart", 312),
    ("/favicon.ico", 15_086),
];

const SEARCHES: [&str; 10] = [
    "red+chair",
    "lamp+%26+shade",
    "desk+oak+160",
    "l%27atelier",
    "chair+or+stool",
    "select+wood",
    "50%25+off",
    "drop+leaf+table",
    "table+%3C+100+eur",
    "union+jack+cushion",
];

const REFERRERS: [&str; 4] =
    ["https://www.google.com/", "https://duckduckgo.com/", "https://www.bing.com/", "https://social.example/"];

/// A customer visits.
pub(super) fn visit(c: &mut Ctx<'_>, at: i64) {
    let ip = visitor(c.r);
    browse(c, at, ip, None);
}

/// Somebody of an office visits: many people behind one address.
pub(super) fn office(c: &mut Ctx<'_>, at: i64) {
    let n = c.r.below(NAT_OFFICE.len() as u64) as usize;
    browse(c, at, NAT_OFFICE[n], Some(n));
}

/// Pages with what belongs to them. Readers need eight seconds a page at
/// least, so that no visit comes near a flood.
fn browse(c: &mut Ctx<'_>, at: i64, client: IpAddr, shared: Option<usize>) {
    let host = if c.r.percent(60) { Host::Web1 } else { Host::Web2 };
    let agent = *c.r.pick(&AGENTS);
    let mut from = if c.r.percent(55) { "-" } else { *c.r.pick(&REFERRERS) };
    let base = Hit { client, user: "-", method: "GET", path: "/", status: 200, bytes: 0, referrer: "-", agent };
    let mut page = String::new();
    let mut last = String::new();
    let mut t = at;
    for n in 0..c.r.range(1, 7) {
        page.clear();
        let (mut method, mut status) = ("GET", 200);
        match c.r.below(100) {
            0..=9 => {
                page.push_str("/search?q=");
                page.push_str(c.r.pick::<&str>(&SEARCHES));
            }
            10..=39 => {
                page.push_str("/products/item/");
                crate::generate::formats::digits(&mut page, c.r.range(10_000, 99_999), 5);
            }
            40..=42 => {
                page.push_str("/old/page-");
                crate::generate::formats::digits(&mut page, c.r.below(100), 2);
                status = 404;
            }
            43..=45 if n > 0 => {
                (method, status) = ("POST", 302);
                page.push_str(if c.r.percent(50) { "/cart/add" } else { "/login" });
            }
            46 if n > 0 => status = if c.r.percent(70) { 304 } else { 500 },
            _ => page.push_str(c.r.pick::<&str>(&PAGES)),
        }
        if page.is_empty() {
            page.push('/');
        }
        let bytes = if status == 200 { c.r.range(4_000, 60_000) } else { c.r.range(100, 900) };
        if may(c, shared, t) {
            c.out.access(t, host, &Hit { method, path: &page, status, bytes, referrer: from, ..base });
        }
        last.clear();
        last.push_str(SITE);
        last.push_str(&page);
        from = "-";
        if status == 200 {
            // Parts are cached after the first page.
            let count = if n == 0 { c.r.range(3, 7) } else { c.r.below(4) };
            let first = c.r.below(3) as usize;
            for (path, bytes) in PARTS.iter().skip(first).take(count as usize) {
                let t = t + c.r.span(60_000, 1_800_000);
                let cached = c.r.percent(12);
                let (status, bytes) = if cached { (304, 0) } else { (200, *bytes) };
                if may(c, shared, t) {
                    c.out.access(t, host, &Hit { path, status, bytes, referrer: &last, ..base });
                }
            }
        }
        t += 8 * SEC + c.r.wait(35 * SEC);
    }
}

fn may(c: &mut Ctx<'_>, shared: Option<usize>, at: i64) -> bool {
    shared.is_none_or(|n| c.state.may_request(n, at))
}

/// Somebody opens a page that is not for them, twice.
pub(super) fn denied_visit(c: &mut Ctx<'_>, at: i64) {
    let (client, agent) = (visitor(c.r), *c.r.pick(&AGENTS));
    let base = Hit { client, user: "-", method: "GET", path: "/", status: 200, bytes: 9_120, referrer: "-", agent };
    c.out.access(at, Host::Web1, &base);
    for i in 1..3 {
        c.out.access(at + i * 9 * SEC, Host::Web1, &Hit { path: "/account/invoices", status: 403, bytes: 153, ..base });
    }
}
