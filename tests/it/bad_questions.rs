//! Questions that cannot be answered as asked: each is refused by name, with a hint, never answered differently.

use serde_json::json;

use crate::support::problems::refusal;
use crate::support::{InProcess, body};

/// A server with one sample of one metric.
fn server() -> InProcess {
    let server = InProcess::start();
    let point = json!([{"date": "2024-02-06 14:30:00 +0000", "qty": 7, "source": "Watch"}]);
    server.client.ingest(&body("step_count", "count", point)).expect(200);
    server
}

const DATA: &str = "/api/v1/data/step_count";
const AGGREGATE: &str = "/api/v1/aggregate/step_count";
const EXPORT: &str = "/api/v1/export/samples";
const DELIVERIES: &str = "/api/v1/deliveries";

/// Values that no question about a range of time takes.
const RANGE: &[&str] = &[
    "start=soon",
    "start=2024-02-31",
    "start=2024-02-06T25:00:00Z",
    "start=1e300",
    "end=never",
    "end=24:00",
    "tz=Mars/Olympus",
    "tz=../../etc/passwd",
    "layer=decade",
    "layer=Raw,day",
    "source=Nobody",
    "start=2024-02-06&start=2024-02-07",
    "start=2024-02-06&from=2024-02-07",
    "end=2024-02-06&start=2024-02-07",
    "layer=day&layer=raw",
    "tz=UTC&tz=UTC",
];

/// The parameters of one address beside those of a range, with values that it does not take.
const OTHERS: &[(&str, &[&str])] = &[
    (
        DATA,
        &[
            "limit=0",
            "limit=-1",
            "limit=1.5",
            "limit=many",
            "limit=100001",
            "limit=99999999999999999999",
            "order=up",
            "cursor=!!!",
            "cursor=AAAA",
            "cursor=MSwy",
            "format=xml",
            "limit=1&limit=2",
        ],
    ),
    (
        AGGREGATE,
        &[
            "bucket=fortnight",
            "bucket=0m",
            "bucket=7m",
            "bucket=-1h",
            "bucket=99999999999h",
            "stat=mode",
            "stat=p00",
            "stat=p100",
            "stat=sum,mode",
            "dedupe=all",
            "fill=1",
            "fill=zero",
        ],
    ),
    (EXPORT, &["format=xml", "format=json&format=csv"]),
    (DELIVERIES, &["limit=0", "limit=1001", "limit=x", "cursor=!!!", "cursor=AAAA"]),
    ("/api/v1/metrics", &["all=maybe", "all=1"]),
];

#[test]
fn a_value_that_is_not_taken_is_refused_by_the_name_of_its_parameter() {
    let server = server();
    let ranged = [DATA, AGGREGATE, EXPORT].into_iter().flat_map(|path| RANGE.iter().map(move |query| (path, *query)));
    let others = OTHERS.iter().flat_map(|(path, queries)| queries.iter().map(move |query| (*path, *query)));
    for (path, query) in ranged.chain(others) {
        let answer = server.client.get(&format!("{path}?{query}"));
        assert_eq!(answer.status, 400, "{path}?{query}: {}", answer.text());
        let detail = refusal(&server, &answer, 400, "bad-request");
        let name = query.split('=').next().unwrap();
        assert!(detail.starts_with(&format!("{name}: ")), "{path}?{query}: {detail}");
    }
}

#[test]
fn a_misspelt_parameter_is_refused_with_a_guess() {
    let server = server();
    for (path, misspelt, meant) in [
        (DATA, "limt=3", "limit"),
        (DATA, "ordr=asc", "order"),
        (DATA, "strat=2024-01-01", "start"),
        (DATA, "Layer=day", "layer"),
        (AGGREGATE, "buckt=day", "bucket"),
        (AGGREGATE, "stast=sum", "stat"),
        (EXPORT, "metrics=step_count", "metric"),
        (EXPORT, "formt=csv", "format"),
        (DELIVERIES, "curser=x", "cursor"),
    ] {
        let detail = refusal(&server, &server.client.get(&format!("{path}?{misspelt}")), 400, "bad-request");
        assert!(detail.contains(&format!("did you mean {meant}?")), "{path}?{misspelt}: {detail}");
    }
}

