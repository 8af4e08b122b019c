//! What makes two samples the same: repeats change nothing, order matters only where the later arrival wins, and
//! deliveries at once are as good as one after another.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged, count};
use crate::support::{Client, InProcess, body};

/// 2024-02-05T00:00:00Z, a Monday.
const MONDAY: i64 = 1_707_091_200;

const METRICS: [(&str, &str); 2] = [("step_count", "count"), ("heart_rate", "count/min")];
const SOURCES: [&str; 2] = ["Phone", "Watch"];

/// What an automation-aggregation header makes of a point, and the seconds between the starts it may have.
const HEADERS: [(&str, &str, i64); 3] = [("Days", "day", 86_400), ("Hours", "hour", 3_600), ("None", "raw", 7)];

/// One made-up point; few starts, sources and values, so that deliveries overlap and repeat each other.
#[derive(Debug, Clone)]
struct Made {
    metric: usize,
    step: i64,
    source: usize,
    value: u8,
}

#[derive(Debug, Clone)]
struct Delivery {
    header: usize,
    points: Vec<Made>,
}

impl Delivery {
    fn start(&self, point: &Made) -> i64 {
        MONDAY + point.step * HEADERS[self.header].2
    }

    fn post(&self, client: &Client) -> Value {
        let sections: Vec<Value> = (0..METRICS.len()).map(|metric| self.section(metric)).collect();
        let headers = [("automation-aggregation", HEADERS[self.header].0)];
        let body = json!({"data": {"metrics": sections}}).to_string();
        client.post("/api/v1/ingest", &headers, body.as_bytes()).expect(200)
    }

    fn section(&self, metric: usize) -> Value {
        let points = self.points.iter().filter(|point| point.metric == metric);
        let points: Vec<Value> = points
            .map(|point| json!({"date": self.start(point), "qty": point.value, "source": SOURCES[point.source]}))
            .collect();
        json!({"name": METRICS[metric].0, "units": METRICS[metric].1, "data": points})
    }
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    let point = (0..METRICS.len(), 0..3i64, 0..SOURCES.len(), 0..3u8).prop_map(|(metric, step, source, value)| Made {
        metric,
        step,
        source,
        value,
    });
    let delivery = (0..HEADERS.len(), prop::collection::vec(point, 1..8)).prop_map(|(header, mut points)| {
        if HEADERS[header].1 != "raw" {
            // Several points of one bucket would be no buckets.
            points.sort_by_key(|point| (point.metric, point.step));
            points.dedup_by_key(|point| (point.metric, point.step));
        }
        Delivery { header, points }
    });
    prop::collection::vec(delivery, 1..5)
}

/// Start, layer, source, value.
type Known = (i64, &'static str, &'static str, u8);

/// The slow way to the same end: a bucket is what came last, but a total never shrinks; a raw record of a source is all that its
/// last delivery says; a body that has come before says nothing new.
#[derive(Debug, Default)]
struct Reference {
    bodies: Vec<Vec<(usize, i64, usize, u8)>>,
    buckets: BTreeMap<(usize, i64, &'static str), (&'static str, u8)>,
    records: BTreeMap<(usize, i64, &'static str), BTreeSet<u8>>,
}

impl Reference {
    fn take(&mut self, delivery: &Delivery) {
        let all = delivery
            .points
            .iter()
            .map(|point| (delivery.header * 2 + point.metric, point.step, point.source, point.value));
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        if self.bodies.contains(&all) {
            return;
        }
        self.bodies.push(all);
        let layer = HEADERS[delivery.header].1;
        let key = |point: &Made| (point.metric, delivery.start(point), SOURCES[point.source]);
        for point in delivery.points.iter().filter(|_| layer == "raw") {
            self.records.remove(&key(point));
        }
        for point in &delivery.points {
            if layer == "raw" {
                self.records.entry(key(point)).or_default().insert(point.value);
            } else {
                let bucket = (point.metric, delivery.start(point), layer);
                let known = self.buckets.entry(bucket).or_insert((SOURCES[point.source], 0));
                if point.metric == 1 || point.value >= known.1 {
                    *known = (SOURCES[point.source], point.value);
                }
            }
        }
    }

