//! What happens, from a seed: a stretch of a made-up phone's life, and where the disk fails, the process dies or the clock jumps.

use health_export::synth::phone::scenario::{Scenario, Send};
use health_export::synth::random::Random;

use crate::preload::{DIES, DIES_HALFWAY, EIO, ENOSPC, Operation};

/// Most syncs of a stretch.
const SENDS: u64 = 24;

/// Zones of a server that was set up anew in another one for a while.
const ZONES: [&str; 4] = ["Pacific/Kiritimati", "America/New_York", "Asia/Kathmandu", "UTC"];

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// How far a clock jumps, in seconds.
const JUMPS: [i64; 8] = [-HOUR, HOUR, -DAY, DAY, -40 * DAY, 40 * DAY, -3_650 * DAY, 365 * DAY];

/// Something that happens before the sync with this place in the list is sent.
#[derive(Debug, Clone)]
pub struct Event {
    pub before: usize,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    /// From now on the `at`-th of an operation fails, and those after it, `many` in all.
    Fault { operation: Operation, at: i64, many: i64, error: i64 },
    /// The machine's clock is so many seconds off, until the next jump.
    Jump(i64),
    /// The server is started anew, in good order or not, for a while with another zone, and maybe with a fault as it starts.
    Restart { killed: bool, zone: Option<&'static str> },
    /// Somebody reads.
    Look,
    /// What the sync with this place has brought is deleted.
    Delete(usize),
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub scenario: Scenario,
    pub events: Vec<Event>,
}

impl std::fmt::Display for Plan {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scenario = &self.scenario;
        writeln!(out, "   seed {}, {:?}, {:?}", scenario.seed, scenario.setup, scenario.plan.metrics)?;
        for place in 0..=scenario.sends.len() {
            self.before(place).try_for_each(|what| writeln!(out, "   {what:?}"))?;
            if let Some(send) = scenario.sends.get(place) {
                writeln!(
                    out,
                    "   sync {} {:?} at {}{}",
                    send.number,
                    send.what,
                    send.at,
                    if send.repeated { " again" } else { "" }
                )?;
            }
        }
        Ok(())
    }
}

impl Plan {
    pub fn of(seed: u64) -> Plan {
        let mut random = Random::new(seed ^ 0xfa01_7500_0000_0000);
        let mut scenario = Scenario::of(seed).unwrap();
        scenario.sends = stretch(&scenario.sends, &mut random);
        let mut events = Vec::new();
        let many = scenario.sends.len() as u64;
        let mut add = |random: &mut Random, what: What| {
            events.push(Event { before: (random.number() % many) as usize, what });
        };
        for _ in 0..2 + random.number() % 6 {
            let what = fault(&mut random);
            add(&mut random, what);
        }
        for _ in 0..random.number() % 4 {
            let killed = random.unit() < 0.5;
            let zone = (random.unit() < 0.3).then(|| pick(&mut random, &ZONES));
            add(&mut random, What::Restart { killed, zone });
        }
        for _ in 0..random.number() % 3 {
            let jump = pick(&mut random, &JUMPS);
            add(&mut random, What::Jump(jump));
            add(&mut random, What::Jump(0));
        }
        for _ in 0..random.number() % 4 {
            add(&mut random, What::Look);
        }
        if random.unit() < 0.3 {
            let before = random.number() % many;
            let gone = (random.number() % (before + 1)) as usize;
            events.push(Event { before: before as usize + 1, what: What::Delete(gone) });
        }
        events.sort_by_key(|event| event.before);
        Plan { scenario, events }
    }

    /// What happens before a sync; the last of all after everything was sent.
    pub fn before(&self, place: usize) -> impl Iterator<Item = &What> {
        self.events.iter().filter(move |event| event.before == place).map(|event| &event.what)
    }

    /// Smaller plans, the smallest first.
    pub fn smaller(&self) -> Vec<Plan> {
        let mut found = Vec::new();
        let mut size = self.scenario.sends.len() / 2;
        while size > 0 {
            let starts = (0..self.scenario.sends.len()).step_by(size);
            found.extend(starts.filter_map(|start| self.without_sends(start, start + size)));
            size /= 2;
        }
        for place in 0..self.events.len() {
            let mut fewer = self.clone();
            fewer.events.remove(place);
            found.push(fewer);
        }
        found
    }

    /// The events stay beside the syncs that they were beside.
    fn without_sends(&self, from: usize, to: usize) -> Option<Plan> {
        let mut fewer = self.clone();
        let to = to.min(fewer.scenario.sends.len());
        fewer.scenario.sends.drain(from..to);
        let moved = |place: usize| if place >= to { place - (to - from) } else { place.min(from) };
        for event in &mut fewer.events {
            event.before = moved(event.before);
            if let What::Delete(gone) = &mut event.what {
                *gone = moved(*gone);
            }
        }
        fewer.events.retain(|event| !matches!(event.what, What::Delete(gone) if gone >= event.before));
        (!fewer.scenario.sends.is_empty()).then_some(fewer)
    }
}

/// Some syncs that follow each other. What is sent again was sent before.
fn stretch(all: &[Send], random: &mut Random) -> Vec<Send> {
    let many = (4 + random.number() % (SENDS - 3)).min(all.len() as u64);
    let from = (random.number() % (all.len() as u64 - many + 1)) as usize;
    let mut sends = all[from..from + many as usize].to_vec();
    let firsts: Vec<u64> = sends.iter().filter(|send| !send.repeated).map(|send| send.number).collect();
    sends.retain(|send| firsts.contains(&send.number));
    sends
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[(random.number() % from.len() as u64) as usize]
}

/// Half of the faults are deaths. Early operations are as likely as all the late ones.
fn fault(random: &mut Random) -> What {
    let at = 1 + 400_f64.powf(random.unit()) as i64;
    if random.unit() < 0.5 {
        return match random.unit() < 0.3 {
            true => What::Fault { operation: Operation::Write, at, many: 1, error: DIES_HALFWAY },
            false => What::Fault { operation: Operation::Any, at, many: 1, error: DIES },
        };
    }
    use Operation::{Allocate, Any, Create, Rename, Sync, Truncate, Write};
    let operation = pick(random, &[Write, Write, Sync, Sync, Truncate, Rename, Allocate, Create, Any]);
    // Of some there are few.
    let at = if matches!(operation, Write | Any) { at } else { 1 + at / 20 };
    let many = pick(random, &[1, 1, 1, 3, 20]);
    What::Fault { operation, at, many, error: pick(random, &[EIO, ENOSPC]) }
}
