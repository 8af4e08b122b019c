//! A thread that works and waits in turns until it is dropped.
//!
//! It waits on a channel and does not sleep: whoever drops it waits for the work that is under way, and for no pause.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{Error, Result};

/// It ends when this is dropped.
pub struct Background {
    name: &'static str,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Begins to wait for `first`; each piece of work then says how long to wait for the next.
    pub fn start(
        name: &'static str,
        first: Duration,
        mut work: impl FnMut() -> Duration + Send + 'static,
    ) -> Result<Background> {
        let (stop, stopped) = channel::<()>();
        let turns = move || {
            let mut wait = first;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = work();
            }
        };
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(turns)
            .map_err(|fault| Error::io(&format!("starting the thread {name}"), &fault))?;
        Ok(Background { name, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread {} ended by a panic", self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    /// Starts one that counts its turns, with these pauses.
    fn counting(first: Duration, then: Duration) -> (Arc<AtomicUsize>, Background) {
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = turns.clone();
        let work = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            then
        };
        (turns, Background::start("counting", first, work).unwrap())
    }

    fn wait_for(turns: &AtomicUsize, least: usize) {
        let begun = Instant::now();
        while turns.load(Ordering::SeqCst) < least {
            assert!(begun.elapsed() < Duration::from_secs(20), "{turns:?} turns");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn it_works_in_turns_until_it_is_dropped_and_no_pause_is_waited_for() {
        let (turns, thread) = counting(Duration::ZERO, Duration::from_millis(1));
        wait_for(&turns, 5);
        drop(thread);
        let last = turns.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(turns.load(Ordering::SeqCst), last, "it has ended");

        let begun = Instant::now();
        let (turns, thread) = counting(Duration::ZERO, LONG);
        wait_for(&turns, 1);
        drop(thread);
        let (none, thread) = counting(LONG, LONG);
        drop(thread);
        assert_eq!((turns.load(Ordering::SeqCst), none.load(Ordering::SeqCst)), (1, 0));
        assert!(begun.elapsed() < LONG / 2);
    }

    #[test]
    fn dropping_it_waits_for_the_work_under_way() {
        let done = Arc::new(AtomicUsize::new(0));
        let (begun, finished) = (Arc::new(AtomicUsize::new(0)), done.clone());
        let begins = begun.clone();
        let work = move || {
            begins.store(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(50));
            finished.store(1, Ordering::SeqCst);
            LONG
        };
        let thread = Background::start("slow", Duration::ZERO, work).unwrap();
        wait_for(&begun, 1);
        drop(thread);
        assert_eq!(done.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_panic_in_it_is_not_one_of_whoever_drops_it() {
        let begun = Arc::new(AtomicUsize::new(0));
        let begins = begun.clone();
        let work = move || {
            begins.fetch_add(1, Ordering::SeqCst);
            panic!("made up")
        };
        let thread = Background::start("panics", Duration::ZERO, work).unwrap();
        wait_for(&begun, 1);
        drop(thread);
        assert_eq!(begun.load(Ordering::SeqCst), 1, "it has ended");
    }
}
