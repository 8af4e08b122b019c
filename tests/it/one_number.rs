//! Holds off a day that has two numbers: every address that tells of a day tells the same of it, whoever asks and in whatever form.

use duckdb::Connection;
use health_export::model::sleep::Stage;
use health_export::model::time::Layer;
use health_export::query::rollups::refresh;
use serde_json::Value;

use crate::support::fill::{at, deliver, sample, sleep};
use crate::support::{Answer, InProcess};

/// Of the metrics of Today: what a day of each has.
const METRICS: [(&str, &str); 6] = [
    ("step_count", "sum"),
    ("heart_rate", "avg"),
    ("resting_heart_rate", "avg"),
    ("heart_rate_variability", "avg"),
    ("blood_oxygen_saturation", "avg"),
    ("respiratory_rate", "avg"),
];

/// Three days in Berlin, of which the middle one is asked about, with the change of the clocks on the last.
fn filled() -> InProcess {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let midnight = at("2024-03-29T00:00:00+01:00");
    // Every five minutes, but every five seconds in an hour of sport: a mean over samples is another number.
    let calm = (0..3 * 288).map(|at| sample(Layer::Raw, midnight + at * 300, 0, 60.0 + (at % 7) as f64));
    let sport = (0..720).map(|at| sample(Layer::Raw, midnight + 86_400 + 64_801 + at * 5, 0, 150.0));
    deliver(&server.app, "heart_rate", "count/min", calm.chain(sport).collect());
    deliver(
        &server.app,
        "step_count",
        "count",
        (0..71).map(|hour| sample(Layer::Raw, midnight + hour * 3600 + 1800, 3600, 101.0)).collect(),
    );
    // The phone's own number of the day stands for its samples.
    for (at, (metric, stat)) in METRICS[2..].iter().enumerate() {
        let value = |hour: i64| 90.0 / (at as f64 + 1.0) + hour as f64 / 10.0;
        let samples = (0..70).map(|hour| sample(Layer::Raw, midnight + hour * 3600, 60, value(hour)));
        deliver(&server.app, metric, if *stat == "avg" { "" } else { "count" }, samples.collect());
    }
    let day = sample(Layer::Day, midnight + 86_400, 86_400, 61.5);
    deliver(&server.app, "resting_heart_rate", "", vec![day]);
    sleep(&server.app, "Watch", &[(Stage::Core, "2024-03-29T23:00:00+01:00", "2024-03-30T06:50:00+01:00")]);
    server
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

fn file(answer: &Answer, stat: &str, format: &str) -> f64 {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &answer.bytes).unwrap();
    let read = if format == "csv" { "read_csv" } else { "read_parquet" };
    let sql = format!("SELECT {stat} FROM {read}('{}')", file.path().display());
    Connection::open_in_memory().unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
}

fn tile(server: &InProcess, metric: &str) -> f64 {
    let today = server.client.get("/api/v1/today?date=2024-03-30").expect(200);
    let tiles = today["tiles"].as_array().unwrap();
    let tile = tiles.iter().find(|tile| tile["metric"] == metric).unwrap_or_else(|| panic!("no {metric}: {today}"));
    tile["value"].as_f64().unwrap()
}

const DAY: &str = "start=2024-03-30&end=2024-03-31";

