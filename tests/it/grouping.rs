//! Bodies without a header: what their points are does not depend on the order in which they come, nor on how they are cut
//! into deliveries.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged};
use crate::support::{Client, InProcess, body};

/// 2024-05-01T00:00:00Z
const FIRST: i64 = 1_714_521_600;

const METRICS: [(&str, &str); 3] = [("step_count", "count"), ("dietary_water", "mL"), ("heart_rate", "count/min")];

/// Seconds after the first: a midnight, full hours, minutes, and one with seconds.
const TIMES: [i64; 6] = [0, 7 * 3600, 8 * 3600, 27_060, 27_120, 27_185];

/// Positions of a metric and a time.
type Point = (usize, usize);

fn deliveries() -> impl Strategy<Value = Vec<Vec<Point>>> {
    // At most one midnight, so that no body shows days.
    let point = (0..METRICS.len(), prop_oneof![4 => 0..3_usize, 2 => 3..5_usize, 1 => Just(5_usize)]);
    let body = prop::collection::btree_set(point, 1..4).prop_map(|points| points.into_iter().collect());
    prop::collection::vec(body, 1..5)
}

/// Of one moment every delivery says the same.
fn sent(points: &[Point]) -> Value {
    let section = |metric: usize| {
        let own = points.iter().filter(|point| point.0 == metric);
        let points: Vec<Value> = own.map(|(_, time)| point(metric, *time)).collect();
        json!({"name": METRICS[metric].0, "units": METRICS[metric].1, "data": points})
    };
    let sections: Vec<Value> = (0..METRICS.len()).map(section).collect();
    json!({"data": {"metrics": sections}})
}

fn point(metric: usize, time: usize) -> Value {
    json!({"date": FIRST + TIMES[time], "qty": 50 + 10 * metric + time, "source": "Watch"})
}

fn post(client: &Client, body: &Value, automation: &str) -> Value {
    let headers = [("automation-id", automation)];
    client.post("/api/v1/ingest", &headers, body.to_string().as_bytes()).expect(200)
}

/// All that is stored: metric, start, end, layer, value.
fn stored(server: &InProcess) -> BTreeSet<(usize, String, String, String, String)> {
    let mut found = BTreeSet::new();
    for (number, (metric, _)) in METRICS.iter().enumerate() {
        let page = server.client.get(&format!("/api/v1/data/{metric}?limit=1000"));
        if page.status == 404 {
            continue;
        }
        for sample in page.expect(200)["samples"].as_array().unwrap() {
            let text = |key: &str| sample[key].to_string();
            assert!(
                found.insert((number, text("start"), text("end"), text("layer"), text("value"))),
                "twice: {sample}"
            );
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_order_ends_alike(made in deliveries(), order in Just((0..5_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let (one, other) = (InProcess::start(), InProcess::start());
        for points in &made {
            assert_balanced(&post(&one.client, &sent(points), "a"));
        }
        for points in order.iter().filter_map(|at| made.get(*at)) {
            post(&other.client, &sent(points), "a");
        }
        prop_assert_eq!(stored(&one), stored(&other));
        for points in &made {
            assert_unchanged(&post(&one.client, &sent(points), "a"));
        }
        prop_assert_eq!(stored(&one), stored(&other));
        assert_sound(&one.app);
        assert_sound(&other.app);
    }
}

#[test]
fn what_one_sender_shows_says_nothing_of_another() {
    let server = InProcess::start();
    let day = body("step_count", "count", json!([point(0, 0)]));
    post(&server.client, &day, "a");
    post(&server.client, &body("step_count", "count", json!([point(0, 3)])), "b");
    let layers: Vec<String> = stored(&server).into_iter().map(|one| one.3).collect();
    assert_eq!(layers, ["\"day\"", "\"minute\""]);
}

#[test]
fn what_a_sender_has_shown_holds_for_what_follows() {
    let server = InProcess::start();
    post(&server.client, &sent(&[(0, 0)]), "a");
    post(&server.client, &sent(&[(0, 3)]), "a");
    let before = stored(&server);
    post(&server.client, &sent(&[(0, 1)]), "a");
    assert_eq!(stored(&server).len(), before.len() + 1);
    assert!(stored(&server).iter().all(|one| one.3 == "\"minute\""));
}
