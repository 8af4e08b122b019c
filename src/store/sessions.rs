//! Browsers that are signed in. A session ends by being removed; one that was begun with a key also ends with that key.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Result;
use crate::model::key::{By, Principal, Scope};
use crate::model::session::{MOST_SESSIONS, SESSION_SECONDS, USE_SECONDS};
use crate::store::keys::{self, Known};

/// A session without its secret.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: i64,
    pub user: i64,
    pub person: String,
    pub browser: String,
    /// UTC epoch seconds, like the others.
    pub created_at: i64,
    pub last_used_at: i64,
    pub expires_at: i64,
}

/// What a new session is to be.
pub struct NewSession {
    pub user: i64,
    /// The key that it was begun with.
    pub key: Option<i64>,
    pub scopes: Vec<Scope>,
    pub hash: [u8; 32],
    pub browser: String,
    pub created_at: i64,
}

/// Those that have not expired, with the end of their key where that comes first.
const LIVE: &str = "FROM session JOIN user ON user.id = session.user
     LEFT JOIN api_key ON api_key.id = session.api_key AND api_key.revoked_at IS NULL
     WHERE (session.api_key IS NULL OR api_key.id IS NOT NULL) AND user.removed_at IS NULL";

const END: &str = "min(session.expires_at, coalesce(api_key.expires_at, session.expires_at))";

/// Begins a session, and removes those that have expired, and those of its key beyond the most that there may be.
pub fn create(connection: &Connection, session: &NewSession) -> Result<i64> {
    let NewSession { user, key, scopes, hash, browser, created_at } = session;
    connection.execute("DELETE FROM session WHERE expires_at <= ?1", [created_at])?;
    connection.execute(
        "INSERT INTO session (user, api_key, hash, scopes, browser, created_at, last_used_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
        params![user, key, hash, keys::names(scopes), browser, created_at, created_at + SESSION_SECONDS],
    )?;
    let id = connection.last_insert_rowid();
    connection.execute(
        "DELETE FROM session WHERE user = ?1 AND api_key IS ?2 AND id IN (
             SELECT id FROM session WHERE user = ?1 AND api_key IS ?2 AND id <> ?3
             ORDER BY last_used_at DESC, id DESC LIMIT -1 OFFSET ?4
         )",
        params![user, key, id, MOST_SESSIONS - 1],
    )?;
    Ok(id)
}

/// The session of that secret's hash, when neither it nor its key has been ended.
pub fn find(connection: &Connection, hash: &[u8; 32]) -> Result<Option<Known>> {
    let sql =
        format!("SELECT session.id, session.user, session.scopes, last_used_at, {END} {LIVE} AND session.hash = ?1");
    let known = |row: &Row| {
        let scopes = keys::scopes(&row.get::<_, String>(2)?);
        let principal = Principal { by: By::Session(row.get(0)?), user: row.get(1)?, scopes, locale: None };
        Ok(Known { principal, used_at: Some(row.get(3)?), expires_at: Some(row.get(4)?) })
    };
    Ok(connection.prepare_cached(&sql)?.query_row(params![hash], known).optional()?)
}

/// Writes that a session is used, which prolongs it, unless that was written within the hour.
pub fn touch(connection: &Connection, id: i64, now: i64) -> Result<()> {
    let sql = "UPDATE session SET last_used_at = ?2, expires_at = ?3 WHERE id = ?1 AND last_used_at <= ?4";
    connection.execute(sql, params![id, now, now + SESSION_SECONDS, now - USE_SECONDS])?;
    Ok(())
}

