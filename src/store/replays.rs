//! Deliveries decoded again: which have a body to decode, and what becomes of their rows, quarantine and receipt.
//!
//! An old delivery must not undo a newer one: `Mode::Replay` and the writers of each kind see to that.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::error::Result;
use crate::model::receipt::Receipt;
use crate::model::sample::Batch;
use crate::store::deliveries::{self, Origin, milliseconds, parsed};
use crate::store::retention::GONE;
use crate::store::samples::{Mode, Owner};
use crate::store::writer::Writing;
use crate::store::{batch, quarantine};

/// Which of a person's deliveries.
#[derive(Debug, Clone)]
pub struct Selection {
    pub user: i64,
    /// Received at or after, in epoch seconds.
    pub since: Option<i64>,
    /// Only the one of this public id.
    pub delivery: Option<String>,
}

/// A delivery whose body is kept.
pub struct Kept {
    pub id: i64,
    pub user: i64,
    pub refused: bool,
    /// Epoch seconds: the time of items that name none.
    pub received_at: i64,
    pub origin: Origin,
    /// Bytes of the body as decompressed.
    pub bytes: i64,
    /// The body under `encoding`: zstd, or br of older ones.
    pub body: Vec<u8>,
    pub encoding: String,
    /// What its receipt says now.
    pub receipt: Receipt,
}

/// What `read` reads, of deliveries and their bodies.
pub(super) const COLUMNS: &str = "id, user, refused, received_at_ms, origin, bytes, body, receipt, encoding";

const SELECTED: &str = "user = ?1 AND id > ?2 AND received_at_ms >= ?3 AND (?4 IS NULL OR public_id = ?4)";

/// The next delivery after the row `after` that has a body, in the order in which they came.
pub fn next(connection: &Connection, selection: &Selection, after: i64) -> Result<Option<Kept>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM delivery
         JOIN delivery_body ON delivery_body.delivery = delivery.id
         WHERE {SELECTED} AND encoding <> '{GONE}' ORDER BY id LIMIT 1"
    );
    Ok(connection.prepare_cached(&sql)?.query_row(selected(selection, after), read).optional()?)
}

/// How many have no body: those of imports in pieces, whose files are not kept, and those whose retention has ended.
pub fn without_body(connection: &Connection, selection: &Selection) -> Result<i64> {
    let sql = format!(
        "SELECT count(*) FROM delivery WHERE {SELECTED}
         AND id NOT IN (SELECT delivery FROM delivery_body WHERE encoding <> '{GONE}')"
    );
    Ok(connection.prepare_cached(&sql)?.query_row(selected(selection, 0), |row| row.get(0))?)
}

fn selected(selection: &Selection, after: i64) -> impl Params {
    let Selection { user, since, delivery } = selection;
    (*user, after, milliseconds(*since, i64::MIN), delivery.clone())
}

pub(super) fn read(row: &Row) -> rusqlite::Result<Kept> {
    Ok(Kept {
        id: row.get(0)?,
        user: row.get(1)?,
        refused: row.get(2)?,
        received_at: row.get::<_, i64>(3)?.div_euclid(1000),
        origin: parsed(row, 4)?,
        bytes: row.get(5)?,
        body: row.get(6)?,
        receipt: parsed(row, 7)?,
        encoding: row.get(8)?,
    })
}

/// What a replay did with one delivery.
#[derive(Debug)]
pub struct Rewritten {
    /// What became of its items this time; what the receipt said before, when the body is not understood any more.
    pub now: Receipt,
    /// Whether that is anything that the receipt did not say before.
    pub changed: bool,
}

/// Stores what the body says today and puts its quarantine and receipt right. `at` is the time, RFC 3339.
///
/// A body that nobody understands any more changes nothing: what an earlier decoder made of it stands.
pub fn rewrite(
    writing: &mut Writing,
    kept: &Kept,
    format: &'static str,
    content: &Result<Batch, String>,
    at: String,
) -> Result<Rewritten> {
    let now = match content {
        Ok(said) => {
            let owner = Owner { user: kept.user, delivery: kept.id, mode: Mode::Replay };
            let done = batch::store(writing, owner, said)?;
            quarantine::empty(writing.connection, kept.id)?;
            quarantine::put(writing.connection, kept.id, said)?;
            deliveries::receipt(&kept.receipt.delivery, said, &done)
        }
        Err(reason) if kept.refused => {
            quarantine::empty(writing.connection, kept.id)?;
            quarantine::put_whole(writing.connection, kept.id, reason)?;
            deliveries::refusal(&kept.receipt.delivery, reason)
        }
        Err(_) => return Ok(Rewritten { now: kept.receipt.clone(), changed: false }),
    };
    let changed = is_other(&kept.receipt, &now);
    let said = if changed { succeeding(&kept.receipt, now.clone()) } else { kept.receipt.clone() };
    let receipt = Receipt { replayed_at: Some(at), ..said };
    write_receipt(writing.connection, kept, format, content.is_err(), &receipt)?;
    if changed {
        deliveries::move_data_version(writing.connection, kept.user)?;
    }
    Ok(Rewritten { now, changed })
}

/// Whether a replay has found anything that the receipt does not say already.
fn is_other(was: &Receipt, now: &Receipt) -> bool {
    let found = |receipt: &Receipt| (receipt.counts.received, receipt.counts.quarantined);
    now.counts.stored + now.counts.updated > 0
        || found(was) != found(now)
        || was.deferred != now.deferred
        || was.problems != now.problems
}

/// The new receipt, with what was said at first kept in it.
fn succeeding(was: &Receipt, now: Receipt) -> Receipt {
    let at_first = was.at_first.clone().unwrap_or_else(|| Box::new(Receipt { replayed_at: None, ..was.clone() }));
    Receipt { at_first: Some(at_first), ..now }
}

fn write_receipt(connection: &Connection, kept: &Kept, format: &str, refused: bool, receipt: &Receipt) -> Result<()> {
    connection
        .prepare_cached("UPDATE delivery SET refused = ?2, format = ?3, receipt = ?4 WHERE id = ?1")?
        .execute(params![kept.id, refused, format, deliveries::json(receipt)?])?;
    Ok(())
}
