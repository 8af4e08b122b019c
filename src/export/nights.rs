//! Nights as a table, by date. Their segments as the senders told them are samples of `sleep_analysis`.

use crate::export::table::{Column, Table, paged};
use crate::model::day::date_text;
use crate::query::duck::feed::{Cell, Row};
use crate::query::sleep::night::Night;
use crate::query::sleep::{Question, answer};
use crate::store::lane::Lane;

/// `start` and `end` are falling asleep and waking up; `unspecified` is sleep without a stage; all in minutes.
pub const SLEEP: [(&str, Column); 12] = [
    ("date", Column::Date),
    ("start", Column::Time),
    ("end", Column::Time),
    ("asleep_minutes", Column::Real),
    ("in_bed_minutes", Column::Real),
    ("core_minutes", Column::Real),
    ("deep_minutes", Column::Real),
    ("rem_minutes", Column::Real),
    ("awake_minutes", Column::Real),
    ("unspecified_minutes", Column::Real),
    ("source", Column::Text),
    ("summary", Column::Text),
];

/// Nights read at once.
pub const PAGE: usize = 366;

pub fn nights(lane: Lane, question: Question) -> Table {
    let rows = paged(lane, move |reading, after| {
        let answer = answer(reading, &Question { after, limit: PAGE, descending: false, ..question.clone() })?;
        Ok((answer.nights.iter().map(night).collect(), answer.next))
    });
    Table::new(&SLEEP, rows)
}

fn night(night: &Night) -> Row {
    let time = |utc: Option<i64>| utc.map_or(Cell::Null, Cell::Time);
    let minutes = [night.asleep, night.in_bed, night.core, night.deep, night.rem, night.awake, night.unspecified];
    let mut row = vec![date_text(night.day).into(), time(night.start), time(night.end)];
    row.extend(minutes.map(Cell::from));
    row.extend([night.source.as_str().into(), night.summary().into()]);
    row
}
