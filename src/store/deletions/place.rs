//! Where a row lies: among what is shown, or under a deletion, in the table of the same shape.
//!
//! Both are written by the same code, so that what is kept out is settled as it would have been, and an undo finds the
//! newest. The numbers put into the SQL are our own.

use rusqlite::{Connection, Row as SqlRow, params};

use crate::error::Result;
use crate::store::apply::Key;
use crate::store::reconcile::{Row, Standing};

/// Among what is shown, or under the deletion of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Stored,
    Buried(i64),
}

impl Place {
    pub fn under(deletion: Option<i64>) -> Place {
        deletion.map_or(Place::Stored, Place::Buried)
    }

    pub fn table(self, name: &str) -> String {
        match self {
            Place::Stored => name.to_owned(),
            Place::Buried(_) => format!("buried_{name}"),
        }
    }

    /// Narrows a condition to the rows of this place.
    pub fn only(self) -> String {
        match self {
            Place::Stored => String::new(),
            Place::Buried(deletion) => format!(" AND deletion = {deletion}"),
        }
    }

    /// The column and the value, each behind a comma, that an insert has more than the columns that are the same.
    pub fn also(self) -> (&'static str, String) {
        match self {
            Place::Stored => ("", String::new()),
            Place::Buried(deletion) => (", deletion", format!(", {deletion}")),
        }
    }

    /// The rows of one (user, metric, start, layer), by twin: see `standing`.
    pub fn group_sql(self) -> String {
        format!(
            "SELECT twin, delivery, span, value, min, max, source, context, offset_minutes, manual
             FROM {}
             WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4{} ORDER BY twin",
            self.table("sample"),
            self.only()
        )
    }

    /// Writes a sample; `verb` is one of ours.
    pub fn insert_sql(self, verb: &str) -> String {
        let (column, value) = self.also();
        format!(
            "{verb} INTO {} (user, delivery, metric, start, layer, twin, span, value, min, max, source, context,
                             offset_minutes, manual{column})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14{value})",
            self.table("sample")
        )
    }
}

/// A row of `group_sql`.
pub fn standing(row: &SqlRow) -> rusqlite::Result<Standing> {
    Ok(Standing { twin: row.get(0)?, delivery: row.get(1)?, row: columns(row, 2)? })
}

/// What a sample says, from this column on.
pub fn columns(row: &SqlRow, from: usize) -> rusqlite::Result<Row> {
    Ok(Row {
        span: row.get(from)?,
        value: row.get(from + 1)?,
        min: row.get(from + 2)?,
        max: row.get(from + 3)?,
        source: row.get(from + 4)?,
        context: row.get(from + 5)?,
        offset_minutes: row.get(from + 6)?,
        manual: row.get(from + 7)?,
    })
}

pub fn group(connection: &Connection, place: Place, user: i64, (metric, start, layer): Key) -> Result<Vec<Standing>> {
    let mut statement = connection.prepare_cached(&place.group_sql())?;
    let rows = statement.query_map(params![user, metric, start, layer.id()], standing)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn insert(
    connection: &Connection,
    place: Place,
    user: i64,
    (metric, start, layer): Key,
    sample: &Standing,
) -> Result<()> {
    let Standing { twin, row, delivery } = sample;
    connection.prepare_cached(&place.insert_sql("INSERT"))?.execute(params![
        user,
        delivery,
        metric,
        start,
        layer.id(),
        twin,
        row.span,
        row.value,
        row.min,
        row.max,
        row.source,
        row.context,
        row.offset_minutes,
        row.manual,
    ])?;
    Ok(())
}

/// One row of a group, or all of it.
pub fn remove(
    connection: &Connection,
    place: Place,
    user: i64,
    (metric, start, layer): Key,
    twin: Option<i64>,
) -> Result<()> {
    let (table, only) = (place.table("sample"), place.only());
    let all = format!("DELETE FROM {table} WHERE user = ?1 AND metric = ?2 AND start = ?3 AND layer = ?4{only}");
    match twin {
        Some(twin) => connection.prepare_cached(&format!("{all} AND twin = ?5"))?.execute(params![
            user,
            metric,
            start,
            layer.id(),
            twin
        ])?,
        None => connection.prepare_cached(&all)?.execute(params![user, metric, start, layer.id()])?,
    };
    Ok(())
}
