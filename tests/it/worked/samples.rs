//! Samples: proof that points are measurements, overlap of sources, and the same record from two senders.

use serde_json::json;

use super::{Headers, NONE, assert_total, by, export, in_both_orders, points, record, send, stat, stored};
use crate::support::{InProcess, body};

#[test]
fn foods_of_one_moment_in_one_body_are_samples() {
    let noon = "2024-05-01 12:30:00 +0000";
    for (metric, unit) in [("dietary_energy", "kcal"), ("dietary_water", "mL"), ("carbohydrates", "g")] {
        for headers in [NONE, by("None"), by("Minutes"), by("Default")] {
            let server = InProcess::start();
            let all = [(noon, 300.0, "Log"), (noon, 450.0, "Log"), (noon, 120.0, "Log")];
            send(&server, "2024-05-01T13:00:00Z", headers, &points(metric, unit, &all));
            assert_total(&server, metric, 870.0);
            let stored = stored(&server, metric);
            assert!(stored.len() == 3 && stored.iter().all(|one| one["layer"] == "raw"), "{stored:?}");
        }
    }
}

#[test]
fn two_devices_of_one_moment_are_both_kept() {
    for (metric, unit) in [("heart_rate", "count/min"), ("blood_oxygen_saturation", "%")] {
        for headers in [NONE, by("None"), by("Minutes")] {
            let server = InProcess::start();
            let at = "2024-05-01 10:00:00 +0000";
            send(
                &server,
                "2024-05-01T13:00:00Z",
                headers,
                &points(metric, unit, &[(at, 60.0, "Watch"), (at, 70.0, "Ring")]),
            );
            assert_eq!(stored(&server, metric).len(), 2);
            assert_eq!(stat(&server, metric, "max", "bucket=day")[0].1, 70.0);
            assert_eq!(stat(&server, metric, "min", "bucket=day")[0].1, 60.0);
        }
    }
}

#[test]
fn what_was_a_bucket_by_mistake_becomes_a_sample_when_its_sender_proves_it() {
    let first = points("dietary_water", "mL", &[("2024-05-01 08:15:00 +0000", 250.0, "Log")]);
    let second = points("dietary_water", "mL", &[("2024-05-01 12:30:41 +0000", 300.0, "Log")]);
    in_both_orders(
        |server| drop(send(server, "2024-05-01T20:00:00Z", NONE, &first)),
        |server| drop(send(server, "2024-05-01T20:10:00Z", NONE, &second)),
        |server| {
            assert_total(server, "dietary_water", 550.0);
            let stored = stored(server, "dietary_water");
            assert!(stored.iter().all(|one| one["layer"] == "raw"), "{stored:?}");
            crate::support::check::assert_sound(&server.app);
        },
    );
}

#[test]
fn a_watch_and_a_phone_without_ends_count_one_walk_once() {
    let server = InProcess::start();
    let all = [
        ("2024-05-01 10:00:05 +0000", 500.0, "Robin's Apple Watch"),
        ("2024-05-01 10:00:09 +0000", 480.0, "Robin's iPhone"),
        ("2024-05-01 10:10:05 +0000", 520.0, "Robin's Apple Watch"),
        ("2024-05-01 10:10:09 +0000", 505.0, "Robin's iPhone"),
    ];
    send(&server, "2024-05-01T13:00:00Z", by("None"), &points("step_count", "count", &all));
    let found = super::total(&server, "step_count");
    assert!((1020.0..1035.0).contains(&found), "{found}");
}

#[test]
fn a_sample_from_the_app_and_from_an_export_is_one() {
    let (start, end) = ("2024-05-01 10:00:05 +0000", "2024-05-01 10:05:05 +0000");
    let pushed = points("step_count", "count", &[(start, 321.0, "Robin's Apple Watch")]);
    let exported = record("StepCount", "count", "Robin's Apple Watch", (start, end), 321.0);
    in_both_orders(
        |server| drop(send(server, "2024-05-01T13:00:00Z", by("None"), &pushed)),
        |server| drop(export(server, &exported)),
        |server| {
            assert_total(server, "step_count", 321.0);
            assert_eq!(stored(server, "step_count").len(), 1);
        },
    );
}

