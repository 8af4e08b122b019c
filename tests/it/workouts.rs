//! Holds off workouts that depend on who spoke first, and routes that no map reads.

use std::collections::BTreeMap;

use health_export::model::sender::Sender;
use health_export::model::workout::{
    Account, Figure, RoutePoint, SeriesPoint, Workout, WorkoutActivity, WorkoutEvent, WorkoutSeries,
};
use quick_xml::events::Event as Xml;
use serde_json::{Value, json};

use crate::support::InProcess;
use crate::support::check::assert_sound;
use crate::support::fill::{at, workout, workouts};

const START: &str = "2024-05-01T10:00:00Z";

fn figure(unit: &str, value: f64) -> Figure {
    Figure { unit: unit.into(), value: Some(value), ..Figure::default() }
}

fn point(at: i64, longitude: f64, altitude: Option<f64>) -> RoutePoint {
    RoutePoint { at, latitude: 52.5, longitude, altitude, speed: Some(2.5), ..RoutePoint::default() }
}

/// What Apple's export tells: no location, no route, laps.
fn by_apple() -> Workout {
    let mut told = workout(Sender::AppleExport, START);
    let lap = WorkoutEvent { kind: "lap".into(), start: at(START) + 60, span: 300.0, metadata: BTreeMap::new() };
    let part =
        WorkoutActivity { activity: "running".into(), start: at(START), end: at(START) + 900, ..Default::default() };
    told.account = Account {
        name: "HKWorkoutActivityTypeRunning".into(),
        duration: Some(1750.5),
        source: "Watch".into(),
        offset_minutes: 120,
        figures: BTreeMap::from([
            ("active_energy".into(), figure("kcal", 300.0)),
            ("distance".into(), figure("km", 5.0)),
        ]),
        events: vec![lap],
        activities: vec![part],
        metadata: BTreeMap::from([("HKIndoorWorkout".into(), "0".into())]),
        ..told.account
    };
    told
}

/// What the app tells: a location, a heart rate, a route, another energy.
fn by_app() -> Workout {
    let mut told = workout(Sender::AutoExport, START);
    let rate = Figure { unit: "count/min".into(), avg: Some(150.0), max: Some(171.0), ..Figure::default() };
    let points =
        (0..3).map(|n| SeriesPoint { at: at(START) + n * 60, value: Some(140.0 + n as f64), ..Default::default() });
    told.sent_id = Some("AB-12".into());
    told.account = Account {
        name: "Outdoor Run".into(),
        location: Some("outdoor".into()),
        figures: BTreeMap::from([("active_energy".into(), figure("kcal", 299.0)), ("heart_rate".into(), rate)]),
        metadata: BTreeMap::from([("HKIndoorWorkout".into(), "no".into()), ("weather".into(), "sun".into())]),
        ..told.account
    };
    told.series = vec![WorkoutSeries { name: "heart_rate".into(), unit: "count/min".into(), points: points.collect() }];
    told.route = vec![
        point(at(START), 13.25, Some(34.5)),
        point(at(START) + 1, 13.2501, None),
        point(at(START) + 2, -0.000001, Some(35.0)),
    ];
    told
}

fn told_in(order: [Workout; 2]) -> InProcess {
    let server = InProcess::start();
    order.into_iter().for_each(|told| drop(workouts(&server.app, vec![told])));
    server
}

