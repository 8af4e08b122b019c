//! Quarantine: items that were not understood, each with the place where it stood and the reason, until a replay reads
//! them.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Result;
use crate::model::sample::Batch;
use crate::store::deliveries::milliseconds;

/// An item that waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuarantineRow {
    /// Its row.
    #[serde(skip)]
    pub id: i64,
    /// The delivery that brought it, as under `/api/v1/deliveries/{id}`.
    pub delivery: String,
    /// RFC 3339, UTC.
    pub received_at: String,
    /// The name it is counted under in the receipt; missing for a whole body.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metric: String,
    /// JSON path in the body as sent; `$` is the whole body.
    pub path: String,
    pub reason: String,
    /// The item as sent; empty for a whole body, which is kept with the delivery.
    pub item: String,
}

/// Which of a person's items.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Public id.
    pub delivery: Option<String>,
    pub metric: Option<String>,
    /// When the delivery came, in epoch seconds; start included, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// Puts away what a batch has rejected.
pub(super) fn put(connection: &Connection, delivery: i64, batch: &Batch) -> Result<()> {
    for item in &batch.rejected {
        let name = batch.item_names.get(item.name as usize).map_or("", String::as_str);
        put_one(connection, delivery, name, [&item.path, &item.reason, &item.item])?;
    }
    Ok(())
}

/// Puts away a whole body.
pub(super) fn put_whole(connection: &Connection, delivery: i64, reason: &str) -> Result<()> {
    put_one(connection, delivery, "", ["$", reason, ""])
}

fn put_one(connection: &Connection, delivery: i64, name: &str, [path, reason, item]: [&str; 3]) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO quarantine (delivery, name, path, reason, item) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![delivery, name, path, reason, item])?;
    Ok(())
}

/// Forgets what a delivery has there.
pub(super) fn empty(connection: &Connection, delivery: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM quarantine WHERE delivery = ?1")?.execute([delivery])?;
    Ok(())
}

/// How many items wait, of all people.
pub fn size(connection: &Connection) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT count(*) FROM quarantine")?.query_row([], |row| row.get(0))?)
}

/// Which of its delivery's items one is, from 1 on: cursors name it so, for rows are counted over all people.
pub fn place(connection: &Connection, id: i64) -> Result<i64> {
    let sql = "SELECT count(*) FROM quarantine JOIN quarantine asked ON asked.id = ?1
               WHERE quarantine.delivery = asked.delivery AND quarantine.id <= asked.id";
    Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

/// The position of the item at that place of a delivery, for `page`; one that has been read since is before all.
pub fn position(connection: &Connection, delivery: i64, place: i64) -> Result<[i64; 2]> {
    let sql = "SELECT id FROM quarantine WHERE delivery = ?1 ORDER BY id LIMIT 1 OFFSET ?2";
    let id = connection.prepare_cached(sql)?.query_row(params![delivery, place - 1], |row| row.get(0)).optional()?;
    Ok([delivery, id.unwrap_or(0)])
}

/// A page, newest delivery first, and within a delivery in the order of its body; after the row at `after`.
pub fn page(
    connection: &Connection,
    user: i64,
    filter: &Filter,
    after: Option<[i64; 2]>,
    limit: u32,
) -> Result<Vec<QuarantineRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT q.id, public_id, received_at_ms, name, path, reason, item
         FROM quarantine q JOIN delivery ON delivery.id = q.delivery
         WHERE user = ?1 AND q.delivery <= ?2 AND (q.delivery < ?2 OR q.id > ?3)
           AND (?4 IS NULL OR public_id = ?4) AND (?5 IS NULL OR name = ?5)
           AND received_at_ms >= ?6 AND received_at_ms < ?7
         ORDER BY q.delivery DESC, q.id LIMIT ?8",
    )?;
    let [delivery, id] = after.unwrap_or([i64::MAX, 0]);
    let (from, to) = (milliseconds(filter.from, i64::MIN), milliseconds(filter.to, i64::MAX));
    let rows =
        statement.query_map(params![user, delivery, id, filter.delivery, filter.metric, from, to, limit], |row| {
            let received_at_ms: i64 = row.get(2)?;
            Ok(QuarantineRow {
                id: row.get(0)?,
                delivery: row.get(1)?,
                received_at: crate::model::time::offset_rfc3339(received_at_ms.div_euclid(1000), 0),
                metric: row.get(3)?,
                path: row.get(4)?,
                reason: row.get(5)?,
                item: row.get(6)?,
            })
        })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
