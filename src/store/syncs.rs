//! Requests that bring one night in parts.
//!
//! The app may split a sync over requests, each with a session of its own, and says so nowhere. All parts follow each other
//! within minutes, and the points of no two begin in the same stretch of time; what is sent again, or corrected, does. Of samples it does not matter,
//! for each part reaches no further than its own points. A night is stated as a whole, so its second half would deny the first.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::sample::Batch;
use crate::model::sleep::SLEEP;
use crate::store::samples::{Mode, Owner};

/// Seconds within which the next part follows.
const NEXT_PART: i64 = 300;

/// Makes a request that tells of sleep part of the sync that the one before it is of, if it goes on with it.
pub fn join(connection: &Connection, owner: Owner, batch: &Batch) -> Result<()> {
    let Some((since, until)) = slept(batch).filter(|_| owner.mode != Mode::Import) else { return Ok(()) };
    connection
        .prepare_cached("INSERT OR REPLACE INTO sleep_part (delivery, since, until) VALUES (?1, ?2, ?3)")?
        .execute([owner.delivery, since, until])?;
    if let Some(sync) = goes_on_with(connection, owner.delivery, (since, until))? {
        connection
            .prepare_cached("UPDATE delivery_account SET sync = ?2 WHERE delivery = ?1")?
            .execute([owner.delivery, sync])?;
    }
    Ok(())
}

/// The starts of what a request tells of sleep, from the first to just after the last; UTC epoch seconds.
fn slept(batch: &Batch) -> Option<(i64, i64)> {
    let is_sleep = |series: u32| batch.series.get(series as usize).is_some_and(|series| series.metric == SLEEP);
    let segments = batch.samples.iter().filter(|sample| is_sleep(sample.series)).map(|sample| sample.start);
    let starts = segments.chain(batch.nights.iter().filter_map(|night| night.start));
    starts.map(|start| (start, start.saturating_add(1))).reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}

/// The sync of the sender's last request that told of sleep, unless any part of it tells of the same time.
fn goes_on_with(connection: &Connection, delivery: i64, (since, until): (i64, i64)) -> Result<Option<i64>> {
    let before: Option<i64> = connection
        .prepare_cached(
            "SELECT part.sync FROM delivery_account own
             JOIN delivery_account part ON part.sender = own.sender AND part.delivery < own.delivery
             JOIN sleep_part ON sleep_part.delivery = part.delivery
             WHERE own.delivery = ?1 AND own.sender <> '' AND own.session <> '' AND own.sync = own.delivery
               AND own.repeats IS NULL AND own.complete = 1 AND part.complete = 1
               AND part.as_of BETWEEN own.as_of - ?2 AND own.as_of
               AND part.delivery NOT IN (SELECT delivery FROM deletion WHERE kind = 'delivery' AND undone_at IS NULL
                                         AND delivery IS NOT NULL)
             ORDER BY part.delivery DESC LIMIT 1",
        )?
        .query_row([delivery, NEXT_PART], |row| row.get(0))
        .optional()?;
    let Some(sync) = before else { return Ok(None) };
    let meets: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM delivery_account part JOIN sleep_part ON sleep_part.delivery = part.delivery
                            WHERE part.sync = ?1 AND part.delivery <> ?2 AND since < ?4 AND until > ?3)",
        )?
        .query_row(params![sync, delivery, since, until], |row| row.get(0))?;
    Ok((!meets).then_some(sync))
}
