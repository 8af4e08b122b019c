//! What stands in a title and in a cell.

use super::code;
use crate::decode::auto_export::PROTECTION;
use crate::model::metric::catalogue;

/// A column's title, such as `Heart Rate [Min] (count/min)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Title {
    /// Without part and unit.
    pub name: String,
    /// The key of a point that the column gives: `qty`, `Min`, `systolic`, `core`, ...
    pub part: &'static str,
    /// Empty when the title has none.
    pub unit: String,
    /// The key of a record that the column gives.
    pub key: String,
    /// Holds words or times, never a quantity.
    pub is_word: bool,
}

/// Parts of a metric that has several columns, and the key each has in a point.
const PARTS: [(&str, &str); 16] = [
    ("min", "Min"),
    ("max", "Max"),
    ("avg", "Avg"),
    ("average", "Avg"),
    ("systolic", "systolic"),
    ("diastolic", "diastolic"),
    ("unspecified", PROTECTION[0]),
    ("protection used", PROTECTION[1]),
    ("protection not used", PROTECTION[2]),
    ("asleep", "asleep"),
    ("in bed", "inBed"),
    ("core", "core"),
    ("deep", "deep"),
    ("rem", "rem"),
    ("awake", "awake"),
    ("total", "totalSleep"),
];

/// Columns whose cells are never quantities, by their codes.
const WORDS: [&str; 14] = [
    "date",
    "timestamp",
    "start",
    "end",
    "name",
    "location",
    "source",
    "value",
    "duration",
    "severity",
    "status",
    "context",
    "id",
    "scheduled_date",
];

impl Title {
    pub fn read(text: &str) -> Title {
        let text = text.trim();
        let (text, unit) = match text.find('(').filter(|_| text.ends_with(')')) {
            Some(open) => (text[..open].trim(), text[open + 1..text.len() - 1].trim()),
            None => (text, ""),
        };
        let (bare, part) = match text.rsplit_once('[') {
            Some((name, part)) => (name.trim(), part.trim_end_matches(']').trim().to_lowercase()),
            None => (text, String::new()),
        };
        let part = PARTS.iter().find(|(word, _)| *word == part.trim_end_matches('.')).map(|(_, key)| *key);
        let name = if part.is_some() { bare } else { text };
        let key = code(name);
        let is_word = unit.is_empty() && WORDS.contains(&key.as_str());
        Title { name: name.into(), part: part.unwrap_or("qty"), unit: unit_of(name, unit), key: wire(key), is_word }
    }
}

/// The CSV calls the hours stood in "hours", although it counts them.
fn unit_of(name: &str, unit: &str) -> String {
    let stood = catalogue().resolve(name).is_some_and(|metric| metric.name == "apple_stand_hour");
    if stood { "count".into() } else { unit.into() }
}

/// Records have their keys in the spelling of the JSON.
fn wire(code: String) -> String {
    match code.as_str() {
        "display_text" => "displayText".into(),
        "scheduled_date" => "scheduledDate".into(),
        "valence_classification" => "valenceClassification".into(),
        "is_cycle_start" | "cycle_start" => "isCycleStart".into(),
        "user_entered" => "userEntered".into(),
        _ => code,
    }
}

/// `06.02.2024 14:30:00` as `2024-02-06 14:30:00`; any other text as it is.
pub fn date(text: &str) -> String {
    let (day, rest) = text.split_at(text.find([' ', ',']).unwrap_or(text.len()));
    let parts: Vec<&str> = day.split('.').collect();
    match parts[..] {
        [day, month, year] if year.len() == 4 && [day, month, year].iter().all(|part| part.parse::<u16>().is_ok()) => {
            format!("{year}-{month:0>2}-{day:0>2} {}", rest.trim_start_matches([',', ' ']))
        }
        _ => text.into(),
    }
}

/// A number with this mark before its fraction; thousands may be parted by the other mark or by blanks.
pub fn number(text: &str, comma: bool) -> Option<f64> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{2019}').collect();
    let plain = if comma { plain.replace('.', "").replace(',', ".") } else { without_thousands(&plain) };
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `8,412.5` as `8412.5`, and `8,5`, where the comma parts no thousands, as `8.5`.
fn without_thousands(text: &str) -> String {
    let mut groups = text.split('.').next().unwrap_or_default().split(',').skip(1).peekable();
    let thousands = groups.peek().is_some() && groups.all(|group| group.len() == 3);
    if thousands || text.contains('.') { text.replace(',', "") } else { text.replace(',', ".") }
}
