//! Ten years of steps that a watch and a phone have both counted, painted, against the same rows added up.

use std::path::Path;

use crate::support::{Bench, FROM, TO, deliver, open, print, race, sample};
use health_export::app::App;
use health_export::model::bucket::Bucket;
use health_export::model::sample::Sample;
use health_export::model::time::Layer;
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
    paint(folder.path(), "1 M steps of two sources to daily count, sum");
    let app = open(folder.path(), 1);
    for (layer, length) in [(Layer::Hour, 3600), (Layer::Day, 86_400)] {
        let bucket = |start: i64| Sample { layer, ..sample(start, length, length as f64 / 10.0, 0) };
        deliver(&app.store, METRIC, "count", (FROM..TO).step_by(length as usize).map(bucket).collect());
    }
    drop(app);
    paint(folder.path(), "the same, with a total of every hour and of every day beside them");
}

fn paint(folder: &Path, title: &str) {
    let (one, two) = (open(folder, 1), open(folder, 2));
    let times = race(
        5,
        [
            ("added up, two threads", Box::new(|| ask(&two, false))),
            ("painted, one thread", Box::new(|| ask(&one, true))),
            ("painted, two threads", Box::new(|| ask(&two, true))),
        ],
    );
    print(title, SAMPLES as u64, "added up, two threads", &times);
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
