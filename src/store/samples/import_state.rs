//! What an import has met, from piece to piece.
//!
//! A piece that does not repeat a stored row proves nothing: another piece may, before it or after it. So an import must
//! know which rows it has repeated, and on which days of which series it has anything: there it is complete, when it has been
//! read to its end. Where a start has several rows, what the import states of it is written as claims of its own. Where it
//! has one, as nearly all have, that would write a whole file again only to change nothing, so it is remembered here, in two
//! bytes for each row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;

use crate::error::Result;
use crate::model::source::is_anonymous;
use crate::model::time::Layer;
use crate::store::account::{Head, Reach};
use crate::store::dictionary::source_name;
use crate::store::events;
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::group::{Context, Group, Held, Member};
use crate::store::samples::{Owner, sweep, table};
use crate::store::series;

/// Seconds of one entry of the memory.
const CHUNK_BITS: u32 = 16;

const DAY: i64 = 86_400;

/// What has been met so far.
#[derive(Debug, Default)]
pub struct ImportState {
    /// By metric, source and chunk of time: the second within the chunk of each row that was repeated.
    repeated: HashMap<(i64, i64, i64), Vec<u16>>,
    /// By metric and source: the first second of each local day, of sleep of each night, that has any data.
    days: BTreeMap<(i64, i64), BTreeSet<i64>>,
    /// The latest, because the next sample is nearly always of the same day.
    last_day: (i64, i64, i64),
    /// Events of which there are rows that no piece has repeated so far; those that are repeated are always written again,
    /// because they are few.
    unrepeated_events: BTreeSet<(Place, String, i64, i64, String, i64)>,
}

impl ImportState {
    /// The only row of this source at this start has been repeated.
    pub fn note_repeated(&mut self, metric: i64, source: i64, start: i64) {
        let (chunk, second) = split(start);
        self.repeated.entry((metric, source, chunk)).or_default().push(second);
    }

    pub fn has_repeated(&self, metric: i64, source: i64, start: i64) -> bool {
        let (chunk, second) = split(start);
        self.repeated.get(&(metric, source, chunk)).is_some_and(|seconds| seconds.contains(&second))
    }

    /// The import has a sample of this source at this moment; its days begin at this second.
    pub fn note_day(&mut self, metric: i64, source: i64, moment: i64, (offset_minutes, begins): (i64, i64)) {
        let first = moment - (moment + offset_minutes * 60 - begins).rem_euclid(DAY);
        if self.last_day != (metric, source, first) {
            self.last_day = (metric, source, first);
            self.days.entry((metric, source)).or_default().insert(first);
        }
    }

    pub(in crate::store) fn note_unrepeated_event(
        &mut self,
        place: Place,
        (kind, start, span, code, sender): events::Group,
    ) {
        self.unrepeated_events.insert((place, kind.to_owned(), start, span, code.to_owned(), sender));
    }

    /// Applies what the import, read to its end, leaves out; gives how many samples count no more, by metric. `others` has the
    /// metric and source of all that may have samples of other deliveries, where that is known.
    pub fn finish(
        self,
        connection: &Connection,
        owner: Owner,
        others: Option<&BTreeSet<(i64, i64)>>,
    ) -> Result<BTreeMap<i64, u64>> {
        for (place, kind, start, span, code, sender) in &self.unrepeated_events {
            events::remove_older(connection, *place, owner, (kind, *start, *span, code, *sender))?;
        }
        let mut context = Context::of(connection, owner.user, (i64::MIN, i64::MAX))?;
        context.writing = Some(owner.delivery);
        let head = context.accounts.head(owner.delivery)?;
        let is_late = context.accounts.is_late(&head)?;
        let mut ledger = Ledger::default();
        let mut superseded = BTreeMap::new();
        let metrics: BTreeSet<i64> = self.days.keys().map(|(metric, _)| *metric).collect();
        for metric in metrics {
            let reaches = self.reaches(connection, owner.user, metric, head.as_of)?;
            for (source, stretches) in &reaches {
                for (since, until) in stretches {
                    let reach = Reach { since: *since, until: *until, delivery: owner.delivery, complete: true };
                    context.accounts.write((metric, Layer::Raw.id(), *source), reach)?;
                }
            }
            let mut number = 0;
            let has_others = |source: i64| others.is_none_or(|others| others.contains(&(metric, source)));
            for (source, stretches) in reaches.into_iter().filter(|(source, _)| has_others(*source)) {
                number += self.sweep(&context, &head, is_late, (metric, source), &stretches, &mut ledger)?;
            }
            if number > 0 {
                superseded.insert(metric, number);
            }
        }
        ledger.write(connection, owner.user, owner.delivery)?;
        Ok(superseded)
    }

