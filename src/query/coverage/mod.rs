//! Is anything missing? For everything that is stored: on which days it is there, how often it usually comes, where it
//! is missing, whether it has stopped; and for each automation of the phone whether it still sends.
//!
//! Days are local days of the zone asked for. A segment of sleep belongs to the day of its
//! night, which begins in the evening before.

mod answer;
mod automations;
mod rhythm;
mod summary;

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::model::day::{date_text, day_begins, local_day};
use crate::model::event::KINDS;
use crate::model::metric::catalogue;
use crate::model::sleep::{NIGHT_BEGINS_EARLIER, SLEEP};
use crate::model::time::{local_rfc3339, offset_rfc3339};
use crate::store::coverage::{self, Track};
use crate::store::series::{self, SeriesRow};
use crate::store::{Reading, dictionary};

pub use answer::{Answer, Entry, Gap, Stopped};
pub use automations::Automation;

/// How far back late arrivals are counted.
pub const LATE_DAYS: i64 = 30;

const DAY: i64 = 86_400;

/// Deliveries from which the habits of automations are read.
const ARRIVALS: u32 = 5_000;

const WORKOUTS: &str = "workouts";
const SLEEP_TRACK: &str = "sleep";
const EVENTS: &str = "events";

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    /// Canonical names; everything when empty.
    pub names: Vec<String>,
    /// UTC epoch seconds; start included, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub zone: TimeZone,
    /// Least days without data that count as a gap, in place of three usual intervals.
    pub least_gap: Option<i32>,
    /// The time it is, in epoch milliseconds.
    pub now_ms: i64,
}

/// Something found to follow, before its days are known.
struct Followed<'a> {
    name: String,
    kind: &'static str,
    track: Track<'a>,
    last_delivery_ms: Option<i64>,
}

/// A question with what is worked out once for all of its entries.
struct Work<'a> {
    reading: &'a Reading,
    question: &'a Question,
    /// The end of the range, or now: UTC epoch seconds.
    as_of: i64,
    /// When a phone first delivered anything: what had happened before could not come in time.
    began: Option<i64>,
}

/// Answers by seeks: one for each day and metric that has data.
pub fn answer(reading: &Reading, question: &Question) -> Result<Answer> {
    let now = question.now_ms.div_euclid(1000);
    let began = coverage::first_delivery_ms(reading, question.user)?.map(|ms| ms.div_euclid(1000));
    let work = Work { reading, question, as_of: question.to.map_or(now, |to| to.min(now)), began };
    let arrivals = coverage::arrivals(reading, question.user, ARRIVALS)?;
    let mut answer = Answer {
        as_of: local_rfc3339(work.as_of, &question.zone),
        automations: automations::automations(&arrivals, question.now_ms),
        ..Answer::default()
    };
    for followed in followed(reading, question)? {
        answer.entries.extend(work.entry(&followed)?);
    }
    answer.summary = summary::sentences(&answer);
    Ok(answer)
}

fn followed<'a>(reading: &Reading, question: &Question) -> Result<Vec<Followed<'a>>> {
    let mut rows: BTreeMap<String, Vec<SeriesRow>> = BTreeMap::new();
    for row in series::list(reading, question.user)? {
        rows.entry(row.metric.clone()).or_default().push(row);
    }
    let mut all = Vec::new();
    for (name, rows) in rows {
        let Some(metric) = dictionary::find_metric(reading, question.user, &name)? else { continue };
        let last_delivery_ms = rows.iter().map(|row| row.last_delivery_ms).max();
        if name != SLEEP {
            all.push(Followed { name, kind: "metric", track: Track::Metric(metric.id), last_delivery_ms });
        }
    }
    let sleep = dictionary::find_metric(reading, question.user, SLEEP)?.map_or(-1, |row| row.id);
    let others = [(SLEEP_TRACK, SLEEP_TRACK, Track::Metric(sleep)), (WORKOUTS, WORKOUTS, Track::Workouts)];
    let events = KINDS.map(|kind| (kind, EVENTS, Track::Events(kind)));
    for (name, kind, track) in others.into_iter().chain(events) {
        all.push(Followed { name: name.into(), kind, track, last_delivery_ms: None });
    }
    wanted(all, &question.names)
}

