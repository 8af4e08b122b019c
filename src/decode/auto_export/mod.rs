//! Health Auto Export's JSON, in every envelope and spelling that its versions have sent.
//!
//! The body is parsed to a flat tape (no tree is built) and read once. Nothing is converted here: numbers may be text,
//! dates are text or epochs, units are whatever the phone's owner likes.

pub mod csv;
mod envelope;
mod node;
mod point;
mod scratch;
mod wrapped;

use std::collections::BTreeMap;

use simd_json::tape::Value;

use envelope::{Found, read_body};
pub use node::Node;
pub use point::{Field, PROTECTION, Point};
use scratch::with_tape;
pub use wrapped::is_wrapped_text;

use crate::decode::json;

/// What one body holds, borrowed from it.
#[derive(Debug, Default)]
pub struct Document<'a> {
    pub metrics: Vec<MetricSection<'a>>,
    /// Sections of `metrics` whose points are nights or segments of sleep.
    pub sleep: Vec<List<'a>>,
    /// The other arrays that the app documents.
    pub lists: Vec<(Array, List<'a>)>,
    /// Arrays that nobody knows: name to number of items.
    pub others: BTreeMap<String, u64>,
    /// Items that are no objects where objects are due.
    pub broken: Vec<Broken>,
}

/// One element of `metrics`.
#[derive(Debug)]
pub struct MetricSection<'a> {
    /// JSON path of the section.
    pub path: String,
    pub name: &'a str,
    /// Empty when the sender gave none.
    pub units: &'a str,
    /// Not read yet: a point takes ten times the memory of its place.
    pub points: Vec<Node<'a>>,
}

/// Records of one kind.
#[derive(Debug)]
pub struct List<'a> {
    /// JSON path of the array.
    pub path: String,
    /// Of a metric's section; else empty.
    pub units: &'a str,
    pub items: Vec<Node<'a>>,
}

/// The arrays beside `metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Array {
    Workouts,
    StateOfMind,
    Medications,
    Symptoms,
    CycleTracking,
    Ecg,
    HeartRateNotifications,
}

impl Array {
    pub const ALL: [Array; 7] = [
        Array::Workouts,
        Array::StateOfMind,
        Array::Medications,
        Array::Symptoms,
        Array::CycleTracking,
        Array::Ecg,
        Array::HeartRateNotifications,
    ];

    /// The key that it stands under.
    pub fn key(self) -> &'static str {
        match self {
            Array::Workouts => "workouts",
            Array::StateOfMind => "stateOfMind",
            Array::Medications => "medications",
            Array::Symptoms => "symptoms",
            Array::CycleTracking => "cycleTracking",
            Array::Ecg => "ecg",
            Array::HeartRateNotifications => "heartRateNotifications",
        }
    }
}

/// Something that is not of the shape that its place asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    pub path: String,
    pub reason: String,
    pub item: String,
}

/// How many times a body may be wrapped as text inside another.
const WRAPPED_AT_MOST: usize = 3;

/// Parses `body` and hands what it holds to `read`; the reason when it is no such document at all.
pub fn with_document<T>(body: &[u8], read: impl Fn(Document) -> T) -> Result<T, String> {
    let mut wrapped: Option<(String, Vec<u8>)> = None;
    for _ in 0..=WRAPPED_AT_MOST {
        let (path, text) = wrapped.as_ref().map_or(("$", body), |(path, text)| (path, text));
        match parse(text, path, &read)
            .map_err(|fault| if path == "$" { fault } else { format!("in {path} {fault}") })?
        {
            Found::Document(done) => return Ok(done),
            Found::Text(path, text) => wrapped = Some((path, text)),
        }
    }
    Err("the body is text within text, too deep to be read".into())
}

fn parse<T>(body: &[u8], path: &str, read: &impl Fn(Document) -> T) -> Result<Found<T>, String> {
    match parse_and_read(body, path, read) {
        Ok(done) => done,
        Err(fault) => match json::repair(body) {
            Some(repaired) => parse_and_read(&repaired, path, read).map_err(|_| not_json(body, &fault))?,
            None => Err(not_json(body, &fault)),
        },
    }
}

/// The outer error is a fault of the JSON, the inner one of what it says.
fn parse_and_read<T>(
    body: &[u8],
    path: &str,
    read: impl Fn(Document) -> T,
) -> simd_json::Result<Result<Found<T>, String>> {
    with_tape(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body), |root| {
        read_body(root, path).map(|found| match found {
            Found::Document(document) => Found::Document(read(document)),
            Found::Text(path, text) => Found::Text(path, text),
        })
    })
}

fn not_json(body: &[u8], fault: &simd_json::Error) -> String {
    let last = body.trim_ascii_end().last();
    match last {
        Some(b'}' | b']') => format!("the body is not valid JSON: {fault}"),
        _ => format!("the body is not valid JSON, it seems to be cut off after {} bytes: send it again", body.len()),
    }
}

fn encoded(value: Value) -> String {
    use simd_json::prelude::Writable;
    value.encode()
}

/// `avgHeartRate` and `Avg. Heart Rate` as `avg_heart_rate`, `hrvData` as `hrv_data`, `ECGLead` as `ecg_lead`.
pub fn snake(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    let mut words = String::with_capacity(key.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let lower_next = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| before.is_lowercase() || (before.is_uppercase() && lower_next));
        match letter {
            letter if letter.is_alphanumeric() => {
                if begins {
                    words.push('_');
                }
                words.extend(letter.to_lowercase());
            }
            _ if words.is_empty() || words.ends_with('_') => {}
            _ => words.push('_'),
        }
    }
    words.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_snake_case() {
        for (key, words) in [
            ("avgHeartRate", "avg_heart_rate"),
            ("Avg. Heart Rate", "avg_heart_rate"),
            ("hrvData", "hrv_data"),
            ("ECGLead", "ecg_lead"),
            ("max_heart_rate", "max_heart_rate"),
            ("isIndoor", "is_indoor"),
            ("HKWeather", "hk_weather"),
            ("", ""),
        ] {
            assert_eq!(snake(key), words, "{key}");
        }
    }
}
