//! What counts of a day's total.

use std::collections::{BTreeMap, HashMap};

use crate::model::time::Layer;
use crate::query::explain::words::Words;
use crate::query::explain::{Alone, Day, Found, Of};
use crate::query::resolve::rows::{Claim, Rows, Sample};
use crate::query::resolve::totals::{Piece, Ranking, totals};

const WORDS: Words = Words { number: "total", totals: true };

/// All rows of the day, and what each source and grain says alone.
pub fn explained(day: &Day, ranking: &Ranking) -> (Vec<Found>, Vec<Alone>) {
    let weighed = Weighed::of(day, ranking);
    let samples = day.rows.samples.iter().enumerate().filter(|(at, sample)| weighed.shows(*at, sample));
    let claims = day.rows.claims.iter().filter(|claim| day.concerns(claim) || weighed.counts(day, claim));
    let found = samples.map(|(at, sample)| weighed.sample(at, sample)).chain(claims.map(|claim| weighed.claim(claim)));
    (found.collect(), alone(day, ranking))
}

/// What counts of each row, by its position.
struct Weighed<'a> {
    day: &'a Day<'a>,
    counted: HashMap<usize, f64>,
    /// What would count of the samples, were there no buckets.
    of_samples: HashMap<usize, f64>,
    /// Of each sample, the one that ranks before its own and covers its start.
    better: Vec<Option<usize>>,
    /// The buckets that count, longest first.
    buckets: Vec<Piece>,
}

fn pieces(day: &Day, rows: &Rows, ranking: &Ranking) -> Vec<Piece> {
    let (from, to) = day.range;
    let mut pieces = Vec::new();
    totals(rows, ranking, day.trust, &[from, to], |piece| {
        if (from..to).contains(&piece.at.unwrap_or(piece.start)) {
            pieces.push(*piece);
        }
    });
    pieces
}

fn by_row(pieces: &[Piece]) -> HashMap<usize, f64> {
    let mut counted = HashMap::new();
    for piece in pieces {
        *counted.entry(piece.of).or_insert(0.0) += piece.value.unwrap_or(0.0);
    }
    counted
}

/// What counts in the day of these rows.
fn sum(day: &Day, rows: &Rows, ranking: &Ranking) -> Option<f64> {
    let pieces = pieces(day, rows, ranking);
    pieces.iter().filter_map(|piece| piece.value).reduce(|sum, value| sum + value)
}

