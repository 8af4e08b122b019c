//! A value inside a record, borrowed from the parsed body.
//!
//! Records differ from version to version in which keys they have and of what type those are, so they are not given a
//! type each: a reader asks for what it knows and takes what it finds. Whatever is asked of the wrong type is absent.

use serde_json::{Map, Number};
use simd_json::ValueType;
use simd_json::prelude::*;
use simd_json::tape::Value;

use super::point::{Field, field};
use super::{encoded, snake};

/// A value, or nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Node<'a>(Option<Value<'a, 'a>>);

impl<'a> Node<'a> {
    pub(super) fn new(value: Value<'a, 'a>) -> Node<'a> {
        Node(Some(value))
    }

    /// What stands under that key of an object.
    pub fn get(self, key: &str) -> Node<'a> {
        Node(self.0.and_then(|value| value.as_object()).and_then(|object| object.get(key)))
    }

    /// What stands under the first of these keys that is there and not null.
    pub fn any(self, keys: &[&str]) -> Node<'a> {
        keys.iter().map(|key| self.get(key)).find(|found| found.is_present()).unwrap_or_default()
    }

    pub fn field(self) -> Field<'a> {
        self.0.map_or(Field::Absent, field)
    }

    /// A text that says something, without the blanks around it.
    pub fn text(self) -> Option<&'a str> {
        match self.field() {
            Field::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A number, also one that was sent as text; `None` when it is neither or not finite, or when its comma could part
    /// thousands as well as a fraction (`8,412`).
    pub fn number(self) -> Option<f64> {
        self.number_by(|text| if is_ambiguous(text) { None } else { number(text) })
    }

    /// The same where thousands cannot be, so that a comma is before a fraction.
    pub fn small_number(self) -> Option<f64> {
        self.number_by(number)
    }

    fn number_by(self, read: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        let number = match self.field() {
            Field::Number(number) => Some(number),
            Field::Text(text) => read(text),
            _ => None,
        };
        number.filter(|number| number.is_finite())
    }

    pub fn boolean(self) -> Option<bool> {
        match self.field() {
            Field::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Field::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Field::Number(number) => Some(number != 0.0),
            _ => self.0.and_then(|value| value.as_bool()),
        }
    }

    /// The elements of a list; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        let list = self.0.and_then(|value| value.as_array());
        list.into_iter().flat_map(|list| list.iter()).map(Node::new)
    }

    /// The keys and values of an object, in the order sent; none of anything else.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let object = self.0.and_then(|value| value.as_object());
        object.into_iter().flat_map(|object| object.iter()).map(|(key, value)| (key, Node::new(value)))
    }

    /// There, and not null.
    pub fn is_present(self) -> bool {
        self.0.is_some_and(|value| !value.is_null())
    }

    pub fn is_object(self) -> bool {
        self.0.is_some_and(|value| value.is_object())
    }

    pub fn is_list(self) -> bool {
        self.0.is_some_and(|value| value.is_array())
    }

    /// As sent.
    pub fn json(self) -> String {
        self.0.map(encoded).unwrap_or_default()
    }

    /// The same with keys in snake_case and in alphabetical order: the phone shuffles keys from send to send, and what
    /// is kept of an unchanged record must be equal.
    pub fn tidy(self) -> serde_json::Value {
        let Some(value) = self.0 else { return serde_json::Value::Null };
        match value.value_type() {
            ValueType::Object => {
                let mut entries: Vec<_> = self.entries().map(|(key, value)| (snake(key), value.tidy())).collect();
                entries.sort_by(|one, other| one.0.cmp(&other.0));
                serde_json::Value::Object(Map::from_iter(entries))
            }
            ValueType::Array => self.items().map(Node::tidy).collect(),
            ValueType::String => value.into_string().into(),
            ValueType::Bool => value.as_bool().into(),
            ValueType::Null => serde_json::Value::Null,
            _ => value.as_i64().map(Number::from).or_else(|| value.cast_f64().and_then(Number::from_f64)).into(),
        }
    }
}

/// A number in text, with a point or a comma before its fraction. Where it has both marks, the last one is that mark.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{2019}').collect();
    let comma_last = plain.rfind(',') > plain.rfind('.');
    let (fraction, thousands) = if comma_last { (',', '.') } else { ('.', ',') };
    plain.replace(thousands, "").replace(fraction, ".").parse().ok()
}

/// One comma, and exactly three digits behind it.
fn is_ambiguous(text: &str) -> bool {
    let behind = text.trim().split_once(',').map(|(_, behind)| behind);
    !text.contains('.') && behind.is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{is_ambiguous, number};

    #[test]
    fn a_comma_that_can_be_two_things_is_seen() {
        assert!(is_ambiguous(" 8,412") && is_ambiguous("0,125"));
        assert!(["8.412", "8,41", "8,4125", "8,412.0", "1,234,567", "8"].iter().all(|text| !is_ambiguous(text)));
    }

    #[test]
    fn numbers_in_text() {
        for (text, value) in [
            (" 7.5 ", Some(7.5)),
            ("7,5", Some(7.5)),
            ("1.234,5", Some(1234.5)),
            ("1,234.5", Some(1234.5)),
            ("1 234,5", Some(1234.5)),
            ("1\u{202f}234,5", Some(1234.5)),
            ("-0,25", Some(-0.25)),
            ("", None),
            ("7.5 hr", None),
            ("1,2,3", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }
}
