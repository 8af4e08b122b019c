//! Which workouts count in a total: where two sources have recorded the same hour, the one that is believed first.
//!
//! A workout is covered when another source's, which is believed before it and counts itself, has at least half of its time. It
//! stays a workout with a route and figures of its own; only who adds workouts up leaves it out.

use std::collections::HashMap;

use super::Whole;
use crate::error::Result;
use crate::model::category::Category;
use crate::store::Reading;
use crate::store::priority::{Believed, Matter};
use crate::store::workouts::read::{Span, spans};

/// Seconds around a page in which workouts are read that may cover those of it.
const AROUND: i64 = 86_400;

/// For each workout of a page that is covered, the one that counts in its place.
pub fn covered(reading: &Reading, user: i64, page: &[Whole]) -> Result<HashMap<i64, i64>> {
    let (Some(first), Some(last)) =
        (page.iter().map(|one| one.start).min(), page.iter().map(|one| one.end.max(one.start)).max())
    else {
        return Ok(HashMap::new());
    };
    let spans = spans(reading, user, first.saturating_sub(AROUND), last.saturating_add(AROUND))?;
    if spans.windows(2).all(|pair| pair[0].end <= pair[1].start) {
        return Ok(HashMap::new());
    }
    let (believed, _) = Believed::of(reading, user, &Matter::Category(Category::Workouts))?;
    Ok(resolved(spans, |name| believed.place(name)))
}

/// `place` of a source: the lower is believed first. What was entered by hand comes before all.
fn resolved<P: Ord>(mut spans: Vec<Span>, place: impl Fn(&str) -> P) -> HashMap<i64, i64> {
    spans.sort_by_cached_key(|span| (!span.manual, place(&span.source), span.start, span.id));
    let mut counted: Vec<&Span> = Vec::new();
    let mut covered = HashMap::new();
    for span in &spans {
        let overlap = |other: &Span| span.end.min(other.end) - span.start.max(other.start);
        let half = (span.end - span.start).max(1);
        let is_other = |other: &Span| other.source != span.source || other.manual != span.manual;
        let others = counted.iter().filter(|other| is_other(other) && 2 * overlap(other) >= half);
        // Of equals the last would be taken; the first is believed.
        match others.rev().max_by_key(|other| overlap(other)) {
            Some(other) => drop(covered.insert(span.id, other.id)),
            None => counted.push(span),
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: i64, source: &str, start: i64, end: i64) -> Span {
        Span { id, source: source.into(), start, end, manual: false }
    }

    #[test]
    fn what_a_better_source_has_half_of_is_covered() {
        let rank = |name: &str| ["watch", "phone", "app"].iter().position(|known| *known == name).unwrap_or(9);
        let found = |spans: &[Span]| {
            let mut found: Vec<(i64, i64)> = resolved(spans.to_vec(), rank).into_iter().collect();
            found.sort_unstable();
            found
        };
        let watch = span(1, "watch", 0, 1800);
        assert_eq!(found(&[watch.clone(), span(2, "app", 0, 1900)]), [(2, 1)]);
        assert_eq!(found(&[span(2, "app", 0, 1800), watch.clone(), span(3, "phone", 600, 1200)]), [(2, 1), (3, 1)]);
        assert_eq!(found(&[watch.clone(), span(2, "app", 1000, 3600)]), []);
        assert_eq!(found(&[watch.clone(), span(2, "watch", 0, 1800)]), [], "a source does not cover itself");
        let hand = Span { manual: true, ..span(4, "app", 0, 1800) };
        assert_eq!(found(&[watch.clone(), hand]), [(1, 4)]);
        // What is covered covers nothing.
        let chain = [watch, span(2, "phone", 900, 2700), span(3, "app", 1850, 2700)];
        assert_eq!(found(&chain), [(2, 1)]);
    }
}
