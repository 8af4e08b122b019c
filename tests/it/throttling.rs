//! Holds off the script that tries keys all day: after a minute's share it is told to wait, and whoever has a key is let in
//! from the same address.

use health_export::model::key::Scope;

use crate::support::InProcess;

#[test]
fn wrong_keys_are_told_to_wait_and_right_ones_are_let_in() {
    let server = InProcess::start_with(&[("wrong_keys_per_minute", "20")]);
    let (wrong, none) = (server.client.with_key(Some("he_wrong")), server.client.with_key(None));
    for at in 0..20 {
        let client = if at % 2 == 0 { &wrong } else { &none };
        client.get("/api/v1/metrics").problem(401);
    }
    for client in [&wrong, &none] {
        let answer = client.get("/api/v1/metrics");
        assert!(answer.problem(429).contains("let in at any time"), "{}", answer.text());
        assert_eq!(answer.json()["type"], "urn:health-export:problem:too-many-wrong-keys");
        let seconds: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=4).contains(&seconds), "{seconds}");
        client.post("/api/v1/ingest", &[], b"{}").problem(429);
    }
    server.client.get("/api/v1/metrics").expect(200);
    // One that nobody has asked about yet.
    let fresh = server.client.with_key(Some(&server.key("owner", &[Scope::Read])));
    fresh.get("/api/v1/metrics").expect(200);
    fresh.get("/api/v1/export/samples?format=csv").problem(403);
    none.get("/health").expect(200);
    let figures = server.client.get("/metrics").text();
    for name in ["health_export_refused_keys_total", "health_export_throttled_total", "health_export_connections "] {
        assert!(figures.contains(name), "{name}");
    }
}
