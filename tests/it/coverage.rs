//! Holds off silence: what has stopped, what is missing and what comes late is said, and nothing else is.

use health_export::app::App;
use health_export::model::event::Event;
use health_export::model::key::Scope;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::sender::Sender;
use health_export::model::sleep::{NightSummary, SLEEP};
use health_export::model::time::Layer;
use health_export::model::workout::{Account, Workout};
use health_export::query::coverage::{self, Answer, Entry, Question};
use health_export::store::deliveries::{self, Delivery, Head, Origin};
use jiff::tz::TimeZone;
use serde_json::{Map, json};

use crate::support::fill::{OWNER, sample};
use crate::support::problems::refusal;
use crate::support::{InProcess, body};

const DAY: i64 = 86_400;

/// 2026-03-13T12:00:00Z, when all of these histories are looked at.
const NOW: i64 = 1_773_403_200;

/// The first instant of the day `ago` days before now, in UTC.
fn midnight(ago: i64) -> i64 {
    NOW - NOW.rem_euclid(DAY) - ago * DAY
}

/// Writes a batch as if the phone had sent it `received` (epoch seconds).
fn deliver(app: &App, batch: Batch, received: i64, automation: Option<&str>) {
    let head = Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        // The key that the server began with.
        api_key: Some(1),
        received_at_ms: received * 1000,
        format: "health-auto-export",
        origin: Origin { automation_name: automation.map(str::to_owned), ..Origin::default() },
        bytes: 0,
    };
    let delivery = Delivery { head, body: Vec::new(), content: Ok(batch) };
    app.store.writer().run(move |writing| deliveries::write(writing, &delivery)).unwrap();
}

fn samples(metric: &str, starts: impl Iterator<Item = i64>) -> Batch {
    let samples: Vec<Sample> =
        starts.zip(0..).map(|(start, item)| Sample { item, ..sample(Layer::Raw, start, 0, 1.0) }).collect();
    Batch {
        series: vec![Series { metric: metric.into(), unit: "count".into(), unit_sent: "count".into() }],
        sources: vec!["Watch".into()],
        items: vec![0; samples.len()],
        item_names: vec![metric.into()],
        samples,
        ..Batch::default()
    }
}

/// One sample at nine on each of those days.
fn on_days(app: &App, metric: &str, days_ago: impl Iterator<Item = i64>) {
    deliver(app, samples(metric, days_ago.map(|ago| midnight(ago) + 9 * 3600)), NOW - 400 * DAY, None);
}

fn question() -> Question {
    Question {
        user: OWNER,
        names: Vec::new(),
        from: None,
        to: None,
        zone: TimeZone::UTC,
        least_gap: None,
        now_ms: NOW * 1000,
    }
}

fn ask(app: &App, question: &Question) -> Answer {
    coverage::answer(&app.store.reader().unwrap(), question).unwrap()
}

#[track_caller]
fn entry<'a>(answer: &'a Answer, name: &str) -> &'a Entry {
    answer.entries.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn what_has_stopped_is_said_with_since_when() {
    let server = InProcess::start();
    on_days(&server.app, "heart_rate", (12..60).rev());
    on_days(&server.app, "step_count", (0..60).rev());
    on_days(&server.app, "weight_body_mass", (0..10).map(|week| 3 + week * 7));
    let answer = ask(&server.app, &question());
    let heart = entry(&answer, "heart_rate");
    let stopped = heart.stopped.as_ref().unwrap();
    assert_eq!((stopped.since.as_str(), stopped.days_ago), ("2026-03-01", 12));
    assert_eq!((heart.days, heart.of_days, heart.usual_interval_days), (48, 60, Some(1)));
    assert_eq!((heart.first.as_str(), heart.last.as_str()), ("2026-01-13T09:00:00Z", "2026-03-01T09:00:00Z"));
    assert!(entry(&answer, "step_count").stopped.is_none() && entry(&answer, "weight_body_mass").stopped.is_none());
    assert_eq!(entry(&answer, "weight_body_mass").usual_interval_days, Some(7));
    assert_eq!(answer.summary, ["heart_rate stopped on 2026-03-01, 12 days ago; it usually comes daily"]);
}

