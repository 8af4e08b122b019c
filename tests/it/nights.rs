//! Holds off nights that depend on what is asked, and naps that join two of them.

use std::collections::BTreeMap;

use health_export::model::day::date_text;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::sleep::{SLEEP, Stage};
use health_export::model::time::Layer;
use health_export::query::sleep::{Question, answer};
use health_export::store::priority::{self, Matter};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::apple::{import, xml};
use crate::support::fill::{OWNER, at, deliver_items, sample};
use crate::support::{InProcess, body};

const WATCH: &str = "Robin\u{2019}s Apple\u{a0}Watch";

/// Date and minutes asleep of the nights that a question finds.
fn nights(server: &InProcess, question: &str) -> Vec<(String, f64)> {
    let answer = server.client.get(&format!("/api/v1/sleep?{question}")).expect(200);
    let nights = answer["nights"].as_array().unwrap().iter();
    nights.map(|night| (text(night, "date"), night["asleep_minutes"].as_f64().unwrap())).collect()
}

fn text(night: &Value, key: &str) -> String {
    night[key].as_str().unwrap().to_owned()
}

fn as_told(nights: &[(&str, f64)]) -> Vec<(String, f64)> {
    nights.iter().map(|(date, hours)| ((*date).to_owned(), hours * 60.0)).collect()
}

/// Sends segments as the app does: stage, start, end.
fn send(server: &InProcess, segments: &[(&str, &str, &str)]) {
    let segment = |(stage, start, end): &(&str, &str, &str)| json!({"startDate": start, "endDate": end, "value": stage, "source": WATCH, "qty": 1});
    let segments: Vec<Value> = segments.iter().map(segment).collect();
    server.client.ingest(&body("sleep_analysis", "hr", json!(segments))).expect(200);
}

/// Means of a metric by start of the bucket, as the API answers.
fn means(server: &InProcess, metric: &str, question: &str) -> Vec<(String, f64)> {
    let answer = server.client.get(&format!("/api/v1/aggregate/{metric}?stat=avg&{question}")).expect(200);
    let points = answer["points"].as_array().unwrap().iter();
    points.map(|point| (text(point, "start"), point["avg"].as_f64().unwrap())).collect()
}

#[test]
fn levels_of_a_night_stand_on_its_date() {
    let server = InProcess::start_with(&[("home_zone", "America/New_York")]);
    let measured = |date: &str, qty: f64| json!({"date": date, "qty": qty, "source": WATCH});
    // Begun before midnight, after it, and before it again.
    let points = [("2024-03-04 23:30", 35.1), ("2024-03-06 00:30", 35.3), ("2024-03-06 22:10", 35.7)];
    for metric in ["apple_sleeping_wrist_temperature", "breathing_disturbances"] {
        let unit = if metric == "breathing_disturbances" { "count" } else { "degC" };
        let points: Vec<Value> = points.iter().map(|(date, qty)| measured(&format!("{date}:00 -0500"), *qty)).collect();
        server.client.ingest(&body(metric, unit, json!(points))).expect(200);
        let by_day = |days: &[u32]| -> Vec<(String, f64)> {
            let day = |day: &u32| (format!("2024-03-{day:02}T00:00:00-05:00"), [35.1, 35.3, 35.7][*day as usize - 5]);
            days.iter().map(day).collect()
        };
        assert_eq!(means(&server, metric, "bucket=day"), by_day(&[5, 6, 7]));
        assert_eq!(means(&server, metric, "bucket=day&start=2024-03-05&end=2024-03-06"), by_day(&[5]));
        assert_eq!(means(&server, metric, "bucket=day&start=2024-03-04&end=2024-03-05"), by_day(&[]));
        assert_eq!(means(&server, metric, "bucket=day&start=2024-03-07&end=2024-03-09"), by_day(&[7]));
        assert_eq!(means(&server, metric, "bucket=hour")[0].0, "2024-03-04T23:00:00-05:00", "{metric}");
    }
}

