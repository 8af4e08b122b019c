//! Workouts as a Shortcut tells of them: an activity, a start, an end or a duration, and what somebody found worth sending.

use serde_json::Value;

use super::{Reader, when, workout_figures};
use crate::decode::shortcuts::exercises::{is_any_workout, plain};
use crate::decode::shortcuts::{Exercise, Sent};
use crate::model::healthkit;
use crate::model::sender::Sender;
use crate::model::unit::conversion;
use crate::model::words;
use crate::model::workout::{Account, Workout, bounded};
use crate::validate::filling::Filling;

/// Keys in lower case and nothing but letters, by what they tell; the more telling ones first.
const ACTIVITY: &[&str] = &[
    "workoutactivitytype",
    "workouttype",
    "activitytype",
    "activityname",
    "workoutname",
    "exercisetype",
    "activity",
    "sport",
    "type",
    "name",
    "kind",
];
const START: &[&str] = &["start", "startdate", "startedat", "startat", "starttime", "date", "at", "timestamp"];
const END: &[&str] = &["end", "enddate", "endedat", "endat", "endtime"];
const DURATION: &[&str] = &[
    "duration",
    "durationmin",
    "durationmins",
    "durationminutes",
    "durationinminutes",
    "durationseconds",
    "durationsec",
    "durationsecs",
    "durationinseconds",
    "durationhours",
    "durationhr",
    "durationinhours",
    "totalduration",
    "activeduration",
    "movingtime",
    "minutes",
    "seconds",
];
const SOURCE: &[&str] = &["source", "sourcename", "device"];

pub fn add(filling: &mut Filling, reader: &Reader, exercise: &Exercise) {
    let name = filling.add_name("workouts");
    match read(reader, exercise) {
        Ok(workout) => {
            let item = filling.add_item(name);
            filling.batch.workouts.push(Workout { item, ..workout });
        }
        Err(reason) => filling.reject(name, exercise.path.clone(), reason, exercise.item.text()),
    }
}

/// The fields of one workout, each taken once; what is left over is kept as it was sent.
pub(super) struct Fields<'a>(pub(super) Vec<(String, &'a str, &'a Value)>);

impl<'a> Fields<'a> {
    fn take(&mut self, words: &[&str]) -> Option<(&'a str, &'a Value)> {
        let at = words.iter().find_map(|word| self.0.iter().position(|(plain, ..)| plain == word))?;
        let (_, key, value) = self.0.remove(at);
        Some((key, value))
    }

    fn sent(&mut self, words: &[&str]) -> Sent<'a> {
        self.take(words).map_or(Sent::Absent, |(_, value)| sent(value))
    }

    /// The activity in the sender's words, or by HealthKit's number.
    fn activity(&mut self) -> Option<String> {
        let is_none = |text: &str| text.trim().is_empty() || is_any_workout(text);
        for word in ACTIVITY {
            let Some((_, _, value)) = self.0.iter().find(|(plain, ..)| plain == word) else { continue };
            let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
            let named = number.and_then(healthkit::activity).map(str::to_owned);
            let text =
                value.as_str().filter(|text| !is_none(text) && number.is_none()).map(|text| text.trim().to_owned());
            if let Some(found) = named.or(text) {
                self.take(&[word]);
                return Some(found);
            }
        }
        None
    }

    pub(super) fn text(&mut self, words: &[&str]) -> Option<&'a str> {
        self.take(words).and_then(|(_, value)| value.as_str()).map(str::trim).filter(|text| !text.is_empty())
    }
}

