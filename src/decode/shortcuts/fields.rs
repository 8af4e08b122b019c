//! Sorts the keys of one object: what is a field of it, what it says about everything inside, and what is left.

use serde_json::{Map, Value};

use super::keys::{Key, role};
use super::walk::{Scope, Walk};
use super::{Grain, Remark, Sent};

/// The fields of one object, by the part they play.
#[derive(Default)]
pub struct Fields<'a> {
    /// Keys that hold a number of the metric, and what number each is.
    pub values: Vec<(Key, &'a str, &'a Value)>,
    pub min: Sent<'a>,
    pub max: Sent<'a>,
    pub stage: Option<&'a Value>,
    pub others: Vec<(&'a str, &'a Value)>,
}

impl Fields<'_> {
    /// A workout has lengths of time, and figures under names of their own, but no value.
    pub fn may_be_exercise(&self) -> bool {
        self.stage.is_none() && !self.values.iter().any(|(key, ..)| matches!(key, Key::Value | Key::Average | Key::Sum))
    }
}

/// Today or yesterday, by the words that Shortcuts' authors use.
pub fn period(word: &str) -> Option<Grain> {
    match word.trim().to_lowercase().as_str() {
        "yesterday" | "gestern" | "hier" | "ayer" | "ieri" | "昨天" => Some(Grain::Yesterday),
        "today" | "heute" | "aujourd'hui" | "hoy" | "oggi" | "今天" => Some(Grain::Today),
        _ => None,
    }
}

impl<'a> Walk<'a> {
    /// Sorts an object's keys, and what they add to the scope.
    pub fn fields(&mut self, object: &'a Map<String, Value>, outer: &Scope<'a>) -> (Fields<'a>, Scope<'a>) {
        let (mut fields, mut scope) = (Fields::default(), outer.clone());
        let (mut start, mut clock, mut end) = (Sent::Absent, Sent::Absent, Sent::Absent);
        let mut device = None;
        for (key, value) in object {
            let text = value.as_str().map(str::trim).filter(|text| !text.is_empty());
            let part = role(key);
            match (part, text) {
                (Key::Metric, Some(name)) => {
                    scope.name = Some(name.into());
                    scope.own_name = true;
                }
                (Key::Value | Key::Average | Key::Sum | Key::Count | Key::Time(_), _) => {
                    fields.values.push((part, key, value))
                }
                (Key::Minimum, _) => fields.min = Sent::of(value),
                (Key::Maximum, _) => fields.max = Sent::of(value),
                (Key::Start, _) => start = start.or(&Sent::of(value)),
                (Key::Clock, _) => clock = clock.or(&Sent::of(value)),
                (Key::End, _) => end = end.or(&Sent::of(value)),
                (Key::Unit, text) => scope.unit = text.unwrap_or_default().into(),
                (Key::Source, Some(name)) if key.to_lowercase().starts_with("device") => device = Some(name),
                (Key::Source, Some(name)) => scope.source = name.into(),
                (Key::Stage, _) => fields.stage = Some(value),
                (Key::Period, Some(word)) => self.take_period(word, key, &mut scope),
                (Key::Locale, Some(locale)) => self.document.locale = Some(locale.into()),
                (Key::Zone, Some(zone)) => self.document.zone = Some(zone.into()),
                (Key::Other, _) => fields.others.push((key, value)),
                (Key::Metric, None) if !value.is_null() && !value.is_string() => fields.others.push((key, value)),
                _ => {}
            }
        }
        // A device is where the source is not named itself.
        if let Some(device) = device.filter(|_| scope.source == outer.source) {
            scope.source = device.into();
        }
        scope.start = joined(start, clock).or(&outer.start);
        scope.end = end.or(&outer.end);
        (fields, scope)
    }

    fn take_period(&mut self, word: &str, key: &str, scope: &mut Scope<'a>) {
        match period(word) {
            Some(grain) => scope.grain = grain,
            None => {
                let text = format!("the period {word:?} is not one that is known: there are today and yesterday");
                // Said once, though every item may repeat it.
                if self.document.notes.last().is_none_or(|note| note.text != text) {
                    self.document.notes.push(Remark { path: key.to_owned(), text, item: String::new() });
                }
            }
        }
    }
}

/// A date, and a time of day that stands beside it.
fn joined<'a>(date: Sent<'a>, clock: Sent<'a>) -> Sent<'a> {
    match (date, clock) {
        (Sent::Absent, clock) => clock,
        (Sent::Text(date), Sent::Text(clock)) if clock.contains(':') && !date.contains(':') && clock.len() < 16 => {
            Sent::Text(format!("{date} {clock}").into())
        }
        (date, _) => date,
    }
}
