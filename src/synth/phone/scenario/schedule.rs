//! When a phone sends what: every few hours where it can, with syncs that fail, are sent again, or arrive in another order.

use jiff::tz::TimeZone;

use super::{Send, Setup, What, pick};
use crate::synth::phone::Phone;
use crate::synth::phone::calendar::{days_after, midnight};
use crate::synth::phone::life::Plan;
use crate::synth::phone::senders::automation::{Automation, Grouping, Period};
use crate::synth::random::Random;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// In order of arrival.
pub fn sends(random: &mut Random, setup: Setup, plan: &Plan, phone: &Phone, automations: &[Automation]) -> Vec<Send> {
    let home = phone.calendar.home();
    let begin = midnight(plan.first, home) + 9 * HOUR;
    let end = midnight(days_after(plan.first, plan.days), home) + 8 * HOUR;
    let mut making = Making { sends: Vec::new() };
    for (at, automation) in automations.iter().enumerate() {
        making.automation(random, (at, automation), (begin, end), phone);
    }
    if setup == Setup::Shortcuts {
        making.shortcut(plan, home, random.unit() < 0.4);
    }
    making.exports(random, setup, (begin, end));
    making.again(random);
    making.sends.sort_by_key(|send| (send.at, send.number));
    making.sends
}

struct Making {
    sends: Vec<Send>,
}

impl Making {
    fn add(&mut self, what: What, at: i64, (from, to): (i64, i64), shuffled: Option<u64>) {
        let number = self.sends.len() as u64;
        self.sends.push(Send { number, made: at, at, what, from, to, repeated: false, shuffled });
    }

    fn automation(
        &mut self,
        random: &mut Random,
        (place, automation): (usize, &Automation),
        (begin, end): (i64, i64),
        phone: &Phone,
    ) {
        let often = match automation.period {
            _ if end - begin > 60 * DAY => DAY,
            Period::PreviousSevenDays | Period::Yesterday => DAY,
            // Some 300 syncs at most.
            _ if end - begin > 30 * DAY => pick(random, &[8 * HOUR, 12 * HOUR]),
            _ => pick(random, &[3 * HOUR, 5 * HOUR, 8 * HOUR]),
        };
        let fails = pick(random, &[0.0, 0.05, 0.2]);
        let (mut at, mut last) = (begin + place as i64 * 700, begin - 9 * HOUR);
        while at < end {
            if random.unit() >= fails {
                let range = automation.period.range(at, last, phone.calendar.zone(at));
                let shuffled = (random.unit() < 0.2).then(|| random.number());
                self.add(What::Automation(place), at, range, shuffled);
                last = at;
            }
            at += often + (random.unit() * 3000.0) as i64;
        }
    }

    /// Yesterday's samples or sums, every morning.
    fn shortcut(&mut self, plan: &Plan, home: &TimeZone, sums: bool) {
        for number in 0..plan.days {
            let day = |more: i32| midnight(days_after(plan.first, number + more), home);
            self.add(What::Shortcut { sums }, day(1) + 9 * HOUR, (day(0), day(1)), None);
        }
    }

    fn exports(&mut self, random: &mut Random, setup: Setup, (begin, end): (i64, i64)) {
        let many = match setup {
            Setup::Exports => 2 + random.number() % 3,
            Setup::Shortcuts | Setup::Bare => 0,
            _ if random.unit() < 0.35 => 1,
            _ => 0,
        };
        let all = (i64::MIN / 2, i64::MAX / 2);
        for _ in 0..many {
            let at = begin + (random.unit() * (end - begin) as f64) as i64;
            self.add(What::Export, at, all, None);
        }
        if setup == Setup::Exports {
            self.add(What::Export, end, all, None);
        }
        if setup == Setup::Guide && random.unit() < 0.1 {
            let at = begin + (random.unit() * (end - begin) as f64) as i64;
            let grouping = pick(random, &[Grouping::Minutes, Grouping::None]);
            self.add(What::File(grouping), at, (at - 3 * DAY, at), None);
        }
    }

    /// Some of them come again, whole, minutes or days later.
    fn again(&mut self, random: &mut Random) {
        let mut again = Vec::new();
        for send in &self.sends {
            if random.unit() < 0.05 {
                let later = pick(random, &[120, HOUR, 3 * DAY]);
                again.push(Send { at: send.at + later, repeated: true, ..send.clone() });
            }
        }
        self.sends.extend(again);
    }
}
