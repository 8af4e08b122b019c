//! The figures of `docs/performance.md`: `make bench`, or `cargo bench -- scan` for one of ingest, scan, painted and export.
//!
//! Each stands beside its yardstick, measured in turn in the same run, because the machine's speed drifts.

mod export;
mod ingest;
mod painted;
mod scan;
mod support;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let benches: [(&str, fn()); 4] =
        [("ingest", ingest::run), ("scan", scan::run), ("painted", painted::run), ("export", export::run)];
    for (name, run) in benches {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            run();
        }
    }
}
