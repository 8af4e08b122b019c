//! What an Apple Shortcut sends, or a script that speaks like one: JSON of any shape, a form, lines of text, or nothing but
//! the address.
//!
//! A Shortcut is put together by its owner on a phone, so there is no format, only habits. Everything is brought to JSON
//! values first, each with the place where it stood (`front`), and those are walked once (`walk`). Nothing is converted
//! here: values and dates stay as they were typed.

pub mod exercises;
mod fields;
mod front;
mod keys;
mod line;
mod lists;
pub mod names;
pub mod number;
mod picked;
mod query;
pub mod repair;
mod text;
mod unwrap;
mod walk;

use std::borrow::Cow;

use serde_json::Value;

pub use query::{HINTS, holds_values, takes_parameter};

/// A value as sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Sent<'a> {
    /// Missing, null or an empty text.
    #[default]
    Absent,
    Number(f64),
    Text(Cow<'a, str>),
    /// An object, a list or a boolean.
    Other,
}

impl<'a> Sent<'a> {
    fn of(value: &'a Value) -> Sent<'a> {
        match value {
            Value::Null => Sent::Absent,
            Value::Number(number) => number.as_f64().map_or(Sent::Other, Sent::Number),
            Value::String(text) => Sent::text(text),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => Sent::Other,
        }
    }

    fn text(text: &'a str) -> Sent<'a> {
        match text.trim() {
            "" => Sent::Absent,
            text => Sent::Text(Cow::Borrowed(text)),
        }
    }

    /// Itself, or `other` when it is absent.
    fn or(self, other: &Sent<'a>) -> Sent<'a> {
        if self == Sent::Absent { other.clone() } else { self }
    }
}

/// How an item's number is meant in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grain {
    /// An item of its own, with times of its own.
    #[default]
    Item,
    /// A key of an object that tells of a day.
    Day,
    /// The whole of today or yesterday, as seen when the delivery arrived.
    Today,
    Yesterday,
}

/// One value that somebody wants stored.
#[derive(Debug, Clone, Default)]
pub struct Entry<'a> {
    /// JSON path, or `line 7`.
    pub path: String,
    pub name: Cow<'a, str>,
    pub value: Sent<'a>,
    pub min: Sent<'a>,
    pub max: Sent<'a>,
    pub unit: Cow<'a, str>,
    pub start: Sent<'a>,
    pub end: Sent<'a>,
    pub source: Cow<'a, str>,
    pub grain: Grain,
    /// For quarantine.
    pub item: Item<'a>,
}

/// A workout or a state of mind as typed.
#[derive(Debug, Clone)]
pub struct Exercise<'a> {
    pub path: String,
    pub object: &'a serde_json::Map<String, Value>,
    pub source: Cow<'a, str>,
    pub item: Item<'a>,
}

/// An item as sent.
#[derive(Debug, Clone, Default)]
pub enum Item<'a> {
    #[default]
    Nothing,
    Json(&'a Value),
    /// One key of an object.
    Pair(&'a str, &'a Value),
    Text(&'a str),
}

impl Item<'_> {
    /// The item as text.
    pub fn text(&self) -> String {
        match self {
            Item::Nothing => String::new(),
            Item::Json(value) => value.to_string(),
            Item::Pair(key, value) => format!("{{{}:{value}}}", Value::from(*key)),
            Item::Text(text) => (*text).to_owned(),
        }
    }
}

/// A place in the body, and what is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    pub path: String,
    pub text: String,
    /// The item as sent.
    pub item: String,
}

/// What one delivery holds.
#[derive(Debug, Default)]
pub struct Document<'a> {
    pub entries: Vec<Entry<'a>>,
    pub exercises: Vec<Exercise<'a>>,
    /// States of mind.
    pub moods: Vec<Exercise<'a>>,
    /// Items that say too little to be values.
    pub broken: Vec<Remark>,
    /// Worth knowing, but nothing is lost.
    pub notes: Vec<Remark>,
    /// How the sender writes numbers, such as `de`.
    pub locale: Option<Cow<'a, str>>,
    /// The zone of dates without an offset.
    pub zone: Option<Cow<'a, str>>,
    /// Something in it can only be health data.
    recognised: bool,
}

/// What is known about a body beside the body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    pub content_type: &'a str,
    /// Parameters of the address.
    pub query: &'a [(String, String)],
    /// The sender has said that this is a Shortcut's body, so it need not look like one.
    pub insisted: bool,
}

const NOT_UNDERSTOOD: &str = "nothing in the body names a metric that is known here: send \
    {\"type\": \"steps\", \"value\": 8412, \"date\": \"2026-09-15\"}, a day such as {\"date\": \"2026-09-15\", \"steps\": 8412}, \
    or lines such as steps,8412,count,2026-09-15";

/// Reads a body and hands what it holds to `read`; the reason when it is nothing of the kind.
pub fn with_document<T>(body: &[u8], hints: Hints, read: impl FnOnce(Document) -> T) -> Result<T, String> {
    let front = front::read(body, &hints)?;
    let asked = query::as_value(hints.query);
    let mut walk = walk::Walk::new(query::scope(hints.query));
    for broken in &front.broken {
        walk.document.broken.push(broken.clone());
    }
    walk.document.notes.extend(front.notes.iter().cloned());
    for located in &front.values {
        walk.located(located);
    }
    if let Some(asked) = &asked {
        walk.question(asked);
    }
    let mut document = walk.document;
    query::settle(&mut document, hints.query);
    let any = !document.entries.is_empty() || !document.exercises.is_empty() || !document.moods.is_empty();
    match any && (document.recognised || hints.insisted) {
        true => Ok(read(document)),
        false => Err(NOT_UNDERSTOOD.into()),
    }
}
