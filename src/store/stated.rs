//! When what stands in a range was last stated, which decides between a day's own number and samples.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::account::{FIRST, WITHDRAWN};

/// Starts from the first up to the second, which is excluded, and the moment that an account of them tells of. UTC epoch seconds.
pub type Stretch = (i64, i64, i64);

/// The stretches of a metric of which Apple's exports have stated all samples. Only they have each sample with its end and
/// device; what is added up of the app's samples is less sure than a day's own number.
pub fn by_exports(connection: &Connection, user: i64, metric: i64) -> Result<Vec<Stretch>> {
    stretches(connection, "told.complete = 1 AND format = 'apple-health-export'", (user, metric, Layer::Raw))
}

/// The stretches of a metric of which complete accounts have stated all samples.
pub fn complete(connection: &Connection, user: i64, metric: i64) -> Result<Vec<Stretch>> {
    stretches(connection, "told.complete = 1", (user, metric, Layer::Raw))
}

/// The stretches in which days' own numbers were stated, for the first time or again.
pub fn days(connection: &Connection, user: i64, metric: i64) -> Result<Vec<Stretch>> {
    stretches(connection, "TRUE", (user, metric, Layer::Day))
}

fn stretches(connection: &Connection, condition: &str, of: (i64, i64, Layer)) -> Result<Vec<Stretch>> {
    let mut statement = connection.prepare_cached(&format!(
        "WITH {WITHDRAWN},
              told AS (SELECT since, until, delivery, complete FROM account WHERE user = ?1 AND metric = ?2 AND layer = ?3)
         SELECT since, until, coalesce(first.as_of, own.as_of) FROM told
         JOIN delivery ON delivery.id = told.delivery JOIN delivery_account own ON own.delivery = told.delivery
         {FIRST}
         WHERE {condition} AND told.delivery NOT IN withdrawn"
    ))?;
    let rows =
        statement.query_map(params![of.0, of.1, of.2.id()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
