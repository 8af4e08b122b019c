//! Under which names the server may be asked. A page of another site can have its own name lead to this machine (DNS
//! rebinding), and is then for the browser the same site as the server; but it cannot hide the name that it asked for. So names
//! that nobody on the internet can have are answered, addresses, this machine's own name, and those of the setting.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::drain::drain;
use crate::http::problem::Problem;
use crate::sys::address::host_name;

/// Ends of names that nobody can register on the internet, or whose owner leads them to nobody else's machines.
const INSIDE: [&str; 10] =
    ["local", "localhost", "localdomain", "lan", "home", "internal", "intranet", "home.arpa", "fritz.box", "ts.net"];

/// Letters of a name that are repeated to whoever asked by it.
const SHOWN: usize = 100;

/// Names that are answered beside those of `INSIDE`, in small letters.
#[derive(Clone)]
pub struct Hosts(Arc<Vec<String>>);

/// A request without exactly one header Host, as its connection has seen.
#[derive(Clone, Copy)]
struct Miscounted;

/// Judges the head of a request as it came (RFC 9112, 3.2).
pub fn count(version: Version, headers: &HeaderMap, extensions: &mut Extensions) {
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && version != Version::HTTP_10) {
        extensions.insert(Miscounted);
    }
}

impl Hosts {
    /// With the names of the setting.
    pub fn new(allowed: &[String]) -> Hosts {
        let names = allowed.iter().cloned().chain(host_name());
        Hosts(Arc::new(names.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect()))
    }

    fn allow(&self, name: &str) -> bool {
        let is_inside = || INSIDE.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')));
        let is_short = !name.is_empty() && !name.contains('.');
        address(name).is_some() || is_short || is_inside() || self.0.iter().any(|allowed| allowed == name)
    }
}

/// Refuses what was asked under a name that is not this server's.
pub async fn only(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let wrong = match request.extensions().get::<Miscounted>() {
        Some(Miscounted) => Some(miscounted()),
        None => names(request.headers(), request.uri()).find_map(|name| match name {
            Some(name) if hosts.allow(&name) => None,
            Some(name) => Some(unknown(&name)),
            None => Some(miscounted()),
        }),
    };
    let Some(problem) = wrong else { return next.run(request).await };
    tracing::info!("a request was refused: {}", problem.detail);
    drain(request.into_body()).await;
    problem.into_response()
}

/// Whether a request was meant for this very machine: it names it, and names it so that only programs on it can.
pub fn is_of_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    let is_loopback = |name: String| match address(&name) {
        Some(address) => address.to_canonical().is_loopback(),
        None => name == "localhost" || name.ends_with(".localhost"),
    };
    let mut named = false;
    let all = names(headers, uri).all(|name| {
        named = true;
        name.is_some_and(is_loopback)
    });
    all && named
}

/// The names that a request gives its server, in the header and in its address; none for what is no name.
fn names<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> impl Iterator<Item = Option<String>> {
    let in_header = headers.get_all(header::HOST).iter();
    let in_header = in_header.map(|host| Authority::from_str(host.to_str().ok()?).ok());
    in_header.chain(uri.authority().cloned().map(Some)).map(|authority| name(&authority?))
}

/// Without its port and the dot at its end, in small letters.
fn name(authority: &Authority) -> Option<String> {
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty() && !authority.as_str().contains('@')).then_some(host)
}

fn address(name: &str) -> Option<IpAddr> {
    match name.strip_prefix('[') {
        Some(inside) => inside.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => name.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

fn miscounted() -> Problem {
    let detail = "a request must have one header Host, with the name or the address of this server";
    Problem::new(StatusCode::BAD_REQUEST, "no-host", "Not one header Host", detail)
}

fn unknown(name: &str) -> Problem {
    let shown: String = name.chars().take(SHOWN).collect();
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown-host",
        "Asked under a name that is not this server's",
        format!(
            "nothing is answered under the name {shown:?}, which may lead here against its owner's will: if it is this \
             server's, add it to the setting allowed_hosts"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(host: &str) -> bool {
        let hosts = Hosts::new(&["Health.Example.org".into(), "other.example.net.".into()]);
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        names(&headers, &Uri::from_static("/")).all(|name| name.is_some_and(|name| hosts.allow(&name)))
    }

    #[test]
    fn names_that_nobody_can_register_and_those_of_the_setting_are_answered() {
        for host in [
            "127.0.0.1:8787",
            "192.168.1.7",
            "203.0.113.5",
            "[::1]:8787",
            "[fd00::7]",
            "localhost",
            "LOCALHOST:1",
            "pi",
            "pi:8787",
            "pi.local",
            "pi.local.",
            "PI.Local:8787",
            "nas.fritz.box",
            "nas.home.arpa",
            "pi.tail1234.ts.net",
            "health.example.org",
            "HEALTH.example.org:443",
            "health.example.org.",
            "other.example.net",
        ] {
            assert!(allows(host), "{host}");
        }
        for host in [
            "evil.example",
            "local.evil.example",
            "127.0.0.1.evil.example",
            "evil.health.example.org",
            "xlocal.org",
            "health.example.org.evil.example",
            "fritz.box.evil.example",
            "1.2.3.4.5",
            "localhost.evil.example",
            "user@localhost",
            "localhost@evil.example",
            "",
        ] {
            assert!(!allows(host), "{host}");
        }
    }

    #[test]
    fn this_machine_is_meant_only_by_its_own_names() {
        let meant = |host: &str, uri: &'static str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            is_of_this_machine(&headers, &Uri::from_static(uri))
        };
        for host in ["localhost", "127.0.0.1:8787", "[::1]:8787", "127.9.9.9", "x.localhost"] {
            assert!(meant(host, "/metrics"), "{host}");
            assert!(!meant(host, "http://evil.example/metrics"), "{host}");
        }
        for host in ["evil.example", "pi", "pi.local", "192.168.1.7", "health.example.org", "localhost.example"] {
            assert!(!meant(host, "/metrics"), "{host}");
        }
        assert!(!is_of_this_machine(&HeaderMap::new(), &Uri::from_static("/metrics")));
    }
}
