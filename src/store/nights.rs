//! Nights as phones have summed them up, each as each delivery told it. Nothing replaces anything here: which of them counts
//! is decided when they are read (`count`), so that a deleted delivery leaves what others told.

mod count;
pub mod read;
pub mod told;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row, params};

use crate::error::Result;
use crate::model::receipt::Outcome;
use crate::model::sender::Sender;
use crate::model::sleep::NightSummary;
use crate::store::account::{FIRST, WITHDRAWN};
use crate::store::deletions::others::nights::place;
use crate::store::deletions::tombstones::Tombstones;
use crate::store::dictionary::source_name;
use crate::store::place::Place;
use crate::store::samples::{Mode, Owner};
use crate::store::writer::Writing;
use count::{Account, counting};

pub use count::Fate;

pub(super) const COLUMNS: &str = "date, sender, session, source, offset_minutes, start, end, in_bed_start, in_bed_end, asleep, \
                       in_bed, core, deep, rem, awake";

/// A night as a delivery told it; the source of the night is empty, and its id is here.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    night: NightSummary,
    source: i64,
    /// Which of the delivery's nights of that date.
    session: i64,
    account: Account,
}

/// (date, sender)
type Key = (i32, i64);

/// Stores the nights of a delivery and gives the outcome of each.
pub fn store(
    writing: &mut Writing,
    owner: Owner,
    nights: &[NightSummary],
    tombstones: &Tombstones,
) -> Result<Vec<Outcome>> {
    let before = if owner.mode == Mode::Replay { take_own(writing.connection, owner)? } else { Vec::new() };
    let mut groups: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (at, night) in nights.iter().enumerate() {
        groups.entry((night.date, night.sender.id())).or_default().push(at);
    }
    let mut outcomes = vec![Outcome::Unchanged; nights.len()];
    for (key, group) in groups {
        let mut known = of_date(writing.connection, owner.user, key)?;
        known.extend(before.iter().filter(|told| told.key() == key).cloned());
        let stood: BTreeSet<(i64, i64)> = counting(&known).into_iter().map(|told| told.place()).collect();
        // An import in pieces may have told of the date before.
        let own = known.iter().filter(|told| told.account.delivery == owner.delivery && owner.mode == Mode::Import);
        let next = own.map(|told| told.session + 1).max().unwrap_or(0);
        let mut new = Vec::new();
        for (session, at) in (next..).zip(group) {
            let place = put_one(writing, owner, &nights[at], session, tombstones)?;
            match place {
                Place::Stored => new.push((at, session)),
                _ => outcomes[at] = Outcome::KeptOut,
            }
        }
        let now = of_date(writing.connection, owner.user, key)?;
        let counts = counting(&now);
        for (at, session) in new {
            outcomes[at] = outcome(&known, &stood, &counts, (owner.delivery, session));
        }
    }
    Ok(outcomes)
}

/// What became of a night: it says nothing new, or counts beside what was known, or in its place.
fn outcome(known: &[Told], stood: &BTreeSet<(i64, i64)>, counts: &[&Told], own: (i64, i64)) -> Outcome {
    let Some(told) = counts.iter().find(|told| told.place() == own) else { return Outcome::Unchanged };
    if known.iter().any(|other| other.says_the_same(told)) {
        return Outcome::Unchanged;
    }
    let stood = known.iter().filter(|other| stood.contains(&other.place()));
    let gone = stood.filter(|other| !counts.iter().any(|counts| counts.place() == other.place()));
    if gone.count() > 0 { Outcome::Updated } else { Outcome::Stored }
}

impl Told {
    fn key(&self) -> Key {
        (self.night.date, self.night.sender.id())
    }

    fn place(&self) -> (i64, i64) {
        (self.account.delivery, self.session)
    }

    fn says_the_same(&self, other: &Told) -> bool {
        self.source == other.source && NightSummary { item: self.night.item, ..other.night.clone() } == self.night
    }
}

