//! What the server promises under bad luck, on the real binary. A file for each threat. `DURABILITY_CYCLES=1000` makes
//! `kill` long; what a machine has not (a mount, a C compiler, strace) is skipped with a line that says so.

mod clock;
mod damage;
mod faults;
mod full_disk;
mod kill;
mod killed_import;
mod ledger;
#[allow(dead_code)]
mod preload;
mod second_server;
#[allow(dead_code, unused_imports)]
#[path = "../it/support/mod.rs"]
mod support;
mod sync;
