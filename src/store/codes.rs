//! One-time codes. They are in the database, and not in the memory of a server, so that a command beside it can make one.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Result};
use crate::model::key::{OWNER, Scope, hash};
use crate::model::session::{CODE_SECONDS, new_code};
use crate::store::Store;
use crate::store::{keys, people};

/// A code that was made just now; it is stored nowhere.
#[derive(Debug)]
pub struct Made {
    pub code: String,
    /// UTC epoch seconds.
    pub expires_at: i64,
}

/// Whom a code that was used lets in.
#[derive(Debug)]
pub struct Admitted {
    pub user: i64,
    pub scopes: Vec<Scope>,
}

/// Those of people who are here.
const LIVE: &str = "user NOT IN (SELECT id FROM user WHERE removed_at IS NOT NULL)";

/// Makes a code for the owner, who may do everything.
pub fn make_for_owner(store: &Store, now: i64) -> Result<Made> {
    store.writer().run(move |writing| make(writing.connection, OWNER, now))
}

/// Makes a code for a person; those that were never used in time are removed.
pub fn make(connection: &Connection, user: i64, now: i64) -> Result<Made> {
    people::refuse_removed(connection, user)?;
    let code = new_code().map_err(|fault| Error::internal("making a code", fault))?;
    let scopes: &[Scope] = if user == OWNER { &Scope::ALL } else { &[Scope::Read, Scope::Export, Scope::Ingest] };
    let expires_at = now + CODE_SECONDS;
    connection.execute("DELETE FROM one_time_code WHERE expires_at <= ?1", [now])?;
    connection.execute(
        "INSERT INTO one_time_code (hash, user, scopes, expires_at) VALUES (?1, ?2, ?3, ?4)",
        params![hash(&code), user, keys::names(scopes), expires_at],
    )?;
    Ok(Made { code, expires_at })
}

/// Whether a code can still be used; so that wrong ones write nothing.
pub fn is_usable(connection: &Connection, hash: &[u8; 32], now: i64) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM one_time_code WHERE hash = ?1 AND expires_at > ?2 AND {LIVE})");
    Ok(connection.query_row(&sql, params![hash, now], |row| row.get(0))?)
}

/// Uses a code up. Of two who try at once one is let in, because one statement finds and removes it.
pub fn take(connection: &Connection, hash: &[u8; 32], now: i64) -> Result<Option<Admitted>> {
    let sql =
        format!("DELETE FROM one_time_code WHERE hash = ?1 AND expires_at > ?2 AND {LIVE} RETURNING user, scopes");
    let admitted = connection.query_row(&sql, params![hash, now], |row| {
        Ok(Admitted { user: row.get(0)?, scopes: keys::scopes(&row.get::<_, String>(1)?) })
    });
    Ok(admitted.optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 4).unwrap();
        (folder, store)
    }

    fn used(store: &Store, code: &str, now: i64) -> Option<Admitted> {
        let hash = hash(code);
        store.writer().run(move |writing| take(writing.connection, &hash, now)).unwrap()
    }

    #[test]
    fn a_code_works_once_and_for_half_an_hour() {
        let (_folder, store) = store();
        let made = make_for_owner(&store, 1_000).unwrap();
        assert_eq!(made.expires_at, 1_000 + 1_800);
        assert!(used(&store, "0000000000", 1_000).is_none());
        assert!(used(&store, &made.code, 2_800).is_none(), "expired to the second");
        let admitted = used(&store, &made.code, 2_799).unwrap();
        assert_eq!((admitted.user, admitted.scopes.contains(&Scope::Admin)), (OWNER, true));
        assert!(used(&store, &made.code, 2_799).is_none(), "used");
    }

    #[test]
    fn only_the_owner_s_code_is_an_admin_s_and_old_ones_are_removed() {
        let (_folder, store) = store();
        make_for_owner(&store, 0).unwrap();
        let work = |writing: &mut crate::store::writer::Writing| {
            let ben = keys::user_id(writing.connection, "ben", 0)?;
            make(writing.connection, ben, 10_000)
        };
        let made = store.writer().run(work).unwrap();
        let left: i64 =
            store.reader().unwrap().query_row("SELECT count(*) FROM one_time_code", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 1);
        let admitted = used(&store, &made.code, 10_001).unwrap();
        assert!(admitted.user != OWNER && !admitted.scopes.contains(&Scope::Admin), "{admitted:?}");
    }

    #[test]
    fn of_many_at_once_one_is_let_in() {
        let (_folder, store) = store();
        for _ in 0..20 {
            let made = make_for_owner(&store, 0).unwrap();
            let admitted: usize = std::thread::scope(|scope| {
                let tries: Vec<_> =
                    (0..4).map(|_| scope.spawn(|| usize::from(used(&store, &made.code, 1).is_some()))).collect();
                tries.into_iter().map(|one| one.join().unwrap()).sum()
            });
            assert_eq!(admitted, 1);
        }
    }
}
