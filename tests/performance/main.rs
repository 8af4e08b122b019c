//! The load suite: the real binary as a child, ten million samples, and a client that counts only right answers.
//!
//! `make load` runs it, and ends with 1 if any bar is missed. It is no part of `make test`, whose machine may be busy.
//! `docs/performance.md` says how to run it and what it has measured.

mod arrival;
mod asks;
mod bare;
mod client;
mod confine;
mod exposition;
#[path = "../../benches/support/filling.rs"]
mod filling;
mod history;
mod machine;
mod measure;
mod options;
mod process;
mod report;
mod run;
mod scenario;
mod selftest;
mod stage;
mod watch;
mod world;
mod yardstick;

use std::process::ExitCode;

use options::{Command, Options};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let done = Options::from_environment().and_then(|options| match options.command {
        Command::Run => run::run(&options),
        Command::Selftest => selftest::run(),
        Command::Report => report::write().map(|()| true),
        Command::Baseline => report::renew_baseline().map(|()| true),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("load: {fault}");
            ExitCode::FAILURE
        }
    }
}