/// Those of a person, or of everybody, that are not over at `now`; the one that was used last first.
pub fn list(connection: &Connection, user: Option<i64>, now: i64) -> Result<Vec<SessionRow>> {
    let sql = format!(
        "SELECT session.id, session.user, user.name, browser, session.created_at, last_used_at, {END} {LIVE}
         AND (?1 IS NULL OR session.user = ?1) AND {END} > ?2 ORDER BY last_used_at DESC, session.id DESC"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![user, now], |row| {
        Ok(SessionRow {
            id: row.get(0)?,
            user: row.get(1)?,
            person: row.get(2)?,
            browser: row.get(3)?,
            created_at: row.get(4)?,
            last_used_at: row.get(5)?,
            expires_at: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ends a session of a person, or of anybody; false when there is none of that id.
pub fn end(connection: &Connection, id: i64, user: Option<i64>) -> Result<bool> {
    let sql = "DELETE FROM session WHERE id = ?1 AND (?2 IS NULL OR user = ?2)";
    Ok(connection.execute(sql, params![id, user])? == 1)
}

/// What a session of a person may do; none when there is none of that id.
pub fn scopes_of(connection: &Connection, id: i64, user: i64) -> Result<Option<Vec<Scope>>> {
    let sql = "SELECT scopes FROM session WHERE id = ?1 AND user = ?2";
    let names: Option<String> = connection.query_row(sql, [id, user], |row| row.get(0)).optional()?;
    Ok(names.map(|names| keys::scopes(&names)))
}

/// Ends the session of that secret's hash, if there is one.
pub fn end_of(connection: &Connection, hash: &[u8; 32]) -> Result<()> {
    connection.execute("DELETE FROM session WHERE hash = ?1", params![hash])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::{OWNER, hash};
    use crate::store::keys::NewKey;
    use crate::store::{connection, migrate};

    fn database() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connection::open_writer(&folder.path().join("test.db")).unwrap();
        migrate::migrate(&mut connection).unwrap();
        (folder, connection)
    }

    fn begin(connection: &Connection, secret: &str, key: Option<i64>, now: i64) -> i64 {
        let scopes = vec![Scope::Read];
        let session =
            NewSession { user: OWNER, key, scopes, hash: hash(secret), browser: "Firefox".into(), created_at: now };
        create(connection, &session).unwrap()
    }

    fn found(connection: &Connection, secret: &str, now: i64) -> Option<By> {
        Some(find(connection, &hash(secret)).unwrap()?.at(now)?.principal.by)
    }

    #[test]
    fn use_prolongs_a_session_and_is_written_once_an_hour() {
        let (_folder, database) = database();
        let id = begin(&database, "a", None, 0);
        touch(&database, id, USE_SECONDS - 1).unwrap();
        assert_eq!(list(&database, None, 0).unwrap()[0].last_used_at, 0);
        assert_eq!(found(&database, "a", SESSION_SECONDS - 1), Some(By::Session(id)));
        assert_eq!(found(&database, "a", SESSION_SECONDS), None);
        touch(&database, id, USE_SECONDS).unwrap();
        assert_eq!(found(&database, "a", SESSION_SECONDS), Some(By::Session(id)));
        assert_eq!(found(&database, "a", SESSION_SECONDS + USE_SECONDS), None);
        let next = begin(&database, "b", None, SESSION_SECONDS + USE_SECONDS);
        assert_eq!(list(&database, None, 0).unwrap().len(), 1, "the expired one is removed");
        assert!(end(&database, next, Some(OWNER)).unwrap() && !end(&database, next, None).unwrap());
        assert!(begin(&database, "c", None, 0) > next, "an id is never used again");
    }

    #[test]
    fn a_session_ends_with_the_key_it_was_begun_with() {
        let (_folder, database) = database();
        let key = |name: &str, expires_at| {
            let key = NewKey {
                user: "owner".into(),
                name: name.into(),
                scopes: vec![Scope::Read],
                hash: hash(name),
                created_at: 0,
                expires_at,
            };
            keys::create(&database, &key).unwrap()
        };
        let (lasting, short) = (key("lasting", None), key("short", Some(100)));
        begin(&database, "a", Some(lasting), 0);
        begin(&database, "b", Some(short), 0);
        assert!(found(&database, "a", 100).is_some());
        assert!(found(&database, "b", 99).is_some() && found(&database, "b", 100).is_none());
        assert_eq!(list(&database, None, 100).unwrap().len(), 1);
        keys::revoke(&database, lasting, 50).unwrap();
        assert_eq!(found(&database, "a", 60), None);
        assert!(list(&database, None, 60).unwrap().iter().all(|session| session.expires_at == 100));
    }

    #[test]
    fn a_person_sees_and_ends_their_own_only() {
        let (_folder, database) = database();
        let ben = keys::user_id(&database, "ben", 0).unwrap();
        let id = begin(&database, "a", None, 0);
        assert!(list(&database, Some(ben), 1).unwrap().is_empty());
        assert!(!end(&database, id, Some(ben)).unwrap());
        assert_eq!(list(&database, Some(OWNER), 1).unwrap()[0].person, "owner");
        assert!(end(&database, id, Some(OWNER)).unwrap());
    }
}
