//! The table function: reads rows of SQLite and writes straight into DuckDB's vectors.
//!
//! Only the columns that the question uses are asked of the lane, and the range is one of the clustered key there. Each DuckDB
//! thread takes a reader, fills one vector and puts the reader back; readers take ranges from a common queue, so a
//! thread that is done early helps with what is left. Between two vectors DuckDB looks whether the query was stopped;
//! a reader that finds no row for long is stopped through SQLite.

pub(super) mod rows;
mod runs;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use duckdb::core::{DataChunkHandle, FlatVector, Inserter, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{BindInfo, InitInfo, TableFunctionInfo, VTab};

use crate::query::duck::request::{Reader, Request, Requests};
use crate::query::duck::table::{Column, ColumnKind, RunFigure};
use crate::query::duck::window::{Anchor, Window};
use crate::store::lane::Lane;

type Fault = Box<dyn Error>;

/// DuckDB counts timestamps in microseconds.
const MICROSECONDS: i64 = 1_000_000;

/// `scan(number)`: the rows of that request.
pub struct Scan;

/// The request, and what of it the question uses.
pub struct Projection {
    request: Arc<Request>,
    outputs: Vec<Output>,
    /// Where the anchors of a window begin in SQLite's row.
    anchors: usize,
}

/// A column that DuckDB wants filled.
#[derive(Clone, Copy)]
enum Output {
    /// From this column of SQLite's row.
    Stored(ColumnKind, usize),
    /// A time, from the sum of two.
    Sum(usize, usize),
    Bucket,
    Run(RunFigure),
    /// Nothing in particular: DuckDB asks for rows without any column, as count(*) does.
    Nothing,
}

impl VTab for Scan {
    type InitData = Projection;
    type BindData = Arc<Request>;

    fn bind(bind: &BindInfo) -> Result<Arc<Request>, Fault> {
        // SAFETY: this function is only ever registered with a `Requests` as its extra info, which DuckDB keeps alive.
        let requests = unsafe { &*bind.get_extra_info::<Requests>() };
        let number = bind.get_parameter(0).to_int64();
        let request = requests.find(number).ok_or("this scan is not open")?;
        for column in request.table.columns {
            bind.add_result_column(column.name, LogicalTypeHandle::from(logical_type(column.kind)));
        }
        bind.set_cardinality(request.table.rows, false);
        Ok(request)
    }

    fn init(init: &InitInfo) -> Result<Projection, Fault> {
        // SAFETY: DuckDB hands over what `bind` returned, alive until the query ends.
        let request = unsafe { &*init.get_bind_data::<Arc<Request>>() }.clone();
        let wanted = init.get_column_indices();
        let mut stored: Vec<&str> = request.table.run_of.to_vec();
        let outputs = wanted.iter().map(|at| output(request.table.columns.get(*at as usize), &mut stored)).collect();
        let anchors = stored.len();
        stored.extend(anchor_columns(&request));
        let Request { table, narrowing, .. } = &*request;
        request.prepare(|lane| match table.is_clustered {
            true => lane.prepare_samples(&stored, narrowing),
            false => lane.prepare(&statement(table.name, &stored)),
        })?;
        init.set_max_threads(request.threads().max(1) as u64);
        Ok(Projection { request, outputs, anchors })
    }

    fn func(info: &TableFunctionInfo<Scan>, output: &mut DataChunkHandle) -> Result<(), Fault> {
        let projection = info.get_init_data();
        let request = &projection.request;
        while let Some(mut reader) = request.take_reader() {
            let rows = match request.table.run_of {
                [] => fill(&mut reader, projection, output)?,
                _ => runs::fill(&mut reader, projection, output)?,
            };
            if reader.running {
                request.put_back(reader);
            } else {
                request.retire(reader);
            }
            if rows > 0 {
                output.set_len(rows);
                return Ok(());
            }
        }
        output.set_len(0);
        Ok(())
    }

    fn supports_pushdown() -> bool {
        true
    }

    fn parameters() -> Option<Vec<LogicalTypeHandle>> {
        Some(vec![LogicalTypeHandle::from(LogicalTypeId::Bigint)])
    }
}

fn logical_type(kind: ColumnKind) -> LogicalTypeId {
    match kind {
        ColumnKind::Integer | ColumnKind::Bucket => LogicalTypeId::Bigint,
        ColumnKind::Run(RunFigure::Samples | RunFigure::Measured) => LogicalTypeId::Bigint,
        ColumnKind::Real | ColumnKind::Run(_) => LogicalTypeId::Double,
        ColumnKind::Timestamp => LogicalTypeId::Timestamp,
        ColumnKind::TimestampUtc => LogicalTypeId::TimestampTZ,
        ColumnKind::Text => LogicalTypeId::Varchar,
    }
}

/// Where a wanted column comes from; adds it to the columns of SQLite's row when it is stored there.
fn output(column: Option<&'static Column>, stored: &mut Vec<&str>) -> Output {
    match column {
        // An index past the columns means none of them.
        None => Output::Nothing,
        Some(Column { kind: ColumnKind::Bucket, .. }) => Output::Bucket,
        Some(Column { kind: ColumnKind::Run(figure), .. }) => Output::Run(*figure),
        Some(column) if column.plus.is_empty() => {
            stored.push(column.sql);
            Output::Stored(column.kind, stored.len() - 1)
        }
        Some(column) => {
            stored.extend([column.sql, column.plus]);
            Output::Sum(stored.len() - 2, stored.len() - 1)
        }
    }
}

fn anchor_columns(request: &Request) -> impl Iterator<Item = &'static str> {
    let needed = match request.window.as_ref().map(|window| window.anchor) {
        None => 0,
        Some(Anchor::Start) => 1,
        Some(Anchor::Layer) => request.table.anchors.len(),
    };
    request.table.anchors.iter().take(needed).copied()
}

