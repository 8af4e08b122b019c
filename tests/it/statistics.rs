//! Holds off wrong figures: every statistic against a slow reference made of the samples themselves, with samples that
//! have no value or a minimum and maximum of their own, and with numbers that no figure may be made of.

use std::collections::BTreeMap;

use health_export::synth::random::Random;
use serde_json::{Value, json};

use crate::support::{InProcess, body};

const STATS: &str = "count,sum,avg,min,max,median,last,p05,p10,p25,p50,p75,p90,p95";
const DAY: i64 = 86_400;
const FIRST: i64 = 1_700_006_400;

#[derive(Clone)]
struct Sample {
    start: i64,
    value: Option<f64>,
    least: Option<f64>,
    greatest: Option<f64>,
}

impl Sample {
    fn json(&self) -> Value {
        json!({"date": self.start, "Avg": self.value, "Min": self.least, "Max": self.greatest, "source": "Watch"})
    }
}

/// A value alone, a value with its extremes, or extremes alone.
fn samples(count: i64, random: &mut Random) -> Vec<Sample> {
    let sample = |at: i64| {
        let (value, spread) = (random.between(-50.0, 250.0), random.between(0.0, 20.0));
        let kind = random.between(0.0, 3.0) as i64;
        let extreme = |extreme: f64| Some(extreme).filter(|_| kind > 0);
        Sample {
            start: FIRST + at * 4567,
            value: Some(value).filter(|_| kind < 2),
            least: extreme(value - spread),
            greatest: extreme(value + spread),
        }
    };
    (0..count).map(sample).collect()
}

/// Every statistic of one bucket, in the order of `STATS`.
fn reference(samples: &[Sample]) -> Vec<Option<f64>> {
    let mut values: Vec<f64> = samples.iter().filter_map(|sample| sample.value).collect();
    let last = values.last().copied();
    let sum = values.iter().copied().reduce(|a, b| a + b);
    let extreme = |own: fn(&Sample) -> Option<f64>, better: fn(f64, f64) -> f64| {
        samples.iter().filter_map(|sample| own(sample).or(sample.value)).reduce(better)
    };
    values.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        let at = share * (values.len().checked_sub(1)? as f64);
        let (below, above) = (values[at.floor() as usize], values[at.ceil() as usize]);
        Some(below + (above - below) * at.fract())
    };
    let count = Some(samples.len() as f64);
    let average = sum.map(|sum| sum / values.len() as f64);
    let (least, greatest) = (extreme(|sample| sample.least, f64::min), extreme(|sample| sample.greatest, f64::max));
    let quantiles = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95].map(quantile);
    [count, sum, average, least, greatest, quantile(0.5), last].into_iter().chain(quantiles).collect()
}

fn nearly(one: &Option<f64>, other: &Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
        (one, other) => one == other,
    }
}

fn store(server: &InProcess, metric: &str, points: Vec<Value>) -> Value {
    let body = body(metric, "things", points.into()).to_string();
    server.client.post("/api/v1/ingest", &[("automation-aggregation", "none")], body.as_bytes()).expect(200)
}

fn points(server: &InProcess, question: &str) -> Vec<Value> {
    let answer = server.client.get(&format!("/api/v1/aggregate/{question}")).expect(200);
    answer["points"].as_array().unwrap().clone()
}

#[test]
fn every_statistic_is_what_the_samples_say() {
    let server = InProcess::start_with(&[("duckdb_threads", "2")]);
    let mut samples = samples(3_000, &mut Random::new(3));
    // A day on which nothing has a value.
    samples.retain(|sample| sample.value.is_none() || (sample.start - FIRST) / DAY != 7);
    store(&server, "made_up", samples.iter().map(Sample::json).collect());
    let mut days: BTreeMap<i64, Vec<Sample>> = BTreeMap::new();
    samples.into_iter().for_each(|sample| days.entry(sample.start / DAY).or_default().push(sample));
    let found = points(&server, &format!("made_up?bucket=day&stat={STATS}"));
    assert_eq!(found.len(), days.len());
    for (point, samples) in found.iter().zip(days.values()) {
        for (stat, expected) in STATS.split(',').zip(reference(samples)) {
            let figure = point[stat].as_f64();
            assert!(nearly(&figure, &expected), "{stat} is {figure:?}, not {expected:?}: {point}");
        }
    }
    let empty: Vec<&Value> = found.iter().filter(|point| point["sum"].is_null()).collect();
    assert!(empty.len() == 1 && empty[0]["count"].as_u64() > Some(0) && empty[0]["min"].is_f64(), "{empty:?}");
}

