//! The types of samples that a made-up phone knows: HealthKit's names, the app's names, and how each is put together.

/// A type of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    Steps,
    Distance,
    Energy,
    HeartRate,
    Resting,
    Sound,
    Food,
    Protein,
    Weight,
}

/// HealthKit's aggregation styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Cumulative,
    /// Each value weighs as long as it lasts.
    TemporallyWeighted,
    /// Decibels: averaged as energy over time.
    EquivalentLevel,
    Arithmetic,
}

/// What is published of a type.
#[derive(Debug)]
pub struct Facts {
    /// As Health Auto Export writes it.
    pub name: &'static str,
    /// Without `HKQuantityTypeIdentifier`.
    pub healthkit: &'static str,
    pub unit: &'static str,
    pub style: Style,
}

impl Metric {
    pub const ALL: [Metric; 9] = [
        Metric::Steps,
        Metric::Distance,
        Metric::Energy,
        Metric::HeartRate,
        Metric::Resting,
        Metric::Sound,
        Metric::Food,
        Metric::Protein,
        Metric::Weight,
    ];

    pub fn facts(self) -> &'static Facts {
        match self {
            Metric::Steps => &STEPS,
            Metric::Distance => &DISTANCE,
            Metric::Energy => &ENERGY,
            Metric::HeartRate => &HEART_RATE,
            Metric::Resting => &RESTING,
            Metric::Sound => &SOUND,
            Metric::Food => &FOOD,
            Metric::Protein => &PROTEIN,
            Metric::Weight => &WEIGHT,
        }
    }

    pub fn is_total(self) -> bool {
        self.facts().style == Style::Cumulative
    }
}

const fn facts(name: &'static str, healthkit: &'static str, unit: &'static str, style: Style) -> Facts {
    Facts { name, healthkit, unit, style }
}

static STEPS: Facts = facts("step_count", "StepCount", "count", Style::Cumulative);
static DISTANCE: Facts = facts("walking_running_distance", "DistanceWalkingRunning", "km", Style::Cumulative);
static ENERGY: Facts = facts("active_energy", "ActiveEnergyBurned", "kcal", Style::Cumulative);
static HEART_RATE: Facts = facts("heart_rate", "HeartRate", "count/min", Style::TemporallyWeighted);
static RESTING: Facts = facts("resting_heart_rate", "RestingHeartRate", "count/min", Style::Arithmetic);
static SOUND: Facts =
    facts("environmental_audio_exposure", "EnvironmentalAudioExposure", "dBASPL", Style::EquivalentLevel);
static FOOD: Facts = facts("dietary_energy", "DietaryEnergyConsumed", "kcal", Style::Cumulative);
static PROTEIN: Facts = facts("protein", "DietaryProtein", "g", Style::Cumulative);
static WEIGHT: Facts = facts("weight_body_mass", "BodyMass", "kg", Style::Arithmetic);
