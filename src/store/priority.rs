//! Whom to believe: the order of sources where several have measured the same moment.
//!
//! A person's own order comes first, then the kinds in the order of the settings, then who is surely of a kind, who has sent more,
//! and whose samples begin earlier. What hardware a source has used is counted for each delivery, so that a repeat of a delivery
//! changes nothing and a deleted one has no say. The settings' order is kept in the file too, so that an answer needs nothing but its
//! connection, and so that a change of it moves the data version.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::sample::Batch;
use crate::model::source::{Hardware, JOINED_BY, SourceKind, Standing, Writer};
use crate::store::samples::{Mode, Owner};
use crate::store::writer::Writing;

/// A source with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    pub id: i64,
    pub name: String,
    pub kind: SourceKind,
    /// How unsure that is: see `Standing`.
    doubt: u8,
    /// How many samples this person has of it, and the start of the first.
    samples: i64,
    first: i64,
    /// The hardware of most of its samples, where a sender has told it, such as `Watch6,2`.
    pub device: Option<String>,
    /// Its rank in the person's own order, if it is in it.
    pub own: Option<i64>,
}

/// Source id to rank, different for each; the lower is believed first.
pub fn ranks(connection: &Connection, user: i64) -> Result<HashMap<i64, u32>> {
    Ok(ordered(connection, user)?.into_iter().map(|source| source.id).zip(0..).collect())
}

/// The person's own rank, the place of its kind, how unsure that is, how much it has sent, when that began, and its id; the
/// least is believed first.
type Place = (i64, usize, u8, Reverse<i64>, i64, i64);

/// All sources there are, the one that is believed first at the front. One joined of several stands where its best part
/// does.
pub fn ordered(connection: &Connection, user: i64) -> Result<Vec<Ranked>> {
    let kinds = kinds(connection)?;
    let mut sources = sources(connection, user)?;
    let kind_at = |kind: SourceKind| kinds.iter().position(|one| *one == kind).unwrap_or(kinds.len());
    let own = |source: &Ranked| -> Place {
        let rank = source.own.unwrap_or(i64::MAX);
        (rank, kind_at(source.kind), source.doubt, Reverse(source.samples), source.first, source.id)
    };
    // A part that has never sent anything alone.
    let unknown = |name: &str| -> Place {
        let (kind, doubt) = SourceKind::of(name, &[]);
        (i64::MAX, kind_at(kind), doubt, Reverse(0), i64::MAX, i64::MAX)
    };
    let places: HashMap<String, Place> = sources.iter().map(|source| (source.name.clone(), own(source))).collect();
    let place = |source: &Ranked| {
        let parts = source.name.split(JOINED_BY);
        let parts = parts.map(|part| places.get(part).copied().unwrap_or_else(|| unknown(part)));
        parts.chain(source.own.and_then(|_| places.get(&source.name).copied())).min()
    };
    // Between a part and what it is joined into, the part alone knows better.
    sources.sort_by_cached_key(|source| (place(source), source.name.contains(JOINED_BY), source.id));
    Ok(sources)
}