#[test]
fn a_condensed_record_replaces_those_that_it_was_made_of() {
    let minute = |k: i32| format!("2024-05-01 10:{k:02}:00 +0000");
    let fine: String = (0..10)
        .map(|k| record("ActiveEnergyBurned", "kcal", "Apple Watch", (&minute(k), &minute(k + 1)), 10.0))
        .collect();
    let server = InProcess::start();
    export(&server, &fine);
    export(&server, &record("ActiveEnergyBurned", "kcal", "Apple Watch", (&minute(0), &minute(10)), 100.0));
    assert_total(&server, "active_energy", 100.0);
}

#[test]
fn two_equal_entries_of_one_moment_count_twice() {
    let server = InProcess::start();
    let noon = "2024-05-01 12:00:00 +0000";
    let one = record("DietaryProtein", "g", "Log", (noon, noon), 7.0);
    let other = one.replacen(&format!("creationDate=\"{noon}\""), "creationDate=\"2024-05-01 12:03:11 +0000\"", 1);
    export(&server, &(one + &other));
    assert_total(&server, "protein", 14.0);
}

#[test]
fn a_mean_goes_by_time_and_not_by_how_often_it_was_measured() {
    let server = InProcess::start();
    let quiet = (0..276).map(|k| (k * 300, 60));
    let run = (0..720).map(|k| (23 * 3600 + k * 5, 150));
    let first = 1_714_521_600;
    let all: Vec<_> =
        quiet.chain(run).map(|(at, rate)| json!({"date": first + at, "qty": rate, "source": "Watch"})).collect();
    send(&server, "2024-05-02T13:00:00Z", by("None"), &body("heart_rate", "count/min", json!(all)));
    let mean = stat(&server, "heart_rate", "avg", "bucket=day")[0].1;
    assert!((63.0..65.0).contains(&mean), "{mean}");
}

#[test]
fn sound_is_averaged_by_its_energy() {
    for metric in ["environmental_audio_exposure", "headphone_audio_exposure"] {
        let server = InProcess::start();
        let all = json!([
            {"start": "2024-05-01 10:00:00 +0000", "end": "2024-05-01 11:00:00 +0000", "qty": 60, "source": "Watch"},
            {"start": "2024-05-01 11:00:00 +0000", "end": "2024-05-01 12:00:00 +0000", "qty": 90, "source": "Watch"},
        ]);
        send(&server, "2024-05-02T13:00:00Z", by("None"), &body(metric, "dBASPL", all));
        let mean = stat(&server, metric, "avg", "bucket=day")[0].1;
        assert!((mean - 87.0).abs() < 0.05, "{mean}");
    }
}

#[test]
fn what_was_entered_by_hand_outranks_the_watch() {
    let server = InProcess::start();
    let hour = ("2024-05-01 10:00:00 +0000", "2024-05-01 11:00:00 +0000");
    let watch = record("StepCount", "count", "Robin's Apple Watch", hour, 50.0);
    let hand = record("StepCount", "count", "Health", hour, 4000.0)
        .replace("/>", "><MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/></Record>");
    export(&server, &(watch + &hand));
    assert_total(&server, "step_count", 4000.0);
}

/// Two requests of one sync, and what they come with.
fn in_two_requests(headers: Headers, metric: &str, unit: &str, (first, second): (f64, f64)) -> InProcess {
    let server = InProcess::start();
    let noon = "2024-05-01 12:30:00 +0000";
    for (at, value) in [("2024-05-01T13:00:00Z", first), ("2024-05-01T13:00:40Z", second)] {
        send(&server, at, headers, &points(metric, unit, &[(noon, value, "Log")]));
    }
    server
}

#[test]
fn foods_of_one_moment_in_two_requests_of_one_sync_all_count() {
    let session = Headers { session: Some("5e55"), automation: Some("food"), ..NONE };
    for headers in [session, Headers { session: None, ..session }, Headers { aggregation: Some("Minutes"), ..session }]
    {
        for (metric, unit) in [("dietary_energy", "kcal"), ("dietary_water", "mL")] {
            assert_total(&in_two_requests(headers, metric, unit, (300.0, 450.0)), metric, 750.0);
        }
        assert_total(&in_two_requests(headers, "step_count", "count", (300.0, 450.0)), "step_count", 450.0);
    }
}
