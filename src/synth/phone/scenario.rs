//! A scenario: a life, a phone that is set up in some way, and what it sends and when, all from one seed.

mod schedule;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::Phone;
use super::calendar::{self, Calendar};
use super::life::{self, Changes, Plan};
use super::metric::Metric;
use super::senders::automation::{Automation, Batch, Grouping, Headers, Period};
use super::senders::{self, Request, Sync};
use super::source::Names;
use crate::error::{Error, Result};
use crate::synth::random::Random;

const ZONES: [&str; 5] = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC"];

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A sync of the automation with this place in the list.
    Automation(usize),
    /// Apple's export of everything.
    Export,
    /// A file that the app has written by hand, which says nothing of itself.
    File(Grouping),
    /// A Shortcut with samples, or with the sums of days.
    Shortcut { sums: bool },
}

/// One sync.
#[derive(Debug, Clone, PartialEq)]
pub struct Send {
    /// The same for a sync that is sent again.
    pub number: u64,
    /// When the phone was read, and when it arrives: later where it is sent again.
    pub made: i64,
    pub at: i64,
    pub what: What,
    pub from: i64,
    pub to: i64,
    pub repeated: bool,
    /// By what its requests are shuffled, if they do not arrive in their order.
    pub shuffled: Option<u64>,
}

/// How the phone is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setup {
    /// As the guide says: Default, and the totals of seven days.
    Guide,
    /// One automation with a period that it states.
    Stated,
    /// What is new since the last sync, or at once.
    News,
    /// The same beside the totals of seven days.
    NewsAndDays,
    /// Requests without any header.
    Bare,
    /// Apple's exports alone.
    Exports,
    /// A Shortcut.
    Shortcuts,
}

#[derive(Debug, Clone)]
pub struct Scenario {
    pub seed: u64,
    pub setup: Setup,
    pub plan: Plan,
    pub phone: Phone,
    pub automations: Vec<Automation>,
    pub sends: Vec<Send>,
}

impl Scenario {
    pub fn of(seed: u64) -> Result<Scenario> {
        let mut random = Random::new(seed ^ 0x5eed_0f11_fe00_0000);
        let setup = setup(&mut random);
        let mut calendar = calendar_of(&mut random)?;
        let mut plan = plan(&mut random, setup);
        if setup == Setup::Guide && random.unit() < 0.25 {
            travel(&mut calendar, &plan, &mut random)?;
        }
        plan.workouts &= !calendar.travels();
        let names = Names::of(&mut random);
        let automations = automations(&mut random, setup, plan.workouts);
        // Neither a Shortcut nor a sample of the app says what was entered by hand.
        plan.by_hand =
            setup != Setup::Shortcuts && automations.iter().all(|automation| automation.grouping != Grouping::None);
        let store = life::live(&plan, &calendar, &mut random);
        let renewed = renewal(&mut random, setup, &plan, &calendar);
        let phone = Phone { store, calendar, names, renewed };
        let sends = schedule::sends(&mut random, setup, &plan, &phone, &automations);
        Ok(Scenario { seed, setup, plan, phone, automations, sends })
    }

    /// The requests of a sync, in the order in which they arrive.
    pub fn requests(&self, send: &Send) -> Result<Vec<Request>> {
        let metrics = &self.plan.metrics;
        let grouping = match send.what {
            What::Automation(at) => self.automations[at].grouping,
            What::File(grouping) => grouping,
            What::Export | What::Shortcut { .. } => Grouping::None,
        };
        let sync = Sync::at(&self.phone, send.made, (send.from, send.to), grouping);
        let mut requests = match send.what {
            What::Automation(at) => {
                senders::requests(&sync, &self.automations[at], metrics, self.plan.nights, send.number)
            }
            What::Export => vec![file("export.zip", senders::apple_export(&sync, metrics)?)],
            What::File(_) => {
                let mut whole = senders::requests(&sync, &BY_HAND, metrics, self.plan.nights, send.number);
                whole.iter_mut().for_each(|one| one.file = Some("HealthAutoExport.json".into()));
                whole
            }
            What::Shortcut { sums } => {
                let body = senders::shortcut(&sync, metrics, sums).to_string().into_bytes();
                vec![Request { headers: Vec::new(), file: None, body }]
            }
        };
        if let Some(seed) = send.shuffled {
            shuffle(&mut requests, &mut Random::new(seed));
        }
        Ok(requests)
    }

    /// All dates of the life.
    pub fn dates(&self) -> impl Iterator<Item = Date> {
        let first = self.plan.first;
        (0..self.plan.days).map(move |number| calendar::days_after(first, number))
    }
}

fn shuffle(requests: &mut [Request], random: &mut Random) {
    for last in (1..requests.len()).rev() {
        requests.swap(last, (random.number() % (last as u64 + 1)) as usize);
    }
}

fn file(name: &str, body: Vec<u8>) -> Request {
    Request { headers: Vec::new(), file: Some(name.into()), body }
}

/// The app's export by hand.
const BY_HAND: Automation = Automation {
    name: "",
    id: "",
    period: Period::Default,
    grouping: Grouping::None,
    nights_summed: false,
    batch: Batch::Whole,
    headers: Headers::None,
    workouts: false,
};

