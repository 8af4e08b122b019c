//! The answer to a delivery: what became of every item.

mod reasons;
mod summary;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many problems a receipt spells out; the rest are counted and stay readable in quarantine.
pub const PROBLEMS_SHOWN: usize = 20;

/// What storing one item did. Ordered: an item of several samples has the strongest of their outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Unchanged,
    /// It was deleted, and so it is not shown; counts as unchanged.
    KeptOut,
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
    /// Stored samples that count no more, because this delivery says otherwise or, complete, nothing of them. Left out when 0.
    #[serde(skip_serializing_if = "is_none_of", default)]
    pub superseded: u64,
}

impl Counts {
    pub fn add(&mut self, outcome: Outcome) {
        self.received += 1;
        match outcome {
            Outcome::Stored => self.stored += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged | Outcome::KeptOut => self.unchanged += 1,
        }
    }

    pub fn plus(self, other: Counts) -> Counts {
        Counts {
            received: self.received + other.received,
            stored: self.stored + other.stored,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            quarantined: self.quarantined + other.quarantined,
            superseded: self.superseded + other.superseded,
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
    /// Items of kinds that nobody knows yet, by kind: kept in the raw body, and not part of `received`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub deferred: BTreeMap<String, u64>,
    /// How many of `unchanged` are deleted, and were kept out for that reason.
    #[serde(skip_serializing_if = "is_none_of", default)]
    pub kept_out: u64,
    /// The first 20.
    pub problems: Vec<ItemProblem>,
    /// What should be known, though nothing was lost: a date that was missing, a heading that was passed over. The first 20.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<ItemProblem>,
    /// All of this in one sentence, for a person with a phone.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub summary: String,
    /// Why items are in quarantine: per metric, how many for each reason. What differs from item to item is left out of
    /// a reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub reasons: BTreeMap<String, BTreeMap<String, u64>>,
    /// When the body was last decoded again, RFC 3339. The counts are then what that did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replayed_at: Option<String>,
    /// What the receipt said before the first replay that changed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(no_recursion)]
    pub at_first: Option<Box<Receipt>>,
}

fn is_none_of(items: &u64) -> bool {
    *items == 0
}

impl Receipt {
    /// Adds what counts no more, by metric.
    pub fn add_superseded(&mut self, superseded: &BTreeMap<String, u64>) {
        for (name, number) in superseded {
            self.counts.superseded += number;
            self.by_metric.entry(name.clone()).or_default().superseded += number;
        }
    }

    /// Adds what another receipt counts; the id stays.
    pub fn add(&mut self, other: Receipt) {
        self.counts = self.counts.plus(other.counts);
        self.kept_out += other.kept_out;
        self.add_reasons(other.reasons);
        for (name, counts) in other.by_metric {
            let sum = self.by_metric.entry(name).or_default();
            *sum = sum.plus(counts);
        }
        for (name, items) in other.deferred {
            *self.deferred.entry(name).or_default() += items;
        }
        let room = PROBLEMS_SHOWN.saturating_sub(self.problems.len());
        self.problems.extend(other.problems.into_iter().take(room));
        let room = PROBLEMS_SHOWN.saturating_sub(self.notes.len());
        self.notes.extend(other.notes.into_iter().take(room));
    }
}
