//! Holds off figures that lie, and a page of them that tells strangers or tells too much.

use health_export::model::key::Scope;
use serde_json::json;

use crate::caching::figure;
use crate::support::{Client, InProcess, RealServer, body};

#[test]
fn this_machine_may_read_it_and_others_need_a_key() {
    let server = InProcess::start();
    let open = server.client.with_key(None);
    let page = open.get("/metrics");
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    assert!(page.header("content-type").starts_with("text/plain; version=0.0.4"));
    // A proxy on this machine tells that it asks for somebody else.
    for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"] {
        let elsewhere = [(header, "for=203.0.113.7")];
        open.get_with("/metrics", &elsewhere).problem(401);
        for (scope, expected) in [(Scope::Read, 200), (Scope::Admin, 200), (Scope::Ingest, 403), (Scope::Export, 403)] {
            let client = server.client.with_key(Some(&server.key("owner", &[scope])));
            assert_eq!(client.get_with("/metrics", &elsewhere).status, expected, "{header} {scope:?}");
        }
    }
}

#[test]
fn requests_are_counted_by_route_and_never_by_path() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read,export");
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    let point = json!([{"date": "2024-05-01 01:00:00 +0000", "qty": 43_219_876, "source": "Zoe's Watch"}]);
    client.ingest(&body("my_secret_metric", "things", point)).expect(200);
    client.get("/api/v1/data/my_secret_metric?start=2024-05-01").expect(200);
    client.get("/api/v1/data/my_secret_metric?strat=2024-05-01").problem(400);
    client.get("/api/v1/data/no_such_metric").problem(404);
    client.get("/nowhere/at/all").problem(404);
    client.with_key(Some("he_wrong")).get("/api/v1/data/step_count").problem(401);
    client.request("HEAD", "/api/v1/data/my_secret_metric", &[], b"").unwrap();
    client.request("PATCH", "/api/v1/data/my_secret_metric", &[], b"").unwrap().problem(405);
    let page = client.get("/metrics").text();
    for secret in
        ["secret", "43219876", "Zoe", "nowhere", "no_such", "PATCH", "he_wrong", &*folder.path().display().to_string()]
    {
        assert!(!page.contains(secret), "the page says {secret}");
    }
    let data = r#"endpoint="/api/v1/data/{metric}""#;
    for line in [
        format!(r#"health_export_requests_total{{{data},method="GET",status="200"}} 1"#),
        format!(r#"health_export_requests_total{{{data},method="GET",status="400"}} 1"#),
        format!(r#"health_export_requests_total{{{data},method="GET",status="404"}} 1"#),
        format!(r#"health_export_requests_total{{{data},method="GET",status="401"}} 1"#),
        format!(r#"health_export_requests_total{{{data},method="HEAD",status="200"}} 1"#),
        format!(r#"health_export_requests_total{{{data},method="other",status="405"}} 1"#),
        r#"health_export_requests_total{endpoint="none",method="GET",status="404"} 1"#.to_owned(),
        r#"health_export_requests_total{endpoint="/api/v1/ingest",method="POST",status="200"} 1"#.to_owned(),
        format!(r#"health_export_response_time_seconds_count{{{data}}} 6"#),
        format!(r#"health_export_response_time_seconds_bucket{{{data},le="+Inf"}} 6"#),
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is missing from:\n{page}");
    }
}

#[test]
fn every_figure_says_what_it_is() {
    let server = InProcess::start();
    server.client.get("/api/v1/metrics").expect(200);
    let page = server.client.get("/metrics").text();
    let names = page.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    for name in names.map(|line| line.split([' ', '{']).next().unwrap()) {
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(family.starts_with("health_export_"), "{name}");
        assert!(page.contains(&format!("# HELP {family} ")), "{name} is not described");
        assert!(page.contains(&format!("# TYPE {family} ")), "{name} has no type");
    }
    assert!(figure(&server.client, "health_export_connection_pool_size") >= 4.0);
}
