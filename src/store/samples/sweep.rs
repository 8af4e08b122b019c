//! What a complete account leaves out counts no more; and who has stated what is noted in stretches.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::account::{Head, Reach};
use crate::store::samples::counts::Ledger;
use crate::store::samples::group::{Context, Group, Held, date, series_of};
use crate::store::samples::{Key, Row, table};
use crate::store::series::SeriesKey;

/// What a delivery has stated so far.
#[derive(Debug, Default)]
pub struct Stated {
    /// Of a complete account: the first and the last start of each series, over all parts of its sync.
    extents: BTreeMap<SeriesKey, (i64, i64)>,
    /// The nights of sleep that it states whole; start included, end excluded.
    nights: Vec<(SeriesKey, (i64, i64))>,
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
        for (series, (since, until)) in self.reaches() {
            context.widen((since, until));
            context.accounts.reach(series, Reach { since, until, delivery: head.delivery, complete: true });
        }
    }

    pub fn take_nights(&mut self, nights: Vec<(SeriesKey, (i64, i64))>) {
        self.nights = nights;
    }

    /// All stretches that it reaches.
    fn reaches(&self) -> Vec<(SeriesKey, (i64, i64))> {
        let extents = self.extents.iter().map(|(series, (first, last))| (*series, (*first, last + 1)));
        extents.chain(self.nights.iter().copied()).collect()
    }

    /// Something was stated of a key and settled. Who reaches nothing leaves nothing out.
    pub fn write(&mut self, key: Key, row: &Row) {
        if self.extents.is_empty() && self.nights.is_empty() {
            return;
        }
        self.written.entry(series_of(key, row)).or_default().insert(at(key, row));
    }

    /// The same of what a deletion keeps out.
    pub fn keep_out(&mut self, key: Key, row: &Row) {
        self.write(key, row);
    }

    /// Notes with what counts in a group that this delivery has stated it: where its reach alone tells so, nothing is written, and
    /// while it is being written its reach tells nothing yet. What it has not stated of the same series has been settled already.
    fn note_in(&self, group: &mut Group, head: &Head) {
        for member in group.members.iter_mut().filter(|member| member.held == Held::Counts) {
            let written = self.written.get(&series_of(member.key, &member.row));
            if written.is_some_and(|written| written.contains(&at(member.key, &member.row))) {
                member.stated = Some(head.delivery);
            }
        }
    }

    /// Notes nothing of what was stated again.
    pub fn forget_repeats(&mut self) {
        self.repeated.clear();
    }

    /// All that stands of a series at a start was stated again.
    pub fn repeat(&mut self, series: SeriesKey, start: i64) {
        self.repeated.entry(series).or_default().push(start);
    }
}

/// Under what it is known that something was stated of a key: its start, of days and longer the date.
fn at((_, start, layer): Key, row: &Row) -> i64 {
    if layer < Layer::Day { start } else { date(start, row.offset_minutes) }
}

/// Settles what stands in the reach of a complete account and was not stated by it; gives how many rows count no more, by
/// metric.
pub fn sweep(context: &Context, head: &Head, stated: &Stated, ledger: &mut Ledger) -> Result<BTreeMap<i64, u64>> {
    let mut superseded = BTreeMap::new();
    for (layer, reaches) in by_layer(stated.reaches()) {
        for (key, offset) in left_out(context, head, stated, layer, &reaches)? {
            let mut group = Group::load(context, key, offset)?;
            stated.note_in(&mut group, head);
            *superseded.entry(layer.0).or_default() += group.settle(ledger)?;
        }
    }
    superseded.retain(|_, number| *number > 0);
    Ok(superseded)
}

/// Metric and layer.
type OfLayer = (i64, i64);

/// By source: 0 for buckets.
type BySource<T> = BTreeMap<i64, Vec<T>>;

/// What is known of many series, by metric and layer: they are read together.
fn by_layer<T>(series: Vec<(SeriesKey, T)>) -> BTreeMap<OfLayer, BySource<T>> {
    let mut layers: BTreeMap<OfLayer, BySource<T>> = BTreeMap::new();
    for ((metric, layer, source), one) in series {
        layers.entry((metric, layer)).or_default().entry(source).or_default().push(one);
    }
    layers
}

fn source_of(layer: i64, source: i64) -> i64 {
    if layer == Layer::Raw.id() { source } else { 0 }
}

