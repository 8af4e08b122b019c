//! Whom to believe: the order of sources where several have measured the same moment.
//!
//! A person's own orders come first (`orders`), then the kinds in the order of the settings, then who is surely of a kind, who has
//! sent more, and whose samples begin earlier. What is still equal is put in an order by a digest of the names, which does not
//! depend on who came first. The settings' order is kept in the file too, so that an answer needs nothing but its connection, and so
//! that a change of it moves the data version.

pub mod hardware;
mod orders;

use std::cmp::Reverse;
use std::collections::HashMap;

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::model::source::{BY_A_WORD, Hardware, JOINED_BY, ONLY_WATCHES, SourceKind, Standing, Writer, is_anonymous};

use orders::{LEFT_OUT, Own};
pub use orders::{Matter, set_order, set_orders};

/// A source with what decides its place.
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
    /// Its ranks in the person's own orders.
    own: Own,
}

impl Ranked {
    /// Whether it is in an order of the person's own.
    pub fn is_ordered(&self) -> bool {
        self.own != [LEFT_OUT; 3]
    }
}

/// Source id to rank, different for each; the lower is believed first.
pub fn ranks(connection: &Connection, user: i64, matter: &Matter) -> Result<HashMap<i64, u32>> {
    Ok(ordered(connection, user, matter)?.into_iter().map(|source| source.id).zip(0..).collect())
}

/// All sources there are, the one that is believed first at the front.
pub fn ordered(connection: &Connection, user: i64, matter: &Matter) -> Result<Vec<Ranked>> {
    let (believed, mut sources) = Believed::of(connection, user, matter)?;
    sources.sort_by_cached_key(|source| believed.place(&source.name));
    Ok(sources)
}

/// The person's own ranks, the place of its kind, how unsure that is, how much it has sent, when that began, and a digest of its
/// name; the least is believed first.
type Standard = (Own, usize, u8, Reverse<i64>, i64, u64);

/// Where a source stands among the others; the least is believed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Option<Standard>, bool, u64);

/// By which the sources of a person are compared.
pub struct Believed {
    kinds: Vec<SourceKind>,
    known: HashMap<String, Standard>,
}

impl Believed {
    /// What decides of a matter, and all sources there are.
    pub fn of(connection: &Connection, user: i64, matter: &Matter) -> Result<(Believed, Vec<Ranked>)> {
        let sources = sources(connection, user, matter)?;
        let mut believed = Believed { kinds: kinds(connection)?, known: HashMap::new() };
        let standard = |one: &Ranked| {
            let kind = believed.kind_at(one.kind);
            (one.name.clone(), (one.own, kind, one.doubt, Reverse(one.samples), one.first, digest(&one.name)))
        };
        believed.known = sources.iter().map(standard).collect();
        Ok((believed, sources))
    }

    fn kind_at(&self, kind: SourceKind) -> usize {
        self.kinds.iter().position(|one| *one == kind).unwrap_or(self.kinds.len())
    }

    /// One joined of several stands where its best part does, behind that part: it alone knows better.
    pub fn place(&self, name: &str) -> Place {
        let itself = self.known.get(name).copied().filter(|(own, ..)| *own != [LEFT_OUT; 3]);
        let parts =
            name.split(JOINED_BY).map(|part| self.known.get(part).copied().unwrap_or_else(|| self.unknown(part)));
        Place(parts.chain(itself).min(), name.contains(JOINED_BY), digest(name))
    }

    /// One that has never sent a sample of its own.
    fn unknown(&self, name: &str) -> Standard {
        let (kind, doubt) = SourceKind::of(name, &[]);
        ([LEFT_OUT; 3], self.kind_at(kind), doubt, Reverse(0), i64::MAX, digest(name))
    }
}

fn digest(name: &str) -> u64 {
    Sha256::digest(name.as_bytes()).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn sources(connection: &Connection, user: i64, matter: &Matter) -> Result<Vec<Ranked>> {
    let mut hardware = hardware::of_sources(connection, user)?;
    let own: HashMap<i64, Own> = orders::own(connection, user, matter)?.into_iter().collect();
    let only_watches = ONLY_WATCHES.map(|name| format!("'{name}'")).join(", ");
    let mut statement = connection.prepare_cached(&format!(
        "WITH sent AS (
             SELECT source, sum(samples) AS samples, min(first) AS first,
                 max(metric IN (SELECT id FROM metric WHERE name IN ({only_watches}))) AS is_watch
             FROM series WHERE user = ?1 AND samples > 0 GROUP BY source)
         SELECT id, name, coalesce(samples, 0), coalesce(first, 9223372036854775807), coalesce(is_watch, 0) FROM source
         LEFT JOIN sent ON sent.source = source.id"
    ))?;
    let rows = statement.query_map([user], |row| {
        let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let told = hardware.remove(&id).unwrap_or_default();
        let (kind, doubt) = standing(&name, &told, row.get(4)?);
        // An accessory is what measures only where nothing else does.
        let most = told.iter().max_by_key(|(one, samples)| (one.writer != Writer::Accessory, *samples));
        let device = most.map(|(one, _)| one.model.clone());
        let own = own.get(&id).copied().unwrap_or([LEFT_OUT; 3]);
        Ok(Ranked { id, name, kind, doubt, device, own, samples: row.get(2)?, first: row.get(3)? })
    })?;
    let mut sources: Vec<Ranked> = rows.collect::<rusqlite::Result<_>>()?;
    for kind in [SourceKind::Watch, SourceKind::Phone] {
        let is_surer = |one: &Ranked| one.kind == kind && one.doubt < BY_A_WORD && one.samples > 0;
        if sources.iter().any(is_surer) {
            let doubtful = sources.iter_mut().filter(|one| one.kind == kind && one.doubt >= BY_A_WORD);
            doubtful.for_each(|one| (one.kind, one.doubt) = (SourceKind::Other, 0));
        }
    }
    Ok(sources)
}

