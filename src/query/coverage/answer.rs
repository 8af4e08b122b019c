//! The shape of the answer.

use serde::Serialize;
use utoipa::ToSchema;

use crate::query::coverage::automations::Automation;

/// What is answered.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Answer {
    pub tz: String,
    /// RFC 3339: the end of the range, or now.
    pub as_of: String,
    /// What a person should know, in sentences.
    pub summary: Vec<String>,
    /// Metrics, `sleep`, `workouts` and kinds of events that have any data.
    pub entries: Vec<Entry>,
    /// Everything that has sent over the network.
    pub automations: Vec<Automation>,
}

/// One thing that is followed over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    pub name: String,
    /// `metric`, `sleep`, `workouts` or `events`.
    pub kind: &'static str,
    /// Starts of the first and the last entry of all, RFC 3339.
    pub first: String,
    pub last: String,
    /// When the last delivery that brought any of it came, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<String>,
    /// Days with data within the range asked for.
    pub days: usize,
    /// Days of that range since the first with data.
    pub of_days: i32,
    /// Median days from one day with data to the next, of the latest 60; missing until there are three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_interval_days: Option<i32>,
    pub gaps: Vec<Gap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Samples of the last 30 days that arrived more than a day after they had happened.
    pub late: i64,
}

/// Local dates without data.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gap {
    /// The first without.
    pub from: String,
    /// The day on which it goes on.
    pub to: String,
    pub days: i32,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stopped {
    /// The last day with data.
    pub since: String,
    pub days_ago: i32,
}
