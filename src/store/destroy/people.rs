//! People: every row of theirs, and the names that nobody else has.

use rusqlite::{Connection, params};

use super::{BODIES, ROWS};
use crate::error::Result;
use crate::store::writer::Writing;

/// Tables of samples, whose rows may be millions: they go by metric and start.
const SAMPLES: [&str; 3] = ["sample", "buried_sample", "superseded_sample"];

/// Rows that hang on others, in the order in which they may go; `?1` is the person.
const HANGING: [&str; 14] = [
    "workout_series WHERE workout IN (SELECT id FROM workout WHERE user = ?1)",
    "workout_account WHERE workout IN (SELECT id FROM workout WHERE user = ?1)",
    "workout_told WHERE workout IN (SELECT id FROM workout WHERE user = ?1 UNION SELECT id FROM buried_workout WHERE user = ?1)",
    "buried_workout_series WHERE deletion IN (SELECT id FROM deletion WHERE user = ?1)",
    "buried_workout_account WHERE deletion IN (SELECT id FROM deletion WHERE user = ?1)",
    "quarantine WHERE delivery IN (SELECT id FROM delivery WHERE user = ?1)",
    "delivery_body WHERE delivery IN (SELECT id FROM delivery WHERE user = ?1)",
    "sync_under_way WHERE sync IN (SELECT id FROM delivery WHERE user = ?1)",
    "delivery_account WHERE delivery IN (SELECT id FROM delivery WHERE user = ?1)",
    "reading_again WHERE delivery IN (SELECT id FROM delivery WHERE user = ?1)",
    "job WHERE user = ?1",
    "session WHERE user = ?1",
    "api_key_locale WHERE api_key IN (SELECT id FROM api_key WHERE user = ?1)",
    "api_key_use WHERE api_key IN (SELECT id FROM api_key WHERE user = ?1)",
];

/// What has a person of its own, in the order in which it may go.
const OWN: [&str; 20] = [
    "workout",
    "buried_workout",
    "event",
    "buried_event",
    "night_summary",
    "buried_night_summary",
    "document",
    "series",
    "rollup",
    "rollup_dirty",
    "rollup_state",
    "account",
    "source_hardware",
    "source_priority",
    "sender_grain",
    "guessed_delivery",
    "deletion",
    "one_time_code",
    "delivery",
    "api_key",
];

/// Names that people share: a table, and where its rows are in use.
const NAMES: [(&str, &str); 3] = [
    (
        "metric",
        "SELECT metric FROM series UNION SELECT metric FROM account UNION SELECT metric FROM deletion WHERE metric IS NOT NULL
         UNION SELECT metric FROM rollup_state UNION SELECT metric FROM buried_sample UNION SELECT metric FROM superseded_sample
         UNION SELECT metric FROM sender_grain",
    ),
    (
        "source",
        "SELECT source FROM series UNION SELECT source FROM account UNION SELECT source FROM deletion WHERE source IS NOT NULL
         UNION SELECT source FROM event UNION SELECT source FROM buried_event UNION SELECT source FROM night_summary
         UNION SELECT source FROM buried_night_summary UNION SELECT source FROM source_hardware
         UNION SELECT source FROM source_priority UNION SELECT source FROM buried_sample
         UNION SELECT source FROM superseded_sample",
    ),
    (
        "context",
        "SELECT context FROM sample WHERE context IS NOT NULL UNION SELECT context FROM buried_sample WHERE context IS NOT NULL
         UNION SELECT context FROM superseded_sample WHERE context IS NOT NULL",
    ),
];

