//! Documents: files kept as they came.

pub mod read;

use rusqlite::params;

use crate::error::Result;
use crate::model::document::Document;
use crate::model::receipt::Outcome;
use crate::store::packed::pack_bytes;
use crate::store::samples::Owner;
use crate::store::writer::Writing;

/// Stores a document in place of the one of that kind and name, unless a later delivery has brought that one.
pub fn store(writing: &mut Writing, owner: Owner, document: &Document) -> Result<Outcome> {
    let known: bool = writing
        .connection
        .prepare_cached("SELECT count(*) > 0 FROM document WHERE user = ?1 AND kind = ?2 AND name = ?3")?
        .query_row(params![owner.user, document.kind, document.name], |row| row.get(0))?;
    let written = writing
        .connection
        .prepare_cached(
            "INSERT INTO document (user, kind, name, media_type, bytes, body, delivery)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (user, kind, name) DO UPDATE SET media_type = excluded.media_type, bytes = excluded.bytes,
                 body = excluded.body, delivery = excluded.delivery
             WHERE delivery <= excluded.delivery AND (body <> excluded.body OR media_type <> excluded.media_type)",
        )?
        .execute(params![
            owner.user,
            document.kind,
            document.name,
            document.media_type,
            document.body.len() as i64,
            pack_bytes(&document.body)?,
            owner.delivery
        ])?;
    Ok(match (known, written) {
        (false, _) => Outcome::Stored,
        (true, 0) => Outcome::Unchanged,
        (true, _) => Outcome::Updated,
    })
}
