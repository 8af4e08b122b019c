//! Why a day's number is what it is: what counts adds up to the number that the aggregate gives, and each claim says why.

use health_export::model::sleep::Stage;
use health_export::model::time::Layer;
use proptest::prelude::*;
use serde_json::Value;

use crate::claims::{DAY, FIRST, Told, tell, tellings};
use crate::support::{InProcess, fill};

const STEPS: (&str, &str) = ("step_count", "count");
const HEART: (&str, &str) = ("heart_rate", "count/min");

/// In the order of `claims::SOURCES`.
const WATCH: usize = 0;
const PHONE: usize = 1;

fn told(layer: Layer, start: i64, span: i64, value: f64) -> Told {
    Told { layer, start, span, value, source: WATCH, manual: false, sent: 2 * DAY, complete: false }
}

fn tell_all(server: &InProcess, (metric, unit): (&str, &str), all: &[Told]) {
    all.iter().for_each(|one| tell(&server.app, metric, unit, one));
}

/// What the aggregate says of 2024-05-01.
fn aggregate(server: &InProcess, metric: &str, stat: &str, more: &str) -> Option<f64> {
    let path = format!("/api/v1/aggregate/{metric}?start=2024-05-01&end=2024-05-02&stat={stat}{more}");
    server.client.get(&path).expect(200)["points"][0][stat].as_f64()
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6 * one.abs().max(1.0)
}

/// The explanation of 2024-05-01, which agrees with the aggregate and adds up.
#[track_caller]
fn explained(server: &InProcess, metric: &str, stat: &str, more: &str) -> Value {
    let answer = server.client.get(&format!("/api/v1/explain/{metric}?date=2024-05-01{more}")).expect(200);
    let value = answer["value"].as_f64();
    assert_eq!(value, aggregate(server, metric, stat, more), "{answer}");
    if let Some(value) = value {
        let claims = answer["claims"].as_array().unwrap().iter();
        let counted: f64 = claims.map(|claim| claim["counted"].as_f64().unwrap()).sum();
        let left_out = answer["more"]["counted"].as_f64().unwrap_or(0.0);
        assert!(close(counted + left_out, value), "{counted} + {left_out}, not {value}: {answer}");
    }
    answer
}

/// The reason of the first claim of a kind and grain.
#[track_caller]
fn why<'a>(answer: &'a Value, kind: &str, grain: &str) -> &'a str {
    let is = |claim: &&Value| claim["kind"] == kind && claim["grain"] == grain;
    let claim = answer["claims"].as_array().unwrap().iter().find(is);
    claim.unwrap_or_else(|| panic!("no {kind} of a {grain}: {answer}"))["why"].as_str().unwrap()
}

#[track_caller]
fn alone(answer: &Value, of: &str, name: &str) -> f64 {
    let found = answer["alone"].as_array().unwrap().iter().find(|alone| alone[of] == name);
    found.unwrap_or_else(|| panic!("nothing of {name}: {answer}"))["value"].as_f64().unwrap()
}

#[test]
fn minutes_after_a_days_total_as_of_nine_stand_in_its_place() {
    let server = InProcess::start();
    let early = Told { sent: 9 * 3600, ..told(Layer::Day, 0, DAY, 500.0) };
    let minutes = (0..60).map(|at| Told { complete: true, ..told(Layer::Minute, at * 1440 / 60 * 60, 60, 100.0) });
    tell_all(&server, STEPS, &[early]);
    tell_all(&server, STEPS, &minutes.collect::<Vec<_>>());
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["value"], 6000.0, "{answer}");
    assert!(why(&answer, "bucket", "day").contains("finer"), "{answer}");
    assert_eq!((alone(&answer, "grain", "day"), alone(&answer, "grain", "minute")), (500.0, 6000.0));
    assert_eq!(answer["complete"], false);
}

#[test]
fn a_total_as_of_nine_counts_until_nine_and_says_so() {
    let server = InProcess::start();
    tell_all(&server, STEPS, &[Told { sent: 9 * 3600, ..told(Layer::Day, 0, DAY, 500.0) }]);
    let later = Told { sent: 13 * 3600, ..told(Layer::Minute, 12 * 3600, 60, 40.0) };
    tell_all(&server, STEPS, &[later]);
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["value"], 540.0, "{answer}");
    assert!(why(&answer, "bucket", "day").contains("up to 09:00, when it was sent"), "{answer}");
    assert!(answer["sentence"].as_str().unwrap().contains("may still grow"), "{answer}");
}

#[test]
fn a_closed_day_is_the_phones_own_number() {
    let server = InProcess::start();
    tell_all(&server, STEPS, &[told(Layer::Raw, 3600, 600, 300.0), told(Layer::Raw, 7200, 600, 200.0)]);
    tell_all(&server, STEPS, &[told(Layer::Day, 0, DAY, 480.0)]);
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["value"], 480.0);
    assert_eq!(answer["complete"], true);
    assert_eq!(why(&answer, "bucket", "day"), "the phone's own total of the day, sent after it ended");
    assert!(why(&answer, "sample", "raw").starts_with("not added: the phone's own total of the day"), "{answer}");
    let [first, ..] = answer["claims"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert!(first["delivery"].is_string() && first["received_at"] == "2024-05-03T00:00:00Z", "{answer}");
    assert_eq!(alone(&answer, "grain", "raw"), 500.0);
}

