//! Holds off the page of another site that has its own name lead to this machine, and requests that name no server or two.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use health_export::model::key::Scope;
use serde_json::json;

use crate::support::{InProcess, body};

fn address(server: &InProcess) -> SocketAddr {
    server.client.base().strip_prefix("http://").unwrap().parse().unwrap()
}

/// The status and the text of what is answered to a head as it is written.
fn ask(address: SocketAddr, head: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(socket, "{head}connection: close\r\n\r\n").unwrap();
    let mut text = Vec::new();
    let _ = socket.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    (text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(), text)
}

const PATHS: [&str; 6] = ["/", "/health", "/metrics", "/openapi.json", "/api/v1/session", "/api/v1/metrics"];

#[test]
fn what_is_asked_under_a_strange_name_is_not_answered() {
    let server = InProcess::start();
    let key = server.key("owner", &[Scope::Admin]);
    for host in
        ["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example", "health.example.org"]
    {
        for path in PATHS {
            for key in ["", &*format!("x-api-key: {key}\r\n")] {
                let (status, text) = ask(address(&server), &format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{key}"));
                assert_eq!(status, 421, "{host} {path}: {text}");
                assert!(text.contains("unknown-host") && text.contains("allowed_hosts"), "{text}");
                assert!(!text.contains("0.1.0"), "{text}");
            }
        }
    }
    // A name in the address goes before the header.
    let (status, _) = ask(address(&server), "GET http://evil.example/health HTTP/1.1\r\nhost: localhost\r\n");
    assert_eq!(status, 421);
    let (status, _) = ask(address(&server), "GET http://localhost/health HTTP/1.1\r\nhost: localhost\r\n");
    assert_eq!(status, 200);
}

#[test]
fn names_of_this_network_and_of_the_setting_are_answered() {
    let server = InProcess::start_with(&[("allowed_hosts", "health.example.org, Other.example.net")]);
    for host in [
        "localhost",
        "127.0.0.1",
        "[::1]:8787",
        "192.168.1.7:8787",
        "203.0.113.9",
        "pi",
        "pi.local",
        "nas.fritz.box",
        "pi.tail1234.ts.net",
        "health.example.org",
        "HEALTH.EXAMPLE.ORG:443",
        "other.example.net.",
    ] {
        for path in ["/health", "/", "/api/v1/session"] {
            let (status, text) = ask(address(&server), &format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n"));
            assert_eq!(status, 200, "{host} {path}: {text}");
        }
    }
    assert_eq!(ask(address(&server), "GET /health HTTP/1.1\r\nhost: sub.health.example.org\r\n").0, 421);
}

#[test]
fn a_request_has_one_host() {
    let server = InProcess::start();
    for hosts in [
        "",
        "host: localhost\r\nhost: localhost\r\n",
        "host: localhost\r\nhost: evil.example\r\n",
        "host: \r\n",
        "host: a b\r\n",
        "host: user@localhost\r\n",
    ] {
        for path in PATHS {
            assert_eq!(ask(address(&server), &format!("GET {path} HTTP/1.1\r\n{hosts}")).0, 400, "{hosts:?} {path}");
        }
    }
    // HTTP/1.0 knows no such header.
    assert_eq!(ask(address(&server), "GET /health HTTP/1.0\r\n").0, 200);
}

#[test]
fn figures_are_open_to_programs_of_this_machine_only() {
    let server = InProcess::start();
    let get = |version: &str, host: &str, more: &str| {
        ask(address(&server), &format!("GET /metrics HTTP/{version}\r\n{host}{more}")).0
    };
    for host in ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787"] {
        assert_eq!(get("1.1", &format!("host: {host}\r\n"), ""), 200, "{host}");
    }
    for host in ["pi", "pi.local", "192.168.1.7", "pi.tail1234.ts.net"] {
        assert_eq!(get("1.1", &format!("host: {host}\r\n"), ""), 401, "{host}");
    }
    assert_eq!(get("1.0", "", ""), 401);
    // What nginx says to a server that nobody has told it anything about.
    assert_eq!(get("1.0", "host: 127.0.0.1:8787\r\n", ""), 401);
    for header in [
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Anything",
        "Forwarded",
        "Via",
        "X-Real-IP",
        "CF-Connecting-IP",
        "CF-Ray",
        "True-Client-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "Fastly-Client-IP",
        "X-Original-Forwarded-For",
        "X-Originating-IP",
        "X-Remote-IP",
        "X-Remote-Addr",
        "X-Envoy-External-Address",
        "X-Amzn-Trace-Id",
        "X-Azure-ClientIP",
        "X-Appengine-User-IP",
        "CDN-Loop",
        "Tailscale-User-Login",
        "X-Original-URL",
    ] {
        assert_eq!(get("1.1", "host: localhost\r\n", &format!("{header}: 203.0.113.7\r\n")), 401, "{header}");
    }
}

#[test]
fn figures_name_people_to_who_may_know() {
    let server = InProcess::start();
    let point = || json!([{"date": 1_700_000_000, "qty": 1, "source": "Watch"}]);
    for (person, automation) in [("owner", "Cycle tracking hourly"), ("ben", "Bens Automation")] {
        let client = server.client.with_key(Some(&server.key(person, &[Scope::Ingest])));
        let sent = body("step_count", "count", point()).to_string();
        client.post("/api/v1/ingest", &[("automation-name", automation)], sent.as_bytes()).expect(200);
    }
    let of = |key: Option<&str>| server.client.with_key(key).get("/metrics").text();
    let key = |person: &str, scope: Scope| server.key(person, &[scope]);
    let seen = |page: &str| [page.contains("Cycle tracking"), page.contains("Bens"), page.contains("user=")];
    assert_eq!(seen(&of(None)), [false; 3]);
    assert_eq!(seen(&of(Some("he_wrong"))), [false; 3]);
    assert_eq!(seen(&of(Some(&key("owner", Scope::Ingest)))), [false; 3]);
    assert_eq!(seen(&of(Some(&key("eve", Scope::Read)))), [false; 3]);
    assert_eq!(seen(&of(Some(&key("ben", Scope::Read)))), [false, true, true]);
    assert_eq!(seen(&of(Some(&key("owner", Scope::Read)))), [true, false, true]);
    assert_eq!(seen(&of(Some(&key("eve", Scope::Admin)))), [true, true, true]);
}
