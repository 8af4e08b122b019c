//! One state of the file, seen by several readers at once.
//!
//! A scan that is split over threads needs a connection for each, and each has its own read transaction. They see the
//! same state only if nothing commits between the first BEGIN and the last, so the writer is held off for that moment.
//! Another process may write too (an import from the command line), so the data version seen by each is compared, and
//! the attempt repeated when they differ.

use rusqlite::{Connection, InterruptHandle};

use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::connection::Pooled;
use crate::store::lane::Lane;

/// Attempts before giving up; each fails only when another process commits within the same few microseconds.
const ATTEMPTS: usize = 20;

/// Readers that all see one state. Dropping it ends their transactions.
pub struct Snapshot {
    pub lanes: Vec<Lane>,
}

/// Stops whatever the lanes of a snapshot are doing, from any thread.
pub struct Interrupt(Vec<InterruptHandle>);

impl Interrupt {
    pub fn interrupt(&self) {
        self.0.iter().for_each(InterruptHandle::interrupt);
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
            let mut readers = (0..lanes.max(1)).map(|_| self.reader()).collect::<Result<Vec<_>>>()?;
            let versions = self.begin_together(&mut readers)?;
            let lanes: Vec<Lane> = readers.into_iter().map(Lane::new).collect();
            if versions.windows(2).all(|pair| pair[0] == pair[1]) {
                return Ok(Snapshot { lanes });
            }
        }
        Err(Error::Busy("another program keeps writing to the database: try again".into()))
    }

    fn begin_together(&self, readers: &mut [Pooled]) -> Result<Vec<i64>> {
        let closed = self.gate.close();
        let versions = readers.iter().map(|reader| begin(reader)).collect();
        drop(closed);
        versions
    }
}

/// Begins a read transaction and reads the version, which is what makes SQLite take its snapshot.
fn begin(reader: &Connection) -> Result<i64> {
    reader.execute_batch("BEGIN DEFERRED")?;
    Ok(reader.prepare_cached("SELECT coalesce(sum(data_version), 0) FROM user")?.query_row([], |row| row.get(0))?)
}
