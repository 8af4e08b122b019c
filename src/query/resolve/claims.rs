//! Which of two claims about the same time counts.

use crate::model::time::Layer;
use crate::query::resolve::latest::Latest;
use crate::query::resolve::rows::{Claim, Order};

/// What is known in finer claims of the time of a coarser one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Content {
    /// How many there are.
    pub count: usize,
    pub value: f64,
    /// The latest of them, and whether its delivery is a complete account.
    pub newest: Order,
    pub complete: bool,
    /// Whether any of them is not a Shortcut's sum.
    pub resolved: bool,
}

impl Content {
    #[inline]
    pub fn add(&mut self, value: f64, order: Order, complete: bool, resolved: bool) {
        self.count += 1;
        self.value += value;
        self.resolved |= resolved;
        if order >= self.newest {
            (self.newest, self.complete) = (order, complete);
        }
    }
}

/// What decides beside the claims themselves.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The source of what Shortcuts have summed: overlapping sources are added in it.
    pub shortcuts: Option<i64>,
    /// When Apple's exports have stated all samples.
    pub exports: Latest,
    /// When days' own numbers were stated, for the first time or again.
    pub days: Latest,
}

impl Trust {
    pub fn is_shortcut(&self, source: i64) -> bool {
        Some(source) == self.shortcuts
    }

    /// Whether a claim counts in place of the finer ones of its time.
    ///
    /// A day that was over is the Health app's own number, until a later account of all samples covers it. Else the later
    /// one counts; but what only adds to earlier deliveries and says less than is known does not, for totals grow.
    pub fn wins(&self, claim: &Claim, content: &Content) -> bool {
        let value = claim.value.unwrap_or(0.0);
        match content {
            _ if self.is_overtaken(claim) => false,
            Content { count: 0, .. } => true,
            _ if self.is_shortcut(claim.source) => !content.resolved,
            Content { resolved: false, .. } => true,
            _ if self.is_final(claim) => true,
            _ if claim.order > content.newest => claim.complete || value >= content.value,
            _ => !content.complete && content.value < value,
        }
    }

    /// Whether it is a day's own number that nothing later has put in question.
    pub fn is_final(&self, claim: &Claim) -> bool {
        claim.layer == Layer::Day && claim.closed && !self.is_shortcut(claim.source) && !self.is_overtaken(claim)
    }

    /// Whether an account of all samples covers the time of a claim that was not stated again since: what it has nothing of
    /// is no more.
    pub fn is_overtaken(&self, claim: &Claim) -> bool {
        if claim.layer > Layer::Day {
            return false;
        }
        let middle = claim.at.unwrap_or(claim.start + (claim.end - claim.start) / 2);
        let again = self.days.at(claim.start).filter(|_| claim.layer == Layer::Day);
        let stated = again.map_or(claim.order.0, |again| again.max(claim.order.0));
        self.exports.at(middle).is_some_and(|as_of| as_of > stated)
    }
}

/// The layers of buckets, finest first.
pub const BUCKETS: [Layer; 6] = [Layer::Minute, Layer::Hour, Layer::Day, Layer::Week, Layer::Month, Layer::Year];

/// Claims of one layer by start, so that no time is claimed twice: of two of one date, and of two that overlap, the later
/// counts. `totals` says whether values add up over time.
pub fn of_layer(claims: &[Claim], layer: Layer, totals: bool) -> Vec<Claim> {
    without_repeats(claims.iter().filter(|claim| claim.layer == layer).copied().collect(), totals)
}

fn without_repeats(mut claims: Vec<Claim>, totals: bool) -> Vec<Claim> {
    let Some(layer) = claims.first().map(|claim| claim.layer) else { return claims };
    if layer == Layer::Day {
        claims.sort_by_key(|claim| (claim.date, claim.order));
        claims.dedup_by(|later, kept| later.date == kept.date && replace(later, kept, totals));
        claims.sort_by_key(|claim| claim.start);
        return claims;
    }
    let mut kept: Vec<Claim> = Vec::with_capacity(claims.len());
    for claim in claims {
        match kept.last_mut() {
            Some(last) if last.end > claim.start => settle_overlap(&mut kept, claim, totals),
            _ => kept.push(claim),
        }
    }
    kept
}

