//! Keys and the people they belong to.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::key::{By, Principal, Scope};
use crate::store::people;

/// A key without its secret.
#[derive(Debug, Clone)]
pub struct KeyRow {
    pub id: i64,
    pub user: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    /// UTC epoch seconds, like the others.
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    /// As it was last written, which may be some minutes ago.
    pub used_at: Option<i64>,
}

/// What a new key is to be.
pub struct NewKey {
    pub user: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub hash: [u8; 32],
    pub created_at: i64,
    pub expires_at: Option<i64>,
}

/// Most characters of a name.
const NAME: usize = 100;

impl NewKey {
    /// The name of a key as it is kept.
    pub fn name(name: &str) -> Result<String> {
        people::as_kept("name", name, NAME)
    }

    /// Scopes by name; at least one.
    pub fn scopes(names: &[String]) -> Result<Vec<Scope>> {
        let one = |name: &String| {
            let wrong = || format!("scopes: {name:?} is no scope, there are ingest, read, export and admin");
            Scope::parse(name).ok_or_else(|| Error::BadRequest(wrong()))
        };
        let mut scopes = names.iter().map(one).collect::<Result<Vec<Scope>>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        match scopes.is_empty() {
            true => Err(Error::BadRequest("scopes: name at least one of ingest, read, export and admin".into())),
            false => Ok(scopes),
        }
    }
}

/// The person of that name, added when new.
pub fn user_id(connection: &Connection, name: &str, now: i64) -> Result<i64> {
    match people::find(connection, name)? {
        Some(user) => people::refuse_removed(connection, user).map(|()| user),
        None => people::create(connection, name, now),
    }
}

/// The person of that name.
pub fn find_user(connection: &Connection, name: &str) -> Result<i64> {
    people::find(connection, name)?.ok_or_else(|| Error::NotFound(format!("there is no person named {name:?} here")))
}

/// How a person is called.
pub fn user_name(connection: &Connection, user: i64) -> Result<String> {
    Ok(connection.query_row("SELECT name FROM user WHERE id = ?1", [user], |row| row.get(0))?)
}

pub fn create(connection: &Connection, key: &NewKey) -> Result<i64> {
    let user = user_id(connection, &key.user, key.created_at)?;
    connection.execute(
        "INSERT INTO api_key (user, name, hash, scopes, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![user, key.name, key.hash, names(&key.scopes), key.created_at, key.expires_at],
    )?;
    Ok(connection.last_insert_rowid())
}

/// Says how the sender behind a key writes numbers, unless it says so itself.
pub fn set_locale(connection: &Connection, id: i64, locale: &str) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO api_key_locale (api_key, locale) VALUES (?1, ?2)";
    connection.execute(sql, params![id, locale])?;
    Ok(())
}

/// Marks a key as revoked; false when there is none of that id that still works.
pub fn revoke(connection: &Connection, id: i64, now: i64) -> Result<bool> {
    let changed = connection
        .execute("UPDATE api_key SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL", params![id, now])?;
    Ok(changed == 1)
}

pub fn list(connection: &Connection) -> Result<Vec<KeyRow>> {
    let mut statement = connection.prepare(
        "SELECT api_key.id, user.name, api_key.name, scopes, api_key.created_at, expires_at, revoked_at, used_at
         FROM api_key JOIN user ON user.id = api_key.user
         LEFT JOIN api_key_use ON api_key_use.api_key = api_key.id ORDER BY api_key.id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(KeyRow {
            id: row.get(0)?,
            user: row.get(1)?,
            name: row.get(2)?,
            scopes: scopes(&row.get::<_, String>(3)?),
            created_at: row.get(4)?,
            expires_at: row.get(5)?,
            revoked_at: row.get(6)?,
            used_at: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A key or session that is not revoked, and when it ends, in UTC epoch seconds.
#[derive(Debug, Clone)]
pub struct Known {
    pub principal: Principal,
    /// When it was last written that a session is used.
    pub used_at: Option<i64>,
    pub expires_at: Option<i64>,
}

impl Known {
    /// The same, when it has not expired at `now`.
    pub fn at(&self, now: i64) -> Option<Known> {
        self.expires_at.is_none_or(|end| end > now).then(|| self.clone())
    }
}

/// The key of that secret's hash, when there is one that is not revoked.
///
/// The look-up is by the hash of 256 random bits, so its timing tells nothing about any secret.
pub fn find(connection: &Connection, hash: &[u8; 32]) -> Result<Option<Known>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, user, scopes, locale, expires_at
             FROM api_key LEFT JOIN api_key_locale ON api_key_locale.api_key = api_key.id
             WHERE hash = ?1 AND revoked_at IS NULL AND (SELECT removed_at IS NULL FROM user WHERE user.id = api_key.user)",
        )?
        .query_row(params![hash], |row| {
            let scopes = scopes(&row.get::<_, String>(2)?);
            let principal = Principal { by: By::Key(row.get(0)?), user: row.get(1)?, scopes, locale: row.get(3)? };
            Ok(Known { principal, used_at: None, expires_at: row.get(4)? })
        })
        .optional()?)
}

pub(super) fn names(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
}

pub(super) fn scopes(names: &str) -> Vec<Scope> {
    names.split(',').filter_map(Scope::parse).collect()
}
