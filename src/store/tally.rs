//! What a commit has stored, counted for `/metrics` only once the commit stands.

use std::collections::BTreeMap;

use crate::model::receipt::{Counts, Receipt};

/// What the work of one transaction has added up so far. Work adds to it as its last step, so work that is undone has not.
#[derive(Debug, Default)]
pub struct Tally {
    /// By format and outcome.
    deliveries: BTreeMap<(&'static str, &'static str), u64>,
    items: Counts,
}

impl Tally {
    /// A delivery or an import is written to its end.
    pub(super) fn add_delivery(&mut self, format: &'static str, refused: bool, receipt: &Receipt) {
        let outcome = match receipt.counts.quarantined {
            _ if refused => "refused",
            0 => "whole",
            _ => "partial",
        };
        *self.deliveries.entry((format, outcome)).or_default() += 1;
    }

    pub(super) fn add_items(&mut self, counts: Counts) {
        self.items = self.items.plus(counts);
    }

    /// Tells the page.
    pub(super) fn tell(self) {
        for ((format, outcome), number) in self.deliveries {
            metrics::counter!("health_export_deliveries_total", "format" => format, "outcome" => outcome)
                .increment(number);
        }
        let Counts { stored, updated, unchanged, quarantined, .. } = self.items;
        let items = [("stored", stored), ("updated", updated), ("unchanged", unchanged), ("quarantined", quarantined)];
        for (outcome, number) in items.into_iter().filter(|(_, number)| *number > 0) {
            metrics::counter!("health_export_samples_total", "outcome" => outcome).increment(number);
        }
    }
}
