//! The answer to a delivery: what became of every item.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many problems a receipt spells out; the rest are counted and stay readable in quarantine.
pub const PROBLEMS_SHOWN: usize = 20;

/// What storing one item did. Ordered: an item of several samples has the strongest of their outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Unchanged,
    Updated,
    Stored,
}

/// Numbers of items. `received = stored + updated + unchanged + quarantined`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    pub received: u64,
    pub stored: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub quarantined: u64,
}

impl Counts {
    pub fn add(&mut self, outcome: Outcome) {
        self.received += 1;
        match outcome {
            Outcome::Stored => self.stored += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }

    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            received: self.received + other.received,
            stored: self.stored + other.stored,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            quarantined: self.quarantined + other.quarantined,
        }
    }

    pub fn add_quarantined(&mut self) {
        self.received += 1;
        self.quarantined += 1;
    }
}

/// Why one item was not stored, or what should be known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ItemProblem {
    /// JSON path in the body as sent.
    pub path: String,
    pub reason: String,
}

/// The answer to `POST /api/v1/ingest`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Id under `/api/v1/deliveries/{id}`.
    pub delivery: String,
    #[serde(flatten)]
    pub counts: Counts,
    /// Counts per metric name as sent, in canonical spelling where it is known.
    pub by_metric: BTreeMap<String, Counts>,
    /// Items of kinds that are kept in the raw body and decoded later, by kind; not part of `received`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub deferred: BTreeMap<String, u64>,
    /// The first 20.
    pub problems: Vec<ItemProblem>,
    /// What should be known, though nothing was lost: a date that was missing, a heading that was passed over. The first 20.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<ItemProblem>,
    /// All of this in one sentence, for a person with a phone.
    #[serde(default)]
    pub summary: String,
}

/// How many metrics the sentence names.
const NAMED: usize = 4;

impl Receipt {
    /// Words the sentence anew from the numbers.
    pub fn with_summary(self) -> Receipt {
        Receipt { summary: self.sentence(), ..self }
    }

    fn sentence(&self) -> String {
        let Counts { received, stored, updated, unchanged, quarantined } = self.counts;
        let mut parts = Vec::new();
        if stored > 0 {
            parts.push(format!("Stored {stored} new {}{}", plural(stored), self.names(|counts| counts.stored)));
        }
        if updated > 0 {
            parts.push(format!("{updated} replaced{}", self.names(|counts| counts.updated)));
        }
        if unchanged > 0 {
            parts.push(format!("{unchanged} {} already known", if unchanged == 1 { "was" } else { "were" }));
        }
        if quarantined > 0 {
            let first = self.problems.first().map(|problem| format!(": {} ({})", problem.reason, problem.path));
            parts.push(format!("{quarantined} could not be read{}", first.unwrap_or_default()));
        }
        match received {
            0 if self.deferred.is_empty() => "Nothing new was sent.".into(),
            0 => "Everything is kept for later.".into(),
            _ => format!("{}.", parts.join("; ")),
        }
    }

    /// The metrics that `count` speaks of, in brackets.
    fn names(&self, count: impl Fn(&Counts) -> u64) -> String {
        let names: Vec<&str> =
            self.by_metric.iter().filter(|(_, counts)| count(counts) > 0).map(|(name, _)| name.as_str()).collect();
        match names.len() {
            0 => String::new(),
            more if more > NAMED => format!(" ({} and {} more)", names[..NAMED].join(", "), more - NAMED),
            _ => format!(" ({})", names.join(", ")),
        }
    }
}

fn plural(number: u64) -> &'static str {
    if number == 1 { "value" } else { "values" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_became_of_everything() {
        let counts = |stored, unchanged, quarantined| Counts {
            received: stored + unchanged + quarantined,
            stored,
            unchanged,
            quarantined,
            ..Counts::default()
        };
        let problem = ItemProblem { path: "$.weight".into(), reason: "\"x\" is not a number".into() };
        let receipt = Receipt {
            counts: counts(12, 3, 1),
            by_metric: BTreeMap::from([("steps".into(), counts(11, 3, 0)), ("weight".into(), counts(1, 0, 1))]),
            problems: vec![problem],
            ..Receipt::default()
        };
        assert_eq!(
            receipt.with_summary().summary,
            "Stored 12 new values (steps, weight); 3 were already known; 1 could not be read: \"x\" is not a number \
             ($.weight)."
        );
        assert_eq!(Receipt::default().with_summary().summary, "Nothing new was sent.");
    }
}
