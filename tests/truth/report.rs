//! What was found, so that a person can read it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use health_export::synth::phone::calendar::text;
use health_export::synth::phone::scenario::{Scenario, What};

use crate::Found;
use crate::check::Failure;

/// Most bytes of a body that are shown.
const SHOWN: usize = 1_500;

pub fn print(found: &BTreeMap<String, Found>, failed: usize, lives: usize, took: Duration) {
    for (kind, one) in found {
        println!("== {kind}\n   {} lives, such as seed {}", one.seeds.len(), one.seeds[0]);
        println!("{}", one.smallest);
    }
    println!("\n{failed} of {lives} lives failed, in {} s", took.as_secs());
    for (kind, one) in found {
        println!("{:6}  {kind}  (seed {})", one.seeds.len(), one.seeds[0]);
    }
}

/// The phone, what it sent, what was expected and what came.
pub fn readable(scenario: &Scenario, failure: &Failure) -> String {
    let mut out = String::new();
    let (plan, home) = (&scenario.plan, scenario.phone.calendar.home());
    let zone = home.iana_name().unwrap_or("?");
    let _ =
        writeln!(out, "   seed {}, {} days from {}, {zone}, {:?}", scenario.seed, plan.days, plan.first, plan.changes);
    let _ =
        writeln!(out, "   {:?}, nights {}, workouts {}, ring {}", plan.metrics, plan.nights, plan.workouts, plan.ring);
    for send in scenario.sends.iter().take(12) {
        let what = match send.what {
            What::Automation(at) => {
                let automation = &scenario.automations[at];
                format!(
                    "{:?}/{:?} {:?} {:?}",
                    automation.period, automation.grouping, automation.headers, automation.batch
                )
            }
            other => format!("{other:?}"),
        };
        let again = if send.repeated { ", sent again" } else { "" };
        let _ = writeln!(out, "   {} at {}{again}: {what}", send.number, text(send.at, home));
        if scenario.sends.len() <= 3 {
            bodies(scenario, send, &mut out);
        }
    }
    let _ = writeln!(out, "   => {}", failure.detail);
    out
}

fn bodies(scenario: &Scenario, send: &health_export::synth::phone::scenario::Send, out: &mut String) {
    for request in scenario.requests(send).unwrap_or_default() {
        let text = String::from_utf8_lossy(&request.body);
        let shown: String = text.chars().take(SHOWN).collect();
        let shown = if request.file.is_some() { format!("({} bytes)", request.body.len()) } else { shown };
        let _ = writeln!(out, "      {shown}");
    }
}
