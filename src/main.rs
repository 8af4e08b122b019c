//! The program; see `cli`.

use std::process::ExitCode;

/// The JSON parser's megabytes of tape are fast to get from this one, and slow from glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    health_export::cli::main()
}