impl<'a> Weighed<'a> {
    fn of(day: &'a Day, ranking: &Ranking) -> Weighed<'a> {
        let all = pieces(day, &day.rows, ranking);
        let samples = Rows { samples: day.rows.samples.clone(), claims: Vec::new() };
        let mut buckets: Vec<Piece> = all.iter().filter(|piece| piece.layer != Layer::Raw).copied().collect();
        buckets.sort_by_key(|piece| (std::cmp::Reverse(piece.layer), piece.start));
        Weighed {
            day,
            counted: by_row(&all),
            of_samples: by_row(&pieces(day, &samples, ranking)),
            better: better(&day.rows.samples, ranking),
            buckets,
        }
    }

    fn counts(&self, day: &Day, claim: &Claim) -> bool {
        self.counted.contains_key(&(day.rows.samples.len() + claim.number))
    }

    fn shows(&self, at: usize, sample: &Sample) -> bool {
        let (from, to) = self.day.range;
        let touches = sample.start < to && (sample.end > from || sample.start >= from);
        touches || self.counted.contains_key(&at)
    }

    fn sample(&self, at: usize, sample: &Sample) -> Found {
        let Sample { start, end, value, source, order, .. } = *sample;
        Found {
            kind: self.day.kind_of_sample(sample),
            grain: Layer::Raw.as_str(),
            source,
            start,
            end,
            value,
            counted: self.counted.get(&at).copied().unwrap_or(0.0),
            share: 0.0,
            weight: None,
            counts: self.counted.contains_key(&at),
            delivery: order.1,
            why: self.why(at, sample),
        }
    }

    fn why(&self, at: usize, sample: &Sample) -> String {
        let name = self.day.name(sample.source);
        let Some(counted) = self.counted.get(&at) else { return self.why_not(at, sample) };
        let part = (counted - sample.value.unwrap_or(0.0)).abs() > 1e-9 * counted.abs().max(1.0);
        let (from, to) = self.day.range;
        match (part, sample.manual) {
            (true, _) if sample.start < from || sample.end > to => {
                format!("told by {name}; it reaches over midnight, and counts here for its time in this day")
            }
            (true, _) => format!("told by {name}; it counts for the part of its time that nothing better covers"),
            (false, true) => "entered by hand, which comes before every source".into(),
            (false, false) => format!("measured by {name}; no source that ranks before it covers this time"),
        }
    }

    fn why_not(&self, at: usize, sample: &Sample) -> String {
        let name = self.day.name(sample.source);
        if self.of_samples.contains_key(&at) {
            let holds = |piece: &&Piece| piece.start <= sample.start && sample.start < piece.end;
            return match self.buckets.iter().find(holds).and_then(|piece| self.claim_of(piece)) {
                Some(claim) => format!("not added: {} stands for this time", self.day.counts_as(claim, WORDS)),
                None => "not added: a longer claim stands for this time".into(),
            };
        }
        match self.better[at].map(|better| &self.day.rows.samples[better]) {
            Some(Sample { manual: true, .. }) => "covered by what was entered by hand, which comes first".into(),
            Some(better) => {
                format!("covered by {}, which ranks before {name}", self.day.name(better.source))
            }
            None => format!("covered by sources that rank before {name}, or its time lies in another day"),
        }
    }

    fn claim_of(&self, piece: &Piece) -> Option<&Claim> {
        let number = piece.of.checked_sub(self.day.rows.samples.len())?;
        self.day.rows.claims.get(number)
    }

    fn claim(&self, claim: &Claim) -> Found {
        let Claim { start, end, value, source, order, layer, .. } = *claim;
        let at = self.day.rows.samples.len() + claim.number;
        Found {
            kind: self.day.kind_of_claim(claim),
            grain: layer.as_str(),
            source,
            start,
            end,
            value,
            counted: self.counted.get(&at).copied().unwrap_or(0.0),
            share: 0.0,
            weight: None,
            counts: self.counted.contains_key(&at),
            delivery: order.1,
            why: self.why_of_claim(at, claim),
        }
    }

    fn why_of_claim(&self, at: usize, claim: &Claim) -> String {
        if self.counted.contains_key(&at) {
            return self.day.counts_as(claim, WORDS);
        }
        if let Some(replaced) = self.day.replaced(claim, WORDS) {
            return replaced;
        }
        let middle = claim.start + (claim.end - claim.start) / 2;
        let holds = |piece: &&Piece| piece.layer > claim.layer && piece.start <= middle && middle < piece.end;
        match self.buckets.iter().find(holds).and_then(|piece| self.claim_of(piece)) {
            Some(longer) => format!("not added: {} stands for this time", self.day.counts_as(longer, WORDS)),
            None => self.day.outdone(claim),
        }
    }
}

/// For each sample, one that covers its start and whose source ranks before its own.
fn better(samples: &[Sample], ranking: &Ranking) -> Vec<Option<usize>> {
    // Of each rank, the sample that reaches furthest.
    let mut furthest: BTreeMap<usize, usize> = BTreeMap::new();
    let mut better = Vec::with_capacity(samples.len());
    for same in samples.chunk_by(|one, other| one.start == other.start) {
        let first = better.len();
        for (at, sample) in same.iter().enumerate() {
            let kept = furthest.entry(ranking.rank(sample)).or_insert(first + at);
            if reach(&samples[*kept], ranking) <= reach(sample, ranking) {
                *kept = first + at;
            }
        }
        for sample in same {
            let mut before = furthest.range(..ranking.rank(sample)).map(|(_, at)| *at);
            better.push(before.find(|at| reach(&samples[*at], ranking) > sample.start));
        }
    }
    better
}

/// When it ends at the latest.
fn reach(sample: &Sample, ranking: &Ranking) -> i64 {
    let lasts = ranking.lasts.filter(|_| sample.end == sample.start && !sample.manual).unwrap_or(0);
    sample.end.saturating_add(lasts)
}

fn alone(day: &Day, ranking: &Ranking) -> Vec<Alone> {
    let mut sources: Vec<(usize, i64)> = day
        .rows
        .samples
        .iter()
        .map(|sample| (ranking.rank(&Sample { manual: false, ..*sample }), sample.source))
        .collect();
    sources.sort_unstable();
    sources.dedup();
    let of_source = |(_, source): (usize, i64)| {
        let samples = day.rows.samples.iter().filter(|sample| sample.source == source).copied().collect();
        let value = sum(day, &Rows { samples, claims: Vec::new() }, ranking);
        Alone { of: Of::Source(day.name(source).to_owned()), value }
    };
    let layers = [Layer::Raw, Layer::Minute, Layer::Hour, Layer::Day];
    let of_grain =
        |layer: Layer| Alone { of: Of::Grain(layer.as_str()), value: sum(day, &of_layer(&day.rows, layer), ranking) };
    let all = sources.into_iter().map(of_source).chain(layers.into_iter().map(of_grain));
    all.filter(|alone| alone.value.is_some()).collect()
}

/// The rows of one layer.
pub fn of_layer(rows: &Rows, layer: Layer) -> Rows {
    match layer {
        Layer::Raw => Rows { samples: rows.samples.clone(), claims: Vec::new() },
        layer => {
            let own = rows.claims.iter().filter(|claim| claim.layer == layer).copied();
            let claims = own.zip(0..).map(|(claim, number)| Claim { number, ..claim }).collect();
            Rows { samples: Vec::new(), claims }
        }
    }
}