#[test]
fn two_senders_make_one_workout_whoever_comes_first() {
    let servers = [told_in([by_apple(), by_app()]), told_in([by_app(), by_apple()])];
    let answers = servers.each_ref().map(|server| {
        assert_sound(&server.app);
        let list = server.client.get("/api/v1/workouts").expect(200);
        assert_eq!(list["workouts"].as_array().unwrap().len(), 1);
        let id = list["workouts"][0]["id"].as_str().unwrap().to_owned();
        (list, server.client.get(&format!("/api/v1/workouts/{id}")).expect(200))
    });
    assert_eq!(answers[0], answers[1]);
    let (list, one) = &answers[0];
    let expected = json!({
        "id": one["id"],
        "type": "running",
        "name": "HKWorkoutActivityTypeRunning",
        "start": "2024-05-01T12:00:00+02:00",
        "end": "2024-05-01T12:30:00+02:00",
        "duration_seconds": 1750.5,
        "offset_minutes": 120,
        "source": "Watch",
        "location": "outdoor",
        "figures": {
            "active_energy": {"unit": "kcal", "value": 300.0},
            "distance": {"unit": "km", "value": 5.0},
            "heart_rate": {"unit": "count/min", "avg": 150.0, "max": 171.0},
        },
        "has_route": true,
        "series": ["heart_rate"],
    });
    assert_eq!(list["workouts"][0], expected);
    assert_eq!(one["metadata"], json!({"HKIndoorWorkout": "0", "weather": "sun"}));
    assert_eq!(
        one["events"],
        json!([{"kind": "lap", "start": "2024-05-01T12:01:00+02:00", "duration_seconds": 300.0}])
    );
    assert_eq!(one["activities"][0]["end"], "2024-05-01T12:15:00+02:00");
    let senders: Vec<&str> =
        one["accounts"].as_array().unwrap().iter().map(|told| told["sender"].as_str().unwrap()).collect();
    assert_eq!(senders, ["apple_export", "auto_export"]);
    assert_eq!(one["accounts"][1]["sent_id"], "AB-12");
    assert_eq!(one["accounts"][1]["figures"]["active_energy"]["value"], 299.0);
}

#[test]
fn a_duration_that_nobody_tells_is_from_start_to_end() {
    let server = InProcess::start();
    workouts(&server.app, vec![workout(Sender::Shortcuts, START)]);
    let list = server.client.get("/api/v1/workouts?tz=Asia/Tokyo").expect(200);
    assert_eq!(list["workouts"][0]["duration_seconds"], 1800.0);
    assert_eq!(list["workouts"][0]["start"], "2024-05-01T19:00:00+09:00");
    assert_eq!((list["workouts"][0].get("source"), list["workouts"][0].get("location")), (None, None));
}

/// The id of the only workout.
fn id(server: &InProcess) -> String {
    server.client.get("/api/v1/workouts").expect(200)["workouts"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn series_come_in_columns() {
    let server = told_in([by_apple(), by_app()]);
    let address = format!("/api/v1/workouts/{}/series", id(&server));
    let all = server.client.get(&format!("{address}?tz=UTC")).expect(200);
    let expected = json!([{
        "name": "heart_rate",
        "unit": "count/min",
        "times": ["2024-05-01T10:00:00Z", "2024-05-01T10:01:00Z", "2024-05-01T10:02:00Z"],
        "values": [140.0, 141.0, 142.0],
    }]);
    assert_eq!(all["series"], expected);
    assert_eq!(server.client.get(&format!("{address}?name=heart_rate&tz=UTC")).expect(200), all);
    assert!(server.client.get(&format!("{address}?name=pace")).problem(404).contains("heart_rate"));
    server.client.get("/api/v1/workouts/999/series").problem(404);
}

#[test]
fn a_route_is_geojson() {
    let server = told_in([by_apple(), by_app()]);
    let answer = server.client.get(&format!("/api/v1/workouts/{}/route", id(&server)));
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let route = answer.expect(200);
    assert_eq!(route["type"], "FeatureCollection");
    let feature = &route["features"][0];
    let line =
        json!({"type": "LineString", "coordinates": [[13.25, 52.5, 34.5], [13.2501, 52.5], [-0.000001, 52.5, 35.0]]});
    assert_eq!((&feature["type"], &feature["geometry"]), (&json!("Feature"), &line));
    let properties = &feature["properties"];
    assert_eq!(properties["times"][2], "2024-05-01T12:00:02+02:00");
    assert_eq!((&properties["speed"], properties.get("course")), (&json!([2.5, 2.5, 2.5]), None));
}

/// Names of elements on the way down to each text, and its text; positions as attributes.
fn read_gpx(text: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut open, mut found) = (Vec::<String>::new(), Vec::<(String, String)>::new());
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(start) => {
                open.push(start.name().as_ref().to_owned());
                let attributes = start.attributes().map(Result::unwrap);
                let values = attributes.map(|attribute| attribute.value.into_owned());
                found.push((open.join("/"), values.collect::<Vec<_>>().join(" ")));
            }
            Xml::Text(text) => found.iter_mut().last().into_iter().for_each(|(_, last)| last.push_str(&text)),
            Xml::GeneralRef(name) => {
                found.last_mut().unwrap().1.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap());
            }
            Xml::End(_) => drop(open.pop()),
            Xml::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    found
}

