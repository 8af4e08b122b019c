//! One line of text, taken apart: cells between tabs, semicolons or commas, or a name and its value.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::fields::period;
use super::keys::{self, Key, role};
use super::{names, number};
use crate::decode::date;

/// The cells of a line; one that holds the separator itself stands in double quotes.
pub fn cells(line: &str) -> Vec<Cow<'_, str>> {
    let separator = ['\t', ';', ','].into_iter().find(|mark| line.contains(*mark));
    let Some(separator) = separator else { return vec![Cow::Borrowed(line.trim())] };
    let (mut cells, mut rest) = (Vec::new(), line);
    loop {
        let (cell, after) = first_cell(rest, separator);
        cells.push(cell);
        match after {
            Some(after) => rest = after,
            None => return cells,
        }
    }
}

fn first_cell(rest: &str, separator: char) -> (Cow<'_, str>, Option<&str>) {
    let trimmed = rest.trim_start_matches(' ');
    if let Some(inner) = trimmed.strip_prefix('"') {
        let end = inner.char_indices().find(|(at, c)| {
            *c == '"' && inner[at + 1..].trim_start_matches(' ').chars().next().is_none_or(|next| next == separator)
        });
        if let Some((end, _)) = end {
            let after = inner[end + 1..].trim_start_matches(' ').strip_prefix(separator);
            return (Cow::Owned(inner[..end].trim().replace("\"\"", "\"")), after);
        }
    }
    match rest.split_once(separator) {
        Some((cell, after)) => (Cow::Borrowed(cell.trim()), Some(after)),
        None => (Cow::Borrowed(rest.trim()), None),
    }
}

/// `Steps: 8412`, `weight = 72,5 kg`, `Steps 8412`: the name and its value.
pub fn pair(line: &str) -> Option<(&str, &str)> {
    if line.contains('\t') {
        return None;
    }
    let line = line.trim_start_matches(['-', '*', '•', ' ']);
    let with_mark = line.split_once([':', '=', '：']).map(|(key, value)| (key.trim(), value.trim()));
    let with_mark = with_mark.filter(|(key, value)| {
        let plain = !key.is_empty() && key.len() <= 60 && !key.contains([',', ';']) && !is_date(line);
        plain && !value.is_empty() && !key.starts_with(|c: char| c.is_ascii_digit())
    });
    with_mark.or_else(|| {
        let at = line.find(|c: char| c.is_numeric() || matches!(c, '-' | '+')).filter(|at| *at > 0)?;
        let (key, value) = (line[..at].trim(), line[at..].trim());
        (names::is_known(key) && number::is_numeric(value)).then_some((key, value))
    })
}

/// A heading's own words, without what people put around them.
pub fn bare(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || "#=*-_:[]：".contains(c))
}

pub fn is_date(text: &str) -> bool {
    !number::is_numeric(text) && date::is_date(text)
}

/// True for a first line that names the columns.
pub fn is_header(cells: &[Cow<str>]) -> bool {
    let any = |is: fn(&str) -> bool| cells.iter().any(|cell| is(cell));
    cells.len() >= 2
        && cells.iter().all(|cell| cell.is_empty() || role(cell) != Key::Other || names::is_known(cell))
        && any(|cell| keys::is_value(role(cell)) || names::is_known(cell))
        && any(|cell| matches!(role(cell), Key::Start | Key::Clock | Key::Metric))
}

/// The cells under their columns.
pub fn under(header: &[String], cells: &[Cow<str>]) -> Value {
    let filled = header.iter().zip(cells).filter(|(name, cell)| !name.is_empty() && !cell.is_empty());
    Value::Object(filled.map(|(name, cell)| (name.clone(), Value::from(cell.as_ref()))).collect())
}

/// Cells without a header, sorted by what they look like: a name, a value, a unit, times, a source.
pub fn sorted(cells: &[Cow<str>]) -> Option<Value> {
    let kind = cells.first().map(|cell| cell.to_lowercase()).unwrap_or_default();
    let skip = matches!(kind.as_str(), "day" | "sample" | "total" | "daily" | "workout") && cells.len() > 2;
    let mut cells: Vec<Cow<str>> =
        cells.iter().skip(usize::from(skip)).filter(|cell| !cell.is_empty()).cloned().collect();
    if kind == "workout" && skip {
        return workout(&cells);
    }
    let mut object = serde_json::Map::new();
    if cells.first().is_some_and(|cell| !number::is_numeric(cell) && !is_date(cell)) {
        object.insert("type".into(), cells.remove(0).into());
    }
    let (mut left, mut at) = (Vec::new(), 0);
    while at < cells.len() {
        let cell = cells[at].as_ref();
        let joined = cells.get(at + 1).map(|next| format!("{cell}, {next}")).filter(|both| is_date(both));
        let later_date = object.contains_key("value") && date::is_date(cell);
        if let Some(both) = joined {
            put_date(&mut object, &both)?;
            at += 1;
        } else if is_date(cell) || later_date {
            put_date(&mut object, cell)?;
        } else if number::is_numeric(cell) && !object.contains_key("value") {
            object.insert("value".into(), cell.into());
        } else {
            left.push(cell.to_owned());
        }
        at += 1;
    }
    let value_first = if object.contains_key("value") { &["unit", "source"][..] } else { &["value", "unit", "source"] };
    if left.len() > value_first.len() {
        return None;
    }
    object.extend(value_first.iter().zip(left).map(|(key, cell)| ((*key).to_owned(), cell.into())));
    object.contains_key("value").then_some(Value::Object(object))
}

fn put_date(object: &mut serde_json::Map<String, Value>, text: &str) -> Option<()> {
    let key = ["start", "end"].into_iter().find(|key| !object.contains_key(*key))?;
    object.insert(key.into(), text.into());
    Some(())
}

/// What stands behind the times has no order that everybody keeps, so it is not taken for figures.
fn workout(cells: &[Cow<str>]) -> Option<Value> {
    let dates: Vec<&Cow<str>> = cells.iter().filter(|cell| is_date(cell)).collect();
    let [start, end] = dates.as_slice() else { return None };
    let rest = cells.iter().skip(1).filter(|cell| !is_date(cell)).map(|cell| cell.as_ref());
    let rest = rest.collect::<Vec<_>>().join("; ");
    Some(json!({"workouts": [{"type": cells.first()?, "start": start, "end": end, "other": rest}]}))
}

/// A date and a value between blanks, in either order.
pub fn dated(line: &str) -> Option<Value> {
    line.match_indices([' ', ':']).find_map(|(at, _)| {
        let (left, right) = (line[..at].trim(), line[at + 1..].trim());
        let (day, value) = match (is_date(left), is_date(right)) {
            (true, false) if number::is_numeric(right) => (left, right),
            (false, true) if number::is_numeric(left) => (right, left),
            _ => return None,
        };
        Some(json!({"value": value, "date": day}))
    })
}

/// Words that say something about the lines below them.
pub fn context(key: &str, value: &str) -> Option<&'static str> {
    match keys::role(key) {
        Key::Start => Some("date"),
        Key::Source => Some("source"),
        Key::Period => period(value).map(|_| "period"),
        Key::Locale => Some("locale"),
        Key::Zone => Some("tz"),
        _ => None,
    }
}
