//! Nights, and workouts and sources that share something: what is put together, and what is not.

use serde_json::{Value, json};

use super::{Headers, NONE, assert_total, export, record, send};
use crate::support::{InProcess, body};

const WATCH: &str = "Robin's Apple Watch";

/// Sends segments of stage, start and end.
fn sleep(server: &InProcess, at: &str, period: Option<&str>, segments: &[(&str, &str, &str)]) {
    let segment = |(stage, start, end): &(&str, &str, &str)| json!({"startDate": start, "endDate": end, "value": stage, "source": WATCH, "qty": 1});
    let segments: Vec<Value> = segments.iter().map(segment).collect();
    let headers = Headers { period, automation: Some("sleep"), ..NONE };
    send(server, at, headers, &body("sleep_analysis", "hr", json!(segments)));
}

/// Minutes asleep by date.
fn asleep(server: &InProcess) -> Vec<(String, f64)> {
    let answer = server.client.get("/api/v1/sleep?order=asc").expect(200);
    let nights = answer["nights"].as_array().unwrap().iter();
    nights
        .map(|night| (night["date"].as_str().unwrap().to_owned(), night["asleep_minutes"].as_f64().unwrap()))
        .collect()
}

#[test]
fn a_night_sent_again_is_replaced_as_a_whole() {
    let server = InProcess::start();
    let night = |start| [("Core", start, "2024-05-02 08:42:00 +0000")];
    sleep(&server, "2024-05-02T09:00:00Z", Some("Default"), &night("2024-05-01 22:50:00 +0000"));
    sleep(&server, "2024-05-02T12:00:00Z", Some("Default"), &night("2024-05-02 01:06:00 +0000"));
    assert_eq!(asleep(&server), [("2024-05-02".to_owned(), 456.0)]);
}

#[test]
fn a_fragment_of_a_night_changes_nothing() {
    for period in [None, Some("Since Last Sync")] {
        let server = InProcess::start();
        sleep(
            &server,
            "2024-05-02T09:00:00Z",
            None,
            &[("Core", "2024-05-01 23:20:00 +0000", "2024-05-02 07:01:00 +0000")],
        );
        sleep(
            &server,
            "2024-05-04T12:00:00Z",
            period,
            &[("Core", "2024-05-02 04:49:00 +0000", "2024-05-02 06:41:00 +0000")],
        );
        assert_eq!(asleep(&server), [("2024-05-02".to_owned(), 461.0)]);
    }
}

#[test]
fn a_night_in_two_requests_is_whole_when_the_server_starts_anew_between_them() {
    let early = [("Core", "2024-05-01 22:50:00 +0000", "2024-05-02 02:00:00 +0000")];
    let late = [("Core", "2024-05-02 02:00:00 +0000", "2024-05-02 06:50:00 +0000")];
    for (first, second) in [(early, late), (late, early)] {
        let server = InProcess::start();
        sleep(&server, "2024-05-02T09:00:00Z", Some("Default"), &first);
        let server = server.again();
        sleep(&server, "2024-05-02T09:00:02Z", Some("Default"), &second);
        assert_eq!(asleep(&server), [("2024-05-02".to_owned(), 480.0)]);
    }
}

#[test]
fn nights_abroad_are_of_the_dates_there() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let night = |start: &str, end: &str| {
        format!(
            "<Record type=\"HKCategoryTypeIdentifierSleepAnalysis\" sourceName=\"{WATCH}\" startDate=\"{start}\" \
             endDate=\"{end}\" value=\"HKCategoryValueSleepAnalysisAsleepCore\"><MetadataEntry key=\"HKTimeZone\" \
             value=\"Asia/Tokyo\"/></Record>"
        )
    };
    let all = night("2024-05-01 16:00:00 +0200", "2024-05-02 00:00:00 +0200")
        + &night("2024-05-02 16:00:00 +0200", "2024-05-03 00:00:00 +0200");
    export(&server, &all);
    assert_eq!(asleep(&server), [("2024-05-02".to_owned(), 480.0), ("2024-05-03".to_owned(), 480.0)]);
}

#[test]
fn a_watch_outranks_apps_that_have_watch_in_their_name() {
    let server = InProcess::start();
    let hour = ("2024-05-01 10:00:00 +0000", "2024-05-01 11:00:00 +0000");
    let steps = |source: &str, value| record("StepCount", "count", source, hour, value);
    let watch = steps("Robin ⌚️", 1000.0).replace(
        " unit=",
        " device=\"&lt;&lt;HKDevice: 0x1&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2&gt;\" unit=",
    );
    export(&server, &(steps("HeartWatch", 1700.0) + &steps("SleepWatch", 1500.0) + &watch));
    assert_total(&server, "step_count", 1000.0);
}

#[test]
fn a_phone_stays_one_whatever_was_plugged_into_it() {
    let server = InProcess::start();
    let device = |text: &str| format!(" device=\"&lt;&lt;HKDevice: 0x1&gt;, {text}&gt;\" unit=");
    let (earbuds, phone) = ("name:AirPods, model:AirPods Pro", "name:iPhone, model:iPhone, hardware:iPhone14,2");
    let with = |record: String, text: &str| record.replace(" unit=", &device(text));
    let at = |minute: u32| format!("2024-05-01 10:{minute:02}:00 +0000");
    let heard = record("HeadphoneAudioExposure", "dBASPL", "Robin", (&at(0), &at(1)), 60.0);
    let walked: String = (1..9)
        .map(|minute| with(record("StepCount", "count", "Robin", (&at(minute), &at(minute + 1)), 10.0), phone))
        .collect();
    export(&server, &(with(heard, earbuds) + &walked));
    let sources = server.client.get("/api/v1/sources").expect(200);
    assert_eq!(sources["sources"][0]["kind"], "phone", "{sources}");
}

#[test]
fn two_workouts_of_two_sources_with_one_start_are_two() {
    let server = InProcess::start();
    let workout = |source: &str, km: f64| {
        format!(
            "<Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" duration=\"30\" durationUnit=\"min\" \
             totalDistance=\"{km}\" totalDistanceUnit=\"km\" sourceName=\"{source}\" \
             startDate=\"2024-05-01 10:00:00 +0000\" endDate=\"2024-05-01 10:30:00 +0000\"/>"
        )
    };
    export(&server, &(workout(WATCH, 5.0) + &workout("Running App", 7.0)));
    let listed = server.client.get("/api/v1/workouts").expect(200);
    assert_eq!(listed["workouts"].as_array().unwrap().len(), 2, "{listed}");
}