/// Those asked for; a name that is none of ours is an error.
fn wanted<'a>(all: Vec<Followed<'a>>, names: &[String]) -> Result<Vec<Followed<'a>>> {
    if names.is_empty() {
        return Ok(all);
    }
    let stranger =
        names.iter().find(|name| catalogue().resolve(name).is_none() && all.iter().all(|one| one.name != **name));
    match stranger {
        Some(name) => Err(Error::NotFound(format!(
            "metric: there is nothing named {name:?}: it can be a metric, sleep, workouts, or a kind of event such as \
             symptoms"
        ))),
        None => Ok(all.into_iter().filter(|one| names.contains(&one.name)).collect()),
    }
}

impl Followed<'_> {
    /// Seconds by which its days begin before midnight.
    fn shift(&self) -> i64 {
        if self.kind == SLEEP_TRACK { NIGHT_BEGINS_EARLIER } else { 0 }
    }
}

impl Work<'_> {
    fn entry(&self, followed: &Followed) -> Result<Option<Entry>> {
        let zone = &self.question.zone;
        let Some((first, last, brought_ms)) = self.extent(followed)? else { return Ok(None) };
        let days = self.days(followed)?;
        let (today, usual) = (local_day(self.as_of - 1, zone), rhythm::usual(&days));
        let begins = self.question.from.map_or(i32::MIN, |from| local_day(from, zone));
        let gaps = rhythm::gaps(&days, usual, self.question.least_gap);
        Ok(Some(Entry {
            name: followed.name.clone(),
            kind: followed.kind,
            first: local_rfc3339(first, zone),
            last: local_rfc3339(last, zone),
            last_delivery: followed.last_delivery_ms.or(brought_ms).map(|ms| offset_rfc3339(ms.div_euclid(1000), 0)),
            days: days.len(),
            of_days: (today + 1 - begins.max(local_day(first + followed.shift(), zone))).max(0),
            usual_interval_days: usual,
            gaps: gaps.into_iter().map(gap).collect(),
            stopped: stopped(&days, usual, today),
            late: self.late(followed)?,
        }))
    }

    fn late(&self, followed: &Followed) -> Result<i64> {
        let (Track::Metric(metric), Some(began)) = (followed.track, self.began) else { return Ok(0) };
        let from = (self.as_of - LATE_DAYS * DAY).max(began);
        coverage::late(self.reading, self.question.user, metric, from, self.as_of, DAY)
    }

    /// The first and the last of all, and when the last came.
    fn extent(&self, followed: &Followed) -> Result<Option<(i64, i64, Option<i64>)>> {
        let (reading, user, track) = (self.reading, self.question.user, followed.track);
        let first = coverage::first(reading, user, track)?;
        let last = coverage::last(reading, user, track, i64::MAX)?;
        let samples = first.zip(last).map(|(first, (last, brought))| (first, last, brought));
        if followed.kind != SLEEP_TRACK {
            return Ok(samples);
        }
        let nights = coverage::nights(reading, user, i32::MIN, i32::MAX)?;
        let begins = |day: Option<&i32>| day.map(|day| day_begins(*day, &self.question.zone));
        let summed = begins(nights.first()).zip(begins(nights.last())).map(|(first, last)| (first, last, None));
        Ok(match (samples, summed) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1), one.2)),
            (one, other) => one.or(other),
        })
    }

    /// The local days with data within the range, ascending.
    fn days(&self, followed: &Followed) -> Result<Vec<i32>> {
        let Question { user, from, to, zone, .. } = self.question;
        let shift = followed.shift();
        let (from, to) = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
        let mut days = Vec::new();
        let range = from.saturating_sub(shift)..to.saturating_sub(shift);
        coverage::jump(self.reading, *user, followed.track, range, |start| {
            let day = local_day(start + shift, zone);
            days.push(day);
            (day_begins(day + 1, zone) - shift).max(start + 1)
        })?;
        if followed.kind == SLEEP_TRACK {
            let first = if from == i64::MIN { i32::MIN } else { local_day(from, zone) };
            let end = if to == i64::MAX { i32::MAX } else { local_day(to - 1, zone) + 1 };
            days.extend(coverage::nights(self.reading, *user, first, end)?);
            days.sort_unstable();
        }
        days.dedup();
        Ok(days)
    }
}

fn gap(gap: Range<i32>) -> Gap {
    Gap { from: date_text(gap.start), to: date_text(gap.end), days: gap.end - gap.start }
}

fn stopped(days: &[i32], usual: Option<i32>, today: i32) -> Option<Stopped> {
    let (last, usual) = (*days.last()?, usual?);
    rhythm::has_stopped(last, usual, today).then(|| Stopped { since: date_text(last), days_ago: today - last })
}
