//! Writes the samples of one batch inside the writer's transaction.
//!
//! Samples are written in the order of the clustered key, so that neighbours share pages, and where nothing stands yet several
//! by one statement. A sample that meets nothing is one insert, and one that meets its like is one look; only where something else stands, or where the body itself has
//! several for one key, is all that is claimed of the key settled by `resolve`. Days and longer buckets are settled by date.
//!
//! What a complete account leaves out is dealt with afterwards: see `sweep`. What a deletion keeps out is added to what lies
//! under it: see `deletions`.

mod ids;
mod repeats;

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::receipt::Outcome;
use crate::model::sample::{Batch, Sample};
use crate::model::time::Layer;
use crate::store::account::Head;
use crate::store::deletions::tombstones::Tombstones;
use crate::store::place::Place;
use crate::store::rereads;
use crate::store::samples::coming::Coming;
use crate::store::samples::counts::Ledger;
use crate::store::samples::group::{Context, Group, date, series_of};
use crate::store::samples::import_state::ImportState;
use crate::store::samples::kept_out;
use crate::store::samples::sleep::{EVENING, Nights};
use crate::store::samples::sweep::{self, Stated};
use crate::store::samples::table::Rows;
use crate::store::samples::{Key, Mode, Owner, Row};
use crate::store::writer::Writing;
use ids::Ids;

/// How many groups are looked for at once.
const RUN: usize = 256;

/// What became of the samples of a batch.
#[derive(Debug, Default)]
pub struct Ingested {
    /// In the order of `batch.samples`.
    pub outcomes: Vec<Outcome>,
    /// How many stored rows count no more, by the id of their metric.
    pub superseded: BTreeMap<i64, u64>,
}

/// Stores the batch's samples. `state` is what an import has met in its earlier pieces.
pub fn store_samples(
    writing: &mut Writing,
    owner: Owner,
    batch: &Batch,
    state: &mut ImportState,
    tombstones: &Tombstones,
) -> Result<Ingested> {
    let ids = Ids::of(writing, owner.user, batch)?;
    let outcomes = vec![Outcome::Unchanged; batch.samples.len()];
    let mut order: Vec<u32> = (0..batch.samples.len() as u32).collect();
    order.sort_by_key(|&at| (ids.key(&batch.samples[at as usize]), at));
    let mut context = context(writing.connection, owner, batch)?;
    let head = context.accounts.head(owner.delivery)?;
    let is_late = context.accounts.is_late(&head)?;
    let mut table = SampleTable {
        owner,
        head,
        is_late,
        batch,
        ids: &ids,
        state,
        rows: Rows::prepare(writing.connection, Place::Stored, owner)?,
        ledger: Ledger::default(),
        stated: Stated::default(),
        done: Ingested { outcomes, superseded: BTreeMap::new() },
    };
    table.reach(&mut context, &order)?;
    let order = table.keep_out(&context, order, tombstones)?;
    table.store(&context, &order)?;
    table.finish(&context)
}

fn context<'a>(connection: &'a Connection, owner: Owner, batch: &Batch) -> Result<Context<'a>> {
    let starts = batch.samples.iter().map(|sample| sample.start);
    let window = starts.fold((i64::MAX, i64::MIN), |(first, last), start| (first.min(start), last.max(start)));
    let mut context = Context::of(connection, owner.user, window)?;
    context.writing = Some(owner.delivery);
    context.accounts.is_old = owner.mode == Mode::Import;
    Ok(context)
}

/// The sample table with its statements prepared, and what has been changed in it so far.
struct SampleTable<'a> {
    owner: Owner,
    head: Head,
    /// Whether any other delivery tells of a later moment.
    is_late: bool,
    batch: &'a Batch,
    ids: &'a Ids,
    state: &'a mut ImportState,
    rows: Rows<'a>,
    ledger: Ledger<'a>,
    stated: Stated,
    done: Ingested,
}

