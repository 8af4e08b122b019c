//! The rollups of a range of local days, from its samples.

use crate::error::Result;
use crate::model::bucket::Bucket;
use crate::query::aggregate::Question;
use crate::query::aggregate::scanning::{Range, Scanning};
use crate::query::budget::Stop;
use crate::query::rollups::Work;
use crate::query::stat::Stat;
use crate::query::tally::Tallies;
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
    let (hours, snapshot) = added_up(work, &question, snapshot, range)?;
    // A day is more than the sum of its hours: a phone's own total of it is in no hour.
    let by_day = Question { bucket: Bucket::Day, ..question };
    let (days, snapshot) = added_up(work, &by_day, snapshot, range)?;
    rollups.extend(hours.iter().map(|(start, tally)| (Grain::Hour, tally.figures().rollup(*start))));
    rollups.extend(days.iter().map(|(start, tally)| (Grain::Day, tally.figures().rollup(*start))));
    Ok((rollups, snapshot))
}

fn added_up(work: &Work, question: &Question, snapshot: Snapshot, range: Range) -> Result<(Tallies, Snapshot)> {
    let stop = Stop::default();
    let mut scanning = Scanning::new(work.engine, question, snapshot, &stop)?;
    if scanning.extents.is_empty() {
        return Ok((Tallies::default(), Snapshot { lanes: scanning.lanes }));
    }
    scanning.lay_buckets(range)?;
    let tallies = scanning.tally(range)?;
    Ok((tallies, Snapshot { lanes: scanning.lanes }))
}
