//! What the person writes down: symptoms, moods, medicines, the cycle; each as the app sends it.

use serde_json::{Value, json};

use super::Demo;
use super::calendar::{Day, HOUR};
use super::exercise::plan;

const CYCLE: i32 = 28;

/// An entry and when it was made, in UTC epoch seconds.
pub type Entry = (i64, Value);

/// A cold in full, and headaches after bad nights.
pub fn symptoms(demo: &Demo, day: &Day) -> Vec<Entry> {
    let mut random = day.random(11);
    let ill = day.illness();
    let severity = match ill {
        0.75.. => "Severe",
        0.5.. => "Moderate",
        _ => "Mild",
    };
    let mut entries = Vec::new();
    for (name, from, hour) in [
        ("Fever", 0.7, 8.0),
        ("Coughing", 0.2, 9.0),
        ("Runny Nose", 0.1, 9.2),
        ("Fatigue", 0.3, 12.0),
        ("Sore Throat", 0.5, 7.5),
    ] {
        if ill > from {
            entries.push(symptom(demo, name, severity, (day.at(hour), day.at(hour) + 8 * HOUR)));
        }
    }
    if random.unit() < 0.05 - 0.12 * day.sleep_quality().min(0.0) {
        let start = day.at(10.0 + random.between(0.0, 6.0));
        let severity = if random.unit() < 0.7 { "Mild" } else { "Moderate" };
        entries.push(symptom(demo, "Headache", severity, (start, start + 2 * HOUR)));
    }
    if day.is_marathon() {
        entries.push(symptom(demo, "Generalized Body Ache", "Moderate", (day.at(16.0), day.at(22.0))));
    }
    entries
}

fn symptom(demo: &Demo, name: &str, severity: &str, (start, end): (i64, i64)) -> Entry {
    let value = json!({
        "name": name, "severity": severity, "userEntered": true, "source": "Health",
        "start": demo.local(start), "end": demo.local(end)
    });
    (end, value)
}

/// One for the day, which follows sleep and sport, and an emotion now and then.
pub fn moods(demo: &Demo, day: &Day) -> Vec<Entry> {
    const WORDS: [&str; 7] = [
        "very_unpleasant",
        "unpleasant",
        "slightly_unpleasant",
        "neutral",
        "slightly_pleasant",
        "pleasant",
        "very_pleasant",
    ];
    let mut random = day.random(12);
    let sport = if plan(day).is_empty() { 0.0 } else { 0.25 };
    let mut mood = |at: f64, kind: &str, noise: f64| {
        let valence = 0.15 + 0.4 * day.sleep_quality() + sport - 0.7 * day.illness() + noise * random.noise();
        let valence = super::round(valence.clamp(-1.0, 1.0), 2);
        let word = WORDS[((valence + 1.0) * 3.0).round() as usize];
        let labels = match valence {
            0.3.. => json!(["content", "grateful"]),
            0.0.. => json!(["calm"]),
            -0.4.. => json!(["drained", "worried"]),
            _ => json!(["stressed", "irritated"]),
        };
        let associations = if day.is_weekend() { json!(["family", "hobbies"]) } else { json!(["work"]) };
        let time = demo.local(day.at(at));
        let value = json!({
            "id": format!("mood-{}-{kind}", day.date), "start": time, "end": time, "kind": kind, "labels": labels,
            "associations": associations, "valence": valence, "valenceClassification": word, "metadata": {}
        });
        (day.at(at), value)
    };
    let mut entries = Vec::new();
    if day.weekday() % 3 == 0 {
        entries.push(mood(13.2, "momentary_emotion", 0.5));
    }
    entries.push(mood(21.2, "daily_mood", 0.2));
    entries
}

/// A vitamin every morning, mostly; hay fever tablets in spring; something for the fever.
pub fn medications(demo: &Demo, day: &Day) -> Vec<Entry> {
    let mut random = day.random(13);
    let mut entries = Vec::new();
    let mut add = |name: &str, hour: f64, dose: f64, units: &str, taken: bool| {
        let at = day.at(hour);
        let value = json!({
            "displayText": name, "start": demo.local(at), "end": demo.local(at), "scheduledDate": demo.local(day.at(hour.floor())),
            "scheduledDosage": dose, "units": units, "status": if taken { "Taken" } else { "Skipped" },
            "isArchived": false, "codings": []
        });
        entries.push((at, value));
    };
    add("Vitamin D 1000 IU", 8.1, 1.0, "tablet", random.unit() < 0.88);
    if (100..190).contains(&day.date.day_of_year()) {
        add("Cetirizine 10 mg", 8.2, 1.0, "tablet", random.unit() < 0.8);
    }
    if day.illness() > 0.5 {
        add("Paracetamol 500 mg", 12.3, 2.0, "tablet", true);
    }
    entries
}

/// Five days of every four weeks, and an ovulation test between.
pub fn cycle(demo: &Demo, day: &Day) -> Vec<Entry> {
    let (start, end) = (day.at(0.0), day.end - 1);
    let entry = |name: &str, value: &str, is_start: bool| {
        let value = json!({
            "name": name, "value": value, "isCycleStart": is_start, "start": demo.local(start), "end": demo.local(end)
        });
        vec![(day.at(9.0), value)]
    };
    match (CYCLE - 1 - day.age.rem_euclid(CYCLE) + 10) % CYCLE {
        0 => entry("Menstrual Flow", "Medium", true),
        1 => entry("Menstrual Flow", "Heavy", false),
        2 => entry("Menstrual Flow", "Medium", false),
        3 | 4 => entry("Menstrual Flow", "Light", false),
        13 => entry("Ovulation Test Result", "Positive", false),
        _ => Vec::new(),
    }
}
