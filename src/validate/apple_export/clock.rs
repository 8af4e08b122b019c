//! Times, and how far from UTC a person was.
//!
//! All times of an export are written with one offset: that of the phone at the moment of the export. The instant is
//! right, the offset says nothing about the day it happened on. So an offset that is that of the export date is not
//! believed: the metadata `HKTimeZone` decides where there is one, else the home zone at that instant. Any other offset
//! stands as written.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::decode::date::{self, Stamp};
use crate::model::time::{offset_minutes_at, parse_zone};

/// No zone changes its offset within a quarter of an hour that begins on one.
const QUARTER: i64 = 900;

pub struct Clock<'a> {
    home: &'a TimeZone,
    export_offset: Option<i32>,
    export_date: Option<i64>,
    /// The quarter of an hour that was asked about last, and the home zone's offset in it.
    last: (i64, i32),
    zones: HashMap<String, Option<TimeZone>>,
}

impl<'a> Clock<'a> {
    pub fn new(home: &'a TimeZone) -> Clock<'a> {
        Clock { home, export_offset: None, export_date: None, last: (i64::MIN, 0), zones: HashMap::new() }
    }

    pub fn set_export_date(&mut self, text: &str) {
        let stamp = date::parse(text, self.home);
        self.export_offset = stamp.and_then(|stamp| stamp.offset_minutes);
        self.export_date = stamp.filter(|stamp| stamp.is_believable()).map(|stamp| stamp.utc);
    }

    /// Times written with this offset tell the instant only, as those do that a program has written in UTC.
    pub fn disbelieve(&mut self, offset_minutes: i32) {
        self.export_offset = Some(offset_minutes);
    }

    /// The moment of the export, UTC epoch seconds.
    pub fn export_date(&self) -> Option<i64> {
        self.export_date
    }

    pub fn read(&self, name: &str, text: &str) -> Result<Stamp, String> {
        match date::parse(text, self.home) {
            Some(stamp) if stamp.is_believable() => Ok(stamp),
            Some(_) => Err(format!("{name} {text:?} is not a time between 1900 and 2200")),
            None => Err(format!("{name} {text:?} is not a date we can read")),
        }
    }

    /// Minutes east of UTC where the person was. `zone` is the metadata `HKTimeZone`.
    pub fn offset(&mut self, stamp: Stamp, zone: Option<&str>) -> i32 {
        if let Some(zone) = zone.and_then(|name| self.zone(name)) {
            return offset_minutes_at(stamp.utc, &zone);
        }
        match stamp.offset_minutes {
            Some(written) if Some(written) != self.export_offset => written,
            _ => self.at_home(stamp.utc),
        }
    }

    fn at_home(&mut self, utc: i64) -> i32 {
        let quarter = utc.div_euclid(QUARTER);
        if self.last.0 != quarter {
            self.last = (quarter, offset_minutes_at(utc, self.home));
        }
        self.last.1
    }

    fn zone(&mut self, name: &str) -> Option<TimeZone> {
        if let Some(known) = self.zones.get(name) {
            return known.clone();
        }
        let zone = parse_zone(name).filter(|_| !name.is_empty());
        self.zones.insert(name.to_owned(), zone.clone());
        zone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_of_the_export_is_not_believed() {
        let home = parse_zone("Europe/Paris").unwrap();
        let mut clock = Clock::new(&home);
        let stamp = clock.read("startDate", "2021-01-05 08:00:00 +0200").unwrap();
        assert_eq!(clock.offset(stamp, None), 120, "nothing is known of the export yet");
        clock.set_export_date("2023-05-01 10:00:00 +0200");
        assert_eq!(clock.offset(stamp, None), 60, "winter");
        assert_eq!(clock.offset(stamp, Some("America/New_York")), -300);
        assert_eq!(clock.offset(stamp, Some("Mars")), 60);
        let other = clock.read("startDate", "2021-01-05 08:00:00 -0800").unwrap();
        assert_eq!(clock.offset(other, None), -480);
    }
}
