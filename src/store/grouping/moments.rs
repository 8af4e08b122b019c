//! Several values of one bucket in one sync: where what is measured takes no time, they are measurements, two foods of one
//! minute. The app may split a sync over several requests, so one body alone does not show it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::metric::{Kind, catalogue};
use crate::model::sample::{Batch, Sample};
use crate::model::time::Layer;
use crate::store::account;
use crate::store::dictionary;
use crate::store::grouping::{correct, relayer};
use crate::store::place::Place;
use crate::store::samples::{Owner, StoredRow, table};

/// Seconds within which requests of one sender are of one sync, whatever session they name.
const SAME_SYNC: i64 = 120;

/// How many deliveries ago its other requests may be.
const AGO: i64 = 500;

/// Moves what the sync has stored of a bucket of which the batch says another thing, and puts the batch's own to the samples.
pub fn settle(connection: &Connection, owner: Owner, batch: &mut Cow<Batch>) -> Result<()> {
    if !batch.samples.iter().any(|sample| is_moment(batch, sample)) {
        return Ok(());
    }
    let others = others_of_sync(connection, owner.delivery)?;
    if others.is_empty() {
        return Ok(());
    }
    let mut proven: BTreeSet<(u32, i64)> = BTreeSet::new();
    for sample in batch.samples.iter().filter(|sample| is_moment(batch, sample)) {
        if prove(connection, owner, batch, sample, &others)? {
            proven.insert((sample.series, sample.start));
        }
    }
    correct(batch, |batch, sample| {
        (is_moment(batch, sample) && proven.contains(&(sample.series, sample.start))).then_some(Layer::Raw)
    });
    Ok(())
}

/// Whether it is a short bucket of something that takes no time.
fn is_moment(batch: &Batch, sample: &Sample) -> bool {
    let known = || catalogue().resolve(&batch.series[sample.series as usize].metric);
    matches!(sample.layer, Layer::Minute | Layer::Hour)
        && known().is_some_and(|metric| metric.kind == Kind::Cumulative && metric.lasts.is_none())
}

/// Whether the sync has said another thing of a sample's bucket after it was over; then that is moved to the samples.
fn prove(
    connection: &Connection,
    owner: Owner,
    batch: &Batch,
    sample: &Sample,
    others: &BTreeSet<i64>,
) -> Result<bool> {
    let name = &batch.series[sample.series as usize].metric;
    let Some(metric) = dictionary::find_metric(connection, owner.user, name)? else { return Ok(false) };
    let key = (metric.id, sample.start, sample.layer);
    let of_sync = |layer: Layer| -> Result<Vec<StoredRow>> {
        let rows = table::group(connection, Place::Stored, owner.user, (metric.id, sample.start, layer))?;
        Ok(rows.into_iter().filter(|row| others.contains(&row.delivery)).collect())
    };
    let mut proven = !of_sync(Layer::Raw)?.is_empty();
    let mut keys = BTreeSet::new();
    for stored in of_sync(sample.layer)? {
        // A bucket that was still open has grown.
        let sent = account::heads(connection, stored.delivery)?.map(|head| head.as_of);
        let was_over = sent.is_some_and(|sent| sent >= sample.start + stored.row.span);
        proven |= was_over && stored.row.value != sample.value;
        keys.insert((key, stored.row.offset_minutes));
    }
    if proven {
        relayer::move_claims(connection, owner.user, &keys, others, Layer::Raw)?;
    }
    Ok(proven)
}

/// The other deliveries of the same sync.
fn others_of_sync(connection: &Connection, delivery: i64) -> Result<BTreeSet<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT other.delivery FROM delivery_account own
         JOIN delivery_account other ON other.delivery BETWEEN own.delivery - ?2 AND own.delivery + ?2
         WHERE own.delivery = ?1 AND other.delivery <> ?1 AND other.sender = own.sender
           AND abs(other.as_of - own.as_of) <= ?3
         UNION
         SELECT sync FROM delivery_account WHERE delivery = ?1 AND sync <> ?1",
    )?;
    let rows = statement.query_map(params![delivery, AGO, SAME_SYNC], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