impl<'a> SampleTable<'a> {
    fn sample(&self, at: u32) -> &'a Sample {
        &self.batch.samples[at as usize]
    }

    /// Has a complete account reach from the first to the last start of each series.
    fn reach(&mut self, context: &mut Context, order: &[u32]) -> Result<()> {
        if self.owner.mode == Mode::Import {
            return self.note_days(context, order);
        }
        if !self.head.complete {
            return Ok(());
        }
        let mut nights = Nights::default();
        for &at in order {
            let sample = self.sample(at);
            let (key, row) = (self.ids.key(sample), self.ids.row(sample));
            match key.2 == Layer::Raw && context.nature(key.0)?.is_sleep {
                true => nights.add(series_of(key, &row), sample.start, row),
                false => self.stated.extend(series_of(key, &row), sample.start),
            }
        }
        self.stated.take_nights(nights.reaches(context, &self.head)?);
        self.stated.join_parts(context, &self.head)?;
        self.stated.reach(context, &self.head);
        Ok(())
    }

    fn note_days(&mut self, context: &Context, order: &[u32]) -> Result<()> {
        let metric_at = |at: &u32| self.ids.key(&self.batch.samples[*at as usize]).0;
        for of_metric in order.chunk_by(|a, b| metric_at(a) == metric_at(b)) {
            let begins = if context.nature(metric_at(&of_metric[0]))?.is_sleep { EVENING } else { 0 };
            for sample in of_metric.iter().map(|at| &self.batch.samples[*at as usize]) {
                let (metric, start, layer) = self.ids.key(sample);
                if layer == Layer::Raw {
                    let source = self.ids.sources[sample.source as usize];
                    let clock = (i64::from(sample.offset_minutes), begins);
                    self.state.note_day(metric, source, start, clock);
                    // What lasts over midnight is of both days; a segment of sleep is of the night in which it begins.
                    if begins == 0 && sample.span > 0 {
                        self.state.note_day(metric, source, start + sample.span - 1, clock);
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts what deletions keep out to where they lie; gives the others.
    fn keep_out(&mut self, context: &Context, order: Vec<u32>, tombstones: &Tombstones) -> Result<Vec<u32>> {
        if tombstones.is_empty() {
            return Ok(order);
        }
        let tombstones = tombstones.for_its_sources(context.connection)?;
        let (ids, batch) = (self.ids, self.batch);
        let key_at = |at: &u32| ids.key(&batch.samples[*at as usize]);
        let (mut left, mut counted) = (Vec::with_capacity(order.len()), BTreeMap::new());
        for group in order.chunk_by(|a, b| key_at(a) == key_at(b)) {
            let rows: Vec<Row> = group.iter().map(|at| ids.row(&batch.samples[*at as usize])).collect();
            let places = tombstones.places(context.connection, key_at(&group[0]), &rows)?;
            let mut kept: BTreeMap<Place, Vec<&Row>> = BTreeMap::new();
            for ((at, row), place) in group.iter().zip(&rows).zip(places) {
                if place == Place::Stored {
                    left.push(*at);
                    continue;
                }
                self.speak(*at);
                self.stated.keep_out(key_at(at), row);
                self.done.outcomes[*at as usize] = Outcome::KeptOut;
                *counted.entry(place).or_default() += 1;
                kept.entry(place).or_default().push(row);
            }
            for (place, rows) in kept {
                kept_out::add(context, place, key_at(&group[0]), &rows, self.owner.delivery)?;
            }
        }
        counted.into_iter().try_for_each(|(place, number)| tombstones.keep_out(context.connection, place, number))?;
        Ok(left)
    }

    fn speak(&mut self, at: u32) {
        let sample = self.sample(at);
        let source = self.ids.sources[sample.source as usize];
        self.ledger.speak(self.ids.key(sample), source, &self.batch.series[sample.series as usize].unit_sent);
    }

    fn store(&mut self, context: &Context, order: &[u32]) -> Result<()> {
        let (ids, batch) = (self.ids, self.batch);
        let key_at = |at: &u32| ids.key(&batch.samples[*at as usize]);
        let mut dates: BTreeMap<(i64, Layer, i64), Vec<u32>> = BTreeMap::new();
        let mut moments: Vec<&[u32]> = Vec::new();
        for group in order.chunk_by(|a, b| key_at(a) == key_at(b)) {
            let (metric, _, layer) = key_at(&group[0]);
            if layer < Layer::Day {
                moments.push(group);
                continue;
            }
            for at in group {
                let sample = self.sample(*at);
                let date = date(sample.start, i64::from(sample.offset_minutes));
                dates.entry((metric, layer, date)).or_default().push(*at);
            }
        }
        for of_metric in moments.chunk_by(|a, b| key_at(&a[0]).0 == key_at(&b[0]).0) {
            of_metric.chunks(RUN).try_for_each(|run| self.store_run(context, run))?;
        }
        for group in dates.into_values() {
            group.iter().for_each(|at| self.speak(*at));
            self.settle(context, &group)?;
        }
        Ok(())
    }

    /// Stores groups of one metric, each of one (metric, start, layer). Where nothing stands between the first and the last
    /// of them, those that are one sample are written together.
    fn store_run(&mut self, context: &Context, run: &[&[u32]]) -> Result<()> {
        let is_new = self.is_new(context, run)?;
        let mut new: Vec<(Key, Row)> = Vec::new();
        for group in run {
            match group {
                [at] if is_new => {
                    self.speak(*at);
                    let sample = self.sample(*at);
                    new.push((self.ids.key(sample), self.ids.row(sample)));
                    self.done.outcomes[*at as usize] = Outcome::Stored;
                }
                _ => self.store_group(context, group)?,
            }
        }
        self.rows.insert_new(&new)?;
        for (key, row) in &new {
            self.ledger.count(*key, row, 1);
            self.stated.write(*key, row);
        }
        Ok(())
    }

    /// Whether nothing stands between the first and the last of some groups of a metric, and nothing may deny them.
    fn is_new(&mut self, context: &Context, run: &[&[u32]]) -> Result<bool> {
        let (Some([first, ..]), Some([last, ..])) = (run.first(), run.last()) else { return Ok(false) };
        let (first, last) = (self.sample(*first), self.sample(*last));
        let (metric, ..) = self.ids.key(first);
        Ok(!self.is_late && !context.nature(metric)?.is_sleep && self.rows.is_free(metric, first.start, last.start)?)
    }

    /// Stores all samples of one (metric, start, layer).
    fn store_group(&mut self, context: &Context, group: &[u32]) -> Result<()> {
        let sample = self.sample(group[0]);
        let (key, row) = (self.ids.key(sample), self.ids.row(sample));
        group.iter().for_each(|at| self.speak(*at));
        if group.len() == 1 && !context.nature(key.0)?.is_sleep {
            if !self.may_be_denied(context, key, &row)? && self.rows.insert_first(key, &row)? {
                self.ledger.count(key, &row, 1);
                self.stated.write(key, &row);
                self.done.outcomes[group[0] as usize] = Outcome::Stored;
                return Ok(());
            }
            let stored = self.rows.group(key)?;
            if let [old] = &stored[..]
                && old.row.is_like(&row)
                && !self.may_change_others(context, key, old)?
                && self.is_mere_repeat(context, key, old)?
            {
                self.repeat(context, key, &row, old.delivery)?;
                return Ok(());
            }
        }
        self.settle(context, group)
    }

    /// Whether a complete account of a later moment reaches a row.
    fn may_be_denied(&self, context: &Context, key: Key, row: &Row) -> Result<bool> {
        if !self.is_late {
            return Ok(false);
        }
        for reach in context.accounts.at(series_of(key, row), key.1)? {
            if reach.complete && context.accounts.head(reach.delivery)?.is_later(&self.head) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Settles what comes with all that is claimed of its key or date.
    fn settle(&mut self, context: &Context, coming: &[u32]) -> Result<()> {
        let first = self.sample(coming[0]);
        let key = self.ids.key(first);
        let mut group = Group::load(context, key, i64::from(first.offset_minutes))?;
        let coming = match self.owner.mode {
            Mode::Replay => self.withdraw(&mut group, coming, context)?,
            Mode::Delivery | Mode::Import => coming.to_vec(),
        };
        if self.owner.mode == Mode::Import {
            self.state_repeated(&mut group);
        }
        let rows = |at: &u32| (self.ids.key(self.sample(*at)), self.ids.row(self.sample(*at)));
        let coming_rows: Vec<(Key, Row)> = coming.iter().map(rows).collect();
        group.make_explicit(&coming_rows, &self.head)?;
        let known = group.members.len();
        for (key, row) in coming_rows {
            self.stated.write(key, &row);
            group.come(key, row, self.owner.delivery);
        }
        let verdicts = group.resolve()?;
        let settled = Coming::new(&group, context.nature(key.0)?, known, &verdicts, &self.head)?;
        for (at, outcome) in coming.iter().zip(settled.outcomes()) {
            self.done.outcomes[*at as usize] = outcome;
        }
        let left_out = self.left_out(context, &settled)?;
        let superseded = group.write(&verdicts, &left_out, &mut self.ledger)?;
        if superseded > 0 {
            *self.done.superseded.entry(key.0).or_default() += superseded;
        }
        Ok(())
    }

    /// What the delivery has claimed before it is decoded again is claimed anew or no more; gives what is left to come.
    fn withdraw<'b>(&mut self, group: &mut Group<'b>, coming: &[u32], context: &'b Context<'b>) -> Result<Vec<u32>> {
        let mut left = coming.to_vec();
        let mut gone = Vec::new();
        for (at, member) in group.members.iter().enumerate().filter(|(_, member)| member.owner == self.owner.delivery) {
            let same = left.iter().position(|at| {
                let sample = self.sample(*at);
                self.ids.key(sample) == member.key && self.ids.row(sample).is_like(&member.row)
            });
            match same {
                Some(same) => drop(left.remove(same)),
                None => gone.push(at),
            }
        }
        for at in gone.into_iter().rev() {
            let member = group.members.remove(at);
            member.remove(context, &mut self.ledger)?;
        }
        group.take_notes_back(self.owner.delivery)?;
        // Its numbers may have changed.
        let offset = i64::from(self.sample(coming[0]).offset_minutes);
        *group = Group::load(context, self.ids.key(self.sample(coming[0])), offset)?;
        Ok(left)
    }

    /// Ends the batch: what a complete account leaves out, who has stated what, the counts.
    fn finish(mut self, context: &Context) -> Result<Ingested> {
        if self.owner.mode != Mode::Import {
            let swept = sweep::sweep(context, &self.head, &self.stated, &mut self.ledger)?;
            for (metric, number) in swept {
                *self.done.superseded.entry(metric).or_default() += number;
            }
            if self.owner.mode == Mode::Delivery && rereads::are_left(context.connection)? {
                // Rows that are still to come between those that it has stated would be taken for its own.
                self.stated.forget_repeats();
            }
            sweep::write_accounts(context, &self.head, &mut self.stated)?;
        }
        self.ledger.write(context.connection, self.owner.user, self.owner.delivery)?;
        Ok(self.done)
    }
}
