//! Bodies that are wrong in part or as a whole. One odd item never fails the rest; a body of no known kind is refused,
//! but kept; whatever arrives, the server lives on and says what to do in a problem.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::check::{assert_sound, kept_body};
use crate::support::counts::{assert_balanced, assert_unchanged, count};
use crate::support::problems::refusal;
use crate::support::{Answer, InProcess, body};

fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad").join(kind);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named =
        |path: PathBuf| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
    paths.into_iter().map(named).collect()
}

fn post(server: &InProcess, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    server.client.post("/api/v1/ingest", headers, body)
}

/// How many of each file's items are bad, and what each reason says. Beside them each file holds one good item.
const ITEMS: &[(&str, u64, &str)] = &[
    ("date_is_an_object", 2, "date must be"),
    ("end_before_start", 1, "the end is before the start"),
    ("infinity", 2, "not a finite number"),
    ("metric_without_name", 1, "the metric has no name"),
    ("nan", 2, "not a"),
    ("nan_as_date", 2, "date"),
    ("nan_as_text", 2, "not a finite number"),
    ("no_date", 2, "no date"),
    ("point_is_a_text", 5, "a point must be an object"),
    ("quantity_is_a_word", 3, "is not a number"),
    ("quantity_is_an_object", 3, "must be a number"),
    ("too_large_for_a_float", 2, "not a finite number"),
];

#[test]
fn a_bad_item_is_quarantined_and_the_rest_stored() {
    let files = fixtures("items");
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ITEMS.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), "the table and the folder differ");
    for ((name, sent), (_, bad, reason)) in files.iter().zip(ITEMS) {
        let server = InProcess::start();
        let receipt = post(&server, &[], sent).expect(200);
        assert_balanced(&receipt);
        assert_eq!((count(&receipt, "stored"), count(&receipt, "quarantined")), (1, *bad), "{name}: {receipt}");
        for problem in receipt["problems"].as_array().unwrap() {
            let said = problem["reason"].as_str().unwrap();
            assert!(said.contains(reason), "{name}: {said}");
            assert!(problem["path"].as_str().unwrap().starts_with("$.data.metrics[0].data["), "{name}: {problem}");
        }
        assert_unchanged(&post(&server, &[], sent).expect(200));
    }
}

#[test]
fn a_number_as_text_is_a_number() {
    let server = InProcess::start();
    let points = json!([
        {"date": "2024-02-06 14:30:00 +0000", "qty": "12.5"}, {"date": "2024-02-06 14:31:00 +0000", "qty": " 13 "},
        {"date": "1707229920", "qty": "1.4e1"},
    ]);
    let receipt = server.client.ingest(&body("step_count", "count", points)).expect(200);
    assert_eq!(receipt["stored"], 3);
    let page = server.client.get("/api/v1/data/step_count").expect(200);
    let values: Vec<&Value> = page["samples"].as_array().unwrap().iter().map(|sample| &sample["value"]).collect();
    assert_eq!(values, [12.5, 13.0, 14.0]);
}

#[test]
fn a_thousand_bad_items_are_all_counted_and_twenty_shown() {
    let server = InProcess::start();
    let points: Vec<Value> = (0..1000).map(|at| json!({"date": "no", "qty": at})).collect();
    let receipt = server.client.ingest(&body("step_count", "count", points.into())).expect(200);
    assert_balanced(&receipt);
    assert_eq!((count(&receipt, "quarantined"), receipt["problems"].as_array().unwrap().len()), (1000, 20));
    let quarantined = health_export::store::check::quarantined(&server.app.store.reader().unwrap()).unwrap();
    assert_eq!(quarantined, 1000, "those that are not shown are kept too");
}

