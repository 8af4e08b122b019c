//! Holds off a mistyped folder that becomes an empty database which is all well, and a dump that is restored into a page of SQL.

use std::path::Path;
use std::process::Output;

use crate::support::{RealServer, command};

fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    command(data_dir).args(arguments).output().unwrap()
}

#[test]
fn what_is_about_a_database_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let (nowhere, out) = (folder.path().join("nowhere"), folder.path().join("out").display().to_string());
    for arguments in [
        &["check"][..],
        &["key", "list"],
        &["key", "revoke", "1"],
        &["replay"],
        &["backup"],
        &["export", "--all", "--format", "csv", "--out", &out],
        &["export", "--format", "csv", "--out", &out],
    ] {
        let output = run(&nowhere, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("there is no database in") && said.contains("nowhere"), "{arguments:?}: {said}");
        assert!(!nowhere.exists() && !Path::new(&out).exists(), "{arguments:?} made something");
    }
    // A folder that is there stays as it was, too.
    std::fs::create_dir(&nowhere).unwrap();
    assert_eq!(run(&nowhere, &["check"]).status.code(), Some(1));
    assert_eq!(std::fs::read_dir(&nowhere).unwrap().count(), 0);
}

#[test]
fn a_database_without_the_number_of_its_schema_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    RealServer::create_key(&data_dir, "read");
    let dumped = folder.path().join("dumped.db");
    std::fs::copy(data_dir.join("health.db"), &dumped).unwrap();
    let number = |number: u32| {
        let connection = rusqlite::Connection::open(&dumped).unwrap();
        connection.pragma_update(None, "journal_mode", "delete").unwrap();
        let before: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        connection.pragma_update(None, "user_version", number).unwrap();
        before
    };
    let newest = number(0);
    let path = dumped.display().to_string();
    let new = folder.path().join("new");
    let told = |output: Output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("PRAGMA user_version = {newest}")) && said.lines().count() < 5, "{said}");
    };
    told(run(&new, &["restore", &path]));
    told(run(&new, &["backup", "--verify", &path]));
    assert!(!new.join("health.db").exists());
    // The same in the place of the database itself.
    std::fs::create_dir_all(&new).unwrap();
    std::fs::copy(&dumped, new.join("health.db")).unwrap();
    told(run(&new, &["check"]));
    std::fs::remove_dir_all(&new).unwrap();

    assert_eq!(number(newest), 0);
    assert!(run(&new, &["restore", &path]).status.success());
    assert!(run(&new, &["check"]).status.success());
}
