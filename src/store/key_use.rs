//! When keys were last used: noted in memory as they are, and written together now and then.
//!
//! No request waits for this, and no data version moves by it. A process that dies forgets the last minute, which is worth
//! less than a write for each request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::error::Result;
use crate::store::Store;

/// How often it is written at most.
const EVERY: Duration = Duration::from_secs(60);

/// By the id of the key, in UTC epoch seconds.
type Times = HashMap<i64, i64>;

#[derive(Default)]
pub struct KeyUse(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    /// Since the start of the process.
    times: Times,
    /// What of it has been written.
    written: Times,
    wrote: Option<Instant>,
}

impl KeyUse {
    pub fn note(&self, key: i64, now: i64) {
        self.noted().times.insert(key, now);
    }

    /// When a key was last used since the start of the process.
    pub fn last(&self, key: i64) -> Option<i64> {
        self.noted().times.get(&key).copied()
    }

    /// What is to be written, when it is time for that.
    fn due(&self, now: Instant) -> Vec<(i64, i64)> {
        let mut noted = self.noted();
        if noted.wrote.is_some_and(|wrote| now.duration_since(wrote) < EVERY) {
            return Vec::new();
        }
        noted.wrote = Some(now);
        noted.unwritten()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        // Maps are changed in one step each, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    fn unwritten(&self) -> Vec<(i64, i64)> {
        let new = self.times.iter().filter(|(key, at)| self.written.get(key) != Some(at));
        new.map(|(key, at)| (*key, *at)).collect()
    }
}

/// Writes what is new, at most once a minute.
pub fn write_when_due(store: &Store) -> Result<()> {
    write(store, store.key_use().due(Instant::now()))
}

/// Writes what is new, before the process ends.
pub fn write_now(store: &Store) -> Result<()> {
    let unwritten = store.key_use().noted().unwritten();
    write(store, unwritten)
}

fn write(store: &Store, uses: Vec<(i64, i64)>) -> Result<()> {
    // Trying whether a disk that has failed works again is not for this.
    if uses.is_empty() || store.condition().fault().is_some() {
        return Ok(());
    }
    let written = store.writer().run(move |writing| {
        put(writing.connection, &uses)?;
        Ok(uses)
    })?;
    store.key_use().noted().written.extend(written);
    Ok(())
}

/// The later one stands, because another process may have written too.
fn put(connection: &Connection, uses: &[(i64, i64)]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO api_key_use (api_key, used_at) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET used_at = max(used_at, excluded.used_at)",
    )?;
    for (key, at) in uses {
        statement.execute((key, at))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::Scope;
    use crate::store::keys::{self, NewKey};
    use crate::store::series;

    #[test]
    fn it_is_written_at_most_once_a_minute_and_moves_no_data_version() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 4).unwrap();
        let key = NewKey {
            user: "owner".into(),
            name: "test".into(),
            scopes: vec![Scope::Read],
            hash: [7; 32],
            created_at: 0,
            expires_at: None,
        };
        let id = store.writer().run(move |writing| keys::create(writing.connection, &key)).unwrap();
        let written = || keys::list(&store.reader().unwrap()).unwrap()[0].used_at;
        store.key_use().note(id, 100);
        assert_eq!((store.key_use().last(id), written()), (Some(100), None));
        write_when_due(&store).unwrap();
        assert_eq!(written(), Some(100));
        store.key_use().note(id, 130);
        write_when_due(&store).unwrap();
        assert_eq!(written(), Some(100), "a minute has not passed");
        write_now(&store).unwrap();
        assert_eq!(written(), Some(130));
        assert!(store.key_use().noted().unwritten().is_empty());
        assert_eq!(series::data_version(&store.reader().unwrap(), 1).unwrap(), 0);
    }
}
