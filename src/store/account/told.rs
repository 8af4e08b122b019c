//! What a delivery is an account of, written when it comes: the sync that it is part of, and the delivery that it repeats.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::{Connection, OptionalExtension, params};

use super::{LONGEST_SYNC, runs};
use crate::error::Result;
use crate::model::sample::{Batch, Sample};
use crate::model::sleep::NightSummary;

/// What a delivery says about itself, for its row.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    pub as_of: i64,
    pub complete: bool,
    pub sender: String,
    pub session: String,
}

/// A digest of the samples and summed-up nights of a body in any order; none where there are none, which nothing can repeat.
pub fn digest(batch: &Batch) -> Option<i64> {
    let metrics = hashed(batch.series.iter().map(|series| &series.metric));
    let (sources, contexts) = (hashed(batch.sources.iter()), hashed(batch.contexts.iter()));
    let name = |hashes: &[u64], at: u32| hashes.get(at as usize).copied();
    let of = |sample: &Sample| {
        let mut hasher = DefaultHasher::new();
        let bits = [sample.value, sample.min, sample.max].map(|value| value.map(f64::to_bits));
        let context = sample.context.map(|at| name(&contexts, at));
        (name(&metrics, sample.series), sample.layer.id(), sample.start, sample.span, bits).hash(&mut hasher);
        (name(&sources, sample.source), context, sample.offset_minutes, sample.manual).hash(&mut hasher);
        hasher.finish()
    };
    let of_night = |night: &NightSummary| {
        let mut hasher = DefaultHasher::new();
        format!("{:?}", NightSummary { item: 0, ..night.clone() }).hash(&mut hasher);
        hasher.finish()
    };
    let all = batch.samples.iter().map(of).chain(batch.nights.iter().map(of_night));
    let number = batch.samples.len() + batch.nights.len();
    (number > 0).then(|| all.fold(number as u64, u64::wrapping_add) as i64)
}

fn hashed<'a>(names: impl Iterator<Item = &'a String>) -> Vec<u64> {
    let of = |name: &String| {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        hasher.finish()
    };
    names.map(of).collect()
}

/// Has an import tell of the moment that its file names, when that is earlier.
pub fn set_as_of(connection: &Connection, delivery: i64, as_of: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE delivery_account SET as_of = min(as_of, ?2) WHERE delivery = ?1")?
        .execute([delivery, as_of])?;
    Ok(())
}

/// An import has been read to its end.
pub fn set_complete(connection: &Connection, delivery: i64) -> Result<()> {
    connection.prepare_cached("UPDATE delivery_account SET complete = 1 WHERE delivery = ?1")?.execute([delivery])?;
    Ok(())
}

/// Writes what a delivery is an account of: the sync that it is part of, and the delivery that it repeats.
/// `batch` is what it says, where it is known whole.
pub fn insert(connection: &Connection, delivery: i64, claimed: &Claimed, batch: Option<&Batch>) -> Result<()> {
    let content = batch.and_then(digest);
    let repeats = content.map(|content| repeated(connection, delivery, claimed, content)).transpose()?.flatten();
    let known = match repeats {
        Some((_, sync)) => Some(sync),
        None => sync(connection, delivery, claimed)?,
    };
    let sync = runs::join(connection, delivery, claimed, known, batch)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO delivery_account (delivery, as_of, complete, sync, sender, session, content, repeats)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            delivery,
            claimed.as_of,
            claimed.complete,
            sync,
            claimed.sender,
            claimed.session,
            content,
            repeats.map(|(first, _)| first)
        ])?;
    Ok(())
}

/// The first delivery of the same content by the same sender, with its sync.
fn repeated(connection: &Connection, delivery: i64, claimed: &Claimed, content: i64) -> Result<Option<(i64, i64)>> {
    Ok(connection
        .prepare_cached(
            "SELECT delivery, sync FROM delivery_account
             WHERE content = ?1 AND sender = ?2 AND session = ?3 AND delivery < ?4 AND repeats IS NULL
               AND complete = ?5 ORDER BY delivery LIMIT 1",
        )?
        .query_row(params![content, claimed.sender, claimed.session, delivery, claimed.complete], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

/// The sync that the session is one with.
fn sync(connection: &Connection, delivery: i64, claimed: &Claimed) -> Result<Option<i64>> {
    if claimed.session.is_empty() {
        return Ok(None);
    }
    Ok(connection
        .prepare_cached(
            "SELECT part.sync FROM delivery_account part JOIN delivery_account first ON first.delivery = part.sync
             WHERE part.sender = ?1 AND part.session = ?2 AND part.delivery < ?3 AND first.as_of >= ?4 - ?5
             ORDER BY part.delivery DESC LIMIT 1",
        )?
        .query_row(params![claimed.sender, claimed.session, delivery, claimed.as_of, LONGEST_SYNC], |row| row.get(0))
        .optional()?)
}
