//! Questions with the number of entries of their right answers. Those that take a number give another question for each, so
//! that no cache has the answer.

use std::fmt::Write;

use hyper::body::Bytes;
use jiff::{Timestamp, ToSpan};

use crate::client::Ask;
use crate::measure::expect::Expect;
use crate::world::{HEART_RATE, Metric, STEPS, World};

/// The first fresh point: long before the history, so that questions about the history keep their answers.
const FRESH: i64 = 1_325_376_003;

/// Seconds between fresh points. With the odd start no point is on the boundary of a minute, which would make it a bucket.
const APART: i64 = 10;

pub const FRESH_METRIC: &str = "active_energy";

pub fn health(number: usize) -> Ask {
    let path = ["/health", "/health/live", "/health/ready"][number % 3];
    Ask::get("health", path, Expect::Healthy)
}

pub fn metrics() -> Ask {
    // Those of the ten years, and what the last year adds: oxygen, weight, food, and sleep.
    Ask::get("metrics", "/api/v1/metrics", Expect::List { name: "metrics", entries: 10 })
}

/// Coverage; the number makes it another question.
pub fn coverage(number: usize) -> Ask {
    // One entry for each metric, for sleep, for workouts, and for symptoms.
    Ask::get("coverage", format!("/api/v1/coverage?gaps={}", 3 + number), Expect::List { name: "entries", entries: 12 })
}

fn data(world: &World, name: &'static str, first: i64, days: i64, format: &str) -> Ask {
    let (from, to) = (world.day(first), world.day(first + days));
    let entries = world.count(&HEART_RATE, first, first + days);
    let expect = match format {
        "csv" => Expect::Csv { rows: entries },
        "ndjson" => Expect::Ndjson { rows: entries },
        _ => Expect::List { name: "samples", entries },
    };
    Ask::get(name, format!("/api/v1/data/heart_rate?start={from}&end={to}&limit=100000&format={format}"), expect)
}

/// The number as a day that leaves room for `days` behind it, far from the one before.
fn spread(world: &World, number: usize, days: i64) -> i64 {
    (number as i64 * 1_237) % (world.days() - days)
}

pub fn one_day(world: &World, number: usize) -> Ask {
    data(world, "one day", spread(world, number, 1), 1, "json")
}

/// Days of samples, each of another length of the page, so that there are more of them than days.
pub fn one_day_never_asked(world: &World, number: usize) -> Ask {
    let mut ask = one_day(world, number);
    let limit = 100_000 - number as i64 / world.days();
    ask.path = ask.path.replace("limit=100000", &format!("limit={limit}"));
    ask.encoded("identity").named("one day, not cached")
}

pub fn one_week(world: &World, number: usize, format: &str) -> Ask {
    let name = if format == "csv" { "one week, CSV" } else { "one week, NDJSON" };
    data(world, name, spread(world, number, 7), 7, format)
}

pub fn one_week_json(world: &World, number: usize) -> Ask {
    data(world, "one week", spread(world, number, 7), 7, "json")
}

fn aggregate(world: &World, name: &'static str, metric: &Metric, (first, days): (i64, i64), rest: &str) -> Ask {
    let (from, to) = (world.day(first), world.day(first + days));
    let path = format!("/api/v1/aggregate/{}?start={from}&end={to}&{rest}", metric.name);
    Ask::get(name, path, Expect::List { name: "points", entries: days as usize })
}

/// The range of a question about ten years: some days are left out at both ends, so that there are thousands of such ranges.
fn ten_years(world: &World, number: usize) -> (i64, i64) {
    let (front, back) = ((number as i64 * 7) % 101, (number as i64 / 101) % 101);
    (front, world.days() - front - back)
}

pub fn ten_years_daily(world: &World, number: usize) -> Ask {
    let stats = ["avg", "min,max", "avg,min,max", "count,avg"][(number / 10_201) % 4];
    let rest = format!("bucket=day&stat={stats}");
    aggregate(world, "ten years of days", &HEART_RATE, ten_years(world, number), &rest)
}

/// Figures that are the same to the last digit however the work was shared between threads, unlike averages.
pub fn ten_years_extremes(world: &World, number: usize) -> Ask {
    aggregate(world, "ten years of days", &HEART_RATE, ten_years(world, number), "bucket=day&stat=min,max")
}

pub fn ten_years_painted(world: &World, number: usize) -> Ask {
    aggregate(world, "ten years of days, two sources", &STEPS, ten_years(world, number), "bucket=day&stat=sum")
}

/// Ten-year days for a client that must not work as hard as the server: one in twenty is parsed, of the others the points are
/// counted.
pub fn ten_years_never_asked(world: &World, number: usize) -> Ask {
    let mut ask = ten_years_daily(world, number).encoded("identity").named("ten years of days, not cached");
    if let Expect::List { entries, .. } = ask.expect
        && number % 20 != 0
    {
        ask.expect = Expect::Counted { text: "\"start\":", times: entries };
    }
    ask
}