/// Those who were removed before that epoch second, and of whom there still is anything.
pub(super) fn due(connection: &Connection, before: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT id FROM user WHERE removed_at > 0 AND removed_at <= ?1")?;
    let rows = statement.query_map([before], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Destroys a piece of a person; false when nothing is left.
pub(super) fn piece(writing: &mut Writing, user: i64, before: i64) -> Result<bool> {
    let connection = writing.connection;
    if !due(connection, before)?.contains(&user) {
        return Ok(false);
    }
    for table in SAMPLES {
        if samples(connection, table, user)? {
            return Ok(true);
        }
    }
    let bodies = connection.execute(
        "DELETE FROM delivery_body WHERE delivery IN (
             SELECT id FROM delivery JOIN delivery_body ON delivery_body.delivery = delivery.id WHERE user = ?1 LIMIT ?2)",
        params![user, BODIES],
    )?;
    if bodies > 0 {
        return Ok(true);
    }
    for rows in HANGING {
        connection.execute(&format!("DELETE FROM {rows}"), [user])?;
    }
    for table in OWN {
        connection.execute(&format!("DELETE FROM {table} WHERE user = ?1"), [user])?;
    }
    forget_names(connection)?;
    writing.dictionaries.forget();
    // The number stays taken: what still knows it must not come upon another person.
    let sql = "UPDATE user SET name = char(10) || id, created_at = 0, removed_at = 0, data_version = data_version + 1 WHERE id = ?1";
    connection.execute(sql, [user])?;
    Ok(false)
}

/// Destroys some of a person's rows of one metric; false when there are none.
fn samples(connection: &Connection, table: &str, user: i64) -> Result<bool> {
    let next = format!("SELECT metric FROM {table} WHERE user = ?1 ORDER BY metric LIMIT 1");
    let mut statement = connection.prepare_cached(&next)?;
    let mut rows = statement.query([user])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let metric: i64 = row.get(0)?;
    connection.execute(
        &format!(
            "DELETE FROM {table} WHERE user = ?1 AND metric = ?2 AND start <= coalesce(
                 (SELECT start FROM {table} WHERE user = ?1 AND metric = ?2 ORDER BY start LIMIT 1 OFFSET ?3),
                 9223372036854775807)"
        ),
        params![user, metric, ROWS],
    )?;
    Ok(true)
}

/// Takes away the names that nobody uses. Their rows stay, so that no number comes to mean something else.
fn forget_names(connection: &Connection) -> Result<()> {
    for (table, used) in NAMES {
        let unused = "name <> '' AND name NOT LIKE char(10) || '%'";
        connection
            .execute(&format!("UPDATE {table} SET name = char(10) || id WHERE {unused} AND id NOT IN ({used})"), [])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Their names are in use by a row of `series` or `rollup_state` as well.
    const IMPLIED: [&str; 3] = ["sample", "rollup", "rollup_dirty"];

    /// The tables that have a column of that name.
    fn with(column: &str) -> BTreeSet<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../schema/schema.sql")).unwrap();
        let sql = "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = ?1";
        let mut statement = connection.prepare(sql).unwrap();
        let names = statement.query_map([column], |row| row.get(0)).unwrap();
        names.collect::<rusqlite::Result<_>>().unwrap()
    }

    /// The first words of pieces of SQL, which are tables.
    fn tables(pieces: &[&str]) -> BTreeSet<String> {
        pieces.iter().map(|piece| piece.split(' ').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn each_table_that_has_a_person_is_emptied_of_them() {
        let emptied = &(&tables(&SAMPLES) | &tables(&OWN)) | &tables(&HANGING);
        let people = with("user");
        assert!(people.len() > 20, "{people:?}");
        assert_eq!(&people - &emptied, BTreeSet::new());
        for parent in ["api_key", "delivery", "workout", "deletion"] {
            assert_eq!(&with(parent) - &emptied, BTreeSet::new(), "what hangs on a row of {parent}");
        }
    }

    #[test]
    fn no_name_is_forgotten_that_any_table_uses() {
        for (name, used) in NAMES {
            let looked_at: BTreeSet<String> = used.split("FROM ").skip(1).flat_map(|rest| tables(&[rest])).collect();
            let looked_at: BTreeSet<String> = looked_at.iter().map(|table| table.trim().to_owned()).collect();
            let unseen = &(&with(name) - &looked_at) - &tables(if name == "context" { &[] } else { &IMPLIED });
            assert_eq!(unseen, BTreeSet::new(), "{name}");
        }
    }
}
