//! The disk fails in the middle: the k-th write, sync or truncation of the database's files, for each k until a run ends
//! without one. What was not stored is not acknowledged, the writer goes on with the next delivery, and after a kill and a
//! start without faults everything acknowledged is there.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::ledger::{LARGE, SMALL, Size, Visitor};
use crate::preload::{EIO, ENOSPC, Operation, Preload};
use crate::support::{Answer, Client, RealServer, command};

/// A server under faults, and what came of each delivery.
struct World {
    folder: tempfile::TempDir,
    preload: Preload,
    server: Option<RealServer>,
    client: Client,
    key: String,
    next: i64,
    acknowledged: Vec<(Size, i64, String)>,
    refused: Vec<(Size, i64)>,
    fired: usize,
}

impl World {
    fn start() -> Option<World> {
        let folder = tempfile::tempdir().unwrap();
        let preload = Preload::new(folder.path())?;
        let key = RealServer::create_key(folder.path(), "ingest,read");
        let mut command = command(folder.path());
        preload.load(&mut command).stderr(Stdio::null());
        let server = RealServer::run(command, &[]);
        let client = Client::new(&server.base, Some(&key));
        let (acknowledged, refused) = (Vec::new(), Vec::new());
        Some(World { folder, preload, server: Some(server), client, key, next: 0, acknowledged, refused, fired: 0 })
    }

    /// Posts the next delivery; whether it was acknowledged.
    fn post(&mut self, size: Size) -> bool {
        let number = self.next;
        self.next += 1;
        let answer = size.post(&self.client, number).expect("no answer");
        if answer.status != 200 {
            is_honest(&answer);
            self.refused.push((size, number));
            return false;
        }
        let id = answer.json()["delivery"].as_str().unwrap().to_owned();
        self.acknowledged.push((size, number, id));
        true
    }

    /// One fault at the `at`-th operation of the next `most` deliveries; whether there was one.
    fn fault(&mut self, (operation, error): (Operation, i64), at: i64, size: Size, most: usize) -> bool {
        self.preload.arm(operation, at, error);
        for _ in 0..most {
            self.post(size);
            if self.preload.has_fired() {
                break;
            }
        }
        let fired = self.preload.disarm();
        self.fired += usize::from(fired);
        assert!(self.post(SMALL), "the writer does not go on after {operation:?} number {at} has failed");
        self.client.get("/health/ready").expect(200);
        fired
    }

    /// Kills, starts without faults, and looks.
    fn verify(&mut self) {
        drop(self.server.take());
        let server = RealServer::start(self.folder.path());
        let client = Client::new(&server.base, Some(&self.key));
        let visitor = Visitor::open(self.folder.path());
        for (size, number, id) in &self.acknowledged {
            assert!(visitor.holds(id), "the delivery {number} is gone");
            assert_eq!(visitor.samples(*size, *number), size.samples, "samples of {number}");
        }
        for (size, number) in &self.refused {
            let found = visitor.samples(*size, *number);
            assert!(found == 0 || found == size.samples, "{found} samples of {number}, which was refused");
            size.store(&client, *number);
            assert_eq!(visitor.samples(*size, *number), size.samples);
        }
        is_sound(self.folder.path());
        println!(
            "{} faults, {} deliveries acknowledged and there, {} refused",
            self.fired,
            self.acknowledged.len(),
            self.refused.len()
        );
    }
}

/// A refusal that says that the disk is to blame.
#[track_caller]
fn is_honest(answer: &Answer) {
    let detail = answer.problem(answer.status);
    let kind = answer.json()["type"].as_str().unwrap().to_owned();
    let known = [(507, "urn:health-export:problem:disk-full"), (503, "urn:health-export:problem:disk-fault")];
    assert!(known.contains(&(answer.status, &*kind)), "{} {kind}: {detail}", answer.status);
    assert!(detail.contains("nothing was stored"), "{detail}");
}

