//! The app's CSV files, rewritten as the JSON that the app would have sent for the same data.
//!
//! So there is one reader for both, and every trap of units, names and dates is dealt with once. Each record carries the
//! line it stood in (`LINE`), for the reports. Times in these files have no offset and mean the home zone, but those of
//! routes, which are UTC.

mod cell;
mod table;
mod workout;

use serde_json::{Map, Value, json};

use crate::decode::auto_export::Array;
use crate::model::sleep::Stage;
use crate::model::words::Words;
use table::Table;
pub use workout::OfWorkout;

/// The key that tells where a record stood: `Workouts.csv, line 3`.
pub const LINE: &str = "csvLine";

/// What one file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// What would stand under `data`.
    Data(Map<String, Value>),
    /// Values over the time of one workout, which the file's name tells.
    OfWorkout(OfWorkout),
}

/// Reads a file of any of the app's tables; `None` when its titles are those of none.
pub fn read(file: &str, bytes: &[u8]) -> Option<Content> {
    let table = Table::read(file, bytes)?;
    if let Some(of_workout) = OfWorkout::read(file, &table) {
        return Some(Content::OfWorkout(of_workout));
    }
    let array = kind(&table);
    let data = match array {
        Some(Kind::List(array)) => Map::from_iter([(array.key().to_owned(), records(&table))]),
        Some(Kind::Sleep) => {
            let section = json!({"name": "sleep_analysis", "units": "hr", "data": records(&table)});
            Map::from_iter([("metrics".to_owned(), json!([section]))])
        }
        None => Map::from_iter([("metrics".to_owned(), sections(&table)?)]),
    };
    Some(Content::Data(data))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    List(Array),
    Sleep,
}

/// Tables with a record per row, told by the titles that only they have, or by their words where others could have the
/// same titles; `None` for points in columns.
fn kind(table: &Table) -> Option<Kind> {
    let has = |word: &str| table.column(word).is_some();
    if !has("start") && !has("scheduled_date") && !has("date") {
        return None;
    }
    let named = has("name");
    let timed = has("start") && has("end");
    match () {
        _ if has("severity") && named => Some(Kind::List(Array::Symptoms)),
        _ if has("valence") || has("valence_classification") => Some(Kind::List(Array::StateOfMind)),
        _ if has("display_text") || (has("status") && has("scheduled_date")) => Some(Kind::List(Array::Medications)),
        _ if table.any("name", |word| Words::Cycle.code(word).is_some()) => Some(Kind::List(Array::CycleTracking)),
        _ if named && timed && has("duration") => Some(Kind::List(Array::Workouts)),
        _ if timed && table.any("value", |word| Stage::from_word(word).is_some()) => Some(Kind::Sleep),
        _ => None,
    }
}

/// One object per row.
fn records(table: &Table) -> Value {
    let record = |row: &table::Row| {
        let mut record = table.line(row);
        for (column, title) in table.titles.iter().enumerate() {
            let text = row.cell(column);
            if !text.is_empty() {
                let value = match title.unit.as_str() {
                    _ if title.is_word => Value::from(table.text(text)),
                    "" => table.number(text),
                    unit => json!({"qty": table.number(text), "units": unit}),
                };
                record.insert(title.key.clone(), value);
            }
        }
        Value::Object(record)
    };
    table.rows.iter().map(record).collect()
}

/// A metric of the wide table: the columns of its parts, and the key of a point that each gives.
struct Columns<'a> {
    name: &'a str,
    units: &'a str,
    parts: Vec<(usize, &'a str)>,
}

/// The wide table of metrics: a section for each name, whose parts may stand in several columns.
fn sections(table: &Table) -> Option<Value> {
    let date = table.column("date").or_else(|| table.column("start"))?;
    let source = table.column("source");
    let mut sections: Vec<Columns> = Vec::new();
    for (column, title) in table.titles.iter().enumerate() {
        if column == date || Some(column) == source || title.name.is_empty() || title.is_word {
            continue;
        }
        match sections.iter_mut().find(|known| (known.name, known.units) == (&*title.name, &*title.unit)) {
            Some(known) => known.parts.push((column, title.part)),
            None => sections.push(Columns { name: &title.name, units: &title.unit, parts: vec![(column, title.part)] }),
        }
    }
    if !sections.iter().any(|section| !section.units.is_empty()) {
        return None;
    }
    let section = |section: &Columns| {
        let points = table.rows.iter().filter_map(|row| point(table, row, section, date, source));
        json!({"name": section.name, "units": section.units, "data": points.collect::<Vec<Value>>()})
    };
    Some(sections.iter().map(section).collect())
}

/// What a row says of one metric, if anything.
fn point(table: &Table, row: &table::Row, section: &Columns, date: usize, source: Option<usize>) -> Option<Value> {
    let mut point = table.line(row);
    let before = point.len();
    for (column, part) in section.parts.iter().filter(|(column, _)| !row.cell(*column).is_empty()) {
        point.insert((*part).to_owned(), table.number(row.cell(*column)));
    }
    if point.len() == before {
        return None;
    }
    point.insert("date".into(), table.text(row.cell(date)).into());
    if let Some(source) = source {
        point.insert("source".into(), row.cell(source).into());
    }
    Some(Value::Object(point))
}

/// The code of a column's title: `start`, `end`, `name`, ..., else its words in snake_case.
fn code(title: &str) -> String {
    Words::Column.code(title).map_or_else(|| super::snake(title), str::to_owned)
}

#[cfg(test)]
mod tests;