fn read(reader: &Reader, exercise: &Exercise) -> Result<Workout, String> {
    let mut fields = Fields(exercise.object.iter().map(|(key, value)| (plain(key), key.as_str(), value)).collect());
    let word = fields.activity().ok_or("a workout needs its type, such as \"Running\"")?;
    let (start, end) = (fields.sent(START), fields.sent(END));
    let start = when::stamp("the start", &start, reader)?.ok_or("a workout needs a start")?;
    let end = when::stamp("the end", &end, reader)?;
    let elapsed = end.map(|end| (end.utc - start.utc) as f64);
    let duration = match fields.take(DURATION) {
        Some((key, value)) => {
            let unit = fields.text(&["durationunit", "durationunits"]);
            seconds(reader, unit.unwrap_or(key), value, elapsed)?
        }
        None => None,
    };
    let end = end.map(|end| end.utc).or_else(|| duration.map(|seconds| start.utc + seconds.round() as i64));
    let end = end
        .filter(|end| *end >= start.utc)
        .ok_or("a workout needs an end after its start, or a duration with its unit such as \"45 min\"")?;
    let source = fields.text(SOURCE).unwrap_or(exercise.source.as_ref());
    let hours = Some((end - start.utc) as f64 / 3600.0).filter(|hours| *hours > 0.0);
    let figures = workout_figures::take(reader, &mut fields, hours)?;
    let (activity, location) = words::activity(&word);
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(Workout {
        item: 0,
        sender: Sender::Shortcuts,
        sent_id: None,
        activity,
        start: start.utc,
        account: Account {
            name: word,
            end,
            duration: bounded(duration.or(elapsed), start.utc, end),
            offset_minutes: start.offset(&reader.zone),
            source: super::source(source).to_owned(),
            location: location.map(str::to_owned),
            figures,
            metadata: fields.0.iter().map(|(_, key, value)| ((*key).to_owned(), as_text(value))).collect(),
            ..Account::default()
        },
        series: Vec::new(),
        route: Vec::new(),
    })
}

pub(super) fn sent(value: &Value) -> Sent<'_> {
    match value {
        Value::Null => Sent::Absent,
        Value::Number(number) => number.as_f64().map_or(Sent::Other, Sent::Number),
        Value::String(text) if text.trim().is_empty() => Sent::Absent,
        Value::String(text) => Sent::Text(text.trim().into()),
        _ => Sent::Other,
    }
}

/// A duration in seconds. Without a unit it is the one that agrees with start and end.
fn seconds(reader: &Reader, key: &str, value: &Value, elapsed: Option<f64>) -> Result<Option<f64>, String> {
    if let Some((hours, rest)) = value.as_str().and_then(|text| text.split_once(':')) {
        let parts: Option<Vec<f64>> =
            std::iter::once(hours).chain(rest.split(':')).map(|part| part.trim().parse().ok()).collect();
        return match parts.as_deref() {
            Some([hours, minutes, seconds]) => Ok(Some(hours * 3600.0 + minutes * 60.0 + seconds)),
            Some([minutes, seconds]) => Ok(Some(minutes * 60.0 + seconds)),
            _ => Err("the duration is not one that can be read".into()),
        };
    }
    let Some((number, behind)) = reader.number(&sent(value), false)? else { return Ok(None) };
    let of_key = [("min", "min"), ("sec", "s"), ("hour", "hr"), ("hr", "hr")];
    let of_key = of_key.into_iter().find(|(word, _)| key.to_lowercase().contains(word)).map(|(_, unit)| unit);
    let of_key = of_key.or_else(|| conversion(key, "s").map(|_| key));
    let unit = Some(behind.as_str()).filter(|unit| !unit.is_empty()).or(of_key);
    let near = |seconds: f64| elapsed.is_some_and(|elapsed| (seconds - elapsed).abs() <= elapsed.max(60.0) * 0.5);
    let scale = match unit {
        Some(unit) => {
            conversion(unit, "s").ok_or_else(|| format!("the unit {unit:?} of the duration is no time"))?.scale
        }
        None if near(number) => 1.0,
        None if near(number * 60.0) => 60.0,
        None if elapsed.is_some() => return Ok(None),
        None => return Err("the duration has no unit: write it as \"45 min\", or send an end".into()),
    };
    Ok(Some(number * scale).filter(|seconds| seconds.is_finite() && (0.0..1e7).contains(seconds)))
}
