//! What of a body is a workout, or a state of mind: everybody has their own word for the list and for the activity.

use serde_json::{Map, Value};

use super::keys::{Key, role};
use super::names;
use crate::model::words::Words;

/// Keys of lists of workouts, in lower case and nothing but letters.
const LISTS: &str = "workouts workout exercises exercise trainings training sessions activities workoutsessions hkworkout \
     hkworkouttypeidentifier workoutdata";
/// Keys that name the activity of a workout and nothing else.
const ACTIVITIES: &str = "workoutactivitytype workouttype activitytype activityname workoutname sport exercisetype";
/// Types of an item that say that it is a workout, not which.
const TYPES: &str = "workout workouts hkworkout hkworkouttypeidentifier training exercisesession";

/// A list of workouts under that key.
pub fn is_list(key: &str, items: &[Value]) -> bool {
    let key = plain(key);
    let is_word = among(LISTS, &key) && items.iter().any(Value::is_object);
    is_word && (key.starts_with("workout") || items.iter().filter_map(Value::as_object).all(looks_like_one))
}

/// One workout under that key.
pub fn is_one(key: &str, object: &Map<String, Value>) -> bool {
    among(LISTS, &plain(key)) && looks_like_one(object)
}

/// An item that is a workout wherever it stands.
pub fn is_exercise(object: &Map<String, Value>) -> bool {
    let names_one = |(key, value): (&String, &Value)| {
        let text = value.as_str().unwrap_or_default();
        let key = plain(key);
        (among(ACTIVITIES, &key) && !value.is_null()) || (is_type(&key) && is_any_workout(text))
    };
    looks_like_one(object) && (object.iter().any(names_one) || is_activity(object))
}

/// `{"type": "Running", "start": ..., "end": ...}`: an activity as the type of something that lasts and has no value.
fn is_activity(object: &Map<String, Value>) -> bool {
    let text = |(key, value): (&String, &Value)| is_type(&plain(key)).then(|| value.as_str().map(str::to_owned))?;
    let has_value = object.keys().any(|key| matches!(role(key), Key::Value | Key::Sum | Key::Average | Key::Stage));
    let word = object.iter().find_map(text);
    !has_value && word.is_some_and(|word| Words::Activity.code(&word).is_some() && !names::is_known(&word))
}

/// Types of an item that say that it is a state of mind.
const MOODS: &str = "stateofmind hkstateofmind hkdatatypestateofmind hkdatatypeidentifierstateofmind mood emotion dailymood \
    momentaryemotion";

/// A state of mind: something with a valence that says so, or says nothing else.
pub fn is_mood(object: &Map<String, Value>) -> bool {
    let says_so = |(key, value): (&String, &Value)| {
        (is_type(&plain(key)) || plain(key) == "kind") && value.as_str().is_some_and(|text| among(MOODS, &plain(text)))
    };
    let beside = |key: &String| {
        let among_its_own =
            among("valence valenceclassification labels associations kind arousal metadata", &plain(key));
        among_its_own || !matches!(role(key), Key::Other | Key::Value | Key::Sum | Key::Average | Key::Count)
    };
    object.contains_key("valence") && (object.iter().any(says_so) || object.keys().all(beside))
}

fn is_type(key: &str) -> bool {
    matches!(key, "type" | "activity" | "name" | "kind" | "sampletype" | "datatype" | "metric")
}

/// It has a start, and an end or a duration.
fn looks_like_one(object: &Map<String, Value>) -> bool {
    let any = |is: fn(Key) -> bool| object.iter().any(|(key, value)| is(role(key)) && !value.is_null());
    any(|key| key == Key::Start || key == Key::Clock) && any(|key| key == Key::End || matches!(key, Key::Time(_)))
}

/// Whether a word says that something is a workout, and not which.
pub fn is_any_workout(word: &str) -> bool {
    among(TYPES, &plain(word))
}

/// Lower case and nothing but letters.
pub fn plain(key: &str) -> String {
    key.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

fn among(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}
