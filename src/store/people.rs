//! The people whose data is kept, and how much there is of each.
//!
//! The first is the owner, whatever they are called: commands speak of `owner` when no name is given, and that must not
//! become a second person once the owner has taken another name. So nobody else can have that one.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::key::OWNER;

/// The name that means the owner.
const OWNER_NAME: &str = "owner";

/// Most characters of a name.
const NAME: usize = 60;

/// A person, and what there is of them.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: i64,
    pub name: String,
    /// Of all metrics and layers.
    pub samples: i64,
    /// Keys that work.
    pub keys: i64,
    pub last_delivery_ms: Option<i64>,
    /// UTC epoch seconds.
    pub removed_at: Option<i64>,
}

/// Everybody, in the order in which they came.
pub fn list(connection: &Connection, now: i64) -> Result<Vec<Person>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name,
             (SELECT coalesce(sum(samples), 0) FROM series WHERE series.user = user.id),
             (SELECT count(*) FROM api_key
              WHERE api_key.user = user.id AND revoked_at IS NULL AND coalesce(expires_at > ?1, 1)),
             (SELECT received_at_ms FROM delivery WHERE delivery.user = user.id ORDER BY delivery.id DESC LIMIT 1),
             removed_at
         FROM user WHERE coalesce(removed_at, 1) > 0 ORDER BY id",
    )?;
    let rows = statement.query_map([now], |row| {
        Ok(Person {
            id: row.get(0)?,
            name: row.get(1)?,
            samples: row.get(2)?,
            keys: row.get(3)?,
            last_delivery_ms: row.get(4)?,
            removed_at: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ids and names of everybody.
pub fn names(connection: &Connection) -> Result<Vec<(i64, String)>> {
    let mut statement =
        connection.prepare_cached("SELECT id, name FROM user WHERE coalesce(removed_at, 1) > 0 ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The person of that name.
pub fn find(connection: &Connection, name: &str) -> Result<Option<i64>> {
    let found = connection.query_row("SELECT id FROM user WHERE name = ?1", [name], |row| row.get(0)).optional()?;
    Ok(found.or((name == OWNER_NAME).then_some(OWNER)))
}

/// Adds a person under a name that is free; gives the id.
pub fn create(connection: &Connection, name: &str, now: i64) -> Result<i64> {
    let name = free(connection, name, None)?;
    connection.execute("INSERT INTO user (name, created_at) VALUES (?1, ?2)", params![name, now])?;
    Ok(connection.last_insert_rowid())
}

/// Gives a person another name that is free.
pub fn rename(connection: &Connection, id: i64, name: &str) -> Result<()> {
    let name = free(connection, name, Some(id))?;
    match connection.execute("UPDATE user SET name = ?2 WHERE id = ?1", params![id, name])? {
        0 => Err(Error::NotFound(format!("there is no person {id}"))),
        _ => Ok(()),
    }
}

/// Removes a person, whose keys and sessions work no more and whose data is destroyed when the time for an undo is over.
pub fn remove(connection: &Connection, id: i64, now: i64) -> Result<()> {
    if id == OWNER {
        return Err(Error::Conflict(
            "the owner cannot be removed: give them another name, or delete their data".into(),
        ));
    }
    let sql = "UPDATE user SET removed_at = coalesce(removed_at, ?2) WHERE id = ?1 AND coalesce(removed_at, 1) > 0";
    match connection.execute(sql, params![id, now])? {
        0 => Err(Error::NotFound(format!("there is no person {id}"))),
        _ => Ok(()),
    }
}

/// Brings a removed person back, with everything of theirs, when they were removed after `since`.
pub fn bring_back(connection: &Connection, id: i64, since: i64) -> Result<()> {
    let removed: Option<Option<i64>> = connection
        .query_row("SELECT removed_at FROM user WHERE id = ?1 AND coalesce(removed_at, 1) > 0", [id], |row| row.get(0))
        .optional()?;
    match removed {
        None => Err(Error::NotFound(format!("there is no person {id}"))),
        Some(None) => Err(Error::Conflict("this person was not removed".into())),
        Some(Some(at)) if at <= since => {
            Err(Error::Conflict("the time for this is over: what was theirs is destroyed".into()))
        }
        Some(Some(_)) => {
            connection.execute("UPDATE user SET removed_at = NULL WHERE id = ?1", [id])?;
            Ok(())
        }
    }
}

/// Refuses to give a removed person a way in.
pub fn refuse_removed(connection: &Connection, id: i64) -> Result<()> {
    let removed: bool = connection
        .prepare_cached("SELECT removed_at IS NOT NULL FROM user WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    match removed {
        true => Err(Error::Conflict("this person was removed: undo that first (POST /api/v1/people/{id}/undo)".into())),
        false => Ok(()),
    }
}

/// The name as it is kept, when nobody but that person has it. Names that differ in capitals only would be mixed up.
fn free(connection: &Connection, name: &str, but: Option<i64>) -> Result<String> {
    let name = as_kept("name", name, NAME)?;
    let small = name.to_lowercase();
    let taken = names(connection)?.iter().any(|(id, known)| Some(*id) != but && known.to_lowercase() == small);
    match taken || (small == OWNER_NAME && but != Some(OWNER)) {
        true => Err(Error::Conflict(format!("name: {name:?} is taken: choose another name"))),
        false => Ok(name),
    }
}

/// A name without blanks around it, of a length and of letters that can be shown in a line.
pub(super) fn as_kept(what: &str, name: &str, most: usize) -> Result<String> {
    let name = name.trim();
    let wrong = |how: &str| Err(Error::BadRequest(format!("{what}: {how}")));
    match name.chars().count() {
        0 => wrong("it is empty: write at least one letter"),
        letters if letters > most => wrong(&format!("it has {letters} characters, and may have {most}")),
        _ if !name.chars().all(shows) => wrong("it has characters that cannot be shown, such as a line break"),
        _ => Ok(name.to_owned()),
    }
}

/// Neither a control character nor one that turns the direction of what stands beside it or is seen by nobody.
fn shows(letter: char) -> bool {
    let hidden = matches!(letter, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    !letter.is_control() && !hidden
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::migrate;

    fn empty() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection
    }

    #[test]
    fn names_are_trimmed_short_plain_and_unique_whatever_their_capitals() {
        let connection = empty();
        let id = create(&connection, "  Zoë \u{1f98a} ", 0).unwrap();
        assert_eq!(find(&connection, "Zoë \u{1f98a}").unwrap(), Some(id));
        for bad in ["", " \t ", "a\nb", "a\u{0}", "\u{202e}eoZ", "\u{feff}x", &"é".repeat(61)] {
            assert!(matches!(create(&connection, bad, 0), Err(Error::BadRequest(_))), "{bad:?}");
        }
        create(&connection, &"é".repeat(60), 0).unwrap();
        for taken in ["ZOË \u{1f98a}", "owner", "Owner "] {
            assert!(matches!(create(&connection, taken, 0), Err(Error::Conflict(_))), "{taken:?}");
        }
        rename(&connection, id, "ZOË").unwrap();
        rename(&connection, id, "Zoë").unwrap();
        assert!(matches!(rename(&connection, 99, "Nobody"), Err(Error::NotFound(_))));
    }

    #[test]
    fn the_owner_stays_the_owner_under_another_name() {
        let connection = empty();
        rename(&connection, OWNER, "Anna").unwrap();
        assert_eq!(find(&connection, "owner").unwrap(), Some(OWNER));
        assert_eq!(find(&connection, "Anna").unwrap(), Some(OWNER));
        let ben = create(&connection, "Ben", 0).unwrap();
        assert!(rename(&connection, ben, "OWNER").is_err(), "it would become somebody else's word");
        rename(&connection, OWNER, "owner").unwrap();
    }
}