/// The keys of what others have written in these reaches and this delivery has said nothing of.
fn left_out(
    context: &Context,
    head: &Head,
    stated: &Stated,
    of: OfLayer,
    reaches: &BySource<(i64, i64)>,
) -> Result<BTreeSet<(Key, i64)>> {
    let ranges = || reaches.values().flatten();
    let (Some(since), Some(until)) = (ranges().map(|range| range.0).min(), ranges().map(|range| range.1).max()) else {
        return Ok(BTreeSet::new());
    };
    let (metric, layer) = (of.0, Layer::from_id(of.1).unwrap_or(Layer::Raw));
    let mut keys = BTreeSet::new();
    table::of_others(context.connection, (context.user, head.delivery), of, (since, until), |row| {
        let source = source_of(of.1, row.source);
        let is_reached =
            reaches.get(&source).into_iter().flatten().any(|range| (range.0..range.1).contains(&row.start));
        let at = if layer < Layer::Day { row.start } else { date(row.start, row.offset_minutes) };
        let is_stated = || stated.written.get(&(metric, of.1, source)).is_some_and(|written| written.contains(&at));
        if is_reached && !is_stated() && context.accounts.head(row.delivery)?.sync != head.sync {
            keys.insert(((metric, row.start, layer), row.offset_minutes));
        }
        Ok(())
    })?;
    Ok(keys)
}

/// Writes how far a delivery reaches, and which stretches of others' rows it has stated.
pub fn write_accounts(context: &Context, head: &Head, stated: &mut Stated) -> Result<()> {
    for (series, (since, until)) in stated.reaches() {
        context.accounts.write(series, Reach { since, until, delivery: head.delivery, complete: true })?;
    }
    write_runs(context, head, std::mem::take(&mut stated.repeated))
}

/// Writes the stretches of each series in which everything others have written, or has been superseded, is among these
/// starts.
pub fn write_runs(context: &Context, head: &Head, repeated: BTreeMap<SeriesKey, Vec<i64>>) -> Result<()> {
    for (of, mut series) in by_layer(repeated.into_iter().collect()) {
        let mut starts: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (source, lists) in &mut series {
            starts.insert(*source, lists.drain(..).flatten().collect());
        }
        let breaks = breaks(context, head, of, &starts)?;
        for (source, starts) in starts {
            for (since, until) in runs(&starts, breaks.get(&source)) {
                let reach = Reach { since, until, delivery: head.delivery, complete: false };
                context.accounts.write((of.0, of.1, source), reach)?;
            }
        }
    }
    Ok(())
}

/// Starts of each series that break a stretch: with rows that were not stated, or superseded ones.
fn breaks(
    context: &Context,
    head: &Head,
    of: OfLayer,
    starts: &BTreeMap<i64, BTreeSet<i64>>,
) -> Result<BTreeMap<i64, BTreeSet<i64>>> {
    let all = || starts.values();
    let first = all().filter_map(BTreeSet::first).min().copied();
    let last = all().filter_map(BTreeSet::last).max().copied();
    let (Some(first), Some(last)) = (first, last) else { return Ok(BTreeMap::new()) };
    let (connection, user, range) = (context.connection, context.user, (first, last + 1));
    let mut breaks: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    table::of_others(connection, (user, head.delivery), of, range, |row| {
        let source = source_of(of.1, row.source);
        if starts.get(&source).is_some_and(|starts| !starts.contains(&row.start)) {
            breaks.entry(source).or_default().insert(row.start);
        }
        Ok(())
    })?;
    for (source, start) in table::superseded_of_layer(connection, user, of, range)? {
        breaks.entry(source_of(of.1, source)).or_default().insert(start);
    }
    Ok(breaks)
}

fn runs(starts: &BTreeSet<i64>, breaks: Option<&BTreeSet<i64>>) -> Vec<(i64, i64)> {
    let mut found: Vec<(i64, i64)> = Vec::new();
    for start in starts {
        let is_broken = |from: i64| breaks.is_some_and(|breaks| breaks.range(from..=*start).next().is_some());
        match found.last_mut() {
            Some((_, until)) if !is_broken(*until - 1) => *until = start + 1,
            _ => found.push((*start, start + 1)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_ends_where_something_else_stands() {
        let starts = BTreeSet::from([10, 20, 30, 40]);
        assert_eq!(runs(&starts, None), [(10, 41)]);
        assert_eq!(runs(&starts, Some(&BTreeSet::from([25]))), [(10, 21), (30, 41)]);
        assert_eq!(runs(&starts, Some(&BTreeSet::from([20, 50]))), [(10, 11), (20, 21), (30, 41)]);
    }
}