    fn samples(&self, metric: usize) -> BTreeSet<Known> {
        let buckets = self.buckets.iter().filter(|((of, ..), _)| *of == metric);
        let buckets = buckets.map(|(&(_, start, layer), &(source, value))| (start, layer, source, value));
        let records = self.records.iter().filter(|((of, ..), _)| *of == metric);
        let records = records
            .flat_map(|(&(_, start, source), values)| values.iter().map(move |value| (start, "raw", source, *value)));
        buckets.chain(records).collect()
    }
}

/// What the server says it has, in the reference's terms; panics when it has two of the same.
fn stored(client: &Client, metric: usize) -> BTreeSet<Known> {
    let page = client.get(&format!("/api/v1/data/{}?limit=100000", METRICS[metric].0)).expect(200);
    let mut found = BTreeSet::new();
    for sample in page["samples"].as_array().unwrap() {
        let start: jiff::Timestamp = sample["start"].as_str().unwrap().parse().unwrap();
        let layer = HEADERS.iter().map(|header| header.1).find(|layer| sample["layer"] == *layer).unwrap();
        let source = SOURCES.into_iter().find(|source| sample["source"] == *source).unwrap();
        let value = sample["value"].as_f64().unwrap() as u8;
        assert!(found.insert((start.as_second(), layer, source, value)), "twice: {sample}");
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_order_of_deliveries_ends_as_the_reference_says(made in deliveries(), order in Just((0..5usize).collect::<Vec<_>>()).prop_shuffle()) {
        let server = InProcess::start();
        let mut reference = Reference::default();
        for delivery in order.iter().filter_map(|at| made.get(*at)) {
            let receipt = delivery.post(&server.client);
            assert_balanced(&receipt);
            prop_assert_eq!(count(&receipt, "received"), delivery.points.len() as u64);
            assert_unchanged(&delivery.post(&server.client));
            reference.take(delivery);
            for metric in 0..METRICS.len() {
                prop_assert_eq!(stored(&server.client, metric), reference.samples(metric));
            }
        }
        assert_sound(&server.app);
    }
}

fn raw(points: Value) -> Value {
    body("dietary_energy", "kcal", points)
}

fn values(client: &Client) -> Vec<f64> {
    let page = client.get("/api/v1/data/dietary_energy").expect(200);
    let mut values: Vec<f64> =
        page["samples"].as_array().unwrap().iter().map(|sample| sample["value"].as_f64().unwrap()).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn eaten(quantities: &[f64], source: &str) -> Value {
    let points =
        quantities.iter().map(|qty| json!({"date": "2024-02-05 12:30:05 +0000", "qty": qty, "source": source}));
    raw(points.collect())
}

#[test]
fn of_equal_entries_at_one_moment_as_many_count_as_one_delivery_lists() {
    let server = InProcess::start();
    let client = &server.client;
    client.ingest(&eaten(&[100.0, 250.0, 80.0], "Log")).expect(200);
    client.ingest(&eaten(&[500.0], "Other")).expect(200);
    assert_eq!(values(client), [80.0, 100.0, 250.0, 500.0]);
    let receipt = client.ingest(&eaten(&[250.0, 90.0], "Log")).expect(200);
    assert_eq!((count(&receipt, "unchanged"), count(&receipt, "stored")), (1, 1), "{receipt}");
    assert_eq!(values(client), [80.0, 90.0, 100.0, 250.0, 500.0]);
    let receipt = client.ingest(&eaten(&[90.0, 90.0, 90.0], "Log")).expect(200);
    assert_eq!((count(&receipt, "unchanged"), count(&receipt, "stored")), (1, 2), "{receipt}");
    assert_unchanged(&client.ingest(&eaten(&[90.0, 250.0, 90.0], "Log")).expect(200));
    assert_eq!(values(client), [80.0, 90.0, 90.0, 90.0, 100.0, 250.0, 500.0]);
    assert_sound(&server.app);
}

#[test]
fn a_complete_account_of_one_moment_may_grow_and_shrink() {
    let server = InProcess::start();
    let many: Vec<f64> = (0..500).map(f64::from).collect();
    for size in [1, 500, 3, 0, 200] {
        let sent = eaten(&many[..size], "Log").to_string();
        let headers = [("automation-period", "Today")];
        let receipt = server.client.post("/api/v1/ingest", &headers, sent.as_bytes()).expect(200);
        assert_balanced(&receipt);
        // A delivery that does not name a record says nothing about it.
        let left = if size == 0 { 3 } else { size };
        assert_eq!(values(&server.client), many[..left]);
    }
    assert_sound(&server.app);
}

#[test]
fn deliveries_at_once_lose_and_double_nothing() {
    const THREADS: i64 = 8;
    const EACH: i64 = 12;
    let server = InProcess::start();
    let receipts: Vec<Value> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let client = server.client.clone();
                scope.spawn(move || (0..EACH).map(|at| overlapping(thread, at).post(&client)).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    receipts.iter().for_each(assert_balanced);
    let sum = |part: &str| receipts.iter().map(|receipt| count(receipt, part)).sum::<u64>();
    assert_eq!(sum("received"), (THREADS * EACH * 20) as u64);
    assert_eq!(sum("quarantined"), 0);
    // Every value is the same for the same moment, so each sample is stored once, by whichever came first.
    assert_eq!(sum("updated"), 0);
    assert_eq!(sum("stored"), stored_rows(&server.client));
    assert_sound(&server.app);
}

/// Twenty raw points of both metrics, of which every other delivery holds some too.
fn overlapping(thread: i64, at: i64) -> Delivery {
    let points = (0..20).map(|point| {
        let step = (thread + at) * 5 + point;
        Made { metric: (step % 2) as usize, step, source: 0, value: (step % 200) as u8 }
    });
    Delivery { header: 2, points: points.collect() }
}

fn stored_rows(client: &Client) -> u64 {
    let metrics = client.get("/api/v1/metrics").expect(200);
    metrics["metrics"].as_array().unwrap().iter().map(|metric| metric["count"].as_u64().unwrap()).sum()
}

#[test]
fn two_first_deliveries_of_an_unknown_metric_at_once_agree_on_its_unit() {
    let server = InProcess::start();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let post = |units: &'static str, hour: u32| {
            let client = server.client.clone();
            let date = format!("2024-02-05 {hour:02}:00:00 +0000");
            scope.spawn(move || client.ingest(&body("moon_sparkle", units, json!([{"date": date, "qty": 2}]))))
        };
        let threads: Vec<_> = (0..12).map(|at| post(if at % 2 == 0 { "L" } else { "mL" }, at)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // "Busy, send it again" is allowed to the one that lost the race; nothing else is.
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 429), "{answers:?}");
    let stored = answers.iter().filter(|answer| answer.status == 200).count();
    let page = server.client.get("/api/v1/data/moon_sparkle").expect(200);
    assert_eq!(page["samples"].as_array().unwrap().len(), stored);
    assert_sound(&server.app);
}
