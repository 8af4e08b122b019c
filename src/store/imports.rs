//! An import: one delivery that is written in many transactions, because an export is too large for one.
//!
//! Each piece is committed on its own, so that an import which is killed has stored what it has stored; importing the
//! same file again brings the rest. The receipt grows with each piece.

use crate::error::Result;
use crate::model::receipt::{PROBLEMS_SHOWN, Receipt};
use crate::model::sample::Batch;
use crate::store::apply::{Mode, Owner};
use crate::store::batch;
use crate::store::deliveries::{self, Origin};
use crate::store::writer::Writing;

/// What is known of an import before it begins.
pub struct Head {
    pub public_id: String,
    pub user: i64,
    pub api_key: Option<i64>,
    pub received_at_ms: i64,
    pub format: &'static str,
    pub origin: Origin,
    /// Bytes of the file as it lies on the disk.
    pub bytes: u64,
}

/// An import under way. It is handed into each piece of work and comes back out of it.
pub struct Importing {
    id: i64,
    user: i64,
    receipt: Receipt,
}

impl Importing {
    /// What has been written so far.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}

/// Writes the delivery's row; no body is kept of an import.
pub fn begin(writing: &mut Writing, head: &Head) -> Result<Importing> {
    let id = deliveries::insert_head(writing.connection, head)?;
    let receipt = Receipt { delivery: head.public_id.clone(), ..Receipt::default() };
    deliveries::finish(writing.connection, id, head.user, &receipt)?;
    Ok(Importing { id, user: head.user, receipt })
}

/// Writes one piece.
pub fn add(writing: &mut Writing, mut importing: Importing, batch: &Batch) -> Result<Importing> {
    let owner = Owner { user: importing.user, delivery: importing.id, mode: Mode::Import };
    let outcomes = batch::store(writing, owner, batch)?;
    deliveries::quarantine(writing.connection, importing.id, &batch.rejected)?;
    let piece = deliveries::receipt(&importing.receipt.delivery, batch, &outcomes);
    add_up(&mut importing.receipt, piece);
    deliveries::finish(writing.connection, importing.id, importing.user, &importing.receipt)?;
    Ok(importing)
}

/// Writes the end, after which the delivery counts as whole.
pub fn finish(writing: &mut Writing, importing: Importing) -> Result<Receipt> {
    deliveries::finish(writing.connection, importing.id, importing.user, &importing.receipt)?;
    Ok(importing.receipt)
}

fn add_up(whole: &mut Receipt, piece: Receipt) {
    whole.counts = whole.counts.plus(piece.counts);
    for (name, counts) in piece.by_metric {
        let sum = whole.by_metric.entry(name).or_default();
        *sum = sum.plus(counts);
    }
    for (name, items) in piece.deferred {
        *whole.deferred.entry(name).or_default() += items;
    }
    let room = PROBLEMS_SHOWN.saturating_sub(whole.problems.len());
    whole.problems.extend(piece.problems.into_iter().take(room));
}
