//! Holds off the oldest mistake with this data: a walk that a watch and a phone have both counted is one walk. And the
//! opposite: what only one of them has counted is not lost.

use proptest::prelude::*;
use serde_json::{Value, json};

use health_export::model::key::Scope;

use crate::support::{Client, InProcess, body};

/// 2024-05-01T00:00:00Z
const FIRST: i64 = 1_714_521_600;
const DAY: i64 = 86_400;

const WATCH: &str = "Robin’s Apple Watch";
const PHONE: &str = "Robin’s iPhone";
const APP: &str = "Pedometer";

/// Sends raw steps: (seconds after the first, seconds long, steps).
fn walk(client: &Client, source: &str, samples: &[(i64, i64, f64)]) {
    let point = |(after, span, steps): &(i64, i64, f64)| json!({"startDate": FIRST + after, "endDate": FIRST + after + span, "qty": steps, "source": source});
    let body = body("step_count", "count", samples.iter().map(point).collect()).to_string();
    let receipt = client.post("/api/v1/ingest", &[("automation-aggregation", "none")], body.as_bytes()).expect(200);
    assert_eq!(receipt["stored"], samples.len(), "{receipt}");
}

/// Sends one bucket of a day.
fn day_bucket(client: &Client, source: &str, start: i64, steps: f64) {
    let body = body("step_count", "count", json!([{"date": start, "qty": steps, "source": source}])).to_string();
    client.post("/api/v1/ingest", &[("automation-aggregation", "days")], body.as_bytes()).expect(200);
}

fn points(client: &Client, question: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/v1/aggregate/step_count?{question}")).expect(200);
    answer["points"].as_array().unwrap().clone()
}

/// The sums of the buckets.
fn sums(client: &Client, question: &str) -> Vec<f64> {
    points(client, question).iter().map(|point| point["sum"].as_f64().unwrap()).collect()
}

/// A watch, a phone that goes on longer, and an app that goes on longest.
fn three_sources(client: &Client) {
    walk(client, APP, &[(0, 1200, 120.0)]);
    walk(client, PHONE, &[(300, 600, 90.0), (5000, 100, 11.0)]);
    walk(client, WATCH, &[(0, 600, 100.0), (4000, 100, 7.0)]);
}

#[test]
fn each_moment_counts_for_the_best_source_that_has_it() {
    let server = InProcess::start();
    let client = &server.client;
    three_sources(client);
    // The watch's whole, half of the phone's first, the last quarter of the app's, which lies in the second quarter of an hour.
    assert_eq!(sums(client, "bucket=day"), [100.0 + 45.0 + 30.0 + 7.0 + 11.0]);
    assert_eq!(sums(client, "bucket=day&dedupe=none"), [328.0]);
    assert_eq!(sums(client, &format!("bucket=day&source={APP}")), [120.0]);
    assert_eq!(sums(client, &format!("bucket=day&source={APP}&source={}", "Robin's%20iPhone")), [90.0 + 11.0 + 60.0]);
    assert_eq!(sums(client, "bucket=hour"), [175.0, 18.0]);
    assert_eq!(sums(client, "bucket=15m")[..3], [145.0, 30.0, 7.0]);
    let answer = &points(client, "bucket=day&stat=count,min,max,avg,last,median,p25")[0];
    for (stat, expected) in
        [("count", 5.0), ("min", 7.0), ("max", 100.0), ("avg", 38.6), ("last", 11.0), ("median", 30.0), ("p25", 11.0)]
    {
        assert_eq!(answer[stat].as_f64().unwrap(), expected, "{stat}");
    }
}

#[test]
fn what_is_covered_does_not_count() {
    let server = InProcess::start();
    let client = &server.client;
    walk(client, WATCH, &[(100, 100, 50.0)]);
    walk(client, PHONE, &[(100, 100, 40.0), (150, 0, 3.0), (200, 0, 5.0)]);
    walk(client, APP, &[(200, 0, 5.0), (9000, 60, 1.0)]);
    // Nobody says when the entries of one second ended, so the better source's covers what begins with it.
    assert_eq!(sums(client, "bucket=day"), [50.0 + 5.0 + 1.0]);
    assert_eq!(points(client, "bucket=day&stat=count")[0]["count"], 3);
}

