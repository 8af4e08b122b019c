//! Who sends when. Years ago is told by files of the app, one for each week, that came with the export; the last weeks by
//! automations of the phone, each with its own habits, and by a Shortcut.

use serde_json::{Value, json};

use super::activity::{DIARY_ENDED, coffees};
use super::calendar::{Day, HOUR, MINUTE};
use super::diary::{self, Entry};
use super::exercise::plan;
use super::measures::{DAYLIGHT, FLIGHTS, WALKING_SPEED};
use super::{Demo, SENT_DAYS, heart, points, workout};
use crate::error::Result;
use crate::synth::history::{FOOD, RawSample};

/// One delivery.
pub struct Delivery {
    /// When it came, in UTC epoch seconds.
    pub at: i64,
    pub automation: Option<&'static str>,
    /// What the automation says that it has summed up.
    pub aggregation: Option<&'static str>,
    /// The name of a file that was imported.
    pub file: Option<String>,
    pub body: Vec<u8>,
}

/// The hours at which measurements are sent; on the last days every hour.
const SENT_AT: [i64; 5] = [7, 11, 15, 19, 23];
/// Seconds from what was measured to its being sent.
const LAG: i64 = 3 * MINUTE;

impl Demo {
    /// When the export was imported.
    pub fn imported_at(&self) -> Result<i64> {
        Ok(self.days()?.iter().find(|day| day.age < SENT_DAYS).map_or(self.now, |day| day.at(9.0)).min(self.now))
    }

    /// Every delivery but the export, in the order in which they came, while `give` takes them.
    pub fn deliveries(&self, mut give: impl FnMut(Delivery) -> Result<()>) -> Result<()> {
        let imported_at = self.imported_at()?;
        let exported = self.exported()?;
        // Years ago little was recorded, and each delivery takes its time.
        let is_same = |one: &Day, next: &Day| match next.density() < 1.0 {
            true => one.date.month() == next.date.month(),
            false => next.weekday() != 0,
        };
        for (number, days) in exported.chunk_by(is_same).enumerate() {
            give(self.file(days, imported_at + 5 * (number as i64 + 1)))?;
        }
        let (mut waiting, mut sent) = (Vec::new(), Vec::new());
        for day in self.days()?.iter().filter(|day| day.age < SENT_DAYS) {
            sent.extend(self.sent_on(day, &mut waiting));
        }
        // What is sent late may come after what the next day has begun with.
        sent.sort_by_key(|delivery| delivery.at);
        sent.into_iter().try_for_each(give)
    }

    /// A week, or a month of long ago, as a file: all that an export of Apple's does not hold, or not as well.
    fn file(&self, days: &[Day], at: i64) -> Delivery {
        let all = |of: &dyn Fn(&Demo, &Day) -> Vec<Entry>| -> Vec<Value> {
            days.iter().flat_map(|day| of(self, day)).map(|(_, value)| value).collect()
        };
        let body = json!({"data": {
            "workouts": all(&workouts), "symptoms": all(&diary::symptoms), "stateOfMind": all(&diary::moods),
            "medications": all(&diary::medications), "cycleTracking": all(&diary::cycle),
            "ecg": all(&heart::electrocardiograms), "heartRateNotifications": all(&heart::notifications)
        }});
        let (first, last) = (&days[0].date, &days[days.len() - 1].date);
        let file = Some(format!("HealthAutoExport-{first}-{last}.json"));
        Delivery { at, automation: None, aggregation: None, file, body: body.to_string().into_bytes() }
    }

