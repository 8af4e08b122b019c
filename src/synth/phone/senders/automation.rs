//! An automation of Health Auto Export, as its owner has set it up.

use jiff::tz::TimeZone;

use crate::synth::phone::calendar::{date_of, days_after, midnight};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Yesterday, and today so far.
    Default,
    SinceLastSync,
    Today,
    Yesterday,
    /// Seven days that are over.
    PreviousSevenDays,
    /// Whenever something new has come in.
    Realtime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The pulse by the second, the rest by the minute.
    Default,
    /// Not summarised: HealthKit's own samples, of which the app writes no end.
    None,
    Minutes,
    Hours,
    Days,
}

/// How one sync is split over requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    Whole,
    /// A request for each metric.
    Metrics,
    /// So many points in a request.
    Points(usize),
}

/// What an automation says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headers {
    /// All of them; one session for all requests of a sync.
    OneSession,
    /// All of them; a session of its own for each request.
    SessionEach,
    /// None: a plain POST, or a file.
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Automation {
    pub name: &'static str,
    pub id: &'static str,
    pub period: Period,
    pub grouping: Grouping,
    /// Whether a night is one object in place of its stages.
    pub nights_summed: bool,
    pub batch: Batch,
    pub headers: Headers,
    /// Whether it also brings workouts, as one of another data type would.
    pub workouts: bool,
}

impl Period {
    pub fn header(self) -> &'static str {
        match self {
            Period::Default => "Default",
            Period::SinceLastSync => "Since Last Sync",
            Period::Today => "Today",
            Period::Yesterday => "Yesterday",
            Period::PreviousSevenDays => "Previous 7 Days",
            Period::Realtime => "Realtime",
        }
    }

    /// Whether it says of itself which time it covers.
    pub fn is_complete(self) -> bool {
        !matches!(self, Period::SinceLastSync | Period::Realtime)
    }

    /// What a sync at `now` covers; `last` is when the one before succeeded.
    pub fn range(self, now: i64, last: i64, zone: &TimeZone) -> (i64, i64) {
        let today = date_of(now, zone);
        let day = |days: i32| midnight(days_after(today, days), zone);
        match self {
            Period::Default => (day(-1), now),
            Period::SinceLastSync | Period::Realtime => (last, now),
            Period::Today => (day(0), now),
            Period::Yesterday => (day(-1), day(0)),
            Period::PreviousSevenDays => (day(-7), day(0)),
        }
    }
}

impl Grouping {
    pub fn header(self) -> &'static str {
        match self {
            Grouping::Default => "Default",
            Grouping::None => "None",
            Grouping::Minutes => "Minutes",
            Grouping::Hours => "Hours",
            Grouping::Days => "Days",
        }
    }
}