#[test]
fn a_parameter_that_resembles_none_is_refused_with_all_there_are() {
    let server = server();
    for (path, known) in [(DATA, "cursor"), (AGGREGATE, "dedupe"), (EXPORT, "metric"), (DELIVERIES, "limit")] {
        let detail = refusal(&server, &server.client.get(&format!("{path}?qqq=1")), 400, "bad-request");
        assert!(detail.starts_with("qqq: ") && detail.contains(known), "{path}: {detail}");
    }
    let one = server.client.get(&format!("{DELIVERIES}/none?qqq=1"));
    assert!(refusal(&server, &one, 400, "bad-request").starts_with("qqq: "));
}

#[test]
fn ingest_refuses_parameters_too_and_keeps_nothing() {
    let server = InProcess::start();
    let sent = body("step_count", "count", json!([{"date": "2024-02-06 14:30:00 +0000", "qty": 7}])).to_string();
    let post = |query: &str| server.client.post(&format!("/api/v1/ingest?{query}"), &[], sent.as_bytes());
    assert!(refusal(&server, &post("format=csv-ish"), 400, "bad-request").starts_with("format: "));
    assert!(refusal(&server, &post("fromat=csv"), 400, "bad-request").contains("did you mean format?"));
    assert_eq!(server.client.get(DELIVERIES).expect(200)["deliveries"], json!([]));
    post("format=health-auto-export").expect(200);
}

#[test]
fn an_unknown_metric_is_not_found_with_a_guess() {
    let server = server();
    for path in ["/api/v1/data/step_cuont", "/api/v1/aggregate/step_cuont", "/api/v1/export/samples?metric=step_cuont"]
    {
        let detail = refusal(&server, &server.client.get(path), 404, "not-found");
        assert!(detail.contains("step_cuont") && detail.contains("did you mean \"step_count\"?"), "{path}: {detail}");
    }
    for path in ["/api/v1/data/qqq", "/api/v1/aggregate/%F0%9F%A6%8A", "/api/v1/data/..%2F..%2Fetc%2Fpasswd"] {
        let detail = refusal(&server, &server.client.get(path), 404, "not-found");
        assert!(detail.contains("/api/v1/metrics"), "{path}: {detail}");
    }
    let composite = refusal(&server, &server.client.get("/api/v1/data/blood_pressure"), 404, "not-found");
    assert!(composite.contains("blood_pressure_systolic"), "{composite}");
    // A metric that the catalogue knows exists, also without a sample.
    assert_eq!(server.client.get("/api/v1/data/vo2_max").expect(200)["samples"], json!([]));
}

#[test]
fn a_path_that_is_no_text_is_refused_like_all_else() {
    let server = server();
    for path in ["/api/v1/data/%FF", "/api/v1/aggregate/%C3%28", "/api/v1/deliveries/%FF"] {
        let answer = server.client.get(path);
        refusal(&server, &answer, 400, "unreadable-request");
    }
}

#[test]
fn an_unknown_address_is_not_found_for_every_method() {
    let server = server();
    for path in ["/nope", "/api", "/api/v1", "/api/v1/", "/api/v2/data/step_count", "/api/v1/data", "/api/v1/ingest/"] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = server.client.request(method, path, &[], b"").expect("no answer");
            let detail = refusal(&server, &answer, 404, "no-such-address");
            assert!(detail.contains(path) && detail.contains("/openapi.json"), "{detail}");
        }
    }
    let nobody = server.client.with_key(None);
    refusal(&server, &nobody.get("/nope"), 404, "no-such-address");
}

#[test]
fn a_wrong_method_is_refused_with_those_there_are() {
    let server = server();
    for (method, path, allowed) in [
        ("GET", "/api/v1/ingest", "POST"),
        ("PUT", "/api/v1/ingest", "POST"),
        ("GET", "/api/data", "POST"),
        ("DELETE", DATA, "GET"),
        ("POST", AGGREGATE, "GET"),
        ("POST", EXPORT, "GET"),
        ("PATCH", DELIVERIES, "GET"),
        ("POST", "/health", "GET"),
    ] {
        let answer = server.client.request(method, path, &[], b"{}").expect("no answer");
        refusal(&server, &answer, 405, "wrong-method");
        assert!(answer.header("allow").contains(allowed), "{method} {path} allows {:?}", answer.header("allow"));
    }
}

#[test]
fn a_delivery_that_is_not_there_is_not_found() {
    let server = server();
    for id in ["none", "1", "01a20a78-a46c-740d-9be2-f1802ee34cee", "%27%20OR%201%3D1"] {
        refusal(&server, &server.client.get(&format!("{DELIVERIES}/{id}")), 404, "not-found");
    }
}
