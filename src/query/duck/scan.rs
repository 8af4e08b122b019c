//! The table function: steps SQLite statements and writes straight into DuckDB's vectors.
//!
//! Only the columns that the question uses are asked of SQLite, and the range is an index range there. Each DuckDB
//! thread takes a reader, fills one vector and puts the reader back; readers take ranges from a common queue, so a
//! thread that is done early helps with what is left. Between two vectors DuckDB looks whether the query was stopped;
//! a reader that finds no row for long is stopped through SQLite.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use duckdb::core::{DataChunkHandle, FlatVector, Inserter, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{BindInfo, InitInfo, TableFunctionInfo, VTab};

use crate::query::duck::request::{Reader, Request, Requests};
use crate::query::duck::table::{Column, ColumnKind};
use crate::query::duck::window::{Anchor, Window};

type Fault = Box<dyn Error>;

/// `scan(number)`: the rows of that request.
pub struct Scan;

/// The request, and the columns of it that the question uses.
pub struct Projection {
    request: Arc<Request>,
    columns: Vec<Option<&'static Column>>,
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
        Ok(request)
    }

    fn init(init: &InitInfo) -> Result<Projection, Fault> {
        // SAFETY: DuckDB hands over what `bind` returned, alive until the query ends.
        let request = unsafe { &*init.get_bind_data::<Arc<Request>>() }.clone();
        // An index past the columns is DuckDB's way to ask for rows without any column, as count(*) does.
        let columns: Vec<_> =
            init.get_column_indices().iter().map(|at| request.table.columns.get(*at as usize)).collect();
        let sql = statement(&request, &columns);
        request.prepare(|lane| lane.prepare(&sql))?;
        init.set_max_threads(request.threads().max(1) as u64);
        Ok(Projection { request, columns })
    }

    fn func(info: &TableFunctionInfo<Scan>, output: &mut DataChunkHandle) -> Result<(), Fault> {
        let projection = info.get_init_data();
        let request = &projection.request;
        while let Some(mut reader) = request.take_reader() {
            let rows = fill(&mut reader, projection, output)?;
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
        ColumnKind::Real => LogicalTypeId::Double,
        ColumnKind::Text => LogicalTypeId::Varchar,
    }
}

/// `SELECT` the projected columns, then the anchors that a window needs.
fn statement(request: &Request, columns: &[Option<&'static Column>]) -> String {
    let projected = columns.iter().map(|column| match column {
        Some(Column { kind: ColumnKind::Bucket, .. }) | None => "0",
        Some(column) => column.sql,
    });
    let anchors = match request.window.as_ref().map(|window| window.anchor) {
        None => 0,
        Some(Anchor::Start) => 1,
        Some(Anchor::Layer) => request.table.anchors.len(),
    };
    let mut list: Vec<&str> = projected.chain(request.table.anchors.iter().take(anchors).copied()).collect();
    if list.is_empty() {
        list.push("0");
    }
    format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {}",
        list.join(", "),
        request.table.name,
        request.condition,
        request.table.order
    )
}

/// Where the values of one column go.
enum Sink<'a> {
    Integer(*mut i64, FlatVector<'a>),
    Real(*mut f64, FlatVector<'a>),
    Text(FlatVector<'a>),
    Bucket(*mut i64),
}

fn sinks<'a>(projection: &Projection, output: &'a DataChunkHandle) -> Vec<Sink<'a>> {
    let sink = |(at, column): (usize, &Option<&'static Column>)| {
        let vector = output.flat_vector(at);
        // SAFETY: the vectors have the types that `bind` declared, and the pointers are used within this call only.
        unsafe {
            match column.map(|column| column.kind) {
                Some(ColumnKind::Real) => Sink::Real(vector.as_mut_ptr(), vector),
                Some(ColumnKind::Text) => Sink::Text(vector),
                Some(ColumnKind::Bucket) => Sink::Bucket(vector.as_mut_ptr()),
                Some(ColumnKind::Integer) | None => Sink::Integer(vector.as_mut_ptr(), vector),
            }
        }
    };
    projection.columns.iter().enumerate().map(sink).collect()
}

/// Fills one vector from one reader; fewer rows than fit only when the reader found nothing more.
fn fill(reader: &mut Reader, projection: &Projection, output: &DataChunkHandle) -> Result<usize, Fault> {
    let request = &*projection.request;
    let mut sinks = sinks(projection, output);
    let capacity = output.flat_vector(0).capacity();
    let (mut rows, mut stepped) = (0, 0);
    while rows < capacity {
        if !next_row(reader, request)? {
            break;
        }
        stepped += 1;
        let bucket = match &request.window {
            Some(window) => match place(reader, window, projection.columns.len()) {
                Some(bucket) => bucket,
                None => continue,
            },
            None => 0,
        };
        for (column, sink) in sinks.iter_mut().enumerate() {
            write(reader, column, sink, rows, bucket);
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

/// The start of the row's bucket; the anchors follow the projected columns.
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
fn write(reader: &Reader, column: usize, sink: &mut Sink, row: usize, bucket: i64) {
    let lane = &reader.lane;
    match sink {
        Sink::Bucket(values) => {
            // SAFETY: `row` is below the vector's capacity, here and below.
            unsafe { values.add(row).write(bucket) }
        }
        Sink::Real(values, vector) => {
            let value = lane.real(column);
            // NULL reads as zero, so only a zero needs the second look.
            if value == 0.0 && lane.is_null(column) {
                return vector.set_null(row);
            }
            // SAFETY: as above.
            unsafe { values.add(row).write(value) }
        }
        Sink::Integer(values, vector) => {
            let value = lane.integer(column);
            if value == 0 && lane.is_null(column) {
                return vector.set_null(row);
            }
            // SAFETY: as above.
            unsafe { values.add(row).write(value) }
        }
        Sink::Text(vector) => {
            if lane.is_null(column) {
                return vector.set_null(row);
            }
            vector.insert(row, lane.text(column));
        }
    }
}
