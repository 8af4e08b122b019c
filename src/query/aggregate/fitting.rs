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

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::query::stat::Stat;

    const DAY: i64 = 86_400;

    /// 2016-01-01.
    const FIRST: i64 = 1_451_606_400;

    /// Skipped and repeated hours, half hours, a skipped day, midnights that there are not.
    const ZONES: [&str; 6] =
        ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Asuncion", "Pacific/Apia"];

    fn extent(layer: Layer, first: i64, last: i64) -> Extent {
        Extent { layer, first, last, samples: 1, summaries: 0, manual: 0, longest: 0 }
    }

    fn question(from: Option<i64>, to: Option<i64>, zone: &str) -> Question {
        Question {
            user: 1,
            metric: "step_count".into(),
            from,
            to,
            bucket: Bucket::Day,
            zone: TimeZone::get(zone).unwrap(),
            stats: Stat::DEFAULT.to_vec(),
            layer: None,
            sources: Vec::new(),
            dedupe: true,
        }
    }

    /// How many buckets an answer has.
    fn count(question: &Question, extents: &[Extent], bucket: Bucket) -> usize {
        let fitting: Vec<Extent> =
            extents.iter().filter(|extent| fits(bucket, question.layer, extent.layer)).copied().collect();
        let Some((from, to)) = range(question, &fitting) else { return 0 };
        boundaries(bucket, &question.zone, from, to, usize::MAX).unwrap().len() - 1
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

        #[test]
        fn it_is_the_smallest_that_fits(
            zone in prop::sample::select(ZONES.to_vec()),
            (first, length) in (0..400 * DAY, 0..3_600 * DAY),
            asked in prop::option::of((-400 * DAY..4_000 * DAY, prop_oneof![0..3 * DAY, 0..4_000 * DAY])),
            most in prop_oneof![1_usize..40, 1_usize..=10_000],
        ) {
            let extents = [extent(Layer::Raw, FIRST + first, FIRST + first + length)];
            let (from, to) = asked.map(|(from, length)| (FIRST + from, FIRST + from + length)).unzip();
            let question = question(from, to, zone);
            match choose(&question, &extents, most) {
                Ok(bucket) if count(&question, &extents, bucket) == 0 => prop_assert_eq!(bucket, Bucket::Day),
                Ok(bucket) => {
                    prop_assert!(count(&question, &extents, bucket) <= most);
                    let place = BUCKETS.iter().position(|one| *one == bucket).unwrap();
                    for smaller in &BUCKETS[..place] {
                        prop_assert!(count(&question, &extents, *smaller) > most, "{smaller} would do for {bucket}");
                    }
                }
                Err(fault) => {
                    prop_assert!(count(&question, &extents, Bucket::Year) > most);
                    prop_assert!(fault.to_string().starts_with("max_points: "));
                }
            }
        }
    }

    #[test]
    fn the_most_is_met_exactly() {
        // The day on which the clocks go back has 25 hours.
        let extents = [extent(Layer::Raw, FIRST, FIRST + 4_000 * DAY)];
        let day = |from: &str, to: &str| {
            let at = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap().as_second());
            question(at(from), at(to), "Europe/Berlin")
        };
        let autumn = day("2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z");
        let spring = day("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z");
        for (question, most, bucket) in [
            (&autumn, 1_500, Bucket::Minutes(1)),
            (&autumn, 1_499, Bucket::Minutes(5)),
            (&autumn, 100, Bucket::Minutes(15)),
            (&autumn, 99, Bucket::Hour),
            (&autumn, 25, Bucket::Hour),
            (&autumn, 24, Bucket::Day),
            (&spring, 23, Bucket::Hour),
            (&spring, 22, Bucket::Day),
            (&spring, 1, Bucket::Day),
        ] {
            assert_eq!(choose(question, &extents, most).unwrap(), bucket, "{most}");
        }
    }

    #[test]
    fn a_bucket_is_no_finer_than_what_is_stored() {
        let whole = (FIRST, FIRST + 20 * DAY);
        for (layer, bucket) in [
            (Layer::Raw, Bucket::Minutes(1)),
            (Layer::Minute, Bucket::Minutes(1)),
            (Layer::Hour, Bucket::Hour),
            (Layer::Day, Bucket::Day),
            (Layer::Week, Bucket::Week),
            (Layer::Month, Bucket::Month),
            (Layer::Year, Bucket::Year),
        ] {
            let extents = [extent(layer, whole.0, whole.1)];
            let anything = question(None, None, "UTC");
            assert_eq!(choose(&anything, &extents, 1_000_000).unwrap(), bucket, "{layer:?}");
            let by_name = Question { layer: Some(layer), ..anything.clone() };
            let more = [extents[0], extent(Layer::Raw, whole.0 - DAY, whole.1)];
            assert_eq!(choose(&by_name, &more[..if layer == Layer::Raw { 1 } else { 2 }], 1_000_000).unwrap(), bucket);
        }
    }

    #[test]
    fn an_old_history_by_the_day_is_not_cut_off_by_a_new_one_by_the_second() {
        let (old, new) = (extent(Layer::Day, FIRST, FIRST + 3_000 * DAY), FIRST + 2_900 * DAY);
        let extents = [extent(Layer::Raw, new, FIRST + 3_000 * DAY + 70_000), old];
        assert_eq!(choose(&question(None, None, "UTC"), &extents, 10_000).unwrap(), Bucket::Day);
        assert_eq!(choose(&question(None, None, "UTC"), &extents, 1_500).unwrap(), Bucket::Week);
        let before = question(Some(FIRST + DAY), Some(FIRST + 2 * DAY), "UTC");
        assert_eq!(choose(&before, &extents, 10_000).unwrap(), Bucket::Day);
        let after = question(Some(new + DAY), Some(new + 2 * DAY), "UTC");
        assert_eq!(choose(&after, &extents, 10_000).unwrap(), Bucket::Minutes(1));
        let today = question(Some(FIRST + 3_000 * DAY), Some(FIRST + 3_001 * DAY), "UTC");
        assert_eq!(
            choose(&today, &extents, 10_000).unwrap(),
            Bucket::Minutes(1),
            "the day goes on after what has come"
        );
    }

    #[test]
    fn where_nothing_is_stored_it_is_the_usual_one() {
        let extents = [extent(Layer::Raw, FIRST, FIRST + DAY)];
        assert_eq!(choose(&question(None, None, "UTC"), &[], 1).unwrap(), Bucket::Day);
        let empty = question(Some(FIRST + 10 * DAY), Some(FIRST + 11 * DAY), "UTC");
        assert_eq!(choose(&empty, &extents, 1).unwrap(), Bucket::Day);
    }

    #[test]
    fn weeks_that_are_too_many_give_way_to_what_months_can_show() {
        let weeks = extent(Layer::Week, FIRST, FIRST + 3_000 * DAY);
        let anything = question(None, None, "UTC");
        assert!(choose(&anything, &[weeks], 100).is_err(), "no month consists of weeks");
        let both = [extent(Layer::Raw, FIRST + 2_000 * DAY, FIRST + 3_000 * DAY), weeks];
        assert_eq!(choose(&anything, &both, 100).unwrap(), Bucket::Month);
    }
}
