//! Nights of a range of dates, by date.
//!
//! Segments are painted into one timeline (`paint`) and cut into nights (`night`). Where segments show sleep they are
//! believed; else what a phone has summed up is; else the segments are taken all the same. The dates are walked in pieces,
//! and dates without anything are jumped over, so that a page costs what it holds.

pub mod night;
mod paint;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::day::{day_begins, local_day};
use crate::query::subject;
use crate::store::nights::read::{self, Sleep};
use crate::store::{Reading, priority, series};
use night::{Night, from_segments, from_summary};

/// Seconds before the first date and after the last in which their nights may begin, or go on.
const AROUND: i64 = 36 * 3600;

/// Days that such a night may reach into.
const REACH: i32 = 2;

/// Dates that are read at once.
const PIECE: RangeInclusive<usize> = 7..=92;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    /// UTC epoch seconds; the dates that they touch are meant, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// Whose dates.
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
    let walk = Walk {
        sleep: Sleep::of(reading, *user, wanted(&names, &question.sources)?)?,
        ranks: priority::ranks(reading, *user)?,
        names,
        zone,
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
fn sources(reading: &Reading, user: i64) -> Result<Vec<(i64, String)>> {
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
    zone: &'a TimeZone,
    /// How many dates are read at once.
    piece: i32,
}

impl Walk<'_> {
    /// The next dates that may have nights, from one end of `first..=last`; `None` when there are no more.
    fn next(&self, first: i32, last: i32, descending: bool) -> Result<Option<RangeInclusive<i32>>> {
        if first > last {
            return Ok(None);
        }
        if descending {
            let segment = self.sleep.segment_before(day_begins(last.saturating_add(1), self.zone))?;
            let segment = segment.map(|start| local_day(start, self.zone).saturating_add(REACH).min(last));
            let found = segment.max(self.sleep.summary_until(last)?);
            return Ok(found.filter(|day| *day >= first).map(|day| first.max(day - self.piece + 1)..=day));
        }
        let segment = self.sleep.segment_from(day_begins(first, self.zone).saturating_sub(AROUND))?;
        let segment = segment.map(|start| local_day(start, self.zone).max(first));
        let found = [segment, self.sleep.summary_from(first)?].into_iter().flatten().min();
        Ok(found.filter(|day| *day <= last).map(|day| day..=last.min(day + self.piece - 1)))
    }

    fn nights(&self, days: RangeInclusive<i32>) -> Result<BTreeMap<i32, Night>> {
        let from = day_begins(*days.start(), self.zone).saturating_sub(AROUND);
        let to = day_begins(days.end().saturating_add(1), self.zone).saturating_add(AROUND);
        let segments = self.sleep.segments(from, to)?;
        let name = |source: i64| self.names.get(&source).cloned().unwrap_or_default();
        let mut nights = from_segments(&segments, &self.ranks, self.zone, name);
        nights.retain(|day, _| days.contains(day));
        for summary in self.sleep.summaries(*days.start(), *days.end())? {
            let summed_up = from_summary(&summary);
            // Of several summaries the first is the one that is trusted most.
            let better = match nights.get(&summary.date) {
                Some(known) => !known.has_sleep() && summed_up.has_sleep(),
                None => true,
            };
            if better {
                nights.insert(summary.date, summed_up);
            }
        }
        Ok(nights)
    }
}
