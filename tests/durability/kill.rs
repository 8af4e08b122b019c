//! The power goes: the real binary is killed at random moments while senders, readers, an import and a backup are at it.
//! Whatever it had answered must be there afterwards, once, and what it had not must be there whole or not at all.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use health_export::synth::random::Random;

use crate::ledger::{LARGE, SMALL, Size, Visitor};
use crate::support::apple::{steps, xml};
use crate::support::{Client, RealServer, command};

/// How many senders there are of each size.
const SENDERS: [Size; 4] = [SMALL, SMALL, SMALL, LARGE];

/// A whole check reads everything, so not each cycle has one.
const CHECKED_EVERY: u64 = 10;

fn cycles() -> u64 {
    std::env::var("DURABILITY_CYCLES").map_or(50, |cycles| cycles.parse().expect("DURABILITY_CYCLES is a number"))
}

/// Numbers of deliveries, of either size.
#[derive(Default)]
struct Numbers {
    small: AtomicI64,
    large: AtomicI64,
}

impl Numbers {
    fn next(&self, size: Size) -> i64 {
        let numbers = if size == SMALL { &self.small } else { &self.large };
        numbers.fetch_add(1, Ordering::SeqCst)
    }
}

/// What became of a delivery: its id when it was acknowledged.
type Sent = (Size, i64, Option<String>);

fn send_until_dead(client: &Client, size: Size, numbers: &Numbers) -> Vec<Sent> {
    let mut sent = Vec::new();
    loop {
        let number = numbers.next(size);
        let Some(answer) = size.post(client, number) else {
            sent.push((size, number, None));
            return sent;
        };
        match answer.status {
            200 => sent.push((size, number, Some(answer.json()["delivery"].as_str().unwrap().to_owned()))),
            429 => sent.push((size, number, None)),
            other => panic!("{other}: {}", answer.text()),
        }
    }
}

fn ask_until_dead(client: &Client) {
    let questions = [
        "/api/v1/aggregate/made_up_small?bucket=hour",
        "/api/v1/data/made_up_large?limit=500",
        "/api/v1/export/samples?format=csv&metric=made_up_small",
        "/api/v1/metrics",
    ];
    for question in questions.iter().cycle() {
        match client.request("GET", question, &[], b"") {
            Some(answer) => assert!([200, 404, 429].contains(&answer.status), "{question}: {}", answer.text()),
            None => return,
        }
    }
}

/// Whatever else may be under way; it is killed with the server.
fn beside(data_dir: &Path, work: &Path, cycle: u64) -> Option<Child> {
    let mut command = command(data_dir);
    match cycle % 5 {
        1 => command.args(["import", "--home-zone", "UTC"]).arg(work.join("export.xml")),
        3 if has_backup(data_dir) => command.arg("backup").arg(work.join(format!("backup-{cycle}.db"))),
        _ => return None,
    };
    Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

fn has_backup(data_dir: &Path) -> bool {
    let help = command(data_dir).arg("--help").output().unwrap();
    String::from_utf8_lossy(&help.stdout).lines().any(|line| line.trim_start().starts_with("backup"))
}

/// Lets everybody work until `delay` is over, and kills.
fn work_and_kill(mut server: RealServer, key: &str, numbers: &Numbers, delay: Duration) -> Vec<Sent> {
    std::thread::scope(|scope| {
        let client = || Client::new(&server.base, Some(key));
        let senders: Vec<_> = SENDERS
            .iter()
            .map(|size| (*size, client()))
            .map(|(size, client)| scope.spawn(move || send_until_dead(&client, size, numbers)))
            .collect();
        let asking = client();
        scope.spawn(move || ask_until_dead(&asking));
        std::thread::sleep(delay);
        server.process.kill().unwrap();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    })
}

/// Everything acknowledged is there whole, and nothing is there in part; what was not acknowledged is sent again.
fn verify(data_dir: &Path, client: &Client, sent: &[Sent]) -> usize {
    let visitor = Visitor::open(data_dir);
    for (size, number, acknowledged) in sent {
        let found = visitor.samples(*size, *number);
        match acknowledged {
            Some(id) => {
                assert!(visitor.holds(id), "the delivery {number} of {} is gone", size.metric);
                assert_eq!(found, size.samples, "samples of {number} of {}", size.metric);
            }
            None => assert!(found == 0 || found == size.samples, "{found} samples of {number} of {}", size.metric),
        }
    }
    for (size, number, _) in sent.iter().filter(|(_, _, acknowledged)| acknowledged.is_none()) {
        size.store(client, *number);
        assert_eq!(visitor.samples(*size, *number), size.samples);
    }
    sent.iter().filter(|(_, _, acknowledged)| acknowledged.is_some()).count()
}

/// Nothing has been doubled: there are as many samples as were sent, and the file is whole.
fn verify_all(data_dir: &Path, numbers: &Numbers) {
    let visitor = Visitor::open(data_dir);
    for (size, count) in [(SMALL, &numbers.small), (LARGE, &numbers.large)] {
        assert_eq!(visitor.all_samples(size), count.load(Ordering::SeqCst) * size.samples, "{}", size.metric);
    }
    let checked = command(data_dir).arg("check").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// Backups that got their name are whole.
fn verify_backups(work: &Path) {
    for entry in std::fs::read_dir(work).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "db") {
            let backup = rusqlite::Connection::open(&path).unwrap();
            let whole: String = backup.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(whole, "ok", "{}", path.display());
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let (folder, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let records: String = (0..20_000).map(|at| steps(at * 60, at) + "\n").collect();
    std::fs::write(work.path().join("export.xml"), xml(&records)).unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read,export");
    let seed = std::process::id().into();
    println!("seed {seed}");
    let (numbers, mut moments, mut acknowledged) = (Numbers::default(), Random::new(seed), 0);
    let begun = Instant::now();
    let mut server = RealServer::start(folder.path());
    for cycle in 0..cycles() {
        let mut other = beside(folder.path(), work.path(), cycle);
        let delay = Duration::from_millis(moments.between(5.0, 400.0) as u64);
        let sent = work_and_kill(server, &key, &numbers, delay);
        if let Some(other) = &mut other {
            // It may have ended by itself.
            let _ = other.kill();
            other.wait().unwrap();
        }
        server = RealServer::start(folder.path());
        acknowledged += verify(folder.path(), &Client::new(&server.base, Some(&key)), &sent);
        if (cycle + 1) % CHECKED_EVERY == 0 {
            verify_all(folder.path(), &numbers);
        }
    }
    verify_all(folder.path(), &numbers);
    verify_backups(work.path());
    println!("{} kills, {acknowledged} acknowledged deliveries, none lost, {:?}", cycles(), begun.elapsed());
    assert!(acknowledged as u64 > cycles(), "only {acknowledged} deliveries were acknowledged");
}
