//! Walks JSON of any shape and finds the values in it: items with a type and a value, days with a key per metric, lists
//! under the name of their metric, and all of these inside each other.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::exercises;
use super::fields::{Fields, period};
use super::front::Located;
use super::keys;
use super::picked::{Picked, pick};
use super::{Document, Entry, Exercise, Grain, Item, Remark, Sent, names, number};
use crate::decode::date;
use crate::model::metric::Metric;
use crate::model::unit::conversion;

/// What the surroundings of a value say about it.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    pub name: Option<Cow<'a, str>>,
    /// The name stands beside the value, not around it.
    pub own_name: bool,
    /// The object has one key that is no field.
    pub alone: bool,
    pub start: Sent<'a>,
    pub end: Sent<'a>,
    pub unit: Cow<'a, str>,
    pub source: Cow<'a, str>,
    pub grain: Grain,
    /// For quarantine, where the sender's words are not the value that is walked.
    pub line: Option<&'a str>,
}

pub struct Walk<'a> {
    pub document: Document<'a>,
    root: Scope<'a>,
}

impl<'a> Walk<'a> {
    pub fn new(root: Scope<'a>) -> Walk<'a> {
        Walk { document: Document::default(), root }
    }

    pub fn located(&mut self, located: &'a Located) {
        let scope = Scope { line: located.line.as_deref(), ..self.root.clone() };
        self.any(&located.value, located.place.clone(), &scope);
    }

    /// The address itself, which stands beside nothing.
    pub fn question(&mut self, asked: &'a Value) {
        self.any(asked, "query".into(), &Scope::default());
    }

    pub fn any(&mut self, value: &'a Value, path: String, scope: &Scope<'a>) {
        match value {
            Value::Object(object) => self.object(object, value, path, scope),
            Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
                self.list_or_nothing(value, path, scope)
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.any(item, format!("{path}[{at}]"), scope);
                }
            }
            _ => self.list_or_nothing(value, path, scope),
        }
    }

    /// Values without keys need a name from around them.
    fn list_or_nothing(&mut self, value: &'a Value, path: String, scope: &Scope<'a>) {
        match &scope.name {
            Some(name) => self.values(name.clone(), value, path, &Map::new(), scope),
            None => self.break_off(path, "it is not said which metric this is", Item::Json(value)),
        }
    }

    fn object(&mut self, object: &'a Map<String, Value>, whole: &'a Value, path: String, outer: &Scope<'a>) {
        let (fields, mut scope) = self.fields(object, outer);
        if fields.may_be_exercise() && exercises::is_exercise(object) {
            return self.exercise(whole, path, outer);
        }
        if exercises::is_mood(object) {
            let item = scope.line.map_or(Item::Json(whole), Item::Text);
            self.document.recognised = true;
            return self.document.moods.push(Exercise { path, object, source: scope.source, item });
        }
        if let Some(stage) = fields.stage.filter(|_| scope.name.as_deref().is_none_or(names::is_sleep)) {
            let entry = Entry { value: Sent::of(stage), ..self.entry("sleep_analysis".into(), path, &scope, whole) };
            return self.push(entry, true);
        }
        let metrics_inside = || fields.others.iter().any(|(key, _)| names::is_known(key));
        let named = scope.name.clone().filter(|_| scope.own_name || !metrics_inside());
        let Some(name) = named else { return self.members(object, whole, &fields, path, &mut scope) };
        match pick(&fields, &name) {
            Some(Err(reason)) => self.break_off(path, &reason, Item::Json(whole)),
            Some(Ok(picked)) => self.picked(picked, name, (object, whole), &fields, path, &scope),
            None if fields.min != Sent::Absent || fields.max != Sent::Absent => {
                let entry = self.entry(name, path, &scope, whole);
                self.push(Entry { min: fields.min, max: fields.max, ..entry }, scope.own_name);
            }
            None if fields.others.is_empty() && scope.start != outer.start && names::is_sleep(&name) => {
                let entry = self.entry(name, path, &scope, whole);
                self.push(Entry { value: Sent::Text("asleep".into()), ..entry }, true);
            }
            None => self.members(object, whole, &fields, path, &mut scope),
        }
    }

    /// The value of an item that has a name: a number, a list of them, or an object that holds it.
    fn picked(
        &mut self,
        picked: Picked<'a>,
        name: Cow<'a, str>,
        (object, whole): (&'a Map<String, Value>, &'a Value),
        fields: &Fields<'a>,
        path: String,
        scope: &Scope<'a>,
    ) {
        match picked.value {
            Some(value @ Value::Object(inner)) => self.object(inner, value, below(&path, picked.key), scope),
            Some(value @ Value::Array(_)) => self.values(name, value, below(&path, picked.key), object, scope),
            Some(value @ Value::String(text)) if text.trim().contains('\n') => {
                self.values(name, value, below(&path, picked.key), object, scope)
            }
            _ => {
                let entry = self.entry(name, path, scope, whole);
                let (min, max) = (fields.min.clone(), fields.max.clone());
                let unit = if picked.unit.is_empty() { entry.unit.clone() } else { picked.unit };
                self.push(Entry { value: picked.sent, min, max, unit, ..entry }, scope.own_name);
            }
        }
    }

    /// Every key that is no field of the object itself: a metric, or something that holds metrics.
    fn members(
        &mut self,
        object: &'a Map<String, Value>,
        whole: &'a Value,
        fields: &Fields<'a>,
        path: String,
        scope: &mut Scope<'a>,
    ) {
        let before = self.found();
        scope.own_name = false;
        scope.alone = fields.others.len() == 1;
        let holds = |value: &Value| value.is_object() || value.is_array();
        let inside = fields.values.iter().filter(|(.., value)| holds(value)).map(|(_, key, value)| (*key, *value));
        for (key, value) in fields.others.iter().copied().chain(inside) {
            self.member(key, value, object, below(&path, key), scope);
        }
        let useless = self.found() == before && (!fields.values.is_empty() || fields.others.is_empty());
        if useless && !object.is_empty() {
            return self.break_off(
                path,
                "it is not said which metric this is, or there is no value",
                Item::Json(whole),
            );
        }
        for (_, key, value) in fields.values.iter().filter(|(.., value)| !holds(value)) {
            let reason = format!("it is not said which metric the {key:?} is of");
            self.break_off(below(&path, key), &reason, Item::Pair(key, value));
        }
    }

    fn member(
        &mut self,
        key: &'a str,
        value: &'a Value,
        object: &'a Map<String, Value>,
        path: String,
        scope: &Scope<'a>,
    ) {
        let within = |name: Option<Cow<'a, str>>| Scope { name, grain: scope.grain, ..scope.clone() };
        match value {
            Value::Object(inner) if exercises::is_one(key, inner) => self.exercise(value, path, scope),
            Value::Object(_) if keys::is_container(key) => {
                let grain = period(key).unwrap_or(scope.grain);
                self.any(value, path, &Scope { grain, ..within(None) });
            }
            Value::Object(_) if is_day(key) => {
                self.any(value, path, &Scope { start: Sent::text(key), ..within(None) });
            }
            Value::Object(_) => self.any(value, path, &within(Some(key.into()))),
            Value::Array(items) if exercises::is_list(key, items) => {
                for (at, item) in items.iter().enumerate() {
                    self.exercise(item, format!("{path}[{at}]"), scope);
                }
            }
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                let name = if keys::is_container(key) { None } else { Some(key.into()) };
                self.any(value, path, &within(name));
            }
            Value::Array(items) if items.is_empty() || keys::dates_another(key, object) => {}
            Value::Array(_) => self.values(key.into(), value, path, object, scope),
            Value::Number(_) | Value::String(_) if keys::dates_of(key, object).is_some() => {
                self.values(key.into(), value, path, object, scope);
            }
            Value::Number(_) => self.day_value(key, value, path, scope),
            Value::String(text) => self.text_member(key, text, value, object, path, scope),
            Value::Bool(_) if names::is_known(key) => self.day_value(key, value, path, scope),
            Value::Null if names::is_known(key) => self.nothing_sent(key, path),
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn text_member(
        &mut self,
        key: &'a str,
        text: &'a str,
        value: &'a Value,
        object: &'a Map<String, Value>,
        path: String,
        scope: &Scope<'a>,
    ) {
        let known = names::is_known(key);
        match text.trim() {
            "" if known => self.nothing_sent(key, path),
            "" => {}
            text if text.contains('\n') => {
                let numeric = || text.lines().any(number::is_numeric);
                if !keys::dates_another(key, object) && (known || numeric()) {
                    self.values(key.into(), value, path, object, scope);
                }
            }
            text if known || number::is_numeric(text) => self.day_value(key, value, path, scope),
            // A text under a name that is no metric tells about the sender.
            _ => {}
        }
    }

    fn day_value(&mut self, key: &'a str, value: &'a Value, path: String, scope: &Scope<'a>) {
        // Below a name only what is known is a metric of its own: anything else describes what is named.
        if let Some(name) = scope.name.as_deref().filter(|_| !names::is_known(key)) {
            let reason = format!("{key:?} is nothing that is known of {name:?}: name what the number is of");
            return self.break_off(path, &reason, Item::Pair(key, value));
        }
        let grain = if scope.grain == Grain::Item { Grain::Day } else { scope.grain };
        let entry = self.entry(key.into(), path, scope, value);
        let item = scope.line.map_or(Item::Pair(key, value), Item::Text);
        // A unit that was said for the whole object is meant for the metric that it fits, or for the only one.
        let fits = |(metric, _): (&Metric, _)| conversion(&scope.unit, &metric.unit).is_some();
        let meant = scope.alone || names::known(key).is_some_and(fits);
        let unit = if meant { scope.unit.clone() } else { Cow::Borrowed("") };
        self.push(Entry { value: Sent::of(value), grain, item, unit, ..entry }, false);
    }

    fn nothing_sent(&mut self, key: &str, path: String) {
        let text = format!("nothing was sent for {key}");
        self.document.notes.push(Remark { path, text, item: String::new() });
    }

    fn exercise(&mut self, item: &'a Value, path: String, scope: &Scope<'a>) {
        let shown = scope.line.map_or(Item::Json(item), Item::Text);
        match item.as_object() {
            Some(object) => {
                self.document.recognised = true;
                let source = scope.source.clone();
                self.document.exercises.push(Exercise { path, object, source, item: shown });
            }
            None => self.break_off(path, "a workout must be an object with type, start and end", shown),
        }
    }

    /// An entry with everything but its value.
    pub fn entry(&self, name: Cow<'a, str>, path: String, scope: &Scope<'a>, item: &'a Value) -> Entry<'a> {
        Entry {
            path,
            name,
            unit: scope.unit.clone(),
            start: scope.start.clone(),
            end: scope.end.clone(),
            source: scope.source.clone(),
            grain: scope.grain,
            item: scope.line.map_or(Item::Json(item), Item::Text),
            ..Entry::default()
        }
    }

    /// `explicit`: the sender has called it a value of that name, so it is one even when the name is not known.
    pub fn push(&mut self, entry: Entry<'a>, explicit: bool) {
        let numeric = match &entry.value {
            Sent::Number(_) => true,
            Sent::Text(text) => number::is_numeric(text),
            Sent::Absent | Sent::Other => false,
        };
        let dated = entry.start != Sent::Absent || matches!(entry.grain, Grain::Today | Grain::Yesterday);
        self.document.recognised |= names::is_known(&entry.name) || (numeric && (explicit || dated));
        self.document.entries.push(entry);
    }

    pub fn break_off(&mut self, path: String, reason: &str, item: Item) {
        self.document.broken.push(Remark { path, text: reason.into(), item: item.text() });
    }

    fn found(&self) -> usize {
        self.document.entries.len()
            + self.document.exercises.len()
            + self.document.moods.len()
            + self.document.broken.len()
    }
}

/// A key that is a date.
fn is_day(key: &str) -> bool {
    key.len() >= 6 && key.starts_with(|c: char| c.is_ascii_digit()) && date::is_date(key)
}

/// The path of a key; those that are no plain words stand in brackets.
fn below(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
    match plain {
        true => format!("{path}.{key}"),
        false => format!("{path}[{}]", Value::from(key)),
    }
}