#[test]
fn the_answer_does_not_depend_on_the_range_that_is_asked() {
    let server = InProcess::start();
    let client = &server.client;
    // Across midnight: the watch has the second half of what the phone counted before and after it.
    walk(client, PHONE, &[(DAY - 600, 1200, 120.0), (2 * DAY - 600, 600, 6.0)]);
    walk(client, WATCH, &[(DAY, 1200, 70.0)]);
    // An app that gives whole days.
    walk(client, APP, &[(0, DAY, 86_400.0), (DAY, DAY, 86_400.0)]);
    // What lies across midnight counts on both sides.
    let whole = [60.0 + 85_800.0, 70.0 + 6.0 + 86_400.0 - 1800.0];
    assert_eq!(sums(client, "bucket=day"), whole);
    assert_eq!(sums(client, "bucket=day&end=2024-05-02"), whole[..1]);
    assert_eq!(sums(client, "bucket=day&start=2024-05-02"), whole[1..]);
    assert_eq!(sums(client, "bucket=day&start=2024-05-01T12:00:00Z&end=2024-05-02"), [60.0 + 42_600.0]);
    assert_eq!(
        sums(client, "bucket=hour&start=2024-05-01T23:00:00Z&end=2024-05-02T01:00:00Z"),
        [60.0 + 3000.0, 70.0 + 2400.0]
    );
}

#[test]
fn the_day_that_the_clocks_go_back_has_25_hours_of_both() {
    let server = InProcess::start();
    let client = &server.client;
    // 2024-10-27T00:00:00+02:00 and 26 hours on.
    let midnight = 1_729_980_000 - FIRST;
    let hours = |steps: f64| (0..26).map(|hour| (midnight + hour * 3600, 3600, steps)).collect::<Vec<_>>();
    walk(client, WATCH, &hours(10.0));
    walk(client, PHONE, &hours(9.0));
    assert_eq!(sums(client, "bucket=day&tz=Europe/Berlin"), [250.0, 10.0]);
    assert_eq!(sums(client, "bucket=hour&tz=Europe/Berlin"), vec![10.0; 26]);
}

#[test]
fn what_is_averaged_is_not_painted() {
    let server = InProcess::start();
    for (source, rate) in [(WATCH, 60), (PHONE, 80)] {
        let points = json!([{"startDate": FIRST, "endDate": FIRST + 60, "qty": rate, "source": source}]);
        let body = body("heart_rate", "count/min", points).to_string();
        server.client.post("/api/v1/ingest", &[("automation-aggregation", "none")], body.as_bytes()).expect(200);
    }
    let answer = server.client.get("/api/v1/aggregate/heart_rate?stat=avg,count").expect(200);
    assert_eq!((&answer["points"][0]["avg"], &answer["points"][0]["count"]), (&json!(70.0), &json!(2)));
}

#[test]
fn the_order_of_sources_can_be_set_and_every_answer_follows() {
    let server = InProcess::start();
    three_sources(&server.client);
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    let names = |answer: &Value| -> Vec<String> {
        let sources = answer["sources"].as_array().unwrap();
        assert!(sources.iter().zip(1..).all(|(source, rank)| source["rank"] == rank));
        sources.iter().map(|source| source["name"].as_str().unwrap().to_owned()).collect()
    };
    let listed = admin.get("/api/v1/sources").expect(200);
    assert_eq!(names(&listed), [WATCH, PHONE, APP]);
    let phone = &listed["sources"][1];
    assert_eq!((&phone["kind"], &phone["samples"], &phone["ordered"]), (&json!("phone"), &json!(2), &json!(false)));
    assert_eq!((&phone["metrics"], &phone["first"]), (&json!(["step_count"]), &json!("2024-05-01T00:05:00Z")));

    let tag = admin.get("/api/v1/aggregate/step_count").header("etag").to_owned();
    let put = |order: Value| {
        admin.request("PUT", "/api/v1/sources", &[], json!({"order": order}).to_string().as_bytes()).unwrap()
    };
    assert_eq!(names(&put(json!([APP, "robin's iphone"])).expect(200)), [APP, PHONE, WATCH]);
    assert_eq!(admin.get_with("/api/v1/aggregate/step_count", &[("if-none-match", &tag)]).status, 200);
    assert_eq!(sums(&admin, "bucket=day"), [120.0 + 18.0]);
    let fault = put(json!(["Robins Apple Wacht"])).problem(400);
    assert!(fault.contains("did you mean") && fault.contains(WATCH), "{fault}");
    put(json!([APP, "pedometer"])).problem(400);
    put(json!("Pedometer")).problem(400);
    assert_eq!(names(&admin.get("/api/v1/sources").expect(200)), [APP, PHONE, WATCH], "a refusal changes nothing");
    assert_eq!(names(&put(json!([])).expect(200)), [WATCH, PHONE, APP]);
    assert_eq!(sums(&admin, "bucket=day"), [193.0]);
}

