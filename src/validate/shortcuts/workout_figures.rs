//! Totals and averages of a workout that a Shortcut tells of, in whatever words and units their keys have.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Reader;
use super::exercise::{Fields, sent};
use crate::decode::auto_export::snake;
use crate::model::unit::conversion;
use crate::model::workout::Figure;
use crate::validate::records::figures::{Place, is_known, place_of, put, unit_of};

/// Words for the energy of a workout, in lower case and nothing but letters. What HealthKit calls the total is the active
/// energy.
const ENERGY: &str = "calories energy kcal kilocalories activeenergy activeenergyburned energyburned activecalories totalenergy \
    totalenergyburned totalcalories caloriesburned burnedcalories";
/// Words for its way.
const DISTANCE: &str = "distance totaldistance distancewalkingrunning distancecovered";
/// Words for its heart rate.
const HEART: &str =
    "heartrate hr avghr averagehr hravg avgheartrate averageheartrate heartrateavg heartrateaverage meanheartrate";
const HEART_MOST: &str = "maxhr maxheartrate heartratemax maximumheartrate peakheartrate hrmax";
const HEART_LEAST: &str = "minhr minheartrate heartratemin minimumheartrate hrmin";

/// Kilometres an hour that nobody keeps up, and metres that are no workout's way.
const FASTEST: f64 = 150.0;
const SHORTEST: f64 = 300.0;

/// Takes the fields that are figures out of the rest. `hours` from start to end, where that is known.
pub fn take(reader: &Reader, fields: &mut Fields, hours: Option<f64>) -> Result<BTreeMap<String, Figure>, String> {
    let mut figures = BTreeMap::new();
    let mut left = Vec::new();
    let all = std::mem::take(&mut fields.0);
    let beside = |key: &str| {
        let wanted = [format!("{key}unit"), format!("{key}units")];
        all.iter().find(|(plain, ..)| wanted.contains(plain)).and_then(|(.., value)| value.as_str())
    };
    for (plain, key, value) in &all {
        let Some((name, place, of_key)) = figure(plain, key) else {
            left.push((plain.clone(), *key, *value));
            continue;
        };
        let (value_sent, own_unit) = quantity(value);
        let counts = unit_of(&name) == Some("count");
        let Some((number, behind)) =
            reader.number(&sent(value_sent), counts).map_err(|fault| format!("{key}: {fault}"))?
        else {
            continue;
        };
        let told = [behind.as_str(), own_unit, beside(plain).unwrap_or_default().trim(), of_key.as_str()];
        let unit = told.into_iter().find(|unit| !unit.is_empty());
        let unit = match unit {
            None if name == "distance" => match unit_of_distance(number, hours) {
                Some(unit) => unit,
                // It may be either: it is kept as it was sent.
                None => {
                    left.push((plain.clone(), *key, *value));
                    continue;
                }
            },
            unit => unit.unwrap_or_default(),
        };
        let canonical = unit_of(&name).unwrap_or_default();
        if !unit.is_empty() && conversion(unit, canonical).is_none() {
            return Err(format!("the unit {unit:?} of {key} cannot be brought to {canonical}"));
        }
        if number < 0.0 && canonical != "degC" {
            return Err(format!("{key} cannot be {number}"));
        }
        put(&mut figures, &name, place, number, unit)?;
    }
    let is_unit =
        |plain: &str| all.iter().any(|(known, ..)| plain == format!("{known}unit") || plain == format!("{known}units"));
    fields.0 = left.into_iter().filter(|(plain, ..)| !is_unit(plain)).collect();
    Ok(figures)
}

/// Name, place and unit of a figure by its key; none where the key is no figure's.
fn figure(plain: &str, key: &str) -> Option<(String, Place, String)> {
    let known = |plain: &str| {
        let among = |list: &str| list.split_ascii_whitespace().any(|word| word == plain);
        let found = match () {
            () if among(ENERGY) => ("active_energy", Place::Value),
            () if among(DISTANCE) => ("distance", Place::Value),
            () if among(HEART) => ("heart_rate", Place::Average),
            () if among(HEART_MOST) => ("heart_rate", Place::Max),
            () if among(HEART_LEAST) => ("heart_rate", Place::Min),
            () => return None,
        };
        Some((found.0.to_owned(), found.1))
    };
    let named = |words: &str| {
        let plain: String = words.chars().filter(|c| c.is_alphabetic()).collect();
        known(&plain).or_else(|| Some(place_of(words)).filter(|(name, _)| is_known(name)))
    };
    if let Some((name, place)) = known(plain).or_else(|| named(&snake(key))) {
        return Some((name, place, String::new()));
    }
    // `distance_km`, `distanceInMeters`
    let words = snake(key);
    let (rest, unit) = words.rsplit_once('_')?;
    let (name, place) = named(rest.strip_suffix("_in").unwrap_or(rest))?;
    conversion(unit, unit_of(&name)?)?;
    Some((name, place, unit.to_owned()))
}

/// The unit in which a way without one is plausible, if there is exactly one.
fn unit_of_distance(number: f64, hours: Option<f64>) -> Option<&'static str> {
    let can_be = |kilometres: f64, least: f64| {
        kilometres >= least && hours.is_none_or(|hours| kilometres / hours <= FASTEST) && kilometres < 1000.0
    };
    match (can_be(number, 0.0), can_be(number / 1000.0, SHORTEST / 1000.0)) {
        (true, false) => Some("km"),
        (false, true) => Some("m"),
        _ => None,
    }
}

/// `{"qty": 5, "units": "km"}` and its unit, or a number as it stands.
fn quantity(value: &Value) -> (&Value, &str) {
    let Some(object) = value.as_object() else { return (value, "") };
    let number = ["qty", "value", "quantity", "amount"].into_iter().find_map(|key| object.get(key));
    let unit = ["unit", "units"].into_iter().find_map(|key| object.get(key)?.as_str());
    (number.unwrap_or(value), unit.unwrap_or_default().trim())
}
