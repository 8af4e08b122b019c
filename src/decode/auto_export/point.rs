//! One element of a metric's `data`, whatever its shape: the union of all keys that any metric uses.

use simd_json::ValueType;
use simd_json::prelude::*;
use simd_json::tape::Value;

use super::Node;

/// A value as sent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Field<'a> {
    /// Missing or null.
    #[default]
    Absent,
    Number(f64),
    Text(&'a str),
    /// An object, an array or a boolean.
    Other,
}

/// A point as sent: nothing converted, nothing judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Point<'a> {
    /// `date`
    pub date: Field<'a>,
    /// `start`, `startDate`
    pub start: Field<'a>,
    /// `end`, `endDate`
    pub end: Field<'a>,
    pub quantity: Field<'a>,
    pub min: Field<'a>,
    pub average: Field<'a>,
    pub max: Field<'a>,
    pub systolic: Field<'a>,
    pub diastolic: Field<'a>,
    pub source: Field<'a>,
    /// `value`, `mealTime` or `reason`: a word that qualifies the quantity.
    pub qualifier: Field<'a>,
    /// The counts of `sexual_activity`, in the order of `PROTECTION`.
    pub protection: [Field<'a>; 3],
    /// Whether it says that a person has entered it by hand.
    pub manual: bool,
}

/// Keys, of the point or of its `metadata`, that say so.
const ENTERED: [&str; 3] = ["HKWasUserEntered", "WasUserEntered", "wasUserEntered"];

/// The keys that `sexual_activity` uses instead of a quantity.
pub const PROTECTION: [&str; 3] = ["Unspecified", "Protection Used", "Protection Not Used"];

impl<'a> Point<'a> {
    /// Nothing, when it is something else than an object.
    pub fn read(node: Node<'a>) -> Point<'a> {
        let mut point = Point::default();
        for (key, value) in node.entries() {
            match point.place(key) {
                Some(place) => *place = value.field(),
                None => point.manual |= was_entered(key, value),
            }
        }
        point
    }

    fn place(&mut self, key: &str) -> Option<&mut Field<'a>> {
        Some(match key {
            "date" => &mut self.date,
            "qty" => &mut self.quantity,
            "source" => &mut self.source,
            "start" | "startDate" => &mut self.start,
            "end" | "endDate" => &mut self.end,
            "Min" | "min" => &mut self.min,
            "Avg" | "avg" => &mut self.average,
            "Max" | "max" => &mut self.max,
            "systolic" => &mut self.systolic,
            "diastolic" => &mut self.diastolic,
            "value" | "mealTime" | "reason" => &mut self.qualifier,
            _ => {
                let at = PROTECTION.iter().position(|name| *name == key)?;
                &mut self.protection[at]
            }
        })
    }
}

fn was_entered(key: &str, value: Node) -> bool {
    let yes = |value: Node| value.boolean().or_else(|| value.number().map(|number| number == 1.0)) == Some(true);
    match key {
        "metadata" => value.entries().any(|(key, value)| ENTERED.contains(&key) && yes(value)),
        _ => ENTERED.contains(&key) && yes(value),
    }
}

pub(super) fn field<'a>(value: Value<'a, 'a>) -> Field<'a> {
    match value.value_type() {
        ValueType::Null => Field::Absent,
        ValueType::String => value.into_string().map_or(Field::Other, Field::Text),
        ValueType::Bool | ValueType::Array | ValueType::Object => Field::Other,
        _ => value.cast_f64().map_or(Field::Other, Field::Number),
    }
}
