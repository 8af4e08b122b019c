//! Why a night is as long as it is: what counts of it, what others say, and what a later account has replaced.

use health_export::receive::{Encoding, Upload};
use health_export::store::deliveries::Origin;
use serde_json::{Value, json};

use crate::support::fill::OWNER;
use crate::support::{InProcess, body};

const WATCH: &str = "Robin's Apple Watch";

/// Sends points of sleep that came at that moment, RFC 3339; with a period, they are a complete account. Gives the delivery.
fn send(server: &InProcess, at: &str, period: Option<&str>, points: Value) -> String {
    let automation = Some("sleep".to_owned());
    let origin =
        Origin { automation_id: automation, automation_period: period.map(str::to_owned), ..Origin::default() };
    let body = body("sleep_analysis", "hr", points).to_string().into_bytes().into();
    let upload = Upload { user: OWNER, api_key: None, origin, encoding: Encoding::Identity, body };
    server.app.receiver.as_of(at.parse().unwrap()).receive_blocking(upload).unwrap().delivery
}

fn segments(all: &[(&str, &str, &str)]) -> Value {
    let segment = |(stage, start, end): &(&str, &str, &str)| json!({"startDate": start, "endDate": end, "value": stage, "source": WATCH, "qty": 1});
    all.iter().map(segment).collect()
}

/// The night of 2024-05-02 from an hour of the evening before, as the app sums it up.
fn summed_up(from: &str, hours: f64) -> Value {
    json!([{"date": "2024-05-02 00:00:00 +0000", "sleepStart": format!("2024-05-01 {from}:00 +0000"),
            "sleepEnd": "2024-05-02 07:00:00 +0000", "asleep": hours, "inBed": 0, "source": WATCH}])
}

/// The explanation of 2024-05-02, which agrees with the night and adds up.
#[track_caller]
fn explained(server: &InProcess) -> Value {
    let answer = server.client.get("/api/v1/explain/sleep?date=2024-05-02").expect(200);
    let nights = server.client.get("/api/v1/sleep?start=2024-05-02&end=2024-05-03").expect(200);
    assert_eq!(answer["value"], nights["nights"][0]["asleep_minutes"], "{answer}");
    let claims = answer["claims"].as_array().unwrap().iter();
    let counted: f64 = claims.map(|claim| claim["counted"].as_f64().unwrap()).sum();
    assert!((counted - answer["value"].as_f64().unwrap()).abs() < 1e-9, "{answer}");
    answer
}

/// Delivery, delivery that has replaced it, grain, number, minutes.
fn gone(answer: &Value) -> Vec<(&str, &str, &str, i64, f64)> {
    let text = |gone: &'_ Value, key: &str| gone[key].as_str().unwrap().to_owned().leak() as &str;
    let all = answer["superseded"].as_array().unwrap().iter();
    all.map(|gone| {
        let (samples, value) = (gone["samples"].as_i64().unwrap(), gone["value"].as_f64().unwrap());
        (text(gone, "delivery"), text(gone, "by"), text(gone, "grain"), samples, value)
    })
    .collect()
}

#[test]
fn segments_of_a_corrected_night_name_the_delivery_that_has_replaced_them() {
    let server = InProcess::start();
    let evening = ("Core", "2024-05-01 19:10:00 +0000", "2024-05-01 23:00:00 +0000");
    let morning = ("Deep", "2024-05-01 23:00:00 +0000", "2024-05-02 08:42:00 +0000");
    let first = send(&server, "2024-05-02T09:00:00Z", Some("Default"), segments(&[evening, morning]));
    let corrected = [("Core", "2024-05-02 01:06:00 +0000", "2024-05-02 08:42:00 +0000")];
    let second = send(&server, "2024-05-02T12:00:00Z", Some("Default"), segments(&corrected));
    let answer = explained(&server);
    assert_eq!(answer["value"], 456.0, "{answer}");
    let [one] = gone(&answer)[..] else { panic!("{answer}") };
    assert_eq!(one, (first.as_str(), second.as_str(), "raw", 2, 812.0), "{answer}");
    assert_eq!(answer["superseded"][0]["received_at"], "2024-05-02T09:00:00Z");
    assert_eq!(answer["superseded"][0]["by_received_at"], "2024-05-02T12:00:00Z");
    assert_eq!(answer["superseded"][0]["source"], WATCH);
    let before = server.client.get("/api/v1/explain/sleep?date=2024-05-01").expect(200);
    assert_eq!(before["superseded"], json!([]), "each is of one night: {before}");
}

#[test]
fn a_night_whose_every_segment_is_replaced_still_says_so() {
    let server = InProcess::start();
    let night = |end| [("Core", "2024-05-01 23:00:00 +0000", end)];
    send(&server, "2024-05-02T09:00:00Z", Some("Default"), segments(&night("2024-05-02 06:00:00 +0000")));
    send(&server, "2024-05-02T12:00:00Z", Some("Default"), segments(&night("2024-05-02 08:00:00 +0000")));
    let answer = explained(&server);
    assert_eq!(answer["value"], 540.0, "{answer}");
    let minutes: Vec<f64> = gone(&answer).iter().map(|gone| gone.4).collect();
    assert_eq!(minutes, [420.0], "{answer}");
}

