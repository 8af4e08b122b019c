//! An undo: back to what is shown, or to another deletion that still covers it.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::{PIECE, Task, Work, list, others, piece};
use crate::error::Result;
use crate::model::deletion::Kind;
use crate::model::time::Layer;
use crate::store::deletions::tombstones::{Buried, Tombstones, buried};
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::group::{Context, Group, Held, Member, date};
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
        context: Context::of(connection, user, (i64::MIN, i64::MAX))?,
        user,
        deletion,
        delivery: list::delivery(connection, deletion)?,
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
    if !more {
        undoing.deny_what_came_since(&mut ledger)?;
    }
    ledger.write(connection, user, 0)?;
    Ok(last.filter(|_| more))
}

/// A row that comes back, or one that counts only as long as the delivery is deleted.
struct Returning {
    sample: StoredRow,
    stated: i64,
    is_denied: bool,
}

struct Undoing<'a> {
    connection: &'a Connection,
    context: Context<'a>,
    user: i64,
    deletion: i64,
    /// The delivery that was deleted, where that is what was.
    delivery: Option<i64>,
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
        let place = Place::Buried(self.deletion);
        let rows = table::with_stated(self.connection, place, self.user, key)?;
        table::remove(self.connection, place, self.user, key, None)?;
        let others = match self.tombstones.is_empty() && !self.is_correction {
            true => Vec::new(),
            false => buried(self.connection, self.user, key)?,
        };
        if self.is_correction {
            self.take_corrected(key, &group[0].1, &others, ledger)?;
        }
        let mut back: Vec<Vec<Returning>> = Vec::new();
        for (sample, stated) in rows {
            if self.delivery.is_some_and(|delivery| delivery != sample.delivery) {
                self.return_to(&mut back, key, Returning { sample, stated, is_denied: true });
                continue;
            }
            let cover =
                self.tombstones.cover_under(Some(self.deletion), key, &sample.row, Some(sample.delivery), &others);
            let heir = Some(stated).filter(|stated| *stated != 0 && !self.context.accounts.is_withdrawn(*stated));
            if let Some(other) = cover {
                table::bury(self.connection, other, self.user, key, (&sample, stated))?;
            }
            match (cover, heir) {
                (None, _) => self.return_to(&mut back, key, Returning { sample, stated, is_denied: false }),
                (Some(_), Some(heir)) if self.context.accounts.is_withdrawn(sample.delivery) => {
                    let sample = StoredRow { delivery: heir, ..sample };
                    if self.tombstones.cover_under(Some(self.deletion), key, &sample.row, Some(heir), &others).is_none()
                    {
                        self.return_to(&mut back, key, Returning { sample, stated: 0, is_denied: false });
                    }
                }
                _ => {}
            }
        }
        back.into_iter().try_for_each(|rows| self.bring_back(key, rows, ledger))
    }

    /// A complete account that is in force again denies what has come meanwhile and tells of an earlier moment.
    fn deny_what_came_since(&self, ledger: &mut Ledger) -> Result<()> {
        let Some(delivery) = self.delivery else { return Ok(()) };
        let head = self.context.accounts.head(delivery)?;
        let mut keys = BTreeSet::new();
        for ((metric, layer, source), reach) in self.context.accounts.of_delivery(delivery)? {
            let of_layer = Layer::from_id(layer).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, layer))?;
            let range = (reach.since, reach.until);
            table::of_others(self.connection, (self.user, delivery), (metric, layer), range, |row| {
                let is_of_series = source == 0 || source == row.source;
                if reach.complete && is_of_series && row.delivery > delivery {
                    let is_earlier = head.is_later(&self.context.accounts.head(row.delivery)?);
                    keys.extend(is_earlier.then_some(((metric, row.start, of_layer), row.offset_minutes)));
                }
                Ok(())
            })?;
        }
        for (key, offset_minutes) in keys {
            Group::load(&self.context, key, offset_minutes)?.settle(ledger)?;
        }
        Ok(())
    }

    /// Days and longer are settled by date.
    fn return_to(&self, back: &mut Vec<Vec<Returning>>, (_, start, layer): Key, row: Returning) {
        let date_of = |row: &Returning| date(start, row.sample.row.offset_minutes);
        let is_together = |rows: &&mut Vec<Returning>| layer < Layer::Day || date_of(&rows[0]) == date_of(&row);
        match back.iter_mut().find(is_together) {
            Some(rows) => rows.push(row),
            None => back.push(vec![row]),
        }
    }

    fn bring_back(&self, key: Key, rows: Vec<Returning>, ledger: &mut Ledger) -> Result<()> {
        let Some(offset_minutes) = rows.first().map(|row| row.sample.row.offset_minutes) else { return Ok(()) };
        let mut group = Group::load(&self.context, key, offset_minutes)?;
        for Returning { sample, stated, is_denied } in rows {
            if !is_denied {
                self.contradict(&mut group, key, &sample)?;
                // A delivery that has inherited the entry meanwhile has a claim of its own.
                let is_inherited = |member: &Member| {
                    member.owner == stated && member.held != Held::Coming && member.row.is_like(&sample.row)
                };
                let is_inherited = self.delivery.is_some() && group.members.iter().any(is_inherited);
                group.come_back(key, sample, if is_inherited { 0 } else { stated });
                continue;
            }
            let is_it = |member: &&mut Member| {
                let is_like = member.owner == sample.delivery && member.key == key && member.row.is_like(&sample.row);
                is_like && member.denied_by.is_none()
            };
            if let Some(member) = group.members.iter_mut().find(is_it) {
                member.denied_by = self.delivery;
            }
        }
        group.settle(ledger)?;
        Ok(())
    }

    /// The delivery has stated what comes back, and so nothing else of the same that counts meanwhile; several entries of one
    /// moment are facts beside each other.
    fn contradict(&self, group: &mut Group, key: Key, sample: &StoredRow) -> Result<()> {
        let is_moment = key.2 == Layer::Raw && self.context.nature(key.0)?.is_moment(sample.row.span);
        let contradicts = |member: &&mut Member| {
            !is_moment && member.row.is_same(key.2, &sample.row) && !member.row.is_alike(&sample.row)
        };
        for member in group.members.iter_mut().filter(contradicts) {
            member.denied_by = self.delivery;
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
