//! When and by whom: what all records have in common.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::decode::auto_export::{Field, Node, snake};
use crate::validate::reading;

/// An instant as the phone saw it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// UTC epoch seconds.
    pub utc: i64,
    pub offset_minutes: i32,
}

impl Moment {
    /// The moment under the first of these keys that says anything.
    pub fn find(node: Node, keys: &[&str], home: &TimeZone) -> Result<Option<Moment>, String> {
        for key in keys {
            let field = match node.get(key).field() {
                Field::Text(text) if text.trim().is_empty() => continue,
                field => field,
            };
            if let Some(stamp) = reading::stamp(key, field, home)? {
                let offset_minutes = stamp.offset(home);
                return Ok(Some(Moment { utc: stamp.utc, offset_minutes }));
            }
        }
        Ok(None)
    }

    /// The local date, in days since 1970-01-01.
    pub fn local_date(self) -> i32 {
        (self.utc + i64::from(self.offset_minutes) * 60).div_euclid(86_400) as i32
    }
}

pub const START: [&str; 4] = ["start", "startDate", "date", "timestamp"];
pub const END: [&str; 2] = ["end", "endDate"];

/// Start, and seconds to the end if there is one.
pub fn span(node: Node, starts: &[&str], home: &TimeZone) -> Result<(Moment, i64), String> {
    let start = Moment::find(node, starts, home)?.ok_or_else(|| format!("there is no {}", starts[0]))?;
    let end = Moment::find(node, &END, home)?.map_or(start.utc, |end| end.utc);
    match end < start.utc {
        true => Err("the end is before the start".into()),
        false => Ok((start, end - start.utc)),
    }
}

/// The source, be it a text or an object with a name; several of them in alphabetical order.
pub fn source(node: Node) -> String {
    let name = if node.is_object() { node.any(&["name", "productType"]) } else { node };
    reading::source(name.field()).into_owned()
}

/// Every key that says something and is none of `used`, in snake_case and in alphabetical order.
pub fn details(node: Node, used: &[&str]) -> Map<String, Value> {
    let mut entries: Vec<(String, Value)> = node
        .entries()
        .filter(|(key, _)| !used.contains(key))
        .map(|(key, value)| (snake(key), value.tidy()))
        .filter(|(_, value)| !is_empty(value))
        .collect();
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    Map::from_iter(entries)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
