//! Syncs without a session: requests of one automation that follow each other within two minutes, each of which states its
//! period whole, are parts of one sync as long as they say nothing of the same time.
//!
//! The parts of a sync share out what there is, by metric or along time. So who says anything of a time that an earlier part has
//! said something of begins another sync: an automation that runs every minute, a correction. Only at the moment where two parts
//! meet may both have entries, two foods of one meal; if they have no other, then different ones.
//!
//! What the parts have said stands in the database, beside what they have brought: a part that was not stored has said nothing, and
//! a server that starts anew goes on with the sync.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::Claimed;
use crate::error::{Error, Result};
use crate::model::metric::{Kind, catalogue};
use crate::model::sample::{Batch, Sample};
use crate::model::sleep::SLEEP;
use crate::model::time::Layer;

/// Seconds between two parts, and from the first to the last.
const PAUSE: i64 = 120;
const LONGEST: i64 = 600;

#[derive(Debug)]
struct Run {
    sync: i64,
    first: i64,
    /// What each part has said.
    said: BTreeMap<Of, Vec<Extent>>,
}

/// Metric, layer, source of samples, and of sleep the stage.
type Of = (String, i64, String, u64);

/// How far something is said of each series by one part.
type Said = BTreeMap<Of, Extent>;

/// The first and the last start, with the values there, and the last end.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extent {
    first: (i64, Vec<u64>),
    last: (i64, Vec<u64>),
    end: i64,
}

/// The sync that a delivery is part of: `known` by its session or as a repeat, else by the run.
pub(super) fn join(
    connection: &Connection,
    delivery: i64,
    claimed: &Claimed,
    known: Option<i64>,
    batch: Option<&Batch>,
) -> Result<i64> {
    let (Some(batch), true) = (batch, claimed.complete) else { return Ok(known.unwrap_or(delivery)) };
    let as_of = claimed.as_of;
    connection
        .prepare_cached("DELETE FROM sync_under_way WHERE last NOT BETWEEN ?1 - ?2 AND ?1")?
        .execute([as_of, PAUSE])?;
    let said = said(batch);
    let goes_on = |run: &Run| match known {
        Some(sync) => sync == run.sync,
        None => as_of - run.first <= LONGEST && !run.has_said(&said),
    };
    let begun = Run { sync: known.unwrap_or(delivery), first: as_of, said: BTreeMap::new() };
    let mut run = Run::of(connection, &claimed.sender)?.filter(goes_on).unwrap_or(begun);
    run.add(said);
    run.write(connection, claimed)?;
    Ok(run.sync)
}

impl Run {
    /// The one under way.
    fn of(connection: &Connection, sender: &str) -> Result<Option<Run>> {
        let row: Option<(i64, i64, String)> = connection
            .prepare_cached("SELECT sync, first, said FROM sync_under_way WHERE sender = ?1")?
            .query_row([sender], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((sync, first, said)) = row else { return Ok(None) };
        let said: Vec<(Of, Vec<Extent>)> =
            serde_json::from_str(&said).map_err(|fault| Error::internal("reading a sync under way", fault))?;
        Ok(Some(Run { sync, first, said: said.into_iter().collect() }))
    }

    fn write(&self, connection: &Connection, claimed: &Claimed) -> Result<()> {
        let said: Vec<(&Of, &Vec<Extent>)> = self.said.iter().collect();
        let said = serde_json::to_string(&said).map_err(|fault| Error::internal("writing a sync under way", fault))?;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO sync_under_way (sender, sync, first, last, said) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![claimed.sender, self.sync, self.first, claimed.as_of, said])?;
        Ok(())
    }

    /// Whether anything is said of a time that was spoken of before.
    fn has_said(&self, said: &Said) -> bool {
        let known = |of: &Of| self.said.get(of).into_iter().flatten();
        said.iter().any(|(of, extent)| known(of).any(|known| known.meets(of, extent)))
    }

    fn add(&mut self, said: Said) {
        said.into_iter().for_each(|(of, extent)| self.said.entry(of).or_default().push(extent));
    }
}

