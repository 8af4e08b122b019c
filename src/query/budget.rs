//! Questions: few at once, shared fairly between people, each with a limit of time, and stopped when nobody waits for the
//! answer any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::query::turns::Turns;

/// Heavy questions that run at once, and how many more of people who have none running: each may use every core already.
const HEAVY: [usize; 2] = [2, 1];

/// The same of lists, each of which takes one reader.
const LISTS: [usize; 2] = [8, 4];

/// How long a question waits for its turn before its sender is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hands out turns.
#[derive(Clone)]
pub struct Budget {
    turns: Turns,
    limit: Duration,
    /// Whose questions it is for.
    person: i64,
}

impl Budget {
    /// For questions that may read very much; `limit` is the most that one may take.
    pub fn new(limit: Duration) -> Budget {
        let [most, more] = HEAVY;
        Budget { turns: Turns::new(most, more), limit, person: 0 }
    }

    /// The same for lists.
    pub fn of_lists(limit: Duration) -> Budget {
        let [most, more] = LISTS;
        Budget { turns: Turns::new(most, more), limit, person: 0 }
    }

    /// The same turns, taken by a person.
    pub fn of(&self, person: i64) -> Budget {
        Budget { person, ..self.clone() }
    }

    /// Runs a question on a thread of its own. When the returned future is dropped, or the limit passes, whatever the
    /// question has told `Stop` about is stopped.
    pub async fn run<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Stop) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.take(self.person))
            .await
            .map_err(|_| Error::Busy("other questions are being answered: try again in a moment".into()))?;
        let stop = Stop::default();
        let leaving = StopOnDrop(stop.clone());
        let running = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            question(&stop)
        });
        let answer = tokio::time::timeout(self.limit, running).await.map_err(|_| {
            Error::TimedOut(format!(
                "this question took longer than {} seconds: ask for a shorter range or a larger bucket",
                self.limit.as_secs()
            ))
        })?;
        drop(leaving);
        answer.map_err(|fault| Error::internal("answering", fault))?
    }
}

type Handle = Box<dyn Fn() + Send + Sync>;

/// By which a running question can be stopped.
#[derive(Clone, Default)]
pub struct Stop(Arc<StopState>);

#[derive(Default)]
struct StopState {
    stopped: AtomicBool,
    handles: Mutex<Vec<Handle>>,
}

impl Stop {
    /// Calls `handle` when the question is to stop; at once when it is already.
    pub fn on_stop(&self, handle: impl Fn() + Send + Sync + 'static) {
        let mut handles = self.0.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.stopped.load(Ordering::SeqCst) {
            handle();
        }
        handles.push(Box::new(handle));
    }

    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// Whether to go on: a handle called between two steps of a question stops neither of them.
    pub fn check(&self) -> Result<()> {
        match self.is_stopped() {
            true => Err(Error::stopped()),
            false => Ok(()),
        }
    }

    fn stop(&self) {
        let handles = self.0.handles.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.stopped.store(true, Ordering::SeqCst);
        handles.iter().for_each(|handle| handle());
    }
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
