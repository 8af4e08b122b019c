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
    /// Items of kinds that nobody knows yet, by kind: kept in the raw body, and not part of `received`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub deferred: BTreeMap<String, u64>,
    /// The first 20.
    pub problems: Vec<ItemProblem>,
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

/// Reasons spelt out per metric; a body can be odd in more ways than anybody would read.
const REASONS_SHOWN: usize = 20;

/// What the reasons beyond those are counted under.
const OTHER_REASONS: &str = "other reasons";

impl Receipt {
    /// Counts one item of `metric` that was rejected for `reason`.
    pub fn add_reason(&mut self, metric: &str, reason: &str) {
        self.count_reason(metric, in_general(reason), 1);
    }

    /// Adds the reasons of a further piece of the same delivery.
    pub fn add_reasons(&mut self, more: BTreeMap<String, BTreeMap<String, u64>>) {
        for (metric, reasons) in more {
            for (reason, items) in reasons {
                self.count_reason(&metric, reason, items);
            }
        }
    }

    fn count_reason(&mut self, metric: &str, reason: String, items: u64) {
        let known = self.reasons.entry(metric.to_owned()).or_default();
        let full = known.len() >= REASONS_SHOWN && !known.contains_key(&reason);
        *known.entry(if full { OTHER_REASONS.to_owned() } else { reason }).or_default() += items;
    }
}

/// A reason without what is the item's own: texts in quotation marks, and the first number that stands alone.
fn in_general(reason: &str) -> String {
    let mut general = String::with_capacity(reason.len());
    let mut parts = reason.split('"');
    general.push_str(parts.next().unwrap_or_default());
    while let Some(_quoted) = parts.next() {
        general.push('…');
        general.push_str(parts.next().unwrap_or_default());
    }
    let number = general.split(' ').find(|word| word.parse::<f64>().is_ok()).map(str::to_owned);
    match number {
        Some(number) => {
            general.split(' ').map(|word| if word == number { "…" } else { word }).collect::<Vec<_>>().join(" ")
        }
        None => general,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_in_the_item_only_are_one() {
        let mut receipt = Receipt::default();
        for reason in [
            "date \"soon\" is not a date we can read",
            "date \"a \\\"b\" is not a date we can read",
            "-3.5 count/min is outside what heart_rate can be, 0 to 500",
            "901 count/min is outside what heart_rate can be, 0 to 500",
        ] {
            receipt.add_reason("heart_rate", reason);
        }
        let reasons: Vec<_> =
            receipt.reasons["heart_rate"].iter().map(|(reason, items)| (reason.as_str(), *items)).collect();
        assert!(reasons.contains(&("… count/min is outside what heart_rate can be, 0 to 500", 2)), "{reasons:?}");
        assert_eq!(in_general("date \"soon\" is not a date we can read"), "date … is not a date we can read");
    }

    #[test]
    fn a_thousand_reasons_are_twenty_and_the_rest() {
        let mut receipt = Receipt::default();
        (0..1000).for_each(|at| receipt.add_reason("x", &format!("odd in way w{at}")));
        assert_eq!(receipt.reasons["x"].len(), REASONS_SHOWN + 1);
        assert_eq!(receipt.reasons["x"].values().sum::<u64>(), 1000);
        let mut whole = Receipt::default();
        whole.add_reasons(receipt.reasons.clone());
        whole.add_reasons(receipt.reasons);
        assert_eq!(whole.reasons["x"].values().sum::<u64>(), 2000);
    }
}