#[test]
fn the_last_sample_stays_the_last_when_an_earlier_one_comes_later() {
    let server = InProcess::start();
    for (at, value) in [(3, 30), (1, 10), (2, 20)] {
        store(&server, "made_up", vec![json!({"date": FIRST + at, "qty": value})]);
    }
    assert_eq!(points(&server, "made_up?stat=last")[0]["last"], 30.0);
}

#[test]
fn empty_buckets_are_left_out_or_filled_as_asked() {
    let server = InProcess::start();
    store(&server, "made_up", vec![json!({"date": FIRST, "qty": 1}), json!({"date": FIRST + 3 * DAY, "qty": 2})]);
    let figures = |fill: &str| -> Vec<Value> {
        let question = format!("made_up?bucket=day&stat=count,sum,max{fill}");
        points(&server, &question).iter().map(|point| json!([point["count"], point["sum"], point["max"]])).collect()
    };
    let (first, last) = (json!([1, 1.0, 1.0]), json!([1, 2.0, 2.0]));
    assert_eq!(figures(""), [first.clone(), last.clone()]);
    let nothing = json!([0, null, null]);
    assert_eq!(figures("&fill=null"), [first.clone(), nothing.clone(), nothing, last.clone()]);
    let zeros = json!([0, 0, 0]);
    assert_eq!(figures("&fill=0"), [first, zeros.clone(), zeros, last]);
    server.client.get("/api/v1/aggregate/made_up?fill=1").problem(400);
}

#[test]
fn what_is_no_finite_number_never_gets_in() {
    let server = InProcess::start();
    for number in ["NaN", "Infinity", "-Infinity", "1e400", "\"NaN\"", "\"inf\"", "\"-infinity\"", "\"1e999\""] {
        for key in ["qty", "Avg", "Min", "Max"] {
            let odd = format!(r#"{{"date": {}, "{key}": {number}}}"#, FIRST + 60);
            let good = format!(r#"{{"date": {FIRST}, "qty": 5}}"#);
            let body = format!(r#"{{"data":{{"metrics":[{{"name":"made_up","units":"","data":[{odd},{good}]}}]}}}}"#);
            let receipt = server.client.post("/api/v1/ingest", &[], body.as_bytes()).expect(200);
            assert_eq!((&receipt["received"], &receipt["quarantined"]), (&json!(2), &json!(1)), "{key}: {number}");
        }
    }
    let everything = points(&server, "made_up?bucket=year&stat=count,sum,min,max,last");
    assert_eq!(everything.len(), 1);
    for (stat, figure) in [("count", json!(1)), ("sum", json!(5.0)), ("min", json!(5.0)), ("max", json!(5.0))] {
        assert_eq!(everything[0][stat], figure, "{stat}");
    }
}

#[test]
fn figures_too_large_for_a_number_are_an_answer_all_the_same() {
    let server = InProcess::start();
    let huge = |at: i64| json!({"date": FIRST + at, "qty": 1.7e308});
    store(&server, "made_up", vec![huge(0), huge(1), huge(2)]);
    let day = &points(&server, "made_up?stat=count,sum,max")[0];
    assert_eq!((&day["count"], &day["sum"], &day["max"]), (&json!(3), &json!(null), &json!(1.7e308)));
}

#[test]
fn percentiles_are_bounded_and_each_is_told_once() {
    let server = InProcess::start();
    let points: Vec<Value> =
        (0..101).map(|at| json!({"date": FIRST + at * 60, "qty": at + 1, "source": "Watch"})).collect();
    server.client.ingest(&body("body_mass", "kg", points.into())).expect(200);
    let ask = |parameter: &str, stats: &str| {
        server.client.get(&format!("/api/v1/aggregate/body_mass?bucket=year&{parameter}={stats}"))
    };
    let many = |count: i32| (1..=count).map(|percent| format!("p{percent:02}")).collect::<Vec<_>>().join(",");
    let ten = ask("stat", &format!("{},count,p01,p02,last,max", many(10))).expect(200);
    let found = &ten["points"][0];
    for percent in 1..=10 {
        assert_eq!(found[format!("p{percent:02}")], f64::from(percent) + 1.0, "{found}");
    }
    assert_eq!((&found["count"], &found["max"], &found["last"]), (&json!(101), &json!(101.0), &json!(101.0)));
    for (parameter, stats) in [("stat", many(11)), ("stat", format!("median,{}", many(10))), ("whole", many(99))] {
        assert!(ask(parameter, &stats).problem(400).contains("at most 10 percentiles"), "{stats}");
        let export = server.client.get(&format!("/api/v1/export/aggregate?metric=body_mass&format=csv&stat={stats}"));
        if parameter == "stat" {
            assert!(export.problem(400).contains("at most 10 percentiles"), "{}", export.text());
        }
    }
}
