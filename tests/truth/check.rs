//! Lives a scenario with the program and holds what it answers against the five properties.

use health_export::synth::phone::calendar::days_after;
use health_export::synth::phone::metric::Metric;
use health_export::synth::phone::scenario::{Scenario, Send, Setup};
use health_export::synth::random::Random;
use jiff::civil::Date;

use crate::answers::{Answers, same};
use crate::expect::{Expect, Want};
use crate::world::{Machine, Program, Taken};

/// How often answers are looked at while deliveries come in.
const LOOKS: usize = 10;

/// Of how many days it is asked whether they may grow.
const COMPLETENESS_LOOKS: usize = 4;

/// Something that does not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Number of the property.
    pub property: u8,
    pub setup: Setup,
    /// What is wrong, the same words for all failures of a kind.
    pub what: String,
    /// Which date, what was expected, what came.
    pub detail: String,
}

impl Failure {
    pub fn kind(&self) -> String {
        format!("{} {:?}: {}", self.property, self.setup, self.what)
    }
}

/// A run through a scenario.
struct Run<'a> {
    scenario: &'a Scenario,
    world: Box<dyn Program + 'a>,
    failures: Vec<Failure>,
}

/// All failures, the first of each kind.
pub fn failures(machine: &Machine, scenario: &Scenario) -> Vec<Failure> {
    let mut run = Run::new(machine, scenario);
    run.live();
    run.settled();
    run.again();
    let mut failures = run.failures;
    if scenario.seed.is_multiple_of(4) {
        failures.extend(without_one(machine, scenario));
    }
    let mut kinds = Vec::new();
    failures.retain(|failure| {
        let kind = failure.kind();
        let new = !kinds.contains(&kind);
        kinds.push(kind);
        new
    });
    failures
}

