//! Times of an answer: in the zone that was asked for, else as the sender's clock showed them.
//!
//! An answer holds thousands of times that follow each other, so the offset is looked up once for each stretch of time that
//! has one, and the date is written once for each day.

use std::cell::RefCell;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Serialize, Serializer};

use crate::model::time::{local_rfc3339, offset_minutes_at, offset_rfc3339};

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

/// The sender's offset at the end of what began with `offset_minutes`: senders tell one for both, but at home the clocks may have
/// been changed meanwhile.
fn offset_at_end(start: i64, end: i64, offset_minutes: i32, home: &TimeZone) -> i32 {
    match end != start && offset_minutes_at(start, home) == offset_minutes {
        true => offset_minutes_at(end, home),
        false => offset_minutes,
    }
}

/// By which clocks the times of an answer are told.
pub struct Zones {
    /// The zone that was asked for; else the senders'.
    pub asked: Option<TimeZone>,
    pub home: TimeZone,
}

impl Zones {
    /// RFC 3339 of an instant within what began at `start` by a sender's clock.
    pub fn written(&self, start: i64, utc: i64, offset_minutes: i32) -> String {
        written(utc, offset_at_end(start, utc, offset_minutes, &self.home), self.asked.as_ref())
    }
}

/// Writes one time after the other, each exactly as `written` does.
pub struct Clock<'a> {
    zone: Option<&'a TimeZone>,
    seen: RefCell<Seen>,
    /// Where most of the senders are, and its clocks about the last start.
    home: &'a TimeZone,
    about: RefCell<Stretch>,
}

/// A stretch of time, in UTC epoch seconds, in which a zone has one offset.
#[derive(Clone, Copy)]
struct Stretch {
    from: i64,
    to: i64,
    offset_minutes: i32,
}

impl Stretch {
    const NONE: Stretch = Stretch { from: 0, to: 0, offset_minutes: 0 };

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
}

/// What the last time has left behind.
struct Seen {
    stretch: Stretch,
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
    /// A clock of `zone`, else of each sender's, most of whom are at home.
    pub fn new(zone: Option<&'a TimeZone>, home: &'a TimeZone) -> Clock<'a> {
        let text = *b"0000-00-00T00:00:00+00:00";
        let seen = RefCell::new(Seen { stretch: Stretch::NONE, day: i64::MIN, text });
        Clock { zone, seen, home, about: RefCell::new(Stretch::NONE) }
    }

    /// RFC 3339 of the end of what began at `start`, with the offset that the clocks had then.
    pub fn stamp_end(&self, start: i64, end: i64, offset_minutes: i32) -> Stamp {
        if self.zone.is_some() || start == end {
            return self.stamp(end, offset_minutes);
        }
        let mut about = self.about.borrow_mut();
        about.look_up(start.clamp(FIRST, LAST), self.home);
        match about.offset_minutes == offset_minutes && end >= about.to {
            true => self.stamp(end, offset_at_end(start, end, offset_minutes, self.home)),
            false => self.stamp(end, offset_minutes),
        }
    }

    /// RFC 3339 of UTC epoch seconds; `offset_minutes` are the sender's.
    pub fn stamp(&self, utc: i64, offset_minutes: i32) -> Stamp {
        let utc = utc.clamp(FIRST, LAST);
        let mut seen = self.seen.borrow_mut();
        let (minutes, zulu) = match self.zone {
            Some(zone) => {
                seen.stretch.look_up(utc, zone);
                let minutes = seen.stretch.offset_minutes;
                (minutes, minutes == 0 && zone.to_fixed_offset().is_ok())
            }
            None if offset_minutes.abs() < BEYOND => (offset_minutes, offset_minutes == 0),
            None => (0, false),
        };
        seen.write(utc + 60 * i64::from(minutes), minutes, zulu)
    }
}

impl Seen {
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
            let clock = Clock::new(Some(&zone), &zone);
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
            let (up, down) = (Clock::new(Some(&zone), &zone), Clock::new(Some(&zone), &zone));
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
        let home = TimeZone::UTC;
        let clock = Clock::new(None, &home);
        for utc in [FIRST, 0, 1_700_000_000, LAST, i64::MIN, i64::MAX] {
            for offset in [0, 60, -60, 345, -570, 1559, -1559, 1560, i32::MAX, i32::MIN + 1] {
                assert_eq!(clock.stamp(utc, offset).as_str(), written(utc, offset, None), "{utc} {offset}");
            }
        }
    }

    #[test]
    fn an_end_has_the_offset_of_its_own_moment_at_home_and_the_sender_s_elsewhere() {
        let home = parse_zone("Europe/Berlin").unwrap();
        let clock = Clock::new(None, &home);
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        for (start, end, offset, expected) in [
            ("2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00", 120, "2026-10-25T03:30:00+01:00"),
            ("2026-10-25T01:30:00+02:00", "2026-10-25T02:30:00+02:00", 120, "2026-10-25T02:30:00+02:00"),
            ("2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00", 60, "2026-03-29T07:00:00+02:00"),
            ("2026-10-24T23:00:00-04:00", "2026-10-25T07:00:00-04:00", -240, "2026-10-25T07:00:00-04:00"),
        ] {
            assert_eq!(clock.stamp_end(at(start), at(end), offset).as_str(), expected);
        }
        let utc = TimeZone::UTC;
        let zoned = Clock::new(Some(&utc), &home);
        assert_eq!(zoned.stamp_end(0, 60, 120).as_str(), "1970-01-01T00:01:00Z");
    }
}
