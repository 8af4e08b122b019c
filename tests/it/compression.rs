//! Holds off answers that a client cannot read, that are larger than need be, or that a cache mixes up.

use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::caching::figure;
use crate::support::{Client, InProcess, RealServer, body};
use crate::transfer::plain;

const DAYS: &str = "/api/v1/aggregate/step_count?bucket=hour";
const CSV: &str = "/api/v1/export/samples?format=csv";

fn fill(client: &Client) {
    let point =
        |at: i64| json!({"date": 1_714_521_600 + at * 3600, "qty": (at * 7919 % 1000) as f64 / 8.0, "source": "Watch"});
    client.ingest(&body("step_count", "count", (0..1000).map(point).collect())).expect(200);
}

#[test]
fn the_best_coding_that_the_client_takes_is_used() {
    let server = InProcess::start();
    fill(&server.client);
    for address in [DAYS, CSV, "/openapi.json"] {
        let whole = server.client.get(address);
        assert_eq!((whole.status, whole.header("content-encoding")), (200, ""), "{address}");
        assert!(whole.bytes.len() > 1024, "{address} is too small for this test");
        for (accept, expected) in [
            ("gzip, deflate, br, zstd", "zstd"),
            ("gzip, deflate, br", "br"),
            ("gzip, deflate", "gzip"),
            ("deflate", ""),
            ("br;q=0.5, gzip;q=0.8, zstd;q=0", "gzip"),
            ("identity, gzip;q=0.3", ""),
            ("identity;q=0, gzip;q=0.3", "gzip"),
            ("*", "zstd"),
            ("*;q=0.1, br", "br"),
            ("gzip;q=0", ""),
        ] {
            let answer = server.client.get_with(address, &[("accept-encoding", accept)]);
            assert_eq!((answer.status, answer.header("content-encoding")), (200, expected), "{address} {accept}");
            assert!(answer.header("vary").to_lowercase().contains("accept-encoding"), "{address} {accept}");
            let text = if expected.is_empty() { answer.bytes.clone() } else { plain(&answer) };
            assert_eq!(text, whole.bytes, "{address} {accept}");
        }
        for accept in ["*;q=0", "identity;q=0", "identity;q=0, deflate"] {
            let answer = server.client.get_with(address, &[("accept-encoding", accept)]);
            assert!(answer.problem(406).contains("identity"), "{address} {accept}");
        }
    }
}

#[test]
fn what_is_small_or_packed_stays_as_it_is() {
    let server = InProcess::start();
    fill(&server.client);
    let all = [("accept-encoding", "zstd, br, gzip")];
    for address in ["/health", "/api/v1/data/step_count?limit=1", "/api/v1/export/samples?format=parquet"] {
        let answer = server.client.get_with(address, &all);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, ""), "{address}");
        assert_eq!(answer.header("content-length"), answer.bytes.len().to_string(), "{address}");
    }
    let refused =
        server.client.get_with("/api/v1/data/step_count?limit=1", &[("accept-encoding", "gzip, identity;q=0")]);
    assert_eq!(refused.header("content-encoding"), "gzip", "it does not take it as it is");
    plain(&refused);
}

#[test]
fn a_strong_tag_is_only_on_bytes_that_are_always_the_same() {
    let server = InProcess::start();
    fill(&server.client);
    for address in [DAYS, CSV, "/api/v1/metrics", "/api/v1/export/samples?format=parquet"] {
        for accept in ["identity", "zstd", "br", "gzip"] {
            let answer = server.client.get_with(address, &[("accept-encoding", accept)]);
            assert!(answer.header("etag").starts_with("W/\""), "{address} {accept}");
        }
    }
    for (address, representations) in [("/", 1), ("/openapi.json", 4)] {
        let mut tags = Vec::new();
        for accept in ["identity", "zstd", "br", "gzip"] {
            let answer = server.client.get_with(address, &[("accept-encoding", accept)]);
            let tag = answer.header("etag").to_owned();
            assert!(tag.starts_with('"') && answer.header("cache-control") == "no-cache", "{address} {accept}: {tag}");
            let known = [("accept-encoding", accept), ("if-none-match", &*tag)];
            let again = server.client.get_with(address, &known);
            assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, &*tag));
            tags.push(tag);
        }
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), representations, "{address}: each representation has a tag of its own");
    }
}

#[test]
fn kept_answers_are_kept_as_each_client_takes_them() {
    let server = InProcess::start();
    fill(&server.client);
    let whole = server.client.get(DAYS);
    for _ in 0..2 {
        for accept in ["zstd", "identity", "br", "gzip"] {
            let answer = server.client.get_with(DAYS, &[("accept-encoding", accept)]);
            assert_eq!(answer.header("etag"), whole.header("etag"));
            let text = if accept == "identity" { answer.bytes.clone() } else { plain(&answer) };
            assert_eq!(text, whole.bytes, "{accept}");
        }
    }
}

#[test]
fn the_bytes_are_counted_as_they_went_over_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read,export");
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    fill(&client);
    let name = |what: &str| format!("health_export_compression_{what}_total");
    let counted = || ["answers", "input_bytes", "output_bytes"].map(|what| figure(&client, &name(what)));
    let mut expected = counted();
    assert_eq!(expected, [0.0; 3]);
    // The first is kept in memory and compressed at once, the second is a file and compressed as it is sent.
    for address in [DAYS, CSV] {
        let whole = client.get(address);
        for accept in ["zstd", "br", "gzip"] {
            let small = client.get_with(address, &[("accept-encoding", accept)]);
            let more = [1.0, whole.bytes.len() as f64, small.bytes.len() as f64];
            expected.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        client.request("HEAD", address, &[("accept-encoding", "br")], b"").unwrap();
    }
    // A stream is counted when the server has seen its end, which may be a moment after the client has.
    let patience = std::time::Instant::now();
    while counted() != expected && patience.elapsed().as_secs() < 5 {
        std::thread::yield_now();
    }
    assert_eq!(counted(), expected);
}

#[test]
fn a_problem_is_readable_whatever_the_coding() {
    let server = InProcess::start();
    let reader = server.client.with_key(Some(&server.key("owner", &[Scope::Read])));
    let long = "x".repeat(2000);
    let answer = reader.get_with(&format!("/api/v1/data/{long}"), &[("accept-encoding", "zstd")]);
    assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"));
    let problem: Value = serde_json::from_slice(&plain(&answer)).unwrap();
    assert_eq!(problem["status"], 404);
}
