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
}
