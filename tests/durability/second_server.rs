//! Two servers on one data directory would not know of each other: the second is refused, also while the first starts.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::ledger::SMALL;
use crate::support::{Client, RealServer, command};

fn spawn(data_dir: &Path) -> Child {
    let mut command = command(data_dir);
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Fails unless it ends soon with exit code 1 and a sentence.
#[track_caller]
fn is_refused(mut second: Child) {
    let begun = Instant::now();
    let status = second.wait().unwrap();
    let mut said = String::new();
    second.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("already running on this data directory; stop it first"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn a_second_server_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    for number in 0..3 {
        is_refused(spawn(folder.path()));
        SMALL.store(&client, number);
    }
    for beside in [&["key", "list"][..], &["check"]] {
        assert!(command(folder.path()).args(beside).output().unwrap().status.success(), "{beside:?}");
    }
    drop(server);
    // The lock is gone with the process, however it ended.
    let server = RealServer::start(folder.path());
    SMALL.store(&Client::new(&server.base, Some(&key)), 3);
}

#[test]
fn of_several_that_start_at_once_one_serves() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let mut started: Vec<Child> = (0..4).map(|_| spawn(folder.path())).collect();
        let begun = Instant::now();
        while started.iter_mut().map(|child| child.try_wait().unwrap()).filter(Option::is_none).count() > 1 {
            assert!(begun.elapsed() < Duration::from_secs(5), "several serve");
            std::thread::sleep(Duration::from_millis(5));
        }
        let serving = started.iter_mut().position(|child| child.try_wait().unwrap().is_none()).expect("none serves");
        let mut first = started.remove(serving);
        started.into_iter().for_each(is_refused);
        first.kill().unwrap();
        first.wait().unwrap();
    }
}
