//! The orders of sources that a person has set: of everything, of a category, of one metric. The most specific one that names a
//! source decides; whom it leaves out follows as if there were none.

use rusqlite::{Connection, params};

use crate::error::{Error, Result};
use crate::model::category::Category;

/// What an order of sources is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    Everything,
    Category(Category),
    /// A metric's name, as it is stored.
    Metric(String),
}

/// The ranks of a source in the orders that are about a matter, the most specific order first; `LEFT_OUT` where it is in none.
pub type Own = [i64; 3];

pub const LEFT_OUT: i64 = i64::MAX;

impl Matter {
    /// Its name in the file.
    fn key(&self) -> String {
        match self {
            Matter::Everything => String::new(),
            Matter::Category(category) => format!("category:{category}"),
            Matter::Metric(name) => format!("metric:{name}"),
        }
    }

    fn of_key(key: &str) -> Option<Matter> {
        match key.split_once(':') {
            None => key.is_empty().then_some(Matter::Everything),
            Some(("category", name)) => Category::parse(name).map(Matter::Category),
            Some(("metric", name)) => Some(Matter::Metric(name.to_owned())),
            Some(_) => None,
        }
    }

    /// What of it orders are about, the most specific first.
    fn and_wider(&self) -> Vec<Matter> {
        match self {
            Matter::Everything => vec![Matter::Everything],
            Matter::Category(_) => vec![self.clone(), Matter::Everything],
            Matter::Metric(name) => {
                vec![self.clone(), Matter::Category(Category::of(name)), Matter::Everything]
            }
        }
    }
}

/// The ranks of all sources that are in an order about a matter, by source.
pub fn own(connection: &Connection, user: i64, matter: &Matter) -> Result<Vec<(i64, Own)>> {
    let keys: Vec<String> = matter.and_wider().iter().map(Matter::key).collect();
    let mut statement =
        connection.prepare_cached("SELECT source, about, rank FROM source_priority WHERE user = ?1 ORDER BY source")?;
    let rows = statement.query_map([user], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?;
    let mut found: Vec<(i64, Own)> = Vec::new();
    for row in rows {
        let (source, about, rank): (i64, String, i64) = row?;
        let Some(at) = keys.iter().position(|key| *key == about) else { continue };
        match found.last_mut().filter(|(last, _)| *last == source) {
            Some((_, own)) => own[at] = rank,
            None => {
                let mut own = [LEFT_OUT; 3];
                own[at] = rank;
                found.push((source, own));
            }
        }
    }
    Ok(found)
}

/// Sets a person's own order, first believed first; none at all leaves it to the wider orders and the kinds.
pub fn set_order(connection: &Connection, user: i64, matter: &Matter, sources: &[i64]) -> Result<()> {
    let about = matter.key();
    connection.execute("DELETE FROM source_priority WHERE user = ?1 AND about = ?2", params![user, about])?;
    for (rank, source) in (0_i64..).zip(sources) {
        connection.execute(
            "INSERT OR IGNORE INTO source_priority (user, about, source, rank) VALUES (?1, ?2, ?3, ?4)",
            params![user, about, source, rank],
        )?;
    }
    connection.execute("UPDATE user SET data_version = data_version + 1 WHERE id = ?1", [user])?;
    Ok(())
}

/// The orders that a person has set, with the names of the sources in them.
pub fn set_orders(connection: &Connection, user: i64) -> Result<Vec<(Matter, Vec<String>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT about, name FROM source_priority JOIN source ON source.id = source_priority.source
         WHERE user = ?1 ORDER BY about, rank",
    )?;
    let rows = statement.query_map([user], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let mut orders: Vec<(Matter, Vec<String>)> = Vec::new();
    for row in rows {
        let (about, name) = row?;
        let matter = Matter::of_key(&about).ok_or_else(|| {
            Error::Internal(format!("an order of sources is about {about:?}, which is nothing known"))
        })?;
        match orders.last_mut().filter(|(last, _)| *last == matter) {
            Some((_, names)) => names.push(name),
            None => orders.push((matter, vec![name])),
        }
    }
    Ok(orders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_is_about() {
        for matter in [
            Matter::Everything,
            Matter::Category(Category::Sleep),
            Matter::Category(Category::Workouts),
            Matter::Metric("step_count".into()),
            Matter::Metric("odd:name".into()),
        ] {
            assert_eq!(Matter::of_key(&matter.key()), Some(matter));
        }
        assert_eq!(Matter::of_key("category:ring"), None);
        assert_eq!(Matter::of_key("else:x"), None);
    }

    #[test]
    fn a_metric_is_of_its_category_and_of_everything() {
        let steps = Matter::Metric("step_count".into());
        assert_eq!(steps.and_wider(), [steps.clone(), Matter::Category(Category::Activity), Matter::Everything]);
        assert_eq!(Matter::Metric("made_up".into()).and_wider()[1], Matter::Category(Category::Other));
    }
}
