//! Which deletion, if any, keeps a row out. Loaded once for each batch; without any, that is one look into an index.
//!
//! A range or a source is matched in memory. Whoever knows its samples by identity finds them among the buried rows of
//! the same start, where its own lie: a deletion of a million rows takes no memory. It looks only at starts between the
//! first and the last of them.

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::deletion::Kind;
use crate::model::time::Layer;
use crate::store::dictionary;
use crate::store::place::Place;
use crate::store::samples::{Key, Row, StoredRow, Unnamed, table};

/// A deletion in force.
#[derive(Debug, Clone)]
pub struct Rule {
    pub id: i64,
    pub kind: Kind,
    pub metric: Option<i64>,
    pub source: Option<i64>,
    pub delivery: Option<i64>,
    /// The starts that it reaches, the second excluded.
    pub since: i64,
    pub until: i64,
}

/// A row under a deletion.
#[derive(Debug, Clone)]
pub struct Buried {
    pub deletion: i64,
    pub sample: StoredRow,
}

impl Rule {
    /// Whether it knows its samples by identity.
    fn is_by_identity(&self) -> bool {
        matches!(self.kind, Kind::Sample | Kind::Correction)
    }

    pub fn reaches(&self, metric: i64, start: i64) -> bool {
        self.metric.is_none_or(|own| own == metric) && self.reaches_start(start)
    }

    pub fn reaches_start(&self, start: i64) -> bool {
        (self.since..self.until).contains(&start)
    }

    fn covers(&self, (metric, start, layer): Key, row: &Row, delivery: Option<i64>, buried: &[Buried]) -> bool {
        let has_it = || {
            let own = buried.iter().filter(|other| other.deletion == self.id);
            own.map(|other| &other.sample.row).any(|own| own.is_same(layer, row))
        };
        match self.kind {
            Kind::Range | Kind::Source => {
                self.reaches(metric, start) && self.source.is_none_or(|source| source == row.source)
            }
            Kind::Delivery => delivery.is_some() && delivery == self.delivery,
            Kind::Sample | Kind::Correction => self.reaches(metric, start) && has_it(),
            Kind::Workout | Kind::Event => false,
        }
    }
}

/// A person's deletions in force.
#[derive(Debug, Clone, Default)]
pub struct Tombstones {
    user: i64,
    /// Corrections first: what comes again of a corrected sample is of the correction, whatever else covers it.
    pub rules: Vec<Rule>,
    unnamed: Unnamed,
}

impl Tombstones {
    pub fn of(connection: &Connection, user: i64) -> Result<Tombstones> {
        let mut statement = connection.prepare_cached(
            "SELECT id, kind, metric, source, delivery, since, until FROM deletion
             WHERE user = ?1 AND undone_at IS NULL ORDER BY kind <> 'correction', id",
        )?;
        let rules = statement.query_map([user], |row| {
            let kind: String = row.get(1)?;
            Ok(Rule {
                id: row.get(0)?,
                kind: Kind::parse(&kind).ok_or(rusqlite::Error::InvalidQuery)?,
                metric: row.get(2)?,
                source: row.get(3)?,
                delivery: row.get(4)?,
                since: row.get(5)?,
                until: row.get(6)?,
            })
        })?;
        let rules: Vec<Rule> = rules.collect::<rusqlite::Result<_>>()?;
        let unnamed = if rules.is_empty() { Unnamed::default() } else { dictionary::unnamed(connection)? };
        Ok(Tombstones { user, rules, unnamed })
    }

    /// The same for a batch whose sources are in the dictionary by now.
    pub fn for_its_sources(&self, connection: &Connection) -> Result<Tombstones> {
        Ok(Tombstones { unnamed: dictionary::unnamed(connection)?, ..self.clone() })
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The deletion of this very delivery: it brings nothing any more, however it is read.
    pub fn of_delivery(&self, delivery: i64) -> Option<i64> {
        let is_it = |rule: &&Rule| rule.kind == Kind::Delivery && rule.delivery == Some(delivery);
        self.rules.iter().find(is_it).map(|rule| rule.id)
    }

    /// Where each of the rows that arrive with one key goes.
    pub fn places(&self, connection: &Connection, key: Key, rows: &[Row]) -> Result<Vec<Place>> {
        let (metric, start, layer) = key;
        let by_identity = |rule: &Rule| rule.is_by_identity() && rule.reaches(metric, start);
        let unnamed = layer == Layer::Raw && rows.iter().any(|row| self.unnamed.knowledge(row.source) < 2);
        let buried = match unnamed || self.rules.iter().any(by_identity) {
            true => buried(connection, self.user, key)?,
            false => Vec::new(),
        };
        Ok(rows.iter().map(|row| Place::under(self.cover(key, row, None, &buried))).collect())
    }

    /// The deletion that covers a row that arrives.
    fn cover(&self, key: Key, row: &Row, delivery: Option<i64>, buried: &[Buried]) -> Option<i64> {
        self.cover_under(None, key, row, delivery, buried)
    }

    /// The deletion that still covers a row which `undone` lets go. The corrected row of an earlier correction is not
    /// one that comes again.
    pub fn cover_under(
        &self,
        undone: Option<i64>,
        key: Key,
        row: &Row,
        delivery: Option<i64>,
        buried: &[Buried],
    ) -> Option<i64> {
        let counts = |rule: &&Rule| {
            let earlier = undone.is_some_and(|undone| rule.id < undone);
            Some(rule.id) != undone && !(rule.kind == Kind::Correction && earlier)
        };
        let rules = || self.rules.iter().filter(counts);
        let covers = |rule: &&Rule| rule.covers(key, row, delivery, buried);
        rules()
            .find(covers)
            .or_else(|| rules().find(|rule| self.is_same_record(rule, key, row, buried)))
            .map(|rule| rule.id)
    }

    /// Whether a record of an unknown source is one that was deleted under its name, or the other way round; or one without an
    /// end one that was deleted with it.
    fn is_same_record(&self, rule: &Rule, (.., layer): Key, row: &Row, buried: &[Buried]) -> bool {
        let knowledge = |row: &Row| self.unnamed.knowledge(row.source);
        layer == Layer::Raw
            && rule.kind != Kind::Delivery
            && buried.iter().filter(|other| other.deletion == rule.id).any(
                |Buried { sample: StoredRow { row: other, .. }, .. }| {
                    let known =
                        knowledge(row) < knowledge(other) || knowledge(row) > knowledge(other) && rule.is_by_identity();
                    let lacks_end = (other.source, other.context) == (row.source, row.context);
                    (known || lacks_end) && other.states(layer, row)
                },
            )
    }

    /// Counts what a deletion has kept out.
    pub fn keep_out(&self, connection: &Connection, place: Place, number: usize) -> Result<()> {
        if let (Place::Buried(deletion), true) = (place, number > 0) {
            connection
                .prepare_cached("UPDATE deletion SET kept_out = kept_out + ?2 WHERE id = ?1")?
                .execute(params![deletion, number as i64])?;
        }
        Ok(())
    }

    pub fn unnamed(&self) -> Unnamed {
        self.unnamed
    }
}

/// All buried rows of one key, whatever has buried them.
pub fn buried(connection: &Connection, user: i64, key: Key) -> Result<Vec<Buried>> {
    let rows = table::deleted(connection, user, key)?;
    Ok(rows.into_iter().map(|(deletion, sample)| Buried { deletion, sample }).collect())
}
