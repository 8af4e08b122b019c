//! Ten years of steps that a watch and a phone have both counted, painted, against the same rows added up.

use crate::support::{Bench, FROM, TO, deliver, open, print, race, sample};
use health_export::app::App;
use health_export::model::bucket::Bucket;
use health_export::query::aggregate::{Question, answer};
use health_export::query::budget::Stop;
use health_export::query::stat::Stat;
use jiff::tz::TimeZone;

const METRIC: &str = "step_count";
const SAMPLES: i64 = 1_000_000;

pub fn run() {
    let bench = Bench::start(2);
    let length = (TO - FROM) / SAMPLES;
    // Each source a sample in turn, which covers most of the other's.
    let samples = (0..SAMPLES).map(|at| sample(FROM + at * length, length * 3 / 2, (at % 90) as f64, (at % 2) as u32));
    deliver(&bench.app.store, METRIC, "count", samples.collect());
    let Bench { app, folder } = bench;
    drop(app);
    let (one, two) = (open(folder.path(), 1), open(folder.path(), 2));
    let times = race(
        5,
        [
            ("added up, two threads", Box::new(|| ask(&two, false))),
            ("painted, one thread", Box::new(|| ask(&one, true))),
            ("painted, two threads", Box::new(|| ask(&two, true))),
        ],
    );
    print("1 M steps of two sources to daily count, sum", SAMPLES as u64, "added up, two threads", &times);
}

fn ask(app: &App, dedupe: bool) {
    let question = Question {
        user: 1,
        metric: METRIC.into(),
        from: None,
        to: None,
        bucket: Bucket::Day,
        zone: TimeZone::UTC,
        stats: vec![Stat::Count, Stat::Sum],
        layer: None,
        sources: vec![],
        dedupe,
    };
    let answer = answer(&app.store, &app.engine, &question, &Stop::default()).expect("an answer");
    assert!(answer.points.len() > 3_000, "{}", answer.points.len());
}
