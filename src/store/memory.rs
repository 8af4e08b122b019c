//! What an import has met, from piece to piece.
//!
//! A piece that does not repeat a stored row proves nothing: another piece may, before it or after it. So an import must
//! know which rows it has repeated. Where an instant has several rows, they are written again with the import's number
//! (`reconcile` does that). Where it has one, as nearly all have, that would write a whole file again only to change
//! nothing, so it is remembered here, in two bytes for each row.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::apply::{Key, Owner};
use crate::store::deletions::place::Place;
use crate::store::events;
use crate::store::reconcile::Identity;
use crate::store::rollups::Dirty;

/// Seconds of one entry of the memory.
const CHUNK_BITS: u32 = 16;

/// What has been met so far.
#[derive(Debug, Default)]
pub struct Memory {
    /// By place, metric, source and chunk of time: the second within the chunk of each row that was repeated.
    repeated: HashMap<(Place, i64, i64, i64), Vec<u16>>,
    /// Place, metric, start and record of which there are rows that no piece has repeated so far.
    unrepeated: BTreeSet<(Place, i64, i64, Identity)>,
    /// The same of events; those that are repeated are always written again, because they are few.
    unrepeated_events: BTreeSet<(Place, String, i64, i64, String, i64)>,
}

impl Memory {
    /// The only row of this source at this start has been repeated.
    pub fn note_repeated(&mut self, place: Place, metric: i64, source: i64, start: i64) {
        let (chunk, second) = split(start);
        self.repeated.entry((place, metric, source, chunk)).or_default().push(second);
    }

    pub fn has_repeated(&self, place: Place, metric: i64, source: i64, start: i64) -> bool {
        let (chunk, second) = split(start);
        self.repeated.get(&(place, metric, source, chunk)).is_some_and(|seconds| seconds.contains(&second))
    }

    pub fn note_unrepeated(&mut self, place: Place, metric: i64, start: i64, record: Identity) {
        self.unrepeated.insert((place, metric, start, record));
    }

    pub(super) fn note_unrepeated_event(&mut self, place: Place, (kind, start, span, code, sender): events::Group) {
        self.unrepeated_events.insert((place, kind.to_owned(), start, span, code.to_owned(), sender));
    }

    /// Removes the rows of records that the import has named without repeating these rows.
    pub fn remove_unrepeated(self, connection: &Connection, owner: Owner) -> Result<()> {
        let mut dirty = Dirty::default();
        for (place, metric, start, record) in &self.unrepeated {
            remove_older(connection, *place, owner, *metric, *start, *record)?;
            let (span, ..) = *record;
            if *place == Place::Stored {
                keep_first_taken(connection, owner.user, (*metric, *start, Layer::Raw))?;
                dirty.touch(*metric, Layer::Raw, *start, span);
            }
        }
        dirty.write(connection, owner.user)?;
        for (place, kind, start, span, code, sender) in &self.unrepeated_events {
            events::remove_older(connection, *place, owner, (kind, *start, *span, code, *sender))?;
        }
        Ok(())
    }
}

fn split(start: i64) -> (i64, u16) {
    (start >> CHUNK_BITS, (start & 0xffff) as u16)
}

fn remove_older(
    connection: &Connection,
    place: Place,
    owner: Owner,
    metric: i64,
    start: i64,
    record: Identity,
) -> Result<()> {
    let (span, source, context) = record;
    let from = format!(
        "FROM {} WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4{}
         AND span = ?5 AND source = ?6 AND context IS ?7 AND delivery < ?8",
        place.table("sample"),
        place.only()
    );
    let asked = params![owner.user, metric, start, Layer::Raw.id(), span, source, context, owner.delivery];
    let (gone, summaries): (i64, i64) = connection
        .prepare_cached(&format!("SELECT count(*), coalesce(sum(min IS NOT NULL OR max IS NOT NULL), 0) {from}"))?
        .query_row(asked, |row| Ok((row.get(0)?, row.get(1)?)))?;
    if gone == 0 {
        return Ok(());
    }
    connection.prepare_cached(&format!("DELETE {from}"))?.execute(asked)?;
    if place != Place::Stored {
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE series SET samples = samples - ?5, summaries = summaries - ?6
             WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND source = ?4",
        )?
        .execute(params![owner.user, metric, Layer::Raw.id(), source, gone, summaries])?;
    Ok(())
}

/// `apply` takes a vacant twin 0 for an empty group.
pub(super) fn keep_first_taken(connection: &Connection, user: i64, (metric, start, layer): Key) -> Result<()> {
    let first: Option<i64> = connection
        .prepare_cached("SELECT min(twin) FROM sample WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4")?
        .query_row(params![user, metric, start, layer.id()], |row| row.get(0))
        .optional()?
        .flatten();
    if let Some(twin) = first.filter(|twin| *twin > 0) {
        connection
            .prepare_cached(
                "UPDATE sample SET twin = 0
                 WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4 AND twin = ?5",
            )?
            .execute(params![user, metric, start, layer.id(), twin])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place::Stored;

    #[test]
    fn what_was_repeated_is_known_by_metric_source_and_second() {
        let mut memory = Memory::default();
        for start in [0, 65_535, 65_536, 1_714_521_607, -1] {
            assert!(!memory.has_repeated(HERE, 1, 2, start));
            memory.note_repeated(HERE, 1, 2, start);
            assert!(memory.has_repeated(HERE, 1, 2, start));
            assert!(!memory.has_repeated(Place::Buried(1), 1, 2, start));
            assert!(!memory.has_repeated(HERE, 1, 3, start) && !memory.has_repeated(HERE, 2, 2, start));
        }
        assert!(!memory.has_repeated(HERE, 1, 2, 1_714_521_608));
    }
}
