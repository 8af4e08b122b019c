//! Holds off the restore that makes things worse: it never runs under a server, never deletes, and wherever it is killed there is
//! the old database or the new one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use health_export::synth::random::Random;

use crate::support::numbered::delivery;
use crate::support::{Client, RealServer, command};

fn run(data_dir: &Path, arguments: &[&str]) -> (bool, String) {
    let done = command(data_dir).args(arguments).output().unwrap();
    (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

fn send(data_dir: &Path, key: &str, numbers: std::ops::Range<i64>) {
    let server = RealServer::start(data_dir);
    let client = Client::new(&server.base, Some(key));
    numbers.for_each(|number| drop(client.ingest(&delivery(number)).expect(200)));
}

fn deliveries(data_dir: &Path, key: &str) -> usize {
    let server = RealServer::start(data_dir);
    let listed = Client::new(&server.base, Some(key)).get("/api/v1/deliveries?limit=1000").expect(200);
    listed["deliveries"].as_array().unwrap().len()
}

/// A backup of 20 deliveries, and a database that has had 30 more since, whose server was killed.
fn with_backup(folder: &Path) -> (String, String) {
    let key = RealServer::create_key(&folder.join("data"), "ingest,read");
    let file = folder.join("copy.db").display().to_string();
    send(&folder.join("data"), &key, 0..20);
    assert!(run(&folder.join("data"), &["backup", &file]).0);
    send(&folder.join("data"), &key, 20..50);
    (key, file)
}

#[test]
fn it_refuses_under_a_server_and_over_a_database_and_keeps_what_it_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let (key, file) = with_backup(folder.path());
    let server = RealServer::start(&data_dir);
    let (done, text) = run(&data_dir, &["restore", &file, "--force"]);
    assert!(!done && text.contains("already running on this data directory"), "{text}");
    drop(server);
    let (done, text) = run(&data_dir, &["restore", &file]);
    assert!(!done && text.contains("--force") && text.contains("kept aside"), "{text}");
    assert_eq!(deliveries(&data_dir, &key), 50);
    let (done, text) = run(&data_dir, &["restore", &file, "--force"]);
    assert!(done && text.contains("20 deliveries, 60 samples"), "{text}");
    assert_eq!(deliveries(&data_dir, &key), 20);
    // What was there is a backup like any other: it can be put back.
    let aside = text.split_whitespace().last().unwrap();
    assert!(aside.contains("health-before-restore-"), "{text}");
    let (done, text) = run(&data_dir, &["restore", aside, "--force"]);
    assert!(done && text.contains("50 deliveries"), "{text}");
    assert_eq!(deliveries(&data_dir, &key), 50);
}

#[test]
fn wherever_it_is_killed_there_is_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let (key, file) = with_backup(folder.path());
    let (mut moments, mut seen) = (Random::new(11), [0, 0]);
    for _ in 0..25 {
        let mut restore = command(&data_dir).args(["restore", &file, "--force"]).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(moments.between(500.0, 60_000.0) as u64));
        drop(restore.kill());
        restore.wait().unwrap();
        let checked = run(&data_dir, &["check"]);
        assert!(checked.0, "{}", checked.1);
        match deliveries(&data_dir, &key) {
            50 => seen[0] += 1,
            20 => {
                seen[1] += 1;
                send(&data_dir, &key, 20..50);
            }
            other => panic!("neither the old nor the new: {other} deliveries"),
        }
    }
    assert!(seen[0] + seen[1] == 25 && fs::exists(data_dir.join("health.db")).unwrap(), "{seen:?}");
}

#[test]
fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, file) = with_backup(folder.path());
    fs::remove_file(format!("{file}.sha256")).unwrap();
    rusqlite::Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let (done, text) = run(&folder.path().join("new"), &["restore", &file]);
    assert!(!done && text.contains("install a newer health-export"), "{text}");
}
