//! The bucket that fits: the smallest of which a range has no more than a chart can show.
//!
//! The range is cut to what is stored, as the answer's is, and the buckets are counted by the code that lays them, so the
//! number is exact on days of 23 and 25 hours too. A bucket is passed over where something stored in the range would find
//! no place in it: days are not shown in minutes, and an old history that is kept by the month is not cut off because the
//! last year is known by the second.

use crate::error::{Error, Result};
use crate::model::bucket::{Bucket, boundaries};
use crate::model::time::Layer;
use crate::query::aggregate::scanning::Range;
use crate::query::aggregate::{Question, range};
use crate::query::layering::{coarsest, fits, reach};
use crate::query::subject;
use crate::store::Reading;
use crate::store::series::Extent;

/// From which it is chosen.
const BUCKETS: [Bucket; 8] = [
    Bucket::Minutes(1),
    Bucket::Minutes(5),
    Bucket::Minutes(15),
    Bucket::Hour,
    Bucket::Day,
    Bucket::Week,
    Bucket::Month,
    Bucket::Year,
];

/// The bucket for at most `most` points; a day where nothing is stored.
pub fn bucket(reading: &Reading, question: &Question, most: usize) -> Result<Bucket> {
    let subject = subject::metric(reading, question.user, &question.metric)?;
    let extents = subject::layers(reading, question.user, &subject)?;
    choose(question, &extents, most)
}

fn choose(question: &Question, extents: &[Extent], most: usize) -> Result<Bucket> {
    let ranges = BUCKETS.map(|bucket| (bucket, range_of(question, extents, bucket)));
    let stored =
        ranges.iter().filter_map(|(_, range)| *range).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let Some(stored) = stored else { return Ok(Bucket::Day) };
    let slack = extents.iter().map(|extent| reach(extent.layer)).max().unwrap_or(0);
    let has_few = |(bucket, range): &&(Bucket, Option<Range>)| {
        range.is_some_and(|(from, to)| boundaries(*bucket, &question.zone, from, to, most).is_ok())
    };
    let shows_all = |(_, range): &&(Bucket, Option<Range>)| {
        range.is_some_and(|(from, to)| from <= stored.0 + slack && to >= stored.1 - slack)
    };
    let few: Vec<_> = ranges.iter().filter(has_few).collect();
    let found = few.iter().find(|one| shows_all(one)).or(few.first());
    found.map(|(bucket, _)| *bucket).ok_or_else(|| {
        Error::BadRequest(format!(
            "max_points: even in the largest buckets this range has more than {most}: ask for more points or a shorter \
             range"
        ))
    })
}

/// What an answer in that bucket would be about.
fn range_of(question: &Question, extents: &[Extent], bucket: Bucket) -> Option<Range> {
    // A layer that is asked for by name may speak in any bucket, and would be a point a day in buckets of a minute.
    let speaks = |layer: Layer| fits(bucket, question.layer, layer) && layer <= coarsest(bucket);
    let extents: Vec<Extent> = extents.iter().filter(|extent| speaks(extent.layer)).copied().collect();
    range(question, &extents)
}
