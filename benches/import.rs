//! Apple's export.xml from its first byte to the last commit, against a bare pass of the XML reader over the same file.

use std::path::Path;
use std::time::{Duration, Instant};

use health_export::receive::import::{Progress, Request};
use quick_xml::events::Event;

use crate::support::{Bench, apple, print};

const RECORDS: i64 = 1_000_000;
const ROUNDS: u32 = 3;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("export.xml");
    apple::write(&path, RECORDS);
    let megabytes = path.metadata().expect("a size").len() >> 20;
    let (mut bare, mut ours, mut used) = (Duration::MAX, Duration::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        bare = bare.min(timed(|| assert!(bare_pass(&path) > RECORDS as u64)));
        let bench = Bench::start(2);
        let before = processor_seconds();
        ours = ours.min(timed(|| import(&bench, &path)));
        used = used.min(processor_seconds() - before);
    }
    let times = [("a bare pass of the XML reader".to_owned(), bare), ("an import, whole".to_owned(), ours)];
    print(&format!("{RECORDS} records, {megabytes} MB"), RECORDS as u64, "a bare pass of the XML reader", &times);
    println!("\nof the import: {used:.1} CPU-s; the whole bench at most {} MB resident", resident_megabytes());
}

fn timed(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn import(bench: &Bench, path: &Path) {
    let request = Request {
        user: 1,
        api_key: None,
        path: path.to_owned(),
        name: "export.xml".into(),
        beside: false,
        aggregation: None,
    };
    let imported = bench.app.receiver.import(&request, &Progress::default()).expect("an import");
    let receipt = imported[0].receipt.as_ref().expect("a receipt");
    assert_eq!(receipt.counts.stored, RECORDS as u64 + 1);
}

/// Every event of the document, looked at no further.
fn bare_pass(path: &Path) -> u64 {
    let mut xml = quick_xml::Reader::from_file(path).expect("a file");
    let (mut buffer, mut events) = (Vec::new(), 0);
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).expect("an event") {
            Event::Eof => return events,
            _ => events += 1,
        }
    }
}

/// Of this process, from the fields 14 and 15 of its line in /proc, which count hundredths of a second.
fn processor_seconds() -> f64 {
    let line = std::fs::read_to_string("/proc/self/stat").expect("a line");
    let fields: Vec<&str> = line.rsplit(')').next().expect("fields").split_whitespace().collect();
    [11, 12].iter().map(|at| fields[*at].parse::<f64>().expect("a number") / 100.0).sum()
}

fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("a number") >> 10
}
