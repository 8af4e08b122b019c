//! Lists side by side: a Shortcut that puts a list into a text field sends one text with a line per value, and the dates
//! as another. They belong together by position, and need not be equally long.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::keys::{self, Key, role};
use super::walk::{Scope, Walk};
use super::{Entry, Item, Remark, Sent};

impl<'a> Walk<'a> {
    /// The values under `name`, each with the date, end and unit at its place in the lists beside it.
    pub fn values(
        &mut self,
        name: Cow<'a, str>,
        values: &'a Value,
        path: String,
        beside: &Map<String, Value>,
        scope: &Scope<'a>,
    ) {
        let dates = keys::dates_of(&name, beside).or_else(|| list_beside(beside, Key::Start)).map(owned);
        let (ends, units) = (list_beside(beside, Key::End).map(owned), list_beside(beside, Key::Unit).map(owned));
        let values_here = split(values);
        let (count, alone) = (values_here.len(), values_here.len() == 1 && !values.is_array());
        for (at, value) in values_here.into_iter().enumerate() {
            let path = if alone { path.clone() } else { format!("{path}[{at}]") };
            let item = scope.line.map_or_else(|| if alone { Item::Json(values) } else { as_item(&value) }, Item::Text);
            let date = match &dates {
                Some(dates) => match dates.get(at) {
                    Some(date) => date.clone(),
                    None => {
                        let reason = format!("there are only {} dates for this list of values", dates.len());
                        self.document.broken.push(Remark { path, text: reason, item: shown(&value) });
                        continue;
                    }
                },
                None => scope.start.clone(),
            };
            let at_place = |list: &Option<Vec<Sent<'static>>>| list.as_ref().and_then(|list| list.get(at).cloned());
            let unit = match at_place(&units) {
                Some(Sent::Text(unit)) => unit,
                _ => scope.unit.clone(),
            };
            let entry = Entry {
                path,
                name: name.clone(),
                value,
                unit,
                start: date,
                end: at_place(&ends).unwrap_or_else(|| if dates.is_some() { Sent::Absent } else { scope.end.clone() }),
                source: scope.source.clone(),
                grain: scope.grain,
                item,
                ..Entry::default()
            };
            self.push(entry, scope.own_name);
        }
        for place in count..dates.map_or(0, |dates| dates.len()) {
            let reason = "there is a date, but no value at its place in the list".to_owned();
            self.document.broken.push(Remark { path: format!("{path}[{place}]"), text: reason, item: String::new() });
        }
    }
}

fn as_item<'a>(value: &Sent<'a>) -> Item<'a> {
    match value {
        Sent::Text(Cow::Borrowed(text)) => Item::Text(text),
        _ => Item::Nothing,
    }
}

fn shown(value: &Sent) -> String {
    match value {
        Sent::Text(text) => text.to_string(),
        Sent::Number(number) => number.to_string(),
        Sent::Absent | Sent::Other => String::new(),
    }
}

/// The list of that role that stands in the object, if it is one.
fn list_beside(beside: &Map<String, Value>, wanted: Key) -> Option<&Value> {
    let is_list = |value: &Value| value.is_array() || value.as_str().is_some_and(|text| text.trim().contains('\n'));
    let roles: &[Key] = if wanted == Key::Start { &[Key::Start, Key::Clock] } else { &[wanted] };
    beside.iter().find(|(key, value)| roles.contains(&role(key)) && is_list(value)).map(|(_, value)| value)
}

/// The lines of a text, or the elements of a list.
fn split(value: &Value) -> Vec<Sent<'_>> {
    match value {
        Value::Array(items) => items.iter().map(Sent::of).collect(),
        Value::String(text) => text.trim().lines().map(Sent::text).collect(),
        other => vec![Sent::of(other)],
    }
}

/// The same, to be kept beside values that live elsewhere.
fn owned(value: &Value) -> Vec<Sent<'static>> {
    let own = |sent| match sent {
        Sent::Absent => Sent::Absent,
        Sent::Number(number) => Sent::Number(number),
        Sent::Text(text) => Sent::Text(Cow::Owned(text.into_owned())),
        Sent::Other => Sent::Other,
    };
    split(value).into_iter().map(own).collect()
}
