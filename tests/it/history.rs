//! One made-up year, told by Apple's export, by Health Auto Export in overlapping windows, by a Shortcut, and by any mix of
//! them in any order: the totals, nights, workouts and symptoms are those of a slow reference that has seen the history itself.

use std::collections::BTreeMap;
use std::io::Cursor;

use health_export::synth::history::{
    DISTANCE, ENERGY, FOOD, HEART_RATE, History, Measure, OXYGEN, STEPS, WEIGHT, apple_export, deliveries, shortcuts,
};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, count};
use crate::support::jobs::import;
use crate::support::{InProcess, reference};

const ZONE: &str = "Europe/Berlin";
const DAY: i64 = 86_400;

/// One thing that a sender does.
#[derive(Debug, Clone)]
enum Telling {
    /// The whole history as one export.zip.
    Export,
    /// A window of it: first second and the one after the last.
    Delivery(i64, i64),
    Shortcut(i64, i64),
    /// The phone's own numbers of the dates of a window, each of them over.
    Days(i64, i64),
}

fn year(seed: u64) -> History {
    let zone = TimeZone::get(ZONE).unwrap();
    History::make(seed, 365, jiff::civil::date(2025, 7, 1), &zone, 0.05).unwrap()
}

fn extent(history: &History) -> (i64, i64) {
    let starts = || {
        let samples = history.samples.iter().map(|sample| sample.start);
        samples.chain(history.segments.iter().map(|segment| segment.start))
    };
    (starts().min().unwrap(), starts().max().unwrap() + 1)
}

/// Windows of `days` days that overlap by a day and cover everything.
fn windows(history: &History, days: i64) -> Vec<(i64, i64)> {
    let (first, end) = extent(history);
    let starts = (0..).map(|number| first - DAY + number * (days - 1) * DAY).take_while(|start| *start < end);
    starts.map(|start| (start, start + days * DAY)).collect()
}

fn tell(server: &InProcess, history: &History, telling: &Telling) {
    let receipt = match telling {
        Telling::Export => {
            let mut zip = Cursor::new(Vec::new());
            apple_export::zip(history, &mut zip).unwrap();
            import(&server.client, &zip.into_inner())
        }
        Telling::Delivery(from, to) => {
            let body = deliveries::body(history, *from, *to).to_string();
            let headers = [("automation-aggregation", "none")];
            server.client.post("/api/v1/ingest", &headers, body.as_bytes()).expect(200)
        }
        Telling::Days(from, to) => {
            let body = days(history, *from, *to).to_string();
            let headers = [("automation-aggregation", "Days"), ("automation-period", "Previous 7 Days")];
            server.client.post("/api/v1/ingest", &headers, body.as_bytes()).expect(200)
        }
        Telling::Shortcut(from, to) => {
            let body = shortcuts::body(history, *from, *to).to_string();
            server.client.post("/api/v1/ingest", &[], body.as_bytes()).expect(200)
        }
    };
    assert_balanced(&receipt);
    assert_eq!(count(&receipt, "quarantined"), 0, "{telling:?}: {receipt}");
}

/// What the app sends of whole dates when it is set to sum them up.
fn days(history: &History, from: i64, to: i64) -> Value {
    let zone = TimeZone::get(ZONE).unwrap();
    let midnight = |date: &str| {
        let date: jiff::civil::Date = date.parse().unwrap();
        date.to_datetime(jiff::civil::Time::midnight()).to_zoned_datetime(zone.clone()).unwrap()
    };
    let within = |date: &str| (from..to).contains(&midnight(date).timestamp().as_second());
    let at = |date: &str| midnight(date).strftime("%Y-%m-%d %H:%M:%S %z").to_string();
    let totals = [&STEPS, &DISTANCE, &ENERGY, &FOOD].map(|measure| {
        let days = reference::totals(history, measure, &zone).into_iter().filter(|(date, _)| within(date));
        let points = days.map(|(date, total)| json!({"date": at(&date), "qty": total, "source": "Watch|iPhone"}));
        json!({"name": measure.name, "units": measure.unit, "data": points.collect::<Vec<_>>()})
    });
    let pulse = reference::averages_over_time(history, &HEART_RATE, &zone).into_iter().filter(|(date, _)| within(date));
    let points = pulse
        .map(|(date, (_, mean))| json!({"date": at(&date), "Min": mean, "Avg": mean, "Max": mean, "source": "Watch"}));
    let pulse = json!({"name": HEART_RATE.name, "units": HEART_RATE.unit, "data": points.collect::<Vec<_>>()});
    let metrics: Vec<Value> = totals.into_iter().chain([pulse]).filter(|metric| metric["data"] != json!([])).collect();
    json!({"data": {"metrics": metrics}})
}

