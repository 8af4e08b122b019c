//! Numbers of rows that people see: each person counts for themselves, so that a gap tells nothing of what others have.
//!
//! A person's rows have a range of numbers of their own in the common table, so a number still names one row. The first person's
//! begins at 0. Rows of others from before, which were counted together with theirs, keep their numbers.

use rusqlite::{Connection, params};

use crate::error::Result;

/// How many numbers a person has. Those of a thousand people still fit into the whole numbers of JSON's readers.
const EACH: i64 = 1 << 40;

/// The number for a person's next row of a table; a number of any of `tables` is taken.
pub(super) fn next(connection: &Connection, tables: &[&str], user: i64) -> Result<i64> {
    let first = (user - 1).saturating_mul(EACH);
    let last = first.saturating_add(EACH - 1);
    let mut highest = first;
    for table in tables {
        let sql = format!("SELECT id FROM {table} WHERE id > ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![first, last])?;
        if let Some(row) = rows.next()? {
            highest = highest.max(row.get(0)?);
        }
    }
    Ok(highest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_counts_for_themselves() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE one (id INTEGER PRIMARY KEY); CREATE TABLE gone (id INTEGER PRIMARY KEY)")
            .unwrap();
        let add = |table: &str, user: i64| {
            let id = next(&connection, &["one", "gone"], user).unwrap();
            connection.execute(&format!("INSERT INTO {table} VALUES (?1)"), [id]).unwrap();
            id
        };
        assert_eq!([add("one", 1), add("one", 1), add("gone", 1), add("one", 1)], [1, 2, 3, 4]);
        let second = add("one", 2);
        assert_eq!((second, add("one", 1), add("one", 2)), (EACH + 1, 5, second + 1));
        assert!(next(&connection, &["one"], 8_000).unwrap() < 1 << 53);
    }
}
