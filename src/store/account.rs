//! What each delivery is an account of, and which of two has the word.
//!
//! Deliveries are ordered by the moment that they tell of (`as_of`), not by when they came: an old export that is imported
//! today is older than yesterday's sync. The parts of one sync stand together. A **repeat**, the same content again, tells
//! of the moment of the first.
//!
//! `account` holds stretches of a series. A complete account reaches from `since` to `until`: samples there that it has not
//! stated are no more, so those older than it that still count are its own statements too. A partial one has stated every
//! sample that was stored in the stretch when it came. So it is known who has stated a row, beside the delivery that wrote it,
//! without a note for each row. Accounts of deleted deliveries do not count.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::model::deletion::Kind;
use crate::model::sample::{Batch, Sample};
use crate::model::time::Layer;
use crate::store::series::SeriesKey;

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

/// The stretches in which complete accounts of a metric's own samples reach, with the moment that each tells of: starts, UTC
/// epoch seconds, the second excluded.
pub fn covers(connection: &Connection, user: i64, metric: i64) -> Result<Vec<(i64, i64, i64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT since, until, as_of FROM account JOIN delivery_account USING (delivery)
         WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND account.complete = 1
           AND delivery NOT IN (SELECT delivery FROM deletion
                                WHERE user = ?1 AND kind = 'delivery' AND undone_at IS NULL)
         ORDER BY since, until",
    )?;
    let rows = statement
        .query_map(params![user, metric, Layer::Raw.id()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What a delivery says about itself, for its row.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    pub as_of: i64,
    pub complete: bool,
    pub sender: String,
    pub session: String,
    /// None where there is nothing that a repeat could repeat.
    pub content: Option<i64>,
}

/// A digest of the samples of a body in any order; none where there are none.
pub fn digest(batch: &Batch) -> Option<i64> {
    let of = |sample: &Sample| {
        let mut hasher = DefaultHasher::new();
        let name = |list: &[String], at: u32| list.get(at as usize).cloned().unwrap_or_default();
        let bits = [sample.value, sample.min, sample.max].map(|value| value.map(f64::to_bits));
        let metric = batch.series.get(sample.series as usize).map(|series| &series.metric);
        let context = sample.context.map(|at| name(&batch.contexts, at));
        (metric, sample.layer.id(), sample.start, sample.span, bits).hash(&mut hasher);
        (name(&batch.sources, sample.source), context, sample.offset_minutes, sample.manual).hash(&mut hasher);
        hasher.finish()
    };
    let sum = batch.samples.iter().map(of).fold(batch.samples.len() as u64, u64::wrapping_add);
    (!batch.samples.is_empty()).then_some(sum as i64)
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
pub fn insert(connection: &Connection, delivery: i64, claimed: &Claimed) -> Result<()> {
    let repeats =
        claimed.content.map(|content| repeated(connection, delivery, claimed, content)).transpose()?.flatten();
    let sync = match repeats {
        Some((_, sync)) => sync,
        None => sync(connection, delivery, claimed)?.unwrap_or(delivery),
    };
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
            claimed.content,
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

/// A stretch of a series that a delivery in force has told of.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub since: i64,
    pub until: i64,
    pub delivery: i64,
    pub complete: bool,
}

/// The accounts of a person that count, as far as they have been asked for.
pub struct Accounts<'a> {
    connection: &'a Connection,
    user: i64,
    withdrawn: HashSet<i64>,
    /// Starts that will be asked about.
    window: (i64, i64),
    /// Whether most accounts are later than these.
    pub is_old: bool,
    heads: RefCell<HashMap<i64, Head>>,
    reaches: RefCell<HashMap<SeriesKey, Rc<Vec<Reach>>>>,
    /// The reach of the delivery that is being written.
    own: HashMap<SeriesKey, Vec<Reach>>,
}

impl<'a> Accounts<'a> {
    /// `window` holds the starts that will be asked about.
    pub fn of(connection: &'a Connection, user: i64, window: (i64, i64)) -> Result<Accounts<'a>> {
        let mut statement = connection.prepare_cached(
            "SELECT delivery FROM deletion WHERE user = ?1 AND undone_at IS NULL AND kind = ?2 AND delivery IS NOT NULL",
        )?;
        let withdrawn = statement.query_map(params![user, Kind::Delivery.as_str()], |row| row.get(0))?;
        Ok(Accounts {
            connection,
            user,
            withdrawn: withdrawn.collect::<rusqlite::Result<_>>()?,
            window,
            is_old: false,
            heads: RefCell::default(),
            reaches: RefCell::default(),
            own: HashMap::new(),
        })
    }

    /// Has the delivery that is being written reach over a stretch.
    pub fn reach(&mut self, series: SeriesKey, reach: Reach) {
        self.own.entry(series).or_default().push(reach);
    }

    /// What is known of a delivery; one that is not known is as old as can be.
    pub fn head(&self, delivery: i64) -> Result<Head> {
        if let Some(head) = self.heads.borrow().get(&delivery) {
            return Ok(*head);
        }
        let nothing = Head {
            delivery,
            as_of: i64::MIN,
            complete: false,
            sync: delivery,
            is_repeat: false,
            order: Order { as_of: i64::MIN, sync: delivery, delivery },
        };
        let head = head(self.connection, delivery, &self.withdrawn)?.unwrap_or(nothing);
        self.heads.borrow_mut().insert(delivery, head);
        Ok(head)
    }

    pub fn is_withdrawn(&self, delivery: i64) -> bool {
        self.withdrawn.contains(&delivery)
    }

    /// Whether any other delivery tells of a later moment than the sync of this one.
    pub fn is_late(&self, head: &Head) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM delivery_account JOIN delivery ON delivery.id = delivery_account.delivery
                                WHERE as_of >= ?1 AND user = ?2 AND delivery <> ?3 AND sync <> ?4
                                  AND (as_of > ?1 OR sync > ?4))",
            )?
            .query_row(params![head.order.as_of, self.user, head.delivery, head.sync], |row| row.get(0))?)
    }

    /// The accounts that reach a start of a series.
    pub fn at(&self, series: SeriesKey, start: i64) -> Result<Vec<Reach>> {
        let known = self.reaches.borrow().get(&series).cloned();
        let all = match known {
            Some(all) => all,
            None => {
                let all = Rc::new(self.load(series)?);
                self.reaches.borrow_mut().insert(series, all.clone());
                all
            }
        };
        let own = self.own.get(&series);
        let reaches = |reach: &&Reach| (reach.since..reach.until).contains(&start);
        Ok(all.iter().chain(own.into_iter().flatten()).filter(reaches).copied().collect())
    }

    fn load(&self, (metric, layer, source): SeriesKey) -> Result<Vec<Reach>> {
        // Without the plus SQLite could take the end of the key that has nearly all of them.
        let (since, until) = if self.is_old { ("since", "+until") } else { ("+since", "until") };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT since, until, delivery, complete FROM account
             WHERE user = ?1 AND metric = ?2 AND layer = ?3 AND source = ?4 AND {until} > ?5 AND {since} <= ?6"
        ))?;
        let rows = statement
            .query_map(params![self.user, metric, layer, source, self.window.0, self.window.1], |row| {
                Ok(Reach { since: row.get(0)?, until: row.get(1)?, delivery: row.get(2)?, complete: row.get(3)? })
            })?;
        let all: Vec<Reach> = rows.collect::<rusqlite::Result<_>>()?;
        Ok(all.into_iter().filter(|reach| !self.withdrawn.contains(&reach.delivery)).collect())
    }

    /// The other deliveries of the same sync that are in force.
    pub fn parts(&self, head: &Head) -> Result<Vec<i64>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT delivery FROM delivery_account WHERE sync = ?1 AND delivery <> ?2")?;
        let parts = statement.query_map([head.sync, head.delivery], |row| row.get(0))?;
        let parts: Vec<i64> = parts.collect::<rusqlite::Result<_>>()?;
        Ok(parts.into_iter().filter(|part| !self.withdrawn.contains(part)).collect())
    }

    /// All that a delivery has told of.
    pub fn of_delivery(&self, delivery: i64) -> Result<Vec<(SeriesKey, Reach)>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT metric, layer, source, since, until, complete FROM account WHERE delivery = ?1")?;
        let rows = statement.query_map([delivery], |row| {
            let reach = Reach { since: row.get(3)?, until: row.get(4)?, delivery, complete: row.get(5)? };
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), reach))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes a stretch.
    pub fn write(&self, (metric, layer, source): SeriesKey, reach: Reach) -> Result<()> {
        let Reach { since, until, delivery, complete } = reach;
        self.connection
            .prepare_cached(
                "INSERT INTO account (user, metric, layer, source, since, delivery, until, complete)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
            )?
            .execute(params![self.user, metric, layer, source, since, delivery, until, complete])?;
        self.reaches.borrow_mut().remove(&(metric, layer, source));
        Ok(())
    }
}
