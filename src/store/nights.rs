//! Nights that a phone has summed up: one for each local date and sender.

pub mod read;

use rusqlite::{OptionalExtension, Row, params};

use crate::error::Result;
use crate::model::receipt::Outcome;
use crate::model::sender::Sender;
use crate::model::sleep::NightSummary;
use crate::store::deletions::others::nights::place;
use crate::store::deletions::tombstones::Tombstones;
use crate::store::place::Place;
use crate::store::samples::Owner;
use crate::store::writer::Writing;

pub(super) const COLUMNS: &str = "date, sender, source, offset_minutes, start, end, in_bed_start, in_bed_end, asleep, in_bed, core, \
                       deep, rem, awake";

/// A stored night; the source as its id.
struct Stored {
    night: NightSummary,
    source: i64,
    delivery: i64,
}

/// Stores a night in place of the one there is, unless that one has stages and this one has none: the app's older versions
/// sent no stages, and an old file may come late.
pub fn store(writing: &mut Writing, owner: Owner, night: &NightSummary, tombstones: &Tombstones) -> Result<Outcome> {
    let Writing { connection, dictionaries, .. } = writing;
    let source = dictionaries.source(connection, &night.source)?;
    let place = place(connection, owner.user, tombstones, night, source)?;
    let outcome = store_in(writing, place, owner, night, source)?;
    tombstones.keep_out(writing.connection, place, 1)?;
    Ok(if place == Place::Stored { outcome } else { Outcome::KeptOut })
}

fn store_in(writing: &Writing, place: Place, owner: Owner, night: &NightSummary, source: i64) -> Result<Outcome> {
    let stored = writing
        .connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, delivery FROM {} WHERE user = ?1 AND date = ?2 AND sender = ?3{}",
            place.table("night_summary"),
            place.only()
        ))?
        .query_row(params![owner.user, night.date, night.sender.id()], read)
        .optional()?;
    let same = |old: &Stored| {
        old.source == source
            && NightSummary { item: night.item, source: night.source.clone(), ..old.night.clone() } == *night
    };
    let outcome = match &stored {
        None => Outcome::Stored,
        Some(old) if same(old) || (old.night.has_stages() && !night.has_stages()) => return Ok(Outcome::Unchanged),
        // What a later delivery has told stays.
        Some(old) if old.delivery > owner.delivery => return Ok(Outcome::Unchanged),
        Some(_) => Outcome::Updated,
    };
    put(writing, place, owner, night, source)?;
    Ok(outcome)
}

fn put(writing: &Writing, place: Place, owner: Owner, night: &NightSummary, source: i64) -> Result<()> {
    let (table, (column, value)) = (place.table("night_summary"), place.also());
    writing
        .connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {table} (user, delivery, {COLUMNS}{column})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16{value})"
        ))?
        .execute(params![
            owner.user,
            owner.delivery,
            night.date,
            night.sender.id(),
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
    Ok(())
}

fn read(row: &Row) -> rusqlite::Result<Stored> {
    let night = NightSummary {
        item: 0,
        date: row.get(0)?,
        sender: Sender::from_id(row.get(1)?).unwrap_or(Sender::AutoExport),
        source: String::new(),
        offset_minutes: row.get(3)?,
        start: row.get(4)?,
        end: row.get(5)?,
        in_bed_start: row.get(6)?,
        in_bed_end: row.get(7)?,
        asleep: row.get(8)?,
        in_bed: row.get(9)?,
        core: row.get(10)?,
        deep: row.get(11)?,
        rem: row.get(12)?,
        awake: row.get(13)?,
    };
    Ok(Stored { night, source: row.get(2)?, delivery: row.get(14)? })
}