fn told(history: &History, tellings: &[Telling]) -> InProcess {
    let server = InProcess::start_with(&[("home_zone", ZONE)]);
    tellings.iter().for_each(|telling| tell(&server, history, telling));
    server
}

/// What a day's statistics are, by date.
fn daily(server: &InProcess, measure: &Measure, stats: &str) -> BTreeMap<String, Vec<f64>> {
    let path = format!("/api/v1/aggregate/{}?bucket=day&stat={stats}", measure.name);
    let answer = server.client.get(&path).expect(200);
    let points = answer["points"].as_array().unwrap().iter();
    let read = |point: &Value| stats.split(',').map(|stat| point[stat].as_f64().unwrap()).collect();
    points.map(|point| (point["start"].as_str().unwrap()[..10].to_owned(), read(point))).collect()
}

#[track_caller]
fn assert_near(found: f64, wanted: f64, what: &str) {
    assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{what}: {found}, not {wanted}");
}

fn assert_days(found: BTreeMap<String, Vec<f64>>, wanted: BTreeMap<String, Vec<f64>>, what: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{what}: other days");
    for (day, wanted) in wanted {
        for (found, wanted) in found[&day].iter().zip(wanted) {
            assert_near(*found, wanted, &format!("{what} on {day}"));
        }
    }
}

fn assert_answers(server: &InProcess, history: &History, symptoms: bool) {
    let zone = TimeZone::get(ZONE).unwrap();
    for measure in [&STEPS, &DISTANCE, &ENERGY, &FOOD] {
        let wanted = reference::totals(history, measure, &zone);
        let wanted = wanted.into_iter().map(|(day, total)| (day, vec![total])).collect();
        assert_days(daily(server, measure, "sum"), wanted, measure.name);
    }
    for measure in [&HEART_RATE, &OXYGEN, &WEIGHT] {
        let wanted = match measure.name == HEART_RATE.name {
            true => reference::averages_over_time(history, measure, &zone),
            false => reference::averages(history, measure, &zone),
        };
        let wanted = wanted.into_iter().map(|(day, (count, mean))| (day, vec![count, mean])).collect();
        assert_days(daily(server, measure, "count,avg"), wanted, measure.name);
    }
    assert_nights(server, history, &zone);
    assert_workouts(server, history);
    if symptoms {
        let events = all(server, "/api/v1/events/symptoms", "events");
        assert_eq!(events.len(), history.symptoms.len(), "{events:?}");
        assert!(events.iter().all(|event| event["code"] == "headache"));
        let severe = |value: &Value| value["value"] == "severe";
        let wanted = history.symptoms.iter().filter(|symptom| symptom.severity == "Severe").count();
        assert_eq!(events.iter().filter(|event| severe(event)).count(), wanted);
    }
    assert_sound(&server.app);
}

