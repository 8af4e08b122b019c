//! Totals: at each moment, one claim counts.
//!
//! Samples are resolved by source first (`overlap`). Then the buckets of each layer are laid over what finer ones say of
//! their time, minutes first: either the bucket counts there or what is finer does, never both (`claims`). So a bucket
//! hides nothing outside of its time, and the day's total as of nine o'clock is added to by the minutes after nine.

use std::cmp::Reverse;

use crate::model::time::Layer;
use crate::query::resolve::claims::{BUCKETS, Content, Trust, of_layer};
use crate::query::resolve::overlap::{Interval, Part, owned_parts};
use crate::query::resolve::rows::{Claim, Order, Rows, Sample, next_starts};

/// What counts of one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    pub start: i64,
    pub end: i64,
    /// When it counts, where that is not its start.
    pub at: Option<i64>,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub layer: Layer,
    /// Whether it is the first of its sample or bucket.
    pub begins: bool,
    /// Position of its sample, or of its claim behind all samples.
    pub of: usize,
    /// Whether it is a sample of which nobody has said when it ended, so that all of it counts where it begins.
    open: bool,
    order: Order,
    complete: bool,
    resolved: bool,
}

/// Which sources rank before which, and how long a sample lasts whose sender names no end.
#[derive(Debug, Clone, Default)]
pub struct Ranking {
    /// Rank by source; 0 is left to what was entered by hand, and stands here for a source that has none.
    ranks: Vec<usize>,
    /// How many sources have a rank.
    ranked: usize,
    pub lasts: Option<i64>,
    /// Whether a sample of nothing says nothing against another source's: an hour stood on either watch was stood.
    pub union: bool,
}

impl Ranking {
    /// `order` has the source that ranks first at the front.
    pub fn new(order: &[i64], lasts: Option<i64>) -> Ranking {
        let place = |source: &i64| usize::try_from(*source).unwrap_or(0);
        let mut ranks = vec![0; order.iter().map(place).max().map_or(0, |last| last + 1)];
        for (source, rank) in order.iter().zip(1..) {
            ranks[place(source)] = rank;
        }
        Ranking { ranks, ranked: order.len(), lasts, union: false }
    }

    fn ranks(&self) -> usize {
        self.ranked + 2
    }

    /// Of a source; the lower ranks first.
    pub fn of(&self, source: i64) -> usize {
        let rank = usize::try_from(source).ok().and_then(|source| self.ranks.get(source));
        rank.copied().filter(|rank| *rank > 0).unwrap_or(self.ranked + 1)
    }

    /// Of a sample; the lower ranks first.
    pub fn rank(&self, sample: &Sample) -> usize {
        match sample.manual {
            _ if self.union && sample.value == Some(0.0) => self.ranked + 1,
            true => 0,
            false => self.of(sample.source),
        }
    }

    /// The times of samples; where no end is known it is the next start of its source, within a limit.
    fn intervals(&self, samples: &[Sample]) -> Vec<Interval> {
        let is_open = |sample: &Sample| self.lasts.is_some() && sample.end == sample.start && !sample.manual;
        let of = |sample: &Sample, end: i64, open: bool| Interval {
            start: sample.start,
            end,
            rank: self.rank(sample),
            open,
        };
        if !samples.iter().any(is_open) {
            return samples.iter().map(|sample| of(sample, sample.end, false)).collect();
        }
        let follows = next_starts(samples, self.ranks(), |sample| self.rank(sample));
        let limit = |sample: &Sample| sample.start.saturating_add(self.lasts.unwrap_or(0));
        let interval = |(sample, follows): (&Sample, i64)| match is_open(sample) {
            true => of(sample, follows.min(limit(sample)), true),
            false => of(sample, sample.end, false),
        };
        samples.iter().zip(follows).map(interval).collect()
    }
}

impl Rows {
    /// Of samples of one moment the one that is believed first comes last, so that it is the latest.
    pub fn put_believed_last(&mut self, ranking: &Ranking) {
        for same in self.samples.chunk_by_mut(|one, other| one.start == other.start).filter(|same| same.len() > 1) {
            same.sort_by_key(|sample| Reverse(ranking.rank(sample)));
        }
    }
}

/// Hands over what counts, cut at each of `cuts`, which are ascending.
pub fn totals(rows: &Rows, ranking: &Ranking, trust: &Trust, cuts: &[i64], mut each: impl FnMut(&Piece)) {
    if rows.claims.is_empty() {
        return sample_pieces(rows, ranking, trust, cuts, each);
    }
    let of_answer = cuts;
    let cuts = all_cuts(cuts, &rows.claims);
    let mut pieces = Vec::with_capacity(rows.samples.len() + rows.claims.len());
    sample_pieces(rows, ranking, trust, &cuts, |piece| pieces.push(*piece));
    pieces.sort_by_key(|piece| piece.start);
    for layer in BUCKETS {
        lay(&mut pieces, rows, layer, trust, &cuts);
    }
    cut_buckets(&mut pieces, of_answer);
    pieces.iter().for_each(&mut each);
}

