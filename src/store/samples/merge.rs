//! Rows that move come between rows that stand there: who stays, and in which order.
//!
//! Of one identity the newer delivery has the word, as a whole. Of equal records of a named and an unnamed source the named
//! one is the record. The others keep the numbers that they had, and who stands there moves up by one, so that what is
//! undone reads as it did before.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::place::Place;
use crate::store::samples::alike::alike;
use crate::store::samples::counts::Ledger;
use crate::store::samples::{Key, StoredRow, Unnamed, table};

/// Brings rows of one key to a place. What is then shown, and no more, is told to the ledger.
pub fn bring(
    connection: &Connection,
    place: Place,
    user: i64,
    key: Key,
    coming: Vec<StoredRow>,
    unnamed: Unnamed,
    ledger: &mut Ledger,
) -> Result<()> {
    let standing = table::group(connection, place, user, key)?;
    let shown = place == Place::Stored;
    if standing.is_empty() && (!shown || coming.first().is_some_and(|first| first.ordinal == 0)) {
        coming.iter().try_for_each(|sample| table::insert(connection, place, user, key, sample))?;
        if shown {
            coming.iter().for_each(|sample| ledger.count(key, &sample.row, 1));
        }
        return Ok(());
    }
    let Merged { mut rows, came, went } = merged(key.2, standing, coming, unnamed);
    if let (true, Some(first)) = (shown, rows.first_mut()) {
        // A vacant first number means an empty group.
        first.ordinal = 0;
    }
    table::remove(connection, place, user, key, None)?;
    rows.iter().try_for_each(|sample| table::insert(connection, place, user, key, sample))?;
    if shown {
        came.iter().for_each(|sample| ledger.count(key, &sample.row, 1));
        went.iter().for_each(|sample| ledger.count(key, &sample.row, -1));
    }
    Ok(())
}

/// What becomes of a group.
#[derive(Debug, PartialEq)]
struct Merged {
    rows: Vec<StoredRow>,
    came: Vec<StoredRow>,
    went: Vec<StoredRow>,
}

fn merged(layer: Layer, standing: Vec<StoredRow>, coming: Vec<StoredRow>, unnamed: Unnamed) -> Merged {
    let (came, came_in_vain): (Vec<_>, Vec<_>) =
        coming.iter().cloned().partition(|row| !loses(layer, row, &standing, &coming, unnamed, true));
    drop(came_in_vain);
    let (stay, went): (Vec<_>, Vec<_>) =
        standing.iter().cloned().partition(|row| !loses(layer, row, &coming, &standing, unnamed, false));
    let mut rows: BTreeMap<i64, StoredRow> = stay.into_iter().map(|row| (row.ordinal, row)).collect();
    came.iter().cloned().for_each(|row| put_between(&mut rows, row));
    let rows = rows.into_iter().map(|(ordinal, row)| StoredRow { ordinal, ..row }).collect();
    Merged { rows, came, went }
}

/// Whether a row, one of `own`, yields to any of the `others`; between equals who comes yields.
fn loses(
    layer: Layer,
    row: &StoredRow,
    others: &[StoredRow],
    own: &[StoredRow],
    unnamed: Unnamed,
    comes: bool,
) -> bool {
    let newest = |rows: &[StoredRow]| {
        let same = rows.iter().filter(|other| other.row.is_same(layer, &row.row));
        same.map(|other| (rank(layer, other, unnamed), other.delivery)).max()
    };
    let (mine, theirs) = (newest(own), newest(others));
    let older = theirs.is_some_and(|_| if comes { theirs >= mine } else { theirs > mine });
    let knowledge = |of: &StoredRow| unnamed.knowledge(of.row.source);
    let worse_known = |other: &&StoredRow| {
        let same = other.row.span == row.row.span && alike(other.row.value, row.row.value);
        layer == Layer::Raw && same && knowledge(row) < knowledge(other)
    };
    older || others.iter().any(|other| worse_known(&other))
}

/// In a bucket a Shortcut's sum yields to any other.
fn rank(layer: Layer, sample: &StoredRow, unnamed: Unnamed) -> bool {
    layer == Layer::Raw || Some(sample.row.source) != unnamed.shortcuts
}

/// Puts a row under its number; who stands there moves up.
fn put_between(rows: &mut BTreeMap<i64, StoredRow>, row: StoredRow) {
    let (mut at, mut row) = (row.ordinal, row);
    while let Some(occupant) = rows.insert(at, row) {
        (at, row) = (at + 1, occupant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::Row;

    fn sample(ordinal: i64, delivery: i64, source: i64, value: f64) -> StoredRow {
        let row = Row {
            span: 0,
            value: Some(value),
            min: None,
            max: None,
            source,
            context: None,
            offset_minutes: 0,
            manual: false,
        };
        StoredRow { ordinal, row, delivery }
    }

    fn values(rows: &[StoredRow]) -> Vec<(i64, f64)> {
        rows.iter().map(|row| (row.ordinal, row.row.value.unwrap())).collect()
    }

    const UNNAMED: Unnamed = Unnamed { blank: Some(1), shortcuts: Some(2) };

    fn raw(standing: Vec<StoredRow>, coming: Vec<StoredRow>) -> Merged {
        merged(Layer::Raw, standing, coming, UNNAMED)
    }

    #[test]
    fn rows_go_back_to_where_they_were() {
        let (standing, coming) = (vec![sample(0, 1, 7, 2.0), sample(2, 1, 8, 3.0)], vec![sample(0, 1, 9, 1.0)]);
        assert_eq!(values(&raw(standing, coming).rows), [(0, 1.0), (1, 2.0), (2, 3.0)]);
        assert_eq!(values(&raw(vec![], vec![sample(3, 1, 9, 1.0)]).rows), [(3, 1.0)]);
    }

    #[test]
    fn the_newer_delivery_has_the_word_about_the_whole_record() {
        let old = vec![sample(0, 1, 7, 1.0), sample(1, 1, 7, 2.0)];
        let new = vec![sample(0, 2, 7, 3.0)];
        let to = raw(old.clone(), new.clone());
        assert_eq!((values(&to.rows), to.came.len(), to.went.len()), (vec![(0, 3.0)], 1, 2));
        let back = raw(new, old);
        assert_eq!((values(&back.rows), back.came.len(), back.went.len()), (vec![(0, 3.0)], 0, 0));
        // Rows of one record may be of several deliveries, and stay together.
        let mixed = vec![sample(0, 1, 7, 1.0), sample(1, 2, 7, 2.0)];
        assert_eq!(raw(vec![], mixed).rows.len(), 2);
    }

    #[test]
    fn of_equal_records_the_named_one_is_the_record() {
        let (named, blank) = (vec![sample(0, 1, 7, 5.0)], vec![sample(0, 2, 1, 5.0)]);
        assert_eq!(raw(named.clone(), blank.clone()).rows[0].row.source, 7);
        assert_eq!(raw(blank, named).rows[0].row.source, 7);
        let buckets = merged(Layer::Day, vec![sample(0, 9, 2, 1.0)], vec![sample(0, 1, 7, 4.0)], UNNAMED);
        assert_eq!(values(&buckets.rows), [(0, 4.0)], "a Shortcut's sum yields, however new");
    }
}