pub fn ten_years_monthly(world: &World, number: usize) -> Ask {
    let (first, days) = ten_years(world, number);
    let rest = "bucket=month&stat=sum";
    let mut ask = aggregate(world, "ten years of months, two sources", &STEPS, (first, days), rest);
    let months = |day: i64| i64::from(world.day(day).year()) * 12 + i64::from(world.day(day).month());
    let entries = (months(first + days - 1) - months(first) + 1) as usize;
    ask.expect = Expect::List { name: "points", entries };
    ask
}

pub fn year_weekly(world: &World, number: usize) -> Ask {
    let first = spread(world, number, 365);
    let mut ask = aggregate(world, "a year of weeks", &HEART_RATE, (first, 365), "bucket=week");
    // Weeks begin on Monday; the first and the last may be parts of one.
    let before = i64::from(world.day(first).weekday().to_monday_zero_offset());
    ask.expect = Expect::List { name: "points", entries: ((before + 365 + 6) / 7) as usize };
    ask
}

/// Hours or quarters of hours, as many as have a sample; the day on which clocks change has 23 or 25 hours.
pub fn fine(world: &World, number: usize, bucket: &str, days: i64) -> Ask {
    let first = spread(world, number, days);
    let (name, seconds) =
        if bucket == "hour" { ("a month of hours", 3600) } else { ("a day of quarters of an hour", 900) };
    let mut ask = aggregate(world, name, &HEART_RATE, (first, days), &format!("bucket={bucket}"));
    ask.expect = Expect::List { name: "points", entries: world.filled(&HEART_RATE, first, first + days, seconds) };
    ask
}

pub fn month_hourly(world: &World, number: usize) -> Ask {
    fine(world, number, "hour", 30)
}

pub fn day_quarters(world: &World, number: usize) -> Ask {
    fine(world, number, "15m", 1)
}

pub fn month_median(world: &World, number: usize) -> Ask {
    let range = (spread(world, number, 30), 30);
    aggregate(world, "a month of medians", &HEART_RATE, range, "bucket=day&stat=median")
}

pub fn sleep(world: &World, days: i64) -> Ask {
    let (from, to) = last_year(world, days);
    let path = format!("/api/v1/sleep?start={from}&end={to}&limit=1000");
    Ask::get("sleep", path, Expect::List { name: "nights", entries: days as usize })
}

pub fn workouts(world: &World, days: i64) -> Ask {
    let (from, to) = last_year(world, days);
    let path = format!("/api/v1/workouts?start={from}&end={to}&limit=1000");
    Ask::get("workouts", path, Expect::List { name: "workouts", entries: world.happened(from, to).0 })
}

pub fn events(world: &World, days: i64) -> Ask {
    let (from, to) = last_year(world, days);
    let path = format!("/api/v1/events/symptoms?start={from}&end={to}&limit=1000");
    Ask::get("events", path, Expect::List { name: "events", entries: world.happened(from, to).1 })
}

fn last_year(world: &World, days: i64) -> (jiff::civil::Date, jiff::civil::Date) {
    let to = world.year().1;
    (to.checked_sub(days.days()).expect("a day of the calendar"), to)
}

/// A file of some days of heart rates.
pub fn export(world: &World, first: i64, days: i64, format: &str) -> Ask {
    let (from, to) = (world.day(first), world.day(first + days));
    let rows = world.count(&HEART_RATE, first, first + days);
    let (name, expect) = match format {
        "csv" => ("export, CSV", Expect::Csv { rows }),
        "ndjson" => ("export, NDJSON", Expect::Ndjson { rows }),
        _ => ("export, Parquet", Expect::Parquet),
    };
    Ask::get(name, format!("/api/v1/export/samples?metric=heart_rate&start={from}&end={to}&format={format}"), expect)
}

pub fn month_export(world: &World, number: usize, format: &str) -> Ask {
    export(world, spread(world, number, 31), 31, format)
}

/// A delivery of fresh points, counted from `first`.
pub fn delivery(first: i64, points: i64) -> Ask {
    let body = body(FRESH_METRIC, (first..first + points).map(|at| FRESH + at * APART));
    Ask::post("ingest", body, Expect::Stored { points: points as u64 })
}

/// The hours of fresh points as a question whose counts add up to as many as are stored.
pub fn fresh_counts(points: i64) -> String {
    let end = FRESH + points * APART;
    format!("/api/v1/aggregate/{FRESH_METRIC}?bucket=year&stat=count&dedupe=none&start={FRESH}&end={end}")
}

/// As the app on the phone writes it.
pub fn body(metric: &str, times: impl Iterator<Item = i64>) -> Bytes {
    let mut body = format!("{{\"data\":{{\"metrics\":[{{\"name\":\"{metric}\",\"units\":\"kcal\",\"data\":[");
    for (number, time) in times.enumerate() {
        let at = Timestamp::from_second(time).expect("a time");
        let comma = if number == 0 { "" } else { "," };
        let value = 1.0 + (time % 997) as f64 / 8.0;
        let written = at.strftime("%Y-%m-%d %H:%M:%S +0000");
        write!(
            body,
            "{comma}{{\"qty\":{value},\"date\":\"{written}\",\"source\":\"Robin\u{2019}s Apple\u{a0}Watch\"}}"
        )
        .expect("a text");
    }
    body.push_str("]}]}}");
    Bytes::from(body)
}
