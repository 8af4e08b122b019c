//! A made-up phone: what is in its Health at each moment, its own statistics, and the ways in which it sends.
//!
//! Written from what Apple and the makers of the apps have published, and not from this program's rules: its statistics
//! are what the program's answers are held against (`tests/truth`). Nothing of `query`, `store` or `validate` is used.

pub mod calendar;
pub mod life;
pub mod metric;
pub mod scenario;
pub mod senders;
pub mod source;
pub mod statistics;
pub mod store;

use jiff::civil::Date;

use calendar::Calendar;
use metric::Metric;
use source::{Names, Source};
use statistics::{Levels, Totals};
use store::{Segment, Store};

/// One phone.
#[derive(Debug, Clone)]
pub struct Phone {
    pub store: Store,
    pub calendar: Calendar,
    pub names: Names,
    /// When a new phone took over, and from when on it has data.
    pub renewed: Option<(i64, i64)>,
}

impl Phone {
    /// The whole of it as of a moment, for many questions about totals.
    pub fn totals(&self, metric: Metric, moment: i64) -> Totals {
        Totals::of(&self.store, metric, moment, i64::MIN / 2, i64::MAX / 2)
    }

    pub fn levels(&self, metric: Metric, moment: i64, from: i64, to: i64) -> Option<Levels> {
        statistics::levels(&self.store, metric, moment, from, to)
    }

    /// Minutes asleep of a date, naps included; nothing when nobody slept.
    pub fn asleep(&self, date: Date, moment: i64) -> Option<f64> {
        let asleep =
            |one: &&Segment| one.date == date && one.source == Source::Watch && one.stage.starts_with("Asleep");
        let there = self.store.segments.iter().filter(asleep).filter(|one| one.presence.at(moment));
        there.map(|one| (one.end - one.start) as f64 / 60.0).reduce(|sum, minutes| sum + minutes)
    }

    /// The first moment of which this phone has data when it sends at `moment`.
    pub fn knows_from(&self, moment: i64) -> i64 {
        self.renewed.filter(|(when, _)| *when <= moment).map_or(i64::MIN, |(_, from)| from)
    }
}
