//! How a sender groups its points, where no header says so: what it has shown so far decides, and what it shows later puts
//! right what was stored under a guess.
//!
//! A body without a header may hold so little that its points could be days as well as minutes (`model/grouping`). The
//! finest bucket that its sender has ever shown is kept, and the metrics of which it has sent measurements; both are minima,
//! so the order of deliveries changes nothing. `relayer` moves the rows.

pub mod moments;
pub(super) mod relayer;

use std::borrow::Cow;
use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::grouping::Grouping;
use crate::model::sample::{Batch, Sample};
use crate::model::time::Layer;
use crate::store::samples::{Mode, Owner};

/// What one sender has shown.
#[derive(Debug, Default)]
struct Shown {
    /// The finest bucket.
    finest: Option<Layer>,
    /// Metrics of which it has sent measurements.
    measured: BTreeSet<String>,
}

/// The batch as its sender's other deliveries show it is meant; what they were thought to be by mistake is moved.
pub fn settled<'a>(connection: &Connection, owner: Owner, batch: &'a Batch) -> Result<Cow<'a, Batch>> {
    let mut batch = Cow::Borrowed(batch);
    if let Some(grouping) = batch.grouping.clone() {
        let sender = sender(connection, owner.delivery)?;
        let known = shown(connection, owner.user, &sender)?;
        learn(connection, owner, &sender, &known, &grouping)?;
        if grouping.guessed {
            note_guess(connection, owner, &sender)?;
            let finest = known.finest.into_iter().chain(grouping.finest).min();
            let is_measured = |metric: &str| known.measured.contains(metric);
            correct(&mut batch, |batch, sample| {
                let series = &batch.series[sample.series as usize];
                corrected(sample, is_measured(&series.metric) && !is_merged(batch, sample), finest)
            });
        }
    }
    if owner.mode == Mode::Replay && batch.grouping.is_some() {
        relayer::drop_misplaced(connection, owner, &batch)?;
    }
    Ok(batch)
}

/// Whether the phone has merged it of several sources, which it does to buckets only.
fn is_merged(batch: &Batch, sample: &Sample) -> bool {
    batch.sources[sample.source as usize].contains('|')
}

/// Puts samples to the layers that `to` gives; the batch is copied only when there is one.
fn correct(batch: &mut Cow<Batch>, to: impl Fn(&Batch, &Sample) -> Option<Layer>) {
    let said: &Batch = batch;
    let moved = said.samples.iter().enumerate().filter_map(|(at, sample)| Some((at, to(said, sample)?)));
    let moved: Vec<(usize, Layer)> = moved.collect();
    if moved.is_empty() {
        return;
    }
    let samples = &mut batch.to_mut().samples;
    for (at, layer) in moved {
        (samples[at].layer, samples[at].span) = (layer, span_of(layer));
    }
}

/// The layer of a sample that was placed by a guess, where it is another.
fn corrected(sample: &Sample, measured: bool, finest: Option<Layer>) -> Option<Layer> {
    let guessed = (Layer::Minute..=Layer::Day).contains(&sample.layer);
    match finest {
        _ if !guessed => None,
        _ if measured => Some(Layer::Raw),
        finest => finest.filter(|finest| *finest < sample.layer),
    }
}

/// Seconds of what a guess may become: never a day, which is the coarsest.
fn span_of(layer: Layer) -> i64 {
    match layer {
        Layer::Minute => 60,
        Layer::Hour => 3600,
        _ => 0,
    }
}

/// Keeps what is new, and moves what was stored while it was not known.
fn learn(connection: &Connection, owner: Owner, sender: &str, known: &Shown, found: &Grouping) -> Result<()> {
    let measured: Vec<&str> =
        found.measured.iter().map(String::as_str).filter(|metric| !known.measured.contains(*metric)).collect();
    for metric in &measured {
        keep(connection, owner.user, sender, metric, Layer::Raw)?;
        relayer::to_samples(connection, owner.user, sender, metric)?;
    }
    let Some(finest) = found.finest.filter(|found| known.finest.is_none_or(|known| *found < known)) else {
        return Ok(());
    };
    keep(connection, owner.user, sender, "", finest)?;
    if known.finest.is_some() { relayer::to_finer(connection, owner.user, sender, finest) } else { Ok(()) }
}

/// Who has sent a delivery: its automation's id, else its name, else the file, else the key.
fn sender(connection: &Connection, delivery: i64) -> Result<String> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(origin ->> 'automation_id', origin ->> 'automation_name', 'file ' || (origin ->> 'file'),
                             'key ' || api_key, '')
             FROM delivery WHERE id = ?1",
        )?
        .query_row([delivery], |row| row.get(0))?)
}

fn shown(connection: &Connection, user: i64, sender: &str) -> Result<Shown> {
    let mut statement =
        connection.prepare_cached("SELECT metric, layer FROM sender_grain WHERE user = ?1 AND sender = ?2")?;
    let mut rows = statement.query(params![user, sender])?;
    let mut shown = Shown::default();
    while let Some(row) = rows.next()? {
        let metric: String = row.get(0)?;
        match metric.as_str() {
            "" => shown.finest = Layer::from_id(row.get(1)?),
            _ => drop(shown.measured.insert(metric)),
        }
    }
    Ok(shown)
}

fn keep(connection: &Connection, user: i64, sender: &str, metric: &str, layer: Layer) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO sender_grain (user, sender, metric, layer) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET layer = min(layer, excluded.layer)",
        )?
        .execute(params![user, sender, metric, layer.id()])?;
    Ok(())
}

fn note_guess(connection: &Connection, owner: Owner, sender: &str) -> Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO guessed_delivery (user, sender, delivery) VALUES (?1, ?2, ?3)")?
        .execute(params![owner.user, sender, owner.delivery])?;
    Ok(())
}
