//! `rows(number)`: the rows of that feed. One thread reads, so that they stay in order.

use std::sync::Arc;

use duckdb::core::{DataChunkHandle, FlatVector, Inserter, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{BindInfo, InitInfo, TableFunctionInfo, VTab};

use super::{Fault, MICROSECONDS};
use crate::query::duck::feed::{Cell, CellKind, Feed, Feeds};

/// The table function.
pub struct FedRows;

impl VTab for FedRows {
    type InitData = Arc<Feed>;
    type BindData = Arc<Feed>;

    fn bind(bind: &BindInfo) -> Result<Arc<Feed>, Fault> {
        // SAFETY: this function is only ever registered with `Feeds` as its extra info, which DuckDB keeps alive.
        let feeds = unsafe { &*bind.get_extra_info::<Feeds>() };
        let number = bind.get_parameter(0).to_int64();
        let feed = feeds.find(number).ok_or("this feed is not open")?;
        for (name, kind) in &feed.columns {
            bind.add_result_column(name, LogicalTypeHandle::from(logical_type(*kind, feed.zoned)));
        }
        Ok(feed)
    }

    fn init(init: &InitInfo) -> Result<Arc<Feed>, Fault> {
        init.set_max_threads(1);
        // SAFETY: DuckDB hands over what `bind` returned, alive until the query ends.
        Ok(unsafe { &*init.get_bind_data::<Arc<Feed>>() }.clone())
    }

    fn func(info: &TableFunctionInfo<FedRows>, output: &mut DataChunkHandle) -> Result<(), Fault> {
        let feed = info.get_init_data();
        let mut vectors: Vec<FlatVector> = (0..feed.columns.len()).map(|at| output.flat_vector(at)).collect();
        let capacity = vectors.first().map_or(0, FlatVector::capacity);
        let mut rows = 0;
        while rows < capacity {
            let Some(row) = feed.next()? else { break };
            for ((vector, cell), (_, kind)) in vectors.iter_mut().zip(&row).zip(&feed.columns) {
                write(vector, rows, cell, *kind);
            }
            rows += 1;
        }
        drop(vectors);
        output.set_len(rows);
        Ok(())
    }

    fn parameters() -> Option<Vec<LogicalTypeHandle>> {
        Some(vec![LogicalTypeHandle::from(LogicalTypeId::Bigint)])
    }
}

fn logical_type(kind: CellKind, zoned: bool) -> LogicalTypeId {
    match kind {
        CellKind::Text => LogicalTypeId::Varchar,
        CellKind::Real => LogicalTypeId::Double,
        CellKind::Integer => LogicalTypeId::Bigint,
        CellKind::Time if zoned => LogicalTypeId::TimestampTZ,
        CellKind::Time => LogicalTypeId::Timestamp,
    }
}

/// A cell that is not what its column holds is none.
fn write(vector: &mut FlatVector, row: usize, cell: &Cell, kind: CellKind) {
    match (cell, kind) {
        (Cell::Text(text), CellKind::Text) => vector.insert(row, text.as_bytes()),
        (Cell::Real(number), CellKind::Real) => {
            // SAFETY: the vector is of doubles, as `bind` declared, and `row` is below its capacity.
            unsafe { vector.as_mut_ptr::<f64>().add(row).write(*number) }
        }
        (Cell::Integer(number), CellKind::Integer) => {
            // SAFETY: as above, of integers of eight bytes.
            unsafe { vector.as_mut_ptr::<i64>().add(row).write(*number) }
        }
        (Cell::Time(seconds), CellKind::Time) => {
            // SAFETY: as above; timestamps are such integers.
            unsafe { vector.as_mut_ptr::<i64>().add(row).write(seconds.saturating_mul(MICROSECONDS)) }
        }
        _ => vector.set_null(row),
    }
}
