//! Says what comes in while `setup` waits for a phone.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::cli::link::say;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::arrivals::{self, Arrival};

const EACH: Duration = Duration::from_secs(1);

/// The thread that looks; it ends when this is dropped.
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Tells of what comes from now on.
    pub fn start(store: Arc<Store>) -> Result<Watch> {
        let last = arrivals::last(&*store.reader()?)?;
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("watch".into())
            .spawn(move || look(&store, last, &stopped))
            .map_err(|fault| Error::io("starting the thread that watches", &fault))?;
        Ok(Watch { stop: Some(stop), thread: Some(thread) })
    }

    /// Waits for as long as it looks, which is until this process is ended.
    pub fn wait(mut self) {
        self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that watches ended by a panic");
        }
    }
}

fn look(store: &Store, mut last: i64, stopped: &Receiver<()>) {
    while stopped.recv_timeout(EACH) == Err(RecvTimeoutError::Timeout) {
        let came = store.reader().and_then(|reader| arrivals::after(&reader, last));
        match came {
            // An import stands there before it is through, so it is told of when it is.
            Ok(came) => came.iter().take_while(|arrival| arrival.received.is_some()).for_each(|arrival| {
                last = arrival.id;
                say(&sentence(arrival));
            }),
            Err(fault) => tracing::warn!("what comes in cannot be read: {fault}"),
        }
    }
}

fn sentence(arrival: &Arrival) -> String {
    match arrival.received {
        _ if arrival.refused => format!("received something from {} that is not understood; it is kept", arrival.from),
        Some(1) => format!("received 1 sample from {}", arrival.from),
        received => format!("received {} samples from {}", grouped(received.unwrap_or_default()), arrival.from),
    }
}

/// A number as people write it, such as 3,412.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let begins_group = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits
        .chars()
        .enumerate()
        .flat_map(|(at, digit)| begins_group(at).then_some(',').into_iter().chain([digit]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_as_people_say_them() {
        let arrival = |received, refused| Arrival { id: 1, received: Some(received), refused, from: "iPhone".into() };
        assert_eq!(sentence(&arrival(3_412, false)), "received 3,412 samples from iPhone");
        assert_eq!(sentence(&arrival(1, false)), "received 1 sample from iPhone");
        assert!(sentence(&arrival(1, true)).contains("not understood"));
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
