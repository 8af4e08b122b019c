//! Holds off the wrong day: buckets of local time against a slow reference that asks the calendar about every sample, on
//! the days on which clocks change by an hour or by half of one, and where midnight does not exist.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ZonedDateTime as Zoned};
use serde_json::{Value, json};

use crate::support::{Client, InProcess, body};

/// (UTC epoch seconds, value)
type Point = (i64, f64);

fn points(from: i64, to: i64, step: i64) -> Vec<Point> {
    (0..).map(|at| from + at * step).take_while(|at| *at < to).map(|at| (at, (at / step % 97) as f64)).collect()
}

fn store(client: &Client, metric: &str, points: &[Point]) {
    let points = points.iter().map(|(at, value)| json!({"date": at, "qty": value, "source": "Watch"}));
    let body = body(metric, "things", points.collect()).to_string();
    client.post("/api/v1/ingest", &[("automation-aggregation", "none")], body.as_bytes()).expect(200);
}

/// Start of each bucket, with the number and the sum of its samples.
type Buckets = BTreeMap<String, (u64, f64)>;

fn asked(client: &Client, metric: &str, parameters: &str) -> Buckets {
    let answer = client.get(&format!("/api/v1/aggregate/{metric}?stat=count,sum&{parameters}")).expect(200);
    let point = |point: &Value| {
        let start = point["start"].as_str().unwrap().to_owned();
        (start, (point["count"].as_u64().unwrap(), point["sum"].as_f64().unwrap()))
    };
    answer["points"].as_array().unwrap().iter().map(point).collect()
}

/// The same by asking `start_of` about each sample.
fn reference(points: &[Point], zone: &TimeZone, start_of: impl Fn(&Zoned) -> Zoned) -> Buckets {
    let mut buckets = Buckets::new();
    for (at, value) in points {
        let local = Timestamp::from_second(*at).unwrap().to_zoned_datetime(zone.clone());
        let start = start_of(&local).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let bucket = buckets.entry(start).or_default();
        *bucket = (bucket.0 + 1, bucket.1 + value);
    }
    buckets
}

fn day(local: &Zoned) -> Zoned {
    local.start_of_day().unwrap()
}

fn first_of(date: Date, zone: &TimeZone) -> Zoned {
    date.to_zoned_datetime(zone.clone()).unwrap().start_of_day().unwrap()
}

/// Buckets of less than a day are counted from the day's first instant.
fn within_day(seconds: i64) -> impl Fn(&Zoned) -> Zoned {
    move |local| {
        let start = day(local);
        let elapsed = local.timestamp().as_second() - start.timestamp().as_second();
        start.checked_add(Span::new().seconds(elapsed / seconds * seconds)).unwrap()
    }
}

/// Zone, date, and the hours that the date has there.
const DAYS: [(&str, &str, f64); 10] = [
    ("Europe/Berlin", "2024-03-31", 23.0),
    ("Europe/Berlin", "2024-10-27", 25.0),
    ("America/New_York", "2024-03-10", 23.0),
    ("America/New_York", "2024-11-03", 25.0),
    ("Australia/Lord_Howe", "2024-10-06", 23.5),
    ("Australia/Lord_Howe", "2024-04-07", 24.5),
    ("Asia/Kathmandu", "2024-03-31", 24.0),
    ("America/Sao_Paulo", "2017-10-15", 23.0),
    ("America/Havana", "2024-11-03", 25.0),
    ("Pacific/Kiritimati", "2024-02-29", 24.0),
];

#[test]
fn days_have_the_hours_that_their_zone_gives_them() {
    let server = InProcess::start();
    for (number, (name, date, hours)) in (0..).zip(DAYS) {
        let (zone, metric) = (TimeZone::get(name).unwrap(), format!("made_up_{number}"));
        let start = first_of(date.parse().unwrap(), &zone);
        let noon = start.timestamp().as_second();
        let points = points(noon - 86_400, noon + 2 * 86_400, 300);
        store(&server.client, &metric, &points);
        let days = asked(&server.client, &metric, &format!("bucket=day&tz={name}"));
        assert_eq!(days, reference(&points, &zone, day), "{name}");
        let start = start.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        assert_eq!(days[&start].0 as f64, hours * 12.0, "{name}: samples of {start}");
        for (bucket, seconds) in [("hour", 3600), ("15m", 900), ("3h", 3 * 3600)] {
            let found = asked(&server.client, &metric, &format!("bucket={bucket}&tz={name}"));
            assert_eq!(found, reference(&points, &zone, within_day(seconds)), "{name} by {bucket}");
        }
        let filled = format!("bucket=hour&tz={name}&start={date}&end={date}T23:59:59&fill=0");
        assert_eq!(asked(&server.client, &metric, &filled).len() as f64, hours.ceil(), "{name}: hours of {date}");
    }
}

#[test]
fn the_hour_that_comes_twice_is_two_buckets() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let points: Vec<Point> = (0..4).map(|hour| (1_729_983_600 + hour * 3600, hour as f64)).collect();
    store(&server.client, "made_up", &points);
    let hours = asked(&server.client, "made_up", "bucket=hour");
    let expected = ["01:00:00+02:00", "02:00:00+02:00", "02:00:00+01:00", "03:00:00+01:00"];
    let expected: Buckets =
        expected.iter().map(|hour| format!("2024-10-27T{hour}")).zip((0..4).map(|n| (1, n as f64))).collect();
    assert_eq!(hours, expected);
}

#[test]
fn weeks_begin_on_monday_and_months_and_years_on_their_first() {
    for home in ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"] {
        let server = InProcess::start_with(&[("home_zone", home)]);
        let points = points(1_640_000_000, 1_740_000_000, 7 * 3600 + 11);
        store(&server.client, "made_up", &points);
        let home = TimeZone::get(home).unwrap();
        let monday = |local: &Zoned| {
            let back = i64::from(local.weekday().to_monday_zero_offset());
            first_of(local.date().checked_sub(Span::new().days(back)).unwrap(), &home)
        };
        assert_eq!(asked(&server.client, "made_up", "bucket=week"), reference(&points, &home, monday));
        let month = |local: &Zoned| first_of(local.date().first_of_month(), &home);
        assert_eq!(asked(&server.client, "made_up", "bucket=month"), reference(&points, &home, month));
        let year = |local: &Zoned| first_of(local.date().first_of_year(), &home);
        assert_eq!(asked(&server.client, "made_up", "bucket=year"), reference(&points, &home, year));
    }
}

#[test]
fn the_zone_asked_for_goes_before_the_home_zone() {
    let server = InProcess::start_with(&[("home_zone", "America/New_York")]);
    let points = points(1_717_200_000, 1_717_500_000, 600);
    store(&server.client, "made_up", &points);
    for (parameter, zone) in [("", "America/New_York"), ("&tz=Asia/Kathmandu", "Asia/Kathmandu")] {
        let zone = TimeZone::get(zone).unwrap();
        let days = asked(&server.client, "made_up", &format!("bucket=day{parameter}"));
        assert_eq!(days, reference(&points, &zone, day));
        // The dates of the question are local, too.
        let range = asked(&server.client, "made_up", &format!("bucket=day&start=2024-06-02&end=2024-06-04{parameter}"));
        let inside = |start: &str| ["2024-06-02", "2024-06-03"].contains(&&start[..10]);
        assert_eq!(range, days.into_iter().filter(|(start, _)| inside(start)).collect());
    }
}