#[test]
fn the_order_of_kinds_is_a_setting() {
    let server = InProcess::start_with(&[("source_priority", "phone, watch")]);
    three_sources(&server.client);
    // The phone's whole, half of the watch's first, the last quarter of the app's.
    assert_eq!(sums(&server.client, "bucket=day"), [101.0 + 50.0 + 7.0 + 30.0]);
}

#[test]
fn a_day_that_is_over_is_the_phones() {
    let server = InProcess::start();
    let client = &server.client;
    day_bucket(client, PHONE, FIRST, 1000.0);
    assert_eq!(sums(client, "bucket=day"), [1000.0]);
    walk(client, WATCH, &[(60, 60, 5.0), (DAY + 60, 60, 6.0)]);
    assert_eq!(sums(client, "bucket=day"), [1000.0, 6.0]);
    assert_eq!(sums(client, "bucket=day&layer=day"), [1000.0]);
    assert_eq!(sums(client, "bucket=day&layer=raw"), [5.0, 6.0]);
    assert_eq!(sums(client, "bucket=day&dedupe=none"), [1005.0, 6.0]);
}

#[test]
fn a_shortcuts_day_yields_to_the_phones_and_to_measurements() {
    for order in [[PHONE, "Shortcuts"], ["Shortcuts", PHONE]] {
        let server = InProcess::start();
        for source in order {
            day_bucket(&server.client, source, FIRST, if source == PHONE { 1000.0 } else { 1900.0 });
        }
        assert_eq!(sums(&server.client, "bucket=day"), [1000.0], "{order:?}");
    }
    let server = InProcess::start();
    day_bucket(&server.client, "Shortcuts", FIRST, 1900.0);
    assert_eq!(sums(&server.client, "bucket=day"), [1900.0]);
    walk(&server.client, WATCH, &[(60, 60, 5.0)]);
    assert_eq!(sums(&server.client, "bucket=day"), [5.0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, failure_persistence: None, ..Default::default() })]

    /// A source that is covered everywhere changes nothing.
    #[test]
    fn a_source_that_is_covered_changes_nothing(walks in prop::collection::btree_map(0..2000_i64, (1..400_i64, 0..90_u8), 1..40)) {
        let samples: Vec<_> = walks.iter().map(|(at, (span, steps))| (at * 500, *span, f64::from(*steps))).collect();
        let server = InProcess::start();
        walk(&server.client, WATCH, &samples);
        let question = "bucket=day&stat=count,sum,avg,min,max,last,median,p10,p95";
        let alone = points(&server.client, question);
        let covered: Vec<_> = samples.iter().map(|(at, span, _)| (*at, *span, 1000.0)).collect();
        walk(&server.client, PHONE, &covered);
        for (one, other) in alone.iter().zip(points(&server.client, question)) {
            for (stat, value) in one.as_object().unwrap().iter().filter(|(stat, _)| *stat != "start") {
                // Of a day into which only the end of a sample reaches some statistics are not known.
                let (one, other) = (value.as_f64(), other[stat].as_f64());
                let is_alike = one.zip(other).map_or(one == other, |(one, other)| (one - other).abs() < 1e-9);
                prop_assert!(is_alike, "{}: {:?} {:?}", stat, one, other);
            }
        }
    }
}