#[test]
fn a_later_total_of_the_day_replaces_an_earlier_one() {
    let server = InProcess::start();
    tell_all(&server, STEPS, &[Told { sent: DAY + 60, ..told(Layer::Day, 0, DAY, 400.0) }]);
    // The same date, cut by the clocks of another zone.
    tell_all(&server, STEPS, &[Told { sent: DAY + 43_500, ..told(Layer::Day, 3600, DAY, 450.0) }]);
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["value"], 450.0);
    assert_eq!(why(&answer, "bucket", "day"), "the phone's own total of the day, sent after it ended");
    assert_eq!(answer["superseded"][0]["value"], 400.0, "{answer}");
}

#[test]
fn of_two_sources_on_one_walk_the_watch_counts_and_the_phone_is_covered() {
    let server = InProcess::start();
    let phone = |start, value| Told { source: PHONE, ..told(Layer::Raw, start, 600, value) };
    let watch = |start, value| told(Layer::Raw, start, 600, value);
    tell_all(&server, STEPS, &[watch(3600, 500.0), watch(4200, 520.0), phone(3600, 480.0), phone(4200, 505.0)]);
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["value"], 1020.0);
    let reasons: Vec<&str> =
        answer["claims"].as_array().unwrap().iter().filter_map(|claim| claim["why"].as_str()).collect();
    assert!(reasons.contains(&"covered by Robin's Apple Watch, which ranks before Robin's iPhone"), "{reasons:?}");
    assert_eq!(alone(&answer, "source", "Robin's iPhone"), 985.0);
    assert_eq!(alone(&answer, "source", "Robin's Apple Watch"), 1020.0);
}

#[test]
fn what_was_entered_by_hand_comes_first() {
    let server = InProcess::start();
    let hand = Told { manual: true, source: PHONE, ..told(Layer::Raw, 3600, 3600, 4000.0) };
    tell_all(&server, STEPS, &[told(Layer::Raw, 4000, 60, 50.0), hand]);
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["value"], 4000.0);
    assert_eq!(why(&answer, "hand", "raw"), "entered by hand, which comes before every source");
    assert_eq!(why(&answer, "sample", "raw"), "covered by what was entered by hand, which comes first");
}

#[test]
fn a_walk_over_midnight_counts_on_both_sides() {
    let server = InProcess::start();
    tell_all(&server, STEPS, &[told(Layer::Raw, DAY - 1800, 3600, 1000.0)]);
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["value"], 500.0);
    assert!(why(&answer, "sample", "raw").contains("over midnight"), "{answer}");
}

#[test]
fn a_mean_says_for_how_long_each_value_stands() {
    let server = InProcess::start();
    let samples =
        vec![fill::sample(Layer::Raw, FIRST + 3600, 300, 60.0), fill::sample(Layer::Raw, FIRST + 3900, 100, 100.0)];
    fill::deliver(&server.app, HEART.0, HEART.1, samples);
    let answer = explained(&server, "heart_rate", "avg", "");
    assert_eq!(answer["value"], 70.0);
    assert_eq!(answer["claims"][0]["weight"], 400.0, "{answer}");
    assert_eq!(answer["claims"][0]["samples"], 2);
}

#[test]
fn many_samples_of_one_reason_are_one_claim() {
    let server = InProcess::start();
    let samples = (0..500).map(|at| fill::sample(Layer::Raw, FIRST + at * 120, 60, 2.0)).collect();
    fill::deliver(&server.app, "step_count", "count", samples);
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["claims"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["claims"][0]["samples"], 500);
}

#[test]
fn the_answer_is_bounded_and_says_what_it_leaves_out() {
    let server = InProcess::start();
    let each = |at: i64| Told { sent: 2 * DAY + at, ..told(Layer::Raw, at * 120, 60, 1.0) };
    tell_all(&server, STEPS, &(0..310).map(each).collect::<Vec<_>>());
    let answer = explained(&server, "step_count", "sum", "");
    assert_eq!(answer["claims"].as_array().unwrap().len(), 300);
    assert_eq!((answer["more"]["claims"].as_i64(), answer["more"]["counted"].as_f64()), (Some(10), Some(10.0)));
}

