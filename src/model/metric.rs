//! The catalogue of metrics: which metric a name means, the unit it is stored in and what its values can be.
//!
//! Three vocabularies meet here: Health Auto Export's wire names, which changed over the years, HealthKit's type
//! identifiers, and whatever a person typed into a Shortcut. All resolve to one canonical name. The list is data
//! (`data/metrics.toml`), compiled in, because it grows with every iOS and must never be missing at run time. A name
//! it does not hold is not an error: such a metric is stored under the name it was sent with.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::model::category::Category;

/// The text of the catalogue this program was built with.
const TEXT: &str = include_str!("../../data/metrics.toml");

/// How the values of a metric combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Summed over a bucket of time.
    Cumulative,
    /// Averaged over a bucket, or the latest.
    Discrete,
    /// Events or stages with a shape of their own.
    Category,
    /// Split on arrival into the metrics named in `parts`.
    Composite,
}

/// How a mean is made of several values, as HealthKit's aggregation styles have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mean {
    /// Each value counts alike.
    #[default]
    Arithmetic,
    /// Each value counts by the time that it lasts.
    TimeWeighted,
    /// The level of a steady sound of the same energy.
    EquivalentLevel,
}

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Canonical name, snake_case.
    pub name: String,
    /// Other names the same metric arrives under.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Full HealthKit type identifiers, prefix included.
    #[serde(default)]
    pub healthkit: Vec<String>,
    /// The unit that values are stored in, in a spelling that `unit::conversion` knows.
    pub unit: String,
    /// How its values combine.
    pub kind: Kind,
    /// What it is about.
    #[serde(default)]
    pub category: Category,
    /// How its values are averaged over a stretch of time; totals and categories have no use for it.
    #[serde(default)]
    pub mean: Mean,
    /// Seconds that a sample may last whose sender names no end: it lasts until the next of its source, and no longer than
    /// this. None: it is an instant.
    pub lasts: Option<i64>,
    /// Whether what any source has counts: a zero of one says nothing against another's value.
    #[serde(default)]
    pub union: bool,
    /// Whether it is measured once a night, and so belongs to the night's date: see `model::sleep::night_of`.
    #[serde(default)]
    pub of_night: bool,
    /// Lowest and highest possible value in `unit`, both allowed. None: anything goes.
    pub range: Option<(f64, f64)>,
    /// The most that one sample, or a whole day, can come to; a longer time may come to more. None: as `range` has it.
    pub day: Option<f64>,
    /// Units that a value without one may be in: the one in which it is plausible. Empty: it is in `unit`.
    #[serde(default)]
    pub unstated: Vec<String>,
    /// Lowest and highest value in `unit` that is plausible of a value without a unit; None: as `range` has it.
    pub plausible: Option<(f64, f64)>,
    /// Canonical names of the metrics a composite is made of; empty for the rest.
    #[serde(default)]
    pub parts: Vec<String>,
}

/// All known metrics, findable under any of their names.
#[derive(Debug)]
pub struct Catalogue {
    metrics: Vec<Metric>,
    /// Canonical name, alias or HealthKit identifier, to a position in `metrics`.
    index: HashMap<String, usize>,
}

/// The file as written: one `[[metric]]` table per entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    metric: Vec<Metric>,
}

/// The catalogue this program was built with.
pub fn catalogue() -> &'static Catalogue {
    // A test parses this very text, so a build that passed its tests cannot fail here.
    static BUILT_IN: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::parse(TEXT).unwrap_or_else(|e| unreachable!("{e}")));
    &BUILT_IN
}

impl Catalogue {
    /// Reads a catalogue from TOML. Where two entries claim a name, the first one has it.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let metrics = toml::from_str::<File>(text)?.metric;
        let mut index = HashMap::new();
        for (position, metric) in metrics.iter().enumerate() {
            for name in metric.names() {
                index.entry(name.to_owned()).or_insert(position);
            }
        }
        Ok(Self { metrics, index })
    }

    /// The metric of a canonical name, alias or HealthKit identifier, else of the slug of a display name.
    pub fn resolve(&self, name: &str) -> Option<&Metric> {
        let position = self.index.get(name).or_else(|| self.index.get(&slug(name)))?;
        self.metrics.get(*position)
    }

    /// Every metric, in the order of the file.
    pub fn all(&self) -> &[Metric] {
        &self.metrics
    }
}