#[test]
fn a_route_is_gpx_by_name_and_by_accept() {
    let server = InProcess::start();
    let mut told = by_app();
    told.account.name = "Run <\"fast\"> & \u{7}far".into();
    workouts(&server.app, vec![told]);
    let address = format!("/api/v1/workouts/{}/route", id(&server));
    let answer = server.client.get(&format!("{address}?format=gpx"));
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/gpx+xml"));
    let accepted = server.client.get_with(&address, &[("accept", "application/gpx+xml")]);
    assert_eq!(accepted.bytes, answer.bytes);
    let found = read_gpx(&answer.text());
    let texts = |path: &str| found.iter().filter(|(at, _)| at == path).map(|(_, text)| text.trim()).collect::<Vec<_>>();
    assert!(texts("gpx")[0].contains("1.1") && texts("gpx")[0].contains("http://www.topografix.com/GPX/1/1"));
    assert_eq!(texts("gpx/trk/name"), ["Run <\"fast\"> & far"]);
    assert_eq!(texts("gpx/trk/type"), ["running"]);
    assert_eq!(texts("gpx/trk/trkseg/trkpt"), ["52.5 13.25", "52.5 13.2501", "52.5 -0.000001"]);
    assert_eq!(texts("gpx/trk/trkseg/trkpt/ele"), ["34.5", "35"]);
    assert_eq!(texts("gpx/trk/trkseg/trkpt/time")[1], "2024-05-01T10:00:01Z");
    assert!(server.client.get(&format!("{address}?format=kml")).problem(400).contains("gpx"));
}

#[test]
fn what_has_no_route_or_is_not_there_is_not_found() {
    let server = InProcess::start();
    workouts(&server.app, vec![by_apple()]);
    assert!(server.client.get(&format!("/api/v1/workouts/{}/route", id(&server))).problem(404).contains("no route"));
    for wrong in ["999", "none", "-1", "1x"] {
        server.client.get(&format!("/api/v1/workouts/{wrong}")).problem(404);
    }
    let other = server.client.with_key(Some(&server.key("other", &[health_export::model::key::Scope::Read])));
    other.get(&format!("/api/v1/workouts/{}", id(&server))).problem(404);
    assert_eq!(other.get("/api/v1/workouts").expect(200)["workouts"], json!([]));
}

#[test]
fn lists_are_narrowed_and_paged() {
    let server = InProcess::start();
    let of_day = |day: i64| {
        let start = jiff::Timestamp::from_second(at(START) + day / 2 * 86_400).unwrap().to_string();
        let activity = if day % 2 == 0 { "running" } else { "cycling" };
        // Two on each day at one time, which are two for their ends differ.
        let mut told = workout(Sender::AppleExport, &start);
        told.account.end += day % 2 * 600;
        Workout { activity: activity.into(), ..told }
    };
    workouts(&server.app, (0..20).map(of_day).collect());
    let ids = |question: &str| -> Vec<String> {
        let list = server.client.get(&format!("/api/v1/workouts?{question}")).expect(200);
        let workouts = list["workouts"].as_array().unwrap().iter();
        workouts.map(|workout| format!("{} {}", workout["start"], workout["type"])).collect()
    };
    let all = ids("");
    assert_eq!(all.len(), 20);
    assert_eq!(ids("type=Cycling").len(), 10);
    assert_eq!(ids("type=running,cycling").len(), 20);
    assert_eq!(ids("type=swimming").len(), 0);
    assert_eq!(ids("start=2024-05-03&end=2024-05-05").len(), 4);
    for order in ["asc", "desc"] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let address = format!("/api/v1/workouts?limit=3&order={order}{cursor}");
            let page: Value = server.client.get(&address).expect(200);
            let workouts = page["workouts"].as_array().unwrap().iter();
            found.extend(workouts.map(|workout| format!("{} {}", workout["start"], workout["type"])));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        if order == "desc" {
            found.reverse();
        }
        assert_eq!(found, all, "{order}");
    }
}

