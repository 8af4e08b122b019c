//! The figures of `docs/performance.md`: `make bench`, or `make bench BENCH=scan` for one of them.
//!
//! Each stands beside its yardstick, measured in turn in the same run, because the machine's speed drifts.

mod compression;
mod decode;
mod export;
mod import;
mod ingest;
mod painted;
mod rollup;
mod scan;
mod senders;
mod support;

const BENCHES: [(&str, fn()); 9] = [
    ("decode", decode::run),
    ("ingest", ingest::run),
    ("senders", senders::run),
    ("import", import::run),
    ("scan", scan::run),
    ("painted", painted::run),
    ("rollup", rollup::run),
    ("export", export::run),
    ("compression", compression::run),
];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, run) in BENCHES {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            run();
        }
    }
}