fn sources(connection: &Connection, user: i64) -> Result<Vec<Ranked>> {
    let mut hardware = hardware(connection, user)?;
    let mut statement = connection.prepare_cached(
        "WITH sent AS (
             SELECT source, sum(samples) AS samples, min(first) AS first FROM series
             WHERE user = ?1 AND samples > 0 GROUP BY source)
         SELECT id, name, rank, coalesce(samples, 0), coalesce(first, 9223372036854775807) FROM source
         LEFT JOIN sent ON sent.source = source.id
         LEFT JOIN source_priority ON source_priority.source = source.id AND source_priority.user = ?1",
    )?;
    let rows = statement.query_map([user], |row| {
        let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let told = hardware.remove(&id).unwrap_or_default();
        let (kind, doubt): Standing = SourceKind::of(&name, &told);
        // An accessory is what measures only where nothing else does.
        let most = told.iter().max_by_key(|(one, samples)| (one.writer != Writer::Accessory, *samples));
        let device = most.map(|(one, _)| one.model.clone());
        Ok(Ranked { id, name, kind, doubt, device, own: row.get(2)?, samples: row.get(3)?, first: row.get(4)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// By source, its hardware with the most samples that any delivery which is not deleted has told of each.
fn hardware(connection: &Connection, user: i64) -> Result<BTreeMap<i64, Vec<(Hardware, u64)>>> {
    let mut statement = connection.prepare_cached(
        "SELECT source, model, writer, max(samples) FROM source_hardware
         WHERE user = ?1 AND delivery NOT IN (
             SELECT delivery FROM deletion WHERE user = ?1 AND kind = 'delivery' AND undone_at IS NULL AND delivery IS NOT NULL)
         GROUP BY source, model, writer",
    )?;
    let rows = statement.query_map([user], |row| {
        let told = Hardware { model: row.get(1)?, writer: Writer::from_id(row.get(2)?) };
        Ok((row.get::<_, i64>(0)?, told, row.get::<_, i64>(3)?))
    })?;
    let mut found: BTreeMap<i64, Vec<(Hardware, u64)>> = BTreeMap::new();
    for row in rows {
        let (source, hardware, samples) = row?;
        found.entry(source).or_default().push((hardware, samples.unsigned_abs()));
    }
    Ok(found)
}

/// The order of kinds that the settings have, first believed first.
pub fn kinds(connection: &Connection) -> Result<Vec<SourceKind>> {
    let mut ranked = SourceKind::ALL.to_vec();
    let mut statement = connection.prepare_cached("SELECT kind FROM kind_priority ORDER BY rank DESC")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    for name in rows {
        let name = name?;
        ranked.sort_by_key(|kind| Reverse(kind.as_str() == name));
    }
    Ok(ranked)
}

/// Keeps the settings' order of kinds; where it is another than before, every person's data version moves.
pub fn set_kinds(connection: &Connection, order: &[SourceKind]) -> Result<()> {
    if kinds(connection)? == order {
        return Ok(());
    }
    connection.execute("DELETE FROM kind_priority", [])?;
    for (rank, kind) in (0_i64..).zip(order) {
        connection.execute("INSERT INTO kind_priority (kind, rank) VALUES (?1, ?2)", params![kind.as_str(), rank])?;
    }
    connection.execute("UPDATE user SET data_version = data_version + 1", [])?;
    Ok(())
}

/// Sets a person's own order, first believed first; none at all leaves the kinds to decide.
pub fn set_order(connection: &Connection, user: i64, sources: &[i64]) -> Result<()> {
    connection.execute("DELETE FROM source_priority WHERE user = ?1", [user])?;
    for (rank, source) in (0_i64..).zip(sources) {
        connection.execute(
            "INSERT OR IGNORE INTO source_priority (user, source, rank) VALUES (?1, ?2, ?3)",
            params![user, source, rank],
        )?;
    }
    connection.execute("UPDATE user SET data_version = data_version + 1 WHERE id = ?1", [user])?;
    Ok(())
}

/// Counts the hardware that a batch tells of.
pub fn count_hardware(writing: &mut Writing, owner: Owner, batch: &Batch) -> Result<()> {
    let Writing { connection, dictionaries, .. } = writing;
    for ((source, hardware), samples) in &batch.devices {
        let Some(name) = batch.sources.get(*source as usize) else { continue };
        let source = dictionaries.source(connection, name)?;
        add_hardware(connection, owner, source, hardware, *samples)?;
    }
    Ok(())
}

fn add_hardware(connection: &Connection, owner: Owner, source: i64, hardware: &Hardware, samples: u64) -> Result<()> {
    // A delivery that is read again says what it said; only an import adds piece to piece.
    let before = if owner.mode == Mode::Import { "samples" } else { "0" };
    connection
        .prepare_cached(&format!(
            "INSERT INTO source_hardware (user, source, model, writer, delivery, samples) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET samples = {before} + excluded.samples"
        ))?
        .execute(params![
            owner.user,
            source,
            hardware.model,
            hardware.writer as i64,
            owner.delivery,
            i64::try_from(samples).unwrap_or(i64::MAX),
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::migrate;

    const OWNER: i64 = 1;

    fn with(names: &[&str]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        for name in names {
            connection.execute("INSERT INTO source (name) VALUES (?1)", [name]).unwrap();
        }
        connection
    }

    fn id(connection: &Connection, name: &str) -> i64 {
        connection.query_row("SELECT id FROM source WHERE name = ?1", [name], |row| row.get(0)).unwrap()
    }

    fn order(connection: &Connection) -> Vec<String> {
        ordered(connection, OWNER).unwrap().into_iter().map(|source| source.name).collect()
    }

    #[test]
    fn watches_then_phones_then_others_then_who_does_not_say() {
        let connection =
            with(&["", "Shortcuts", "Scale", "Ann's iPhone", "Watch B", "Watch A", "Ann's iPhone|Watch A"]);
        // Of equals, who came first.
        let expected = ["Watch B", "Watch A", "Ann's iPhone|Watch A", "Ann's iPhone", "Scale", "", "Shortcuts"];
        assert_eq!(order(&connection), expected);
        let ranks = ranks(&connection, OWNER).unwrap();
        assert_eq!((ranks[&id(&connection, "Watch A")], ranks[&id(&connection, "Shortcuts")]), (1, 6));
    }

    #[test]
    fn the_hardware_and_the_persons_own_order_and_the_settings_decide() {
        let connection = with(&["Scale", "Robin", "Phone", "Watch"]);
        let (owner, robin) = (Owner { user: OWNER, delivery: 1, mode: Mode::Import }, id(&connection, "Robin"));
        let told = |model: &str, writer| Hardware { model: model.into(), writer };
        add_hardware(&connection, owner, robin, &told("H10", Writer::Accessory), 900).unwrap();
        add_hardware(&connection, owner, robin, &told("Watch6,2", Writer::System), 3).unwrap();
        assert_eq!(order(&connection), ["Robin", "Watch", "Phone", "Scale"]);
        set_order(&connection, OWNER, &[id(&connection, "Scale"), id(&connection, "Phone")]).unwrap();
        assert_eq!(order(&connection), ["Scale", "Phone", "Robin", "Watch"]);
        assert_eq!(
            ordered(&connection, 2).unwrap()[0].name,
            "Watch",
            "another person has hardware and an order of their own"
        );
        set_order(&connection, OWNER, &[]).unwrap();
        set_kinds(&connection, &SourceKind::parse_order("phone, other").unwrap()).unwrap();
        assert_eq!(order(&connection), ["Phone", "Scale", "Robin", "Watch"]);
    }

    #[test]
    fn only_a_change_of_the_order_of_kinds_moves_the_data_version() {
        let connection = with(&[]);
        let version =
            || -> i64 { connection.query_row("SELECT data_version FROM user", [], |row| row.get(0)).unwrap() };
        set_kinds(&connection, &SourceKind::ALL).unwrap();
        assert_eq!(version(), 0);
        let order = SourceKind::parse_order("phone").unwrap();
        set_kinds(&connection, &order).unwrap();
        set_kinds(&connection, &order).unwrap();
        assert_eq!((version(), kinds(&connection).unwrap()), (1, order));
    }
}
