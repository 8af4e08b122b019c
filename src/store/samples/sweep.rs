//! What a complete account leaves out counts no more; and who has stated what is noted in stretches.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::account::{Head, Reach};
use crate::store::samples::counts::Ledger;
use crate::store::samples::group::{Context, Group, date, series_of};
use crate::store::samples::{Key, Row, table};
use crate::store::series::SeriesKey;

/// What a delivery has stated so far.
#[derive(Debug, Default)]
pub struct Stated {
    /// Of a complete account: the first and the last start of each series, over all parts of its sync.
    extents: BTreeMap<SeriesKey, (i64, i64)>,
    /// Starts of which something was written.
    written: BTreeMap<SeriesKey, BTreeSet<i64>>,
    /// Starts of which all that stood was stated again.
    repeated: BTreeMap<SeriesKey, Vec<i64>>,
}

impl Stated {
    pub fn extend(&mut self, series: SeriesKey, start: i64) {
        let extent = self.extents.entry(series).or_insert((start, start));
        *extent = (extent.0.min(start), extent.1.max(start));
    }

    /// Has the extents span what earlier parts of the same sync have reached.
    pub fn join_parts(&mut self, context: &Context, head: &Head) -> Result<()> {
        for part in context.accounts.parts(head)? {
            for (series, reach) in context.accounts.of_delivery(part)? {
                if let Some(extent) = self.extents.get_mut(&series).filter(|_| reach.complete) {
                    *extent = (extent.0.min(reach.since), extent.1.max(reach.until - 1));
                }
            }
        }
        Ok(())
    }

    /// Has the accounts know the reach of the delivery while it is written.
    pub fn reach(&self, context: &mut Context, head: &Head) {
        for (series, (since, last)) in &self.extents {
            let reach = Reach { since: *since, until: last + 1, delivery: head.delivery, complete: true };
            context.accounts.reach(*series, reach);
        }
    }

    /// Something was stated of a key and settled.
    pub fn write(&mut self, key: Key, row: &Row) {
        let (_, start, layer) = key;
        let at = if layer < Layer::Day { start } else { date(start, row.offset_minutes) };
        self.written.entry(series_of(key, row)).or_default().insert(at);
    }

    /// The same of what a deletion keeps out.
    pub fn keep_out(&mut self, key: Key, row: &Row) {
        self.write(key, row);
    }

    /// All that stands of a series at a start was stated again.
    pub fn repeat(&mut self, series: SeriesKey, start: i64) {
        self.repeated.entry(series).or_default().push(start);
    }
}

/// Settles what stands in the reach of a complete account and was not stated by it; gives how many rows count no more, by
/// metric.
pub fn sweep(context: &Context, head: &Head, stated: &Stated, ledger: &mut Ledger) -> Result<BTreeMap<i64, u64>> {
    let mut superseded = BTreeMap::new();
    for (series, (since, last)) in &stated.extents {
        let written = stated.written.get(series);
        for (key, offset) in left_out(context, head, *series, (*since, last + 1), written)? {
            let number = Group::load(context, key, offset)?.settle(ledger)?;
            *superseded.entry(series.0).or_default() += number;
        }
    }
    superseded.retain(|_, number| *number > 0);
    Ok(superseded)
}

/// The keys of a series in a range that others have written and this delivery has said nothing of.
fn left_out(
    context: &Context,
    head: &Head,
    series: SeriesKey,
    range: (i64, i64),
    written: Option<&BTreeSet<i64>>,
) -> Result<BTreeSet<(Key, i64)>> {
    let (metric, layer, _) = series;
    let layer = Layer::from_id(layer).unwrap_or(Layer::Raw);
    let mut keys = BTreeSet::new();
    for row in table::of_series(context.connection, context.user, series, range)? {
        let at = if layer < Layer::Day { row.start } else { date(row.start, row.offset_minutes) };
        let is_own = row.delivery == head.delivery || context.accounts.head(row.delivery)?.sync == head.sync;
        if !is_own && !written.is_some_and(|written| written.contains(&at)) {
            keys.insert(((metric, row.start, layer), row.offset_minutes));
        }
    }
    Ok(keys)
}

/// Writes how far a delivery reaches, and which stretches of others' rows it has stated.
pub fn write_accounts(context: &Context, head: &Head, stated: &mut Stated) -> Result<()> {
    for (series, (since, last)) in &stated.extents {
        let reach = Reach { since: *since, until: last + 1, delivery: head.delivery, complete: true };
        context.accounts.write(*series, reach)?;
    }
    for (series, starts) in &mut stated.repeated {
        starts.sort_unstable();
        starts.dedup();
        for (since, until) in runs(context, head, *series, starts)? {
            context.accounts.write(*series, Reach { since, until, delivery: head.delivery, complete: false })?;
        }
    }
    Ok(())
}

/// The stretches of a series in which everything others have written, or has been superseded, is among these starts.
pub fn runs(context: &Context, head: &Head, series: SeriesKey, starts: &[i64]) -> Result<Vec<(i64, i64)>> {
    let (Some(first), Some(last)) = (starts.first(), starts.last()) else { return Ok(Vec::new()) };
    let (connection, user, range) = (context.connection, context.user, (*first, last + 1));
    let rows = table::of_series(connection, user, series, range)?;
    let others = rows.into_iter().filter(|row| row.delivery != head.delivery).map(|row| row.start);
    let superseded = table::superseded_starts(connection, user, series, range)?;
    let broken: BTreeSet<i64> =
        others.filter(|start| starts.binary_search(start).is_err()).chain(superseded.iter().copied()).collect();
    let mut found: Vec<(i64, i64)> = Vec::new();
    for start in starts {
        match found.last_mut() {
            Some((_, until))
                if broken.range(*until..*start).next().is_none() && !superseded.contains(&(*until - 1)) =>
            {
                *until = start + 1;
            }
            _ => found.push((*start, start + 1)),
        }
    }
    Ok(found)
}
