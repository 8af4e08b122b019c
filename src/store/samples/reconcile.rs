//! When two samples are the same, and what a newer delivery does to an older one.
//!
//! All rows that share (user, metric, start, layer) are settled together:
//!
//! * In a **bucket layer** the phone has already summed and de-duplicated, so there is one row per bucket (and per
//!   context, where the phone splits a bucket by one): a later delivery replaces it, whatever it calls its source. Only a
//!   Shortcut's sum, which adds overlapping sources up, yields to any other.
//! * In the **raw** layer a record is known by (end, source, context), and several distinct records may share even
//!   these (a food log writes many at one instant). A delivery replaces such a group as a whole, and exact duplicates
//!   within it are one record, so the same delivery twice changes nothing.
//! * A raw record whose source is not known is the record of a known source with the same end and value, in whichever
//!   order they come.
//! * What a later delivery has written of a group stays: an old delivery that is decoded again, or a long import, does
//!   not undo it.
//! * An **import** comes in pieces. What a piece does not repeat may be in another, so it is not removed but told, and
//!   removed at the end of the import; what an earlier piece has written or repeated stays.
//!
//! `ordinal` only numbers the rows; it carries no meaning and is never shown.

mod raw;

use std::collections::HashMap;

use crate::model::receipt::Outcome;
use crate::model::time::Layer;
use crate::store::samples::{Identity, Row, StoredRow, Unnamed};

/// On what terms a delivery meets what is stored.
pub struct Terms<'a> {
    pub delivery: i64,
    pub unnamed: Unnamed,
    /// For an import: whether an earlier piece of it has repeated this row.
    pub repeated: Option<&'a dyn Fn(&Row) -> bool>,
}

/// What to do to bring the stored rows to what the delivery says.
#[derive(Debug, PartialEq)]
pub enum Change {
    Put { ordinal: i64, row: Row },
    Remove { ordinal: i64 },
}

/// How a group is settled.
#[derive(Debug, Default)]
pub struct Settled {
    /// One for each incoming row.
    pub outcomes: Vec<Outcome>,
    pub changes: Vec<Change>,
    /// Whether the first of the stored rows is among the incoming.
    pub repeats_first: bool,
    /// Of an import: records that it names and of which there are older rows that no piece has repeated so far.
    pub unrepeated: Vec<Identity>,
}

/// Settles one group: `stored` by ascending ordinal, `incoming` in the order of the body.
pub fn reconcile(layer: Layer, stored: &[StoredRow], incoming: &[Row], terms: &Terms) -> Settled {
    match layer {
        Layer::Raw => raw::Group { stored, incoming, terms }.settle(),
        _ => reconcile_buckets(layer, stored, incoming, terms),
    }
}

fn reconcile_buckets(layer: Layer, stored: &[StoredRow], incoming: &[Row], terms: &Terms) -> Settled {
    let mut changes = Vec::new();
    let mut next = next_ordinal(stored);
    let yields = |row: &Row| Some(row.source) == terms.unnamed.shortcuts;
    // A body that names one bucket twice means the later one, or sending it again would never settle.
    let mut meant: HashMap<Option<i64>, usize> = HashMap::new();
    for (at, row) in incoming.iter().enumerate() {
        let before = meant.get(&row.context).map(|before| &incoming[*before]);
        if !before.is_some_and(|before| yields(row) && !yields(before)) {
            meant.insert(row.context, at);
        }
    }
    let standing: HashMap<Option<i64>, &StoredRow> = stored.iter().map(|old| (old.row.context, old)).collect();
    let outcomes = incoming.iter().enumerate().map(|(at, row)| {
        let old = standing.get(&row.context);
        let stays = |old: &StoredRow| old.delivery > terms.delivery || (yields(row) && !yields(&old.row));
        if meant.get(&row.context) != Some(&at) || old.is_some_and(|old| stays(old)) {
            return Outcome::Unchanged;
        }
        if let Some(old) = old.filter(|old| old.row.is_like(row)) {
            // Said again after the day was over, a day's total is final, and its delivery shows that.
            if layer == Layer::Day && old.delivery < terms.delivery {
                changes.push(Change::Put { ordinal: old.ordinal, row: old.row.clone() });
            }
            return Outcome::Unchanged;
        }
        let ordinal = old.map_or_else(|| take(&mut next), |old| old.ordinal);
        changes.push(Change::Put { ordinal, row: row.clone() });
        if old.is_some() { Outcome::Updated } else { Outcome::Stored }
    });
    let outcomes = outcomes.collect();
    Settled { outcomes, changes, ..Settled::default() }
}

fn next_ordinal(stored: &[StoredRow]) -> i64 {
    stored.iter().map(|old| old.ordinal + 1).max().unwrap_or(0)
}

fn take(next: &mut i64) -> i64 {
    *next += 1;
    *next - 1
}

#[cfg(test)]
mod tests;
