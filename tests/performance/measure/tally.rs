//! Counts answers. Checks run on a thread of their own, so that parsing one answer does not delay the reading of the next.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::answer::Answer;
use super::expect::{Expect, Verdict};
use super::model::{Failure, Load};

/// Microseconds; an hour is beyond every time limit of the client.
const LONGEST: u64 = 3_600_000_000;

/// What became of one request.
pub struct Done {
    pub name: &'static str,
    pub expect: Expect,
    /// Since the arrival it was scheduled for.
    pub took: Duration,
    pub answer: Result<Answer, (&'static str, String)>,
}

pub struct Tally {
    done: Option<Sender<Done>>,
    counting: Option<JoinHandle<Counts>>,
}

#[derive(Default)]
pub struct Counts {
    parts: BTreeMap<&'static str, Part>,
}

struct Part {
    load: Load,
    took: Histogram<u64>,
}

impl Tally {
    pub fn start() -> Tally {
        let (done, waiting) = channel();
        let counting = std::thread::Builder::new().name("checks".into()).spawn(move || count(&waiting));
        Tally { done: Some(done), counting: Some(counting.expect("a thread")) }
    }

    pub fn add(&self, done: Done) {
        self.done.as_ref().expect("a tally that still counts").send(done).expect("a counting thread");
    }

    /// Waits for the checks that are left.
    pub fn finish(mut self) -> Counts {
        self.done = None;
        self.counting.take().expect("a thread").join().expect("checks that do not panic")
    }
}

fn count(waiting: &Receiver<Done>) -> Counts {
    let mut counts = Counts::default();
    for done in waiting {
        counts.add(&done);
    }
    counts
}

impl Counts {
    pub fn add(&mut self, done: &Done) {
        let part = self.parts.entry(done.name).or_insert_with(|| Part {
            load: Load { name: done.name.into(), ..Load::default() },
            took: Histogram::new_with_bounds(1, LONGEST, 3).expect("valid bounds"),
        });
        part.load.requests += 1;
        let verdict = match &done.answer {
            Ok(answer) => {
                part.load.wire += answer.wire.len() as u64;
                let body = answer.body();
                part.load.plain += body.as_ref().map_or(0, |body| body.len() as u64);
                done.expect.judge(answer, &body)
            }
            Err((kind, detail)) => Verdict::Failure { kind, detail: detail.clone() },
        };
        match verdict {
            Verdict::Success => {
                part.load.successes += 1;
                part.took.saturating_record((done.took.as_micros() as u64).max(1));
            }
            Verdict::Shed => part.load.shed += 1,
            Verdict::Failure { kind, detail } => {
                let failure = part.load.failures.entry(kind.into()).or_insert(Failure { count: 0, example: detail });
                failure.count += 1;
            }
        }
    }

    /// A line for each kind of request, and, where there are several, one for all of them, first. `seconds` is how long it took.
    pub fn loads(&self, all: &str, seconds: f64) -> Vec<Load> {
        let mut loads: Vec<Load> = self.parts.values().map(|part| part.finished(seconds)).collect();
        if self.parts.len() != 1 {
            loads.insert(0, self.together(all).finished(seconds));
        }
        loads
    }

    fn together(&self, all: &str) -> Part {
        let took = Histogram::new_with_bounds(1, LONGEST, 3).expect("valid bounds");
        let mut sum = Part { load: Load { name: all.into(), ..Load::default() }, took };
        for part in self.parts.values() {
            sum.took.add(&part.took).expect("the same bounds");
            let (load, more) = (&mut sum.load, &part.load);
            load.requests += more.requests;
            load.successes += more.successes;
            load.shed += more.shed;
            load.wire += more.wire;
            load.plain += more.plain;
            for (kind, failure) in &more.failures {
                let known = load.failures.entry(kind.clone()).or_insert(Failure { count: 0, ..failure.clone() });
                known.count += failure.count;
            }
        }
        sum
    }
}

impl Part {
    fn finished(&self, seconds: f64) -> Load {
        let ms = |micros: u64| micros as f64 / 1e3;
        let at = |quantile: f64| ms(self.took.value_at_quantile(quantile));
        Load {
            min: ms(self.took.min()),
            mean: self.took.mean() / 1e3,
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max: ms(self.took.max()),
            per_second: self.load.successes as f64 / seconds,
            ..self.load.clone()
        }
    }
}
