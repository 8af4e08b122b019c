//! What deliveries are accounts of: see `model/account`.

use rusqlite::params;

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::Reading;

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
