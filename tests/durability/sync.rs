//! An answer that comes before the sync would be a lie that only a power cut finds out. The system calls of the real binary
//! are traced: what holds a delivery is written to the WAL, a sync of the WAL begins after that and ends, and only then the
//! answer is written to the socket.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};

use crate::ledger::SMALL;
use crate::support::{Client, RealServer, command};

const CALLS: &str = "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync";

/// Threads that post at once, and deliveries of each: so that commits hold several.
const SENDERS: usize = 12;
const EACH: i64 = 10;

/// One system call of the trace: the lines on which it began and ended, and its text.
struct Call {
    begun: usize,
    ended: usize,
    text: String,
}

fn traced(data_dir: &Path, trace: &Path) -> Option<RealServer> {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("SKIPPED: strace is not installed");
        return None;
    }
    let real = command(data_dir);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "9000", "-e", CALLS, "-o"]).arg(trace);
    strace.arg(real.get_program()).args(real.get_args()).stderr(Stdio::null());
    Some(RealServer::run(strace, &[]))
}

/// strace keeps signals from itself, so its child is told; it ends with that, and has written everything by then.
fn stop_child(strace: u32) {
    let children = std::fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).unwrap();
    let told = Command::new("kill").arg("-TERM").args(children.split_whitespace()).status().unwrap();
    assert!(told.success(), "{children:?}");
}

/// Puts calls together that others have interrupted.
fn calls(trace: &str) -> Vec<Call> {
    let (mut calls, mut open) = (Vec::new(), std::collections::HashMap::<&str, (usize, String)>::new());
    for (at, line) in trace.lines().enumerate() {
        let Some((thread, text)) = line.split_once(char::is_whitespace) else { continue };
        let text = text.trim_start();
        if let Some(text) = text.strip_suffix("<unfinished ...>") {
            open.insert(thread, (at, text.to_owned()));
        } else if text.starts_with("<... ") {
            let Some((begun, text)) = open.remove(thread) else { continue };
            calls.push(Call { begun, ended: at, text });
        } else {
            calls.push(Call { begun: at, ended: at, text: text.to_owned() });
        }
    }
    calls
}

/// Fails unless the delivery was synced before it was answered.
#[track_caller]
fn was_synced_first(calls: &[Call], delivery: &str) {
    let to_wal = |call: &&Call| call.text.contains("health.db-wal>");
    let is_sync = |call: &&Call| call.text.starts_with("fdatasync(") || call.text.starts_with("fsync(");
    let holding = calls.iter().filter(|call| call.text.contains(delivery));
    let (stored, answered): (Vec<_>, Vec<_>) = holding.partition(|call| to_wal(call));
    let written = stored.iter().map(|call| call.ended).min().unwrap_or_else(|| panic!("{delivery} is in no frame"));
    let answered = answered.iter().filter(|call| call.text.contains("200 OK")).map(|call| call.begun).min();
    let answered = answered.unwrap_or_else(|| panic!("{delivery} was not answered"));
    let synced = calls
        .iter()
        .filter(|call| to_wal(call) && is_sync(call) && call.begun > written)
        .map(|call| call.ended)
        .min()
        .unwrap_or_else(|| panic!("{delivery} was not synced"));
    assert!(synced < answered, "{delivery}: written {written}, synced {synced}, answered {answered}");
}

#[test]
fn the_wal_is_synced_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let trace = folder.path().join("trace");
    let Some(mut server) = traced(folder.path(), &trace) else { return };
    let base = server.base.clone();
    let numbers = AtomicI64::new(0);
    let post = || SMALL.store(&Client::new(&base, Some(&key)), numbers.fetch_add(1, Ordering::SeqCst));
    let mut deliveries: Vec<String> = (0..10).map(|_| post()).collect();
    std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..SENDERS).map(|_| scope.spawn(|| (0..EACH).map(|_| post()).collect::<Vec<_>>())).collect();
        deliveries.extend(senders.into_iter().flat_map(|sender| sender.join().unwrap()));
    });
    stop_child(server.process.id());
    server.process.wait().unwrap();
    let calls = calls(&String::from_utf8_lossy(&std::fs::read(&trace).unwrap()));
    deliveries.iter().for_each(|delivery| was_synced_first(&calls, delivery));
    let syncs = calls.iter().filter(|call| call.text.contains("sync(") && call.text.contains("-wal>")).count();
    println!("{} deliveries, each synced before its answer, {syncs} syncs of the WAL", deliveries.len());
}
