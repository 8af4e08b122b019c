//! What every request asks first: whose key is this, and how far has that person's data come?
//!
//! Both change rarely, so they are answered from memory for as long as nobody has committed anything. Whether anybody has,
//! this process or another, SQLite tells from the shared memory of the WAL in about a microsecond; then all is forgotten and
//! asked again. So a key that was revoked, or a delivery that came, counts for the very next request. Whatever has to be
//! read is read by a reader of the pool while nothing is locked, so asking the memory never waits for the disk.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::error::Result;
use crate::model::key::Proof;
use crate::store::connection::{self, Pool};
use crate::store::keys::{self, Known};
use crate::store::{series, sessions};

pub struct Current {
    memory: Mutex<Memory>,
    readers: Pool,
}

struct Memory {
    watching: Connection,
    /// Another number than before when anybody else has committed.
    commits: i64,
    known: HashMap<Proof, Known>,
    data_versions: HashMap<i64, i64>,
}

impl Current {
    pub(super) fn open(path: &Path, readers: Pool) -> Result<Current> {
        let watching = connection::open_reader(path)?;
        let memory = Memory { watching, commits: -1, known: HashMap::new(), data_versions: HashMap::new() };
        Ok(Current { memory: Mutex::new(memory), readers })
    }

    /// Whose key or session it is at `now`, in UTC epoch seconds, when that is known without reading.
    pub fn remembered(&self, proof: &Proof, now: i64) -> Option<Known> {
        self.memory().ok()?.known.get(proof)?.at(now)
    }

    /// Whose key or session it is, when it is neither revoked nor expired at `now`, in UTC epoch seconds.
    pub fn known(&self, proof: &Proof, now: i64) -> Result<Option<Known>> {
        let found = self.ask(
            |reader| match proof {
                Proof::Key(hash) => keys::find(reader, hash),
                Proof::Session(hash) => sessions::find(reader, hash),
            },
            |memory, found| {
                // Only those that there are, or wrong ones could fill the memory.
                memory.known.extend(found.clone().map(|known| (*proof, known)));
            },
        )?;
        Ok(found.and_then(|known| known.at(now)))
    }

    /// The number that moves with every commit that changes a person's answers, when it is known without reading.
    pub fn remembered_data_version(&self, user: i64) -> Option<i64> {
        self.memory().ok()?.data_versions.get(&user).copied()
    }

    /// The number that moves with every commit that changes a person's answers.
    pub fn data_version(&self, user: i64) -> Result<i64> {
        self.ask(
            |reader| series::data_version(reader, user),
            |memory, version| {
                memory.data_versions.insert(user, *version);
            },
        )
    }

    /// Reads, and remembers what was read unless somebody has committed meanwhile.
    fn ask<T>(&self, read: impl FnOnce(&Connection) -> Result<T>, remember: impl FnOnce(&mut Memory, &T)) -> Result<T> {
        let before = self.memory()?.commits;
        let found = read(&*connection::from_pool(&self.readers)?)?;
        let mut memory = self.memory()?;
        if memory.commits == before {
            remember(&mut memory, &found);
        }
        Ok(found)
    }

    /// The memory, without what a commit has overtaken.
    fn memory(&self) -> Result<MutexGuard<'_, Memory>> {
        // A panic in between leaves nothing half done: maps are changed in one step each.
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let commits = memory.watching.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if memory.commits != commits {
            memory.commits = commits;
            memory.known.clear();
            memory.data_versions.clear();
        }
        Ok(memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::{Scope, hash};
    use crate::store::Store;
    use crate::store::keys::NewKey;

    fn store() -> (tempfile::TempDir, Store, i64) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 4).unwrap();
        let key = NewKey {
            user: "owner".into(),
            name: "test".into(),
            scopes: vec![Scope::Read],
            hash: hash("secret"),
            created_at: 0,
            expires_at: Some(100),
        };
        let id = store.writer().run(move |writing| keys::create(writing.connection, &key)).unwrap();
        (folder, store, id)
    }

    #[test]
    fn a_key_is_remembered_until_it_is_revoked_or_expires() {
        let (_folder, store, id) = store();
        let (current, proof) = (store.current(), Proof::Key(hash("secret")));
        assert!(current.remembered(&proof, 0).is_none(), "nobody has asked yet");
        assert!(current.known(&proof, 0).unwrap().is_some());
        assert!(current.remembered(&proof, 99).is_some());
        assert!(current.remembered(&proof, 100).is_none(), "expired");
        assert!(current.known(&proof, 100).unwrap().is_none());
        store.writer().run(move |writing| keys::revoke(writing.connection, id, 1)).unwrap();
        assert!(current.remembered(&proof, 0).is_none());
        assert!(current.known(&proof, 0).unwrap().is_none());
        assert!(current.remembered(&proof, 0).is_none(), "what is not there is not remembered");
    }

    #[test]
    fn another_connection_s_commit_is_seen_at_once() {
        let (_folder, store, _) = store();
        let current = store.current();
        assert_eq!(current.data_version(1).unwrap(), 0);
        assert_eq!(current.remembered_data_version(1), Some(0));
        let other = connection::open_writer(store.path()).unwrap();
        for version in 1..100 {
            other.execute("UPDATE user SET data_version = ?1", [version]).unwrap();
            assert_eq!(current.remembered_data_version(1), None);
            assert_eq!(current.data_version(1).unwrap(), version);
            assert_eq!(current.remembered_data_version(1), Some(version));
        }
    }

    #[test]
    fn a_commit_while_it_reads_is_not_forgotten() {
        let (_folder, store, _) = store();
        let read = |reader: &Connection| {
            let found = series::data_version(reader, 1);
            store
                .writer()
                .run(|writing| Ok(writing.connection.execute("UPDATE user SET data_version = 7", [])?))
                .unwrap();
            found
        };
        let remember = |memory: &mut Memory, version: &i64| _ = memory.data_versions.insert(1, *version);
        assert_eq!(store.current().ask(read, remember).unwrap(), 0);
        assert_eq!(store.current().remembered_data_version(1), None);
        assert_eq!(store.current().data_version(1).unwrap(), 7);
    }
}
