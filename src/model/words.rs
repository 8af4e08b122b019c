//! The words of senders, in any language, and the stable codes they mean.
//!
//! The tables are data (`data/words.toml`), compiled in, because every language that somebody's phone speaks adds to
//! them. They never decide whether something is kept: a word they lack gets its slug for a code.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::model::metric::slug;

const TEXT: &str = include_str!("../../data/words.toml");

/// One vocabulary; a table of the file each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    Activity,
    Location,
    Severity,
    MedicationStatus,
    Ecg,
    Cycle,
    CycleValue,
    Symptom,
    Valence,
    MoodKind,
    Notification,
    /// Titles of CSV columns that are no metrics.
    Column,
    /// Figures of a workout.
    Figure,
    /// The unit of a sample rate.
    Frequency,
    SleepStage,
}

/// Prefixes of HealthKit's identifiers, which end in a code in another spelling.
const PREFIXES: [&str; 4] =
    ["HKWorkoutActivityType", "HKCategoryTypeIdentifier", "HKCategoryValueSeverity", "HKCategoryValue"];

/// Codes by word as `plain` leaves it, by the name of the table.
static TABLES: LazyLock<HashMap<String, HashMap<String, String>>> = LazyLock::new(|| {
    // A test parses this very text, so a build that passed its tests cannot fail here.
    parse(TEXT).unwrap_or_else(|fault| unreachable!("{fault}"))
});

fn parse(text: &str) -> Result<HashMap<String, HashMap<String, String>>, toml::de::Error> {
    let file: HashMap<String, BTreeMap<String, String>> = toml::from_str(text)?;
    let tables = file.into_iter().map(|(name, codes)| {
        let mut words = HashMap::new();
        for (code, list) in &codes {
            for word in list.split(',').chain([code.as_str()]).map(plain).filter(|word| !word.is_empty()) {
                words.entry(word).or_insert_with(|| code.clone());
            }
        }
        (name, words)
    });
    Ok(tables.collect())
}

impl Words {
    fn name(self) -> &'static str {
        match self {
            Words::Activity => "activity",
            Words::Location => "location",
            Words::Severity => "severity",
            Words::MedicationStatus => "medication_status",
            Words::Ecg => "ecg",
            Words::Cycle => "cycle",
            Words::CycleValue => "cycle_value",
            Words::Symptom => "symptom",
            Words::Valence => "valence",
            Words::MoodKind => "mood_kind",
            Words::Notification => "notification",
            Words::Column => "column",
            Words::Figure => "figure",
            Words::Frequency => "frequency",
            Words::SleepStage => "sleep_stage",
        }
    }

    /// The code of a word, if the table has it.
    pub fn code(self, word: &str) -> Option<&'static str> {
        let word = word.trim();
        let word = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
        self.of_plain(&plain(word))
    }

    /// The code of a word, else its slug.
    pub fn code_or_slug(self, word: &str) -> String {
        self.code(word).map_or_else(|| slug_or_word(word), str::to_owned)
    }

    fn of_plain(self, plain: &str) -> Option<&'static str> {
        TABLES.get(self.name())?.get(plain).map(String::as_str)
    }
}

/// Activity and place of a workout by its name: `Outdoor Run`, `Outdoor_Ausführen`, `Laufen im Freien`, `户外跑步`.
pub fn activity(name: &str) -> (String, Option<&'static str>) {
    if let Some(code) = Words::Activity.code(name) {
        return (code.to_owned(), None);
    }
    let plain = plain(name);
    let places = TABLES.get(Words::Location.name()).into_iter().flatten();
    let found = places.filter_map(|(word, place)| {
        let rest = plain.strip_prefix(word.as_str()).or_else(|| plain.strip_suffix(word.as_str()))?;
        Some((word.len(), Words::Activity.of_plain(rest)?, place.as_str()))
    });
    // The longest word for the place: "pool" is also the end of others.
    match found.max() {
        Some((_, code, place)) => (code.to_owned(), Some(place)),
        None => (slug_or_word(name), None),
    }
}

/// The slug of a name, or the name itself when it has no letter or digit.
pub fn slug_or_word(word: &str) -> String {
    Some(slug(word)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| word.trim().to_owned())
}

fn plain(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_codes_and_every_table_is_there() {
        let file: HashMap<String, BTreeMap<String, String>> = toml::from_str(TEXT).unwrap();
        for (table, codes) in &file {
            let mut seen: HashMap<String, &str> = HashMap::new();
            for (code, list) in codes {
                assert_eq!(slug(code), *code, "{table}");
                for word in list.split(',').map(plain).chain([plain(code)]).filter(|word| !word.is_empty()) {
                    let before = seen.insert(word.clone(), code);
                    assert!(before.is_none_or(|before| before == code), "{table}: {word} is {before:?} and {code}");
                }
            }
        }
        let all = [
            Words::Activity,
            Words::Location,
            Words::Severity,
            Words::MedicationStatus,
            Words::Ecg,
            Words::Cycle,
            Words::CycleValue,
            Words::Symptom,
            Words::Valence,
            Words::MoodKind,
            Words::Notification,
            Words::Column,
            Words::Figure,
            Words::Frequency,
            Words::SleepStage,
        ];
        assert_eq!(file.len(), all.len());
        assert!(all.iter().all(|words| TABLES.contains_key(words.name())));
    }

    #[test]
    fn activities_in_any_language_with_and_without_a_place() {
        for (name, code, place) in [
            ("Outdoor Run", "running", Some("outdoor")),
            ("Indoor Walk", "walking", Some("indoor")),
            ("Pool Swim", "swimming", Some("pool")),
            ("Open Water Swim", "swimming", Some("open_water")),
            ("Outdoor_Ausführen", "running", Some("outdoor")),
            ("Laufen (im Freien)", "running", Some("outdoor")),
            ("Course à pied en extérieur", "running", Some("outdoor")),
            ("Camminata all’aperto", "walking", Some("outdoor")),
            ("户外跑步", "running", Some("outdoor")),
            ("Running", "running", None),
            ("HIIT", "high_intensity_interval_training", None),
            ("High Intensity Interval Training", "high_intensity_interval_training", None),
            ("Traditional Strength Training", "traditional_strength_training", None),
            ("Mind and Body", "mind_and_body", None),
            ("HKWorkoutActivityTypeCoreTraining", "core_training", None),
            ("Multisport", "swim_bike_run", None),
            ("Rasenmähen", "rasenmähen", None),
        ] {
            assert_eq!(activity(name), (code.to_owned(), place), "{name}");
        }
    }

    #[test]
    fn words_become_codes_or_slugs() {
        assert_eq!(Words::Severity.code("Mäßig"), Some("moderate"));
        assert_eq!(Words::Severity.code("HKCategoryValueSeverityMild"), Some("mild"));
        assert_eq!(Words::Symptom.code("Kopfschmerzen"), Some("headache"));
        assert_eq!(Words::Valence.code("5"), Some("slightly_pleasant"));
        assert_eq!(Words::MedicationStatus.code_or_slug("Vielleicht morgen"), "vielleicht_morgen");
        assert_eq!(Words::Symptom.code_or_slug(" 🤕 "), "🤕");
    }
}
