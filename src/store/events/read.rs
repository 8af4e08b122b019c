//! Events in groups: those that share kind, start, end and code, whoever tells of them.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::Map;

use crate::error::{Error, Result};
use crate::model::event::EventSeries;
use crate::model::sender::Sender;
use crate::store::packed::unpack;

/// An event as one sender tells it.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    pub place: Place,
    pub sender: Sender,
    pub twin: i64,
    pub name: String,
    pub value: Option<String>,
    pub value_sent: Option<String>,
    pub source: String,
    pub offset_minutes: i32,
    pub details: Map<String, serde_json::Value>,
    pub has_series: bool,
}

/// What the members of a group share beside person and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// UTC epoch seconds.
    pub start: i64,
    /// Seconds.
    pub span: i64,
    pub code: String,
}

/// Which events.
#[derive(Debug, Clone)]
pub struct Selection {
    pub user: i64,
    pub kind: &'static str,
    /// UTC epoch seconds of the start; start included, end excluded.
    pub from: i64,
    pub to: i64,
    /// All when empty.
    pub codes: Vec<String>,
    pub descending: bool,
}

const COLUMNS: &str = "start, span, code, sender, twin, event.name, value, value_sent, source.name, offset_minutes, details, \
                       series IS NOT NULL";

/// Hands over group after group in order of start, from the group at `from` on, until `take` has enough. Within a group
/// events are in the order of trust.
pub fn groups(
    connection: &Connection,
    selection: &Selection,
    from: Option<&Place>,
    mut take: impl FnMut(Vec<StoredEvent>) -> bool,
) -> Result<()> {
    let (sql, values) = groups_sql(selection, from);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut group: Vec<StoredEvent> = Vec::new();
    let mut give = |group: &mut Vec<StoredEvent>| {
        let mut group = std::mem::take(group);
        group.sort_by_key(|event| (event.sender, event.twin));
        group.is_empty() || take(group)
    };
    while let Some(row) = rows.next()? {
        let event = event(row)?;
        if group.first().is_some_and(|first| first.place != event.place) && !give(&mut group) {
            return Ok(());
        }
        group.push(event);
    }
    give(&mut group);
    Ok(())
}

/// The statement of `groups`. Rows come in the order of the key or its reverse, so that nothing is sorted.
fn groups_sql(selection: &Selection, place: Option<&Place>) -> (String, Vec<Value>) {
    let Selection { user, kind, mut from, mut to, descending, .. } = *selection;
    let (comparison, direction) = if descending { ("<=", "DESC") } else { (">=", "ASC") };
    match place {
        Some(place) if descending => to = to.min(place.start.saturating_add(1)),
        Some(place) => from = from.max(place.start),
        None => {}
    }
    let mut values: Vec<Value> = vec![user.into(), kind.to_owned().into(), from.into(), to.into()];
    // A cross join keeps SQLite from going through the sources first.
    let mut sql = format!(
        "SELECT {COLUMNS} FROM event CROSS JOIN source ON source.id = event.source
         WHERE user = ?1 AND kind = ?2 AND start >= ?3 AND start < ?4"
    );
    if let Some(place) = place {
        values.extend([place.start.into(), place.span.into(), place.code.clone().into()]);
        sql.push_str(&format!(" AND (start, span, code) {comparison} (?5, ?6, ?7)"));
    }
    if !selection.codes.is_empty() {
        let places: Vec<String> = (values.len() + 1..).take(selection.codes.len()).map(|at| format!("?{at}")).collect();
        values.extend(selection.codes.iter().cloned().map(Value::from));
        sql.push_str(&format!(" AND +code IN ({})", places.join(",")));
    }
    let order = ["start", "span", "code", "sender", "twin"].map(|column| format!("{column} {direction}"));
    sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
    (sql, values)
}

/// The members of one group, in the order of trust.
pub fn group(connection: &Connection, user: i64, kind: &'static str, place: &Place) -> Result<Vec<StoredEvent>> {
    let codes = vec![place.code.clone()];
    let selection =
        Selection { user, kind, from: place.start, to: place.start.saturating_add(1), codes, descending: false };
    let mut found = Vec::new();
    groups(connection, &selection, Some(place), |group| {
        if group.first().is_some_and(|first| first.place == *place) {
            found = group;
        }
        false
    })?;
    Ok(found)
}

fn event(row: &Row) -> Result<StoredEvent> {
    let sender: i64 = row.get(3)?;
    let details: String = row.get(10)?;
    Ok(StoredEvent {
        place: Place { start: row.get(0)?, span: row.get(1)?, code: row.get(2)? },
        sender: Sender::from_id(sender).ok_or(rusqlite::Error::IntegralValueOutOfRange(3, sender))?,
        twin: row.get(4)?,
        name: row.get(5)?,
        value: row.get(6)?,
        value_sent: row.get(7)?,
        source: row.get(8)?,
        offset_minutes: row.get(9)?,
        details: serde_json::from_str(&details).map_err(|fault| Error::internal("reading an event", fault))?,
        has_series: row.get(11)?,
    })
}

/// The long list that belongs to an event, if it has one.
pub fn series(connection: &Connection, user: i64, kind: &str, event: &StoredEvent) -> Result<Option<EventSeries>> {
    let Place { start, span, code } = &event.place;
    let packed: Option<Option<Vec<u8>>> = connection
        .prepare_cached(
            "SELECT series FROM event WHERE user = ?1 AND kind = ?2 AND start = ?3 AND span = ?4 AND code = ?5
             AND sender = ?6 AND twin = ?7",
        )?
        .query_row(params![user, kind, start, span, code, event.sender.id(), event.twin], |row| row.get(0))
        .optional()?;
    packed.flatten().map(|packed| unpack(&packed)).transpose()
}

/// What is stored of one kind.
#[derive(Debug, Clone)]
pub struct KindRow {
    pub kind: String,
    /// Those that several senders tell of count once.
    pub count: i64,
    /// Starts, UTC epoch seconds.
    pub first: i64,
    pub last: i64,
}

/// The kinds that a person has events of. Steps over the whole of the person's key, in its order.
pub fn kinds(connection: &Connection, user: i64) -> Result<Vec<KindRow>> {
    let mut statement = connection.prepare_cached(
        "WITH told AS (SELECT kind, start, span, code, sender, count(*) AS events FROM event WHERE user = ?1
                       GROUP BY kind, start, span, code, sender),
              happened AS (SELECT kind, start, max(events) AS events FROM told GROUP BY kind, start, span, code)
         SELECT kind, sum(events), min(start), max(start) FROM happened GROUP BY kind ORDER BY kind",
    )?;
    let rows = statement.query_map([user], |row| {
        Ok(KindRow { kind: row.get(0)?, count: row.get(1)?, first: row.get(2)?, last: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
