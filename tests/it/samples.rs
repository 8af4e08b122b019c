//! Deliveries that real phones and other people's tests have produced. They are not part of this repository; without
//! them these tests say so and pass.

use std::collections::BTreeMap;
use std::path::PathBuf;

use health_export::model::metric::{Kind, catalogue};
use serde_json::Value;

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged, count};
use crate::support::{Answer, InProcess, stored};

const THREE_MONTHS: &str = "namtonthat_HealthAutoExport-2022-12-25-2023-03-25_daily.json";
const ONE_WEEK: &str = "namtonthat_HealthAutoExport-2023-01-22-2023-01-29_daily.json";

/// Where both of them were recorded.
const ZONE: &str = "Australia/Melbourne";

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("HEALTH_EXPORT_SAMPLES").map(PathBuf::from);
    let root = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"));
    let folder = root.join("hae");
    if !folder.is_dir() {
        println!("skipped: no samples folder");
        return None;
    }
    Some(folder)
}

fn samples() -> BTreeMap<String, Vec<u8>> {
    let Some(folder) = folder() else { return BTreeMap::new() };
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let samples: BTreeMap<String, Vec<u8>> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    assert!(samples.len() > 20, "only {} samples", samples.len());
    samples
}

fn post(server: &InProcess, body: &[u8]) -> Answer {
    server.client.post("/api/v1/ingest", &[], body)
}

/// What a file holds, by a walk of its own: points of metrics and items of every other array, by the name that the
/// receipt counts them under.
fn items(body: &[u8]) -> BTreeMap<String, u64> {
    let document: Value = serde_json::from_slice(body).unwrap();
    let data = document.get("data").unwrap_or(&document).as_object().unwrap();
    let mut items: BTreeMap<String, u64> = BTreeMap::new();
    for (name, list) in data.iter().filter_map(|(name, list)| Some((name, list.as_array()?))) {
        if name != "metrics" {
            *items.entry(name.clone()).or_default() += list.len() as u64;
            continue;
        }
        for metric in list {
            let number = metric["data"].as_array().map_or(0, Vec::len) as u64;
            let kind = if metric["name"] == "sleep_analysis" { "sleep_analysis" } else { "points" };
            *items.entry(kind.into()).or_default() += number;
        }
    }
    items.retain(|_, number| *number > 0);
    items
}

/// The same by the receipt.
fn counted(receipt: &Value) -> BTreeMap<String, u64> {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for (name, counts) in receipt["by_metric"].as_object().unwrap() {
        let kind = if ["sleep_analysis", "workouts"].contains(&name.as_str()) { name } else { "points" };
        *counted.entry(kind.to_owned()).or_default() += count(counts, "received");
    }
    counted
}

#[test]
fn every_sample_is_taken_and_every_item_accounted_for() {
    for (name, body) in samples().into_iter().filter(|(name, _)| !name.contains("malformed")) {
        let server = InProcess::start_with(&[("home_zone", ZONE)]);
        let receipt = post(&server, &body).expect(200);
        assert_balanced(&receipt);
        assert_eq!(counted(&receipt), items(&body), "{name}: {receipt}");
        assert_eq!(count(&receipt, "quarantined"), 0, "{name}: {receipt}");
        assert_eq!(receipt.get("deferred"), None, "{name}");
        let workouts = items(&body).get("workouts").copied().unwrap_or_default();
        assert_eq!(stored::workouts(&server.app).len() as u64, workouts, "{name}");
        assert_unchanged(&post(&server, &body).expect(200));
        assert_sound(&server.app);
    }
}