#[test]
fn a_night_that_was_summed_up_again_names_the_delivery_that_has_replaced_it() {
    let server = InProcess::start();
    let first = send(&server, "2024-05-02T08:00:00Z", None, summed_up("23:00", 7.0));
    let second = send(&server, "2024-05-02T12:00:00Z", None, summed_up("22:00", 8.5));
    send(&server, "2024-05-02T14:00:00Z", None, summed_up("22:00", 8.5));
    let answer = explained(&server);
    assert_eq!(answer["value"], 510.0, "{answer}");
    assert_eq!(gone(&answer).len(), 1, "what was sent again as it stood has replaced nothing: {answer}");
    let (delivery, by, grain, _, minutes) = gone(&answer)[0];
    assert_eq!((delivery, grain, minutes), (first.as_str(), "day", 420.0), "{answer}");
    assert_eq!(by, second, "{answer}");
    let corrected = send(&server, "2024-05-03T08:00:00Z", Some("Default"), summed_up("23:30", 6.0));
    let answer = explained(&server);
    assert_eq!(answer["value"], 360.0, "{answer}");
    assert!(gone(&answer).iter().any(|gone| gone.1 == corrected && gone.4 == 510.0), "{answer}");
}

#[test]
fn a_part_of_a_summed_up_night_is_shown_and_not_counted() {
    let server = InProcess::start();
    send(&server, "2024-05-02T08:00:00Z", None, summed_up("23:00", 7.0));
    send(&server, "2024-05-02T12:00:00Z", None, summed_up("23:30", 2.0));
    let answer = explained(&server);
    assert_eq!(answer["value"], 420.0, "{answer}");
    assert_eq!(gone(&answer).len(), 0, "{answer}");
    let claims = answer["claims"].as_array().unwrap();
    let part = claims.iter().find(|claim| claim["counted"] == 0.0).unwrap();
    assert_eq!((&part["value"], &part["kind"]), (&json!(120.0), &json!("bucket")), "{answer}");
    assert!(part["why"].as_str().unwrap().contains("says more"), "{answer}");
}

#[test]
fn stages_count_in_place_of_the_phones_own_sum_and_both_are_shown() {
    let server = InProcess::start();
    let sum = send(&server, "2024-05-02T08:00:00Z", None, summed_up("23:00", 7.0));
    let stages = [("Core", "2024-05-01 23:00:00 +0000", "2024-05-02 06:00:00 +0000")];
    send(
        &server,
        "2024-05-02T12:00:00Z",
        None,
        segments(&[stages[0], ("REM", "2024-05-02 06:00:00 +0000", "2024-05-02 06:30:00 +0000")]),
    );
    let answer = explained(&server);
    assert_eq!(answer["value"], 450.0, "{answer}");
    let claims = answer["claims"].as_array().unwrap();
    let own = claims.iter().find(|claim| claim["grain"] == "day").unwrap();
    assert_eq!((&own["delivery"], &own["counted"]), (&json!(sum), &json!(0.0)), "{answer}");
    assert!(own["why"].as_str().unwrap().contains("stages"), "{answer}");
    let alone = |grain: &str| {
        answer["alone"].as_array().unwrap().iter().find(|alone| alone["grain"] == grain).unwrap()["value"].clone()
    };
    assert_eq!((alone("raw"), alone("day")), (json!(450.0), json!(420.0)), "{answer}");
}

#[test]
fn naps_and_nights_that_were_summed_up_add_up() {
    let server = InProcess::start();
    let nap = json!({"date": "2024-05-02 00:00:00 +0000", "sleepStart": "2024-05-02 13:00:00 +0000",
                     "sleepEnd": "2024-05-02 14:00:00 +0000", "asleep": 1.0, "inBed": 0, "source": "Ring"});
    let night = summed_up("23:00", 7.0)[0].clone();
    send(&server, "2024-05-02T15:00:00Z", None, json!([night, nap]));
    let answer = explained(&server);
    assert_eq!(answer["value"], 480.0, "{answer}");
    let claims = answer["claims"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = claims.iter().map(|claim| (&claim["source"], &claim["counted"])).collect();
    assert_eq!(told, [(&json!(WATCH), &json!(420.0)), (&json!("Ring"), &json!(60.0))], "{answer}");
}

#[test]
fn what_was_slept_after_the_stages_were_told_is_added_as_it_was_summed_up() {
    let nap = ("2024-05-02 13:00:00 +0000", "2024-05-02 14:00:00 +0000");
    let stages = [("Core", "2024-05-01 23:00:00 +0000", "2024-05-02 06:30:00 +0000")];
    let server = InProcess::start();
    let told = |at: &str, all: &[(&str, &str, &str)]| send(&server, at, Some("Default"), segments(all));
    told("2024-05-02T09:00:00Z", &stages);
    let summed = json!({"date": "2024-05-02 00:00:00 +0000", "sleepStart": nap.0, "sleepEnd": nap.1, "asleep": 1.0,
                        "inBed": 0, "source": WATCH});
    let night = summed_up("23:00", 7.0)[0].clone();
    let later = send(&server, "2024-05-02T15:00:00Z", None, json!([night, summed]));
    let answer = explained(&server);
    assert_eq!(answer["value"], 510.0, "{answer}");
    let claims = answer["claims"].as_array().unwrap();
    let own = claims.iter().find(|claim| claim["counted"] == 60.0).unwrap();
    assert_eq!(own["delivery"], json!(later), "{answer}");
    let alone = answer["alone"].as_array().unwrap();
    assert_eq!(alone.iter().find(|alone| alone["grain"] == "raw").unwrap()["value"], 450.0, "{answer}");
    // Stages that are told after the nap know that there was none, or know of it themselves.
    told("2024-05-02T18:00:00Z", &stages);
    assert_eq!(explained(&server)["value"], 450.0);
    told("2024-05-02T20:00:00Z", &[stages[0], ("Core", nap.0, nap.1)]);
    assert_eq!(explained(&server)["value"], 510.0);
}
