//! `Workout`, with its events, parts, statistics and places.
//!
//! Up to iOS 15 the totals are attributes, from iOS 16 on statistics; some apps write neither.

use std::collections::BTreeMap;

use crate::decode::apple_export::{Element, gpx, text};
use crate::model::healthkit;
use crate::model::metric::catalogue;
use crate::model::unit::conversion;
use crate::model::workout::{Account, Figure, RoutePoint, Workout, WorkoutActivity, WorkoutEvent, bounded};
use crate::validate::apple_export::{Attached, Validator, quantities, texts};

/// Attribute of a total, of its unit, and the figure that it is.
const TOTALS: [(&str, &str, &str, &str); 4] = [
    ("totalDistance", "totalDistanceUnit", "distance", "km"),
    ("totalEnergyBurned", "totalEnergyBurnedUnit", "active_energy", "kcal"),
    ("totalSwimmingStrokeCount", "totalSwimmingStrokeCountUnit", "swimming_stroke_count", "count"),
    ("totalFlightsClimbed", "totalFlightsClimbedUnit", "flights_climbed", "count"),
];

/// Metadata that is a figure.
const FIGURES: [(&str, &str, &str); 7] = [
    ("HKAverageMETs", "intensity", "kcal/hr·kg"),
    ("HKElevationAscended", "elevation_ascended", "m"),
    ("HKElevationDescended", "elevation_descended", "m"),
    ("HKLapLength", "lap_length", "m"),
    ("HKWeatherTemperature", "temperature", "degC"),
    ("HKWeatherHumidity", "humidity", "%"),
    ("HKAverageSpeed", "speed", "km/hr"),
];

/// What a workout has beside records.
const CHILDREN: [&str; 4] = ["MetadataEntry", "WorkoutEvent", "WorkoutStatistics", "WorkoutRoute"];

const EFFORT: &str = "appleEffortScore";

impl Validator<'_> {
    pub(super) fn add_workout(&mut self, element: Element, mut attached: Attached) {
        let place = self.place("Workout");
        for child in element.children() {
            match child.name() {
                "Record" => self.add_record(child, None),
                "WorkoutActivity" => self.add_part_children(&place, child),
                name if CHILDREN.contains(&name) => {}
                _ => self.reject_unknown(&place, child),
            }
        }
        let problems = std::mem::take(&mut attached.problems);
        match self.workout(element, attached) {
            Ok(workout) => {
                let item = self.item("workouts");
                self.heavy += workout.route.len() + workout.account.events.len();
                self.note_recorder(element, &workout);
                self.filling.batch.workouts.push(Workout { item, ..workout });
            }
            Err(reason) => self.reject("workouts", place.clone(), reason, element),
        }
        for problem in problems {
            let name = self.name("routes");
            self.filling.reject(name, place.clone(), problem, String::new());
        }
    }

    /// A workout is a record of who has recorded it, too.
    fn note_recorder(&mut self, element: Element, workout: &Workout) {
        let written = |wanted: &str| element.attributes().find(|(known, _)| *known == wanted).map(|(_, text)| text);
        if let Some(device) = written("device") {
            let source = self.filling.source(&workout.account.source);
            self.note_hardware(source, (device, written("sourceVersion").unwrap_or_default()), workout.start);
        }
    }

    /// What a part has beside what the workout tells of it.
    fn add_part_children(&mut self, place: &str, part: Element) {
        for child in part.children() {
            match child.name() {
                "Record" => self.add_record(child, None),
                name if CHILDREN.contains(&name) => {}
                _ => self.reject_unknown(&format!("{place}/WorkoutActivity"), child),
            }
        }
    }

    fn workout(&mut self, element: Element, mut attached: Attached) -> Result<Workout, String> {
        let start = self.clock.read("startDate", &element.get("startDate").unwrap_or_default())?;
        let told = duration(element);
        let end = match element.get("endDate") {
            Some(end) => self.clock.read("endDate", &end)?.utc,
            None => start.utc + told.filter(|seconds| *seconds < LONGEST).unwrap_or_default().round() as i64,
        };
        if end < start.utc {
            return Err("the end is before the start".into());
        }
        let name = element.get("workoutActivityType").unwrap_or_default().into_owned();
        if name.is_empty() {
            return Err("the workout has no type".into());
        }
        let zone = element.metadata("HKTimeZone");
        let offset_minutes = self.clock.offset(start, zone.as_deref());
        element.children_named("WorkoutRoute").for_each(|part| attached.add_route(places(part).collect()));
        let mut route = attached.route;
        route.sort_by_key(|point| point.at);
        route.dedup_by(|later, first| RoutePoint { part: first.part, ..later.clone() } == *first);
        Ok(Workout {
            item: 0,
            sender: self.sender,
            sent_id: element.get("uuid").map(|id| id.into_owned()),
            activity: healthkit::code(&name),
            start: start.utc,
            account: Account {
                name,
                end,
                duration: bounded(told, start.utc, end),
                offset_minutes,
                source: element.get("sourceName").or(element.get("source")).unwrap_or_default().trim().to_owned(),
                location: location(element),
                figures: figures(element),
                events: element.children_named("WorkoutEvent").filter_map(|event| self.workout_event(event)).collect(),
                activities: element.children_named("WorkoutActivity").filter_map(|part| self.part(part)).collect(),
                metadata: metadata(element),
            },
            series: Vec::new(),
            route,
        })
    }

    fn workout_event(&self, event: Element) -> Option<WorkoutEvent> {
        Some(WorkoutEvent {
            kind: healthkit::code(&event.get("type")?),
            start: self.clock.read("date", &event.get("date")?).ok()?.utc,
            span: duration(event).unwrap_or_default(),
            metadata: metadata(event),
        })
    }

    fn part(&self, part: Element) -> Option<WorkoutActivity> {
        let start = self.clock.read("startDate", &part.get("startDate")?).ok()?.utc;
        let end = part.get("endDate").and_then(|end| Some(self.clock.read("endDate", &end).ok()?.utc));
        let seconds = duration(part);
        let end = end.unwrap_or(start + seconds.filter(|seconds| *seconds < LONGEST).unwrap_or_default() as i64);
        Some(WorkoutActivity {
            id: part.get("uuid").map(|id| id.into_owned()),
            activity: part.get("workoutActivityType").map_or(String::new(), |name| healthkit::code(&name)),
            start,
            end,
            duration: bounded(seconds, start, end),
            figures: figures(part),
            events: part.children_named("WorkoutEvent").filter_map(|event| self.workout_event(event)).collect(),
            metadata: metadata(part),
        })
    }
}

