//! A dry run: what an import would be about, without a store to say what is new.

use crate::model::receipt::{ItemProblem, PROBLEMS_SHOWN, Receipt};
use crate::model::sample::Batch;

/// Adds a piece: received and quarantined are counted, what would be stored is left at zero.
pub fn count(piece: &Batch, receipt: &mut Receipt) {
    for name in &piece.items {
        let counts = receipt.by_metric.entry(piece.item_names[*name as usize].clone()).or_default();
        counts.received += 1;
        receipt.counts.received += 1;
    }
    for rejected in &piece.rejected {
        receipt.by_metric.entry(piece.item_names[rejected.name as usize].clone()).or_default().add_quarantined();
        receipt.counts.add_quarantined();
        if receipt.problems.len() < PROBLEMS_SHOWN {
            receipt.problems.push(ItemProblem { path: rejected.path.clone(), reason: rejected.reason.clone() });
        }
    }
}
