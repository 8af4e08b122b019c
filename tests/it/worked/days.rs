//! Totals of days: buckets of every grain, what was sent before its time was over, and exports.

use serde_json::json;

use super::{Headers, NONE, assert_total, by, days, export, points, record, send, stat};
use crate::support::{InProcess, body};

#[test]
fn after_a_flight_each_date_counts_once_with_the_latest_number() {
    for metric in ["step_count", "flights_climbed"] {
        let server = InProcess::start();
        for (zone, more) in [("-0400", 0.0), ("-0500", 10.0), ("+0200", 20.0)] {
            let dates: Vec<String> = (1..=4).map(|day| format!("2024-05-0{day} 00:00:00 {zone}")).collect();
            let four: Vec<(&str, f64, &str)> =
                dates.iter().zip(5..9).map(|(date, k)| (date.as_str(), f64::from(k * 1000) + more, "")).collect();
            send(&server, "2024-05-08T09:00:00Z", by("Days"), &points(metric, "count", &four));
        }
        assert_total(&server, metric, 26_000.0 + 80.0);
        assert_eq!(days(&server, metric).len(), 4);
    }
}

#[test]
fn a_total_sent_in_the_morning_is_added_to_by_the_minutes_of_the_day() {
    let server = InProcess::start();
    send(
        &server,
        "2024-05-01T09:00:00Z",
        by("Days"),
        &points("step_count", "count", &[("2024-05-01 00:00:00 +0000", 500.0, "")]),
    );
    let minutes: Vec<String> =
        (0..60).map(|k| format!("2024-05-01 {:02}:{:02}:00 +0000", 8 + k / 6, k % 6 * 10)).collect();
    let minutes: Vec<(&str, f64, &str)> = minutes.iter().map(|date| (date.as_str(), 100.0, "")).collect();
    send(&server, "2024-05-01T23:00:00Z", by("Minutes"), &points("step_count", "count", &minutes));
    assert_total(&server, "step_count", 6000.0);
}

#[test]
fn samples_until_noon_are_not_added_to_the_minutes_of_the_whole_day() {
    for (header, unit, metric) in [("None", "count", "step_count"), ("Off", "kcal", "active_energy")] {
        let server = InProcess::start();
        let early: Vec<_> = (0..20)
            .map(|k| {
                let minute = format!("2024-05-01 {:02}:{:02}", 6 + k / 4, k % 4 * 10);
                json!({"start": format!("{minute}:13 +0000"), "end": format!("{minute}:43 +0000"), "qty": 100,
                       "source": "Apple Watch"})
            })
            .collect();
        send(&server, "2024-05-01T12:00:00Z", by(header), &body(metric, unit, json!(early)));
        let minutes: Vec<String> =
            (0..70).map(|k| format!("2024-05-01 {:02}:{:02}:00 +0000", 6 + k / 5, k % 5 * 10)).collect();
        let minutes: Vec<(&str, f64, &str)> = minutes.iter().map(|date| (date.as_str(), 100.0, "")).collect();
        send(&server, "2024-05-01T23:30:00Z", by("Minutes"), &points(metric, unit, &minutes));
        assert_total(&server, metric, 7000.0);
    }
}

#[test]
fn one_measurement_does_not_hide_the_hours_of_the_rest_of_the_day() {
    let server = InProcess::start();
    send(
        &server,
        "2024-05-01T06:00:00Z",
        by("None"),
        &points("heart_rate", "count/min", &[("2024-05-01 05:10:07 +0000", 60.0, "Watch")]),
    );
    let hours: Vec<_> = (0..14)
        .map(|k| json!({"date": format!("2024-05-01 {:02}:00:00 +0000", 6 + k), "Min": 50 + k, "Avg": 70 + k, "Max": 147 + k}))
        .collect();
    send(&server, "2024-05-01T22:00:00Z", by("Hours"), &body("heart_rate", "count/min", json!(hours)));
    assert_eq!(stat(&server, "heart_rate", "max", "bucket=day")[0].1, 160.0);
    assert_eq!(stat(&server, "heart_rate", "min", "bucket=day")[0].1, 50.0);
}

#[test]
fn what_was_pushed_and_an_export_with_more_are_not_added() {
    let server = InProcess::start();
    let minute = |k: i32| format!("2024-05-01 {:02}:{:02}:10 +0000", 8 + k / 60, k % 60);
    let pushed = |from: i32, to: i32, each: f64| {
        let dates: Vec<String> = (from..to).map(minute).collect();
        let all: Vec<(&str, f64, &str)> = dates.iter().map(|date| (date.as_str(), each, "Apple Watch")).collect();
        points("active_energy", "kcal", &all)
    };
    send(&server, "2024-05-01T12:00:00Z", by("None"), &pushed(0, 35, 10.0));
    send(&server, "2024-05-01T20:00:00Z", by("None"), &pushed(35, 95, 10.0));
    let end = |k: i32| minute(k).replace(":10 ", ":50 ");
    let all: String =
        (0..115).map(|k| record("ActiveEnergyBurned", "kcal", "Apple Watch", (&minute(k), &end(k)), 10.0)).collect();
    export(&server, &all);
    assert_total(&server, "active_energy", 1150.0);
}