#[test]
fn check_finds_what_is_told_of_nothing() {
    let server = told_in([by_apple(), by_app()]);
    let faults = |break_it: &'static str| -> Vec<String> {
        server.app.store.writer().run(move |writing| Ok(writing.connection.execute(break_it, [])?)).unwrap();
        let findings = health_export::store::check::run(&server.app.store.reader().unwrap()).unwrap();
        findings.into_iter().flat_map(|finding| finding.faults).collect()
    };
    let app_is_gone = faults("DELETE FROM workout_account WHERE sender = 1");
    assert!(app_is_gone.len() == 2 && app_is_gone.iter().all(|fault| fault.contains("by a sender")), "{app_is_gone:?}");
    let all_are_gone = faults("DELETE FROM workout_account");
    assert!(all_are_gone.iter().any(|fault| fault.contains("told of by nobody")), "{all_are_gone:?}");
    let night = "INSERT INTO night_summary (user, date, sender, delivery, session, source, offset_minutes)
                 VALUES (1, 5, 1, 1, 0, 99, 0)";
    assert!(faults(night).iter().any(|fault| fault.contains("night without a source")));
}

/// Distances of the workouts there are, each with whether it has a route and how many tell of it.
fn distances(server: &InProcess) -> Vec<(f64, bool, usize)> {
    let list = server.client.get("/api/v1/workouts").expect(200);
    let told = |one: &Value| {
        let whole = server.client.get(&format!("/api/v1/workouts/{}", one["id"].as_str().unwrap())).expect(200);
        let kilometres = one["figures"]["distance"]["value"].as_f64().unwrap();
        (kilometres, one["has_route"].as_bool().unwrap(), whole["accounts"].as_array().unwrap().len())
    };
    let mut found: Vec<_> = list["workouts"].as_array().unwrap().iter().map(told).collect();
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    found
}

#[test]
fn two_sources_at_one_start_have_made_two_workouts() {
    let by_export = |source: &str, kilometres: f64| {
        let mut told = by_apple();
        told.account.source = source.into();
        told.account.figures.insert("distance".into(), figure("km", kilometres));
        told
    };
    let sent = |id: &str, kilometres: f64, route: bool| {
        let mut told = by_app();
        told.sent_id = Some(id.into());
        told.account.figures.insert("distance".into(), figure("km", kilometres));
        told.route.retain(|_| route);
        told
    };
    let export = vec![by_export("Watch", 5.0), by_export("Run App", 7.0)];
    let app = vec![sent("a", 5.001, true), sent("b", 7.0, false)];
    let orders = [[export.clone(), app.clone()], [app.clone(), export.clone()]];
    for order in orders {
        let server = InProcess::start();
        order.iter().for_each(|told| drop(workouts(&server.app, told.clone())));
        assert_eq!(distances(&server), [(5.0, true, 2), (7.0, false, 2)]);
        let list = server.client.get("/api/v1/workouts").expect(200);
        let of =
            |source: &str| list["workouts"].as_array().unwrap().iter().find(|one| one["source"] == source).unwrap();
        assert_eq!((&of("Run App")["covered_by"], of("Watch").get("covered_by")), (&of("Watch")["id"], None));
        for told in order {
            assert_eq!(workouts(&server.app, told).counts.unchanged, 2);
        }
        assert_eq!(distances(&server).len(), 2);
        assert_sound(&server.app);
    }
    let server = InProcess::start();
    let ride = Workout { activity: "cycling".into(), ..by_export("Watch", 20.0) };
    workouts(&server.app, vec![by_export("Watch", 5.0), ride]);
    assert_eq!(distances(&server).len(), 2, "two activities are two workouts");
}
