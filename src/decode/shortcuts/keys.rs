//! What a key of a Shortcut's item is for: everybody types their own word for the same field.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The part that a key plays in its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Metric,
    Value,
    /// What was made of several values: their mean, their sum, or how many they were.
    Average,
    Sum,
    Count,
    /// A length of time in that unit; without one where the key names none.
    Time(&'static str),
    Minimum,
    Maximum,
    Start,
    /// A time of day that stands beside a date.
    Clock,
    End,
    Unit,
    Source,
    Stage,
    Period,
    Locale,
    Zone,
    /// Says who sends, not what was measured.
    Ignored,
    /// A name of the sender's own: perhaps a metric, perhaps a text.
    Other,
}

/// Lower case and nothing but letters and digits, as `plain` leaves them.
const WORDS: [(Key, &str); 21] = [
    (Key::Metric, "type metric name key sample kind identifier quantitytype sampletype metrictype metricname datatype"),
    (Key::Value, "value qty quantity val amount v values reading quantities latest last current"),
    (Key::Average, "avg average mean averagevalue avgvalue"),
    (Key::Sum, "sum total totals totalvalue sumvalue cumulative"),
    (Key::Count, "count counts"),
    (Key::Time("hr"), "hours hour durationhours durationhour durationhrs durationhr durationinhours totalhours"),
    (
        Key::Time("min"),
        "minutes minute mins durationmin durationmins durationminutes durationminute durationinminutes totalminutes",
    ),
    (
        Key::Time("s"),
        "seconds second secs durationsec durationsecs durationseconds durationsecond durationinseconds totalseconds",
    ),
    (Key::Time(""), "duration"),
    (Key::Minimum, "min minimum"),
    (Key::Maximum, "max maximum"),
    (
        Key::Start,
        "date at start startdate timestamp measuredat when datetime day recordedat startat startedat starttime dates startdates \
         timestamps starts datetimes",
    ),
    (Key::Clock, "time times"),
    (Key::End, "end enddate endat endedat endtime ends enddates"),
    (Key::Unit, "unit units"),
    (Key::Source, "source sourcename device devicename sources"),
    (Key::Stage, "stage sleepstage phase stages"),
    (Key::Period, "period window"),
    (Key::Locale, "locale language lang"),
    (Key::Zone, "tz timezone zone"),
    (
        Key::Ignored,
        "id uuid userid user username deviceid version note notes comment title token format schema generated \
         generatedat exportedat app",
    ),
];

/// Objects and lists of items under these are no metric of that name.
const CONTAINERS: &str = "metrics metric samples sample data entries records items results health healthdata body payload \
     json days today yesterday list measurements vitals activity values query readings quantity quantities summary stats \
     statistics totals sums averages daily measures nutrition result export response event";

pub fn role(key: &str) -> Key {
    // A delivery has hundreds of thousands of keys, and nearly all are written as they stand in the table.
    static ROLES: LazyLock<HashMap<&str, Key>> = LazyLock::new(|| {
        WORDS.iter().flat_map(|(role, words)| words.split_ascii_whitespace().map(|word| (word, *role))).collect()
    });
    let found = ROLES.get(key).or_else(|| ROLES.get(plain(key).as_str()));
    found.copied().unwrap_or(Key::Other)
}

/// Whether it holds a number of its metric, whatever number that is.
pub fn is_value(key: Key) -> bool {
    matches!(key, Key::Value | Key::Average | Key::Sum | Key::Count)
}

pub fn is_container(key: &str) -> bool {
    let plain = plain(key);
    CONTAINERS.split_ascii_whitespace().any(|word| word == plain)
}

fn plain(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The dates that belong to the list under `key` alone: `stepsDates` or `steps_date` beside `steps`.
pub fn dates_of<'a>(key: &str, object: &'a Map<String, Value>) -> Option<&'a Value> {
    let key = plain(key);
    let is_its = |other: &str| plain(other).strip_prefix(key.as_str()).is_some_and(is_date_word);
    object.iter().find(|(other, _)| is_its(other)).map(|(_, dates)| dates)
}

/// True for a key that only dates another key of the same object.
pub fn dates_another(key: &str, object: &Map<String, Value>) -> bool {
    let key = plain(key);
    object.keys().any(|other| key.strip_prefix(plain(other).as_str()).is_some_and(is_date_word))
}

fn is_date_word(word: &str) -> bool {
    !word.is_empty() && (role(word) == Key::Start || role(word) == Key::Clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_field_has_its_role() {
        for (key, expected) in [
            ("startDate", Key::Start),
            ("measured_at", Key::Start),
            ("End Date", Key::End),
            ("QTY", Key::Value),
            ("durationMin", Key::Time("min")),
            ("Total", Key::Sum),
            ("sourceName", Key::Source),
            ("userId", Key::Ignored),
            ("steps", Key::Other),
        ] {
            assert_eq!(role(key), expected, "{key}");
        }
    }

    #[test]
    fn a_list_finds_its_own_dates() {
        let object = serde_json::json!({"steps": "1", "stepsDates": "2", "hr": "3", "dates": "4"});
        let object = object.as_object().unwrap();
        assert_eq!(dates_of("steps", object).unwrap(), "2");
        assert_eq!(dates_of("hr", object), None);
        assert!(dates_another("stepsDates", object) && !dates_another("dates", object));
    }
}
