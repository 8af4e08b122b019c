//! The ways in which what is on a made-up phone reaches a server.

mod apple;
pub mod automation;
mod buckets;
mod points;
mod shortcut;
mod sleep;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::synth::phone::Phone;
use crate::synth::phone::calendar::text;
use crate::synth::phone::metric::Metric;
use crate::synth::phone::store::{Sample, Segment, Workout};
use automation::{Automation, Batch, Grouping, Headers};

pub use apple::zip as apple_export;
pub use shortcut::body as shortcut;

/// How long before midnight no night has begun yet.
const EVENING: i64 = 5 * 3600;

/// What a sender reads of the phone.
pub struct Sync<'a> {
    pub phone: &'a Phone,
    /// When it is read, and the zone the phone is in.
    pub moment: i64,
    pub zone: &'a TimeZone,
    /// What it covers; UTC epoch seconds, `to` excluded.
    pub from: i64,
    pub to: i64,
    /// Nothing earlier is on this phone.
    pub known: i64,
    pub grouping: Grouping,
}

impl<'a> Sync<'a> {
    pub fn at(phone: &'a Phone, moment: i64, (from, to): (i64, i64), grouping: Grouping) -> Sync<'a> {
        Sync { phone, moment, zone: phone.calendar.zone(moment), from, to, known: phone.knows_from(moment), grouping }
    }

    /// The segments of sleep on this phone. Nobody changes phones in the middle of a night: of the first it has all.
    fn segments(&self) -> impl Iterator<Item = &'a Segment> {
        let (moment, known) = (self.moment, self.known.saturating_sub(EVENING));
        self.phone.store.segments.iter().filter(move |one| one.presence.at(moment) && one.start >= known)
    }

    fn seen(&self, metric: Metric, from: i64, to: i64) -> Vec<&'a Sample> {
        let mut seen = self.phone.store.seen(metric, self.moment, from, to);
        seen.retain(|sample| sample.start >= self.known);
        seen
    }
}

/// One request, or one file where there is a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub headers: Vec<(&'static str, String)>,
    pub file: Option<String>,
    pub body: Vec<u8>,
}

/// The requests of a sync; `number` tells syncs apart.
pub fn requests(sync: &Sync, automation: &Automation, metrics: &[Metric], nights: bool, number: u64) -> Vec<Request> {
    let mut sections: Vec<Value> = Vec::new();
    for metric in metrics {
        let facts = metric.facts();
        section(&mut sections, facts.name, facts.unit, points::points(sync, *metric));
    }
    if nights {
        section(&mut sections, "sleep_analysis", "hr", sleep::points(sync, automation.nights_summed));
    }
    let mut bodies: Vec<Value> =
        split(sections, automation.batch).into_iter().map(|metrics| json!({"data": {"metrics": metrics}})).collect();
    if automation.workouts {
        let workouts: Vec<Value> = workouts(sync).map(|one| workout(sync, one)).collect();
        bodies.extend((!workouts.is_empty()).then(|| json!({"data": {"workouts": workouts}})));
    }
    let one = |(part, body): (usize, Value)| Request {
        headers: headers(automation, number, part),
        file: None,
        body: body.to_string().into_bytes(),
    };
    bodies.into_iter().enumerate().map(one).collect()
}

fn section(sections: &mut Vec<Value>, name: &str, units: &str, points: Vec<Value>) {
    if !points.is_empty() {
        sections.push(json!({"name": name, "units": units, "data": points}));
    }
}

fn split(sections: Vec<Value>, batch: Batch) -> Vec<Vec<Value>> {
    match batch {
        _ if sections.is_empty() => Vec::new(),
        Batch::Whole => vec![sections],
        Batch::Metrics => sections.into_iter().map(|section| vec![section]).collect(),
        Batch::Points(most) => sections.iter().flat_map(|section| pieces(section, most)).collect(),
    }
}

fn pieces(section: &Value, most: usize) -> Vec<Vec<Value>> {
    let points = section["data"].as_array().map_or(&[][..], Vec::as_slice);
    let piece = |points: &[Value]| vec![json!({"name": section["name"], "units": section["units"], "data": points})];
    points.chunks(most.max(1)).map(piece).collect()
}

fn headers(automation: &Automation, number: u64, part: usize) -> Vec<(&'static str, String)> {
    let session = match automation.headers {
        Headers::None => return Vec::new(),
        Headers::OneSession => 0,
        Headers::SessionEach => part + 1,
    };
    vec![
        ("automation-name", automation.name.into()),
        ("automation-id", automation.id.into()),
        ("automation-aggregation", automation.grouping.header().into()),
        ("automation-period", automation.period.header().into()),
        ("session-id", format!("5E551011-0000-4000-{session:04X}-{number:012X}")),
    ]
}

/// Those that a sync covers.
fn workouts<'a>(sync: &Sync<'a>) -> impl Iterator<Item = &'a Workout> {
    let (moment, from, to) = (sync.moment, sync.from.max(sync.known), sync.to);
    let there = move |one: &&Workout| one.presence.at(moment) && from <= one.start && one.start < to;
    sync.phone.store.workouts.iter().filter(there)
}

fn workout(sync: &Sync, one: &Workout) -> Value {
    json!({
        "id": one.id, "name": "Outdoor Run", "location": "Outdoor", "isIndoor": false,
        "start": text(one.start, sync.zone), "end": text(one.end, sync.zone), "duration": one.end - one.start,
        "distance": {"qty": one.kilometres, "units": "km"},
        "activeEnergyBurned": {"qty": one.kilocalories, "units": "kcal"},
        "source": sync.phone.names.name(one.source)
    })
}