/// Takes what an earlier reading of the same body has stored.
fn take_own(connection: &Connection, owner: Owner) -> Result<Vec<Told>> {
    let own = told(connection, "delivery = ?2", params![owner.user, owner.delivery])?;
    connection
        .prepare_cached("DELETE FROM night_summary WHERE user = ?1 AND delivery = ?2")?
        .execute(params![owner.user, owner.delivery])?;
    Ok(own)
}

fn of_date(connection: &Connection, user: i64, (date, sender): Key) -> Result<Vec<Told>> {
    told(connection, "date = ?2 AND sender = ?3", params![user, date, sender])
}

/// The nights of a person, `?1`, that meet a condition of ours, in order of date and sender.
fn told(connection: &Connection, condition: &str, values: impl rusqlite::Params) -> Result<Vec<Told>> {
    let mut statement = connection.prepare_cached(&format!(
        "WITH {WITHDRAWN},
              night AS (SELECT {COLUMNS}, delivery AS told_by FROM night_summary WHERE user = ?1 AND {condition}),
              accounted AS (
                  SELECT night.*, coalesce(first.as_of, own.as_of, 0) AS as_of, coalesce(own.complete, 0) AS complete,
                         iif(own.repeats IS NULL OR first.delivery IS NOT NULL, own.sync, NULL) AS of_sync
                  FROM night LEFT JOIN delivery_account own ON own.delivery = told_by {FIRST})
         SELECT accounted.*, begun.as_of FROM accounted LEFT JOIN delivery_account begun ON begun.delivery = of_sync
         ORDER BY date, accounted.sender, told_by, accounted.session"
    ))?;
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn put_one(
    writing: &mut Writing,
    owner: Owner,
    night: &NightSummary,
    session: i64,
    tombstones: &Tombstones,
) -> Result<Place> {
    let Writing { connection, dictionaries, .. } = writing;
    let source = dictionaries.source(connection, &night.source)?;
    let place = place(owner, tombstones, night, source);
    let (table, (column, value)) = (place.table("night_summary"), place.also());
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (user, delivery, {COLUMNS}{column})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17{value})"
        ))?
        .execute(params![
            owner.user,
            owner.delivery,
            night.date,
            night.sender.id(),
            session,
            source,
            night.offset_minutes,
            night.start,
            night.end,
            night.in_bed_start,
            night.in_bed_end,
            night.asleep,
            night.in_bed,
            night.core,
            night.deep,
            night.rem,
            night.awake,
        ])?;
    tombstones.keep_out(connection, place, 1)?;
    Ok(place)
}

fn read(row: &Row) -> rusqlite::Result<Told> {
    let night = NightSummary {
        item: 0,
        date: row.get(0)?,
        sender: Sender::from_id(row.get(1)?).unwrap_or(Sender::AutoExport),
        source: String::new(),
        offset_minutes: row.get(4)?,
        start: row.get(5)?,
        end: row.get(6)?,
        in_bed_start: row.get(7)?,
        in_bed_end: row.get(8)?,
        asleep: row.get(9)?,
        in_bed: row.get(10)?,
        core: row.get(11)?,
        deep: row.get(12)?,
        rem: row.get(13)?,
        awake: row.get(14)?,
    };
    let (delivery, as_of, begun): (i64, i64, Option<i64>) = (row.get(15)?, row.get(16)?, row.get(19)?);
    let sync = row.get::<_, Option<i64>>(18)?.unwrap_or(delivery);
    let account = Account { delivery, as_of: begun.unwrap_or(as_of), complete: row.get(17)?, sync };
    Ok(Told { night, source: row.get(3)?, session: row.get(2)?, account })
}

/// The night with the name of its source.
fn named(connection: &Connection, told: &Told) -> Result<NightSummary> {
    Ok(NightSummary { source: source_name(connection, told.source)?, ..told.night.clone() })
}