#[test]
fn a_night_says_which_source_counts_for_which_stretch() {
    let server = InProcess::start();
    fill::sleep(
        &server.app,
        "Robin's Apple Watch",
        &[
            (Stage::Core, "2024-04-30T23:00:00Z", "2024-05-01T02:00:00Z"),
            (Stage::Awake, "2024-05-01T02:00:00Z", "2024-05-01T02:10:00Z"),
            (Stage::Deep, "2024-05-01T02:10:00Z", "2024-05-01T06:00:00Z"),
        ],
    );
    let phone = [(Stage::Asleep, "2024-04-30T22:30:00Z", "2024-05-01T06:00:00Z")];
    fill::sleep(&server.app, "Robin's iPhone", &phone);
    for name in ["sleep", "sleep_analysis"] {
        let answer = server.client.get(&format!("/api/v1/explain/{name}?date=2024-05-01")).expect(200);
        let night = server.client.get("/api/v1/sleep?start=2024-05-01&end=2024-05-02").expect(200);
        assert_eq!(answer["value"], night["nights"][0]["asleep_minutes"]);
        let claims = answer["claims"].as_array().unwrap();
        let counted: f64 = claims.iter().map(|claim| claim["counted"].as_f64().unwrap()).sum();
        assert_eq!(Some(counted), answer["value"].as_f64(), "{answer}");
        assert!(claims.iter().all(|claim| claim["delivery"].is_string()), "{answer}");
        assert_eq!(alone(&answer, "source", "Robin's iPhone"), 450.0);
    }
}

#[test]
fn what_a_later_account_has_replaced_is_told() {
    let server = InProcess::start();
    let one = Told { sent: DAY, ..told(Layer::Raw, 3600, 60, 10.0) };
    tell_all(&server, STEPS, &[one, told(Layer::Raw, 7200, 60, 20.0)]);
    server
        .app
        .store
        .writer()
        .run(|writing| {
            // The first is made one that the second's account has replaced.
            writing.connection.execute_batch(
                "INSERT INTO superseded_sample (user, metric, start, layer, superseded_by, twin, value, span, min, max,
                     source, context, offset_minutes, delivery, manual, stated)
                 SELECT user, metric, start, layer, (SELECT max(id) FROM delivery), twin, value, span, min, max,
                     source, context, offset_minutes, delivery, manual, delivery FROM sample WHERE value = 10",
            )?;
            Ok(())
        })
        .unwrap();
    let answer = server.client.get("/api/v1/explain/step_count?date=2024-05-01").expect(200);
    let gone = &answer["superseded"][0];
    assert_eq!((gone["value"].as_f64(), gone["samples"].as_i64()), (Some(10.0), Some(1)), "{answer}");
    let deliveries = server.client.get("/api/v1/deliveries").expect(200).to_string();
    for name in ["delivery", "by"] {
        assert!(deliveries.contains(gone[name].as_str().unwrap()), "{answer}");
    }
    assert_ne!(gone["delivery"], gone["by"]);
}

#[test]
fn units_dates_names_and_caches_are_as_everywhere() {
    let server = InProcess::start();
    tell_all(&server, ("walking_running_distance", "km"), &[told(Layer::Raw, 3600, 60, 1.0)]);
    let miles = explained(&server, "walking_running_distance", "sum", "&units=imperial");
    assert_eq!(miles["unit"], "mi");
    let empty = server.client.get("/api/v1/explain/step_count?date=2024-05-01").expect(200);
    assert_eq!((&empty["value"], &empty["sentence"]), (&Value::Null, &"Nothing is stored of 2024-05-01.".into()));
    assert!(server.client.get("/api/v1/explain/step_cuont").problem(404).contains("step_count"));
    server.client.get("/api/v1/explain/step_count?date=yesterday-ish").problem(400);
    server.client.get("/api/v1/explain/step_count?dat=2024-05-01").problem(400);
    let path = "/api/v1/explain/walking_running_distance?date=2024-05-01";
    let first = server.client.get(path);
    assert_eq!(first.header("cache-control"), "private, max-age=60");
    let again = server.client.get_with(path, &[("if-none-match", first.header("etag"))]);
    assert_eq!(again.status, 304);
}

#[test]
fn temperatures_add_up_in_fahrenheit_too() {
    let server = InProcess::start();
    tell_all(
        &server,
        ("body_temperature", "degC"),
        &[told(Layer::Raw, 3600, 0, 36.5), told(Layer::Raw, 7200, 0, 37.5)],
    );
    let answer = explained(&server, "body_temperature", "avg", "&units=imperial");
    assert!(close(answer["value"].as_f64().unwrap(), 98.6), "{answer}");
}

#[test]
fn sounds_add_up_by_energy() {
    let server = InProcess::start();
    let hours = [told(Layer::Raw, 3600, 3600, 60.0), told(Layer::Raw, 7200, 3600, 90.0)];
    tell_all(&server, ("environmental_audio_exposure", "dBASPL"), &hours);
    let answer = explained(&server, "environmental_audio_exposure", "avg", "");
    assert!((answer["value"].as_f64().unwrap() - 87.0).abs() < 0.05, "{answer}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_claims_add_up_to_the_aggregate(all in tellings(), zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York"])) {
        let server = InProcess::start();
        tell_all(&server, STEPS, &all);
        tell_all(&server, HEART, &all);
        explained(&server, "step_count", "sum", &format!("&tz={zone}"));
        explained(&server, "heart_rate", "avg", &format!("&tz={zone}"));
    }
}
