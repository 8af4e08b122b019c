//! Thousands of made-up phones: what the program answers is held against each phone's own statistics.
//!
//! `make truth LIVES=10000` lives that many scenarios (`synth::phone`), each from its seed, beginning with those that have failed before
//! (`seeds.txt`). The smallest scenario of each kind of failure is printed. The five properties are those of the design:
//!
//! 1. No total exceeds the phone's own, and none decreases unless the phone's did.
//! 2. After a complete account of a date every total, night, mean and workout of it is the phone's.
//! 3. What is sent again changes nothing.
//! 4. A deleted delivery leaves what there would be without it.
//! 5. The counts of a receipt add up, and its words are true.
//!
//! Numbers are the same within a millionth where the information sent determines them. Where it does not, less is asked, and why
//! is said where it is decided (`expect`):
//!
//! * samples without ends of a watch and a phone overlap in a way that nobody can know: within 15 %, or one sample on a date of few;
//! * how Apple integrates a pulse over time is not published: within 5 %, except where the phone has told the day's mean;
//! * who only adds cannot say that something is gone: lives that are told by such senders alone have no removals;
//! * while the phone travels, a date's total is at most that of the time that is this date in any of its zones.

mod answers;
mod check;
mod expect;
mod process;
mod real;
mod report;
mod shrink;
mod world;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use health_export::synth::phone::scenario::Scenario;

use check::{Failure, failures};
use world::Machine;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Seeds of failures that were found, one a line.
const KNOWN: &str = include_str!("seeds.txt");

/// What was found of one kind of failure.
struct Found {
    seeds: Vec<u64>,
    smallest: String,
}

fn main() -> ExitCode {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (lives, first) = (number("LIVES").unwrap_or(200), number("FIRST").unwrap_or(1));
    let seeds: Vec<u64> = match number("SEED") {
        Some(seed) => vec![seed],
        None => {
            let known = KNOWN.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
            known.chain(first..first + lives).collect()
        }
    };
    let (next, found, failed) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let machine = Machine::start();
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if live(&machine, *seed, &found) {
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let (found, failed) = (found.into_inner().unwrap(), failed.into_inner());
    report::print(&found, failed, seeds.len(), begun.elapsed());
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lives one; true when something did not hold.
fn live(machine: &Machine, seed: u64, found: &Mutex<BTreeMap<String, Found>>) -> bool {
    let scenario = Scenario::of(seed).unwrap();
    let all: Vec<Failure> = failures(machine, &scenario);
    for failure in &all {
        let kind = failure.kind();
        // At once, for a run of ten thousand takes hours.
        eprintln!("life {seed}: {kind}");
        let is_new = {
            let mut found = found.lock().unwrap();
            let known = found.contains_key(&kind);
            let entry = found.entry(kind.clone()).or_insert(Found { seeds: Vec::new(), smallest: String::new() });
            entry.seeds.push(seed);
            !known
        };
        if is_new && std::env::var("SHRINK").as_deref() != Ok("0") {
            let (smallest, failure) = shrink::smallest(machine, scenario.clone(), failure.clone());
            found.lock().unwrap().get_mut(&kind).unwrap().smallest = report::readable(&smallest, &failure);
        } else if is_new {
            found.lock().unwrap().get_mut(&kind).unwrap().smallest = failure.detail.clone();
        }
    }
    !all.is_empty()
}
