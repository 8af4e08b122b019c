//! An import: one delivery that is written in many transactions, because an export is too large for one.
//!
//! Each piece is committed on its own, so that an import which is killed has stored what it has stored; importing the
//! same file again brings the rest. The receipt grows with each piece. `memory` knows what earlier pieces have met. Read to its
//! end, an export is a complete account of the days of each source that it has anything of: `finish` applies what it leaves
//! out.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::receipt::Receipt;
use crate::model::sample::Batch;
use crate::store::account;
use crate::store::batch;
use crate::store::deliveries::{self, Head};
use crate::store::quarantine;
use crate::store::rollups;
use crate::store::samples::import_state::ImportState;
use crate::store::samples::{Mode, Owner};
use crate::store::series;
use crate::store::writer::Writing;

/// An import under way. It is handed into each piece of work and comes back out of it.
pub struct Importing {
    id: i64,
    user: i64,
    format: &'static str,
    receipt: Receipt,
    memory: ImportState,
    /// Metric and source of all samples that were there when it began; nothing once somebody else has written since, as the
    /// person's data version tells.
    others: Option<BTreeSet<(i64, i64)>>,
    data_version: i64,
}

impl Importing {
    fn owner(&self) -> Owner {
        Owner { user: self.user, delivery: self.id, mode: Mode::Import }
    }

    fn watch_others(&mut self, connection: &Connection) -> Result<()> {
        if series::data_version(connection, self.user)? != self.data_version {
            self.others = None;
        }
        Ok(())
    }

    /// What has been written so far.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}

/// Writes the delivery's row; no body is kept of an import.
pub fn begin(writing: &mut Writing, head: &Head) -> Result<Importing> {
    let id = deliveries::insert_head(writing, head, false, None)?;
    let receipt = Receipt { delivery: head.public_id.clone(), ..Receipt::default() };
    deliveries::finish(writing.connection, id, head.user, &receipt)?;
    let (memory, others) = (ImportState::default(), Some(series::of_samples(writing.connection, head.user)?));
    let data_version = series::data_version(writing.connection, head.user)?;
    Ok(Importing { id, user: head.user, format: head.format, receipt, memory, others, data_version })
}

/// Writes one piece.
pub fn add(writing: &mut Writing, mut importing: Importing, batch: &Batch) -> Result<Importing> {
    importing.watch_others(writing.connection)?;
    if let Some(as_of) = batch.as_of {
        account::set_as_of(writing.connection, importing.id, as_of)?;
    }
    let done = batch::store_piece(writing, importing.owner(), batch, &mut importing.memory)?;
    quarantine::put(writing.connection, importing.id, batch)?;
    let piece = deliveries::receipt(&importing.receipt.delivery, batch, &done);
    let counts = piece.counts;
    importing.receipt.add(piece);
    deliveries::finish(writing.connection, importing.id, importing.user, &importing.receipt)?;
    importing.data_version = series::data_version(writing.connection, importing.user)?;
    writing.tally.add_items(counts);
    Ok(importing)
}

/// Writes the end: what records the import has named hold now what it said of them, and nothing older.
pub fn finish(writing: &mut Writing, mut importing: Importing) -> Result<Receipt> {
    let owner = importing.owner();
    importing.watch_others(writing.connection)?;
    account::set_complete(writing.connection, owner.delivery)?;
    let superseded = importing.memory.finish(writing.connection, owner, importing.others.as_ref())?;
    rollups::mark_stated(writing.connection, owner.user, owner.delivery)?;
    let mut receipt = importing.receipt;
    receipt.add_superseded(&batch::named(writing.connection, superseded)?);
    let receipt = receipt.with_summary();
    deliveries::finish(writing.connection, importing.id, importing.user, &receipt)?;
    writing.tally.add_delivery(importing.format, false, &receipt);
    Ok(receipt)
}