impl<'a> Run<'a> {
    fn new(machine: &'a Machine, scenario: &'a Scenario) -> Run<'a> {
        let world = machine.program(scenario);
        Run { scenario, world, failures: Vec::new() }
    }

    fn fail(&mut self, property: u8, what: impl Into<String>, detail: impl Into<String>) {
        let (what, detail) = (what.into(), detail.into());
        self.failures.push(Failure { property, setup: self.scenario.setup, what, detail });
    }

    /// Gives a send at a moment, all its requests some seconds apart.
    fn give(&mut self, send: &Send, at: i64) -> Vec<Taken> {
        let mut all = Vec::new();
        for (number, request) in (0..).zip(self.scenario.requests(send).unwrap()) {
            match self.world.give(&request, at + number * 2) {
                Ok(taken) => {
                    self.words(send, &taken);
                    all.push(taken);
                }
                Err(fault) => self.fail(5, "a delivery is refused", format!("{:?}: {fault}", send.what)),
            }
        }
        all
    }

    fn words(&mut self, send: &Send, taken: &Taken) {
        let counts = taken.counts;
        let sum = counts.stored + counts.updated + counts.unchanged + counts.quarantined;
        if counts.received != sum {
            self.fail(5, "the counts do not add up", format!("{:?}: {counts:?}", send.what));
        }
        if counts.quarantined > 0 {
            self.fail(5, "something is quarantined", format!("{:?}: {:?}", send.what, taken.problem));
        }
    }

    /// Everything arrives; property 1 while it does.
    fn live(&mut self) {
        let scenario = self.scenario;
        let every = scenario.sends.len().div_ceil(LOOKS).max(1);
        let mut before = Answers::default();
        for (number, send) in scenario.sends.iter().enumerate() {
            let taken = self.give(send, send.at);
            if send.repeated {
                self.unchanged(send, &taken, "a sync that was sent again while others came");
            } else if number == 0 && taken.iter().any(|one| one.counts.unchanged > 0) {
                self.fail(5, "unchanged in the very first sync", format!("{:?}: {:?}", send.what, taken));
            }
            if (number + 1) % every == 0 || number + 1 == scenario.sends.len() {
                let arrived: Vec<&Send> = scenario.sends[..=number].iter().collect();
                let now = self.world.answers(&scenario.plan.metrics);
                self.bounded(&Expect::of(scenario, &arrived), &before, &now);
                before = now;
            }
        }
    }

    fn bounded(&mut self, expect: &Expect, before: &Answers, now: &Answers) {
        for ((metric, date), value) in &now.totals {
            let most = expect.most(*metric, *date);
            if let Some(most) = most.filter(|most| *value > *most && !same(*value, *most)) {
                self.fail(
                    1,
                    format!("{metric:?} is more than the phone's own"),
                    format!("{date}: {value}, most {most}"),
                );
            }
        }
        for ((metric, date), value) in &before.totals {
            let found = now.totals.get(&(*metric, *date)).copied().unwrap_or(0.0);
            if found < *value && !same(found, *value) && expect.only_grows(*metric, *date) {
                let detail = format!("{date}: {found} after {value}");
                self.fail(1, format!("{metric:?} becomes less, and the phone's own did not"), detail);
            }
        }
    }

    /// Property 2.
    fn settled(&mut self) {
        let arrived: Vec<&Send> = self.scenario.sends.iter().collect();
        let expect = Expect::of(self.scenario, &arrived);
        let found = self.world.answers(&self.scenario.plan.metrics);
        for date in self.scenario.dates() {
            for metric in &self.scenario.plan.metrics {
                match metric.is_total() {
                    true => {
                        let value = found.totals.get(&(*metric, date)).copied().unwrap_or(0.0);
                        self.held(format!("{metric:?}"), date, value, expect.of_total(*metric, date));
                    }
                    false => self.levels(&expect, &found, *metric, date),
                }
            }
            if self.scenario.plan.nights {
                let value = found.nights.get(&date).copied().unwrap_or(0.0);
                self.held("a night".into(), date, value, expect.of_night(date));
            }
        }
        self.completeness(&expect, &found);
        self.strangers(&found);
        if self.scenario.plan.workouts {
            let wanted = expect.workouts();
            let alike = |(a, b): (&(i64, f64), &(i64, f64))| a.0 == b.0 && same(a.1, b.1);
            if wanted.len() != found.workouts.len() || !wanted.iter().zip(&found.workouts).all(alike) {
                let detail = format!("{:?}, not {wanted:?}", found.workouts);
                self.fail(2, "workouts are others than the phone's", detail);
            }
        }
    }

    /// Of some days: what is called complete has been told whole since it ended, and what was may not grow.
    fn completeness(&mut self, expect: &Expect, found: &Answers) {
        let mut random = Random::new(self.scenario.seed);
        let days: Vec<(Metric, Date)> = found.totals.keys().copied().collect();
        for _ in 0..days.len().min(COMPLETENESS_LOOKS) {
            let (metric, date) = days[(random.number() % days.len() as u64) as usize];
            let is_complete = self.world.is_complete(metric, date);
            if is_complete && !expect.is_told_whole(metric, date) {
                self.fail(2, format!("{metric:?} is called complete and was never told whole"), format!("{date}"));
            }
            if !is_complete && expect.is_closed(metric, date) {
                self.fail(2, format!("{metric:?} was told whole and is not called complete"), format!("{date}"));
            }
        }
    }

    fn held(&mut self, subject: String, date: Date, value: f64, want: Want) {
        let holds = match &want {
            Want::Open => true,
            Want::OneOf(values) => values.is_empty() || values.iter().any(|wanted| same(*wanted, value)),
            Want::Between(low, high) => same(*low, value) || same(*high, value) || (*low..=*high).contains(&value),
        };
        if !holds {
            let side = match want {
                Want::OneOf(values) if value > values[0] => "more",
                Want::Between(low, _) if value > low => "more",
                _ => "less",
            };
            let want = self.wanted(date, &subject);
            self.fail(2, format!("{subject} is {side} than the phone's own"), format!("{date}: {value}, not {want}"));
        }
    }

    fn wanted(&self, date: Date, subject: &str) -> String {
        let arrived: Vec<&Send> = self.scenario.sends.iter().collect();
        let expect = Expect::of(self.scenario, &arrived);
        let metric = self.scenario.plan.metrics.iter().find(|metric| format!("{metric:?}") == subject);
        match metric {
            Some(metric) => format!("{:?}", expect.of_total(*metric, date)),
            None => format!("{:?}", expect.of_night(date)),
        }
    }

    fn levels(&mut self, expect: &Expect, found: &Answers, metric: Metric, date: Date) {
        let Some((wanted, tolerance)) = expect.of_levels(metric, date) else { return };
        let Some(value) = found.levels.get(&(metric, date)) else {
            return self.fail(2, format!("{metric:?} is missing"), format!("{date}: not {wanted:?}"));
        };
        let near =
            |mean: f64, tolerance: f64| same(mean, value.mean) || (mean - value.mean).abs() <= tolerance * mean.abs();
        if tolerance.is_some_and(|tolerance| !wanted.iter().any(|one| near(one.mean, tolerance))) {
            self.fail(2, format!("the mean of {metric:?} is another"), format!("{date}: {value:?}, not {wanted:?}"));
        }
        let outside = |(low, high): (f64, f64)| {
            !(low..=high).contains(&value.mean) && !same(low, value.mean) && !same(high, value.mean)
        };
        if let Some(hours) = expect.hourly(metric, date).filter(|hours| outside(*hours)) {
            self.fail(2, format!("the mean of {metric:?} is that of no hour"), format!("{date}: {value:?}, {hours:?}"));
        }
        // Of other levels the app tells means alone.
        let extremes = wanted.iter().any(|one| same(one.min, value.min) && same(one.max, value.max));
        if metric == Metric::HeartRate && !extremes {
            self.fail(2, "the extremes of HeartRate are others", format!("{date}: {value:?}, not {wanted:?}"));
        }
    }

    /// Dates of which the phone has nothing: none has a night or a total.
    fn strangers(&mut self, found: &Answers) {
        let first = days_after(self.scenario.plan.first, -1);
        let last = days_after(self.scenario.plan.first, self.scenario.plan.days + 1);
        let strange = found.nights.keys().chain(found.totals.keys().map(|(_, date)| date));
        let strange: Vec<_> = strange.filter(|date| **date < first || **date > last).collect();
        if !strange.is_empty() {
            self.fail(2, "there are dates that were not lived", format!("{strange:?}"));
        }
    }

    /// Properties 3 and 5: some of what has arrived arrives again, and changes nothing.
    fn again(&mut self) {
        let before = self.world.answers(&self.scenario.plan.metrics);
        let Some(last) = self.scenario.sends.last() else { return };
        let mut random = Random::new(self.scenario.seed);
        for round in 0..3 {
            let pick = (random.number() % self.scenario.sends.len() as u64) as usize;
            let send = &self.scenario.sends[pick];
            let taken = self.give(send, last.at + 600 * (round + 1));
            self.unchanged(send, &taken, "a sync that was sent again at the end");
        }
        let after = self.world.answers(&self.scenario.plan.metrics);
        if let Some((subject, detail)) = before.difference(&after) {
            self.fail(3, format!("{subject} is another after a sync was sent again"), detail);
        }
    }

    fn unchanged(&mut self, send: &Send, taken: &[Taken], what: &str) {
        if let Some(one) = taken.iter().find(|one| one.counts.unchanged != one.counts.received) {
            let detail = format!("{:?} of {}: {:?}", send.what, send.number, one.counts);
            self.fail(5, format!("not all is unchanged of {what}"), detail);
        }
    }
}

