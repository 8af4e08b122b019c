//! Documents: files kept as they came.

pub mod read;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::document::Document;
use crate::model::receipt::Outcome;
use crate::store::account;
use crate::store::numbers;
use crate::store::packed::pack_bytes;
use crate::store::samples::Owner;
use crate::store::writer::Writing;

/// Stores a document in place of the one of that kind and name, unless that is of a delivery that tells of a later moment.
pub fn store(writing: &mut Writing, owner: Owner, document: &Document) -> Result<Outcome> {
    let known: Option<i64> = writing
        .connection
        .prepare_cached("SELECT delivery FROM document WHERE user = ?1 AND kind = ?2 AND name = ?3")?
        .query_row(params![owner.user, document.kind, document.name], |row| row.get(0))
        .optional()?;
    if let Some(known) = known
        && is_later(writing.connection, known, owner.delivery)?
    {
        return Ok(Outcome::Unchanged);
    }
    let written = writing
        .connection
        .prepare_cached(
            "INSERT INTO document (user, kind, name, media_type, bytes, body, delivery, id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (user, kind, name) DO UPDATE SET media_type = excluded.media_type, bytes = excluded.bytes,
                 body = excluded.body, delivery = excluded.delivery
             WHERE body <> excluded.body OR media_type <> excluded.media_type",
        )?
        .execute(params![
            owner.user,
            document.kind,
            document.name,
            document.media_type,
            document.body.len() as i64,
            pack_bytes(&document.body)?,
            owner.delivery,
            numbers::next(writing.connection, &["document"], owner.user)?
        ])?;
    Ok(match (known, written) {
        (None, _) => Outcome::Stored,
        (Some(_), 0) => Outcome::Unchanged,
        (Some(_), _) => Outcome::Updated,
    })
}

/// Whether a delivery has the word over another.
fn is_later(connection: &Connection, delivery: i64, other: i64) -> Result<bool> {
    let heads = (account::heads(connection, delivery)?, account::heads(connection, other)?);
    Ok(match heads {
        (Some(head), Some(other)) => head.order > other.order,
        _ => delivery > other,
    })
}