#[track_caller]
fn is_sound(data_dir: &Path) {
    let checked = command(data_dir).arg("check").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn at_each_write_of_a_small_delivery() {
    for error in [EIO, ENOSPC] {
        let Some(mut world) = World::start() else { return };
        let mut at = 1;
        while world.fault((Operation::Write, error), at, SMALL, 1) {
            at += 1;
        }
        assert!(at > 5, "a delivery was written by {at} writes");
        world.verify();
    }
}

#[test]
fn at_writes_all_over_large_deliveries_and_their_checkpoints() {
    let Some(mut world) = World::start() else { return };
    for at in (0..16).map(|step| 1 + step * 61) {
        assert!(world.fault((Operation::Write, EIO), at, LARGE, 60), "fewer than {at} writes");
    }
    world.verify();
}

#[test]
fn at_syncs_of_commits_and_checkpoints() {
    for error in [EIO, ENOSPC] {
        let Some(mut world) = World::start() else { return };
        for at in 1..=12 {
            assert!(world.fault((Operation::Sync, error), at, LARGE, 60), "fewer than {at} syncs");
        }
        assert!(!world.refused.is_empty(), "no sync was one of a commit");
        world.verify();
    }
}

/// A data directory as a kill leaves it, with a WAL that the start must recover.
fn killed(folder: &Path) -> (String, String) {
    let key = RealServer::create_key(folder, "ingest,read");
    let server = RealServer::start(folder);
    let id = SMALL.store(&Client::new(&server.base, Some(&key)), 0);
    (key, id)
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A whole life, start, a delivery and stop, with one fault in it; whether there was one.
fn live_with_fault(template: &Path, (key, id): (&str, &str), operation: Operation, at: i64) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    copy(template, folder.path());
    let preload = Preload::new(folder.path())?;
    preload.arm(operation, at, EIO);
    let mut command = command(folder.path());
    preload.load(&mut command).args(["serve", "--listen", "127.0.0.1:0", "--home-zone", "UTC"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let acknowledged = match line.split_whitespace().last() {
        Some(base) => {
            let answer = SMALL.post(&Client::new(base, Some(key)), 1).expect("no answer");
            if answer.status != 200 {
                is_honest(&answer);
            }
            stop(&process);
            answer.status == 200
        }
        None => false,
    };
    let ended = process.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!said.contains("panicked"), "{said}");
    assert!(!line.is_empty() || said.contains("disk"), "it did not start and said {said:?}");
    let visitor = Visitor::open(folder.path());
    assert!(visitor.holds(id) && visitor.samples(SMALL, 0) == SMALL.samples, "{operation:?} {at}");
    assert!(!acknowledged || visitor.samples(SMALL, 1) == SMALL.samples, "{operation:?} {at}");
    let whole: String = visitor.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok", "{operation:?} {at}");
    Some(preload.disarm())
}

fn stop(process: &Child) {
    let told = std::process::Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(told.success());
}

#[test]
fn at_each_step_of_a_start_after_a_kill_and_of_a_stop() {
    let template = tempfile::tempdir().unwrap();
    let (key, id) = killed(template.path());
    for operation in [Operation::Truncate, Operation::Sync, Operation::Write] {
        let mut at = 1;
        loop {
            match live_with_fault(template.path(), (&key, &id), operation, at) {
                None => return,
                Some(true) => at += 1,
                Some(false) => break,
            }
        }
        println!("{} faults of {operation:?} between a start and a stop", at - 1);
    }
}

#[test]
fn who_uploads_to_a_disk_that_fails_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let Some(preload) = Preload::new(folder.path()) else { return };
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let mut command = command(folder.path());
    preload.load(&mut command).env("PRELOAD_FOLDER", folder.path()).stderr(Stdio::null());
    let server = RealServer::run(command, &[]);
    let client = Client::new(&server.base, Some(&key));
    // Far more than the connection holds, so that most of it is still to come when the disk fails.
    let body = vec![b' '; 48 << 20];
    for (operation, at) in [(Operation::Create, 1), (Operation::Write, 1), (Operation::Write, 5), (Operation::Sync, 1)]
    {
        for error in [EIO, ENOSPC] {
            preload.arm(operation, at, error);
            let answer = client.request("POST", "/api/v1/import", &[], &body).expect("no answer");
            assert!(preload.disarm(), "{operation:?} {at}");
            is_honest(&answer);
        }
    }
}
