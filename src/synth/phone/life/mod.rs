//! A made-up person's days, as their devices and apps write them into the phone.

mod body;
mod changes;
mod meals;
mod nights;
mod walks;

use jiff::civil::Date;

use crate::synth::phone::calendar::{self, Calendar};
use crate::synth::phone::metric::Metric;
use crate::synth::phone::source::Source;
use crate::synth::phone::store::{Presence, Sample, Store};
use crate::synth::random::Random;

/// What a life is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    pub first: Date,
    pub days: i32,
    pub metrics: Vec<Metric>,
    pub nights: bool,
    pub workouts: bool,
    /// Whether a ring counts steps and measures the pulse, too.
    pub ring: bool,
    pub changes: Changes,
}

/// Events that change the past, as far as they happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// The watch brings some of its samples hours or days later.
    pub late: bool,
    /// The phone puts fine samples together after some days.
    pub condense: bool,
    /// Things are corrected or removed by hand, and nights by the watch.
    pub correct: bool,
}

/// Lives it.
pub fn live(plan: &Plan, calendar: &Calendar, random: &mut Random) -> Store {
    let mut store = Store::default();
    let mut number = 0;
    while number < plan.days {
        let date = calendar::days_after(plan.first, number);
        let day = Day::of(plan, calendar, date);
        walks::live(&mut store, &day, random);
        body::live(&mut store, &day, random);
        meals::live(&mut store, &day, random);
        nights::live(&mut store, &day, random);
        number += 1;
    }
    store.sort();
    changes::happen(&mut store, plan, calendar, random);
    store.sort();
    store
}

/// One date of a life.
struct Day<'a> {
    plan: &'a Plan,
    date: Date,
    zone: jiff::tz::TimeZone,
}

impl Day<'_> {
    fn of<'a>(plan: &'a Plan, calendar: &Calendar, date: Date) -> Day<'a> {
        let noon = calendar::local(date, 43_200, calendar.home());
        Day { plan, date, zone: calendar.zone(noon).clone() }
    }

    /// UTC epoch seconds of a time of this day's clock, in hours.
    fn at(&self, hours: f64) -> i64 {
        calendar::local(self.date, (hours * 3600.0) as i64, &self.zone)
    }

    fn has(&self, metric: Metric) -> bool {
        self.plan.metrics.contains(&metric)
    }

    /// Adds a sample that comes in when it is over, if the life has its type.
    fn add(&self, store: &mut Store, metric: Metric, (start, end): (i64, i64), value: f64, source: Source) {
        if self.has(metric) {
            let delay = if source == Source::Watch { 180 } else { 5 };
            let presence = Presence::since(end + delay);
            store.add(Sample { metric, start, end, value, source, created: end, presence });
        }
    }
}

/// True so often.
fn chance(random: &mut Random, share: f64) -> bool {
    random.unit() < share
}

/// A whole number from `low` up to, not including, `high`.
fn whole(random: &mut Random, low: i64, high: i64) -> i64 {
    low + (random.number() % (high - low).max(1) as u64) as i64
}