/// All pages of a list.
fn all(server: &InProcess, path: &str, key: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.client.get(&format!("{path}?limit=1000{cursor}")).expect(200);
        items.extend(page[key].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn assert_nights(server: &InProcess, history: &History, zone: &TimeZone) {
    let wanted = reference::nights(history, zone);
    let nights = all(server, "/api/v1/sleep", "nights");
    let dates: Vec<&str> = nights.iter().map(|night| night["date"].as_str().unwrap()).collect();
    let mut sorted = dates.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted.keys().map(String::as_str).collect::<Vec<_>>());
    for night in &nights {
        let date = night["date"].as_str().unwrap();
        for (stage, minutes) in &wanted[date] {
            let found = match *stage {
                "asleep" => &night["asleep_minutes"],
                "in_bed" => &night["in_bed_minutes"],
                stage => &night["stages"][stage],
            };
            let found = found.as_f64().unwrap_or_else(|| panic!("no {stage} in {night}"));
            assert!((found - minutes).abs() < 1e-6, "{stage} of {date}: {found}, not {minutes}");
        }
    }
}

fn assert_workouts(server: &InProcess, history: &History) {
    let workouts = all(server, "/api/v1/workouts", "workouts");
    let found: BTreeMap<&str, &Value> = workouts.iter().map(|one| (one["start"].as_str().unwrap(), one)).collect();
    assert_eq!((found.len(), workouts.len()), (history.runs.len(), history.runs.len()), "{:?}", found.keys());
    for run in &history.runs {
        let start: jiff::Timestamp = jiff::Timestamp::from_second(run.start).unwrap();
        let (_, workout) = found
            .iter()
            .find(|(text, _)| text.parse::<jiff::Timestamp>().unwrap() == start)
            .unwrap_or_else(|| panic!("no workout at {start}: {:?}", found.keys()));
        assert_eq!(workout["type"], "running");
        assert_near(workout["duration_seconds"].as_f64().unwrap(), (run.end - run.start) as f64, "duration");
        let figures = &workout["figures"];
        assert_near(figures["distance"]["value"].as_f64().unwrap(), run.kilometres, "distance");
        assert_near(figures["active_energy"]["value"].as_f64().unwrap(), run.kilocalories, "energy");
    }
}

#[test]
fn an_export_alone() {
    let history = year(1);
    assert_answers(&told(&history, &[Telling::Export]), &history, true);
}

#[test]
fn deliveries_alone() {
    let history = year(2);
    let tellings: Vec<Telling> =
        windows(&history, 10).into_iter().rev().map(|(from, to)| Telling::Delivery(from, to)).collect();
    assert_answers(&told(&history, &tellings), &history, true);
}

#[test]
fn shortcuts_alone() {
    let history = year(3);
    let tellings: Vec<Telling> =
        windows(&history, 31).into_iter().map(|(from, to)| Telling::Shortcut(from, to)).collect();
    assert_answers(&told(&history, &tellings), &history, false);
}

#[test]
fn the_export_twice_changes_nothing() {
    let history = year(4);
    let server = told(&history, &[Telling::Export]);
    let metrics = server.client.get("/api/v1/metrics").json();
    let mut zip = Cursor::new(Vec::new());
    apple_export::zip(&history, &mut zip).unwrap();
    let again = import(&server.client, &zip.into_inner());
    assert_eq!(count(&again, "unchanged"), count(&again, "received"), "{again}");
    assert_answers(&server, &history, true);
    let counts = |answer: &Value| -> Vec<(Value, Value)> {
        let metrics = answer["metrics"].as_array().unwrap().iter();
        metrics.map(|metric| (metric["name"].clone(), metric["count"].clone())).collect()
    };
    assert_eq!(counts(&server.client.get("/api/v1/metrics").json()), counts(&metrics));
}

/// A full telling by one sender or window by window by several, and stray windows among it, in any order.
fn mixes(history: &History) -> impl Strategy<Value = Vec<Telling>> + use<> {
    let base = windows(history, 21);
    let (first, end) = extent(history);
    let stray = (0..4u8, first..end, DAY..40 * DAY).prop_map(|(who, from, length)| match who {
        0 => Telling::Shortcut(from, from + length),
        1 => Telling::Days(from, from + length),
        _ => Telling::Delivery(from, from + length),
    });
    let covering = prop_oneof![
        Just(vec![Telling::Export]),
        Just(base.iter().map(|(from, to)| Telling::Delivery(*from, *to)).collect::<Vec<_>>()),
        Just(
            base.iter()
                .flat_map(|(from, to)| [Telling::Delivery(*from, *to), Telling::Shortcut(*from, *to)])
                .chain([Telling::Export])
                .collect::<Vec<_>>()
        ),
    ];
    (covering, prop::collection::vec(stray, 0..8))
        .prop_map(|(covering, strays)| covering.into_iter().chain(strays).collect::<Vec<_>>())
        .prop_shuffle()
}

#[test]
fn any_mix_of_senders_in_any_order_gives_the_same_answers() {
    let history = year(5);
    let mut runner = TestRunner::new(Config { cases: 6, max_shrink_iters: 12, ..Config::default() });
    let outcome = runner.run(&mixes(&history), |tellings| {
        assert_answers(&told(&history, &tellings), &history, true);
        Ok(())
    });
    outcome.unwrap_or_else(|fault| panic!("{fault}"));
}
