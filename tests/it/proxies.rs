//! Holds off what goes wrong behind reverse proxies that speak HTTP/1.0 to us, wait for a full buffer, or make a request of the
//! internet look like one of this machine.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use health_export::model::key::Scope;
use serde_json::json;

use crate::support::{InProcess, body};

fn filled() -> InProcess {
    let server = InProcess::start();
    let points: Vec<_> = (0..5000)
        .map(
            |at| json!({"date": format!("2024-01-01T{:02}:{:02}:{:02}Z", at / 3600, at / 60 % 60, at % 60), "qty": at}),
        )
        .collect();
    server.client.ingest(&body("heart_rate", "count/min", points.into())).expect(200);
    server
}

/// What comes of a request as nginx 1.22 passes it on: the head in lower case, and the body.
fn ask(server: &InProcess, version: &str, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(server.client.base().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let key = server.key("owner", &[Scope::Export, Scope::Read]);
    let head = format!(
        "GET {path} HTTP/{version}\r\nhost: health\r\nconnection: close\r\nauthorization: Bearer {key}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&bytes[..end]).to_lowercase(), bytes[end + 4..].to_vec())
}

fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()
}

#[test]
fn to_http_1_0_every_answer_has_its_length_so_that_half_of_one_is_none() {
    let server = filled();
    for path in [
        "/api/v1/export/samples?format=csv",
        "/api/v1/export/samples?format=ndjson",
        "/api/v1/export/samples?format=parquet",
        "/api/v1/data/heart_rate?limit=5000",
        "/api/v1/data/heart_rate?limit=5000&format=csv",
        "/openapi.json",
        "/metrics",
    ] {
        for codings in ["gzip", "gzip, deflate, br, zstd"] {
            let (head, body) = ask(&server, "1.0", path, &format!("accept-encoding: {codings}\r\n"));
            assert!(head.contains(" 200 "), "{path}: {head}");
            assert_eq!(length(&head), Some(body.len()), "{path}: {head}");
        }
    }
    let (head, _) = ask(&server, "1.0", "/api/v1/export/samples?format=csv", "accept-encoding: gzip\r\n");
    assert!(!head.contains("content-encoding"), "{head}");
    let (head, _) = ask(&server, "1.1", "/api/v1/export/samples?format=csv", "accept-encoding: gzip\r\n");
    assert!(head.contains("content-encoding: gzip"), "{head}");
}

#[test]
fn events_tell_proxies_to_hand_them_on_at_once() {
    let server = filled();
    let key = server.key("owner", &[Scope::Read]);
    for (version, path) in [("1.0", "/api/v1/requests"), ("1.1", "/api/v1/requests")] {
        let mut stream = TcpStream::connect(server.client.base().strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = format!(
            "GET {path} HTTP/{version}\r\nhost: h\r\naccept: text/event-stream\r\naccept-encoding: gzip\r\nauthorization: Bearer {key}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut seen = String::new();
        let mut piece = [0; 4096];
        while !seen.contains("\r\n\r\n") || !seen.contains("event: request") {
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&piece[..read]).to_lowercase());
        }
        assert!(seen.contains("x-accel-buffering: no") && seen.contains("cache-control: no-store"), "{seen}");
    }
}

#[test]
fn a_file_that_must_be_the_old_one_is_not_the_new_one() {
    let server = filled();
    let path = "/api/v1/export/samples?format=csv";
    let whole = server.client.get(path);
    assert_eq!(whole.header("last-modified"), "", "when it was made here says nothing of what it holds");
    for tag in ["\"x\"", whole.header("etag")] {
        let detail = server.client.get_with(path, &[("if-match", tag)]).problem(412);
        assert!(detail.contains("If-Match"), "{detail}");
    }
    assert_eq!(server.client.get_with(path, &[("if-match", "*")]).status, 200);
    assert_eq!(server.client.get_with("/api/v1/data/heart_rate", &[("if-match", "\"x\"")]).status, 412);
    let since = [("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")];
    assert_eq!(server.client.get_with(path, &since).status, 200, "without Last-Modified it has no meaning");
}

#[test]
fn figures_are_not_for_whoever_a_proxy_on_this_machine_serves() {
    let server = filled();
    let open = server.client.with_key(None);
    assert_eq!(open.get("/metrics").status, 200);
    for name in [
        "forwarded",
        "via",
        "x-real-ip",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-server",
        "x-forwarded-port",
        "X-Forwarded-Something-New",
    ] {
        assert_eq!(open.get_with("/metrics", &[(name, "x")]).status, 401, "{name}");
    }
}
