//! Deliveries of before the accounts, read again once from their kept bodies: what counts is then decided as if all had come to
//! the rules of today.
//!
//! The migration has listed them in `reading_again`. First it is found out what each is an account of, for which of two has the
//! word must be known before anything is settled; then each is stored anew. Each step is one transaction, in the order in which
//! they came, so that whatever ends the process the next start goes on. What comes meanwhile is listed as well, for it has met
//! rows of the old rules. Rows of deliveries without a body stay as they are.

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::sample::Batch;
use crate::store::grouping::relayer;
use crate::store::replays::{self, Kept};
use crate::store::writer::Writing;
use crate::store::{account, deliveries};

/// How often one is begun at most.
const MOST_BEGINNINGS: i64 = 3;

/// How many are left.
pub fn left(connection: &Connection) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT count(*) FROM reading_again")?.query_row([], |row| row.get(0))?)
}

pub fn are_left(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM reading_again)";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// The next one, and whether it is known what it is an account of.
pub fn next(connection: &Connection) -> Result<Option<(Kept, bool)>> {
    let sql = format!(
        "SELECT {}, known FROM reading_again JOIN delivery ON delivery.id = reading_again.delivery
         JOIN delivery_body ON delivery_body.delivery = delivery.id ORDER BY known, id LIMIT 1",
        replays::COLUMNS
    );
    let read = |row: &rusqlite::Row| Ok((replays::read(row)?, row.get("known")?));
    Ok(connection.prepare_cached(&sql)?.query_row([], read).optional()?)
}

/// Notes that one is begun; false when it was begun too often already, and is left alone.
pub fn begin(connection: &Connection, delivery: i64) -> Result<bool> {
    let begun: Option<i64> = connection
        .prepare_cached("UPDATE reading_again SET begun = begun + 1 WHERE delivery = ?1 RETURNING begun")?
        .query_row([delivery], |row| row.get(0))
        .optional()?;
    Ok(begun.is_some_and(|begun| begun <= MOST_BEGINNINGS))
}

/// One is done, or left alone.
pub fn end(connection: &Connection, delivery: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM reading_again WHERE delivery = ?1")?.execute([delivery])?;
    Ok(())
}

/// What has just come is read again behind those that are left.
pub(super) fn note(connection: &Connection, delivery: i64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO reading_again (delivery, known) SELECT ?1, 1 WHERE EXISTS (SELECT 1 FROM reading_again)",
        )?
        .execute([delivery])?;
    Ok(())
}

/// Stores what a body says by the rules of today in place of what was stored of it. `at` is the time, RFC 3339. What nobody
/// understands any more stays.
pub fn write(
    writing: &mut Writing,
    kept: &Kept,
    format: &'static str,
    content: &Result<Batch, String>,
    at: String,
) -> Result<()> {
    if let Ok(batch) = content {
        writing.connection.prepare_cached("DELETE FROM account WHERE delivery = ?1")?.execute([kept.id])?;
        relayer::drop_unsaid(writing.connection, (kept.user, kept.id), kept.received_at, batch)?;
    }
    replays::rewrite(writing, kept, format, content, at)?;
    end(writing.connection, kept.id)?;
    deliveries::move_data_version(writing.connection, kept.user)
}

/// Writes what one is an account of; one whose body is not understood stays what it was.
pub fn know(writing: &mut Writing, kept: &Kept, content: &Result<Batch, String>) -> Result<()> {
    let connection = writing.connection;
    if let Ok(batch) = content {
        let asked = "SELECT api_key, received_at_ms FROM delivery WHERE id = ?1";
        let (api_key, received_at_ms) =
            connection.prepare_cached(asked)?.query_row([kept.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let claimed = deliveries::claimed(kept.user, api_key, received_at_ms, &kept.origin);
        account::insert(connection, kept.id, &claimed, Some(batch))?;
    }
    connection
        .prepare_cached("UPDATE reading_again SET known = 1, begun = 0 WHERE delivery = ?1")?
        .execute([kept.id])?;
    Ok(())
}
