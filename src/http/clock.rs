//! Times of an answer: in the zone that was asked for, else as the sender's clock showed them.

use jiff::tz::TimeZone;

use crate::model::time::{local_rfc3339, offset_rfc3339};

/// RFC 3339 of UTC epoch seconds.
pub fn written(utc: i64, offset_minutes: i32, zone: Option<&TimeZone>) -> String {
    match zone {
        Some(zone) => local_rfc3339(utc, zone),
        None => offset_rfc3339(utc, offset_minutes),
    }
}
