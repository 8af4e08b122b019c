//! Bodies that were of no kind we know. They are kept, for a later version may understand them, but no more than so many of a
//! person: else a key that may only send could fill the disk for everybody.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::receipt::Receipt;
use crate::store::deliveries;
use crate::store::retention::GONE;

/// Most bytes of a person's bodies, as they are kept, and most bodies.
pub const MOST_BYTES: i64 = 64 << 20;
const MOST_BODIES: i64 = 1_000;

/// The newest rows that are looked at: those that are kept, and many that are gone.
const LOOKED_AT: i64 = 3 * MOST_BODIES;

/// Lets go of a person's oldest bodies until the others are within the limit.
pub(super) fn evict(connection: &Connection, user: i64) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT id, length(body), encoding <> ?3 FROM delivery JOIN delivery_body ON delivery_body.delivery = delivery.id
         WHERE user = ?1 AND refused = 1 ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![user, LOOKED_AT, GONE], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?))
    })?;
    let (mut bytes, mut bodies, mut evicted) = (0, 0, 0);
    for row in rows {
        let (id, length, is_kept) = row?;
        bytes += length;
        bodies += i64::from(is_kept);
        // The newest is kept however large it is: a single body is held to its own limit.
        if is_kept && bodies > 1 && (bytes > MOST_BYTES || bodies > MOST_BODIES) {
            let_go(connection, id)?;
            evicted += 1;
        }
    }
    if evicted > 0 {
        tracing::warn!(
            evicted,
            "bodies that were never understood were more than are kept of a person: the oldest are gone"
        );
    }
    Ok(())
}

/// Removes what was sent in a delivery that was not understood; its receipt stays, and says so.
pub fn remove(connection: &Connection, user: i64, public_id: &str) -> Result<()> {
    let found = connection
        .prepare_cached("SELECT id, refused FROM delivery WHERE user = ?1 AND public_id = ?2")?
        .query_row(params![user, public_id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    let (id, refused) = found.ok_or_else(|| Error::NotFound(format!("there is no delivery {public_id}")))?;
    if !refused {
        return Err(Error::Conflict(format!(
            "this delivery was understood: POST /api/v1/deletions {{\"delivery\": \"{public_id}\"}} deletes what it has brought, with a \
             way back"
        )));
    }
    let_go(connection, id)?;
    for table in ["quarantine", "reading_again"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE delivery = ?1"))?.execute([id])?;
    }
    let summary = "It was not understood, and what was sent has been removed since.".to_owned();
    deliveries::finish(connection, id, user, &Receipt { delivery: public_id.to_owned(), summary, ..Receipt::default() })
}

fn let_go(connection: &Connection, id: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE delivery_body SET encoding = ?2, body = x'' WHERE delivery = ?1")?
        .execute(params![id, GONE])?;
    Ok(())
}