#[test]
fn a_body_with_one_point_is_placed_as_its_sender_shows() {
    let lone = points("step_count", "count", &[("2024-05-01 00:00:00 +0000", 12.0, "")]);
    let more = points("step_count", "count", &[("2024-05-01 07:31:00 +0000", 60.0, "")]);
    let most = points("step_count", "count", &[("2024-05-01 18:02:00 +0000", 600.0, "")]);
    for order in [[&lone, &more, &most], [&more, &lone, &most], [&most, &more, &lone]] {
        for headers in [NONE, super::Headers { automation: Some("a"), ..NONE }] {
            let server = InProcess::start();
            for (hour, body) in order.into_iter().enumerate() {
                send(&server, &format!("2024-05-02T0{hour}:00:00Z"), headers, body);
            }
            assert_total(&server, "step_count", 672.0);
            let layers: Vec<_> = super::stored(&server, "step_count").iter().map(|one| one["layer"].clone()).collect();
            assert_eq!(layers, ["minute", "minute", "minute"]);
            crate::support::check::assert_sound(&server.app);
        }
    }
}

#[test]
fn a_full_hour_alone_is_no_hour_when_its_sender_has_minutes() {
    let server = InProcess::start();
    send(
        &server,
        "2024-05-01T10:05:00Z",
        NONE,
        &points("active_energy", "kcal", &[("2024-05-01 10:00:00 +0000", 3.0, "")]),
    );
    send(
        &server,
        "2024-05-01T10:35:00Z",
        NONE,
        &points("active_energy", "kcal", &[("2024-05-01 10:20:00 +0000", 5.0, "")]),
    );
    assert_total(&server, "active_energy", 8.0);
}

#[test]
fn days_that_show_themselves_stay_days_whatever_else_the_key_sends() {
    let server = InProcess::start();
    let days = [("2024-05-01 00:00:00 +0000", 5000.0, ""), ("2024-05-02 00:00:00 +0000", 6000.0, "")];
    let minutes = [("2024-05-01 07:31:00 +0000", 60.0, ""), ("2024-05-01 07:32:00 +0000", 70.0, "")];
    for body in [&days, &minutes, &days] {
        send(&server, "2024-05-03T10:00:00Z", NONE, &points("step_count", "count", body));
    }
    assert_total(&server, "step_count", 11_000.0);
}

#[test]
fn of_two_totals_of_one_day_the_larger_is_stored_with_a_note() {
    for headers in [by("Days"), NONE] {
        let server = InProcess::start();
        let all = [
            ("2024-05-01 00:00:00 +0000", 5000.0, ""),
            ("2024-05-02 00:00:00 +0000", 4000.0, ""),
            ("2024-05-02 00:00:00 +0000", 4500.0, ""),
        ];
        let receipt = send(&server, "2024-05-03T10:00:00Z", headers, &points("step_count", "count", &all));
        assert_total(&server, "step_count", 9500.0);
        let note = &receipt.notes[0];
        assert!(note.reason.contains("4000") && note.reason.contains("4500"), "{note:?}");
        assert_eq!(receipt.counts.received, 3);
    }
}

#[test]
fn a_merged_minute_counts_and_not_what_each_device_has_of_it() {
    let (both, watch, phone) = ("Robin's Apple Watch|Robin's iPhone", "Robin's Apple Watch", "Robin's iPhone");
    for (metric, unit) in [("step_count", "count"), ("walking_running_distance", "km")] {
        for headers in [NONE, by("Minutes"), by("Default")] {
            let server = InProcess::start();
            let (one, two) = ("2024-05-01 10:01:00 +0000", "2024-05-01 10:02:00 +0000");
            let all = [
                (one, 45.0, watch),
                (one, 50.0, both),
                (one, 48.0, phone),
                (two, 58.0, phone),
                (two, 60.0, both),
                (two, 20.0, watch),
            ];
            send(&server, "2024-05-02T10:00:00Z", headers, &points(metric, unit, &all));
            assert_total(&server, metric, 110.0);
        }
    }
}

#[test]
fn an_hour_across_midnight_counts_on_both_sides() {
    let server = InProcess::start();
    let walk = json!([{"start": "2024-05-01 23:30:00 +0000", "end": "2024-05-02 00:30:00 +0000", "qty": 1000, "source": "Watch"}]);
    send(&server, "2024-05-03T10:00:00Z", by("None"), &body("step_count", "count", walk));
    assert_eq!(days(&server, "step_count"), [("05-01".to_owned(), 500.0), ("05-02".to_owned(), 500.0)]);
}

#[test]
fn an_export_tells_of_both_days_of_what_lasts_over_midnight() {
    let server = InProcess::start();
    let day = json!([{"date": "2024-05-02 00:00:00 +0000", "qty": 900, "source": "Watch"}]);
    let stated = Headers { period: Some("Previous 7 Days"), ..by("Days") };
    send(&server, "2024-05-03T10:00:00Z", stated, &body("step_count", "count", day));
    let over = ("2024-05-01 23:30:00 +0000", "2024-05-02 00:30:00 +0000");
    export(&server, &record("StepCount", "count", "Watch", over, 1000.0));
    assert_eq!(days(&server, "step_count"), [("05-01".to_owned(), 500.0), ("05-02".to_owned(), 500.0)]);
}