fn setup(random: &mut Random) -> Setup {
    match random.unit() {
        share if share < 0.40 => Setup::Guide,
        share if share < 0.65 => Setup::Stated,
        share if share < 0.72 => Setup::News,
        share if share < 0.79 => Setup::NewsAndDays,
        share if share < 0.85 => Setup::Bare,
        share if share < 0.95 => Setup::Exports,
        _ => Setup::Shortcuts,
    }
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[(random.number() % from.len() as u64) as usize]
}

fn zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|fault| Error::internal("looking a zone up", fault))
}

fn calendar_of(random: &mut Random) -> Result<Calendar> {
    zone(pick(random, &ZONES)).map(Calendar::at_home)
}

/// Two to eight weeks, one in fifty a year; one in four is around a change of the clocks.
fn plan(random: &mut Random, setup: Setup) -> Plan {
    let changes_of_clocks = [date(2025, 3, 20), date(2025, 10, 18), date(2026, 2, 27), date(2025, 9, 27)];
    let first = match random.unit() < 0.25 {
        true => pick(random, &changes_of_clocks),
        false => calendar::days_after(date(2024, 6, 1), (random.number() % 700) as i32),
    };
    let days = if random.unit() < 0.02 { 365 } else { 14 + (random.number() % 43) as i32 };
    let metrics = Metric::ALL.into_iter().filter(|_| random.unit() < 0.45).collect::<Vec<_>>();
    let metrics = if metrics.is_empty() { vec![Metric::Steps] } else { metrics };
    // Who only adds cannot say that something is gone.
    let adds = matches!(setup, Setup::News | Setup::Bare | Setup::Shortcuts);
    let changes = Changes {
        late: random.unit() < 0.5,
        condense: random.unit() < 0.4 && !adds,
        correct: random.unit() < 0.4 && !adds,
    };
    let mut chance = |share: f64| random.unit() < share;
    let (nights, workouts, ring) = (chance(0.6) && setup != Setup::Shortcuts, chance(0.4), chance(0.25));
    let workouts = workouts && setup != Setup::Shortcuts;
    Plan { first, days, metrics, nights, workouts, ring, by_hand: false, changes }
}

/// Sometimes a new phone takes over, with a part of the past.
fn renewal(random: &mut Random, setup: Setup, plan: &Plan, calendar: &Calendar) -> Option<(i64, i64)> {
    let may = matches!(setup, Setup::Guide | Setup::Exports) && !calendar.travels();
    let day = |number: i32| calendar::midnight(calendar::days_after(plan.first, number), calendar.home());
    (may && random.unit() < 0.12).then(|| (day(plan.days * 2 / 3) + 43_200, day(plan.days / 3)))
}

/// There and back.
fn travel(calendar: &mut Calendar, plan: &Plan, random: &mut Random) -> Result<()> {
    let there = zone(pick(random, &["Asia/Tokyo", "America/Los_Angeles", "Europe/London", "America/Chicago"]))?;
    let start = calendar::midnight(calendar::days_after(plan.first, plan.days / 3), calendar.home());
    let end = calendar::midnight(calendar::days_after(plan.first, plan.days * 2 / 3), calendar.home());
    let home = calendar.home().clone();
    calendar.travel(start + 43_200, there);
    calendar.travel(end + 43_200, home);
    Ok(())
}

fn automations(random: &mut Random, setup: Setup, workouts: bool) -> Vec<Automation> {
    let batch = pick(random, &[Batch::Whole, Batch::Whole, Batch::Metrics, Batch::Points(40), Batch::Points(150)]);
    let headers = pick(random, &[Headers::OneSession, Headers::SessionEach]);
    let one = |period, grouping| Automation {
        name: "Health metrics",
        id: "A1000000-0000-4000-8000-000000000001",
        period,
        grouping,
        nights_summed: false,
        batch,
        headers,
        workouts,
    };
    let days = Automation {
        name: "Totals of days",
        id: "A1000000-0000-4000-8000-000000000002",
        workouts: false,
        ..one(Period::PreviousSevenDays, Grouping::Days)
    };
    let groupings = [Grouping::Default, Grouping::None, Grouping::Minutes, Grouping::Hours, Grouping::Days];
    let grouping = pick(random, &groupings);
    let periods = [Period::Default, Period::Default, Period::Today, Period::Yesterday, Period::PreviousSevenDays];
    let period = pick(random, &periods);
    let news = pick(random, &[Period::SinceLastSync, Period::Realtime]);
    let summed = random.unit() < 0.3;
    match setup {
        Setup::Guide => vec![one(Period::Default, Grouping::Default), days],
        Setup::Stated => vec![Automation { nights_summed: summed, ..one(period, grouping) }],
        Setup::News => vec![one(news, grouping)],
        Setup::NewsAndDays => vec![one(news, grouping), days],
        Setup::Bare => vec![Automation { headers: Headers::None, ..one(Period::Default, grouping) }],
        Setup::Exports | Setup::Shortcuts => Vec::new(),
    }
}
