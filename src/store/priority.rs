//! Whom to believe: the order of sources where several have measured the same moment.
//!
//! A person's own order comes first, then the kinds in the order of the settings. The settings' order is kept in the
//! file too, so that an answer needs nothing but its connection, and so that a change of it moves the data version.

use std::cmp::Reverse;
use std::collections::HashMap;

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::source::{JOINED_BY, SourceKind};

/// A source with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    pub id: i64,
    pub name: String,
    pub kind: SourceKind,
    /// Its hardware, where a sender has told it, such as `Watch6,2`.
    pub device: Option<String>,
    /// Its rank in the person's own order, if it is in it.
    pub own: Option<i64>,
}

/// Source id to rank, different for each; the lower is believed first.
pub fn ranks(connection: &Connection, user: i64) -> Result<HashMap<i64, u32>> {
    Ok(ordered(connection, user)?.into_iter().map(|source| source.id).zip(0..).collect())
}

/// All sources there are, the one that is believed first at the front. One joined of several stands where its best part
/// does.
pub fn ordered(connection: &Connection, user: i64) -> Result<Vec<Ranked>> {
    let kinds = kinds(connection)?;
    let mut sources = sources(connection, user)?;
    let mut places: HashMap<String, (i64, usize, String)> = HashMap::new();
    for source in &sources {
        let kind = kinds.iter().position(|kind| *kind == source.kind).unwrap_or(kinds.len());
        places.insert(source.name.clone(), (source.own.unwrap_or(i64::MAX), kind, source.name.clone()));
    }
    let place = |source: &Ranked| {
        let parts = source.name.split(JOINED_BY);
        let parts = parts.map(|part| places.get(part).cloned().unwrap_or_else(|| unknown_part(part, &kinds)));
        parts.chain(source.own.and_then(|_| places.get(&source.name).cloned())).min()
    };
    // Between a part and what it is joined into, the part alone knows better.
    sources.sort_by_cached_key(|source| (place(source), source.name.contains(JOINED_BY), source.name.clone()));
    Ok(sources)
}

/// A part of a joined source that has never sent anything alone.
fn unknown_part(name: &str, kinds: &[SourceKind]) -> (i64, usize, String) {
    let of = SourceKind::of(name, None);
    (i64::MAX, kinds.iter().position(|kind| *kind == of).unwrap_or(kinds.len()), name.to_owned())
}

fn sources(connection: &Connection, user: i64) -> Result<Vec<Ranked>> {
    let mut statement = connection.prepare_cached(
        "SELECT source.id, source.name, model, rank FROM source
         LEFT JOIN source_device ON source_device.source = source.id
         LEFT JOIN source_priority ON source_priority.source = source.id AND source_priority.user = ?1",
    )?;
    let rows = statement.query_map([user], |row| {
        let (name, device): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        let kind = SourceKind::of(&name, device.as_deref());
        Ok(Ranked { id: row.get(0)?, name, kind, device, own: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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

/// Notes the hardware of a source; the latest word counts.
pub fn set_device(connection: &Connection, source: i64, model: &str) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO source_device (source, model) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET model = excluded.model WHERE model <> excluded.model",
        )?
        .execute(params![source, model])?;
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
        let expected = ["Watch A", "Ann's iPhone|Watch A", "Watch B", "Ann's iPhone", "Scale", "", "Shortcuts"];
        assert_eq!(order(&connection), expected);
        let ranks = ranks(&connection, OWNER).unwrap();
        assert_eq!((ranks[&id(&connection, "Watch A")], ranks[&id(&connection, "Shortcuts")]), (0, 6));
    }

    #[test]
    fn the_hardware_and_the_persons_own_order_and_the_settings_decide() {
        let connection = with(&["Scale", "Robin", "Phone", "Watch"]);
        set_device(&connection, id(&connection, "Robin"), "Watch6,2").unwrap();
        assert_eq!(order(&connection), ["Robin", "Watch", "Phone", "Scale"]);
        set_order(&connection, OWNER, &[id(&connection, "Scale"), id(&connection, "Phone")]).unwrap();
        assert_eq!(order(&connection), ["Scale", "Phone", "Robin", "Watch"]);
        assert_eq!(ordered(&connection, 2).unwrap()[0].name, "Robin", "another person has an order of their own");
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
