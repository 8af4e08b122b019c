//! Deliveries as Health Auto Export writes them, hour by hour, a file for each month.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, ZonedDateTime};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::synth::Person;

const WATCH: &str = "Robin\u{2019}s Apple\u{a0}Watch";
const PHONE: &str = "Robin\u{2019}s iPhone";

/// One file: its name and its body.
pub struct File {
    pub name: String,
    pub body: Value,
}

/// The months of `years` years up to the day `end`, in the zone of the person's phone.
pub fn months(seed: u64, years: i16, end: Date, zone: &TimeZone) -> Result<Vec<File>> {
    let failed = |fault: jiff::Error| Error::BadRequest(format!("these years cannot be made up: {fault}"));
    let mut person = Person::new(seed);
    let mut day = end.checked_sub(years.years()).map_err(failed)?;
    let mut files = Vec::new();
    while day < end {
        let next = day.first_of_month().checked_add(1.month()).map_err(failed)?.min(end);
        files.push(File {
            name: format!("HealthAutoExport-{day}-{}.json", next.yesterday().map_err(failed)?),
            body: month(&mut person, day, next, zone).map_err(failed)?,
        });
        day = next;
    }
    Ok(files)
}

/// The points of each metric of a delivery.
#[derive(Default)]
struct Points {
    steps: Vec<Value>,
    energy: Vec<Value>,
    heart: Vec<Value>,
    resting: Vec<Value>,
    variability: Vec<Value>,
    weight: Vec<Value>,
    sleep: Vec<Value>,
}

fn month(person: &mut Person, first: Date, end: Date, zone: &TimeZone) -> Result<Value, jiff::Error> {
    let mut points = Points::default();
    let mut day = first;
    while day < end {
        add_day(&mut points, person, &day.to_zoned_datetime(zone.clone())?)?;
        day = day.tomorrow()?;
    }
    let metric = |name: &str, units: &str, data: Vec<Value>| json!({"name": name, "units": units, "data": data});
    Ok(json!({"data": {"metrics": [
        metric("step_count", "count", points.steps),
        metric("active_energy", "kcal", points.energy),
        metric("heart_rate", "count/min", points.heart),
        metric("resting_heart_rate", "count/min", points.resting),
        metric("heart_rate_variability", "ms", points.variability),
        metric("weight_body_mass", "kg", points.weight),
        metric("sleep_analysis", "hr", points.sleep),
    ]}}))
}

fn add_day(points: &mut Points, person: &mut Person, midnight: &ZonedDateTime) -> Result<(), jiff::Error> {
    let weekday = i64::from(midnight.weekday().to_monday_zero_offset());
    let tomorrow = midnight.tomorrow()?;
    let mut at = midnight.clone();
    while at < tomorrow {
        let hour = person.hour(weekday, i64::from(at.hour()));
        let date = written(&at);
        if hour.steps > 0.0 {
            points.steps.push(json!({"date": date, "qty": hour.steps, "source": format!("{WATCH}|{PHONE}")}));
        }
        points.energy.push(json!({"date": date, "qty": hour.kilocalories, "source": WATCH}));
        points.heart.push(json!({
            "date": date, "Min": hour.heart_low, "Avg": hour.heart_mean, "Max": hour.heart_high, "source": WATCH
        }));
        at = at.checked_add(1.hour())?;
    }
    add_daily(points, person, midnight)
}

fn add_daily(points: &mut Points, person: &mut Person, midnight: &ZonedDateTime) -> Result<(), jiff::Error> {
    let day = person.day();
    let date = written(midnight);
    let point = |value: f64| json!({"date": date, "qty": value, "source": WATCH});
    points.resting.push(point(day.resting_heart_rate));
    points.variability.push(point(day.variability));
    points.weight.extend(day.weight.map(|weight| json!({"date": date, "qty": weight, "source": "Scale"})));
    let woke = midnight.checked_add(7.hours())?;
    let slept = woke.checked_sub(((day.asleep_hours * 60.0) as i64).minutes())?;
    points.sleep.push(json!({
        "date": date, "totalSleep": day.asleep_hours, "asleep": 0, "inBed": 0, "core": day.asleep_hours,
        "deep": 0, "rem": 0, "awake": 0, "sleepStart": written(&slept), "sleepEnd": written(&woke), "source": WATCH
    }));
    Ok(())
}

fn written(at: &ZonedDateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S %z").to_string()
}