/// Property 4.
fn without_one(machine: &Machine, scenario: &Scenario) -> Vec<Failure> {
    let firsts: Vec<usize> = (0..scenario.sends.len()).filter(|at| !scenario.sends[*at].repeated).collect();
    if firsts.len() < 2 {
        return Vec::new();
    }
    let gone = scenario.sends[firsts[(scenario.seed / 4) as usize % firsts.len()]].number;
    let mut with = Run::new(machine, scenario);
    let mut last = 0;
    let mut doomed = Vec::new();
    for send in &scenario.sends {
        let taken = with.give(send, send.at);
        if send.number == gone {
            doomed.extend(taken);
        }
        last = send.at;
    }
    doomed.iter().for_each(|taken| with.world.delete(&taken.delivery, last + 60));
    let rest = scenario.sends.iter().filter(|send| send.number != gone).cloned().collect();
    let smaller = Scenario { sends: rest, ..scenario.clone() };
    let mut without = Run::new(machine, &smaller);
    smaller.sends.iter().for_each(|send| drop(without.give(send, send.at)));
    let metrics = &scenario.plan.metrics;
    let difference = without.world.answers(metrics).difference(&with.world.answers(metrics));
    let failure = difference.map(|(subject, detail)| Failure {
        property: 4,
        setup: scenario.setup,
        what: format!("{subject} is another than without the deleted delivery"),
        detail: format!("sync {gone} deleted; {detail}"),
    });
    failure.into_iter().collect()
}