/// The cuts of the answer, and those of all buckets.
fn all_cuts(cuts: &[i64], claims: &[Claim]) -> Vec<i64> {
    let of_claims = claims.iter().flat_map(|claim| [claim.start, claim.end]);
    let mut all: Vec<i64> = cuts.iter().copied().chain(of_claims).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What counts of the samples, were there nothing else.
fn sample_pieces(rows: &Rows, ranking: &Ranking, trust: &Trust, cuts: &[i64], mut each: impl FnMut(&Piece)) {
    let intervals = ranking.intervals(&rows.samples);
    let mut begun = vec![false; intervals.len()];
    owned_parts(&intervals, ranking.ranks(), cuts, |Part { at, start, seconds }| {
        let (sample, interval) = (&rows.samples[at], intervals[at]);
        let span = interval.end - interval.start;
        let value = match seconds == span {
            true => sample.value,
            false => sample.value.map(|value| value * seconds as f64 / span as f64),
        };
        each(&Piece {
            start,
            end: start + seconds,
            at: None,
            value,
            low: value,
            high: value,
            layer: Layer::Raw,
            begins: !std::mem::replace(&mut begun[at], true),
            of: at,
            open: interval.open,
            order: sample.order,
            complete: sample.complete,
            resolved: !trust.is_shortcut(sample.source),
        });
    });
}

/// Lays the buckets of a layer over what is finer. `pieces` are by start, before and after.
fn lay(pieces: &mut Vec<Piece>, rows: &Rows, layer: Layer, trust: &Trust, cuts: &[i64]) {
    let claims = of_layer(&rows.claims, layer, true);
    if claims.is_empty() {
        return;
    }
    if layer > Layer::Minute {
        cut_buckets(pieces, cuts);
    }
    let (mut first, mut counting, mut hidden) = (0, Vec::new(), vec![false; pieces.len()]);
    for group in groups(&claims, pieces) {
        let claim = &merged(group);
        first += pieces[first..].iter().take_while(|piece| piece.start < claim.start).count();
        let inside = pieces[first..].iter().take_while(|piece| piece.start < claim.end).count();
        let inside = first..first + inside;
        let mut content = Content::default();
        for at in inside.clone().filter(|at| layer == Layer::Day || !hidden[*at]) {
            let Piece { value, order, complete, resolved, .. } = pieces[at];
            content.add(value.unwrap_or(0.0), order, complete, resolved);
        }
        if trust.wins(claim, &content) {
            match layer {
                Layer::Day => hide_date(pieces, claim, &mut hidden),
                _ => hidden[inside].fill(true),
            }
            counting.extend(group.iter().map(|claim| piece_of(claim, rows, trust)));
        }
    }
    let mut hidden = hidden.into_iter();
    pieces.retain(|_| !hidden.next().unwrap_or(false));
    pieces.append(&mut counting);
    pieces.sort_by_key(|piece| piece.start);
}

/// The buckets that are decided together: all of a sample without an end counts where it begins, though it lasts through the
/// next bucket as well. Buckets follow each other for as long as there is anything to count, so what it is estimated to last
/// beyond a gap it has not lasted.
fn groups<'a>(claims: &'a [Claim], pieces: &[Piece]) -> Vec<&'a [Claim]> {
    let mut open = pieces.iter().filter(|piece| piece.open).peekable();
    if open.peek().is_none() || claims.iter().any(|claim| claim.layer >= Layer::Day) {
        return claims.chunks(1).collect();
    }
    let mut reach = i64::MIN;
    let together = |before: &Claim, claim: &Claim| {
        while let Some(piece) = open.next_if(|piece| piece.start < claim.start) {
            reach = reach.max(piece.end);
        }
        before.end == claim.start && reach > claim.start
    };
    claims.chunk_by(together).collect()
}

/// Buckets that follow each other as one.
fn merged(group: &[Claim]) -> Claim {
    let (first, last) = (&group[0], &group[group.len() - 1]);
    let newest = group.iter().max_by_key(|claim| claim.order).unwrap_or(first);
    let value = group.iter().filter_map(|claim| claim.value).reduce(|sum, value| sum + value);
    Claim { end: last.end, value, order: newest.order, complete: newest.complete, ..*first }
}

/// A day's number stands for its date, whenever the phone's clock says that the date was: what is finer counts there only
/// after the number was sent, and on other dates as if there were none.
fn hide_date(pieces: &[Piece], claim: &Claim, hidden: &mut [bool]) {
    let Claim { bucket, of_date, end, .. } = *claim;
    let at = |time: i64| pieces.partition_point(|piece| piece.start < time.clamp(of_date.0, of_date.1));
    hidden[at(of_date.0)..at(end)].fill(true);
    hidden[at(bucket.1.max(end))..at(of_date.1)].fill(true);
}

fn piece_of(claim: &Claim, rows: &Rows, trust: &Trust) -> Piece {
    let Claim { start, end, at, value, low, high, layer, order, complete, source, number, .. } = *claim;
    let (of, resolved) = (rows.samples.len() + number, !trust.is_shortcut(source));
    Piece { start, end, at, value, low, high, layer, begins: true, of, open: false, order, complete, resolved }
}

/// Cuts buckets that reach over a cut, in proportion. Samples have been cut there already, and those of a day or longer
/// count as a whole.
fn cut_buckets(pieces: &mut Vec<Piece>, cuts: &[i64]) {
    let mut more = Vec::new();
    for piece in pieces.iter_mut().filter(|piece| piece.layer != Layer::Raw && piece.at.is_none()) {
        let inside = &cuts[cuts.partition_point(|cut| *cut <= piece.start)..];
        let inside = &inside[..inside.partition_point(|cut| *cut < piece.end)];
        if inside.is_empty() {
            continue;
        }
        let whole = *piece;
        let part = |start: i64, end: i64| {
            let value = whole.value.map(|value| value * (end - start) as f64 / (whole.end - whole.start) as f64);
            Piece { start, end, value, begins: start == whole.start && whole.begins, ..whole }
        };
        let ends = inside[1..].iter().copied().chain([whole.end]);
        more.extend(inside.iter().zip(ends).map(|(start, end)| part(*start, end)));
        *piece = part(whole.start, inside[0]);
    }
    if !more.is_empty() {
        pieces.append(&mut more);
        pieces.sort_by_key(|piece| piece.start);
    }
}