impl Metric {
    fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.aliases.iter().chain(&self.healthkit);
        std::iter::once(&self.name).chain(others).map(String::as_str)
    }
}

/// A display name as a wire name: "Step Count" becomes "step_count", "Größe (cm)" becomes "größe_cm".
///
/// Letters of every script are kept, so that a metric named in the phone's language still has a name.
pub fn slug(name: &str) -> String {
    let words = name.split(|letter| !in_word(letter)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

fn in_word(letter: char) -> bool {
    // Apple's systems often decompose accents; the accent belongs to the letter before it.
    letter.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::model::unit::{conversion, is_known};

    /// The names on Health Auto Export's wire, by the units each was seen or is expected in.
    #[rustfmt::skip]
    const WIRE: &[(&str, &str)] = &[
        ("kcal kJ", "active_energy basal_energy_burned"),
        ("min", "apple_exercise_time apple_move_time apple_stand_time mindful_minutes time_in_daylight"),
        ("count", "apple_stand_hour step_count swimming_stroke_count push_count flights_climbed body_mass_index \
            high_heart_rate_notifications low_heart_rate_notifications irregular_heart_rate_notifications \
            inhaler_usage breathing_disturbances uv_exposure sexual_activity number_of_times_fallen \
            alcohol_consumption"),
        ("km mi", "walking_running_distance cycling_distance distance_downhill_snow_sports wheelchair_distance"),
        ("m yd", "swimming_distance"),
        ("kcal/hr·kg", "physical_effort"),
        ("ml/(kg·min) mL/min·kg", "vo2_max"),
        ("count/min rpm", "cycling_cadence heart_rate resting_heart_rate walking_heart_rate_average cardio_recovery \
            respiratory_rate"),
        ("W", "cycling_functional_threshold_power cycling_power running_power"),
        ("km/hr mi/hr", "cycling_speed running_speed walking_speed"),
        ("ms", "running_ground_contact_time heart_rate_variability"),
        ("m ft", "running_stride_length under_water_depth"),
        ("cm in", "running_vertical_oscillation waist_circumference walking_step_length"),
        ("degC degF", "under_water_temperature apple_sleeping_wrist_temperature body_temperature basal_body_temperature"),
        ("m cm ft", "height"),
        ("kg lb", "weight_body_mass"),
        ("%", "body_fat_percentage atrial_fibrillation_burden blood_oxygen_saturation peripheral_perfusion_index \
            walking_asymmetry_percentage walking_double_support_percentage blood_alcohol_content"),
        ("lb kg", "lean_body_mass"),
        ("mmHg", "blood_pressure"),
        ("dBASPL", "environmental_audio_exposure headphone_audio_exposure"),
        ("L", "forced_expiratory_volume_1 forced_vital_capacity"),
        ("L/min", "peak_expiratory_flow_rate"),
        ("m", "six_minute_walking_test_distance"),
        ("m/s ft/s", "stair_speed_up stair_speed_down"),
        ("stage", "sleep_analysis"),
        ("s", "handwashing toothbrushing"),
        ("S mcS", "electrodermal_activity"),
        ("mmol/L mg/dL", "blood_glucose"),
        ("IU", "insulin_delivery"),
        ("kJ kcal", "dietary_energy"),
        ("mL fl_oz_us", "dietary_water"),
        ("g", "dietary_sugar carbohydrates protein total_fat saturated_fat monounsaturated_fat polyunsaturated_fat \
            fiber"),
        ("mg", "dietary_cholesterol dietary_caffeine calcium chloride copper iron magnesium manganese niacin \
            pantothenic_acid potassium riboflavin sodium thiamin vitamin_b6 vitamin_c vitamin_e zinc"),
        ("mcg", "dietary_biotin chromium folate iodine molybdenum selenium vitamin_a vitamin_b12 vitamin_d vitamin_k"),
    ];

    fn resolved(name: &str) -> &'static Metric {
        catalogue().resolve(name).unwrap_or_else(|| panic!("{name} is not in the catalogue"))
    }

    #[test]
    fn the_embedded_text_parses() {
        assert_eq!(Catalogue::parse(TEXT).unwrap().all().len(), 115 + 2 + 14);
    }

    #[test]
    fn every_wire_name_is_canonical() {
        let names: HashSet<&str> = WIRE.iter().flat_map(|(_, names)| names.split(' ')).collect();
        assert_eq!(names.len(), 115);
        for name in names {
            assert_eq!(resolved(name).name, name);
        }
    }

    #[test]
    fn every_unit_on_the_wire_converts() {
        for (units, names) in WIRE {
            for (unit, name) in units.split(' ').flat_map(|u| names.split(' ').map(move |n| (u, n))) {
                assert!(conversion(unit, &resolved(name).unit).is_some(), "{name} in {unit}");
            }
        }
    }

    #[test]
    fn every_unit_is_known_and_every_range_is_one() {
        for metric in catalogue().all() {
            assert!(is_known(&metric.unit), "{}: {}", metric.name, metric.unit);
            assert!(metric.range.is_none_or(|(low, high)| low < high), "{}", metric.name);
        }
    }

    #[test]
    fn no_name_is_claimed_twice() {
        let mut seen = HashSet::new();
        for metric in catalogue().all() {
            for name in metric.names() {
                assert!(seen.insert(name), "{name} is claimed twice");
                assert_eq!(resolved(name).name, metric.name);
            }
            assert_eq!(slug(&metric.name), metric.name);
        }
    }

    #[test]
    fn parts_exist_and_only_composites_have_them() {
        for metric in catalogue().all() {
            assert_eq!(metric.parts.is_empty(), metric.kind != Kind::Composite, "{}", metric.name);
            for part in &metric.parts {
                assert_eq!(resolved(part).unit, metric.unit);
                assert_ne!(resolved(part).kind, Kind::Composite);
            }
        }
    }

    #[test]
    fn healthkit_identifiers_are_complete() {
        let known = ["HKQuantityTypeIdentifier", "HKCategoryTypeIdentifier", "HKCorrelationTypeIdentifier"];
        for metric in catalogue().all() {
            assert!(!metric.healthkit.is_empty(), "{}", metric.name);
            for id in &metric.healthkit {
                assert!(known.iter().any(|prefix| id.starts_with(prefix)), "{id}");
            }
        }
    }

    #[test]
    fn other_names_resolve() {
        let cases = [
            ("stair_speed:_up", "stair_speed_up"),
            ("six-minute_walking_test_distance", "six_minute_walking_test_distance"),
            ("resting_energy", "basal_energy_burned"),
            ("body_mass", "weight_body_mass"),
            ("HKQuantityTypeIdentifierStepCount", "step_count"),
            ("HKQuantityTypeIdentifierDietaryFatTotal", "total_fat"),
            ("HKCategoryTypeIdentifierSleepAnalysis", "sleep_analysis"),
            ("HKQuantityTypeIdentifierBloodPressureSystolic", "blood_pressure_systolic"),
            ("HKCorrelationTypeIdentifierBloodPressure", "blood_pressure"),
            ("Step Count", "step_count"),
            ("Stair Speed: Up", "stair_speed_up"),
            ("VO2 Max", "vo2_max"),
        ];
        for (name, canonical) in cases {
            assert_eq!(resolved(name).name, canonical);
        }
        assert!(catalogue().resolve("Blood Sparkle").is_none());
    }

    #[test]
    fn kinds_and_ranges_are_read() {
        assert_eq!(resolved("step_count").kind, Kind::Cumulative);
        assert_eq!(resolved("heart_rate").range, Some((0.0, 500.0)));
        assert_eq!(resolved("sleep_analysis").kind, Kind::Category);
        assert_eq!(resolved("sleep_analysis").range, None);
    }

    #[test]
    fn slugs() {
        let cases = [
            ("Step Count", "step_count"),
            ("  Stair Speed: (Up)! ", "stair_speed_up"),
            ("Größe", "größe"),
            ("Gro\u{308}ße", "gro\u{308}ße"),
            ("Пульс в покое", "пульс_в_покое"),
            ("歩数", "歩数"),
            ("__", ""),
        ];
        for (name, expected) in cases {
            assert_eq!(slug(name), expected);
        }
    }
}
