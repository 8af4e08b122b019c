//! Holds off the browser that is talked into showing, framing or running an answer: every answer carries the headers that
//! forbid it, whatever became of the request.

use crate::support::{Answer, InProcess};

#[track_caller]
fn has_guards(answer: &Answer, what: &str) {
    let guards = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in guards {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
}

#[track_caller]
fn is_guarded(answer: &Answer, what: &str) {
    has_guards(answer, what);
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
}

#[test]
fn every_answer_is_guarded() {
    let server = InProcess::start();
    let asked = [
        ("/openapi.json", 200),
        ("/health", 200),
        ("/metrics", 200),
        ("/api/v1/metrics", 200),
        ("/api/v1/export/samples?format=csv", 200),
        ("/api/v1/export/samples?format=parquet", 200),
        ("/api/v1/data/nothing", 404),
        ("/api/v1/metrics?odd=1", 400),
        ("/nowhere", 404),
        ("/%ff", 404),
    ];
    for (path, status) in asked {
        let answer = server.client.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        is_guarded(&answer, path);
    }
    is_guarded(&server.client.with_key(None).get("/api/v1/metrics"), "no key");
    is_guarded(&server.client.post("/api/v1/ingest", &[], b"\xff"), "a body that is not understood");
    is_guarded(&server.client.post("/health", &[], b""), "a wrong method");
    let tag = server.client.get("/openapi.json").header("etag").to_owned();
    let known = server.client.get_with("/openapi.json", &[("if-none-match", &tag)]);
    assert_eq!(known.status, 304);
    is_guarded(&known, "not modified");
}

#[test]
fn an_answer_is_no_page() {
    let server = InProcess::start();
    let policy = server.client.get("/health").header("content-security-policy").to_owned();
    assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'");
    has_guards(&server.client.get("/"), "the page has all but the policy");
}