fn statement(table: &str, columns: &[&str]) -> String {
    let list = if columns.is_empty() { "0".to_owned() } else { columns.join(", ") };
    format!("SELECT {list} FROM {table} ORDER BY id")
}

/// Where the values of one column go, and the column of SQLite's row that they come from.
enum Sink<'a> {
    Integer(usize, *mut i64, FlatVector<'a>),
    Real(usize, *mut f64, FlatVector<'a>),
    Timestamp(usize, *mut i64),
    Sum(usize, usize, *mut i64),
    Text(usize, FlatVector<'a>),
    Bucket(*mut i64),
    Nothing(*mut i64),
}

fn sink<'a>(output: Output, vector: FlatVector<'a>) -> Sink<'a> {
    // SAFETY: the vectors have the types that `bind` declared, and the pointers are used while they are borrowed only.
    unsafe {
        match output {
            Output::Stored(ColumnKind::Real, column) => Sink::Real(column, vector.as_mut_ptr(), vector),
            Output::Stored(ColumnKind::Text, column) => Sink::Text(column, vector),
            Output::Stored(ColumnKind::Timestamp | ColumnKind::TimestampUtc, column) => {
                Sink::Timestamp(column, vector.as_mut_ptr())
            }
            Output::Sum(one, other) => Sink::Sum(one, other, vector.as_mut_ptr()),
            Output::Stored(_, column) => Sink::Integer(column, vector.as_mut_ptr(), vector),
            Output::Bucket => Sink::Bucket(vector.as_mut_ptr()),
            // Runs have a writer of their own; rows have no such column.
            Output::Run(_) | Output::Nothing => Sink::Nothing(vector.as_mut_ptr()),
        }
    }
}

/// Fills one vector from one reader; fewer rows than fit only when the reader found nothing more.
fn fill(reader: &mut Reader, projection: &Projection, output: &DataChunkHandle) -> Result<usize, Fault> {
    let request = &*projection.request;
    let mut sinks: Vec<Sink> =
        projection.outputs.iter().enumerate().map(|(at, out)| sink(*out, output.flat_vector(at))).collect();
    let capacity = output.flat_vector(0).capacity();
    let (mut rows, mut stepped) = (0, 0);
    while rows < capacity {
        if !next_row(reader, request)? {
            break;
        }
        stepped += 1;
        let bucket = match &request.window {
            Some(window) => match place(reader, window, projection.anchors) {
                Some(bucket) => bucket,
                None => continue,
            },
            None => 0,
        };
        for sink in &mut sinks {
            write(&reader.lane, sink, rows, bucket);
        }
        rows += 1;
    }
    request.stepped.fetch_add(stepped, Ordering::Relaxed);
    Ok(rows)
}

/// Moves to the next row of the reader's range, or of the next range that nobody has taken.
#[inline]
fn next_row(reader: &mut Reader, request: &Request) -> Result<bool, Fault> {
    loop {
        if reader.running && reader.lane.step()? {
            return Ok(true);
        }
        let Some(range) = request.next_range() else {
            reader.running = false;
            return Ok(false);
        };
        reader.lane.restart(&range)?;
        reader.running = true;
    }
}

/// The start of the row's bucket.
#[inline]
fn place(reader: &mut Reader, window: &Window, anchors: usize) -> Option<i64> {
    let lane = &reader.lane;
    let start = lane.integer(anchors);
    let (bucket, hint) = match window.anchor {
        Anchor::Start => window.place(start, reader.hint)?,
        Anchor::Layer => {
            window.place_layer(start, lane.integer(anchors + 1), lane.integer(anchors + 2), reader.hint)?
        }
    };
    reader.hint = hint;
    Some(bucket)
}

#[inline]
fn write(lane: &Lane, sink: &mut Sink, row: usize, bucket: i64) {
    match sink {
        Sink::Bucket(values) => {
            // SAFETY: `row` is below the vector's capacity, here and below.
            unsafe { values.add(row).write(bucket) }
        }
        Sink::Real(column, values, vector) => {
            let value = lane.real(*column);
            // NULL reads as zero, so only a zero needs the second look.
            if value == 0.0 && lane.is_null(*column) {
                return vector.set_null(row);
            }
            // SAFETY: as above.
            unsafe { values.add(row).write(value) }
        }
        Sink::Timestamp(column, values) => {
            // SAFETY: as above.
            unsafe { values.add(row).write(lane.integer(*column).saturating_mul(MICROSECONDS)) }
        }
        Sink::Sum(one, other, values) => {
            let time = lane.integer(*one).saturating_add(lane.integer(*other));
            // SAFETY: as above.
            unsafe { values.add(row).write(time.saturating_mul(MICROSECONDS)) }
        }
        Sink::Integer(column, values, vector) => {
            let value = lane.integer(*column);
            if value == 0 && lane.is_null(*column) {
                return vector.set_null(row);
            }
            // SAFETY: as above.
            unsafe { values.add(row).write(value) }
        }
        Sink::Text(column, vector) => {
            if lane.is_null(*column) {
                return vector.set_null(row);
            }
            vector.insert(row, lane.text(*column));
        }
        Sink::Nothing(values) => {
            // SAFETY: as above.
            unsafe { values.add(row).write(0) }
        }
    }
}
