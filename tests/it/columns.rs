//! Holds off a chart with more points than it can draw, or other numbers than the table beside it: `bucket=auto` gives no
//! more than was asked for, and columns say what rows say.

use serde_json::{Value, json};

use crate::support::fill::{at, deliver, sample};
use crate::support::{InProcess, body};

use health_export::model::time::Layer;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Two years of a step every six hours, from 2023-01-01 in Berlin, without July 2023.
fn server() -> InProcess {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let (first, gap) = (at("2022-12-31T23:00:00Z"), at("2023-06-30T22:00:00Z")..at("2023-07-31T22:00:00Z"));
    let starts = (0..2 * 365 * 4).map(|step| first + step * 6 * HOUR).filter(|start| !gap.contains(start));
    let samples = starts.map(|start| sample(Layer::Raw, start, 60, (start / HOUR % 7) as f64)).collect();
    deliver(&server.app, "step_count", "count", samples);
    server
}

fn ask(server: &InProcess, query: &str) -> Value {
    server.client.get(&format!("/api/v1/aggregate/step_count?{query}")).expect(200)
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a Vec<Value> {
    answer["columns"][name].as_array().unwrap_or_else(|| panic!("no {name} in {answer}"))
}

#[test]
fn columns_say_what_rows_say() {
    let server = server();
    let stats = "stat=count,sum,avg,min,max,median,last,p95";
    for grid in
        ["bucket=month", "bucket=day", "bucket=auto", "bucket=auto&max_points=20", "bucket=15m&start=2024-12-01"]
    {
        for fill in ["", "&fill=null", "&fill=0"] {
            let query = format!("{grid}&{stats}{fill}");
            let (rows, columns) = (ask(&server, &query), ask(&server, &format!("{query}&shape=columns")));
            let points = rows["points"].as_array().unwrap();
            assert!(!points.is_empty() && columns.get("points").is_none() && rows.get("columns").is_none());
            for head in ["metric", "unit", "bucket", "tz", "layer"] {
                assert_eq!(rows[head], columns[head], "{query}");
            }
            let starts: Vec<i64> = points.iter().map(|point| at(point["start"].as_str().unwrap())).collect();
            assert_eq!(json!(starts), columns["columns"]["start"], "{query}");
            for stat in ["count", "sum", "avg", "min", "max", "median", "last", "p95"] {
                let wanted: Vec<&Value> = points.iter().map(|point| &point[stat]).collect();
                assert_eq!(json!(wanted), columns["columns"][stat], "{query} {stat}");
            }
        }
    }
}

#[test]
fn rows_are_the_shape_when_none_is_named() {
    let server = server();
    let plain = server.client.get("/api/v1/aggregate/step_count?bucket=month");
    let named = server.client.get("/api/v1/aggregate/step_count?bucket=month&shape=rows");
    assert_eq!((plain.text(), plain.header("etag")), (named.text(), named.header("etag")));
}

#[test]
fn a_bucket_without_a_sample_is_null_in_every_column_or_left_out() {
    let server = server();
    let july = "bucket=month&start=2023-06-01&end=2023-09-01&shape=columns";
    let left_out = ask(&server, july);
    assert_eq!(list(&left_out, "start").len(), 2);
    let filled = ask(&server, &format!("{july}&fill=null"));
    assert_eq!(
        *list(&filled, "start"),
        ["2023-05-31T22:00:00Z", "2023-06-30T22:00:00Z", "2023-07-31T22:00:00Z"].map(at)
    );
    assert_eq!((&filled["columns"]["sum"][1], &filled["columns"]["count"][1]), (&Value::Null, &json!(0)));
    let zero = ask(&server, &format!("{july}&fill=0"));
    assert_eq!((&zero["columns"]["sum"][1], &zero["columns"]["max"][1]), (&json!(0), &json!(0)));
}

#[test]
fn nothing_stored_is_empty_columns_and_not_an_error() {
    let server = InProcess::start();
    let answer = ask(&server, "bucket=auto&shape=columns&stat=sum");
    assert_eq!((&answer["bucket"], &answer["columns"]), (&json!("day"), &json!({"start": [], "sum": []})));
    let server = self::server();
    let answer = ask(&server, "bucket=auto&shape=columns&fill=null&start=1999-01-01&end=2000-01-01");
    assert_eq!(list(&answer, "start").len(), 0);
}

#[test]
fn auto_never_gives_more_than_was_asked_for_and_says_what_it_chose() {
    let server = server();
    let days = |days: i64| at("2024-10-25T22:00:00Z") + days * DAY;
    let range = |length: i64| format!("start={}&end={}", days(0), days(length));
    for (range, most, bucket, points) in [
        // The clocks go back on the second of these days, so three times 24 hours end an hour before midnight.
        (range(1), 1440, "1m", 1440),
        (range(1), 1439, "5m", 288),
        (range(3), 72, "hour", 72),
        (range(3), 71, "day", 3),
        (String::new(), 1_500, "day", 730),
        (String::new(), 730, "day", 730),
        (String::new(), 729, "week", 106),
        (String::new(), 105, "month", 24),
        (String::new(), 24, "month", 24),
        (String::new(), 23, "year", 2),
    ] {
        let query = format!("bucket=auto&max_points={most}&shape=columns&fill=null&{range}");
        let answer = ask(&server, &query);
        assert_eq!(answer["bucket"], bucket, "{query}");
        assert_eq!(list(&answer, "start").len(), points, "{query}");
        let named = ask(&server, &format!("bucket={bucket}&shape=columns&fill=null&{range}"));
        assert_eq!(answer, named, "the same as when the bucket is named");
    }
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let server = server();
    let refused = |query: &str| server.client.get(&format!("/api/v1/aggregate/step_count?{query}")).problem(400);
    for query in [
        "max_points=10",
        "bucket=day&max_points=10",
        "bucket=auto&max_points=0",
        "bucket=auto&max_points=10001",
        "bucket=auto&max_points=1e3",
        "bucket=auto&max_points=-5",
        "bucket=auto&max_points=5&max_points=6",
        "bucket=auto&max_points=1",
    ] {
        assert!(refused(query).starts_with("max_points: "), "{query}: {}", refused(query));
    }
    for query in ["bucket=AUTO", "bucket=automatic", "bucket=auto&bucket=day"] {
        assert!(refused(query).starts_with("bucket: "), "{query}: {}", refused(query));
    }
    for query in ["shape=column", "shape=Rows", "shape=rows&shape=columns"] {
        assert!(refused(query).starts_with("shape: "), "{query}: {}", refused(query));
    }
    let download = server.client.get("/api/v1/export/aggregate?metric=step_count&bucket=auto").problem(400);
    assert!(download.starts_with("bucket: "), "{download}");
}

#[test]
fn each_shape_and_each_number_of_points_has_a_tag_that_goes_with_the_data() {
    let server = server();
    let queries = [
        "bucket=auto",
        "bucket=auto&shape=columns",
        "bucket=auto&max_points=1501",
        "bucket=day",
        "bucket=day&shape=columns",
    ];
    let address = |query: &str| format!("/api/v1/aggregate/step_count?{query}");
    let tags = queries.map(|query| server.client.get(&address(query)).header("etag").to_owned());
    let mut different = tags.to_vec();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), tags.len());
    let usual = server.client.get(&address("bucket=auto&max_points=1500"));
    assert_eq!(usual.header("etag"), tags[0], "a default that is spelled out is the same question");
    let again = |at: usize| server.client.get_with(&address(queries[at]), &[("if-none-match", &tags[at])]).status;
    assert!((0..queries.len()).all(|at| again(at) == 304));
    let point = json!([{"date": "2024-12-31 10:00:00 +0000", "qty": 5, "source": "Watch"}]);
    server.client.ingest(&body("step_count", "count", point)).expect(200);
    assert!((0..queries.len()).all(|at| again(at) == 200));
}

#[test]
fn units_are_converted_in_columns_too() {
    let server = InProcess::start();
    let samples = (0..5).map(|day| sample(Layer::Raw, day * DAY, 0, 20.0 + day as f64)).collect();
    deliver(&server.app, "body_temperature", "degC", samples);
    let ask = |units: &str| {
        let query = format!("bucket=auto&max_points=5&shape=columns&stat=avg,sum&units={units}");
        server.client.get(&format!("/api/v1/aggregate/body_temperature?{query}")).expect(200)
    };
    assert_eq!(ask("metric")["columns"]["avg"], json!([20.0, 21.0, 22.0, 23.0, 24.0]));
    let shown = ask("imperial");
    assert_eq!((&shown["unit"], &shown["columns"]["avg"][0]), (&json!("degF"), &json!(68.0)));
    assert_eq!(shown["columns"]["sum"], json!([null, null, null, null, null]));
}
