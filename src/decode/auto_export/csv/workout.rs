//! Files that belong to one workout: `Outdoor Run-Heart Rate-20240206_143000.csv`, `Outdoor Run-Route-...csv`.

use serde_json::{Map, Value};

use super::table::{Row, Table};

/// Values over the time of a workout, or its route.
#[derive(Debug, Clone, PartialEq)]
pub struct OfWorkout {
    pub file: String,
    /// The workout's name.
    pub name: String,
    /// Digits of its local start, `20240206143000`.
    pub start: String,
    /// The key that its points have in a workout.
    pub key: String,
    pub points: Vec<Value>,
}

impl OfWorkout {
    pub(super) fn read(file: &str, table: &Table) -> Option<OfWorkout> {
        let stem = file.rsplit('/').next().unwrap_or(file);
        let (stem, _) = stem.rsplit_once('.')?;
        let (rest, start) = stem.rsplit_once('-')?;
        let (name, what) = rest.rsplit_once('-')?;
        let start: String = digits(start);
        let is_route = table.column("latitude").is_some() && table.column("longitude").is_some();
        let date = table.column("timestamp").or_else(|| table.column("date"))?;
        if start.len() != 14 {
            return None;
        }
        let point = |row: &Row| if is_route { place(table, row, date) } else { value(table, row, date) };
        Some(OfWorkout {
            file: file.to_owned(),
            name: name.to_owned(),
            start,
            key: if is_route { "route".into() } else { what.to_owned() },
            points: table.rows.iter().map(point).map(Value::Object).collect(),
        })
    }

    /// Gives the points to the workout they belong to; false when none of these is that one.
    pub fn join(&self, workouts: &mut [Value]) -> bool {
        let is_it = |workout: &&mut Value| {
            let text = |key: &str| workout.get(key).and_then(Value::as_str).unwrap_or_default();
            digits(text("start")).starts_with(&self.start) && file_safe(text("name")) == file_safe(&self.name)
        };
        let Some(Value::Object(workout)) = workouts.iter_mut().find(is_it) else { return false };
        workout.insert(self.key.clone(), self.points.clone().into());
        true
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// File names leave out what file systems do not allow.
fn file_safe(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn value(table: &Table, row: &Row, date: usize) -> Map<String, Value> {
    let mut point = table.line(row);
    point.insert("date".into(), table.text(row.cell(date)).into());
    for (column, title) in table.titles.iter().enumerate().filter(|(column, _)| !row.cell(*column).is_empty()) {
        let key = match title.name.to_lowercase().trim_end_matches('.') {
            "min" => "Min",
            "max" => "Max",
            "avg" | "average" => "Avg",
            _ => title.part,
        };
        if !title.unit.is_empty() {
            point.insert(key.to_owned(), table.number(row.cell(column)));
            point.insert("units".into(), title.unit.clone().into());
        } else if title.key == "source" {
            point.insert("source".into(), row.cell(column).into());
        }
    }
    point
}

/// Its times are UTC, whether or not they say so.
fn place(table: &Table, row: &Row, date: usize) -> Map<String, Value> {
    let mut point = table.line(row);
    let time = table.text(row.cell(date));
    let has_offset = time.ends_with(['Z', 'z']) || time.get(10..).is_some_and(|clock| clock.contains(['+', '-']));
    point.insert("timestamp".into(), if has_offset { time } else { format!("{time} +0000") }.into());
    for (column, title) in table.titles.iter().enumerate().filter(|(column, _)| *column != date) {
        let key = match title.key.as_str() {
            "vertical_accuracy" => "verticalAccuracy",
            "horizontal_accuracy" => "horizontalAccuracy",
            other => other,
        };
        if !row.cell(column).is_empty() {
            point.insert(key.to_owned(), table.number(row.cell(column)));
        }
    }
    point
}