#[test]
fn naps_are_of_their_day_and_join_no_nights() {
    let server = InProcess::start_with(&[("home_zone", "America/New_York")]);
    send(
        &server,
        &[
            ("Core", "2024-03-04 23:00:00 -0500", "2024-03-05 07:00:00 -0500"),
            ("Asleep", "2024-03-05 09:30:00 -0500", "2024-03-05 11:00:00 -0500"),
            ("Core", "2024-03-05 13:30:00 -0500", "2024-03-05 15:00:00 -0500"),
            ("Core", "2024-03-05 17:30:00 -0500", "2024-03-05 19:00:00 -0500"),
            ("Core", "2024-03-05 21:30:00 -0500", "2024-03-06 07:00:00 -0500"),
        ],
    );
    let expected = as_told(&[("2024-03-05", 12.5), ("2024-03-06", 9.5)]);
    for question in ["", "start=2024-03-01&end=2024-04-01", "order=asc&limit=100", "tz=Asia/Tokyo"] {
        assert_eq!(nights(&server, question), expected, "{question}");
    }
    for (day, night) in [("start=2024-03-05&end=2024-03-06", 0), ("start=2024-03-06&end=2024-03-07", 1)] {
        assert_eq!(nights(&server, day), expected[night..=night]);
    }
    let answer = server.client.get("/api/v1/sleep?start=2024-03-05&end=2024-03-06").expect(200);
    let night = &answer["nights"][0];
    let longest = (text(night, "start"), text(night, "end"));
    assert_eq!(longest, ("2024-03-04T23:00:00-05:00".into(), "2024-03-05T07:00:00-05:00".into()));
}

/// An hour asleep and two awake, for five days.
fn in_pieces(awake: bool) -> InProcess {
    let server = InProcess::start();
    let first = at("2024-03-04T19:00:00Z");
    let span =
        |from: i64, hours: i64, stage: Stage| sample(Layer::Raw, first + from * 3600, hours * 3600, stage.value());
    let asleep = (0..40).map(|n| span(n * 3, 1, Stage::Core));
    let between = (0..40).map(|n| span(n * 3 + 1, 2, Stage::Awake)).filter(|_| awake);
    deliver(&server, vec![WATCH.into()], asleep.chain(between).collect());
    server
}

fn deliver(server: &InProcess, sources: Vec<String>, samples: Vec<Sample>) {
    let series = vec![Series { metric: SLEEP.into(), unit: "stage".into(), unit_sent: String::new() }];
    deliver_items(&server.app, SLEEP, Batch { series, sources, samples, ..Batch::default() });
}

#[test]
fn hours_of_sleep_with_two_awake_between_them_are_of_each_day() {
    for awake in [false, true] {
        let server = in_pieces(awake);
        let dates: Vec<String> = (5..10).map(|day| format!("2024-03-0{day}")).collect();
        let expected: Vec<(String, f64)> = dates.iter().map(|date| (date.clone(), 480.0)).collect();
        assert_eq!(nights(&server, ""), expected);
        for (at, date) in dates.iter().enumerate() {
            let of_day = format!("start={date}&end=2024-03-{:02}", at + 6);
            assert_eq!(nights(&server, &of_day), expected[at..=at], "{of_day}");
            assert_eq!(nights(&server, &format!("start={date}")), expected[at..]);
        }
    }
}

#[test]
fn nights_of_a_journey_are_of_the_dates_there() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let record = |start: &str, end: &str| {
        format!(
            "<Record type=\"HKCategoryTypeIdentifierSleepAnalysis\" sourceName=\"Watch\" startDate=\"{start} +0200\" \
             endDate=\"{end} +0200\" value=\"HKCategoryValueSleepAnalysisAsleepCore\">\
             <MetadataEntry key=\"HKTimeZone\" value=\"Asia/Tokyo\"/></Record>"
        )
    };
    // 23:00 to 07:00 in Tokyo, twice, written with the offset of the export.
    let nights_there =
        record("2024-06-10 16:00:00", "2024-06-11 00:00:00") + &record("2024-06-11 16:00:00", "2024-06-12 00:00:00");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.xml");
    std::fs::write(&file, xml(&nights_there).replace("10:00:00 +0000", "10:00:00 +0200")).unwrap();
    import(&server, &file).unwrap();
    let expected = as_told(&[("2024-06-11", 8.0), ("2024-06-12", 8.0)]);
    assert_eq!(nights(&server, ""), expected);
    assert_eq!(nights(&server, "tz=Asia/Tokyo"), expected);
    assert_eq!(nights(&server, "start=2024-06-11&end=2024-06-12"), expected[..1]);
}

#[test]
fn a_fragment_adds_nothing_whoever_tells_of_it() {
    let server = InProcess::start();
    send(
        &server,
        &[
            ("Core", "2024-03-04 23:00:00 +0000", "2024-03-05 04:00:00 +0000"),
            ("REM", "2024-03-05 04:00:00 +0000", "2024-03-05 06:41:00 +0000"),
        ],
    );
    let whole = nights(&server, "");
    assert_eq!(whole, [("2024-03-05".to_owned(), 461.0)]);
    for source in ["", "Shortcuts", "Ring", "Robin\u{2019}s iPhone"] {
        let start = at("2024-03-05T04:49:00Z");
        let fragment = sample(Layer::Raw, start, at("2024-03-05T06:41:00Z") - start, Stage::Asleep.value());
        deliver(&server, vec![source.into()], vec![fragment]);
        assert_eq!(nights(&server, ""), whole, "{source}");
    }
}

