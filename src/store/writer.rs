//! One thread owns the only connection that writes.
//!
//! Work waits in a bounded queue (`store/queue`). What is taken from it together is done in one transaction and committed
//! with one sync, and each caller is answered only after that commit has returned, so an answer means the bytes are on
//! disk. Each piece of work has its own savepoint: one that fails takes nothing else with it. A caller that went away is
//! no reason to stop: its work is done and its answer dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::store::condition::Condition;
use crate::store::dictionary::Dictionaries;
use crate::store::lane;
pub use crate::store::queue::Lane;
use crate::store::queue::Queue;
use crate::store::tally::Tally;

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
    /// What is counted once this is committed.
    pub tally: &'a mut Tally,
    /// What the disk or the file has done to this group so far.
    met: Option<Error>,
}

type Answer = Box<dyn FnOnce(Result<()>) + Send>;
type Work = Box<dyn FnOnce(Result<&mut Writing>) -> Answer + Send>;

/// The handle by which everything else writes.
pub struct Writer {
    queue: Arc<Queue<Work>>,
    condition: Condition,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It ends, with everything queued written, when the handle is dropped.
    pub fn start(connection: Connection, gate: Gate, condition: Condition) -> Result<Writer> {
        let queue = Arc::new(Queue::new());
        let (waiting, noticed) = (Waiting(queue.clone()), condition.clone());
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || run(connection, &gate, &noticed, &waiting))
            .map_err(|fault| Error::io("starting the writer", &fault))?;
        Ok(Writer { queue, condition, thread: Some(thread) })
    }

    /// Queues work that is quick. What it returns arrives only after the commit that holds it.
    pub fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        self.submit_to(Lane::Quick, 0, work)
    }

    /// The same for a lane by choice, and for work that holds so many bytes until it is done.
    pub fn submit_to<T: Send + 'static>(
        &self,
        lane: Lane,
        bytes: usize,
        work: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        self.condition.may_write()?;
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |writing| {
            let done = writing.and_then(|writing| in_savepoint(writing, work));
            Box::new(move |committed: Result<()>| {
                // The receiver may be gone; the commit stands either way.
                let _ = reply.send(committed.and(done));
            })
        });
        self.queue.push(lane, bytes, work)?;
        Ok(answer)
    }

    /// The same as `submit` for callers outside the async runtime.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static) -> Result<T> {
        self.run_in(Lane::Quick, 0, work)
    }

    /// The same as `submit_to` for them.
    pub fn run_in<T: Send + 'static>(
        &self,
        lane: Lane,
        bytes: usize,
        work: impl FnOnce(&mut Writing) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit_to(lane, bytes, work)?.blocking_recv().map_err(|_| stopped())?
    }

    /// Whether the thread still takes work.
    pub fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
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

