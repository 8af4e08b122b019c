//! How single rows of samples are put, moved and removed. Under each key the rows are numbered; what is stored has one of number 0.

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{Insert, insert_sql, put_sql};
use super::{OF_KEY, group, one};
use crate::error::{Error, Result};
use crate::store::place::Place;
use crate::store::samples::{Key, Row, StoredRow};

/// Notes who has stated a row last that does not count.
pub fn set_stated(
    connection: &Connection,
    place: Place,
    user: i64,
    (metric, start, layer): Key,
    (ordinal, stated): (i64, i64),
) -> Result<()> {
    let (table, only) = (place.table("sample"), place.only());
    connection
        .prepare_cached(&format!("UPDATE {table} SET stated = ?6 WHERE {OF_KEY}{only} AND twin = ?5"))?
        .execute(params![user, metric, start, layer.id(), ordinal, stated])?;
    Ok(())
}

/// Stores a row under the number that it had; who stands there moves up.
pub fn put_back(connection: &Connection, user: i64, key: Key, sample: &StoredRow) -> Result<()> {
    let is_alone = one(connection, user, key, 0)?.is_none();
    let sample = StoredRow { ordinal: if is_alone { 0 } else { sample.ordinal }, ..sample.clone() };
    make_room(connection, Place::Stored, user, key, sample.ordinal)?;
    insert(connection, Place::Stored, user, key, &sample)
}

/// Adds a row under a deletion with the number that it has; who lies there moves up.
pub fn bury(
    connection: &Connection,
    deletion: i64,
    user: i64,
    key: Key,
    (sample, stated): (&StoredRow, i64),
) -> Result<()> {
    let place = Place::Buried(deletion);
    make_room(connection, place, user, key, sample.ordinal)?;
    insert(connection, place, user, key, sample)?;
    set_stated(connection, place, user, key, (sample.ordinal, stated))
}

/// Moves up who has this number, and those that follow without a gap.
fn make_room(connection: &Connection, place: Place, user: i64, key: Key, ordinal: i64) -> Result<()> {
    let (metric, start, layer) = key;
    let sql =
        format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {OF_KEY}{} AND twin = ?5)", place.table("sample"), place.only());
    let asked = params![user, metric, start, layer.id(), ordinal];
    if !connection.prepare_cached(&sql)?.query_row(asked, |row| row.get::<_, bool>(0))? {
        return Ok(());
    }
    let known = group(connection, place, user, key)?;
    let taken = known.iter().map(|row| row.ordinal).filter(|taken| *taken >= ordinal);
    let chain: Vec<i64> =
        taken.zip(ordinal..).take_while(|(taken, next)| taken == next).map(|(taken, _)| taken).collect();
    let (table, only) = (place.table("sample"), place.only());
    let sql = format!("UPDATE {table} SET twin = twin + 1 WHERE {OF_KEY}{only} AND twin = ?5");
    for taken in chain.into_iter().rev() {
        connection.prepare_cached(&sql)?.execute(params![user, metric, start, layer.id(), taken])?;
    }
    Ok(())
}

/// Adds a row that does not count behind the others of its key and place.
pub fn add(
    connection: &Connection,
    place: Place,
    user: i64,
    key: Key,
    (row, owner, stated): (&Row, i64, i64),
) -> Result<()> {
    let (metric, start, layer) = key;
    let (table, only) = (place.table("sample"), place.only());
    let ordinal: i64 = connection
        .prepare_cached(&format!("SELECT coalesce(max(twin) + 1, 0) FROM {table} WHERE {OF_KEY}{only}"))?
        .query_row(params![user, metric, start, layer.id()], |row| row.get(0))?;
    let ((column, value), verb) = (place.also(), "INSERT");
    let also = (format!("{column}, stated"), format!("{value}, {stated}"));
    Insert::prepare(connection, &insert_sql(verb, place, (&also.0, &also.1)), (user, owner))?
        .write(key, ordinal, row)?;
    Ok(())
}

/// Stores a row under the first number that is free.
pub fn put_free(connection: &Connection, user: i64, key: Key, row: &Row, owner: i64) -> Result<()> {
    let (metric, start, layer) = key;
    let ordinal: i64 = connection
        .prepare_cached(&format!(
            "SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM sample WHERE {OF_KEY} AND twin = 0) THEN 0
             ELSE (SELECT max(twin) + 1 FROM sample WHERE {OF_KEY}) END"
        ))?
        .query_row(params![user, metric, start, layer.id()], |row| row.get(0))?;
    let sample = StoredRow { ordinal, row: row.clone(), delivery: owner };
    insert(connection, Place::Stored, user, key, &sample)
}

pub fn insert(connection: &Connection, place: Place, user: i64, key: Key, sample: &StoredRow) -> Result<()> {
    let owner = (user, sample.delivery);
    Insert::prepare(connection, &put_sql("INSERT", place), owner)?.write(key, sample.ordinal, &sample.row)?;
    Ok(())
}

/// Removes one row of a group, or all of it.
pub fn remove(connection: &Connection, place: Place, user: i64, key: Key, ordinal: Option<i64>) -> Result<()> {
    let (metric, start, layer) = key;
    let (table, only) = (place.table("sample"), place.only());
    let all = format!("DELETE FROM {table} WHERE {OF_KEY}{only}");
    let asked = params![user, metric, start, layer.id()];
    match ordinal {
        Some(twin) => connection.prepare_cached(&format!("{all} AND twin = ?5"))?.execute(params![
            user,
            metric,
            start,
            layer.id(),
            twin
        ])?,
        None => connection.prepare_cached(&all)?.execute(asked)?,
    };
    Ok(())
}

/// Removes one row; what is stored keeps a first one.
pub fn take(connection: &Connection, place: Place, user: i64, key: Key, ordinal: i64) -> Result<()> {
    remove(connection, place, user, key, Some(ordinal))?;
    if place == Place::Stored { keep_first_taken(connection, user, key) } else { Ok(()) }
}

/// Removes the stored row of a delivery that says just this; it stood under this number, others that have gone may have
/// moved it up.
pub fn take_like(connection: &Connection, user: i64, key: Key, sample: &StoredRow) -> Result<()> {
    let is_it = |stored: &StoredRow| stored.delivery == sample.delivery && stored.row == sample.row;
    for ordinal in [sample.ordinal, 0] {
        if one(connection, user, key, ordinal)?.is_some_and(|stored| is_it(&stored)) {
            return take(connection, Place::Stored, user, key, ordinal);
        }
    }
    match group(connection, Place::Stored, user, key)?.iter().find(|stored| is_it(stored)) {
        Some(found) => take(connection, Place::Stored, user, key, found.ordinal),
        None => Err(Error::Internal("a sample is not where it was read".into())),
    }
}

/// Moves the first row that is stored under a key to number 0, where that has become vacant.
pub fn keep_first_taken(connection: &Connection, user: i64, (metric, start, layer): Key) -> Result<()> {
    let first: Option<i64> = connection
        .prepare_cached(&format!("SELECT min(twin) FROM sample WHERE {OF_KEY}"))?
        .query_row(params![user, metric, start, layer.id()], |row| row.get(0))
        .optional()?
        .flatten();
    if let Some(ordinal) = first.filter(|ordinal| *ordinal > 0) {
        connection
            .prepare_cached(&format!("UPDATE sample SET twin = 0 WHERE {OF_KEY} AND twin = ?5"))?
            .execute(params![user, metric, start, layer.id(), ordinal])?;
    }
    Ok(())
}
