//! What is stored of a metric, as it takes part in a total or a mean: samples, and claims of buckets.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::day::day_begins;
use crate::model::time::Layer;
use crate::query::sleep::level::stands_at;
use crate::store::Reading;
use crate::store::account;
use crate::store::lane::Lane;

const DAY: i64 = 86_400;

/// HealthKit's own record from one source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// UTC epoch seconds.
    pub start: i64,
    /// Equal to the start where the sender has named none, or there is none.
    pub end: i64,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub source: i64,
    pub manual: bool,
    /// Known where there are buckets to compare with.
    pub order: Order,
    /// Whether its delivery is a complete account.
    pub complete: bool,
}

/// What a phone's statistics said of a stretch of time, as of the moment it was sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    pub start: i64,
    /// The end of the time that it speaks of: of its bucket, or when it was sent if that was before.
    pub end: i64,
    /// Whether its bucket was over when it was sent.
    pub closed: bool,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub layer: Layer,
    pub source: i64,
    pub order: Order,
    /// Whether its delivery is a complete account.
    pub complete: bool,
    /// Its position among the claims of `Rows`.
    pub number: usize,
    /// Of a day: days since 1970-01-01 on the phone's own calendar.
    pub date: i64,
    /// When a bucket counts that does not count all through its time: a day or longer in the middle of that date in the zone of the
    /// question, one that tells of a night on the night's.
    pub at: Option<i64>,
    /// The time of its bucket, whenever it was sent.
    pub bucket: (i64, i64),
    /// Of a day: the time of its date in the zone of the question; of others that of the bucket.
    pub of_date: (i64, i64),
}

/// Which of two claims is the later: as of when (UTC epoch seconds), then by delivery.
pub type Order = (i64, i64);

/// What decides of a delivery: as of when it tells (UTC epoch seconds), and whether it is a complete account.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head {
    pub as_of: i64,
    pub complete: bool,
}

/// The heads of deliveries, asked for once each.
#[derive(Debug, Default)]
pub struct Heads {
    known: HashMap<i64, Head>,
    /// The latest, because the next row is nearly always of the same delivery.
    last: Option<(i64, Head)>,
}

impl Heads {
    #[inline]
    pub fn of(&mut self, reading: &Reading, delivery: i64) -> Result<Head> {
        match self.last {
            Some((last, head)) if last == delivery => Ok(head),
            _ => {
                let head = self.find(reading, delivery)?;
                self.last = Some((delivery, head));
                Ok(head)
            }
        }
    }

    fn find(&mut self, reading: &Reading, delivery: i64) -> Result<Head> {
        if let Some(head) = self.known.get(&delivery) {
            return Ok(*head);
        }
        let found = account::heads(reading, delivery)?;
        let head = found.map_or(Head::default(), |head| Head { as_of: head.as_of, complete: head.complete });
        self.known.insert(delivery, head);
        Ok(head)
    }
}

/// Rows of a range, each kind by ascending start.
#[derive(Debug, Default)]
pub struct Rows {
    pub samples: Vec<Sample>,
    pub claims: Vec<Claim>,
}

/// Which columns a row has.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Whether there are buckets among them: then the delivery and the phone's offset are needed.
    pub claims: bool,
    /// Whether any has a min or max of its own.
    pub summaries: bool,
    /// Whether any was entered by hand.
    pub manual: bool,
    /// Whether samples count on the date of their night.
    pub nights: bool,
}

impl Columns {
    /// In the order in which `Rows::push` reads them. A column that is not asked for costs nothing.
    pub fn names(self) -> Vec<&'static str> {
        let chosen = |is_asked: bool, names: &'static [&'static str]| if is_asked { names } else { &[] };
        let summaries = chosen(self.summaries, &["min", "max"]);
        let manual = chosen(self.manual, &["manual"]);
        let claims = chosen(self.tells_claims(), &["layer", "delivery", "offset_minutes"]);
        [&["start", "span", "value", "source"], summaries, manual, claims].concat()
    }

    /// Where those columns are that not every row has: min and max, manual, and those of claims.
    fn places(self) -> (usize, usize, usize) {
        let manual = if self.summaries { 6 } else { 4 };
        (4, manual, if self.manual { manual + 1 } else { manual })
    }

    fn tells_claims(self) -> bool {
        self.claims || self.nights
    }
}

