//! A made-up phone's own statistics, which are the truth: as of a moment, over any interval.
//!
//! A total gives each moment to the writer that the phone believes first; the rest of a sample that is covered in part counts
//! by its share of time, and so does a sample that reaches over an end of the interval. Samples of one writer add up.

use crate::synth::phone::metric::{Metric, Style};
use crate::synth::phone::source::Source;
use crate::synth::phone::store::{Sample, Store};

/// How long a pulse stands for the time after it when nothing follows.
const PULSE_LASTS: i64 = 900;

/// Levels over an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    pub mean: f64,
    pub min: f64,
    pub max: f64,
}

/// A part of a total, spread evenly over its time.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    pub start: i64,
    pub end: i64,
    pub value: f64,
    pub source: Source,
}

/// Totals of a type as of one moment, resolved once and then asked often.
pub struct Totals {
    pieces: Vec<Piece>,
}

impl Totals {
    /// Over what touches `[from, to)`.
    pub fn of(store: &Store, metric: Metric, moment: i64, from: i64, to: i64) -> Totals {
        let wide = (from.saturating_sub(86_400), to.saturating_add(86_400));
        Totals::of_seen(store.seen(metric, moment, wide.0, wide.1))
    }

    /// Of samples that were picked already.
    pub fn of_seen(samples: Vec<&Sample>) -> Totals {
        Totals { pieces: resolve(samples) }
    }

    /// Of `[from, to)`; nothing where there is no data.
    pub fn within(&self, from: i64, to: i64) -> Option<f64> {
        let shares = self.parts(from, to).map(|(_, value)| value);
        shares.reduce(|sum, value| sum + value)
    }

    /// Who has a part in it.
    pub fn sources(&self, from: i64, to: i64) -> Vec<Source> {
        let mut sources: Vec<Source> = self.parts(from, to).map(|(source, _)| source).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    fn parts(&self, from: i64, to: i64) -> impl Iterator<Item = (Source, f64)> {
        let first = self.pieces.partition_point(|piece| piece.start < from.saturating_sub(86_400));
        let near = self.pieces[first..].iter().take_while(move |piece| piece.start < to);
        near.filter_map(move |piece| share(piece, from, to).map(|value| (piece.source, value)))
    }
}

fn share(piece: &Piece, from: i64, to: i64) -> Option<f64> {
    if piece.end == piece.start {
        return (from <= piece.start && piece.start < to).then_some(piece.value);
    }
    let seconds = piece.end.min(to) - piece.start.max(from);
    (seconds > 0).then(|| piece.value * seconds as f64 / (piece.end - piece.start) as f64)
}

/// The pieces that count: each writer's samples without the time that better writers cover.
fn resolve(mut samples: Vec<&Sample>) -> Vec<Piece> {
    samples.sort_by_key(|sample| (sample.source, sample.start));
    let (mut covered, mut pieces) = (Vec::new(), Vec::new());
    for group in samples.chunk_by(|a, b| a.source == b.source) {
        group.iter().for_each(|sample| count(sample, &covered, &mut pieces));
        covered = union(covered, group.iter().map(|sample| (sample.start, sample.end)));
    }
    pieces.sort_by_key(|piece| piece.start);
    pieces
}

fn count(sample: &Sample, covered: &[(i64, i64)], pieces: &mut Vec<Piece>) {
    let Sample { start, end, value, source, .. } = *sample;
    let first = covered.partition_point(|(_, until)| *until <= start);
    if start == end {
        if covered.get(first).is_none_or(|(from, _)| *from > start) {
            pieces.push(Piece { start, end, value, source });
        }
        return;
    }
    let mut at = start;
    let mut piece = |from: i64, to: i64| {
        if to > from {
            let value = value * (to - from) as f64 / (end - start) as f64;
            pieces.push(Piece { start: from, end: to, value, source });
        }
    };
    for (from, until) in covered[first..].iter().take_while(|(from, _)| *from < end) {
        piece(at, *from);
        at = at.max(*until);
    }
    piece(at, end);
}

fn union(mut covered: Vec<(i64, i64)>, more: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    covered.extend(more.filter(|(start, end)| end > start));
    covered.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::with_capacity(covered.len());
    for (start, end) in covered {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// Mean, lowest and highest of `[from, to)`.
pub fn levels(store: &Store, metric: Metric, moment: i64, from: i64, to: i64) -> Option<Levels> {
    let seen = store.seen(metric, moment, from, to);
    let style = metric.facts().style;
    // A level without a length belongs to where it begins; one with a length to all of its time.
    let within = |sample: &&Sample| style == Style::EquivalentLevel || sample.start >= from;
    levels_of(&seen.into_iter().filter(within).collect::<Vec<_>>(), style, from, to)
}

/// The same of samples that were picked already, in order of start.
pub fn levels_of(samples: &[&Sample], style: Style, from: i64, to: i64) -> Option<Levels> {
    let min = samples.iter().map(|sample| sample.value).reduce(f64::min)?;
    let max = samples.iter().map(|sample| sample.value).reduce(f64::max)?;
    let weights: Vec<f64> = (0..samples.len()).map(|at| weight(samples, at, style, from, to)).collect();
    let whole: f64 = weights.iter().sum();
    let sum = |of: &dyn Fn(f64) -> f64| {
        samples.iter().zip(&weights).map(|(sample, weight)| of(sample.value) * weight).sum::<f64>() / whole
    };
    let mean = match style {
        Style::EquivalentLevel => 10.0 * sum(&|level| 10f64.powf(level / 10.0)).log10(),
        _ => sum(&|value| value),
    };
    Some(Levels { mean, min, max })
}

/// How much one of them counts.
fn weight(samples: &[&Sample], at: usize, style: Style, from: i64, to: i64) -> f64 {
    let sample = samples[at];
    match style {
        Style::TemporallyWeighted => {
            let next = samples.get(at + 1).map_or(to, |next| next.start);
            (next.min(to) - sample.start).clamp(1, PULSE_LASTS) as f64
        }
        Style::EquivalentLevel => (sample.end.min(to) - sample.start.max(from)).max(1) as f64,
        Style::Arithmetic | Style::Cumulative => 1.0,
    }
}
