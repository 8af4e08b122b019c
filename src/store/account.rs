//! What each delivery is an account of, and which of two has the word.
//!
//! Deliveries are ordered by the moment that they tell of (`as_of`), not by when they came: an old export that is imported
//! today is older than yesterday's sync. The parts of one sync stand together: requests of
//! one session, or of one automation that follow each other and say nothing of the same time (`runs`). A **repeat**, the same content again, tells
//! of the moment of the first.
//!
//! `account` holds stretches of a series. A complete account reaches from `since` to `until`: samples there that it has not
//! stated are no more, so those older than it that still count are its own statements too. A partial one has stated every
//! sample that was stored in the stretch when it came. So it is known who has stated a row, beside the delivery that wrote it,
//! without a note for each row. Accounts of deleted deliveries do not count.

mod reaches;
mod runs;
mod told;

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;

pub use reaches::{Accounts, Reach};
pub use told::{Claimed, digest, insert, set_as_of, set_complete};

/// Seconds after the first request of a session within which another is of the same sync.
const LONGEST_SYNC: i64 = 3600;

/// The place of a delivery among all: a later one has the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    as_of: i64,
    sync: i64,
    delivery: i64,
}

/// What a delivery says as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub delivery: i64,
    /// The moment that it tells of, UTC epoch seconds.
    pub as_of: i64,
    /// Whether it states all there was in its reach.
    pub complete: bool,
    /// The first delivery of its sync.
    pub sync: i64,
    /// Whether it repeats another word for word.
    pub is_repeat: bool,
    pub order: Order,
}

impl Head {
    /// Those who speak together: equal entries that they list add up.
    pub fn voice(&self) -> i64 {
        if self.is_repeat { self.delivery } else { self.sync }
    }

    /// Whether it is of a later sync.
    pub fn is_later(&self, other: &Head) -> bool {
        self.sync != other.sync && self.order > other.order
    }
}

/// For statements over many deliveries, the table `withdrawn` of the deleted ones of a person, `?1`.
pub const WITHDRAWN: &str = "withdrawn AS (SELECT delivery FROM deletion
    WHERE user = ?1 AND kind = 'delivery' AND undone_at IS NULL AND delivery IS NOT NULL)";

/// Joins to the account `own` the `first` that it repeats, whose moment it tells of, as long as that is there.
pub const FIRST: &str =
    "LEFT JOIN delivery_account first ON first.delivery = own.repeats AND own.repeats NOT IN withdrawn";

/// What one delivery is an account of; none for a delivery that is not there.
pub fn heads(connection: &Connection, delivery: i64) -> Result<Option<Head>> {
    head(connection, delivery, &HashSet::new())
}

/// A row of `delivery_account`, with the moments of the first of its sync and of what it repeats.
struct Claims {
    as_of: i64,
    complete: bool,
    sync: i64,
    has_session: bool,
    repeats: Option<i64>,
    sync_as_of: Option<i64>,
    repeated_as_of: Option<i64>,
}

fn head(connection: &Connection, delivery: i64, withdrawn: &HashSet<i64>) -> Result<Option<Head>> {
    let Some(own) = claims(connection, delivery)? else { return Ok(None) };
    let first = match own.repeats {
        Some(first) if withdrawn.contains(&first) => next_of(connection, delivery, first, withdrawn)?,
        Some(first) => own.repeated_as_of.map(|as_of| (first, as_of)),
        None => None,
    };
    let as_of = first.map_or(own.as_of, |(_, as_of)| as_of);
    // What repeats one that is deleted is as if that had never come.
    let is_orphan = own.repeats.is_some() && first.is_none();
    let is_near = own.sync_as_of.is_some_and(|sync| sync >= own.as_of - LONGEST_SYNC);
    let (sync, sync_as_of) = match is_orphan && !(own.has_session && is_near) {
        true => (delivery, own.as_of),
        false => (own.sync, own.sync_as_of.unwrap_or(as_of)),
    };
    let order = Order { as_of: sync_as_of, sync, delivery };
    Ok(Some(Head { delivery, as_of, complete: own.complete, sync, is_repeat: first.is_some(), order }))
}

fn claims(connection: &Connection, delivery: i64) -> Result<Option<Claims>> {
    let read = |row: &rusqlite::Row| {
        Ok(Claims {
            as_of: row.get(0)?,
            complete: row.get(1)?,
            sync: row.get(2)?,
            has_session: row.get(3)?,
            repeats: row.get(4)?,
            sync_as_of: row.get(5)?,
            repeated_as_of: row.get(6)?,
        })
    };
    Ok(connection
        .prepare_cached(
            "SELECT own.as_of, own.complete, own.sync, own.session <> '', own.repeats, first.as_of, earlier.as_of
             FROM delivery_account own LEFT JOIN delivery_account first ON first.delivery = own.sync
             LEFT JOIN delivery_account earlier ON earlier.delivery = own.repeats WHERE own.delivery = ?1",
        )?
        .query_row([delivery], read)
        .optional()?)
}

/// The first in force of those that have repeated a deleted delivery before this one, with its moment.
fn next_of(connection: &Connection, delivery: i64, first: i64, withdrawn: &HashSet<i64>) -> Result<Option<(i64, i64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT other.delivery, other.as_of FROM delivery_account own
         JOIN delivery_account other ON other.content = own.content AND other.repeats = ?2
         WHERE own.delivery = ?1 AND other.delivery < ?1 ORDER BY other.delivery",
    )?;
    let mut rows = statement.query([delivery, first])?;
    while let Some(row) = rows.next()? {
        let next: i64 = row.get(0)?;
        if !withdrawn.contains(&next) {
            return Ok(Some((next, row.get(1)?)));
        }
    }
    Ok(None)
}
