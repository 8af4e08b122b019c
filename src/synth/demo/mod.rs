//! The person of `health-export demo`: years in which something happens on every page, up to now.
//!
//! Unlike `history`, which benches and load tests rely on byte for byte, each day is made up on its own from the seed, the
//! last day and its date. So a day is the same however many years were asked for and whoever tells of it, and years need
//! not be held in memory. What happens (`calendar`) is placed by distance from the last day, so that it is always in view.

mod activity;
mod calendar;
mod diary;
mod exercise;
mod heart;
mod measures;
mod night;
mod points;
mod schedule;
mod track;
mod vitals;
mod workout;
mod xml;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::error::{Error, Result};
use calendar::Day;
pub use schedule::Delivery;
pub use xml::export;

use crate::synth::history::{RawSample, Segment, WATCH};

/// Days that automations have sent; those before came with an export.
const SENT_DAYS: i32 = 40;

/// The first year of an `until`, so that fifty years before it there are still days that senders can name.
const EARLIEST: i16 = 1951;

/// What is made up, and up to when.
pub struct Demo {
    seed: u64,
    years: i16,
    /// The first day that is left out.
    until: Date,
    /// UTC epoch seconds; nothing ends later.
    now: i64,
    zone: TimeZone,
}

impl Demo {
    pub fn new(seed: u64, years: i16, until: Date, now: i64, zone: TimeZone) -> Result<Demo> {
        if !(1..=50).contains(&years) {
            return Err(Error::BadRequest(format!("--years cannot be {years}: it is 1 to 50")));
        }
        if until.year() < EARLIEST {
            return Err(Error::BadRequest(format!(
                "--until cannot be {until}: the first that it can be is {EARLIEST}-01-01"
            )));
        }
        let demo = Demo { seed, years, until, now, zone };
        demo.days()?;
        Ok(demo)
    }

    /// From the first to the last.
    fn days(&self) -> Result<Vec<Day>> {
        let failed = |fault: jiff::Error| {
            Error::BadRequest(format!("the days before {} cannot be made up: {fault}", self.until))
        };
        let mut date = self.until.checked_sub(self.years.years()).map_err(failed)?;
        let mut days = Vec::new();
        while date < self.until {
            let next = date.tomorrow().map_err(failed)?;
            let at = |date: Date| date.to_zoned_datetime(self.zone.clone()).map(|at| at.timestamp().as_second());
            let (midnight, end) = (at(date).map_err(failed)?, at(next).map_err(failed)?);
            let age = date.until(self.until).map_err(failed)?.get_days() - 1;
            days.push(Day { seed: self.seed, date, age, midnight, end });
            date = next;
        }
        Ok(days)
    }

    /// The days that an export tells of.
    fn exported(&self) -> Result<Vec<Day>> {
        Ok(self.days()?.into_iter().filter(|day| day.age >= SENT_DAYS).collect())
    }

    /// What was measured on a day, in order of time.
    fn samples(&self, day: &Day) -> Vec<RawSample> {
        let mut samples = Vec::new();
        activity::add(&mut samples, day);
        vitals::add(&mut samples, day);
        exercise::add_samples(&mut samples, day);
        samples.retain(|sample| sample.end <= self.now && !(day.is_watch_away() && sample.source == WATCH));
        samples.sort_by_key(|sample| (sample.start, sample.end, sample.measure.name));
        samples
    }

    /// The time as the phone writes it.
    fn local(&self, utc: i64) -> String {
        let at = Timestamp::from_second(utc).unwrap_or_default().to_zoned_datetime(self.zone.clone());
        at.strftime("%Y-%m-%d %H:%M:%S %z").to_string()
    }

    /// The sleep that ends on a day.
    fn segments(&self, day: &Day) -> Vec<Segment> {
        let mut segments = night::segments(day);
        segments.retain(|segment| segment.end <= self.now);
        segments
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
