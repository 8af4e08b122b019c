//! Holds off an older program that opens a newer database and writes to it what the newer one no longer understands.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::support::{RealServer, command};

/// The bytes of every file of the database that holds data, by name.
fn bytes(data_dir: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    let read =
        |name: &'static str| Some((name, fs::read(data_dir.join(name)).ok()?)).filter(|(_, bytes)| !bytes.is_empty());
    ["health.db", "health.db-wal"].into_iter().filter_map(read).collect()
}

#[test]
fn every_command_refuses_a_newer_database_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    RealServer::create_key(folder.path(), "read");
    let newer = Connection::open(folder.path().join("health.db")).unwrap();
    newer.execute_batch("CREATE TABLE from_the_future (a); PRAGMA user_version = 99").unwrap();
    drop(newer);
    let before = bytes(folder.path());
    assert!(before.contains_key("health.db"));
    let out = folder.path().join("out.csv").display().to_string();
    let commands: [&[&str]; 6] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["check"],
        &["key", "list"],
        &["key", "create", "--name", "a", "--scope", "read"],
        &["import", "/dev/null"],
        &["export", "--format", "csv", "--out", &out],
    ];
    for arguments in commands {
        let refused = command(folder.path()).args(arguments).output().unwrap();
        let sentence = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(sentence.contains("schema 99") && sentence.contains("install a newer health-export"), "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert_eq!(String::from_utf8(refused.stdout).unwrap(), "", "{arguments:?}");
        assert!(bytes(folder.path()) == before, "{arguments:?} changed the database");
    }
}
