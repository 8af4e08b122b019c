//! One thread owns the only connection that writes.
//!
//! Work waits in a bounded queue. Whatever is waiting is done in one transaction and committed together with one sync,
//! and each caller is answered only after that commit has returned, so an answer means the bytes are on disk. Each
//! piece of work has its own savepoint: one that fails takes nothing else with it. A caller that went away is no reason
//! to stop: its work is done and its answer dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::store::dictionary::Dictionaries;

/// Pieces of work that may wait; more are turned away with "busy" rather than held in memory.
const QUEUE: usize = 256;

/// Most pieces of work in one commit, so that the first of them is not kept waiting by the rest.
const GROUP: usize = 64;

/// Held while a commit becomes visible, and while a snapshot begins its read transactions: see `store/snapshot`.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<()>>);

impl Gate {
    pub fn close(&self) -> MutexGuard<'_, ()> {
        // The mutex guards no data, so a panic elsewhere leaves nothing half done behind it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a piece of work writes through.
pub struct Writing<'a> {
    pub connection: &'a Connection,
    pub dictionaries: &'a mut Dictionaries,
}

type Answer = Box<dyn FnOnce(Result<()>) + Send>;
type Work = Box<dyn FnOnce(Result<&mut Writing>) -> Answer + Send>;

/// The handle by which everything else writes.
pub struct Writer {
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It ends, with everything queued written, when the handle is dropped.
    pub fn start(connection: Connection, gate: Gate) -> Result<Writer> {
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || run(connection, &gate, &waiting))
            .map_err(|fault| Error::io("starting the writer", &fault))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues work. What it returns arrives only after the commit that holds it.
    pub fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |writing| {
            let done = writing.and_then(|writing| in_savepoint(writing, work));
            Box::new(move |committed: Result<()>| {
                // The receiver may be gone; the commit stands either way.
                let _ = reply.send(committed.and(done));
            })
        });
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.try_send(work).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Busy("too many deliveries are waiting to be written: try again".into()),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        Ok(answer)
    }

    /// The same for callers outside the async runtime.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static) -> Result<T> {
        self.submit(work)?.blocking_recv().map_err(|_| stopped())?
    }

    /// Whether the thread still takes work.
    pub fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer ended by a panic");
        }
    }
}

fn stopped() -> Error {
    Error::Internal("the writer has stopped".into())
}

fn run(mut connection: Connection, gate: &Gate, waiting: &Receiver<Work>) {
    let mut dictionaries = Dictionaries::default();
    while let Ok(first) = waiting.recv() {
        let group: Vec<Work> = std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1)).collect();
        let (answers, committed) = write_group(&mut connection, gate, &mut dictionaries, group);
        if committed.is_err() {
            dictionaries.forget();
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
}

/// Does a group of work in one transaction; the answers are to be given with the outcome of the commit.
fn write_group(
    connection: &mut Connection,
    gate: &Gate,
    dictionaries: &mut Dictionaries,
    group: Vec<Work>,
) -> (Vec<Answer>, Result<()>) {
    match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => {
            let mut writing = Writing { connection: &transaction, dictionaries };
            let answers = group.into_iter().map(|work| work(Ok(&mut writing))).collect();
            (answers, commit(transaction, gate))
        }
        Err(fault) => {
            let fault = Error::from(fault);
            (group.into_iter().map(|work| work(Err(fault.clone()))).collect(), Ok(()))
        }
    }
}

fn commit(transaction: Transaction, gate: &Gate) -> Result<()> {
    let closed = gate.close();
    let committed = transaction.commit();
    drop(closed);
    committed.map_err(Error::from)
}

/// Does one piece of work so that its failure, even a panic, undoes nothing but itself.
fn in_savepoint<T>(writing: &mut Writing, work: impl FnOnce(&mut Writing) -> Result<T>) -> Result<T> {
    writing.connection.execute_batch("SAVEPOINT work")?;
    let done = catch_unwind(AssertUnwindSafe(|| work(writing)))
        .unwrap_or_else(|_| Err(Error::Internal("a write ended by a panic".into())));
    if done.is_err() {
        writing.dictionaries.forget();
        writing.connection.execute_batch("ROLLBACK TO work")?;
    }
    writing.connection.execute_batch("RELEASE work")?;
    done
}