#[test]
fn gaps_are_measured_by_what_is_usual() {
    let server = InProcess::start();
    on_days(&server.app, "step_count", (0..100).rev().filter(|ago| !(20..26).contains(ago) && *ago != 50));
    on_days(&server.app, "weight_body_mass", (0..10).map(|week| 3 + week * 7));
    let answer = ask(&server.app, &question());
    let gaps = &entry(&answer, "step_count").gaps;
    assert_eq!(
        gaps.iter().map(|gap| (gap.from.as_str(), gap.to.as_str(), gap.days)).collect::<Vec<_>>(),
        [("2026-02-16", "2026-02-22", 6)]
    );
    assert!(entry(&answer, "weight_body_mass").gaps.is_empty());
    assert_eq!(answer.summary, ["step_count has nothing for 6 days from 2026-02-16; it goes on on 2026-02-22"]);
    let all = ask(&server.app, &Question { least_gap: Some(1), ..question() });
    assert_eq!(entry(&all, "step_count").gaps.len(), 2);
    assert_eq!(entry(&all, "weight_body_mass").gaps.len(), 9);
}

#[test]
fn a_range_and_a_zone_decide_which_days_count() {
    let server = InProcess::start();
    // At nine in the morning UTC it is the next day in Kiritimati, UTC+14, from ten on.
    on_days(&server.app, "step_count", (0..10).rev());
    let range = Question { from: Some(midnight(5)), to: Some(midnight(2)), ..question() };
    let within = ask(&server.app, &range);
    assert_eq!((entry(&within, "step_count").days, entry(&within, "step_count").of_days), (3, 3));
    assert!(entry(&within, "step_count").stopped.is_none(), "at the end of the range it was there");
    deliver(&server.app, samples("height", [midnight(3) + 11 * 3600, midnight(3) + 9 * 3600].into_iter()), NOW, None);
    let days = |zone: &str| {
        let zone = TimeZone::get(zone).unwrap();
        entry(&ask(&server.app, &Question { zone, ..question() }), "height").days
    };
    assert_eq!((days("UTC"), days("Pacific/Kiritimati")), (1, 2));
}

#[test]
fn what_arrives_late_is_counted_from_the_first_delivery_on() {
    let server = InProcess::start();
    let noon = |ago: i64| midnight(ago) + 12 * 3600;
    // The first delivery brings the past, which could not have come in time.
    deliver(&server.app, samples("heart_rate", (10..20).map(noon)), noon(9), None);
    for ago in (0..9).rev() {
        deliver(&server.app, samples("heart_rate", std::iter::once(noon(ago))), noon(ago) + 60, None);
    }
    assert_eq!(entry(&ask(&server.app, &question()), "heart_rate").late, 0);
    // Written late by the watch: three hours of the day five days ago.
    deliver(&server.app, samples("heart_rate", (1..4).map(|hour| noon(5) + hour * 3600)), noon(1), None);
    let answer = ask(&server.app, &question());
    assert_eq!(entry(&answer, "heart_rate").late, 3);
    assert!(answer.summary.iter().any(|line| line.starts_with("3 samples of the last 30 days (heart_rate) arrived")));
    assert!(answer.summary.iter().any(|line| line.contains("Since Last Sync")), "{:?}", answer.summary);
}