/// Sends a night as the app sums it up, from an automation with this period.
fn sum_up(server: &InProcess, period: &str, night: Value) -> Value {
    let body = body("sleep_analysis", "hr", json!([night])).to_string();
    let headers = [("content-type", "application/json"), ("automation-period", period), ("automation-id", period)];
    server.client.post("/api/v1/ingest", &headers, body.as_bytes()).expect(200)
}

fn summed(start: &str, end: &str, hours: f64) -> Value {
    json!({"date": "2024-03-05 00:00:00 +0000", "sleepStart": format!("{start} +0000"), "sleepEnd": format!("{end} +0000"),
           "asleep": hours, "inBed": 0, "source": WATCH})
}

#[test]
fn sessions_add_up_a_fragment_does_not_and_a_complete_account_replaces() {
    let server = InProcess::start();
    let since = "Since Last Sync";
    sum_up(&server, since, summed("2024-03-04 22:50:00", "2024-03-05 08:42:00", 9.5));
    let counts = |receipt: &Value| ["stored", "updated", "unchanged"].map(|word| receipt[word].as_i64().unwrap());
    let nap = sum_up(&server, since, summed("2024-03-05 13:00:00", "2024-03-05 14:00:00", 1.0));
    assert_eq!(counts(&nap), [1, 0, 0]);
    let fragment = sum_up(&server, since, summed("2024-03-05 04:49:00", "2024-03-05 06:41:00", 1.8));
    assert_eq!(counts(&fragment), [0, 0, 1]);
    assert_eq!(nights(&server, ""), as_told(&[("2024-03-05", 10.5)]));
    let whole = summed("2024-03-05 01:06:00", "2024-03-05 08:42:00", 7.6);
    assert_eq!(counts(&sum_up(&server, "Previous 7 Days", whole.clone())), [0, 1, 0]);
    assert_eq!(nights(&server, ""), [("2024-03-05".to_owned(), 456.0)]);
    assert_eq!(counts(&sum_up(&server, "Previous 7 Days", whole)), [0, 0, 1]);
    let both = body(
        "sleep_analysis",
        "hr",
        json!([
            summed("2024-03-05 13:00:00", "2024-03-05 14:30:00", 1.5),
            summed("2024-03-05 17:00:00", "2024-03-05 18:00:00", 1.0)
        ]),
    );
    server.client.ingest(&both).expect(200);
    assert_eq!(nights(&server, ""), [("2024-03-05".to_owned(), 456.0 + 150.0)]);
}

#[test]
fn a_summed_night_means_what_it_says() {
    let server = InProcess::start();
    let unknown = json!({"date": "2024-03-05 00:00:00 +0000", "sleepStart": "2024-03-04 23:00:00 +0000",
                         "sleepEnd": "2024-03-05 07:00:00 +0000", "asleep": 0, "inBed": 8.0, "source": WATCH});
    sum_up(&server, "", unknown);
    let night = server.client.get("/api/v1/sleep").expect(200)["nights"][0].clone();
    assert_eq!((night.get("asleep_minutes"), night["in_bed_minutes"].as_f64()), (None, Some(480.0)));
    let too_long = json!({"date": "2024-03-07 00:00:00 +0000", "sleepStart": "2024-03-06 23:00:00 +0000",
                          "sleepEnd": "2024-03-07 07:00:00 +0000", "totalSleep": 14.0, "asleep": 0, "core": 5.0,
                          "deep": 1.0, "rem": 1.5, "awake": 0.2, "inBed": 0, "source": WATCH});
    let receipt = sum_up(&server, "", too_long);
    assert_eq!(receipt["stored"], 1);
    assert!(receipt["notes"][0]["reason"].as_str().unwrap().contains("840 minutes asleep"), "{receipt}");
    let night = server.client.get("/api/v1/sleep?start=2024-03-07").expect(200)["nights"][0].clone();
    assert_eq!((night["asleep_minutes"].as_f64(), &night["stages"]["core"]), (Some(450.0), &json!(300.0)));
    let bare = json!({"date": "2024-03-08 00:00:00 +0000", "sleepStart": "2024-03-07 23:00:00 +0000",
                      "sleepEnd": "2024-03-08 07:00:00 +0000", "asleep": 9.0, "source": WATCH});
    sum_up(&server, "", bare);
    assert_eq!(nights(&server, "start=2024-03-08"), as_told(&[("2024-03-08", 8.0)]));
}

