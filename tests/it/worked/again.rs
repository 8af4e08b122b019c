//! The same said again: by an older export, by parts of a sync, and by senders that know less of it. What has been said stays,
//! whoever else goes.

use super::{Headers, by, points, send, stat};
use crate::support::InProcess;

const WATCH: &str = "Robin's Apple Watch";

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
