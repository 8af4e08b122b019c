//! What of a question can be read from rollups: whole local days of the home zone that nothing has changed since.

use crate::error::Result;
use crate::model::bucket::Bucket;
use crate::model::time::Layer;
use crate::query::aggregate::scanning::{Range, Scanning};
use crate::query::rollups::terms::{Terms, dirty_days, local_day};
use crate::query::tally::{Figures, Tallies, Tally};
use crate::store::rollups::{self, Grain};

/// With more runs of changed days than these, all between the first and the last is scanned at once: each scan has a cost
/// of its own.
const MOST_SCANS: usize = 8;

/// A range, and where it is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Rolled(i64, i64),
    Scanned(i64, i64),
}

/// The pieces of `range`, ascending; none where rollups cannot serve the question.
pub fn pieces(scanning: &Scanning, range: Range) -> Result<Option<Vec<Piece>>> {
    let question = scanning.question;
    let (reading, user, metric) = (scanning.reading(), question.user, scanning.metric());
    let Some(whole) = serves(scanning).then(|| whole_days(scanning, range)).flatten() else { return Ok(None) };
    let Some(terms) = Terms::now(reading, user, &scanning.subject, &question.zone)? else { return Ok(None) };
    match rollups::state(reading, user, metric)? {
        Some(state) if terms.hold(&state) => {}
        _ => return Ok(None),
    }
    let marks = rollups::marks(reading, user, metric)?;
    let dirty = dirty_days(reading, user, metric, scanning.subject.lasts, &question.zone, &marks)?;
    Ok(Some(cut(range, whole, &dirty)))
}

fn serves(scanning: &Scanning) -> bool {
    let question = scanning.question;
    question.dedupe
        && !scanning.counts_by_night()
        && question.layer.is_none()
        && question.sources.is_empty()
        && !matches!(question.bucket, Bucket::Minutes(_))
        && question.stats.iter().all(|stat| stat.adds_up())
        && scanning.extents.iter().all(|extent| extent.layer <= Layer::Day)
}

/// From the first to the end of the last local day that the question asks for whole. What lies beyond everything stored
/// is whole as well.
fn whole_days(scanning: &Scanning, (from, to): Range) -> Option<Range> {
    let question = scanning.question;
    let (first, last) = (local_day(from, &question.zone)?, local_day(to - 1, &question.zone)?);
    let begin = if question.from.is_none_or(|from| from <= first.0) { first.0 } else { first.1 };
    let end = if question.to.is_none_or(|to| to >= last.1) { last.1 } else { last.0 };
    (begin < end).then_some((begin, end))
}

/// `dirty` is ascending and does not overlap.
fn cut((from, to): Range, (begin, end): Range, dirty: &[Range]) -> Vec<Piece> {
    let within = dirty.iter().map(|day| (day.0.max(begin), day.1.min(end))).filter(|day| day.0 < day.1);
    let mut dirty: Vec<Range> = within.collect();
    if let ([first, .., last], true) = (&dirty[..], dirty.len() > MOST_SCANS) {
        dirty = vec![(first.0, last.1)];
    }
    let mut pieces = Vec::new();
    let scan = |pieces: &mut Vec<Piece>, (start, stop): Range| {
        let (start, stop) = (start.max(from), stop.min(to));
        if start < stop {
            pieces.push(Piece::Scanned(start, stop));
        }
    };
    scan(&mut pieces, (from, begin));
    let mut at = begin;
    for (start, stop) in dirty.into_iter().chain([(end, end)]) {
        if at < start {
            pieces.push(Piece::Rolled(at, start));
        }
        scan(&mut pieces, (start, stop));
        at = stop;
    }
    scan(&mut pieces, (end, to));
    pieces
}

/// What the rollups of a range say, in the question's buckets.
pub fn tally(scanning: &mut Scanning, range: Range) -> Result<Tallies> {
    let question = scanning.question;
    let coarser = match question.bucket {
        Bucket::Week | Bucket::Month | Bucket::Year | Bucket::All => Some(scanning.buckets.clone()),
        _ => None,
    };
    let grain = if question.bucket == Bucket::Hour { Grain::Hour } else { Grain::Day };
    let subject = (question.user, scanning.metric());
    let (mut tallies, mut rows, mut hint) = (Tallies::default(), 0, 0);
    rollups::read(&mut scanning.lanes[0], subject, grain, range, |rollup| {
        rows += 1;
        hint = coarser.as_ref().and_then(|parts| parts.find(rollup.start, hint)).unwrap_or(hint);
        let bucket = coarser.as_ref().map_or(rollup.start, |parts| parts.starts()[hint]);
        tallies.add(bucket, Tally::of(Figures::from(&rollup)));
    })?;
    scanning.rows_stepped += rows;
    Ok(tallies)
}

#[cfg(test)]
mod tests {
    use super::Piece::{Rolled, Scanned};
    use super::*;

    #[test]
    fn what_is_whole_and_clean_is_rolled_and_the_rest_scanned() {
        assert_eq!(cut((5, 95), (0, 100), &[]), [Rolled(0, 100)], "nothing is stored outside of 5 to 95");
        assert_eq!(cut((5, 95), (10, 90), &[]), [Scanned(5, 10), Rolled(10, 90), Scanned(90, 95)]);
        assert_eq!(
            cut((5, 95), (10, 90), &[(0, 20), (50, 60)]),
            [Scanned(5, 10), Scanned(10, 20), Rolled(20, 50), Scanned(50, 60), Rolled(60, 90), Scanned(90, 95)]
        );
        assert_eq!(cut((5, 95), (0, 100), &[(0, 10), (90, 100)]), [Scanned(5, 10), Rolled(10, 90), Scanned(90, 95)]);
        assert_eq!(cut((5, 95), (0, 100), &[(-20, 120)]), [Scanned(5, 95)]);
    }

    #[test]
    fn many_runs_of_changed_days_are_one_scan() {
        let dirty: Vec<Range> = (1..=9).map(|at| (at * 10, at * 10 + 1)).collect();
        assert_eq!(cut((0, 100), (0, 100), &dirty), [Rolled(0, 10), Scanned(10, 91), Rolled(91, 100)]);
    }
}
