//! The buckets that an aggregate can be asked in, and where each of them begins.
//!
//! Those shorter than a day are counted in elapsed seconds from the first instant of each local day: one zone look-up per
//! day serves its 24 hours or 96 quarters, the repeated hour in autumn becomes two buckets, and zones at :30 or :45 get
//! buckets that begin at local midnight.

use std::fmt;

use jiff::Span;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::model::time::{FIRST, LAST, day_start, floor, instant};

/// The grid of an aggregate answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Fewer than a day; the number divides 1440 and is not 60, for which `Hour` is the one name.
    Minutes(u32),
    Hour,
    Day,
    Week,
    Month,
    Year,
    /// The whole range as one, from its first local day to its last.
    All,
}

impl Bucket {
    /// Reads `minute`, `hour`, `day`, `week`, `month`, `year`, `all`, `1d`, `1w`, `1mo`, `1y`, and `Nm` or `Nh` that divide a
    /// day. Equal lengths are equal buckets: `60m` is `Hour`, `24h` is `Day`.
    pub fn parse(text: &str) -> Option<Bucket> {
        match text.trim() {
            "minute" => Some(Bucket::Minutes(1)),
            "hour" => Some(Bucket::Hour),
            "day" | "1d" => Some(Bucket::Day),
            "week" | "1w" => Some(Bucket::Week),
            "month" | "1mo" => Some(Bucket::Month),
            "year" | "1y" => Some(Bucket::Year),
            "all" => Some(Bucket::All),
            text => match text.strip_suffix('h') {
                Some(hours) => Bucket::of_minutes(hours.parse::<u32>().ok()?.checked_mul(60)?),
                None => Bucket::of_minutes(text.strip_suffix('m')?.parse().ok()?),
            },
        }
    }

    fn of_minutes(minutes: u32) -> Option<Bucket> {
        match minutes {
            60 => Some(Bucket::Hour),
            1440 => Some(Bucket::Day),
            1..1440 if 1440 % minutes == 0 => Some(Bucket::Minutes(minutes)),
            _ => None,
        }
    }

    /// Seconds of a bucket shorter than a day.
    pub(super) fn seconds(self) -> Option<i64> {
        match self {
            Bucket::Minutes(minutes) => Some(i64::from(minutes.max(1)) * 60),
            Bucket::Hour => Some(3600),
            _ => None,
        }
    }

    /// First date of the calendar unit that holds `date`; short buckets are counted within one day.
    fn first_date(self, date: Date) -> Date {
        match self {
            Bucket::Week => {
                let past = date.weekday().to_monday_zero_offset();
                date.saturating_sub(Span::new().days(past))
            }
            Bucket::Month => date.first_of_month(),
            Bucket::Year => date.first_of_year(),
            _ => date,
        }
    }

    fn span(self) -> Span {
        match self {
            Bucket::Week => Span::new().weeks(1),
            Bucket::Month => Span::new().months(1),
            Bucket::Year => Span::new().years(1),
            _ => Span::new().days(1),
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bucket::Minutes(minutes) => write!(f, "{minutes}m"),
            Bucket::Hour => f.write_str("hour"),
            Bucket::Day => f.write_str("day"),
            Bucket::Week => f.write_str("week"),
            Bucket::Month => f.write_str("month"),
            Bucket::Year => f.write_str("year"),
            Bucket::All => f.write_str("all"),
        }
    }
}

/// An answer would have more than `max` buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    pub max: usize,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} buckets: ask for a shorter range or a larger bucket", self.max)
    }
}

impl std::error::Error for TooMany {}

/// UTC epoch seconds at which the buckets that intersect `[from, to)` begin, ascending and distinct, and last the end
/// of the final one, which is at or after `to`. N buckets give N + 1 numbers; an empty range gives none.
///
/// Weeks start on Monday, days at their first instant in `zone`. Buckets shorter than a day have their exact length
/// counted from that instant; only the last of a day is shorter, when the clocks changed by no multiple of it.
pub fn boundaries(bucket: Bucket, zone: &TimeZone, from: i64, to: i64, max: usize) -> Result<Vec<i64>, TooMany> {
    let (from, to) = (from.clamp(FIRST, LAST), to.clamp(FIRST, LAST));
    let mut starts = Vec::new();
    if from >= to {
        return Ok(starts);
    }
    if bucket == Bucket::All {
        let day = |at: i64| zone.to_datetime(instant(at)).date();
        let next = day(to - 1).saturating_add(bucket.span());
        return Ok(vec![day_start(day(from), zone), day_start(next, zone).max(to)]);
    }
    let mut date = bucket.first_date(zone.to_datetime(instant(from)).date());
    let mut start = day_start(date, zone);
    let mut steady = Steady::default();
    loop {
        date = date.saturating_add(bucket.span());
        let end = match bucket {
            Bucket::Week | Bucket::Month | Bucket::Year => day_start(date, zone),
            _ => steady.next_day(start, date, zone),
        };
        // A date that a zone skipped (Samoa, 2011-12-30) is an empty unit: it must not step by zero.
        let length = bucket.seconds().unwrap_or(end - start).max(1);
        let mut at = start + (from - start).max(0) / length * length;
        while at < end.min(to) {
            if starts.len() >= max {
                return Err(TooMany { max });
            }
            starts.push(at);
            at += length;
        }
        if end >= to {
            starts.push(at.min(end));
            return Ok(starts);
        }
        start = end;
    }
}

/// A time in which the clocks do not change, so that days are 24 hours apart: most need no look-up in the zone.
#[derive(Default)]
struct Steady {
    /// A local midnight, and the next change of the clocks.
    from: i64,
    until: i64,
}

impl Steady {
    /// Start of the day `date`, which follows the one that begins at `start`.
    fn next_day(&mut self, start: i64, date: Date, zone: &TimeZone) -> i64 {
        const DAY: i64 = 86_400;
        if self.from <= start && start < self.until - DAY {
            return start + DAY;
        }
        let next = day_start(date, zone);
        // A day may begin when the clocks move, and not at midnight.
        if zone.to_datetime(instant(next)).time() == Time::midnight() {
            self.from = next;
            self.until = zone.following(instant(next)).next().map_or(LAST, |change| floor(change.timestamp()));
        }
        next
    }
}
