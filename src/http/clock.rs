//! Times of an answer: in the zone that was asked for, else as the sender's clock showed them.
//!
//! An answer holds thousands of times that follow each other, so the offset is looked up once for each stretch of time that
//! has one, and the date is written once for each day.

use std::cell::RefCell;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Serialize, Serializer};

use crate::model::time::{local_rfc3339, offset_rfc3339};

const DAY: i64 = 86_400;

/// Minutes from UTC that no sender means.
const BEYOND: i32 = 26 * 60;

/// Where 0001-01-01 and 9998-12-31 are, in UTC epoch seconds: every instant is held between them.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_370_764_799;

/// RFC 3339 of UTC epoch seconds.
pub fn written(utc: i64, offset_minutes: i32, zone: Option<&TimeZone>) -> String {
    match zone {
        Some(zone) => local_rfc3339(utc, zone),
        None => offset_rfc3339(utc, offset_minutes),
    }
}

/// Writes one time after the other, each exactly as `written` does.
pub struct Clock<'a> {
    zone: Option<&'a TimeZone>,
    seen: RefCell<Seen>,
}

/// What the last time has left behind.
struct Seen {
    /// The stretch of time, in UTC epoch seconds, in which the zone has this offset.
    from: i64,
    to: i64,
    offset_minutes: i32,
    day: i64,
    text: [u8; 25],
}

/// An RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    text: [u8; 25],
    length: usize,
}

impl Stamp {
    pub fn as_str(&self) -> &str {
        // Digits and punctuation only.
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'a> Clock<'a> {
    /// A clock of `zone`, else of each sender's.
    pub fn new(zone: Option<&'a TimeZone>) -> Clock<'a> {
        let text = *b"0000-00-00T00:00:00+00:00";
        Clock { zone, seen: RefCell::new(Seen { from: 0, to: 0, offset_minutes: 0, day: i64::MIN, text }) }
    }

    /// RFC 3339 of UTC epoch seconds; `offset_minutes` are the sender's.
    pub fn stamp(&self, utc: i64, offset_minutes: i32) -> Stamp {
        let utc = utc.clamp(FIRST, LAST);
        let mut seen = self.seen.borrow_mut();
        let (minutes, zulu) = match self.zone {
            Some(zone) => {
                seen.look_up(utc, zone);
                (seen.offset_minutes, seen.offset_minutes == 0 && zone.to_fixed_offset().is_ok())
            }
            None if offset_minutes.abs() < BEYOND => (offset_minutes, offset_minutes == 0),
            None => (0, false),
        };
        seen.write(utc + 60 * i64::from(minutes), minutes, zulu)
    }
}

impl Seen {
    fn look_up(&mut self, utc: i64, zone: &TimeZone) {
        if (self.from..self.to).contains(&utc) {
            return;
        }
        let at = |utc: i64| Timestamp::from_second(utc).unwrap_or_default();
        self.offset_minutes = zone.to_offset(at(utc)).seconds() / 60;
        // A change at this very second is the one that this stretch begins with.
        self.from = zone.preceding(at(utc + 1)).next().map_or(i64::MIN, |change| change.timestamp().as_second());
        self.to = zone.following(at(utc)).next().map_or(i64::MAX, |change| change.timestamp().as_second());
    }

    fn write(&mut self, local: i64, minutes: i32, zulu: bool) -> Stamp {
        let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        if self.day != day {
            self.day = day;
            let date = Offset::UTC.to_datetime(Timestamp::from_second(day * DAY).unwrap_or_default());
            let year = date.year().unsigned_abs();
            self.two(0, year / 100);
            self.two(2, year % 100);
            self.two(5, date.month().unsigned_abs().into());
            self.two(8, date.day().unsigned_abs().into());
        }
        // All below 100, so nothing is cut off.
        self.two(11, (second / 3600) as u16);
        self.two(14, (second / 60 % 60) as u16);
        self.two(17, (second % 60) as u16);
        if zulu {
            self.text[19] = b'Z';
            return Stamp { text: self.text, length: 20 };
        }
        let ahead = minutes.unsigned_abs();
        self.text[19] = if minutes < 0 { b'-' } else { b'+' };
        self.two(20, (ahead / 60) as u16);
        self.two(23, (ahead % 60) as u16);
        Stamp { text: self.text, length: 25 }
    }

    /// Writes a number below 100 as two digits.
    fn two(&mut self, at: usize, number: u16) {
        self.text[at] = b'0' + (number / 10 % 10) as u8;
        self.text[at + 1] = b'0' + (number % 10) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::parse_zone;

    const ZONES: [&str; 10] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
        "Europe/London",
        "+05:30",
        "-00:45",
    ];

    #[test]
    fn a_clock_writes_what_the_library_writes() {
        let starts = [FIRST, -6_000_000_000, -2_208_988_800, -1, 0, 1_700_000_000, 1_711_846_800, 4_102_444_800, LAST];
        for name in ZONES {
            let zone = parse_zone(name).unwrap();
            let clock = Clock::new(Some(&zone));
            for start in starts {
                for step in [-86_400 * 37, -1801, -1, 0, 1, 59, 3600, 86_399, 86_400 * 91] {
                    for at in [start, start.saturating_add(step), start.saturating_add(step * 30)] {
                        assert_eq!(clock.stamp(at, 7).as_str(), written(at, 7, Some(&zone)), "{name} {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_change_of_a_zone_is_noticed_from_both_sides() {
        for name in ZONES {
            let zone = parse_zone(name).unwrap();
            let changes: Vec<i64> = zone
                .following(Timestamp::from_second(-3_000_000_000).unwrap())
                .take(300)
                .map(|c| c.timestamp().as_second())
                .collect();
            let around: Vec<i64> = changes.iter().flat_map(|at| [at - 1, *at, at + 1]).collect();
            let (up, down) = (Clock::new(Some(&zone)), Clock::new(Some(&zone)));
            for at in &around {
                assert_eq!(up.stamp(*at, 0).as_str(), written(*at, 0, Some(&zone)), "{name} {at}");
            }
            for at in around.iter().rev() {
                assert_eq!(down.stamp(*at, 0).as_str(), written(*at, 0, Some(&zone)), "{name} {at}");
            }
        }
    }

    #[test]
    fn without_a_zone_each_time_has_its_sender_s_offset() {
        let clock = Clock::new(None);
        for utc in [FIRST, 0, 1_700_000_000, LAST, i64::MIN, i64::MAX] {
            for offset in [0, 60, -60, 345, -570, 1559, -1559, 1560, i32::MAX, i32::MIN + 1] {
                assert_eq!(clock.stamp(utc, offset).as_str(), written(utc, offset, None), "{utc} {offset}");
            }
        }
    }
}