impl Rows {
    pub fn clear(&mut self) {
        self.samples.clear();
        self.claims.clear();
    }

    /// Adds the row that a lane stands on.
    #[inline]
    pub fn push(&mut self, lane: &Lane, columns: Columns, heads: &mut Heads, zone: &TimeZone) -> Result<()> {
        let (start, span, value) = (lane.integer(0), lane.integer(1), lane.optional_real(2));
        let (summaries, manual, claims) = columns.places();
        let (low, high) = match columns.summaries {
            true => (lane.optional_real(summaries).or(value), lane.optional_real(summaries + 1).or(value)),
            false => (value, value),
        };
        let (end, source) = (start.saturating_add(span), lane.integer(3));
        let (layer, delivery, offset_minutes) = match columns.tells_claims() {
            true => (lane.integer(claims), lane.integer(claims + 1), lane.integer(claims + 2)),
            false => (Layer::Raw.id(), 0, 0),
        };
        let head = if columns.claims { heads.of(lane.reading(), delivery)? } else { Head::default() };
        let (order, complete) = ((head.as_of, delivery), head.complete);
        let layer = match Layer::from_id(layer) {
            Some(layer) if layer != Layer::Raw => layer,
            _ => {
                let manual = columns.manual && lane.integer(manual) != 0;
                let (start, end) = match columns.nights {
                    true => [stands_at(start, span, offset_minutes as i32, zone); 2].into(),
                    false => (start, end),
                };
                self.samples.push(Sample { start, end, value, low, high, source, manual, order, complete });
                return Ok(());
            }
        };
        let date = (start + offset_minutes * 60 + DAY / 2).div_euclid(DAY);
        let of_night = columns.nights && layer < Layer::Day;
        let night = || stands_at(start, span, offset_minutes as i32, zone);
        // A clock that is behind must not make nothing of what it has received.
        let sent = if head.as_of > start { head.as_of } else { i64::MAX };
        let of_date = if layer == Layer::Day { of_date(date as i32, zone) } else { (start, end) };
        self.claims.push(Claim {
            start,
            end: end.min(sent),
            closed: sent >= end,
            value,
            low,
            high,
            layer,
            source,
            order,
            complete,
            number: self.claims.len(),
            date,
            at: if of_night { Some(night()) } else { (layer >= Layer::Day).then_some(middle(of_date)) },
            bucket: (start, end),
            of_date,
        });
        Ok(())
    }
}

/// The time of a date on the clocks of a zone.
fn of_date(date: i32, zone: &TimeZone) -> (i64, i64) {
    (day_begins(date, zone), day_begins(date.saturating_add(1), zone))
}

/// The middle of a date on the clocks of a zone.
pub fn middle_of_day(date: i32, zone: &TimeZone) -> i64 {
    middle(of_date(date, zone))
}

fn middle((begin, end): (i64, i64)) -> i64 {
    begin + (end - begin) / 2
}

/// Of each sample, which are by start: the next later start in its group, of so many; the end of time behind the last.
pub fn next_starts(samples: &[Sample], groups: usize, group: impl Fn(&Sample) -> usize) -> Vec<i64> {
    // Of each group: the start that is known last, and the one that is later than it.
    let mut known: Vec<(i64, i64)> = vec![(i64::MAX, i64::MAX); groups];
    let mut follows = vec![i64::MAX; samples.len()];
    for (follows, sample) in follows.iter_mut().zip(samples).rev() {
        let (last, later) = &mut known[group(sample)];
        if sample.start < *last {
            (*later, *last) = (*last, sample.start);
        }
        *follows = *later;
    }
    follows
}
