//! The end of raw bodies, where their owner has set one: `keep_bodies_days`.
//!
//! Only the body goes; the receipt, what was stored and what was quarantined stay. A body that holds what is stored nowhere else,
//! refused or left for later, stays until a replay has read it, and one that is to be read again (`rereads`) until it was. The row stays too, so that `check` can tell a body that has gone
//! from one that was lost.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::Result;
use crate::store::Store;
use crate::store::writer::Lane;
use crate::sys::background::Background;
use crate::sys::clock;

/// The encoding of a body that is not kept any more.
pub(super) const GONE: &str = "gone";

/// How often bodies are looked for, and how soon after the start.
const EVERY: Duration = Duration::from_secs(3600);
const FIRST: Duration = Duration::from_secs(1);

/// Most bodies, and most bytes of them, that go in one commit, so that no delivery waits long.
const STEP: i64 = 100;
const STEP_BYTES: i64 = 4 << 20;

/// A pause between two commits.
const PAUSE: Duration = Duration::from_millis(20);

/// The thread that removes; it ends when this is dropped.
pub struct Sweeper {
    _thread: Option<Background>,
}

impl Sweeper {
    /// Starts it, unless bodies are kept for ever (0 days).
    pub fn start(store: Arc<Store>, keep_days: u32) -> Result<Sweeper> {
        if keep_days == 0 {
            return Ok(Sweeper { _thread: None });
        }
        let work = move || if sweep_a_step(&store, keep_days) { PAUSE } else { EVERY };
        Ok(Sweeper { _thread: Some(Background::start("retention", FIRST, work)?) })
    }
}

/// Whether there may be more to do at once.
fn sweep_a_step(store: &Store, keep_days: u32) -> bool {
    let before = clock::now().as_millisecond() - i64::from(keep_days) * 86_400_000;
    match sweep(store, before) {
        Ok(0) => false,
        Ok(removed) => {
            tracing::info!(removed, "bodies of deliveries were older than keep_bodies_days");
            true
        }
        Err(fault) => {
            tracing::error!("removing old bodies failed: {fault}");
            false
        }
    }
}

/// Removes some of the bodies that came before that epoch millisecond, in one commit; gives how many, 0 when there are none.
pub fn sweep(store: &Store, before_ms: i64) -> Result<usize> {
    let due = due(&*store.reader()?, before_ms)?;
    if due.is_empty() {
        return Ok(0);
    }
    store.writer().run_in(Lane::Bulk, 0, move |writing| {
        let mut statement = writing
            .connection
            .prepare_cached("UPDATE delivery_body SET encoding = ?2, body = x'' WHERE delivery = ?1")?;
        for id in &due {
            statement.execute((id, GONE))?;
        }
        Ok(due.len())
    })
}

/// The oldest bodies that may go, as many as one step takes.
fn due(connection: &Connection, before_ms: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, length(body) FROM delivery JOIN delivery_body ON delivery_body.delivery = delivery.id
         WHERE received_at_ms < ?1 AND encoding <> ?2 AND refused = 0 AND receipt ->> '$.deferred' IS NULL
           AND id NOT IN (SELECT delivery FROM reading_again)
         ORDER BY id LIMIT ?3",
    )?;
    let rows = statement.query_map((before_ms, GONE, STEP), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (mut due, mut bytes) = (Vec::new(), 0);
    for row in rows {
        let (id, length): (i64, i64) = row?;
        bytes += length;
        if !due.is_empty() && bytes > STEP_BYTES {
            break;
        }
        due.push(id);
    }
    Ok(due)
}
