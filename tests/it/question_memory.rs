//! Holds off the question that takes the memory of everything else: the largest that is allowed, of ten years of heart rates,
//! within the limits of the service's unit.

use std::collections::BTreeMap;
use std::path::Path;

use health_export::app::App;
use health_export::config::Settings;
use health_export::model::time::Layer;

use crate::support::confined::Group;
use crate::support::fill::{deliver, sample};
use crate::support::memory::peak;
use crate::support::{Client, RealServer, command};

const SAMPLES: i64 = 4_200_000;
/// As many as five percentiles are told of.
const MOST: i64 = 4_000_000;
const FIRST: i64 = 1_400_000_000;
const STEP: i64 = 75;

/// So many samples beside the one that is there; by SQL, because sending them takes minutes.
const FILL: &str = "
    WITH RECURSIVE number(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM number WHERE at < ?1 - 1)
    INSERT INTO sample (user, metric, start, layer, twin, value, span, source, offset_minutes, delivery)
    SELECT user, metric, start + at * ?2, layer, twin, 40 + (at * 7919) % 1000 / 8.0, 0, source, 0, delivery
    FROM number JOIN (SELECT * FROM sample WHERE start = ?3 AND metric = (SELECT id FROM metric WHERE name = ?4))";

fn fill(app: &App, metric: &str, unit: &str) {
    deliver(app, metric, unit, vec![sample(Layer::Raw, FIRST, 0, 60.0)]);
    let metric = metric.to_owned();
    let filled = app.store.writer().run(move |writing| {
        writing.connection.execute(FILL, (SAMPLES, STEP, FIRST, &metric))?;
        let count = "UPDATE series SET samples = ?1, last = ?2 WHERE metric = (SELECT id FROM metric WHERE name = ?3)";
        Ok(writing.connection.execute(count, (SAMPLES, FIRST + (SAMPLES - 1) * STEP, metric))?)
    });
    assert_eq!(filled.unwrap(), 1);
}

/// A data directory with as much as somebody has after ten years.
fn fill_all(folder: &Path) {
    let flags = BTreeMap::from([("data_dir".to_owned(), folder.display().to_string())]);
    let app = App::start(&Settings::resolve(&flags, |_| None).unwrap()).unwrap();
    fill(&app, "heart_rate", "count/min");
    fill(&app, "respiratory_rate", "count/min");
}

#[test]
fn the_largest_question_stays_within_the_limits_of_the_unit() {
    let data_dir = tempfile::tempdir().unwrap();
    let folder = data_dir.path();
    fill_all(folder);
    let key = RealServer::create_key(folder, "read,export");
    let percentiles =
        |from: i32, to: i32| (from..=to).map(|percent| format!("p{percent:02}")).collect::<Vec<_>>().join(",");
    let group = Group::new();
    if let Err(reason) = &group {
        println!(
            "SKIPPED the limit of memory, for this machine lets no group be made ({reason}); the peak is looked at all the same"
        );
    }
    let confined = group.as_ref().map_or_else(|_| command(folder), |group| group.confine(&command(folder)));
    let real = RealServer::run(confined, &["--query-seconds", "600"]);
    let client = Client::new(&real.base, Some(&key));
    let idle = peak(real.process.id());
    let end = jiff::Timestamp::from_second(FIRST + MOST * STEP).unwrap();
    let too_much = client.get(&format!("/api/v1/aggregate/heart_rate?bucket=all&stat={}", percentiles(1, 5)));
    assert!(too_much.problem(400).contains("at most 4000000 samples"), "{}", too_much.text());
    client.get(&format!("/api/v1/aggregate/heart_rate?bucket=year&stat={}", percentiles(1, 99))).problem(400);
    let stats = percentiles(95, 99);
    let questions = [
        format!("/api/v1/aggregate/heart_rate?bucket=year&end={end}&stat={stats}"),
        format!("/api/v1/aggregate/respiratory_rate?bucket=all&dedupe=none&end={end}&stat={stats}"),
    ];
    for question in &questions {
        let answer = client.get(question).expect(200);
        println!("{} after {question}: {}", peak(real.process.id()) >> 20, answer["points"][0]);
    }
    let grown = (peak(real.process.id()) - idle) >> 20;
    assert!(grown < 300, "one question alone: {grown} MB");
    std::thread::scope(|scope| {
        for question in &questions {
            let export = question
                .replace("/aggregate/", "/export/aggregate?format=csv&metric=")
                .replacen("?bucket", "&bucket", 1);
            for path in [question.replace("p95", "p80"), export] {
                let client = client.fresh();
                scope.spawn(move || assert_eq!(client.get(&path).status, 200, "{path}"));
            }
        }
    });
    println!("{} after two and two at once", peak(real.process.id()) >> 20);
    client.get("/health/ready").expect(200);
}
