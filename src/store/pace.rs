//! How fast what waits gets done, so that whoever is turned away is told when it is worth coming back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much of what was measured before still counts after one more measurement.
const KEPT: f64 = 0.95;

/// Bounds of what is told, in seconds. Nobody knows what will be in minutes.
const SOONEST: f64 = 1.0;
const LATEST: f64 = 60.0;

/// A rate, measured only while there is something to do.
pub struct Pace(Mutex<Measured>);

struct Measured {
    amount: f64,
    seconds: f64,
    since: Instant,
}

impl Pace {
    /// `amount` is what a second is believed to do before anything has been measured.
    pub fn new(amount: f64) -> Pace {
        Pace(Mutex::new(Measured { amount, seconds: 1.0, since: Instant::now() }))
    }

    /// There is something to do again.
    pub fn begin(&self) {
        self.measured(|measured| measured.since = Instant::now());
    }

    /// So much has been done since the last time that this or `begin` was called.
    pub fn done(&self, amount: u64) {
        self.measured(|measured| {
            let now = Instant::now();
            measured.add(amount as f64, now.duration_since(measured.since));
            measured.since = now;
        });
    }

    /// Seconds until so much is done.
    pub fn seconds_for(&self, amount: u64) -> u64 {
        self.measured(|measured| {
            let seconds = amount as f64 * measured.seconds / measured.amount.max(1.0);
            seconds.ceil().clamp(SOONEST, LATEST) as u64
        })
    }

    fn measured<T>(&self, look: impl FnOnce(&mut Measured) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Measured {
    fn add(&mut self, amount: f64, took: Duration) {
        self.amount = self.amount * KEPT + amount;
        self.seconds = self.seconds * KEPT + took.as_secs_f64();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_what_is_measured_within_its_bounds() {
        let pace = Pace::new(100.0);
        assert_eq!((pace.seconds_for(0), pace.seconds_for(1000), pace.seconds_for(u64::MAX)), (1, 10, 60));
        for _ in 0..200 {
            pace.measured(|measured| measured.add(10.0, Duration::from_secs(1)));
        }
        assert_eq!(pace.seconds_for(100), 10);
    }
}
