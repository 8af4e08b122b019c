//! Nights that phones have summed up, in the explanation of a night.

use crate::model::sleep::NightSummary;
use crate::model::time::Layer;
use crate::query::explain::{Alone, Found, Kind, Of, Superseded};
use crate::query::sleep::night::{Night, from_summary};
use crate::store::nights::Fate;
use crate::store::nights::told::SummedUp;

pub use crate::store::nights::told::{OfSender, of_date};

/// The sender's own night of a date, where it is the one that counts.
fn counting<'a>(senders: &'a [OfSender], night: &Night) -> Option<&'a OfSender> {
    senders.iter().find(|of| night.summed_up && from_summary(&of.night) == *night)
}

/// A claim for each that counts or would count. `range` is that of the date, for a night that does not say when it was.
pub fn claims(senders: &[OfSender], night: &Night, range: (i64, i64)) -> Vec<Found> {
    let counting = counting(senders, night);
    let each = |of: &OfSender| {
        let counts = counting.is_some_and(|winner| std::ptr::eq(winner, of));
        let all: f64 = of.all.iter().filter(|one| one.fate.is_none()).map(|one| asleep(&one.night)).sum();
        let claims = of.all.iter().filter(|one| !matches!(one.fate, Some(Fate::Replaced(_))));
        let found = claims.map(|one| {
            let is_later = one.fate.is_none() && night.later.contains(&one.night);
            let counts = counts && one.fate.is_none();
            // What of the night's minutes is its own.
            let counted = if all > 0.0 { night.asleep.unwrap_or(0.0) * asleep(&one.night) / all } else { 0.0 };
            match is_later {
                true => found(one, range, Some(asleep(&one.night)), LATER),
                false => found(one, range, counts.then_some(counted), why(one, counts, night.summed_up)),
            }
        });
        found.collect::<Vec<_>>()
    };
    senders.iter().flat_map(each).collect()
}

const LATER: &str = "slept after the stages of the night were told: the phone's own sum of it";

fn asleep(night: &NightSummary) -> f64 {
    from_summary(night).asleep.unwrap_or(0.0)
}

fn why(one: &SummedUp, counts: bool, summed_up: bool) -> &'static str {
    match (counts, one.fate) {
        (true, _) => "the phone's own sum of the night: no stages of it are stored",
        (false, Some(_)) => "not counted: what is known of the night says more",
        (false, None) if summed_up => "not counted: another sender's sum of the night counts",
        (false, None) => "not counted: the stages of the night are stored, and say when it was",
    }
}

fn found(one: &SummedUp, (from, to): (i64, i64), counted: Option<f64>, why: &str) -> Found {
    let night = from_summary(&one.night);
    Found {
        kind: Kind::Bucket,
        grain: Layer::Day.as_str(),
        source: one.source,
        start: night.start.unwrap_or(from),
        end: night.end.unwrap_or(to),
        value: night.asleep,
        counted: counted.unwrap_or(0.0),
        share: 0.0,
        weight: None,
        counts: counted.is_some(),
        delivery: one.delivery,
        why: why.into(),
    }
}

/// What the stages and the phones' own sums say, where there are both.
pub fn alone(senders: &[OfSender], night: &Night) -> Vec<Alone> {
    let of = |layer: Layer, value: Option<f64>| {
        value.map(|value| Alone { of: Of::Grain(layer.as_str()), value: Some(value) })
    };
    let summed_up = senders.first().and_then(|of| from_summary(&of.night).asleep);
    let later: f64 = night.later.iter().map(asleep).sum();
    let stages = night.asleep.filter(|_| !night.summed_up && summed_up.is_some()).map(|all| all - later);
    of(Layer::Raw, stages).into_iter().chain(of(Layer::Day, summed_up)).collect()
}

/// Those in whose place a later one counts.
pub fn superseded(senders: &[OfSender]) -> impl Iterator<Item = Superseded> {
    senders.iter().flat_map(|of| &of.all).filter_map(|one| match one.fate {
        Some(Fate::Replaced(by)) => Some(Superseded {
            delivery: one.delivery,
            by,
            grain: Layer::Day.as_str(),
            source: one.night.source.clone(),
            samples: 1,
            value: from_summary(&one.night).asleep,
        }),
        _ => None,
    })
}
