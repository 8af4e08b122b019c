//! The rollups of a range of local days, from its samples.

use crate::error::Result;
use crate::model::bucket::Bucket;
use crate::model::time::Layer;
use crate::query::aggregate::scanning::{Range, Scanning};
use crate::query::aggregate::{Question, buckets};
use crate::query::budget::Stop;
use crate::query::duck::window::{LayerPlan, Parts};
use crate::query::rollups::Work;
use crate::query::stat::Stat;
use crate::query::tally::{Tallies, Tally};
use crate::store::rollups::{Grain, Rollup};
use crate::store::snapshot::Snapshot;

/// Hours and days, and the snapshot that they were made from. The range begins and ends with a local day.
pub(super) fn make(work: &Work, snapshot: Snapshot, range: Range) -> Result<(Vec<(Grain, Rollup)>, Snapshot)> {
    let mut rollups = Vec::new();
    let question = Question {
        user: work.user,
        metric: work.name.clone(),
        from: Some(range.0),
        to: Some(range.1),
        bucket: Bucket::Hour,
        zone: work.home.clone(),
        stats: Stat::DEFAULT.to_vec(),
        layer: None,
        sources: Vec::new(),
        dedupe: true,
    };
    let (hours, layers, snapshot) = added_up(work, &question, snapshot, range)?;
    let by_day = Question { bucket: Bucket::Day, ..question };
    let (days, day_layers, snapshot) = match work.has_days(&snapshot)? {
        true => added_up(work, &by_day, snapshot, range)?,
        // Nothing is coarser than an hour, so a day is the sum of its hours.
        false => (summed(&hours, &Parts::new(buckets(&by_day, range.0, range.1)?)), layers.clone(), snapshot),
    };
    rollups.extend(hours.iter().map(|(start, tally)| (Grain::Hour, rollup(*start, tally, &layers))));
    rollups.extend(days.iter().map(|(start, tally)| (Grain::Day, rollup(*start, tally, &day_layers))));
    Ok((rollups, snapshot))
}

impl Work<'_> {
    fn has_days(&self, snapshot: &Snapshot) -> Result<bool> {
        let layers = crate::store::series::layers(snapshot.lanes[0].reading(), self.user, self.metric)?;
        Ok(layers.iter().any(|extent| extent.layer == Layer::Day))
    }
}

/// Which layer a bucket was made from.
#[derive(Clone)]
enum Layers {
    One(i64),
    Planned(LayerPlan),
}

fn added_up(work: &Work, question: &Question, snapshot: Snapshot, range: Range) -> Result<(Tallies, Layers, Snapshot)> {
    let stop = Stop::default();
    let mut scanning = Scanning::new(work.engine, question, snapshot, &stop)?;
    let Some(first) = scanning.extents.first().map(|extent| extent.layer.id()) else {
        return Ok((Tallies::default(), Layers::One(0), Snapshot { lanes: scanning.lanes }));
    };
    scanning.lay_buckets(range)?;
    let plan = scanning.plan(range)?;
    let layers = plan.clone().map_or(Layers::One(first), Layers::Planned);
    let tallies = scanning.tally_planned(range, plan)?;
    Ok((tallies, layers, Snapshot { lanes: scanning.lanes }))
}

fn summed(hours: &Tallies, days: &Parts) -> Tallies {
    let (mut sums, mut hint) = (Tallies::default(), 0);
    for (start, tally) in hours.iter() {
        let Some(at) = days.find(*start, hint) else { continue };
        hint = at;
        sums.add(days.starts()[at], tally.clone());
    }
    sums
}

fn rollup(start: i64, tally: &Tally, layers: &Layers) -> Rollup {
    let layer = match layers {
        Layers::One(layer) => *layer,
        Layers::Planned(plan) => plan.days.find(start, 0).and_then(|day| plan.layers.get(day)).copied().unwrap_or(0),
    };
    let (samples, measured, total, low, high) = tally.figures();
    Rollup { start, layer, samples, measured, total: total.unwrap_or(0.0), low, high }
}
