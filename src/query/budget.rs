//! Heavy questions: few at once, each with a limit of time, and stopped when nobody waits for the answer any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// Heavy questions that run at once: each may use every core already.
const AT_ONCE: usize = 2;

/// How long a question waits for its turn before its sender is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hands out turns.
#[derive(Clone)]
pub struct Budget {
    turns: Arc<Semaphore>,
    limit: Duration,
}

impl Budget {
    /// `limit` is the most that one question may take.
    pub fn new(limit: Duration) -> Budget {
        Budget { turns: Arc::new(Semaphore::new(AT_ONCE)), limit }
    }

    /// Runs a question on a thread of its own. When the returned future is dropped, or the limit passes, whatever the
    /// question has told `Stop` about is stopped.
    pub async fn run<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Stop) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned())
            .await
            .map_err(|_| Error::Busy("other questions are being answered: try again in a moment".into()))?
            .map_err(|fault| Error::internal("waiting for a turn", fault))?;
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

    /// Whether to go on: a handle called between two steps of a question stops neither of them.
    pub fn check(&self) -> Result<()> {
        match self.0.stopped.load(Ordering::SeqCst) {
            true => Err(Error::TimedOut("the question was stopped before its answer was ready".into())),
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
