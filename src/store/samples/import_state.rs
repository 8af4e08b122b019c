//! What an import has met, from piece to piece.
//!
//! A piece that does not repeat a stored row proves nothing: another piece may, before it or after it. So an import must
//! know which rows it has repeated. Where an instant has several rows, they are written again with the import's number
//! (`reconcile` does that). Where it has one, as nearly all have, that would write a whole file again only to change
//! nothing, so it is remembered here, in two bytes for each row.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::events;
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::{Identity, Owner, StoredRow, table};

/// Seconds of one entry of the state.
const CHUNK_BITS: u32 = 16;

/// What has been met so far.
#[derive(Debug, Default)]
pub struct ImportState {
    /// By place, metric, source and chunk of time: the second within the chunk of each row that was repeated.
    repeated: HashMap<(Place, i64, i64, i64), Vec<u16>>,
    /// Place, metric, start and record of which there are rows that no piece has repeated so far.
    unrepeated: BTreeSet<(Place, i64, i64, Identity)>,
    /// The same of events; those that are repeated are always written again, because they are few.
    unrepeated_events: BTreeSet<(Place, String, i64, i64, String, i64)>,
}

impl ImportState {
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

    pub(in crate::store) fn note_unrepeated_event(
        &mut self,
        place: Place,
        (kind, start, span, code, sender): events::Group,
    ) {
        self.unrepeated_events.insert((place, kind.to_owned(), start, span, code.to_owned(), sender));
    }

    /// Removes the rows of records that the import has named without repeating these rows.
    pub fn remove_unrepeated(self, connection: &Connection, owner: Owner) -> Result<()> {
        let mut ledger = Ledger::default();
        for (place, metric, start, record) in &self.unrepeated {
            remove_older(connection, *place, owner, (*metric, *start), *record, &mut ledger)?;
        }
        ledger.write(connection, owner.user, owner.delivery)?;
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
    (metric, start): (i64, i64),
    record: Identity,
    ledger: &mut Ledger,
) -> Result<()> {
    let key = (metric, start, Layer::Raw);
    let rows = table::group(connection, place, owner.user, key)?;
    let is_older = |row: &&StoredRow| row.row.identity() == record && row.delivery < owner.delivery;
    for old in rows.iter().filter(is_older) {
        table::remove(connection, place, owner.user, key, Some(old.ordinal))?;
        if place == Place::Stored {
            ledger.count(key, &old.row, -1);
        }
    }
    if place == Place::Stored { table::keep_first_taken(connection, owner.user, key) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place::Stored;

    #[test]
    fn what_was_repeated_is_known_by_metric_source_and_second() {
        let mut state = ImportState::default();
        for start in [0, 65_535, 65_536, 1_714_521_607, -1] {
            assert!(!state.has_repeated(HERE, 1, 2, start));
            state.note_repeated(HERE, 1, 2, start);
            assert!(state.has_repeated(HERE, 1, 2, start));
            assert!(!state.has_repeated(Place::Buried(1), 1, 2, start));
            assert!(!state.has_repeated(HERE, 1, 3, start) && !state.has_repeated(HERE, 2, 2, start));
        }
        assert!(!state.has_repeated(HERE, 1, 2, 1_714_521_608));
    }
}