/// By hardware and name, unless it has sent what only a watch does.
fn standing(name: &str, hardware: &[(Hardware, u64)], sends_what_watches_do: bool) -> Standing {
    let found = SourceKind::of(name, hardware);
    let is_one = sends_what_watches_do && !is_anonymous(name) && !name.contains(JOINED_BY);
    match found {
        (SourceKind::Watch, _) if is_one => (SourceKind::Watch, 0),
        (SourceKind::Other, _) if is_one => (SourceKind::Watch, 0),
        found => found,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::category::Category;
    use crate::model::source::Used;
    use crate::store::migrate::migrate;
    use crate::store::samples::{Mode, Owner};

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
        ordered(connection, OWNER, &Matter::Everything).unwrap().into_iter().map(|source| source.name).collect()
    }

    #[test]
    fn watches_then_phones_then_others_then_who_does_not_say() {
        let connection =
            with(&["", "Shortcuts", "Scale", "Ann's iPhone", "Watch B", "Watch A", "Ann's iPhone|Watch A"]);
        let found = order(&connection);
        let mut first = found[..2].to_vec();
        first.sort_unstable();
        assert_eq!(first, ["Watch A", "Watch B"]);
        assert_eq!(found[3..5], ["Ann's iPhone", "Scale"].map(String::from)[..]);
        let ranks = ranks(&connection, OWNER, &Matter::Everything).unwrap();
        assert!(ranks[&id(&connection, "Shortcuts")] >= 5 && ranks[&id(&connection, "")] >= 5);
        let backwards = with(&["Watch A", "Watch B"]);
        assert_eq!(order(&backwards), found[..2], "of equals it is no matter who came first");
    }

    #[test]
    fn the_hardware_and_the_persons_own_order_and_the_settings_decide() {
        let connection = with(&["Scale", "Robin", "Phone", "Watch"]);
        let (owner, robin) = (Owner { user: OWNER, delivery: 1, mode: Mode::Import }, id(&connection, "Robin"));
        let told = |model: &str, writer| Hardware { model: model.into(), writer };
        let used = |samples| Used { samples, first: 0, last: 9 };
        hardware::add(&connection, owner, robin, &told("H10", Writer::Accessory), used(900)).unwrap();
        hardware::add(&connection, owner, robin, &told("Watch6,2", Writer::System), used(3)).unwrap();
        assert_eq!(order(&connection), ["Robin", "Watch", "Phone", "Scale"]);
        set_order(&connection, OWNER, &Matter::Everything, &[id(&connection, "Scale"), id(&connection, "Phone")])
            .unwrap();
        assert_eq!(order(&connection), ["Scale", "Phone", "Robin", "Watch"]);
        assert_eq!(
            ordered(&connection, 2, &Matter::Everything).unwrap()[0].name,
            "Watch",
            "another person has hardware and an order of their own"
        );
        set_order(&connection, OWNER, &Matter::Everything, &[]).unwrap();
        set_kinds(&connection, &SourceKind::parse_order("phone, other").unwrap()).unwrap();
        assert_eq!(order(&connection), ["Phone", "Scale", "Robin", "Watch"]);
    }

    #[test]
    fn the_most_specific_order_that_names_a_source_decides() {
        let connection = with(&["Scale", "Ring", "Phone", "Watch"]);
        let set = |matter: &Matter, names: &[&str]| {
            let ids: Vec<i64> = names.iter().map(|name| id(&connection, name)).collect();
            set_order(&connection, OWNER, matter, &ids).unwrap();
        };
        let of = |matter: &Matter| -> Vec<String> {
            ordered(&connection, OWNER, matter).unwrap().into_iter().map(|source| source.name).collect()
        };
        let (steps, sleep) = (Matter::Metric("step_count".into()), Matter::Metric("sleep_analysis".into()));
        set(&Matter::Everything, &["Phone"]);
        set(&Matter::Category(Category::Sleep), &["Ring"]);
        assert_eq!(of(&sleep)[..3], ["Ring", "Phone", "Watch"].map(String::from)[..]);
        assert_eq!(of(&steps)[..2], ["Phone", "Watch"].map(String::from)[..]);
        set(&sleep, &["Watch", "Scale"]);
        assert_eq!(of(&sleep), ["Watch", "Scale", "Ring", "Phone"]);
        assert_eq!(of(&Matter::Category(Category::Sleep))[0], "Ring");
        let orders = set_orders(&connection, OWNER).unwrap();
        let matters: Vec<&Matter> = orders.iter().map(|(matter, _)| matter).collect();
        assert_eq!(matters, [&Matter::Everything, &Matter::Category(Category::Sleep), &sleep]);
        set(&sleep, &[]);
        assert_eq!(of(&sleep)[0], "Ring");
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