impl Extent {
    fn of(sample: &Sample) -> Extent {
        let at = (sample.start, vec![sample.value.map_or(0, f64::to_bits)]);
        Extent { first: at.clone(), last: at, end: sample.start + sample.span }
    }

    fn take(&mut self, other: Extent) {
        match other.first.0.cmp(&self.first.0) {
            std::cmp::Ordering::Less => self.first = other.first,
            std::cmp::Ordering::Equal => self.first.1.extend(other.first.1),
            std::cmp::Ordering::Greater => {}
        }
        match other.last.0.cmp(&self.last.0) {
            std::cmp::Ordering::Greater => self.last = other.last,
            std::cmp::Ordering::Equal => self.last.1.extend(other.last.1),
            std::cmp::Ordering::Less => {}
        }
        self.end = self.end.max(other.end);
    }

    fn meets(&self, (metric, ..): &Of, other: &Extent) -> bool {
        if metric == SLEEP {
            return other.first.0 < self.end && self.first.0 < other.end;
        }
        if other.first.0 > self.last.0 || other.last.0 < self.first.0 {
            return false;
        }
        let touch = self.last.0 == other.first.0 || self.first.0 == other.last.0;
        let same = |one: &(i64, Vec<u64>), other: &(i64, Vec<u64>)| {
            one.0 == other.0 && one.1.iter().any(|value| other.1.contains(value))
        };
        !is_moment(metric) || !touch || same(&self.first, &other.first) && same(&self.last, &other.last)
    }
}

/// Whether what is measured takes no time, so that one moment may have several entries.
fn is_moment(metric: &str) -> bool {
    catalogue().resolve(metric).is_some_and(|known| known.kind == Kind::Cumulative && known.lasts.is_none())
}

fn said(batch: &Batch) -> Said {
    let mut said = Said::new();
    for sample in &batch.samples {
        let metric = batch.series[sample.series as usize].metric.clone();
        let source = match sample.layer {
            Layer::Raw => batch.sources[sample.source as usize].clone(),
            _ => String::new(),
        };
        let stage = if metric == SLEEP { sample.value.map_or(0, f64::to_bits) } else { 0 };
        let extent = Extent::of(sample);
        match said.entry((metric, sample.layer.id(), source, stage)) {
            std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(extent)),
            std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().take(extent),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_sync_come_in_any_order() {
        let part = |first: i64, last: i64| {
            let extent = Extent { first: (first, vec![1]), last: (last, vec![2]), end: last + 60 };
            Said::from([(("step_count".to_owned(), Layer::Minute.id(), String::new(), 0), extent)])
        };
        let mut run = Run { sync: 1, first: 0, said: BTreeMap::new() };
        run.add(part(0, 600));
        run.add(part(3000, 3600));
        assert!(!run.has_said(&part(1200, 1800)), "what lies between two parts");
        run.add(part(1200, 1800));
        for again in [part(600, 660), part(1500, 1560), part(0, 3600)] {
            assert!(run.has_said(&again), "{again:?}");
        }
    }

    #[test]
    fn two_equal_foods_of_one_meal_may_be_in_two_parts() {
        let part = |first: i64, last: i64, value: u64| {
            let extent = Extent { first: (first, vec![value]), last: (last, vec![value]), end: last };
            Said::from([(("protein".to_owned(), Layer::Raw.id(), "Foodbook".to_owned(), 0), extent)])
        };
        let mut run = Run { sync: 1, first: 0, said: BTreeMap::new() };
        run.add(part(100, 200, 1));
        assert!(!run.has_said(&part(200, 300, 1)) && !run.has_said(&part(200, 200, 1)), "they meet");
        assert!(run.has_said(&part(100, 200, 1)) && run.has_said(&part(150, 300, 1)), "they overlap");
        run.add(part(400, 400, 1));
        assert!(run.has_said(&part(400, 400, 1)), "the same again");
        assert!(!run.has_said(&part(400, 400, 2)), "another food");
    }
}
