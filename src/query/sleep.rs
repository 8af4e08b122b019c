//! Nights of a range of dates, by date.
//!
//! Segments are read in blocks (`around`), painted into one timeline (`paint`), cut into runs with a date each (`runs`) and put
//! together (`night`). Where segments show sleep they are believed; else what a phone has summed up is; else the segments are
//! taken all the same. The dates are walked in pieces, and dates without anything are jumped over, so that a page costs what
//! it holds. A date is that of the clocks where somebody slept, so it is the same for every question.

mod around;
pub mod level;
pub mod night;
mod paint;
mod runs;
pub mod superseded;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::day::local_day;
use crate::model::sleep::{NIGHT_BEGINS_EARLIER, NightSummary, SLEEP};
use crate::query::subject;
use crate::store::nights::read::{self, Sleep};
use crate::store::priority::{self, Matter};
use crate::store::{Reading, series};
use around::{GAP, blocks};
use night::{Night, from_segments, from_summary};

const DAY: i64 = 86_400;

/// Seconds that no clock is further away from UTC.
const FARTHEST: i64 = 18 * 3600;

/// Dates that are read at once.
const PIECE: RangeInclusive<usize> = 7..=92;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    /// UTC epoch seconds; the dates that they touch in `zone` are meant, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub zone: TimeZone,
    pub sources: Vec<String>,
    pub descending: bool,
    pub limit: usize,
    /// The date of the last night of the page before.
    pub after: Option<i32>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub nights: Vec<Night>,
    /// Where the next page begins, when there is one.
    pub next: Option<i32>,
}

/// Answers with one page.
pub fn answer(reading: &Reading, question: &Question) -> Result<Answer> {
    let Question { user, zone, descending, .. } = question;
    let names: HashMap<i64, String> = sources(reading, *user)?.into_iter().collect();
    let sleep = Sleep::of(reading, *user, wanted(&names, &question.sources)?)?;
    let walk = Walk {
        longest: sleep.longest()?,
        sleep,
        ranks: priority::ranks(reading, *user, &Matter::Metric(SLEEP.into()))?,
        names,
        piece: (question.limit.clamp(*PIECE.start(), *PIECE.end())) as i32,
    };
    let mut first = local_day(question.from.unwrap_or(i64::MIN), zone);
    let mut last = local_day(question.to.map_or(i64::MAX, |to| to.saturating_sub(1)), zone);
    match question.after {
        Some(after) if *descending => last = last.min(after.saturating_sub(1)),
        Some(after) => first = first.max(after.saturating_add(1)),
        None => {}
    }
    if question.from.is_some() && question.from == question.to {
        return Ok(Answer { nights: Vec::new(), next: None });
    }
    let mut nights = Vec::new();
    while nights.len() <= question.limit {
        let Some(piece) = walk.next(first, last, *descending)? else { break };
        match descending {
            true => last = piece.start() - 1,
            false => first = piece.end() + 1,
        }
        let found = walk.nights(piece)?.into_values();
        match descending {
            true => nights.extend(found.rev()),
            false => nights.extend(found),
        }
    }
    let more = nights.len() > question.limit;
    nights.truncate(question.limit);
    let next = nights.last().filter(|_| more).map(|night| night.day);
    Ok(Answer { nights, next })
}

/// Sources of segments and of summed-up nights.
pub(super) fn sources(reading: &Reading, user: i64) -> Result<Vec<(i64, String)>> {
    let mut sources = series::sources(reading, user)?;
    sources.extend(read::sources(reading, user)?);
    Ok(sources)
}

fn wanted(all: &HashMap<i64, String>, names: &[String]) -> Result<Option<Vec<i64>>> {
    if names.is_empty() {
        return Ok(None);
    }
    let all: Vec<(i64, String)> = all.iter().map(|(id, name)| (*id, name.clone())).collect();
    subject::among(&all, names).map(Some)
}

