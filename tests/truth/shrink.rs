//! Makes a failing scenario as small as it gets while it fails in the same way.

use std::time::{Duration, Instant};

use health_export::synth::phone::calendar::{days_after, midnight};
use health_export::synth::phone::scenario::Scenario;

use crate::check::{Failure, failures};
use crate::world::Machine;

/// Longest that one scenario is made smaller.
const PATIENCE: Duration = Duration::from_secs(25);

pub fn smallest(machine: &Machine, scenario: Scenario, failure: Failure) -> (Scenario, Failure) {
    let kind = failure.kind();
    let mut best = (scenario, failure);
    let begun = Instant::now();
    let mut better = true;
    while better && begun.elapsed() < PATIENCE {
        better = false;
        for candidate in candidates(&best.0) {
            if begun.elapsed() > PATIENCE {
                break;
            }
            let found = failures(machine, &candidate).into_iter().find(|failure| failure.kind() == kind);
            if let Some(failure) = found {
                best = (candidate, failure);
                better = true;
                break;
            }
        }
    }
    best
}

/// Smaller scenarios, the smallest first.
fn candidates(scenario: &Scenario) -> Vec<Scenario> {
    let mut found = Vec::new();
    let many = scenario.sends.len();
    if scenario.plan.metrics.len() > 1 {
        found.extend(scenario.plan.metrics.iter().map(|metric| with_metrics(scenario, &[*metric])));
    }
    if scenario.plan.nights {
        found.push(without(scenario, |plan| plan.nights = false));
    }
    if scenario.plan.workouts {
        found.push(without(scenario, |plan| plan.workouts = false));
    }
    if many > 1 {
        let mut size = many / 2;
        while size > 0 {
            let starts = (0..many).step_by(size);
            found.extend(starts.map(|start| without_sends(scenario, start, start + size)));
            size /= 2;
        }
    }
    found.extend(fewer_days(scenario));
    found
}

fn with_metrics(scenario: &Scenario, metrics: &[health_export::synth::phone::metric::Metric]) -> Scenario {
    let mut smaller = scenario.clone();
    smaller.plan.metrics = metrics.to_vec();
    smaller.phone.store.narrow(metrics, |_| true);
    smaller
}

fn without(scenario: &Scenario, change: impl Fn(&mut health_export::synth::phone::life::Plan)) -> Scenario {
    let mut smaller = scenario.clone();
    change(&mut smaller.plan);
    if !smaller.plan.workouts {
        smaller.automations.iter_mut().for_each(|automation| automation.workouts = false);
        smaller.phone.store.workouts.clear();
    }
    if !smaller.plan.nights {
        smaller.phone.store.segments.clear();
    }
    smaller
}

fn without_sends(scenario: &Scenario, from: usize, to: usize) -> Scenario {
    let mut smaller = scenario.clone();
    let gone: Vec<u64> = smaller.sends[from..to.min(smaller.sends.len())].iter().map(|send| send.number).collect();
    // What is sent again was sent before.
    let first: Vec<u64> = gone
        .iter()
        .copied()
        .filter(|number| {
            scenario.sends[from..to.min(scenario.sends.len())]
                .iter()
                .any(|send| send.number == *number && !send.repeated)
        })
        .collect();
    let mut at = 0;
    smaller.sends.retain(|send| {
        let inside = (from..to).contains(&at);
        at += 1;
        !inside && !first.contains(&send.number)
    });
    smaller
}

/// Nothing recorded in the first or the second half.
fn fewer_days(scenario: &Scenario) -> Vec<Scenario> {
    let days = scenario.plan.days;
    if days < 2 {
        return Vec::new();
    }
    let home = scenario.phone.calendar.home();
    let middle = midnight(days_after(scenario.plan.first, days / 2), home);
    let (metrics, first) = (scenario.plan.metrics.clone(), scenario.plan.first);
    let mut early = scenario.clone();
    early.plan.days = days / 2;
    early.phone.store.narrow(&metrics, |start| start < middle);
    let mut late = scenario.clone();
    (late.plan.first, late.plan.days) = (days_after(first, days / 2), days - days / 2);
    late.phone.store.narrow(&metrics, |start| start >= middle);
    vec![early, late]
}
