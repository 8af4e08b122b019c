//! Events as a table, kind by kind, in order of start.

use crate::error::Result;
use crate::export::table::{Column, Table, paged};
use crate::export::workouts::json;
use crate::model::event::KINDS;
use crate::query::duck::feed::{Cell, Row};
use crate::query::events::{After, Whole, page, series};
use crate::store::Reading;
use crate::store::events::read::Selection;
use crate::store::lane::Lane;

/// `value_sent` and `name` are the sender's words for `value` and `code`. `series` is the long list that belongs to an
/// event: an ECG's voltages, the beats of a heartbeat series.
pub const EVENTS: [(&str, Column); 11] = [
    ("kind", Column::Text),
    ("code", Column::Text),
    ("name", Column::Text),
    ("start", Column::Time),
    ("end", Column::Time),
    ("value", Column::Text),
    ("value_sent", Column::Text),
    ("source", Column::Text),
    ("offset_minutes", Column::Integer),
    ("details", Column::Json),
    ("series", Column::Json),
];

/// Events read at once: few, for each may bring an ECG.
const PAGE: usize = 50;

/// Which events.
#[derive(Debug, Clone)]
pub struct Range {
    /// UTC epoch seconds of the start; start included, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub kinds: Vec<&'static str>,
    /// All when empty.
    pub codes: Vec<String>,
}

impl Default for Range {
    fn default() -> Range {
        Range { from: None, to: None, kinds: KINDS.to_vec(), codes: Vec::new() }
    }
}

pub fn events(lane: Lane, user: i64, range: Range) -> Table {
    let rows = paged(lane, move |reading, cursor: Option<(usize, Option<After>)>| {
        let (at, after) = cursor.unwrap_or_default();
        let Some(kind) = range.kinds.get(at) else { return Ok((Vec::new(), None)) };
        let (from, to) = (range.from.unwrap_or(i64::MIN), range.to.unwrap_or(i64::MAX));
        let selection = Selection { user, kind, from, to, codes: range.codes.clone(), descending: false };
        let (events, next) = page(reading, &selection, after.as_ref(), PAGE)?;
        let rows = events.iter().map(|event| row(reading, user, kind, event)).collect::<Result<_>>()?;
        let next = if next.is_some() { (at, next) } else { (at + 1, None) };
        Ok((rows, Some(next)))
    });
    Table::new(&EVENTS, rows)
}

fn row(reading: &Reading, user: i64, kind: &str, event: &Whole) -> Result<Row> {
    let series = series(reading, user, kind, event)?;
    Ok(vec![
        kind.into(),
        event.place.code.as_str().into(),
        event.name.as_str().into(),
        Cell::Time(event.place.start),
        Cell::Time(event.place.start.saturating_add(event.place.span)),
        event.value.clone().into(),
        event.value_sent.clone().into(),
        event.source.as_str().into(),
        Cell::Integer(event.offset_minutes.into()),
        json(&event.details)?,
        series.map_or(Ok(Cell::Null), |series| json(&series))?,
    ])
}
