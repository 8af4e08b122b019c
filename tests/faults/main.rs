//! Thousands of stretches of made-up phones' lives, on a disk that fails, with a process that dies and a clock that jumps.
//!
//! `make faults SCENARIOS=2000` lives that many, each from its seed, beginning with those that have failed before (`seeds.txt`). What is
//! made up: any write, sync, truncation, rename, allocation or creation of a file in the data folder fails, once or for a while; the
//! process dies in place of any of them, or in the middle of a write; it is stopped, killed and started anew, for a while in another
//! zone, also while a fault waits for it; the clock jumps by an hour to ten years. The phone sends until it is answered 200.
//!
//! At the end everything is as with a program that has met none of it: the same totals, levels, nights and workouts, the same counts in
//! the receipts, each acknowledged delivery there. Refusals name the disk, `check` finds nothing, nothing has panicked.

#[path = "../truth/answers.rs"]
mod answers;
mod faulty;
mod met;
mod plan;
#[allow(dead_code)]
#[path = "../durability/preload.rs"]
mod preload;
#[path = "../truth/process.rs"]
mod process;
#[path = "../truth/real.rs"]
mod real;
mod run;
#[allow(dead_code)]
#[path = "../truth/world.rs"]
mod world;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use met::Met;
use plan::Plan;
use world::Machine;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Seeds of failures that were found, one a line.
const KNOWN: &str = include_str!("seeds.txt");

/// Longest that one plan is made smaller.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fault that depends on which thread comes first does not come each time.
const TRIES: usize = 3;

fn main() -> ExitCode {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (scenarios, first) = (number("SCENARIOS").unwrap_or(100), number("FIRST").unwrap_or(1));
    let known = KNOWN.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let seeds: Vec<u64> = match number("SEED") {
        Some(seed) => vec![seed],
        None => known.chain(first..first + scenarios).collect(),
    };
    let (next, failed, met) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Met::default()));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let machine = Machine::start();
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::SeqCst)) {
                    failed.fetch_add(usize::from(!live(&machine, *seed, &met)), Ordering::SeqCst);
                }
            });
        }
    });
    let (failed, met) = (failed.into_inner(), met.into_inner().unwrap());
    println!("{failed} of {} scenarios failed, in {} s; met: {met:?}", seeds.len(), begun.elapsed().as_secs());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lives one; whether everything held.
fn live(machine: &Machine, seed: u64, all: &Mutex<Met>) -> bool {
    let plan = Plan::of(seed);
    if std::env::var_os("DBG").is_some() {
        eprintln!("DBG {seed}");
    }
    let Some((held, met)) = run::live(machine, &plan) else { return true };
    all.lock().unwrap().add(met);
    let Err(failure) = held else { return true };
    eprintln!("scenario {seed}: {failure}");
    if std::env::var("SHRINK").as_deref() != Ok("0") {
        let (smallest, failure) = smallest(machine, plan, failure);
        eprintln!("smallest of {seed}: {failure}\n{smallest}");
    }
    false
}

/// The smallest plan that fails.
fn smallest(machine: &Machine, plan: Plan, failure: String) -> (Plan, String) {
    let mut best = (plan, failure);
    let begun = Instant::now();
    let fails = |plan: &Plan| (0..TRIES).find_map(|_| run::live(machine, plan)?.0.err());
    while begun.elapsed() < PATIENCE {
        let found = best.0.smaller().into_iter().take_while(|_| begun.elapsed() < PATIENCE);
        let found = found.filter_map(|plan| fails(&plan).map(|failure| (plan, failure))).next();
        match found {
            Some(smaller) => best = smaller,
            None => break,
        }
    }
    best
}
