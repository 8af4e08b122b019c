//! How long answers took lately, by endpoint.
//!
//! A histogram of Prometheus knows quantiles only by the width of its buckets and needs a server that works them out; these
//! are exact to one percent and on the page itself. Each minute has a histogram of its own and the oldest is emptied for the
//! newest, so memory is bounded by the number of endpoints, about 30 KB each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;

/// Length of a slice of the window.
const SLICE: Duration = Duration::from_secs(60);

/// The minute that has begun, and those before it.
const SLICES: u64 = 5;

/// Significant digits.
const DIGITS: u8 = 2;

/// Longer ones count as this, which keeps the histograms small.
const LONGEST: Duration = Duration::from_secs(120);

/// What the answers of an endpoint took, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    pub p99: f64,
    pub p95: f64,
    pub mean: f64,
    pub answers: u64,
}

/// The window of each endpoint.
pub struct Responses {
    begun: Instant,
    /// The same in Unix time, in seconds.
    started: f64,
    endpoints: RwLock<HashMap<String, Arc<Mutex<Window>>>>,
}

/// Microseconds of the answers of each slice, with its number since the start.
#[derive(Default)]
struct Window([Option<(u64, Histogram<u32>)>; SLICES as usize]);

/// Begins the first slice, if that has not been done.
pub fn start() {
    all();
}

/// Those of this process.
pub fn all() -> &'static Responses {
    static ALL: OnceLock<Responses> = OnceLock::new();
    ALL.get_or_init(Responses::new)
}

impl Responses {
    fn new() -> Responses {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Responses { begun: Instant::now(), started: now.as_secs_f64(), endpoints: RwLock::default() }
    }

    /// Counts an answer. `endpoint` is the template of a route, of which there are only so many.
    pub fn record(&self, endpoint: &str, took: Duration) {
        self.record_at(self.begun.elapsed(), endpoint, took);
    }

    fn record_at(&self, now: Duration, endpoint: &str, took: Duration) {
        let known = self.endpoints.read().unwrap_or_else(PoisonError::into_inner).get(endpoint).cloned();
        let window = known.unwrap_or_else(|| {
            let mut endpoints = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
            endpoints.entry(endpoint.to_owned()).or_default().clone()
        });
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        window.record(slice(now), took.min(LONGEST).as_micros() as u64);
    }

    /// What each endpoint took; an endpoint that has not been asked lately has not a number.
    pub fn times(&self) -> Vec<(String, Times)> {
        self.times_at(self.begun.elapsed())
    }

    fn times_at(&self, now: Duration) -> Vec<(String, Times)> {
        let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
        let times = |window: &Mutex<Window>| window.lock().unwrap_or_else(PoisonError::into_inner).times(slice(now));
        endpoints.iter().map(|(endpoint, window)| (endpoint.clone(), times(window))).collect()
    }

    /// When counting began, in Unix time.
    pub fn started(&self) -> f64 {
        self.started
    }

    /// Seconds that the window spans so far, at least one.
    pub fn seconds(&self) -> f64 {
        span(self.begun.elapsed()).max(1.0)
    }
}

fn slice(now: Duration) -> u64 {
    now.as_secs() / SLICE.as_secs()
}

fn span(now: Duration) -> f64 {
    let before = slice(now).saturating_sub(SLICES - 1) * SLICE.as_secs();
    now.as_secs_f64() - before as f64
}

impl Window {
    fn record(&mut self, slice: u64, micros: u64) {
        let place = &mut self.0[(slice % SLICES) as usize];
        // Only a wrong number of digits would be refused.
        let Some((number, counts)) = place.take().or_else(|| Some((slice, Histogram::new(DIGITS).ok()?))) else {
            return;
        };
        let (_, counts) = place.insert((slice, counts));
        if number != slice {
            counts.reset();
        }
        // Refused only where the histogram could not grow, and none grows past the longest.
        let _ = counts.record(micros);
    }

    fn times(&self, slice: u64) -> Times {
        let recent = self.0.iter().flatten().filter(|(number, _)| number + SLICES > slice);
        let sum = recent.map(|(_, counts)| counts.clone()).reduce(|mut sum, counts| {
            // Refused only where the sum could not grow, and it can.
            let _ = sum.add(&counts);
            sum
        });
        let Some(sum) = sum.filter(|sum| !sum.is_empty()) else {
            return Times { p99: f64::NAN, p95: f64::NAN, mean: f64::NAN, answers: 0 };
        };
        let seconds = |micros: f64| micros / 1e6;
        Times {
            p99: seconds(sum.value_at_quantile(0.99) as f64),
            p95: seconds(sum.value_at_quantile(0.95) as f64),
            mean: seconds(sum.mean()),
            answers: sum.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;

    fn recorded(responses: &Responses, second: u64, milliseconds: u64) {
        responses.record_at(Duration::from_secs(second), "/a", Duration::from_millis(milliseconds));
    }

    fn times(responses: &Responses, second: u64) -> Times {
        responses.times_at(Duration::from_secs(second)).remove(0).1
    }

    #[track_caller]
    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= expected * 0.01, "{found} is not {expected}");
    }

    #[test]
    fn quantiles_and_mean_of_a_known_spread() {
        let responses = Responses::new();
        (1..=1000).for_each(|milliseconds| recorded(&responses, 0, milliseconds));
        let found = times(&responses, 0);
        assert_near(found.p99, 0.990);
        assert_near(found.p95, 0.950);
        assert_near(found.mean, 0.5005);
        assert_eq!(found.answers, 1000);
    }

    #[test]
    fn what_is_older_than_five_minutes_no_longer_counts() {
        let responses = Responses::new();
        (0..100).for_each(|_| recorded(&responses, 0, 2000));
        (0..100).for_each(|_| recorded(&responses, MINUTE, 10));
        assert_near(times(&responses, 4 * MINUTE).p99, 2.0);
        let later = times(&responses, 5 * MINUTE);
        assert_near(later.p99, 0.010);
        assert_eq!(later.answers, 100);
        assert_eq!(times(&responses, 6 * MINUTE).answers, 0);
        assert!(times(&responses, 6 * MINUTE).p99.is_nan());
        recorded(&responses, 10 * MINUTE, 30);
        assert_eq!(times(&responses, 10 * MINUTE).answers, 1, "the place of the first minute is used again, emptied");
    }

    #[test]
    fn the_window_spans_what_has_passed_and_then_the_last_minutes() {
        assert_eq!(span(Duration::from_secs(90)), 90.0);
        assert_eq!(span(Duration::from_secs(5 * MINUTE)), 4.0 * 60.0);
        assert_eq!(span(Duration::from_secs(6 * MINUTE - 1)), 5.0 * 60.0 - 1.0);
    }

    #[test]
    fn endpoints_are_apart_and_the_longest_are_cut() {
        let responses = Responses::new();
        responses.record("/a", Duration::from_secs(100_000));
        responses.record("/b", Duration::from_millis(5));
        let found: HashMap<String, Times> = responses.times().into_iter().collect();
        assert_near(found["/a"].p99, 120.0);
        assert_near(found["/b"].p95, 0.005);
    }
}
