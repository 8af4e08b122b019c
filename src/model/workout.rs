//! A workout, as one sender tells of it.
//!
//! The identity is (person, start, activity), or the sender's own id where two accounts have one. What each sender tells
//! is kept whole; a later account of the same sender replaces its earlier one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::sender::Sender;
use crate::model::shown::{System, shown_for};

/// A workout ready to store.
#[derive(Debug, Clone, PartialEq)]
pub struct Workout {
    /// Which item of the delivery it came from: index into `Batch::items`.
    pub item: u32,
    pub sender: Sender,
    /// The sender's own id, when it gave one.
    pub sent_id: Option<String>,
    /// Stable code such as `running`; the slug of the sender's word when the tables do not know it.
    pub activity: String,
    /// UTC epoch seconds.
    pub start: i64,
    pub account: Account,
    /// Values over the time of the workout, by name: `heart_rate`, `active_energy`, `heart_rate_recovery`, ...
    pub series: Vec<WorkoutSeries>,
    /// Points of all its routes, in order of time.
    pub route: Vec<RoutePoint>,
}

/// What one sender tells of a workout beside its series and route. Stored as JSON, so new fields need a default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The activity in the sender's words.
    pub name: String,
    /// UTC epoch seconds.
    pub end: i64,
    /// Seconds without pauses.
    pub duration: Option<f64>,
    pub offset_minutes: i32,
    pub source: String,
    /// `indoor`, `outdoor`, `pool`, `open_water`, or the sender's word.
    pub location: Option<String>,
    /// Totals and averages by name, in canonical units.
    pub figures: BTreeMap<String, Figure>,
    pub events: Vec<WorkoutEvent>,
    /// The parts of a multisport workout.
    pub activities: Vec<WorkoutActivity>,
    /// As sent.
    pub metadata: BTreeMap<String, String>,
}

/// One figure of a workout. Names are those of the metrics where there is one (`active_energy`, `heart_rate`), else
/// `distance`, `elevation_ascended`, `elevation_descended`, `temperature`, `humidity`, `intensity`, `lap_length`, ...
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    pub unit: String,
    /// The total, or the only value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl Figure {
    /// The figure of that name in a person's units. In which unit it was sent is not kept.
    pub fn shown(&self, name: &str, system: System) -> Figure {
        let Some((unit, way)) = shown_for(name, &self.unit, None, system) else { return self.clone() };
        let [value, avg, min, max] =
            [self.value, self.avg, self.min, self.max].map(|number| number.map(|number| way.apply(number)));
        Figure { unit: unit.into(), value, avg, min, max }
    }
}

/// A pause, a lap, a segment or a marker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkoutEvent {
    /// `pause`, `resume`, `lap`, `segment`, `marker`, ...
    pub kind: String,
    /// UTC epoch seconds.
    pub start: i64,
    /// Seconds.
    pub span: f64,
    pub metadata: BTreeMap<String, String>,
}

/// One part of a workout that has several.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkoutActivity {
    pub id: Option<String>,
    pub activity: String,
    pub start: i64,
    pub end: i64,
    pub duration: Option<f64>,
    pub figures: BTreeMap<String, Figure>,
    /// Pauses and laps of this part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<WorkoutEvent>,
    /// As sent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Values over the time of a workout.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkoutSeries {
    pub name: String,
    /// Canonical unit of all numbers.
    pub unit: String,
    pub points: Vec<SeriesPoint>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeriesPoint {
    /// UTC epoch seconds.
    pub at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// Seconds by which a duration may exceed the time from start to end, because those are cut to whole seconds.
const ROUNDED: f64 = 2.0;

/// A duration in seconds that is no longer than the time from start to end, where that is known.
pub fn bounded(duration: Option<f64>, start: i64, end: i64) -> Option<f64> {
    let elapsed = (end - start) as f64;
    duration.map(|seconds| if elapsed > 0.0 && seconds > elapsed + ROUNDED { elapsed } else { seconds })
}

fn is_first(part: &u32) -> bool {
    *part == 0
}

/// A place on the way. Degrees, metres, metres per second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutePoint {
    /// UTC epoch seconds.
    pub at: i64,
    pub latitude: f64,
    pub longitude: f64,
    /// Which part of the route it is of, from 0: between two parts nobody knows the way.
    #[serde(skip_serializing_if = "is_first")]
    pub part: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub course: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizontal_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical_accuracy: Option<f64>,
}
