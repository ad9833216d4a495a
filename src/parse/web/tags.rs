//! Names under which requests of the web are logged.
//!
//! A line that looks like a request is one where a web server wrote it. Behind the name of
//! another program it may be what a guest wrote into a book: the address in it is anyone's.

/// Servers, gateways and what serves applications: a part of a name is enough (`nginx-access`,
/// `my_httpd`).
const PARTS: &[&str] = &[
    "access",
    "angie",
    "apache",
    "caddy",
    "envoy",
    "error-log",
    "error_log",
    "errorlog",
    "gunicorn",
    "haproxy",
    "hiawatha",
    "httpd",
    "hypercorn",
    "ingress",
    "jetty",
    "lighttpd",
    "litespeed",
    "nginx",
    "openresty",
    "tengine",
    "tomcat",
    "traefik",
    "unicorn",
    "uvicorn",
    "uwsgi",
    "varnish",
    "vhost",
    "weblog",
    "webserver",
];

/// Whole names; those of accounts are what `logger` calls itself where it is given no name.
const NAMES: &[&str] =
    &["http", "https", "logger", "openlitespeed", "puma", "root", "web", "wsgi", "www", "www-data", "wwwrun"];

/// Whether requests are logged under a name. Hosts of sites (`www.example.org`) are such names.
#[must_use]
pub fn logs_requests(name: &str) -> bool {
    let mut lower = [0u8; 64];
    let Some(place) = lower.get_mut(..name.len()) else { return false };
    place.copy_from_slice(name.as_bytes());
    place.make_ascii_lowercase();
    let name = std::str::from_utf8(place).unwrap_or("");
    NAMES.contains(&name) || PARTS.iter().any(|part| name.contains(part)) || site(name)
}

/// `shop.example.org`, with a port or not.
fn site(name: &str) -> bool {
    let host = match name.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => name,
    };
    let Some((before, top)) = host.rsplit_once('.') else { return false };
    let label = |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    top.len() > 1 && top.bytes().all(|b| b.is_ascii_alphabetic()) && before.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in
            ["nginx-access", "access_log", "www.example.org", "shop.example.com:443", "my_HTTPD", "logger", "root"]
        {
            assert!(logs_requests(name), "{name}");
        }
        for name in ["guestbook", "", "myapp", "sshd", "in.", ".org", "a.b1", "x".repeat(65).as_str()] {
            assert!(!logs_requests(name), "{name}");
        }
    }
}
