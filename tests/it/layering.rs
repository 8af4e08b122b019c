//! Holds off counting twice: a metric that came as measurements and as buckets that the phone had summed already is read
//! from one of them on each local day, and every answer says from which.

use serde_json::{Value, json};

use crate::support::{Client, InProcess, body};

/// 2024-05-01T00:00:00Z
const FIRST: i64 = 1_714_521_600;
const DAY: i64 = 86_400;

/// Stores (seconds after the first, value) in a layer.
fn store(client: &Client, aggregation: &str, metric: &str, source: &str, points: &[(i64, f64)]) {
    let unit = if metric == "heart_rate" { "count/min" } else { "count" };
    let point = |(after, value): &(i64, f64)| json!({"date": FIRST + after, "qty": value, "source": source});
    let body = body(metric, unit, points.iter().map(point).collect()).to_string();
    let receipt =
        client.post("/api/v1/ingest", &[("automation-aggregation", aggregation)], body.as_bytes()).expect(200);
    assert_eq!(receipt["stored"], points.len(), "{receipt}");
}

/// The layer of the answer, and (date, sum) of each point.
fn sums(client: &Client, question: &str) -> (String, Vec<(String, f64)>) {
    let answer = client.get(&format!("/api/v1/aggregate/{question}&stat=sum")).expect(200);
    let point = |point: &Value| (point["start"].as_str().unwrap()[5..10].to_owned(), point["sum"].as_f64().unwrap());
    let points = answer["points"].as_array().unwrap().iter().map(point).collect();
    (answer["layer"].as_str().unwrap().to_owned(), points)
}

#[track_caller]
fn assert_sums(client: &Client, question: &str, layer: &str, expected: &[(&str, f64)]) {
    let expected = expected.iter().map(|(date, sum)| (date.to_string(), *sum)).collect();
    assert_eq!(sums(client, question), (layer.to_owned(), expected), "{question}");
}

/// Steps: two days of minutes, the phone's own total for the first of them, and hours on a third.
fn three_days(client: &Client) {
    store(client, "Minutes", "step_count", "Watch", &[(60, 10.0), (120, 20.0), (DAY + 60, 5.0)]);
    store(client, "Days", "step_count", "Phone", &[(0, 27.0)]);
    store(client, "Hours", "step_count", "Watch", &[(2 * DAY + 3600, 8.0)]);
}

#[test]
fn the_phones_own_total_of_a_day_wins_over_what_it_is_the_total_of() {
    let server = InProcess::start();
    three_days(&server.client);
    assert_sums(&server.client, "step_count?bucket=day", "mixed", &[("05-01", 27.0), ("05-02", 5.0), ("05-03", 8.0)]);
    assert_sums(&server.client, "step_count?bucket=month", "mixed", &[("05-01", 40.0)]);
    assert_sums(&server.client, "step_count?bucket=day&end=2024-05-02", "day", &[("05-01", 27.0)]);
}

#[test]
fn buckets_shorter_than_a_day_are_made_of_what_is_short_enough() {
    let server = InProcess::start();
    three_days(&server.client);
    let hours = [("05-01", 30.0), ("05-02", 5.0), ("05-03", 8.0)];
    assert_sums(&server.client, "step_count?bucket=hour", "mixed", &hours);
    assert_sums(&server.client, "step_count?bucket=15m", "minute", &hours[..2]);
}

#[test]
fn a_day_is_not_counted_in_its_first_hour() {
    let server = InProcess::start();
    store(&server.client, "Minutes", "step_count", "Watch", &[(60, 10.0), (DAY + 60, 5.0)]);
    store(&server.client, "Days", "step_count", "Phone", &[(0, 27.0)]);
    let hours = [("05-01", 10.0), ("05-02", 5.0)];
    assert_sums(&server.client, "step_count?bucket=hour", "minute", &hours);
    assert_sums(&server.client, "step_count?bucket=hour&dedupe=none", "minute", &hours);
}

#[test]
fn for_what_is_averaged_the_finer_layer_wins() {
    let server = InProcess::start();
    store(&server.client, "Days", "heart_rate", "Watch", &[(0, 70.0), (DAY, 80.0)]);
    store(&server.client, "Hours", "heart_rate", "Watch", &[(3600, 60.0)]);
    assert_sums(&server.client, "heart_rate?bucket=day", "mixed", &[("05-01", 60.0), ("05-02", 80.0)]);
    store(&server.client, "None", "heart_rate", "Watch", &[(3601, 61.0), (3659, 62.0)]);
    assert_sums(&server.client, "heart_rate?bucket=day", "mixed", &[("05-01", 123.0), ("05-02", 80.0)]);
}

