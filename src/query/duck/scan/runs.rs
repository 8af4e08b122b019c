//! Consecutive rows of one bucket, added up while they are scanned.
//!
//! Rows come nearly in order of time, so hundreds of them in a row fall into one bucket. Handing each to DuckDB, only to
//! be hashed into that bucket and added there, cost a quarter of a scan. Sums, counts and extremes of runs add up to
//! those of the rows, whichever thread each run came from; other statistics need the rows themselves.

use std::sync::atomic::Ordering;

use duckdb::core::{DataChunkHandle, FlatVector};

use crate::query::duck::request::Reader;
use crate::query::duck::scan::{Fault, Output, Projection, next_row, place};
use crate::query::duck::table::RunFigure;
use crate::store::lane::Lane;

/// Rows stepped before what there is goes to DuckDB, which then looks whether the query was stopped.
const MOST_ROWS: u64 = 65_536;

struct Run {
    bucket: i64,
    samples: i64,
    measured: i64,
    total: f64,
    low: f64,
    high: f64,
}

impl Run {
    fn begin(bucket: i64) -> Run {
        Run { bucket, samples: 0, measured: 0, total: 0.0, low: f64::INFINITY, high: f64::NEG_INFINITY }
    }

    /// Adds the lane's current row, whose first column is the value, followed by min and max with `summaries`.
    #[inline]
    fn add(&mut self, lane: &Lane, summaries: bool) {
        self.samples += 1;
        let value = lane.optional_real(0);
        if let Some(value) = value {
            self.measured += 1;
            self.total += value;
        }
        let (low, high) = match summaries {
            true => (lane.optional_real(1).or(value), lane.optional_real(2).or(value)),
            false => (value, value),
        };
        self.low = low.map_or(self.low, |low| self.low.min(low));
        self.high = high.map_or(self.high, |high| self.high.max(high));
    }
}

/// Fills one vector with runs from one reader; none only when the reader found nothing more, or nothing in the window.
pub fn fill(reader: &mut Reader, projection: &Projection, output: &DataChunkHandle) -> Result<usize, Fault> {
    let request = &*projection.request;
    let Some(window) = &request.window else { return Err("runs need a window".into()) };
    let summaries = request.table.run_of.len() > 1;
    let mut vectors: Vec<FlatVector> = (0..projection.outputs.len()).map(|at| output.flat_vector(at)).collect();
    let capacity = output.flat_vector(0).capacity();
    let (mut rows, mut stepped) = (0, 0);
    let mut run: Option<Run> = None;
    // One place is kept for the run that is under way at the end.
    while rows + 1 < capacity && stepped < MOST_ROWS && next_row(reader, request)? {
        stepped += 1;
        let Some(bucket) = place(reader, window, projection.anchors) else { continue };
        if run.as_ref().is_none_or(|run| run.bucket != bucket)
            && let Some(done) = run.replace(Run::begin(bucket))
        {
            write(&done, projection, &mut vectors, rows);
            rows += 1;
        }
        if let Some(run) = &mut run {
            run.add(&reader.lane, summaries);
        }
    }
    if let Some(done) = run {
        write(&done, projection, &mut vectors, rows);
        rows += 1;
    }
    request.stepped.fetch_add(stepped, Ordering::Relaxed);
    Ok(rows)
}

/// `row` is below the vectors' capacity.
fn write(run: &Run, projection: &Projection, vectors: &mut [FlatVector], row: usize) {
    for (output, vector) in projection.outputs.iter().zip(vectors) {
        match output {
            Output::Bucket => put(vector, row, run.bucket),
            Output::Run(RunFigure::Samples) => put(vector, row, run.samples),
            Output::Run(RunFigure::Measured) => put(vector, row, run.measured),
            Output::Run(RunFigure::Total) if run.measured > 0 => put(vector, row, run.total),
            Output::Run(RunFigure::Low) if run.low.is_finite() => put(vector, row, run.low),
            Output::Run(RunFigure::High) if run.high.is_finite() => put(vector, row, run.high),
            Output::Run(_) => vector.set_null(row),
            Output::Nothing | Output::Stored(..) | Output::Sum(..) => put(vector, row, 0_i64),
        }
    }
}

fn put<T>(vector: &FlatVector, row: usize, value: T) {
    // SAFETY: the vector has the type that `bind` declared for this column, which is the type of the figure, and `row` is
    // below its capacity.
    unsafe { vector.as_mut_ptr::<T>().add(row).write(value) }
}
