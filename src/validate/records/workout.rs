//! Workouts of both versions: what a key holds is told by its JSON type, for `activeEnergy` is a total in one version and
//! a list in the next. Only name, start and end are needed.

use jiff::tz::TimeZone;

use super::moment::{END, Moment, source, span};
use super::{LeftOut, add_each, figures, route, series};
use crate::decode::auto_export::{List, Node};
use crate::model::sender::Sender;
use crate::model::words::{Words, activity};
use crate::model::workout::{Account, Workout, bounded};
use crate::validate::filling::Filling;

/// Keys with a place of their own in a workout.
const USED: [&str; 11] =
    ["id", "name", "start", "startDate", "end", "endDate", "duration", "location", "source", "metadata", "csvLine"];
const ROUTES: [&str; 3] = ["route", "routes", "routeData"];

pub fn add(list: &List, filling: &mut Filling) {
    add_each(list, "workouts", filling, read, |filling, item, workout| {
        filling.batch.workouts.push(Workout { item, ..workout });
    });
}

fn read(node: Node, path: &str, home: &TimeZone, left_out: &mut Vec<LeftOut>) -> Result<Workout, String> {
    let name = node.get("name").text().ok_or("the workout has no name")?;
    let (start, span) = span(node, &["start", "startDate"], home)?;
    let duration = duration(node.get("duration"));
    let end = match Moment::find(node, &END, home)? {
        Some(_) => start.utc + span,
        None => start.utc + duration.ok_or("the workout has no end")?.round() as i64,
    };
    let (code, place) = activity(name);
    let mut workout = Workout {
        item: 0,
        sender: Sender::AutoExport,
        sent_id: node.get("id").text().map(str::to_owned),
        activity: code,
        start: start.utc,
        account: Account {
            name: name.to_owned(),
            end,
            duration: bounded(duration, start.utc, end),
            offset_minutes: start.offset_minutes,
            source: source(node.get("source")),
            location: location(node, place),
            ..Account::default()
        },
        series: Vec::new(),
        route: Vec::new(),
    };
    // The phone shuffles its keys, and where two speak of one figure the first one stands.
    let mut keys: Vec<(&str, Node)> = node.entries().filter(|(key, _)| !USED.contains(key)).collect();
    keys.sort_by_key(|(key, _)| *key);
    for (key, value) in keys.into_iter().filter(|(_, value)| value.is_present()) {
        add_key(&mut workout, key, value, &format!("{path}.{key}"), home, left_out);
    }
    add_metadata(&mut workout.account, node.get("metadata"));
    series::part_recovery(&mut workout.series, end);
    Ok(workout)
}

fn add_key(workout: &mut Workout, key: &str, value: Node, path: &str, home: &TimeZone, left_out: &mut Vec<LeftOut>) {
    if ROUTES.contains(&key) && value.is_list() {
        workout.route.extend(route::read(value, path, home, left_out));
        return;
    }
    if value.is_list() {
        let name = figures::name_of(key);
        if series::is_series(value) || figures::is_known(&name) {
            let series = series::read(&name, value, path, home, left_out);
            return match workout.series.iter_mut().find(|known| known.name == name) {
                Some(known) => {
                    known.points.extend(series.points);
                    known.points.sort_by_key(|point| point.at);
                }
                None => workout.series.push(series),
            };
        }
    }
    match figures::add(key, value, &mut workout.account.figures) {
        Ok(true) => {}
        Ok(false) => keep_as_sent(&mut workout.account, key, value),
        Err(reason) => left_out.push(LeftOut { path: path.to_owned(), reason, item: value.json() }),
    }
}

fn add_metadata(account: &mut Account, metadata: Node) {
    metadata.entries().for_each(|(key, value)| keep_as_sent(account, key, value));
    if metadata.is_list() || metadata.text().is_some() {
        keep_as_sent(account, "metadata", metadata);
    }
}

/// A text as it is, anything else as JSON.
fn keep_as_sent(account: &mut Account, key: &str, value: Node) {
    let text = value.text().map_or_else(|| value.tidy().to_string(), str::to_owned);
    if !["", "null", "[]", "{}"].contains(&text.as_str()) {
        account.metadata.insert(key.to_owned(), text);
    }
}

/// Seconds, or `HH:MM:SS`, or a quantity with its unit.
fn duration(node: Node) -> Option<f64> {
    let seconds = node.number().or_else(|| node.text().and_then(clock));
    let quantity = || {
        let units = node.get("units").text().unwrap_or("s");
        Some(crate::model::unit::conversion(units, "s")?.read(node.get("qty").number()?))
    };
    seconds.or_else(quantity).filter(|seconds| (0.0..=1e9).contains(seconds))
}

fn clock(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.split(':').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let seconds = parts.iter().fold(0.0, |sum, part| sum * 60.0 + part);
    (2..=3).contains(&parts.len()).then_some(seconds)
}

/// As sent, else from the name. `isIndoor: false` is also what the app sends when it does not know.
fn location(node: Node, place: Option<&str>) -> Option<String> {
    let sent =
        node.get("location").text().map(|word| Words::Location.code_or_slug(word)).filter(|code| !code.is_empty());
    let indoor = || node.get("isIndoor").boolean().filter(|yes| *yes).map(|_| "indoor".to_owned());
    sent.or_else(|| place.map(str::to_owned)).or_else(indoor)
}
