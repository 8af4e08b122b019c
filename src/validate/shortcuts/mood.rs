//! States of mind as a Shortcut tells of them: a valence from -1 to 1, and the words around it.

use serde_json::{Map, Value};

use super::exercise::sent;
use super::{Reader, when};
use crate::decode::auto_export::snake;
use crate::decode::shortcuts::Exercise;
use crate::model::event::Event;
use crate::model::sender::Sender;
use crate::model::words::Words;
use crate::validate::filling::Filling;

const KIND: &str = "state_of_mind";
/// Keys with a place of their own in an event.
const USED: [&str; 13] = [
    "type",
    "kind",
    "name",
    "date",
    "start",
    "start_date",
    "end",
    "end_date",
    "timestamp",
    "source",
    "source_name",
    "device",
    "valence_classification",
];

pub fn add(filling: &mut Filling, reader: &Reader, mood: &Exercise) {
    let name = filling.add_name(KIND);
    match read(reader, mood) {
        Ok(event) => {
            let item = filling.add_item(name);
            filling.batch.events.push(Event { item, ..event });
        }
        Err(reason) => filling.reject(name, mood.path.clone(), reason, mood.item.text()),
    }
}

fn read(reader: &Reader, mood: &Exercise) -> Result<Event, String> {
    let of = |words: &[&str]| {
        mood.object.iter().find(|(key, _)| words.contains(&snake(key).as_str())).map(|(_, value)| value)
    };
    let valence = reader.number(&of(&["valence"]).map_or(crate::decode::shortcuts::Sent::Absent, sent), false)?;
    let valence = valence.map(|(number, _)| number).ok_or("the state of mind has no valence")?;
    if !(-1.0..=1.0).contains(&valence) {
        return Err(format!("a valence of {valence} is outside what it can be, -1 to 1"));
    }
    let moment =
        |words: &[&str], name: &str| of(words).map_or(Ok(None), |value| when::stamp(name, &sent(value), reader));
    let start =
        moment(&["start", "start_date", "date", "timestamp"], "the date")?.ok_or("a state of mind needs a date")?;
    let end = moment(&["end", "end_date"], "the end")?.map_or(start.utc, |end| end.utc);
    let text = |words: &[&str]| of(words).and_then(Value::as_str).map(str::to_owned);
    let word = text(&["kind"]).filter(|word| Words::MoodKind.code(word).is_some()).unwrap_or_else(|| KIND.to_owned());
    let classification =
        of(&["valence_classification"]).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let rest = mood.object.iter().map(|(key, value)| (snake(key), value.clone()));
    let mut details: Map<String, Value> = rest.filter(|(key, _)| !USED.contains(&key.as_str())).collect();
    details.insert("valence".into(), valence.into());
    Ok(Event {
        item: 0,
        sender: Sender::Shortcuts,
        kind: KIND,
        code: Words::MoodKind.code_or_slug(&word),
        name: word,
        value: classification.as_deref().map(|word| Words::Valence.code_or_slug(word)),
        value_sent: classification,
        start: start.utc,
        span: (end - start.utc).max(0),
        offset_minutes: start.offset(&reader.zone),
        source: super::source(&mood.source).to_owned(),
        details,
        series: None,
    })
}
