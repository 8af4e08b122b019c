//! Whether rollups say what a scan from nothing says; for `health-export check`.

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::time::offset_rfc3339;
use crate::query::duck::engine::Engine;
use crate::query::rollups::Work;
use crate::query::rollups::making::make;
use crate::query::rollups::terms::dirty_days;
use crate::store::Store;
use crate::store::rollups::{self, Grain, Rollup};

/// Sums are added up in another order, so the last digits differ.
const TOLERANCE: f64 = 1e-9;

/// Compares all that are not marked as changed; a sentence for each that is wrong. Those metrics are rolled up anew.
pub fn verify(store: &Store, engine: &Engine, home: &TimeZone) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (user, metric, name) in rollups::subjects(&*store.reader()?)? {
        let found = Work { store, engine, home, user, metric, name }.verify()?;
        if !found.is_empty() {
            store.writer().run(move |writing| rollups::forget(writing.connection, user, metric))?;
        }
        faults.extend(found);
    }
    Ok(faults)
}

impl Work<'_> {
    fn verify(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        let years = self.years(&*self.store.reader()?)?;
        for range in years {
            let snapshot = self.store.snapshot(1)?;
            let reading = snapshot.lanes[0].reading();
            let subject = self.subject(reading)?;
            let (state, terms) = (rollups::state(reading, self.user, self.metric)?, self.terms(reading, &subject)?);
            match (state, terms) {
                (Some(state), Some(terms)) if terms.hold(&state) => {}
                _ => return Ok(faults),
            }
            let marks = rollups::marks(reading, self.user, self.metric)?;
            let dirty = dirty_days(reading, self.user, self.metric, subject.lasts, self.home, &marks)?;
            let is_clean =
                |(_, rollup): &(Grain, Rollup)| !dirty.iter().any(|day| day.0 <= rollup.start && rollup.start < day.1);
            let (mut made, mut snapshot) = make(self, snapshot, range)?;
            made.retain(is_clean);
            let mut kept = Vec::new();
            for grain in [Grain::Hour, Grain::Day] {
                let lane = &mut snapshot.lanes[0];
                rollups::read(lane, (self.user, self.metric), grain, range, |rollup| kept.push((grain, rollup)))?;
            }
            kept.retain(is_clean);
            faults.extend(self.differences(&kept, &made));
        }
        Ok(faults)
    }

    fn differences(&self, kept: &[(Grain, Rollup)], made: &[(Grain, Rollup)]) -> Vec<String> {
        let fault = |start, what: &str| format!("{} at {}: {what}", self.name, offset_rfc3339(start, 0));
        let pairs = kept.iter().zip(made).find(|(kept, made)| !is_same(kept, made));
        match pairs {
            Some((kept, made)) => {
                let start = kept.1.start.min(made.1.start);
                vec![fault(start, &format!("rolled up as {:?}, but the samples give {:?}", kept.1, made.1))]
            }
            None if kept.len() != made.len() => {
                let start = kept.iter().chain(made).map(|one| one.1.start).max().unwrap_or(0);
                vec![fault(start, &format!("{} buckets are rolled up, the samples give {}", kept.len(), made.len()))]
            }
            None => Vec::new(),
        }
    }
}

fn is_same(kept: &(Grain, Rollup), made: &(Grain, Rollup)) -> bool {
    let exact = |one: &(Grain, Rollup)| (one.0, one.1.start, one.1.layers, one.1.samples, one.1.measured);
    let close = |one: f64, other: f64| (one - other).abs() <= TOLERANCE * one.abs().max(other.abs()).max(1.0);
    let alike = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => close(one, other),
        (one, other) => one == other,
    };
    exact(kept) == exact(made)
        && close(kept.1.total, made.1.total)
        && close(kept.1.weight, made.1.weight)
        && close(kept.1.weighted, made.1.weighted)
        && alike(kept.1.low, made.1.low)
        && alike(kept.1.high, made.1.high)
}