#[test]
fn of_two_claims_about_a_minute_one_counts_and_the_phones_own_day_wins() {
    let server = InProcess::start();
    store(&server.client, "Minutes", "step_count", "Watch", &[(60, 10.0), (DAY, 4.0)]);
    store(&server.client, "None", "step_count", "Watch", &[(61, 3.0), (DAY + 7, 6.0)]);
    // A sample that says less of its minute than is known of it adds nothing, and one that says more counts.
    assert_sums(&server.client, "step_count?bucket=day", "mixed", &[("05-01", 10.0), ("05-02", 6.0)]);
    store(&server.client, "Days", "step_count", "Phone", &[(DAY, 100.0)]);
    assert_sums(&server.client, "step_count?bucket=day", "mixed", &[("05-01", 10.0), ("05-02", 100.0)]);
}

#[test]
fn the_layer_and_the_source_can_be_asked_for_and_everything_added_up() {
    let server = InProcess::start();
    three_days(&server.client);
    let client = &server.client;
    assert_sums(client, "step_count?layer=minute", "minute", &[("05-01", 30.0), ("05-02", 5.0)]);
    assert_sums(client, "step_count?layer=day", "day", &[("05-01", 27.0)]);
    assert_sums(client, "step_count?layer=week", "none", &[]);
    assert_sums(client, "step_count?dedupe=none", "mixed", &[("05-01", 57.0), ("05-02", 5.0), ("05-03", 8.0)]);
    assert_sums(client, "step_count?layer=minute&dedupe=none&bucket=month", "minute", &[("05-01", 35.0)]);
    assert_sums(client, "step_count?source=phone", "day", &[("05-01", 27.0)]);
    assert_sums(client, "step_count?source=Watch", "mixed", &[("05-01", 30.0), ("05-02", 5.0), ("05-03", 8.0)]);
    assert_sums(client, "step_count?source=Watch&source=Phone&bucket=month", "mixed", &[("05-01", 40.0)]);
    client.get("/api/v1/aggregate/step_count?source=Nobody").problem(400);
    client.get("/api/v1/aggregate/step_count?layer=second").problem(400);
    client.get("/api/v1/aggregate/step_count?dedupe=all").problem(400);
}

/// A phone's day that began at local midnight, so many hours east of the home zone, which is UTC.
fn day_of_a_phone_at(hours: i64) -> String {
    let server = InProcess::start();
    let date = format!("2024-05-01 00:00:00 {}{:02}00", if hours < 0 { '-' } else { '+' }, hours.abs());
    let body = body("step_count", "count", json!([{"date": date, "qty": 9, "source": "Phone"}])).to_string();
    server.client.post("/api/v1/ingest", &[("automation-aggregation", "Days")], body.as_bytes()).expect(200);
    let (layer, points) = sums(&server.client, "step_count?bucket=day");
    assert_eq!((layer.as_str(), points.len(), points[0].1), ("day", 1, 9.0));
    // Cut to that day, the question finds it as well.
    let range = format!("step_count?bucket=day&start=2024-{0}&end=2024-{0}T23:59:59", points[0].0);
    assert_eq!(sums(&server.client, &range).1, points);
    points[0].0.clone()
}

#[test]
fn a_day_belongs_to_the_calendar_of_the_phone_that_cut_it() {
    for hours in [0, 11, -8, -11, 13, 14] {
        assert_eq!(day_of_a_phone_at(hours), "05-01", "{hours} hours east");
    }
}

#[test]
fn what_a_watch_and_a_phone_have_both_counted_is_counted_once() {
    let server = InProcess::start();
    for (source, steps) in [("Robin's Apple Watch", 100), ("Robin's iPhone", 90)] {
        let walk = json!([{"startDate": FIRST + 7, "endDate": FIRST + 607, "qty": steps, "source": source}]);
        let body = body("step_count", "count", walk).to_string();
        server.client.post("/api/v1/ingest", &[("automation-aggregation", "none")], body.as_bytes()).expect(200);
    }
    assert_sums(&server.client, "step_count?bucket=day", "raw", &[("05-01", 100.0)]);
    assert_sums(&server.client, "step_count?bucket=day&dedupe=none", "raw", &[("05-01", 190.0)]);
}
