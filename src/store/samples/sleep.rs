//! Segments of sleep: the unit of an account is a source's whole night.
//!
//! A night of the date D is what starts from 19:00 of the day before to 19:00 of D, by the segments' own clock. A complete
//! account that has segments of a source in a night states all of that night, unless it is only a **fragment** of what is known:
//! nothing in it is new, and it ends before what is known does or has less than half of it, for a sync can be cut off. A
//! segment within a longer one of the same source and stage says nothing of its own, in whichever order they come, unless it was
//! entered by hand, which is believed before other sources, and the longer one was not.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use crate::error::Result;
use crate::model::account::days_back;
use crate::model::time::Layer;
use crate::store::account::Head;
use crate::store::place::Place;
use crate::store::samples::group::{Context, Member};
use crate::store::samples::{Key, Row, StoredRow, table};
use crate::store::series::SeriesKey;

const DAY: i64 = 86_400;

/// When one night ends and the next one begins, seconds after midnight.
pub const EVENING: i64 = 19 * 3600;

/// Seconds by which clocks are put forward in spring.
const SUMMER_TIME: i64 = 3600;

/// Seconds that no segment exceeds by much.
const LONGEST: i64 = 16 * 3600;

/// A source and the first second of a night.
type Night = (SeriesKey, i64);

/// The nights of the segments of a body.
#[derive(Debug, Default)]
pub struct Nights(BTreeMap<Night, Vec<(i64, Row)>>);

impl Nights {
    pub fn add(&mut self, series: SeriesKey, start: i64, row: Row) {
        let local = start + row.offset_minutes * 60;
        let since = start - (local - EVENING).rem_euclid(DAY);
        self.0.entry((series, since)).or_default().push((start, row));
    }

    /// The stretches of time in which a complete account states all there was.
    pub fn reaches(&self, context: &Context, head: &Head) -> Result<Vec<(SeriesKey, (i64, i64))>> {
        let mut reaches = Vec::new();
        let offsets: BTreeSet<i64> = self.0.values().flatten().map(|(_, row)| row.offset_minutes * 60).collect();
        let asked = period_start(context, head, &offsets)?;
        for ((series, since), segments) in &self.0 {
            let until = since + DAY;
            if !is_whole(context, head, *series, (*since, until), segments)? {
                continue;
            }
            let first = segments.iter().map(|(start, _)| *start).min().unwrap_or(*since);
            let asked = asked.map_or(*since, |asked| asked.max(*since));
            reaches.push((*series, (asked.min(first), until)));
        }
        Ok(reaches)
    }
}

/// The first second that the sender's period asks for, where it says. The phone may have been somewhere else since, or its clock may have
/// changed, of which this part of the sync need not know: the latest that it can be by the offsets in the body, and by summer time.
fn period_start(context: &Context, head: &Head, offsets: &BTreeSet<i64>) -> Result<Option<i64>> {
    let sql = "SELECT origin ->> 'automation_period' FROM delivery WHERE id = ?1";
    let period: Option<String> =
        context.connection.prepare_cached(sql)?.query_row([head.delivery], |row| row.get(0))?;
    let days = period.and_then(|period| days_back(&period));
    let today = offsets.last().map(|offset| (head.as_of + offset + SUMMER_TIME).div_euclid(DAY));
    let (Some(days), Some(today), Some(offset)) = (days, today, offsets.first()) else { return Ok(None) };
    Ok(Some((today - days) * DAY - offset))
}

/// Whether segments are more than a fragment of what is known of a night.
fn is_whole(
    context: &Context,
    head: &Head,
    series: SeriesKey,
    night: (i64, i64),
    segments: &[(i64, Row)],
) -> Result<bool> {
    let mut known = Vec::new();
    for ((_, start, _), stored) in rows(context, series, night)? {
        if head.is_later(&context.accounts.head(stored.delivery)?) {
            known.push((start, stored.row));
        }
    }
    let end = |(start, row): &(i64, Row)| start + row.span;
    let total = |segments: &[(i64, Row)]| segments.iter().map(|(_, row)| row.span).sum::<i64>();
    let last = |segments: &[(i64, Row)]| segments.iter().map(end).max();
    let is_new = segments.iter().any(|segment| !is_within(segment, &known));
    Ok(is_new || last(segments) >= last(&known) && 2 * total(segments) >= total(&known))
}

/// Whether a segment lies within the stretches of its stage that are known, in order of start.
fn is_within((start, row): &(i64, Row), known: &[(i64, Row)]) -> bool {
    let mut reached = *start;
    for (other, stretch) in known.iter().filter(|(_, stretch)| stretch.value == row.value) {
        if *other <= reached {
            reached = reached.max(other + stretch.span);
        }
    }
    let is_stated = || known.iter().any(|(other, same)| other == start && same.is_alike(row) && same.span == row.span);
    reached >= start + row.span && row.span > 0 || is_stated()
}

/// What counts of a source's segments, by start.
fn rows(
    context: &Context,
    (metric, _, source): SeriesKey,
    (since, until): (i64, i64),
) -> Result<Vec<(Key, StoredRow)>> {
    let condition = "user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4 AND source = ?5 AND +layer = 0";
    let asked = params![context.user, metric, since, until, source];
    Ok(table::read(context.connection, Place::Stored, condition, asked, usize::MAX)?.0)
}

/// Whether a longer segment says what a shorter one within it does.
fn says(longer: &Row, shorter: &Row) -> bool {
    longer.value == shorter.value && (longer.manual || !shorter.manual)
}

/// Who has written the longer segment that one lies within.
pub fn container(context: &Context, member: &Member) -> Result<Option<i64>> {
    let ((metric, start, _), row) = (member.key, &member.row);
    let around = rows(context, (metric, Layer::Raw.id(), row.source), (start - LONGEST, start + 1))?;
    let holds = |((_, other, _), stored): &&(Key, StoredRow)| {
        let longer = stored.row.span > row.span && other + stored.row.span >= start + row.span;
        longer && says(&stored.row, row)
    };
    Ok(around.iter().find(holds).map(|(_, stored)| stored.delivery))
}

/// The keys of shorter segments of the same source and stage within one: those that count, or those that it has
/// superseded.
pub fn contained(context: &Context, member: &Member, counting: bool) -> Result<Vec<Key>> {
    let ((metric, start, _), row) = (member.key, &member.row);
    let range = (start, start + row.span);
    let series = (metric, Layer::Raw.id(), row.source);
    let mut keys = Vec::new();
    if counting {
        for (key, stored) in rows(context, series, range)? {
            let is_within = stored.row.span < row.span && key.1 + stored.row.span <= range.1;
            if is_within && says(row, &stored.row) {
                keys.push(key);
            }
        }
        return Ok(keys);
    }
    let condition = "user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4 AND source = ?5 AND superseded_by = ?6";
    let asked = params![context.user, metric, range.0, range.1, row.source, member.owner];
    let superseded = table::superseded_keys(context.connection, condition, asked)?;
    keys.extend(superseded.into_iter().map(|(key, _)| key).filter(|key| *key != member.key));
    keys.dedup();
    Ok(keys)
}
