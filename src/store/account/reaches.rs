//! The stretches of series that deliveries have told of.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Head, Order, WITHDRAWN, head};
use crate::error::Result;
use crate::store::series::SeriesKey;

/// A stretch of a series that a delivery in force has told of.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub since: i64,
    pub until: i64,
    pub delivery: i64,
    pub complete: bool,
}

/// The automation or key that a delivery came from, and its format; none of a delivery that is not there.
type Sender = Option<(String, String)>;

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
    senders: RefCell<HashMap<i64, Rc<Sender>>>,
    /// The reach of the delivery that is being written.
    own: HashMap<SeriesKey, Vec<Reach>>,
}

impl<'a> Accounts<'a> {
    /// `window` holds the starts that will be asked about.
    pub fn of(connection: &'a Connection, user: i64, window: (i64, i64)) -> Result<Accounts<'a>> {
        let mut statement = connection.prepare_cached(&format!("WITH {WITHDRAWN} SELECT delivery FROM withdrawn"))?;
        let withdrawn = statement.query_map([user], |row| row.get(0))?;
        Ok(Accounts {
            connection,
            user,
            withdrawn: withdrawn.collect::<rusqlite::Result<_>>()?,
            window,
            is_old: false,
            heads: RefCell::default(),
            reaches: RefCell::default(),
            senders: RefCell::default(),
            own: HashMap::new(),
        })
    }

    /// Starts between these will be asked about, too.
    pub fn widen(&mut self, (since, until): (i64, i64)) {
        let window = (since.min(self.window.0), until.max(self.window.1));
        if window != self.window {
            self.window = window;
            self.reaches.borrow_mut().clear();
        }
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

    /// Who has sent a delivery, and how.
    pub fn sender(&self, delivery: i64) -> Result<Rc<Sender>> {
        if let Some(sender) = self.senders.borrow().get(&delivery) {
            return Ok(sender.clone());
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT sender, format FROM delivery_account JOIN delivery ON delivery.id = delivery_account.delivery
             WHERE delivery_account.delivery = ?1",
        )?;
        let sender = Rc::new(statement.query_row([delivery], |row| Ok((row.get(0)?, row.get(1)?))).optional()?);
        self.senders.borrow_mut().insert(delivery, sender.clone());
        Ok(sender)
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
