//! What deliveries are accounts of: see `model/account`.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::Reading;

/// What is known of a delivery beside its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The moment that it tells of, UTC epoch seconds.
    pub as_of: i64,
    pub complete: bool,
}

/// The head of a delivery; of one that is not known, as if it were the oldest.
pub fn head(reading: &Reading, delivery: i64) -> Result<Head> {
    let found = reading
        .prepare_cached("SELECT as_of, complete FROM delivery_account WHERE delivery = ?1")?
        .query_row([delivery], |row| Ok(Head { as_of: row.get(0)?, complete: row.get(1)? }))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// The complete accounts of a metric's samples: from, to (UTC epoch seconds, excluded), and as of when.
pub fn of_samples(reading: &Reading, user: i64, metric: i64) -> Result<Vec<(i64, i64, i64)>> {
    let mut statement = reading.prepare_cached(
        "SELECT since, until, as_of FROM account JOIN delivery_account USING (delivery)
         WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND account.complete = 1",
    )?;
    let rows = statement
        .query_map(params![user, metric, Layer::Raw.id()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