/// Seconds that no workout lasts, where only its duration says when it ended.
const LONGEST: f64 = 7.0 * 86_400.0;

/// Seconds; minutes where no unit is given.
fn duration(element: Element) -> Option<f64> {
    let number: f64 = element.get("duration")?.trim().parse().ok()?;
    let unit = element.get("durationUnit").unwrap_or("min".into());
    let seconds = conversion(&unit, "s")?.read(number);
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

fn location(element: Element) -> Option<String> {
    let metadata = |key: &str| element.metadata(key);
    let swimming = match metadata("HKSwimmingLocationType").as_deref().map(str::trim) {
        Some("1") => Some("pool"),
        Some("2") => Some("open_water"),
        _ => None,
    };
    let indoor = || match metadata("HKIndoorWorkout").as_deref().map(str::trim) {
        Some("1" | "true") => Some("indoor"),
        Some("0" | "false") => Some("outdoor"),
        _ => None,
    };
    swimming.or_else(indoor).map(str::to_owned)
}

fn metadata(element: Element) -> BTreeMap<String, String> {
    let entries = element.children_named("MetadataEntry");
    entries.filter_map(|entry| Some((entry.get("key")?.into_owned(), entry.get("value")?.into_owned()))).collect()
}

/// Metadata first, then statistics, then the totals of older exports, so that the latter win where several are there.
fn figures(element: Element) -> BTreeMap<String, Figure> {
    let mut figures = BTreeMap::new();
    for (key, name, unit) in FIGURES {
        if let Some(value) = element.metadata(key).and_then(|value| quantities::quantity(&value, unit)) {
            quantities::set(&mut figures, name, unit, if unit == "%" { humidity(value) } else { value });
        }
    }
    average_speed(element, &mut figures);
    element.children_named("WorkoutStatistics").for_each(|statistics| add_statistics(statistics, &mut figures));
    element.children_named("Record").for_each(|record| add_effort(record, &mut figures));
    for (attribute, unit_attribute, name, unit) in TOTALS {
        let Some(number) = element.get(attribute).and_then(|text| text.trim().parse::<f64>().ok()) else { continue };
        let sent = element.get(unit_attribute).unwrap_or(unit.into());
        if let Some(conversion) = conversion(&sent, unit).filter(|_| number.is_finite()) {
            quantities::set(&mut figures, name, unit, conversion.read(number));
        }
    }
    figures
}

/// Written as `65 %`, as `6500 %`, or as a fraction.
fn humidity(sent: f64) -> f64 {
    match sent {
        fraction if fraction <= 1.0 => quantities::percent(fraction),
        hundredfold if hundredfold > 100.0 => hundredfold / 100.0,
        percent => percent,
    }
}

/// The average speed is an average, not a total; the greatest stands beside it.
fn average_speed(element: Element, figures: &mut BTreeMap<String, Figure>) {
    let most = element.metadata("HKMaximumSpeed").and_then(|value| quantities::quantity(&value, "km/hr"));
    if let Some(max) = most {
        let speed = figures.entry("speed".into()).or_default();
        (speed.unit, speed.max) = ("km/hr".into(), Some(max));
    }
    if let Some(speed) = figures.get_mut("speed") {
        speed.avg = speed.value.take();
    }
}

fn add_statistics(statistics: Element, figures: &mut BTreeMap<String, Figure>) {
    let identifier = statistics.get("type").unwrap_or_default();
    let sent = statistics.get("unit").unwrap_or_default();
    let metric = catalogue().resolve(&identifier);
    let name = metric.map_or_else(|| healthkit::code(&identifier), |metric| metric.name.clone());
    let unit = metric.map_or_else(|| sent.to_string(), |metric| metric.unit.clone());
    let Some(conversion) = (if sent.is_empty() { conversion(&unit, &unit) } else { conversion(&sent, &unit) }) else {
        return;
    };
    let number = |name: &str| {
        let value = conversion.read(statistics.get(name)?.trim().parse().ok()?);
        value.is_finite().then_some(value)
    };
    let figure =
        Figure { unit, value: number("sum"), avg: number("average"), min: number("minimum"), max: number("maximum") };
    if let Some(sum) = figure.value.filter(|_| identifier.contains("IdentifierDistance")) {
        let known = figures.get("distance").and_then(|known| known.value).unwrap_or_default();
        let kilometres = crate::model::unit::conversion(&figure.unit, "km").map_or(0.0, |way| way.read(sum));
        quantities::set(figures, "distance", "km", known + kilometres);
    }
    figures.insert(name, figure);
}

/// How hard it was, as its person or the watch has judged.
fn add_effort(record: Element, figures: &mut BTreeMap<String, Figure>) {
    let metric = catalogue().resolve(&record.get("type").unwrap_or_default()).filter(|metric| metric.unit == EFFORT);
    let score =
        record.get("value").and_then(|value| value.trim().parse::<f64>().ok()).filter(|score| score.is_finite());
    if let (Some(metric), Some(score)) = (metric, score) {
        quantities::set(figures, &metric.name, EFFORT, score);
    }
}

/// The places of a route that older exports hold in the XML itself.
fn places(route: Element<'_>) -> impl Iterator<Item = RoutePoint> {
    route.children_named("Location").filter_map(|location| {
        let degrees = |name: &str, limit: f64| {
            let value: f64 = location.get(name)?.trim().parse().ok()?;
            (value.abs() <= limit).then_some(value)
        };
        let mut point = RoutePoint {
            at: i64::MIN,
            latitude: degrees("latitude", 90.0)?,
            longitude: degrees("longitude", 180.0)?,
            ..RoutePoint::default()
        };
        texts(location).for_each(|(name, value)| gpx::set(&mut point, name, value.trim()));
        (point.at != i64::MIN).then_some(point)
    })
}

/// The files that a workout's routes or a clinical record are in, each once, as paths inside the export.
pub fn files(element: Element) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let references = element.children_named("WorkoutRoute").flat_map(|route| route.children_named("FileReference"));
    let named = references.filter_map(|reference| reference.get("path")).chain(element.get("resourceFilePath"));
    for path in named.map(|path| text(&path).trim_start_matches('/').to_owned()) {
        if !path.is_empty() && !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}
