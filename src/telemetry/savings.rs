//! What compressing answers has saved and what it took, since the process started.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bytes before and after, of all encodings together: the share that is saved cannot be read back from the counters.
static INPUT: AtomicU64 = AtomicU64::new(0);
static OUTPUT: AtomicU64 = AtomicU64::new(0);

/// Counts one answer that was compressed, when it is whole: its bytes before and after.
pub fn count(encoding: &'static str, input: u64, output: u64, took: Duration) {
    INPUT.fetch_add(input, Ordering::Relaxed);
    OUTPUT.fetch_add(output, Ordering::Relaxed);
    let labels = [("encoding", encoding)];
    metrics::counter!("health_export_compression_answers_total", &labels).increment(1);
    metrics::counter!("health_export_compression_input_bytes_total", &labels).increment(input);
    metrics::counter!("health_export_compression_output_bytes_total", &labels).increment(output);
    metrics::histogram!("health_export_compression_time_seconds").record(took.as_secs_f64());
}

/// Tells the page.
pub fn tell() {
    let (input, output) = (INPUT.load(Ordering::Relaxed) as f64, OUTPUT.load(Ordering::Relaxed) as f64);
    metrics::gauge!("health_export_compressed_bytes_saved").set(input - output);
    metrics::gauge!("health_export_compression_ratio").set(if input > 0.0 { 1.0 - output / input } else { f64::NAN });
}