/// What the steps over the dates have in common.
struct Walk<'a> {
    sleep: Sleep<'a>,
    names: HashMap<i64, String>,
    ranks: HashMap<i64, u32>,
    /// Seconds that no segment exceeds.
    longest: i64,
    /// How many dates are read at once.
    piece: i32,
}

/// The instants (UTC epoch seconds, end excluded) in which the middle of a run can be that belongs to these dates.
fn middles(days: &RangeInclusive<i32>) -> (i64, i64) {
    let (first, last) = (i64::from(*days.start()), i64::from(*days.end()));
    (first * DAY - FARTHEST - NIGHT_BEGINS_EARLIER, (last + 1) * DAY + FARTHEST - NIGHT_BEGINS_EARLIER)
}

/// The earliest and the latest date that a run can belong to whose middle is then.
fn dates(middle: i64) -> RangeInclusive<i32> {
    let date = |seconds: i64| middle.saturating_add(NIGHT_BEGINS_EARLIER + seconds).div_euclid(DAY);
    let day = |seconds: i64| date(seconds).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    day(-FARTHEST)..=day(FARTHEST)
}

impl Walk<'_> {
    /// The next dates that may have nights, from one end of `first..=last`; `None` when there are no more.
    fn next(&self, first: i32, last: i32, descending: bool) -> Result<Option<RangeInclusive<i32>>> {
        if first > last {
            return Ok(None);
        }
        // A run goes on from segment to segment, so one whose middle is here begins or goes on with a segment this near.
        let near = self.longest.saturating_add(GAP);
        let (from, to) = middles(&(first..=last));
        if descending {
            let segment = self.sleep.segment_before(to)?;
            let segment = segment.map(|start| (*dates(start.saturating_add(near)).end()).min(last));
            let found = segment.max(self.sleep.summary_until(last)?);
            return Ok(found
                .filter(|day| *day >= first)
                .map(|day| first.max(day.saturating_sub(self.piece - 1))..=day));
        }
        let segment = self.sleep.segment_from(from.saturating_sub(near))?;
        let segment = segment.map(|start| (*dates(start).start()).max(first));
        let found = [segment, self.sleep.summary_from(first)?].into_iter().flatten().min();
        Ok(found.filter(|day| *day <= last).map(|day| day..=last.min(day.saturating_add(self.piece - 1))))
    }

    fn nights(&self, days: RangeInclusive<i32>) -> Result<BTreeMap<i32, Night>> {
        let blocks = blocks(&self.sleep, self.longest, middles(&days))?;
        let name = |source: i64| self.names.get(&source).cloned().unwrap_or_default();
        let mut nights = from_segments(&blocks, &self.ranks, name);
        nights.retain(|day, _| days.contains(day));
        for summary in self.sleep.summaries(*days.start(), *days.end())? {
            let (date, summed_up) = (summary.night.date, from_summary(&summary.night));
            // Of several summaries the first is the one that is trusted most.
            match nights.get_mut(&date) {
                Some(known) if known.has_sleep() || !summed_up.has_sleep() => {
                    self.add_later(known, summary.sessions)?
                }
                _ => drop(nights.insert(date, summed_up)),
            }
        }
        Ok(nights)
    }

    /// Adds what a phone has summed up that was slept after the segments of the night were told, which cannot know of it.
    fn add_later(&self, night: &mut Night, sessions: Vec<NightSummary>) -> Result<()> {
        let (Some(first), Some(last), true) = (night.segments.first(), night.segments.last(), night.later.is_empty())
        else {
            return Ok(());
        };
        let begins = |session: &NightSummary| session.start.or(session.in_bed_start);
        let end = last.end;
        if !sessions.iter().filter_map(begins).any(|start| start >= end) {
            return Ok(());
        }
        let told_until = self.sleep.told_until(first.start, end)?.unwrap_or(i64::MAX);
        let is_later = |session: &NightSummary| begins(session).is_some_and(|start| start >= told_until.max(end));
        sessions.into_iter().filter(is_later).for_each(|session| night.add(session));
        Ok(())
    }
}
