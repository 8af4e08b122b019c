//! The reasons, in words that a person can check against the Health app.

use crate::model::time::{Layer, local_rfc3339};
use crate::query::explain::{Day, Kind};
use crate::query::resolve::claims::of_layer;
use crate::query::resolve::rows::{Claim, Sample};

/// What is said of claims: of totals, or of means.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub number: &'static str,
    pub totals: bool,
}

impl Day<'_> {
    /// 12:05 of the day itself, else with its date.
    pub fn time(&self, utc: i64) -> String {
        let text = local_rfc3339(utc, self.zone);
        let (date, rest) = text.split_once('T').unwrap_or((&text, ""));
        let time = rest.get(..5).unwrap_or(rest);
        let is_today = (self.range.0..self.range.1).contains(&utc);
        if is_today { time.to_owned() } else { format!("{time} on {date}") }
    }

    pub fn kind_of_sample(&self, sample: &Sample) -> Kind {
        match sample.manual {
            true => Kind::Hand,
            false if self.trust.is_shortcut(sample.source) => Kind::Shortcut,
            false => Kind::Sample,
        }
    }

    pub fn kind_of_claim(&self, claim: &Claim) -> Kind {
        if self.trust.is_shortcut(claim.source) { Kind::Shortcut } else { Kind::Bucket }
    }

    /// Whether it says anything of this day.
    pub fn concerns(&self, claim: &Claim) -> bool {
        match claim.layer {
            Layer::Day => claim.date == i64::from(self.day),
            _ => claim.start < self.range.1 && claim.end > self.range.0,
        }
    }

    /// A claim that counts.
    pub fn counts_as(&self, claim: &Claim, words: Words) -> String {
        let (number, of) = (words.number, unit_of_time(claim.layer));
        match claim {
            claim if self.trust.is_shortcut(claim.source) => {
                "summed up by a Shortcut: nothing better is known of this time".into()
            }
            Claim { closed: false, .. } => {
                format!("the phone's own {number} of the {of} up to {}, when it was sent", self.time(claim.order.0))
            }
            Claim { layer: Layer::Day, .. } if self.trust.is_final(claim) => {
                format!("the phone's own {number} of the day, sent after it ended")
            }
            _ => format!("the phone's own {number} of the {of}"),
        }
    }

    /// A claim in whose place a later one of its grain counts; `None` when there is none.
    pub fn replaced(&self, claim: &Claim, words: Words) -> Option<String> {
        let kept = of_layer(&self.rows.claims, claim.layer, words.totals);
        if kept.iter().any(|other| other.number == claim.number) {
            return None;
        }
        let is_other = |other: &&Claim| match claim.layer {
            Layer::Day => other.date == claim.date,
            _ => other.start < claim.end && other.end > claim.start,
        };
        let other = kept.iter().find(is_other)?;
        Some(match other.order.0 == claim.order.0 {
            true => format!("replaced by another {} sent at the same time", words.number),
            false => format!("replaced by the {} sent at {}", words.number, self.time(other.order.0)),
        })
    }

    /// A claim in whose place finer ones count.
    pub fn outdone(&self, claim: &Claim) -> String {
        match claim {
            claim if self.trust.is_shortcut(claim.source) => {
                "a Shortcut's sum counts only where nothing better is known".into()
            }
            claim if claim.closed && claim.layer == Layer::Day && self.trust.is_overtaken(claim) => {
                "a later account of all samples covers the day, with what came late".into()
            }
            _ => "what is known in finer steps of this time came later or says more".into(),
        }
    }
}

fn unit_of_time(layer: Layer) -> &'static str {
    match layer {
        Layer::Raw => "sample",
        layer => layer.as_str(),
    }
}