    /// The stretches of time of each source in which the import has said all there was. What is of an unknown source, or of
    /// several that include one of these, is covered by the days of any of them.
    fn reaches(
        &self,
        connection: &Connection,
        user: i64,
        metric: i64,
        as_of: i64,
    ) -> Result<BTreeMap<i64, Vec<(i64, i64)>>> {
        let of_metric = self.days.range((metric, i64::MIN)..=(metric, i64::MAX));
        let days: BTreeMap<i64, &BTreeSet<i64>> = of_metric.map(|((_, source), days)| (*source, days)).collect();
        let mut names = BTreeMap::new();
        for source in days.keys() {
            names.insert(source_name(connection, *source)?, *source);
        }
        let mut reaches: BTreeMap<i64, Vec<(i64, i64)>> =
            days.iter().map(|(source, days)| (*source, stretches(days, as_of))).collect();
        for source in series::raw_sources(connection, user, metric)? {
            if days.contains_key(&source) {
                continue;
            }
            let name = source_name(connection, source)?;
            let parts = name.split('|').filter_map(|part| names.get(part)).filter_map(|part| days.get(part));
            let covering: Vec<&&BTreeSet<i64>> =
                if is_anonymous(&name) { days.values().collect() } else { parts.collect() };
            let all: BTreeSet<i64> = covering.into_iter().flat_map(|days| days.iter().copied()).collect();
            if !all.is_empty() {
                reaches.insert(source, stretches(&all, as_of));
            }
        }
        Ok(reaches)
    }

    /// Settles what stands of a source in these stretches and was not repeated; and notes what is later than the import, but
    /// was stated by it.
    fn sweep(
        &self,
        context: &Context,
        head: &Head,
        is_late: bool,
        (metric, source): (i64, i64),
        stretches: &[(i64, i64)],
        ledger: &mut Ledger,
    ) -> Result<u64> {
        let series = (metric, Layer::Raw.id(), source);
        let mut number = 0;
        let mut later = Vec::new();
        let mut left_out = BTreeSet::new();
        for range in stretches {
            let whose = (context.user, head.delivery);
            table::of_others(context.connection, whose, (metric, Layer::Raw.id()), *range, |row| {
                if row.source == source {
                    match self.has_repeated(metric, source, row.start) {
                        true if is_late => later.push(row.start),
                        true => {}
                        false => drop(left_out.insert(row.start)),
                    }
                }
                Ok(())
            })?;
        }
        for start in left_out {
            number += self.settle(Group::load(context, (metric, start, Layer::Raw), 0)?, head, ledger)?;
        }
        sweep::write_runs(context, head, BTreeMap::from([(series, later)]))?;
        Ok(number)
    }

    fn settle(&self, mut group: Group, head: &Head, ledger: &mut Ledger) -> Result<u64> {
        let is_repeated = |member: &Member| {
            let (metric, start, _) = member.key;
            let has_repeated = member.held == Held::Counts && self.has_repeated(metric, member.row.source, start);
            // A claim of its own says it already.
            has_repeated && !group.says(head.delivery, &member.row)
        };
        let repeated: Vec<bool> = group.members.iter().map(is_repeated).collect();
        for (member, _) in group.members.iter_mut().zip(repeated).filter(|(_, is_repeated)| *is_repeated) {
            member.stated = Some(head.delivery);
        }
        group.settle(ledger)
    }
}

/// Days as stretches, up to the moment that the import tells of.
fn stretches(days: &BTreeSet<i64>, as_of: i64) -> Vec<(i64, i64)> {
    let mut found: Vec<(i64, i64)> = Vec::new();
    for day in days {
        let until = (day + DAY).min(as_of.saturating_add(1));
        match found.last_mut() {
            // Of days in different zones some overlap, and between some is an hour.
            Some((_, last)) if *day <= *last => *last = until.max(*last),
            _ if until > *day => found.push((*day, until)),
            _ => {}
        }
    }
    found
}

fn split(start: i64) -> (i64, u16) {
    (start >> CHUNK_BITS, (start & 0xffff) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_repeated_is_known_by_metric_source_and_second() {
        let mut state = ImportState::default();
        for start in [0, 65_535, 65_536, 1_714_521_607, -1] {
            assert!(!state.has_repeated(1, 2, start));
            state.note_repeated(1, 2, start);
            assert!(state.has_repeated(1, 2, start));
            assert!(!state.has_repeated(1, 3, start) && !state.has_repeated(2, 2, start));
        }
        assert!(!state.has_repeated(1, 2, 1_714_521_608));
    }

    #[test]
    fn days_that_follow_each_other_are_one_stretch() {
        let days = [0, DAY, 3 * DAY - 3600, 3 * DAY];
        let found = stretches(&BTreeSet::from(days), i64::MAX - 1);
        assert_eq!(found, [(0, 2 * DAY), (3 * DAY - 3600, 4 * DAY)]);
        assert_eq!(stretches(&BTreeSet::from(days), DAY + 100), [(0, DAY + 101)]);
    }
}
