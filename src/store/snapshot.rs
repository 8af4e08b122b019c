//! One state of the file, seen by several readers at once.
//!
//! A scan that is split over threads needs a connection for each, and each has its own read transaction. They see the
//! same state only if nothing commits between the first BEGIN and the last, so the writer is held off for that moment.
//! Another process may write too (an import from the command line), so the data version seen by each is compared, and
//! the attempt repeated when they differ.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::connection::Pooled;
use crate::store::lane::{Interrupt as LaneInterrupt, Lane};
use crate::store::pages::Layout;

/// Attempts before giving up; each fails only when another process commits within the same few microseconds.
const ATTEMPTS: usize = 20;

/// Readers that all see one state. Dropping it ends their transactions.
pub struct Snapshot {
    pub lanes: Vec<Lane>,
}

/// Stops whatever the lanes of a snapshot are doing, from any thread.
pub struct Interrupt(Vec<LaneInterrupt>);

impl Interrupt {
    pub fn interrupt(&self) {
        self.0.iter().for_each(LaneInterrupt::interrupt);
    }
}

impl Snapshot {
    pub fn interrupt_handle(&self) -> Interrupt {
        Interrupt(self.lanes.iter().map(Lane::interrupt_handle).collect())
    }
}

impl Store {
    /// Begins read transactions on `lanes` connections, all on the same state.
    pub fn snapshot(&self, lanes: usize) -> Result<Snapshot> {
        for _ in 0..ATTEMPTS {
            let readers = (0..lanes.max(1)).map(|_| self.reader()).collect::<Result<Vec<_>>>()?;
            let (versions, lanes): (Vec<i64>, Vec<Lane>) = self.begin_together(readers)?.into_iter().unzip();
            if versions.windows(2).all(|pair| pair[0] == pair[1]) {
                return Ok(Snapshot { lanes });
            }
        }
        Err(Error::Busy("another program keeps writing to the database: try again".into()))
    }

    fn begin_together(&self, readers: Vec<Pooled>) -> Result<Vec<(i64, Lane)>> {
        let closed = self.gate.close();
        let begun = readers.into_iter().map(|reader| begin(reader, self.layout.clone())).collect();
        drop(closed);
        begun
    }
}

/// Begins a read transaction and reads the version, which is what makes SQLite take its snapshot.
fn begin(reader: Pooled, layout: Option<Arc<Layout>>) -> Result<(i64, Lane)> {
    reader.execute_batch("BEGIN DEFERRED")?;
    // A lane from here on, so that the transaction ends also when the next step fails.
    let lane = Lane::new(reader, layout);
    let sql = "SELECT coalesce(sum(data_version), 0) FROM user";
    let version = lane.reading().prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok((version, lane))
}
