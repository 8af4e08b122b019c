//! The same said again: by an older export, by parts of a sync, and by senders that know less of it. What has been said stays,
//! whoever else goes.

use serde_json::json;

use super::{Headers, assert_total, by, days, export_of, points, record, send, stat};
use crate::deletions::{admin, delete};
use crate::support::InProcess;

const WATCH: &str = "Robin's Apple Watch";
const PHONE: &str = "Robin's iPhone";

/// A watch and a ring that begin to count at one moment: the watch's five minutes, and half of the ring's ten.
fn walk() -> String {
    let start = "2024-05-01 10:00:00 +0000";
    record("StepCount", "count", WATCH, (start, "2024-05-01 10:05:00 +0000"), 300.0)
        + &record("StepCount", "count", "Ring", (start, "2024-05-01 10:10:00 +0000"), 500.0)
}

const EXPORTS: [&str; 3] = ["2024-05-02 08:00:00 +0000", "2024-05-03 08:00:00 +0000", "2024-05-04 08:00:00 +0000"];

#[test]
fn exports_that_come_again_in_any_order_take_nothing_away() {
    for order in [[0, 1, 2, 0, 0, 2], [0, 1, 2, 1, 0, 2], [2, 0, 1, 2, 1, 0], [1, 2, 0, 2, 0, 1]] {
        let server = InProcess::start();
        for export in order {
            let receipt = export_of(&server, EXPORTS[export], &walk());
            assert_eq!(receipt.counts.superseded, 0, "{order:?}");
            assert_total(&server, "step_count", 550.0);
        }
    }
}

#[test]
fn what_an_older_export_says_again_stays_when_others_are_deleted() {
    for order in [[0, 1, 2, 1], [0, 1, 2, 0], [2, 0, 1, 0], [1, 2, 0, 1]] {
        let server = InProcess::start();
        let admin = admin(&server);
        let import = |export: usize| {
            // Each has something of its own as well.
            let weight = record("BodyMass", "kg", "Scale", (EXPORTS[export], EXPORTS[export]), 70.0);
            export_of(&server, EXPORTS[export], &(walk() + &weight)).delivery
        };
        let given = order.map(import);
        for gone in [2, 0, 1] {
            delete(&admin, json!({"delivery": {"id": given[gone]}}));
            assert_total(&server, "step_count", 550.0);
        }
    }
}

#[test]
fn what_two_devices_measured_at_one_moment_stays_in_two_requests_of_a_sync() {
    let first = [("2024-05-01 09:00:05 +0000", 60.0, WATCH), ("2024-05-01 10:00:07 +0000", 63.0, WATCH)];
    let second = [("2024-05-01 10:00:07 +0000", 91.0, "Ring"), ("2024-05-01 11:00:05 +0000", 61.0, WATCH)];
    let server = InProcess::start();
    for (day, session) in [("02", "A"), ("03", "B"), ("04", "C")] {
        let headers = Headers { period: Some("Previous 7 Days"), session: Some(session), ..by("None") };
        for (at, part) in [&first[..], &second[..]].into_iter().enumerate() {
            let moment = format!("2024-05-{day}T08:00:0{at}Z");
            let receipt = send(&server, &moment, headers, &points("heart_rate", "count/min", part));
            assert_eq!(receipt.counts.superseded, 0);
        }
        let max = stat(&server, "heart_rate", "max", "bucket=day");
        assert_eq!(max.iter().map(|(_, max)| *max).collect::<Vec<_>>(), [91.0], "after sync {session}");
    }
}

#[test]
fn who_knows_no_ends_keeps_none_of_a_deleted_export() {
    let (first, second) = ("2024-05-01 10:00:00 +0000", "2024-05-01 10:10:00 +0000");
    let exported = record("StepCount", "count", WATCH, (first, "2024-05-01 10:05:00 +0000"), 300.0)
        + &record("StepCount", "count", PHONE, (second, "2024-05-01 10:15:00 +0000"), 300.0);
    let server = InProcess::start();
    let headers = Headers { period: Some("Previous 7 Days"), ..by("None") };
    // Each has something new as well, so none repeats another.
    let tell = |day: i32| {
        let new = format!("2024-05-0{day} 07:00:00 +0000");
        let told = [(first, 300.0, WATCH), (second, 300.0, PHONE), (&new, 10.0, WATCH)];
        send(&server, &format!("2024-05-0{day}T08:00:00Z"), headers, &points("step_count", "count", &told));
    };
    let assert_walk = |expected: f64| assert_eq!(days(&server, "step_count")[0], ("05-01".to_owned(), expected));
    // Without an end the watch's sample lasts for a quarter of an hour, so that the phone's begins in its time.
    tell(2);
    assert_walk(300.0);
    let export = export_of(&server, EXPORTS[1], &exported).delivery;
    assert_walk(600.0);
    for day in [4, 5, 6] {
        tell(day);
        assert_walk(600.0);
    }
    delete(&admin(&server), json!({"delivery": {"id": export}}));
    assert_walk(300.0);
}
