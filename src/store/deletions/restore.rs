//! An undo: back to what is shown, or to another deletion that still covers it.

use rusqlite::{Connection, params};

use super::bury::newest;
use super::{PIECE, Task, Work, list, others, piece};
use crate::error::Result;
use crate::model::deletion::Kind;
use crate::store::deletions::tombstones::{Buried, Tombstones, buried};
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::merge::bring;
use crate::store::samples::{Key, StoredRow, table};
use crate::store::writer::Writing;

/// Takes the tombstone away, and brings back what is no sample and the first piece of the samples. None when all of it is
/// back already.
pub(super) fn begin(writing: &mut Writing, user: i64, id: i64, at: i64) -> Result<Option<Task>> {
    if list::state(writing.connection, id)? == "restored" {
        return Ok(None);
    }
    list::lift(writing.connection, id, at)?;
    others::restore(writing.connection, user, id)?;
    let task = Task { id, user, work: Work::Restore { after: (i64::MIN, i64::MIN) } };
    piece(writing, task).map(Some)
}

/// Moves about a piece of the samples that come after this metric and start; gives where to go on.
pub(super) fn samples(
    connection: &Connection,
    (user, deletion): (i64, i64),
    after: (i64, i64),
) -> Result<Option<(i64, i64)>> {
    let undoing = Undoing {
        connection,
        user,
        deletion,
        is_correction: list::kind(connection, deletion)? == Kind::Correction,
        tombstones: Tombstones::of(connection, user)?,
    };
    let rows = undoing.read(after)?;
    let last = rows.last().map(|((metric, start, _), _)| (*metric, *start));
    let more = rows.len() >= PIECE;
    let mut ledger = Ledger::default();
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        undoing.group(group, &mut ledger)?;
    }
    ledger.write(connection, user, 0)?;
    Ok(last.filter(|_| more))
}

struct Undoing<'a> {
    connection: &'a Connection,
    user: i64,
    deletion: i64,
    is_correction: bool,
    tombstones: Tombstones,
}

impl Undoing<'_> {
    /// About a piece of the rows; all of one start.
    fn read(&self, (metric, start): (i64, i64)) -> Result<Vec<(Key, StoredRow)>> {
        let condition = "user = ?1 AND (metric, start) > (?2, ?3)";
        let place = Place::Buried(self.deletion);
        let asked = params![self.user, metric, start];
        table::read(self.connection, place, condition, asked, PIECE).map(|(rows, _)| rows)
    }

    fn group(&self, group: &[(Key, StoredRow)], ledger: &mut Ledger) -> Result<()> {
        let key = group[0].0;
        table::remove(self.connection, Place::Buried(self.deletion), self.user, key, None)?;
        let others = match self.tombstones.is_empty() && !self.is_correction {
            true => Vec::new(),
            false => buried(self.connection, self.user, key)?,
        };
        let own: Vec<StoredRow> = group.iter().map(|(_, sample)| sample.clone()).collect();
        let cover = |sample: &StoredRow| {
            let (row, delivery) = (&sample.row, newest(key.2, &sample.row, &own));
            Place::under(self.tombstones.cover_under(Some(self.deletion), key, row, delivery, &others))
        };
        let places: Vec<Place> = own.iter().map(cover).collect();
        if self.is_correction {
            self.take_corrected(key, &group[0].1, &others, ledger)?;
        }
        let mut kinds = places.clone();
        kinds.sort();
        kinds.dedup();
        for place in kinds {
            let here = own.iter().zip(&places).filter(|(_, to)| **to == place);
            let coming: Vec<StoredRow> = here.map(|(sample, _)| sample.clone()).collect();
            if let Place::Buried(other) = place {
                list::widen(self.connection, other, key.1)?;
            }
            bring(self.connection, place, self.user, key, coming, self.tombstones.unnamed(), ledger)?;
        }
        Ok(())
    }

    /// Removes the row that the correction has shown in place of its own: from the first later deletion that holds it, else
    /// from what is shown.
    fn take_corrected(&self, key: Key, original: &StoredRow, others: &[Buried], ledger: &mut Ledger) -> Result<()> {
        let is_it = |sample: &StoredRow| sample.row.is_same(key.2, &original.row);
        let later = others.iter().filter(|other| other.deletion > self.deletion && is_it(&other.sample));
        if let Some(holder) = later.map(|other| other.deletion).min() {
            let held = others.iter().filter(|other| other.deletion == holder && is_it(&other.sample));
            return held.map(|other| other.sample.ordinal).try_for_each(|ordinal| {
                table::remove(self.connection, Place::Buried(holder), self.user, key, Some(ordinal))
            });
        }
        for sample in table::group(self.connection, Place::Stored, self.user, key)?.iter().filter(|row| is_it(row)) {
            table::remove(self.connection, Place::Stored, self.user, key, Some(sample.ordinal))?;
            ledger.count(key, &sample.row, -1);
        }
        table::keep_first_taken(self.connection, self.user, key)
    }
}