/// Puts the later of two claims of one date into the place of the earlier, unless it only adds and says less.
fn replace(later: &Claim, kept: &mut Claim, totals: bool) -> bool {
    if !totals || later.complete || later.value.unwrap_or(0.0) >= kept.value.unwrap_or(0.0) {
        *kept = *later;
    }
    true
}

/// The earlier of two claims that overlap keeps what the later leaves of it, in proportion.
fn settle_overlap(kept: &mut Vec<Claim>, claim: Claim, totals: bool) {
    let Some(last) = kept.pop() else { return kept.push(claim) };
    let (first, second) = match claim.order >= last.order {
        true => (shortened(last, (last.start, claim.start), totals), Some(claim)),
        false => (Some(last), shortened(claim, (last.end, claim.end), totals)),
    };
    kept.extend(first.into_iter().chain(second));
}

fn shortened(claim: Claim, (start, end): (i64, i64), totals: bool) -> Option<Claim> {
    let part = if totals { (end - start) as f64 / (claim.end - claim.start) as f64 } else { 1.0 };
    (end > start).then(|| Claim { start, end, value: claim.value.map(|value| value * part), ..claim })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORTCUTS: i64 = 9;

    fn day(order: Order, value: f64, complete: bool) -> Claim {
        Claim {
            start: 0,
            end: 86_400.min(order.0),
            closed: order.0 >= 86_400,
            value: Some(value),
            low: None,
            high: None,
            layer: Layer::Day,
            source: 1,
            order,
            complete,
            number: 0,
            date: 0,
            at: None,
            bucket: (0, 86_400),
            of_date: (0, 86_400),
        }
    }

    fn content(value: f64, newest: Order, complete: bool) -> Content {
        Content { count: 1, value, newest, complete, resolved: true }
    }

    #[test]
    fn a_closed_day_is_final_until_a_later_account_of_samples_covers_it() {
        let mut trust = Trust { shortcuts: Some(SHORTCUTS), ..Trust::default() };
        let claim = day((90_000, 1), 100.0, false);
        assert!(trust.wins(&claim, &content(120.0, (100_000, 2), true)));
        trust.exports = Latest::of(&[(0, 86_400, 89_000)]);
        assert!(trust.is_final(&claim), "an earlier one");
        trust.exports = Latest::of(&[(0, 86_400, 95_000)]);
        assert!(!trust.wins(&claim, &content(120.0, (100_000, 2), true)));
        trust.days = Latest::of(&[(0, 1, 96_000)]);
        assert!(trust.is_final(&claim), "and it was stated again after that");
    }

    #[test]
    fn the_later_counts_unless_it_only_adds_and_says_less() {
        let trust = Trust { shortcuts: Some(SHORTCUTS), ..Trust::default() };
        let open = |order, complete| day((order, order), 100.0, complete);
        assert!(trust.wins(&open(500, false), &content(90.0, (400, 1), false)));
        assert!(!trust.wins(&open(500, false), &content(110.0, (400, 1), false)));
        assert!(trust.wins(&open(500, true), &content(110.0, (400, 1), false)));
        assert!(trust.wins(&open(400, true), &content(90.0, (500, 1), false)));
        assert!(!trust.wins(&open(400, true), &content(90.0, (500, 1), true)));
        let shortcut = Claim { source: SHORTCUTS, ..day((90_000, 1), 500.0, false) };
        assert!(!trust.wins(&shortcut, &content(90.0, (400, 1), false)));
        assert!(trust.wins(&shortcut, &Content::default()));
    }

    #[test]
    fn each_date_counts_once_and_overlapping_hours_are_shared() {
        let cut = |start: i64, order: i64, value| Claim { start, ..day((order, order), value, true) };
        let days = without_repeats(vec![cut(0, 500, 5.0), cut(3600, 600, 6.0)], true);
        assert_eq!(days.iter().map(|day| day.value).collect::<Vec<_>>(), [Some(6.0)]);
        let hour = |start: i64, order: i64| Claim {
            layer: Layer::Hour,
            start,
            end: start + 3600,
            ..day((100_000 + order, order), 60.0, true)
        };
        let hours = without_repeats(vec![hour(0, 1), hour(1800, 2), hour(7200, 1)], true);
        let found: Vec<_> = hours.iter().map(|hour| (hour.start, hour.end, hour.value.unwrap())).collect();
        assert_eq!(found, [(0, 1800, 30.0), (1800, 5400, 60.0), (7200, 10_800, 60.0)]);
    }
}