/// The queue as the thread sees it. When the thread ends, by whatever, nobody waits for it any more.
struct Waiting(Arc<Queue<Work>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

fn run(mut connection: Connection, gate: &Gate, condition: &Condition, waiting: &Waiting) {
    let mut dictionaries = Dictionaries::default();
    loop {
        let group = waiting.0.next_group();
        let pieces = group.len();
        if pieces == 0 {
            break;
        }
        let mut tally = Tally::default();
        let (answers, committed) = write_group(&mut connection, gate, condition, &mut dictionaries, &mut tally, group);
        match committed {
            Ok(()) => tally.tell(),
            Err(_) => dictionaries.forget(),
        }
        waiting.0.done(pieces);
        metrics::counter!("health_export_writer_commits_total").increment(1);
        metrics::counter!("health_export_writer_work_total").increment(pieces as u64);
        for answer in answers {
            answer(committed.clone());
        }
    }
}

/// Does a group of work in one transaction; the answers are to be given with the outcome of the commit.
///
/// The connection is used again after a commit that has failed, also when it was the sync that failed and the system may
/// have dropped what it could not write. That is safe in a WAL: every commit before it was synced by itself; the frames of
/// the failed one are in no index, so nobody reads them; and the next commit writes its own over them, all of which its
/// sync then covers. A checkpoint whose sync fails counts as not done and copies every page again. At worst a delivery that
/// was answered with an error is found after a crash, and its repeat changes nothing.
fn write_group(
    connection: &mut Connection,
    gate: &Gate,
    condition: &Condition,
    dictionaries: &mut Dictionaries,
    tally: &mut Tally,
    group: Vec<Work>,
) -> (Vec<Answer>, Result<()>) {
    match begin(connection, condition) {
        Ok(transaction) => {
            let mut writing = Writing { connection: &transaction, dictionaries, tally, met: None };
            let answers = do_all(&mut writing, group);
            let met = writing.met.take();
            let committed = match transaction.is_autocommit() {
                true => Err(lost(&met)),
                false => commit(transaction, gate),
            };
            note(condition, met.as_ref(), &committed);
            (answers, committed)
        }
        Err(fault) => {
            condition.met(&fault);
            (group.into_iter().map(|work| work(Err(fault.clone()))).collect(), Ok(()))
        }
    }
}

fn begin<'a>(connection: &'a mut Connection, condition: &Condition) -> Result<Transaction<'a>> {
    condition.may_write()?;
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// SQLite may answer a fault of the disk by rolling back the whole transaction. Then everything in it is lost, and what is
/// still to do must not begin one of its own, whose outcome nobody would hear of.
fn do_all(writing: &mut Writing, group: Vec<Work>) -> Vec<Answer> {
    let one = |work: Work| match writing.connection.is_autocommit() {
        false => work(Ok(&mut *writing)),
        true => work(Err(lost(&writing.met))),
    };
    group.into_iter().map(one).collect()
}

fn lost(met: &Option<Error>) -> Error {
    met.clone().unwrap_or_else(|| Error::Internal("a transaction was rolled back".into()))
}

fn note(condition: &Condition, met: Option<&Error>, committed: &Result<()>) {
    match (met, committed) {
        (Some(fault), _) | (None, Err(fault)) => condition.met(fault),
        (None, Ok(())) => condition.wrote(),
    }
}

fn commit(transaction: Transaction, gate: &Gate) -> Result<()> {
    let closed = gate.close();
    let begun = Instant::now();
    // As `Transaction::commit` does, which keeps the connection to itself.
    let committed = transaction.execute_batch("COMMIT");
    drop(closed);
    metrics::histogram!("health_export_writer_commit_seconds").record(begun.elapsed().as_secs_f64());
    // Where it has failed, dropping the transaction rolls it back.
    committed.map_err(|fault| in_words_of_the_disk(fault.into(), &transaction))
}

/// Does one piece of work so that its failure, even a panic, undoes nothing but itself.
fn in_savepoint<T>(writing: &mut Writing, work: impl FnOnce(&mut Writing) -> Result<T>) -> Result<T> {
    let done = begin_savepoint(writing).and_then(|()| {
        catch_unwind(AssertUnwindSafe(|| work(writing)))
            .unwrap_or_else(|_| Err(Error::Internal("a write ended by a panic".into())))
    });
    let done = done.map_err(|fault| in_words_of_the_disk(fault, writing.connection));
    if let Err(fault) = &done {
        writing.dictionaries.forget();
        if fault.is_of_the_disk() {
            writing.met = Some(fault.clone());
        }
        if writing.connection.is_autocommit() {
            return done;
        }
        writing.connection.execute_batch("ROLLBACK TO work")?;
    }
    writing.connection.execute_batch("RELEASE work")?;
    done
}

/// SQLite tells a file that may not grow (`ulimit -f`) from a full disk; whoever waits does the same about both.
fn in_words_of_the_disk(fault: Error, connection: &Connection) -> Error {
    match fault {
        Error::DiskFault(_) if lane::met_a_size_limit(connection) => Error::DiskFull,
        other => other,
    }
}

fn begin_savepoint(writing: &Writing) -> Result<()> {
    Ok(writing.connection.execute_batch("SAVEPOINT work")?)
}
