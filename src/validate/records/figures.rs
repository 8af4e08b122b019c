//! Totals and averages of a workout. Which keys there are differs from version to version, so any `{qty, units}` is a
//! figure; its key says which, in the words of the catalogue where it has one.

use std::collections::BTreeMap;

use crate::decode::auto_export::{Node, snake};
use crate::model::metric::catalogue;
use crate::model::unit::conversion;
use crate::model::words::Words;
use crate::model::workout::Figure;

/// Units of figures and series that are no metrics.
const UNITS: [(&str, &str); 13] = [
    ("distance", "km"),
    ("elevation_ascended", "m"),
    ("elevation_descended", "m"),
    ("lap_length", "m"),
    ("temperature", "degC"),
    ("humidity", "%"),
    ("intensity", "kcal/hr·kg"),
    ("total_energy", "kcal"),
    ("speed", "km/hr"),
    ("step_cadence", "count/min"),
    ("swim_cadence", "count/min"),
    ("heart_rate_recovery", "count/min"),
    ("swolf_score", "count"),
];

/// Which number of a figure a key means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    Value,
    Average,
    Min,
    Max,
}

/// The name of what a key of a workout speaks of: `activeEnergyBurned` and `Active Energy` are `active_energy`.
pub fn name_of(key: &str) -> String {
    let words = snake(key);
    let words = words.strip_suffix("_data").unwrap_or(&words);
    let known = Words::Figure.code(words).or_else(|| catalogue().resolve(words).map(|metric| metric.name.as_str()));
    known.unwrap_or(words).to_owned()
}

/// True when the tables know what such a number means.
pub fn is_known(name: &str) -> bool {
    unit_of(name).is_some()
}

/// The unit that numbers of that name are stored in.
pub fn unit_of(name: &str) -> Option<&'static str> {
    let own = UNITS.iter().find(|(known, _)| *known == name).map(|(_, unit)| *unit);
    own.or_else(|| catalogue().resolve(name).map(|metric| metric.unit.as_str()))
}

/// Adds what stands under `key` when it is a figure; says so, or why it is a broken one.
pub fn add(key: &str, node: Node, figures: &mut BTreeMap<String, Figure>) -> Result<bool, String> {
    let (name, place) = place_of(key);
    if !node.is_object() {
        // A bare number is a figure only where we know what it counts.
        let number = node.number().filter(|_| is_known(&name));
        return number.map_or(Ok(false), |number| put(figures, &name, place, number, "").map(|()| true));
    }
    if name == "elevation" {
        return elevation(node, figures);
    }
    let units = node.any(&["units", "unit"]).text().unwrap_or_default();
    let mut any = false;
    for (keys, place) in [
        (&["qty", "value"][..], place),
        (&["avg", "Avg", "average"], Place::Average),
        (&["min", "Min"], Place::Min),
        (&["max", "Max"], Place::Max),
    ] {
        let found = node.any(keys);
        let (number, own) = match found.is_object() {
            true => (found.any(&["qty", "value"]), found.any(&["units", "unit"]).text().unwrap_or(units)),
            false => (found, units),
        };
        if number.is_present() {
            let number = number.number().ok_or_else(|| format!("{key} is not a number"))?;
            put(figures, &name, place, number, own)?;
            any = true;
        }
    }
    Ok(any)
}

/// `{ascent, descent, units}` of the first version.
fn elevation(node: Node, figures: &mut BTreeMap<String, Figure>) -> Result<bool, String> {
    let units = node.any(&["units", "unit"]).text().unwrap_or_default();
    for (key, name) in
        [("ascent", "elevation_ascended"), ("descent", "elevation_descended"), ("qty", "elevation_ascended")]
    {
        let found = node.get(key);
        if found.is_present() {
            let number = found.number().ok_or_else(|| format!("elevation.{key} is not a number"))?;
            put(figures, name, Place::Value, number, units)?;
        }
    }
    Ok(true)
}

/// The figure that a key speaks of, and which number of it.
pub fn place_of(key: &str) -> (String, Place) {
    let words = snake(key);
    let prefixes = [
        ("avg_", Place::Average),
        ("average_", Place::Average),
        ("max_", Place::Max),
        ("maximum_", Place::Max),
        ("min_", Place::Min),
    ];
    for (prefix, place) in prefixes {
        if let Some(rest) = words.strip_prefix(prefix) {
            return (name_of(rest), place);
        }
    }
    (name_of(&words), Place::Value)
}

/// In the unit of the name; a unit that cannot be brought to it stays as it was sent. What is there already stands.
pub fn put(
    figures: &mut BTreeMap<String, Figure>,
    name: &str,
    place: Place,
    number: f64,
    units: &str,
) -> Result<(), String> {
    let unit = unit_of(name).unwrap_or(units);
    let way = conversion(if units.is_empty() { unit } else { units }, unit);
    let (unit, number) = way.map_or((units, number), |way| (unit, way.read(number)));
    let figure = figures.entry(name.to_owned()).or_insert_with(|| Figure { unit: unit.into(), ..Figure::default() });
    if figure.unit != unit {
        return Err(format!("{name} is in {unit:?} here and in {:?} elsewhere in this workout", figure.unit));
    }
    let slot = match place {
        Place::Value => &mut figure.value,
        Place::Average => &mut figure.avg,
        Place::Min => &mut figure.min,
        Place::Max => &mut figure.max,
    };
    slot.get_or_insert(number);
    Ok(())
}
