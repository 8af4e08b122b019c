//! Things that happened and are not numbers over time: symptoms, moods, medications, ECGs, notifications.
//!
//! An event is known by (person, kind, start, end, code). What each sender tells is kept apart; within one sender,
//! several different events may share all of these, and a delivery replaces such a group as a whole.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::sender::Sender;

/// The kinds that have a name of their own, as in `/api/v1/events/{kind}`. Category types that are none of these are
/// `other`.
pub const KINDS: [&str; 11] = [
    "symptoms",
    "state_of_mind",
    "medications",
    "cycle",
    "ecg",
    "heart_notifications",
    "heartbeat_series",
    "audiograms",
    "vision_prescriptions",
    "activity_summaries",
    "other",
];

/// An event ready to store.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Which item of the delivery it came from: index into `Batch::items`.
    pub item: u32,
    pub sender: Sender,
    /// One of `KINDS`.
    pub kind: &'static str,
    /// What it is, as a stable code: `headache`, `menstrual_flow`, `high_heart_rate_event`; the slug of the sender's word
    /// when the tables do not know it.
    pub code: String,
    /// The same in the sender's words.
    pub name: String,
    /// Severity, status, classification or flow, as a stable code where the tables know one, else its slug.
    pub value: Option<String>,
    /// The same in the sender's words.
    pub value_sent: Option<String>,
    /// UTC epoch seconds.
    pub start: i64,
    /// Seconds.
    pub span: i64,
    pub offset_minutes: i32,
    /// Empty when the sender named none.
    pub source: String,
    /// Everything else, in snake_case.
    pub details: Map<String, Value>,
    /// A long list that belongs to it: an ECG's voltages in microvolts, the beats of a heartbeat series.
    pub series: Option<EventSeries>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventSeries {
    pub unit: String,
    /// Hertz, when the values are evenly spaced.
    pub frequency: Option<f64>,
    pub values: Vec<f64>,
    /// Seconds from the event's start for each value, when they are not evenly spaced.
    pub at: Vec<f64>,
}