#[test]
fn a_body_of_no_known_kind_is_refused_kept_and_listed() {
    let server = InProcess::start();
    let files = fixtures("refused");
    assert!(files.len() > 20, "only {} fixtures found", files.len());
    for (name, sent) in &files {
        let answer = post(&server, &[("content-type", "application/json")], sent);
        println!("{name}: {}", refusal(&server, &answer, 400, "not-understood"));
        let id = answer.json()["delivery"].as_str().expect("the problem names the delivery").to_owned();
        assert_eq!(&kept_body(&server.app, &id), sent, "{name}");
        let kept = server.client.get(&format!("/api/v1/deliveries/{id}")).expect(200);
        assert_eq!((&kept["refused"], &kept["quarantined"], &kept["received"]), (&json!(true), &json!(1), &json!(1)));
        assert_eq!(kept["problems"][0]["path"], "$");
    }
    let listed = server.client.get("/api/v1/deliveries?limit=1000").expect(200);
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), files.len());
    assert_eq!(server.client.get("/api/v1/metrics").expect(200)["metrics"], json!([]));
    assert_sound(&server.app);
}

#[test]
fn an_empty_body_is_refused() {
    let server = InProcess::start();
    for sent in [&b""[..], b" ", b"\r\n\t \n"] {
        let detail = refusal(&server, &post(&server, &[], sent), 400, "bad-request");
        assert!(detail.contains("empty"), "{detail}");
    }
}

#[test]
fn without_a_good_key_nothing_is_kept() {
    let server = InProcess::start();
    let sent = body("step_count", "count", json!([{"date": "2024-02-06 14:30:00 +0000", "qty": 7}]));
    for key in [None, Some("he_wrong")] {
        let client = server.client.with_key(key);
        refusal(&server, &client.ingest(&sent), 401, "unauthorized");
        refusal(&server, &client.post("/api/data", &[], b"hello"), 401, "unauthorized");
    }
    assert_eq!(server.client.get("/api/v1/deliveries").expect(200)["deliveries"], json!([]));
}

#[test]
fn an_encoding_that_cannot_be_undone_is_refused() {
    let server = InProcess::start();
    let plain = br#"{"data":{}}"#;
    for encoding in ["gzip", "x-gzip", "br", "zstd", "deflate", "compress", "gzip, gzip", "lzma"] {
        let detail = refusal(&server, &post(&server, &[("content-encoding", encoding)], plain), 415, "bad-encoding");
        assert!(detail.contains("use gzip") || detail.contains("send it again"), "{encoding}: {detail}");
    }
    let mut half = zstd::encode_all(&plain.repeat(100)[..], 1).unwrap();
    half.truncate(half.len() / 2);
    refusal(&server, &post(&server, &[("content-encoding", "zstd")], &half), 415, "bad-encoding");
    post(&server, &[("content-encoding", "identity")], plain).expect(200);
}

/// `depth` lists in each other.
fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

/// A point with something deep in it, a point that is deep itself, a metric and an array of the envelope that are.
fn deep(depth: usize) -> [String; 4] {
    let list = nested(depth);
    let point = r#""date":"2024-02-06 14:30:00 +0000","qty":7"#;
    let in_data = |points: &str| {
        format!(r#"{{"data":{{"metrics":[{{"name":"step_count","units":"count","data":[{points}]}}]}}}}"#)
    };
    [
        in_data(&format!(r#"{{{point},"metadata":{list}}}"#)),
        in_data(&format!(r#"{list},{{{point}}}"#)),
        format!(r#"{{"data":{{"metrics":[{list}]}}}}"#),
        format!(r#"{{"data":{{"metrics":[],"workouts":{{"x":{list}}}}}}}"#),
    ]
}

#[test]
fn deep_nesting_costs_one_item_at_most() {
    for (sent, counts) in deep(900).iter().zip([(1, 0), (1, 1), (0, 1), (0, 1)]) {
        let server = InProcess::start();
        let receipt = post(&server, &[], sent.as_bytes()).expect(200);
        assert_balanced(&receipt);
        assert_eq!((count(&receipt, "stored"), count(&receipt, "quarantined")), counts, "{receipt}");
    }
}

#[test]
fn absurd_nesting_is_refused_and_kept() {
    let server = InProcess::start();
    for depth in [10_000, 1_000_000] {
        let unclosed = r#"{"data":"#.to_owned() + &"[".repeat(depth);
        for sent in deep(depth).into_iter().chain([nested(depth), unclosed]) {
            let answer = post(&server, &[], sent.as_bytes());
            refusal(&server, &answer, 400, "not-understood");
            assert_eq!(kept_body(&server.app, answer.json()["delivery"].as_str().unwrap()), sent.as_bytes());
        }
    }
    assert_sound(&server.app);
}