    /// What came on a day. `waiting` are measurements that were not sent yet.
    fn sent_on(&self, day: &Day, waiting: &mut Vec<RawSample>) -> Vec<Delivery> {
        let mut sent = Vec::new();
        let measured = self.samples(day);
        let (food, measured): (Vec<_>, Vec<_>) = measured.into_iter().partition(|sample| *sample.measure == FOOD);
        let mut add = |at: i64, automation, aggregation, body: Value| {
            if at <= self.now {
                let body = body.to_string().into_bytes();
                sent.push(Delivery { at, automation, aggregation, file: None, body });
            }
        };
        let summed = [(&DAYLIGHT, true), (&FLIGHTS, true), (&WALKING_SPEED, false)];
        add(
            day.end + 20 * MINUTE,
            Some("Daily summary"),
            Some("Days"),
            points::days(self, day.midnight, &measured, &summed),
        );
        waiting.extend(measured);
        for cut in self.cuts(day) {
            let (ready, rest) = waiting.drain(..).partition(|sample| sample.end <= cut);
            *waiting = rest;
            let ready: Vec<RawSample> = ready;
            if !ready.is_empty() {
                add(cut + LAG, Some("Health metrics"), Some("None"), points::body(self, &ready, &[]));
            }
        }
        let segments = self.segments(day);
        if !segments.is_empty() {
            add(day.night().up + 25 * MINUTE, Some("Sleep"), Some("None"), points::body(self, &[], &segments));
        }
        if !food.is_empty() && day.age >= DIARY_ENDED {
            add(day.at(22.6), Some("Food diary"), Some("None"), points::body(self, &food, &[]));
        }
        for at in coffees(day) {
            let coffee = json!({"type": "caffeine", "value": "80", "unit": "mg", "date": self.local(at)});
            add(at + 2, None, None, coffee);
        }
        self.add_records(day, &mut add);
        add_odd(self, day, &mut add);
        sent
    }

    /// Up to when each sending of measurements goes.
    fn cuts(&self, day: &Day) -> Vec<i64> {
        let hours: Vec<i64> = if day.age < 2 { (7..24).collect() } else { SENT_AT.to_vec() };
        let latest = self.now - LAG - 2 * MINUTE;
        let cuts = hours.into_iter().map(|hour| day.midnight + hour * HOUR).filter(|cut| *cut < latest);
        let mut cuts: Vec<i64> = cuts.collect();
        if day.age == 0 {
            cuts.push(latest);
        }
        cuts
    }

    fn add_records(&self, day: &Day, add: &mut impl FnMut(i64, Option<&'static str>, Option<&'static str>, Value)) {
        type Of = fn(&Demo, &Day) -> Vec<Entry>;
        let kinds: [(&str, &'static str, Of, i64); 7] = [
            ("workouts", "Workouts", workouts, 8 * MINUTE),
            ("symptoms", "Diary", diary::symptoms, 20 * MINUTE),
            ("stateOfMind", "Diary", diary::moods, 10 * MINUTE),
            ("medications", "Medications", diary::medications, 15 * MINUTE),
            ("cycleTracking", "Diary", diary::cycle, 30 * MINUTE),
            ("ecg", "Heart", heart::electrocardiograms, 5 * MINUTE),
            ("heartRateNotifications", "Heart", heart::notifications, 5 * MINUTE),
        ];
        for (array, automation, of, lag) in kinds {
            let entries: Vec<Entry> = of(self, day).into_iter().filter(|(at, _)| *at <= self.now).collect();
            let Some(last) = entries.iter().map(|(at, _)| *at).max() else { continue };
            let values: Vec<Value> = entries.into_iter().map(|(_, value)| value).collect();
            add((last + lag).min(self.now), Some(automation), None, json!({"data": {array: values}}));
        }
    }
}

fn workouts(demo: &Demo, day: &Day) -> Vec<Entry> {
    plan(day).iter().filter(|one| one.end <= demo.now).map(|one| (one.end, workout::json(demo, one))).collect()
}

/// A treadmill's bridge that speaks of things that nobody knows, and not always well.
fn add_odd(demo: &Demo, day: &Day, add: &mut impl FnMut(i64, Option<&'static str>, Option<&'static str>, Value)) {
    if day.weekday() != 4 {
        return;
    }
    let at = day.at(18.8);
    let time = |minute: i64| demo.local(at - 20 * MINUTE + minute * MINUTE);
    let inclines: Vec<Value> =
        (0..15).map(|minute| json!({"date": time(minute), "qty": 1 + minute % 4, "source": "Treadmill"})).collect();
    let hearts = json!([
        {"date": "in a moment", "qty": 131, "source": "Treadmill"},
        {"date": time(3), "qty": -1, "source": "Treadmill"},
        {"date": time(4), "qty": "fast", "source": "Treadmill"}
    ]);
    let body = json!({"data": {
        "metrics": [
            {"name": "treadmill_incline", "units": "%", "data": inclines},
            {"name": "heart_rate", "units": "count/min", "data": hearts},
            {"name": "active_energy", "units": "carrots", "data": [{"date": time(15), "qty": 3, "source": "Treadmill"}]}
        ],
        "gymBadges": [{"name": "Ten Fridays"}]
    }});
    add(at, Some("Gym bridge"), None, body);
}
