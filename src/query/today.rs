//! How a day compares with the days before it: a tile for each of a few metrics, with what is usual.
//!
//! All tiles are read from one snapshot, and a metric is asked for once, by the day, over the day itself and the sixty
//! before it: in the home zone that is read from rollups, so the whole costs a few thousand rows however many years are
//! stored. Nothing here knows what time it is; whoever asks says whether the day is over.

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::bucket::Bucket;
use crate::model::day::{day_begins, local_day};
use crate::model::metric::Kind;
use crate::model::shown::System;
use crate::query::aggregate::{self, answer_on};
use crate::query::budget::Stop;
use crate::query::duck::engine::Engine;
use crate::query::stat::Stat;
use crate::query::usual::{State, Usual, state, usual};
use crate::query::{sleep, subject, units};
use crate::store::coverage::{Track, last};
use crate::store::deliveries::{self, Latest};
use crate::store::snapshot::Snapshot;
use crate::store::{Reading, Store};

/// Days before the day that say what is usual; what has no data in them has no tile.
const COMPARED: i32 = 60;

/// Days that a tile shows, the day itself the last of them.
const SHOWN: usize = 30;

/// The name of the tile of nights, which are no metric of their own.
const SLEEP: &str = "sleep";

/// The tiles in order; one without a statistic is that of sleep.
const TILES: [(&str, Option<Stat>); 12] = [
    ("step_count", Some(Stat::Sum)),
    ("active_energy", Some(Stat::Sum)),
    ("apple_exercise_time", Some(Stat::Sum)),
    ("apple_stand_hour", Some(Stat::Sum)),
    (SLEEP, None),
    ("resting_heart_rate", Some(Stat::Avg)),
    ("heart_rate_variability", Some(Stat::Avg)),
    ("heart_rate", Some(Stat::Avg)),
    ("weight_body_mass", Some(Stat::Last)),
    ("blood_oxygen_saturation", Some(Stat::Avg)),
    ("respiratory_rate", Some(Stat::Avg)),
    ("vo2_max", Some(Stat::Last)),
];

/// What is asked. All of it decides the answer, and nothing else but the data does.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    /// Days since 1970-01-01.
    pub day: i32,
    /// Whether it is over.
    pub complete: bool,
    pub zone: TimeZone,
    pub units: System,
}

pub struct Answer {
    pub latest: Option<Latest>,
    pub tiles: Vec<Tile>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    pub metric: &'static str,
    /// `total`, `level` or `sleep`.
    pub kind: &'static str,
    pub stat: String,
    pub unit: String,
    /// Of the day.
    pub value: Option<f64>,
    /// When the last of it was measured, on this day or before: UTC epoch seconds.
    pub at: Option<i64>,
    pub usual: Option<Usual>,
    pub state: State,
    /// Of the last days, the day itself at the end.
    pub days: Vec<Option<f64>>,
}

pub fn answer(store: &Store, engine: &Engine, question: &Question, stop: &Stop) -> Result<Answer> {
    let mut snapshot = aggregate::snapshot(store, engine, stop)?;
    let latest = deliveries::latest(snapshot.lanes[0].reading(), question.user)?;
    let mut tiles = Vec::new();
    for (name, stat) in TILES {
        let (tile, returned) = match stat {
            None => (question.night(snapshot.lanes[0].reading())?, snapshot),
            Some(stat) => question.metric(engine, stop, snapshot, (name, stat))?,
        };
        snapshot = returned;
        tiles.extend(tile);
    }
    Ok(Answer { latest, tiles })
}

impl Question {
    fn first_day(&self) -> i32 {
        self.day.saturating_sub(COMPARED)
    }

    /// From the first of the days to the end of the last.
    fn range(&self) -> (i64, i64) {
        (day_begins(self.first_day(), &self.zone), day_begins(self.day.saturating_add(1), &self.zone))
    }

    fn metric(
        &self,
        engine: &Engine,
        stop: &Stop,
        snapshot: Snapshot,
        (name, stat): (&'static str, Stat),
    ) -> Result<(Option<Tile>, Snapshot)> {
        let (from, to) = self.range();
        let asked = aggregate::Question {
            user: self.user,
            metric: name.into(),
            from: Some(from),
            to: Some(to),
            bucket: Bucket::Day,
            zone: self.zone.clone(),
            stats: vec![stat],
            layer: None,
            sources: Vec::new(),
            dedupe: true,
        };
        let (answer, snapshot) = answer_on(snapshot, engine, &asked, stop, true)?;
        let values: Vec<(i32, f64)> = answer
            .points
            .iter()
            .filter_map(|point| Some((local_day(point.start, &self.zone), point.values.first().copied()??)))
            .collect();
        if values.is_empty() {
            return Ok((None, snapshot));
        }
        let reading = snapshot.lanes[0].reading();
        let shown = units::of(reading, self.user, &answer.metric, &answer.unit, self.units)?;
        let subject = subject::metric(reading, self.user, name)?;
        let at = match &subject.row {
            Some(row) => last(reading, self.user, Track::Metric(row.id), to)?.map(|(start, _)| start),
            None => None,
        };
        let kind = if subject.kind == Kind::Cumulative { "total" } else { "level" };
        let values = values.into_iter().map(|(day, value)| (day, shown.way.apply(value)));
        let tile = self.tile(values, Tile::new(name, kind, stat.name(), shown.unit, at));
        Ok((Some(tile), snapshot))
    }

    fn night(&self, reading: &Reading) -> Result<Option<Tile>> {
        let (from, to) = self.range();
        let asked = sleep::Question {
            user: self.user,
            from: Some(from),
            to: Some(to),
            zone: self.zone.clone(),
            sources: Vec::new(),
            descending: false,
            limit: COMPARED as usize + 1,
            after: None,
        };
        let mut nights = sleep::answer(reading, &asked)?.nights;
        nights.retain(|night| night.asleep.is_some());
        let Some(last) = nights.last() else { return Ok(None) };
        let tile = Tile::new(SLEEP, SLEEP, "asleep_minutes".into(), "min".into(), last.end);
        let values = nights.iter().filter_map(|night| Some((night.day, night.asleep?)));
        Ok(Some(self.tile(values, tile)))
    }

    /// Fills a tile with the values of days, each of which is one of those looked at.
    fn tile(&self, values: impl Iterator<Item = (i32, f64)>, tile: Tile) -> Tile {
        let mut days = vec![None; COMPARED as usize + 1];
        for (day, value) in values {
            let at = usize::try_from(day.saturating_sub(self.first_day())).ok();
            if let Some(place) = at.and_then(|at| days.get_mut(at)) {
                *place = Some(value);
            }
        }
        let value = days.last().copied().flatten();
        let usual = usual(days[..COMPARED as usize].iter().flatten().copied().collect());
        let may_grow = tile.kind == "total" && !self.complete;
        let state = state(value, usual.as_ref(), may_grow);
        Tile { value, usual, state, days: days.split_off(days.len() - SHOWN), ..tile }
    }
}

impl Tile {
    fn new(metric: &'static str, kind: &'static str, stat: String, unit: String, at: Option<i64>) -> Tile {
        Tile { metric, kind, stat, unit, value: None, at, usual: None, state: State::Unknown, days: Vec::new() }
    }
}
