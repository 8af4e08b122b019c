//! Local time on a made-up phone: its zone changes when it travels.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Where the phone is, from when on; the first is home.
#[derive(Debug, Clone)]
pub struct Calendar {
    stays: Vec<(i64, TimeZone)>,
}

impl Calendar {
    pub fn at_home(zone: TimeZone) -> Calendar {
        Calendar { stays: vec![(i64::MIN, zone)] }
    }

    /// Another zone from a moment on; in order of time.
    pub fn travel(&mut self, from: i64, zone: TimeZone) {
        self.stays.push((from, zone));
    }

    pub fn home(&self) -> &TimeZone {
        &self.stays[0].1
    }

    /// The zone that the phone is in at a moment.
    pub fn zone(&self, at: i64) -> &TimeZone {
        let stays = self.stays.iter().rev();
        stays.clone().find(|(from, _)| *from <= at).map_or(self.home(), |(_, zone)| zone)
    }

    /// All zones it is ever in.
    pub fn zones(&self) -> impl Iterator<Item = &TimeZone> {
        self.stays.iter().map(|(_, zone)| zone)
    }

    pub fn travels(&self) -> bool {
        self.stays.len() > 1
    }
}

/// The local date of a moment.
pub fn date_of(at: i64, zone: &TimeZone) -> Date {
    moment(at).to_zoned_datetime(zone.clone()).date()
}

/// UTC epoch seconds of the first moment of a date.
pub fn midnight(date: Date, zone: &TimeZone) -> i64 {
    local(date, 0, zone)
}

/// UTC epoch seconds of a wall clock's seconds after midnight.
pub fn local(date: Date, seconds: i64, zone: &TimeZone) -> i64 {
    let wall =
        date.at(0, 0, 0, 0).checked_add(jiff::Span::new().seconds(seconds)).unwrap_or(jiff::civil::DateTime::MAX);
    wall.to_zoned_datetime(zone.clone()).map_or(i64::MAX, |zoned| zoned.timestamp().as_second())
}

/// A date so many days later, or earlier.
pub fn days_after(date: Date, days: i32) -> Date {
    date.checked_add(jiff::Span::new().days(days)).unwrap_or(Date::MAX)
}

/// As the app and Apple's export write a moment.
pub fn text(at: i64, zone: &TimeZone) -> String {
    moment(at).to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %z").to_string()
}

pub fn moment(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or_default()
}
