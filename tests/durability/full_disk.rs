//! The disk is full: 507 and nothing half stored, questions are answered as ever, and when there is room again the server
//! goes on by itself.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::ledger::{LARGE, SMALL, SPOOLED, Size, Visitor};
use crate::support::{Client, RealServer, command};

/// A file system in memory, unmounted when this is dropped.
struct Mount(tempfile::TempDir);

impl Mount {
    fn new(megabytes: u64) -> Option<Mount> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder.path()).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Mount(folder)),
            _ => {
                println!("SKIPPED: a file system cannot be mounted here");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // What still has a file open in there is a child that has just been killed.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Takes all the room that is left.
fn fill(path: &Path) {
    let mut filler = File::options().append(true).create(true).open(path).unwrap();
    for piece in [1 << 20, 4 << 10, 1] {
        while std::io::Write::write_all(&mut filler, &vec![b'x'; piece]).is_ok() {}
    }
}

#[track_caller]
fn type_of(answer: &crate::support::Answer) -> (u16, String) {
    let kind = answer.json()["type"].as_str().unwrap().to_owned();
    (answer.status, kind.trim_start_matches("urn:health-export:problem:").to_owned())
}

/// Posts until one is refused; what was refused, and with what.
fn until_refused(client: &Client, size: Size, from: i64, acknowledged: &mut Vec<(Size, i64)>) -> (i64, (u16, String)) {
    for number in from..from + 200 {
        let answer = size.post(client, number).expect("no answer");
        match answer.status {
            200 => acknowledged.push((size, number)),
            _ => return (number, type_of(&answer)),
        }
    }
    panic!("200 deliveries of {} on a full disk", size.metric);
}

#[track_caller]
fn wait_until_ready(client: &Client) {
    let begun = Instant::now();
    while client.get("/health/ready").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", client.get("/health/ready").text());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// While nothing can be written, all else goes on.
#[track_caller]
fn is_up_and_says_why(client: &Client, why: &str) {
    assert_eq!(client.get("/api/v1/metrics").status, 200);
    assert_eq!(client.get("/api/v1/aggregate/made_up_small?bucket=day").status, 200);
    client.get("/health/live").expect(200);
    let detail = client.get("/health/ready").problem(503);
    assert!(detail.contains(why), "{detail}");
}

#[track_caller]
fn verify(data_dir: &Path, client: &Client, acknowledged: &[(Size, i64)], refused: &[(Size, i64)]) {
    let visitor = Visitor::open(data_dir);
    for (size, number) in refused {
        assert_eq!(visitor.samples(*size, *number), 0, "{number} was refused");
        size.store(client, *number);
    }
    for (size, number) in acknowledged.iter().chain(refused) {
        assert_eq!(visitor.samples(*size, *number), size.samples, "{number} of {}", size.metric);
    }
    let checked = command(data_dir).arg("check").output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    // A test's disk is small.
    let mut wrong = said.lines().filter(|line| line.starts_with("WRONG") && !line.contains("free space"));
    assert_eq!(wrong.next(), None, "{said}");
}

#[test]
fn a_full_disk_refuses_with_507_and_goes_on_when_there_is_room() {
    let Some(mount) = Mount::new(64) else { return };
    let data_dir = mount.path().join("data");
    let key = RealServer::create_key(&data_dir, "ingest,read,export");
    let server = RealServer::start_with(&data_dir, &["--keep-free-mb", "0"]);
    let client = Client::new(&server.base, Some(&key));
    let (mut acknowledged, mut refused) = (vec![(SMALL, 0), (SPOOLED, 0)], Vec::new());
    SMALL.store(&client, 0);
    SPOOLED.store(&client, 0);
    let filler = mount.path().join("filler");
    for round in 1..=3 {
        fill(&filler);
        for size in [SPOOLED, LARGE, SMALL] {
            let (number, met) = until_refused(&client, size, round * 1000, &mut acknowledged);
            assert_eq!(met, (507, "disk-full".to_owned()), "{}", size.metric);
            refused.push((size, number));
        }
        is_up_and_says_why(&client, "the disk is full");
        std::fs::remove_file(&filler).unwrap();
        wait_until_ready(&client);
        SMALL.store(&client, round * 1000 + 500);
        acknowledged.push((SMALL, round * 1000 + 500));
    }
    verify(&data_dir, &client, &acknowledged, &refused);
    println!("{} refused with 507, {} acknowledged and there", refused.len(), acknowledged.len());
    drop(server);
}

/// The real binary where a file may not grow beyond a limit, which is an error there and no signal.
fn limited(data_dir: &Path) -> Command {
    let real = command(data_dir);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(real.get_program()).args(real.get_args());
    for (name, value) in real.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stderr(Stdio::null());
    shell
}

fn set_largest_file(process: u32, bytes: &str) -> bool {
    let limit = format!("--fsize={bytes}:unlimited");
    let set = Command::new("prlimit").args(["--pid", &process.to_string(), &limit]).output();
    set.is_ok_and(|output| output.status.success())
}

#[test]
fn a_file_that_may_not_grow_is_told_and_gone_when_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::run(limited(folder.path()), &[]);
    let client = Client::new(&server.base, Some(&key));
    SMALL.store(&client, 0);
    let wal = std::fs::metadata(folder.path().join("health.db-wal")).unwrap().len();
    if !set_largest_file(server.process.id(), &wal.to_string()) {
        println!("SKIPPED: prlimit is not there, or may not");
        return;
    }
    let (mut acknowledged, mut refused) = (vec![(SMALL, 0)], Vec::new());
    for size in [SPOOLED, LARGE, SMALL] {
        let (number, met) = until_refused(&client, size, 1, &mut acknowledged);
        let known = [(507, "disk-full".to_owned()), (503, "disk-fault".to_owned())];
        assert!(known.contains(&met), "{met:?}");
        refused.push((size, number));
    }
    is_up_and_says_why(&client, "the disk");
    assert!(set_largest_file(server.process.id(), "unlimited"));
    wait_until_ready(&client);
    verify(folder.path(), &client, &acknowledged, &refused);
}