const MINUTES: i64 = 5 * 1440;

/// Minute, minutes, stage, source, hours east of UTC, whether it was entered by hand.
type Made = (i64, i64, usize, usize, i64, bool);

fn begun() -> i64 {
    at("2024-03-04T00:00:00Z")
}

/// Minutes asleep by date, minute by minute.
fn slowly(made: &[Made], ranks: &[u32]) -> BTreeMap<String, f64> {
    let at_minute = |minute: i64| {
        let covering = made.iter().filter(|(start, length, stage, ..)| {
            *start <= minute && minute < start + length && Stage::ALL[*stage] != Stage::InBed
        });
        let weight = |stage: usize| match Stage::ALL[stage] {
            Stage::Awake => 1,
            Stage::Asleep => 2,
            _ => 0,
        };
        let best = covering
            .min_by_key(|(start, _, stage, source, _, manual)| (!manual, ranks[*source], weight(*stage), -start));
        best.filter(|(_, _, stage, ..)| Stage::ALL[*stage].is_asleep()).copied()
    };
    let asleep: Vec<(i64, Made)> = (0..2 * MINUTES).filter_map(|minute| Some((minute, at_minute(minute)?))).collect();
    let mut found = BTreeMap::new();
    for run in asleep.chunk_by(|(before, _), (minute, _)| minute - before <= 60) {
        let middle = begun() + (run[0].0 + run[run.len() - 1].0 + 1) * 30;
        // All of one clock: see below.
        let day = (middle + (5 + run[0].1.4) * 3600).div_euclid(86_400);
        *found.entry(date_text(day as i32)).or_default() += run.len() as f64;
    }
    found
}

fn stored(made: &[Made]) -> Vec<Sample> {
    let segment = |(start, length, stage, source, offset, manual): &Made| Sample {
        source: *source as u32,
        manual: *manual,
        offset_minutes: *offset as i32 * 60,
        ..sample(Layer::Raw, begun() + start * 60, length * 60, Stage::ALL[*stage].value())
    };
    made.iter().map(segment).collect()
}

fn asked(
    server: &InProcess,
    from: Option<i64>,
    to: Option<i64>,
    (descending, limit): (bool, usize),
) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let question =
            Question { user: OWNER, from, to, zone: TimeZone::UTC, sources: Vec::new(), descending, limit, after };
        let page = answer(&server.app.store.reader().unwrap(), &question).unwrap();
        found.extend(page.nights.iter().filter(|night| night.has_sleep()).map(|night| {
            assert!(night.start <= night.end);
            (date_text(night.day), night.asleep.unwrap())
        }));
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_nights_are_those_of_the_slow_way_whatever_range_is_asked(
        drawn in prop::collection::vec((0..MINUTES, 1..400_i64, 0..6_usize, 0..3_usize, prop::bool::weighted(0.1)), 1..40),
        offset in -10..13_i64,
        ranges in prop::collection::vec((-1..7_i64, 1..4_i64, any::<bool>(), 1..4_usize), 4),
    ) {
        let made: Vec<Made> = drawn.into_iter().map(|(start, length, stage, source, manual)| (start, length, stage, source, offset, manual)).collect();
        let server = InProcess::start();
        let names = [WATCH, "Robin\u{2019}s iPhone", "Ring"];
        deliver(&server, names.map(str::to_owned).to_vec(), stored(&made));
        let known = priority::ordered(&server.app.store.reader().unwrap(), OWNER, &Matter::Metric("sleep_analysis".into())).unwrap();
        let rank = |name: &str| known.iter().position(|source| source.name == name).map_or(0, |at| at as u32);
        let wanted = slowly(&made, &names.map(rank));
        prop_assert_eq!(asked(&server, None, None, (false, 100)), wanted.clone());
        for (first, days, descending, limit) in ranges {
            let (from, to) = (begun() + first * 86_400, begun() + (first + days) * 86_400);
            let dates: Vec<String> = (0..days).map(|day| date_text((from / 86_400 + day) as i32)).collect();
            let mut within = wanted.clone();
            within.retain(|date, _| dates.contains(date));
            prop_assert_eq!(asked(&server, Some(from), Some(to), (descending, limit)), within);
        }
    }
}
