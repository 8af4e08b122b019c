//! Sleep: segments, which are samples of `sleep_analysis`, and nights that a phone has summed up.

use crate::model::sender::Sender;

/// The metric that segments are stored under, in the raw layer: one sample per segment, its value a `Stage`.
pub const SLEEP: &str = "sleep_analysis";

/// What a segment says, with HealthKit's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    InBed = 0,
    /// Asleep, without a stage.
    Asleep = 1,
    Awake = 2,
    Core = 3,
    Deep = 4,
    Rem = 5,
}

impl Stage {
    pub const ALL: [Stage; 6] = [Stage::InBed, Stage::Asleep, Stage::Awake, Stage::Core, Stage::Deep, Stage::Rem];

    /// As a sample's value.
    pub fn value(self) -> f64 {
        f64::from(self as u8)
    }

    pub fn from_value(value: f64) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.value() == value)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Stage::InBed => "in_bed",
            Stage::Asleep => "asleep",
            Stage::Awake => "awake",
            Stage::Core => "core",
            Stage::Deep => "deep",
            Stage::Rem => "rem",
        }
    }

    pub fn is_asleep(self) -> bool {
        !matches!(self, Stage::InBed | Stage::Awake)
    }
}

/// One night as a phone has summed it up. Known by (person, date, sender); a later one replaces an earlier one unless it
/// is poorer, that is, has no stages where the earlier one has.
#[derive(Debug, Clone, PartialEq)]
pub struct NightSummary {
    /// Which item of the delivery it came from: index into `Batch::items`.
    pub item: u32,
    pub sender: Sender,
    /// The local date on which the night ends, in days since 1970-01-01.
    pub date: i32,
    pub source: String,
    pub offset_minutes: i32,
    /// UTC epoch seconds; of falling asleep and waking.
    pub start: Option<i64>,
    pub end: Option<i64>,
    pub in_bed_start: Option<i64>,
    pub in_bed_end: Option<i64>,
    /// Minutes.
    pub asleep: Option<f64>,
    pub in_bed: Option<f64>,
    pub core: Option<f64>,
    pub deep: Option<f64>,
    pub rem: Option<f64>,
    pub awake: Option<f64>,
}

impl NightSummary {
    pub fn has_stages(&self) -> bool {
        [self.core, self.deep, self.rem].into_iter().flatten().any(|minutes| minutes > 0.0)
    }
}