/// What every address says of 2024-03-30.
fn told(server: &InProcess, metric: &str, stat: &str) -> Vec<(String, f64)> {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let get = |path: &str| server.client.get(path).expect(200);
    let aggregate = |bucket: &str| get(&format!("/api/v1/aggregate/{metric}?{DAY}&bucket={bucket}&stat={stat}"));
    let month = get(&format!("/api/v1/aggregate/{metric}?bucket=day&stat={stat}"));
    let of_day = |point: &&Value| point["start"] == "2024-03-30T00:00:00+01:00";
    let in_month = month["points"].as_array().unwrap().iter().find(of_day).unwrap();
    let mut all = vec![
        ("day".into(), number(&aggregate("day")["points"][0][stat])),
        ("among other days".into(), number(&in_month[stat])),
        ("all".into(), number(&aggregate("all")["points"][0][stat])),
        ("today".into(), tile(server, metric)),
        ("explain".into(), number(&get(&format!("/api/v1/explain/{metric}?date=2024-03-30"))["value"])),
    ];
    for bucket in ["5m", "hour", "auto"] {
        let path = format!("/api/v1/aggregate/{metric}?{DAY}&bucket={bucket}&stat={stat}&shape=columns&whole={stat}");
        all.push((format!("beside buckets of {bucket}"), number(&get(&path)["whole"][stat])));
    }
    for format in ["csv", "parquet"] {
        let path = format!("/api/v1/export/aggregate?metric={metric}&{DAY}&bucket=day&stat={stat}&format={format}");
        all.push((format.into(), file(&server.client.get(&path), stat, format)));
    }
    all
}

#[test]
fn a_day_has_one_number_wherever_it_is_asked_for() {
    let server = filled();
    let check = || {
        for (metric, stat) in METRICS {
            let all = told(&server, metric, stat);
            assert!(all[1..].iter().all(|(_, value)| close(*value, all[0].1)), "{metric}: {all:?}");
        }
    };
    check();
    refresh(&server.app.store, &server.app.engine, &server.app.home()).unwrap();
    check();
    assert!(told(&server, "heart_rate", "avg")[0].1 < 70.0, "a mean over time");
    assert_eq!(told(&server, "resting_heart_rate", "avg")[0].1, 61.5, "the phone's own");
    let night = server.client.get(&format!("/api/v1/sleep?{DAY}")).expect(200);
    let explained = server.client.get("/api/v1/explain/sleep?date=2024-03-30").expect(200);
    assert_eq!(night["nights"][0]["asleep_minutes"], 470.0);
    assert_eq!((&explained["value"], tile(&server, "sleep")), (&470.0.into(), 470.0));
}

#[test]
fn the_whole_range_is_one_bucket_and_no_mean_of_means() {
    let server = filled();
    let path = "/api/v1/aggregate/heart_rate?bucket=day&whole=avg,count,min,max&start=2024-03-29&end=2024-04-02";
    let answer = server.client.get(path).expect(200);
    let year = server.client.get("/api/v1/aggregate/heart_rate?bucket=year").expect(200);
    let [whole, year] = [&answer["whole"], &year["points"][0]];
    for stat in ["avg", "count", "min", "max"] {
        assert!(close(whole[stat].as_f64().unwrap(), year[stat].as_f64().unwrap()), "{stat}: {whole}, {year}");
    }
    let one = server.client.get("/api/v1/aggregate/step_count?bucket=all&stat=sum").expect(200);
    assert_eq!(one["points"], serde_json::json!([{"start": "2024-03-29T00:00:00+01:00", "sum": 71.0 * 101.0}]));
    assert_eq!(one["bucket"], "all");
    let nothing = server.client.get("/api/v1/aggregate/step_count?whole=sum,count&start=2020-01-01&end=2020-02-01");
    assert_eq!(nothing.expect(200)["whole"], serde_json::json!({"sum": null, "count": 0}));
    let wrong = server.client.get("/api/v1/aggregate/step_count?whole=meen").problem(400);
    assert!(wrong.contains("whole: \"meen\""), "{wrong}");
    let imperial = "/api/v1/aggregate/walking_running_distance?whole=sum&units=imperial";
    deliver(
        &server.app,
        "walking_running_distance",
        "km",
        vec![sample(Layer::Raw, at("2024-03-30T10:00:00Z"), 60, 1.609344)],
    );
    let miles = server.client.get(imperial).expect(200);
    assert!(close(miles["whole"]["sum"].as_f64().unwrap(), 1.0), "{miles}");
}