#[test]
fn a_night_of_both_shapes_keeps_its_stages_whichever_comes_last() {
    let samples = samples();
    let (Some(months), Some(week)) = (samples.get(THREE_MONTHS), samples.get(ONE_WEEK)) else { return };
    let nights = |bodies: [&Vec<u8>; 2]| {
        let server = InProcess::start_with(&[("home_zone", ZONE)]);
        bodies.into_iter().for_each(|body| assert_balanced(&post(&server, body).expect(200)));
        stored::nights(&server.app)
    };
    let found = nights([months, week]);
    assert_eq!(found, nights([week, months]));
    let of_week = found.iter().filter(|night| ("2023-01-22".."2023-01-30").contains(&night["date"].as_str().unwrap()));
    assert!(of_week.clone().count() >= 7 && of_week.into_iter().all(|night| night["core"].as_f64() > Some(0.0)));
}

#[test]
fn the_broken_sample_is_refused_and_kept() {
    let Some(body) = samples().remove("a7d_payload_malformed.json") else { return };
    let server = InProcess::start();
    let answer = post(&server, &body);
    answer.problem(400);
    let id = answer.json()["delivery"].as_str().expect("the problem names the delivery").to_owned();
    let kept = server.client.get(&format!("/api/v1/deliveries/{id}")).expect(200);
    assert_eq!(kept["refused"], true);
    assert_eq!(kept["bytes"], body.len());
    assert_eq!(kept["problems"][0]["path"], "$");
    assert_eq!(crate::support::check::kept_body(&server.app, &id), body);
}

/// Sum and average of each local day of each metric.
type Days = BTreeMap<(String, String), (f64, f64)>;

/// What the server answers after these deliveries in this order, each posted twice.
fn days(bodies: &[&Vec<u8>]) -> Days {
    let server = InProcess::start_with(&[("home_zone", ZONE)]);
    for body in bodies {
        assert_balanced(&post(&server, body).expect(200));
        assert_unchanged(&post(&server, body).expect(200));
    }
    assert_sound(&server.app);
    let metrics = server.client.get("/api/v1/metrics").expect(200);
    let names = metrics["metrics"].as_array().unwrap().iter().map(|metric| metric["name"].as_str().unwrap().to_owned());
    names.flat_map(|name| days_of(&server, name)).collect()
}

fn days_of(server: &InProcess, name: String) -> Vec<((String, String), (f64, f64))> {
    let answer = server.client.get(&format!("/api/v1/aggregate/{name}?bucket=day&stat=sum,avg")).expect(200);
    let number = |point: &Value, stat: &str| point[stat].as_f64().unwrap();
    let points = answer["points"].as_array().unwrap().iter();
    let entry = |point: &Value| {
        let start = point["start"].as_str().unwrap().to_owned();
        ((name.clone(), start), (number(point, "sum"), number(point, "avg")))
    };
    points.map(entry).collect()
}

/// What both say one after the other. They only add, so a smaller total of the same day takes nothing away.
fn over(below: &Days, above: &Days) -> Days {
    let mut days = below.clone();
    for ((metric, day), said) in above {
        let is_total = catalogue().resolve(metric).is_some_and(|known| known.kind == Kind::Cumulative);
        let known = days.entry((metric.clone(), day.clone())).or_insert(*said);
        if !is_total || said.0 > known.0 {
            *known = *said;
        }
    }
    days
}

#[test]
fn overlapping_deliveries_end_the_same_but_for_what_came_later() {
    let samples = samples();
    let (Some(months), Some(week)) = (samples.get(THREE_MONTHS), samples.get(ONE_WEEK)) else { return };
    let (only_months, only_week) = (days(&[months]), days(&[week]));
    let shared = only_week.keys().filter(|day| only_months.contains_key(*day)).count();
    assert!(shared > 50, "they overlap in {shared} days of a metric");
    let (forth, back) = (over(&only_months, &only_week), over(&only_week, &only_months));
    assert_eq!(days(&[months, week]), forth);
    assert_eq!(days(&[week, months]), back);
    assert_eq!(days(&[week, months, week]), back, "a repeat is no later word");
    let differs =
        |(day, said): (&(String, String), &(f64, f64))| only_months.get(day).is_some_and(|known| known != said);
    assert!(only_week.iter().any(differs), "nothing tells them apart");
}