#[test]
fn sleep_workouts_and_events_are_followed_too() {
    let server = InProcess::start();
    let evening = |ago: i64| midnight(ago) - 3600;
    let segments = |ago: i64| [evening(ago), midnight(ago) + 5 * 3600];
    deliver(&server.app, samples(SLEEP, (10..30).flat_map(segments)), NOW - DAY, None);
    let today = i32::try_from(midnight(0) / DAY).unwrap();
    let night = |ago: i32, item: u32| NightSummary {
        item,
        sender: Sender::AutoExport,
        date: today - ago,
        source: "Watch".into(),
        offset_minutes: 0,
        start: None,
        end: None,
        in_bed_start: None,
        in_bed_end: None,
        asleep: Some(420.0),
        in_bed: None,
        core: None,
        deep: None,
        rem: None,
        awake: None,
    };
    let workout = |ago: i64, item: u32| Workout {
        item,
        sender: Sender::AutoExport,
        sent_id: None,
        activity: "running".into(),
        start: midnight(ago) + 7 * 3600,
        account: Account { end: midnight(ago) + 8 * 3600, ..Account::default() },
        series: Vec::new(),
        route: Vec::new(),
    };
    let headache = |ago: i64, item: u32| Event {
        item,
        sender: Sender::AutoExport,
        kind: "symptoms",
        code: "headache".into(),
        name: "Headache".into(),
        value: None,
        value_sent: None,
        start: midnight(ago),
        span: 60,
        offset_minutes: 0,
        source: String::new(),
        details: Map::new(),
        series: None,
    };
    let batch = Batch {
        nights: (0..3).map(|ago| night(ago, ago as u32)).collect(),
        workouts: (0..4).map(|at| workout(2 + at * 3, 3 + at as u32)).collect(),
        events: (0..2).map(|at| headache(at * 40, 7 + at as u32)).collect(),
        items: vec![0; 9],
        item_names: vec!["made up".into()],
        ..Batch::default()
    };
    deliver(&server.app, batch, NOW - 60, None);
    let answer = ask(&server.app, &question());
    let sleep = entry(&answer, "sleep");
    assert_eq!((sleep.kind, sleep.days, sleep.of_days), ("sleep", 23, 30), "a night is one day, that of waking");
    assert_eq!(sleep.gaps.iter().map(|gap| gap.days).collect::<Vec<_>>(), [7]);
    let workouts = entry(&answer, "workouts");
    assert_eq!((workouts.days, workouts.usual_interval_days), (4, Some(3)));
    assert_eq!(workouts.last_delivery.as_deref(), Some("2026-03-13T11:59:00Z"));
    let symptoms = entry(&answer, "symptoms");
    assert_eq!((symptoms.kind, symptoms.days, symptoms.usual_interval_days), ("events", 2, None));
    assert_eq!(answer.entries.len(), 3, "kinds without any are left out");
    let chosen = ask(&server.app, &Question { names: vec!["sleep".into(), "symptoms".into()], ..question() });
    assert_eq!(chosen.entries.len(), 2);
}

#[test]
fn an_automation_that_has_fallen_silent_is_said() {
    let server = InProcess::start();
    for hour in 0..48 {
        let at = NOW - 10 * DAY + hour * 3600;
        deliver(&server.app, samples("step_count", std::iter::once(at)), at, Some("Hourly"));
    }
    for ago in (0..10).rev() {
        deliver(&server.app, samples("heart_rate", std::iter::once(midnight(ago))), midnight(ago), Some("Nightly"));
    }
    let answer = ask(&server.app, &question());
    let told: Vec<_> = answer
        .automations
        .iter()
        .map(|one| (one.name.as_deref().unwrap(), one.usual_interval_minutes, one.overdue))
        .collect();
    assert_eq!(told, [("Hourly", Some(60), true), ("Nightly", Some(1440), false)]);
    let said = "the automation \"Hourly\" has sent nothing for 8 days; it usually sends every 60 minutes";
    assert!(answer.summary.iter().any(|line| line == said), "{:?}", answer.summary);
}

#[test]
fn the_address_answers_and_refuses() {
    let server = InProcess::start();
    assert_eq!(server.client.get("/api/v1/coverage").expect(200)["summary"], json!(["nothing is stored"]));
    let now = jiff::Timestamp::now().as_second();
    let points: Vec<_> = (0..5).map(|ago| json!({"date": now - ago * DAY, "qty": 120})).collect();
    server
        .client
        .ingest(&body("blood_pressure", "mmHg", json!([{"date": now, "systolic": 120, "diastolic": 80}])))
        .expect(200);
    server.client.ingest(&body("step_count", "count", json!(points))).expect(200);
    let answer = server.client.get("/api/v1/coverage?tz=Europe/Berlin&metric=steps&gaps=2").expect(200);
    assert_eq!((&answer["tz"], &answer["entries"][0]["name"]), (&json!("Europe/Berlin"), &json!("step_count")));
    assert_eq!((&answer["entries"][0]["days"], &answer["entries"][0]["gaps"]), (&json!(5), &json!([])));
    assert_eq!(answer["entries"].as_array().unwrap().len(), 1);
    let parts = server.client.get("/api/v1/coverage?metric=blood_pressure").expect(200);
    assert_eq!(parts["entries"].as_array().unwrap().len(), 2);
    let detail = refusal(&server, &server.client.get("/api/v1/coverage?metric=moon_phase"), 404, "not-found");
    assert!(detail.contains("moon_phase") && detail.contains("symptoms"), "{detail}");
    refusal(&server, &server.client.get("/api/v1/coverage?gaps=0"), 400, "bad-request");
    let ben = server.client.with_key(Some(&server.key("ben", &[Scope::Read])));
    assert_eq!(ben.get("/api/v1/coverage").expect(200)["entries"], json!([]));
}
