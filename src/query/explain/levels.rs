//! What counts of a day's mean, and for how much time.

use std::collections::HashMap;

use crate::model::metric::Mean;
use crate::model::time::Layer;
use crate::query::explain::totals::of_layer;
use crate::query::explain::words::Words;
use crate::query::explain::{Alone, Day, Found, Of};
use crate::query::resolve::levels::{Level, Style, levels};
use crate::query::resolve::rows::{Claim, Rows, Sample};
use crate::query::tally::{unweighed, weighed};

const WORDS: Words = Words { number: "average", totals: false };

/// All rows of the day, and what each source and grain says alone. `value` is the day's mean.
pub fn explained(day: &Day, style: Style, value: Option<f64>) -> (Vec<Found>, Vec<Alone>) {
    let weights = Weights::of(day, &day.rows, style);
    let of_rows = Explained { day, value, weights };
    let (from, to) = day.range;
    let shows = |at: usize, start: i64, end: i64| {
        start < to && (end > from || start >= from) || of_rows.weights.of_row.contains_key(&at)
    };
    let samples = day.rows.samples.iter().enumerate();
    let samples = samples.filter(|(at, sample)| shows(*at, sample.start, sample.end));
    let behind = day.rows.samples.len();
    let claims = day.rows.claims.iter();
    let claims =
        claims.filter(|claim| day.concerns(claim) || of_rows.weights.of_row.contains_key(&(behind + claim.number)));
    let found = samples.map(|(at, sample)| of_rows.sample(at, sample)).chain(claims.map(|claim| of_rows.claim(claim)));
    (found.collect(), alone(day, style))
}

/// What goes into the mean of the day.
struct Weights {
    /// Of each row: its weight, and that times its value.
    of_row: HashMap<usize, (f64, f64)>,
    weight: f64,
    weighted: f64,
    mean: Mean,
}

impl Weights {
    fn of(day: &Day, rows: &Rows, style: Style) -> Weights {
        let (from, to) = day.range;
        let nothing = |mean: Mean| Weights { of_row: HashMap::new(), weight: 0.0, weighted: 0.0, mean };
        // Where nothing has a weight, every value that is counted counts the same.
        let (mut weights, mut same) = (nothing(style.mean), nothing(Mean::Arithmetic));
        let each = |level: &Level| match level.value {
            Some(value) if level.counts && (from..to).contains(&level.at) => same.add(level.of, 1.0, value),
            _ => {}
        };
        levels(rows, style, day.trust, &[from, to], each, |part| {
            if part.weight > 0.0 && (from..to).contains(&part.at) {
                weights.add(part.of, part.weight, part.value);
            }
        });
        if weights.weight > 0.0 { weights } else { same }
    }

    fn add(&mut self, of: usize, weight: f64, value: f64) {
        let weighted = weight * weighed(self.mean, value);
        let row = self.of_row.entry(of).or_insert((0.0, 0.0));
        *row = (row.0 + weight, row.1 + weighted);
        self.weight += weight;
        self.weighted += weighted;
    }

    fn value(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| unweighed(self.mean, self.weighted / self.weight))
    }
}

struct Explained<'a> {
    day: &'a Day<'a>,
    value: Option<f64>,
    weights: Weights,
}

impl Explained<'_> {
    /// What a row has in the mean, its part of the whole weight, and its weight.
    fn part(&self, at: usize) -> (f64, f64, Option<f64>) {
        let (Some((weight, weighted)), Some(value)) = (self.weights.of_row.get(&at), self.value) else {
            return (0.0, 0.0, None);
        };
        let counted = match self.weights.mean {
            // By energy: each has its part of the level.
            Mean::EquivalentLevel => value * weighted / self.weights.weighted,
            Mean::Arithmetic | Mean::TimeWeighted => weighted / self.weights.weight,
        };
        (counted, weight / self.weights.weight, Some(*weight))
    }

    fn sample(&self, at: usize, sample: &Sample) -> Found {
        let Sample { start, end, value, source, order, .. } = *sample;
        let (counted, share, weight) = self.part(at);
        let name = self.day.name(source);
        let why = match (weight, self.weights.mean) {
            (None, _) => "not in the average: the phone's own average of the day stands for this time".into(),
            (Some(_), Mean::Arithmetic) => format!("measured by {name}; every value counts the same"),
            (Some(_), _) if end > start => format!("measured by {name}; it counts for the time that it lasts"),
            (Some(_), _) => format!("measured by {name}; it counts for the time until the next value"),
        };
        Found {
            kind: self.day.kind_of_sample(sample),
            grain: Layer::Raw.as_str(),
            source,
            start,
            end,
            value,
            counted,
            share,
            weight,
            counts: weight.is_some(),
            delivery: order.1,
            why,
        }
    }

    fn claim(&self, claim: &Claim) -> Found {
        let Claim { start, end, value, source, order, layer, .. } = *claim;
        let (counted, share, weight) = self.part(self.day.rows.samples.len() + claim.number);
        let why = match weight {
            Some(_) => self.day.counts_as(claim, WORDS),
            None => self.why_not(claim),
        };
        Found {
            kind: self.day.kind_of_claim(claim),
            grain: layer.as_str(),
            source,
            start,
            end,
            value,
            counted,
            share,
            weight,
            counts: weight.is_some(),
            delivery: order.1,
            why,
        }
    }

    fn why_not(&self, claim: &Claim) -> String {
        self.day
            .replaced(claim, WORDS)
            .unwrap_or_else(|| "not in the average: what is known of its time in other steps counts there".into())
    }
}

fn alone(day: &Day, style: Style) -> Vec<Alone> {
    let mut sources: Vec<i64> = day.rows.samples.iter().map(|sample| sample.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let mean = |rows: &Rows| Weights::of(day, rows, style).value();
    let of_source = |source: i64| {
        let samples = day.rows.samples.iter().filter(|sample| sample.source == source).copied().collect();
        Alone { of: Of::Source(day.name(source).to_owned()), value: mean(&Rows { samples, claims: Vec::new() }) }
    };
    let layers = [Layer::Raw, Layer::Minute, Layer::Hour, Layer::Day];
    let of_grain = |layer: Layer| Alone { of: Of::Grain(layer.as_str()), value: mean(&of_layer(&day.rows, layer)) };
    let all = sources.into_iter().map(of_source).chain(layers.into_iter().map(of_grain));
    all.filter(|alone| alone.value.is_some()).collect()
}
