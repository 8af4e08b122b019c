//! Documents, listed and one at a time.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Result;
use crate::store::packed::unpack_bytes;

/// A document without its body.
#[derive(Debug, Clone)]
pub struct DocumentRow {
    pub id: i64,
    pub kind: String,
    pub name: String,
    pub media_type: String,
    /// Of the body.
    pub bytes: i64,
}

impl DocumentRow {
    /// The last part of its name, in ASCII letters, digits, points, hyphens and underscores; never hidden, never empty.
    pub fn file_name(&self) -> String {
        let last = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        let name: String = last.chars().map(safe).collect();
        match name.trim_start_matches('.') {
            "" => format!("document-{}", self.id),
            name => name.to_owned(),
        }
    }
}

const COLUMNS: &str = "id, kind, name, media_type, bytes";

/// At most `limit` of a person's documents, by id, after that one.
pub fn page(connection: &Connection, user: i64, after: i64, limit: usize) -> Result<Vec<DocumentRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM document WHERE user = ?1 AND id > ?2 ORDER BY id LIMIT {limit}"
    ))?;
    let rows = statement.query_map(params![user, after], row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A person's document of that id with its body, if there is one.
pub fn one(connection: &Connection, user: i64, id: i64) -> Result<Option<(DocumentRow, Vec<u8>)>> {
    let found: Option<(DocumentRow, Vec<u8>)> = connection
        .prepare_cached(&format!("SELECT {COLUMNS}, body FROM document WHERE id = ?1 AND user = ?2"))?
        .query_row(params![id, user], |found| Ok((row(found)?, found.get(5)?)))
        .optional()?;
    found.map(|(row, body)| Ok((row, unpack_bytes(&body)?))).transpose()
}

fn row(row: &Row) -> rusqlite::Result<DocumentRow> {
    Ok(DocumentRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        media_type: row.get(3)?,
        bytes: row.get(4)?,
    })
}
