//! Apple's export with one of everything in it: what is stored of it, and that a repeat changes nothing.

use serde_json::{Value, json};

use crate::support::apple::{fixture, fixture_zip, import, import_bytes, receipt, steps, xml};
use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged};
use crate::support::{InProcess, body};

fn start() -> InProcess {
    InProcess::start_with(&[("home_zone", "Europe/Berlin")])
}

/// The samples of a metric as (start, value, context, offset), from the file itself.
fn samples(server: &InProcess, metric: &str) -> Vec<(i64, f64, Option<String>, i64)> {
    let reader = server.app.store.reader().unwrap();
    let mut statement = reader
        .prepare(
            "SELECT start, value, context.name, offset_minutes FROM sample JOIN metric ON metric.id = sample.metric
             LEFT JOIN context ON context.id = sample.context WHERE metric.name = ?1 ORDER BY start",
        )
        .unwrap();
    let rows = statement.query_map([metric], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Code, value and details of the events of a kind.
fn events(server: &InProcess, kind: &str) -> Vec<(String, Option<String>, Value)> {
    let reader = server.app.store.reader().unwrap();
    let mut statement =
        reader.prepare("SELECT code, value, details FROM event WHERE kind = ?1 ORDER BY start").unwrap();
    let row = |row: &rusqlite::Row| {
        let details: String = row.get(2)?;
        Ok((row.get(0)?, row.get(1)?, serde_json::from_str(&details).unwrap()))
    };
    let rows = statement.query_map([kind], row).unwrap();
    rows.map(Result::unwrap).collect()
}

fn series_of_event(server: &InProcess, kind: &str) -> Value {
    let reader = server.app.store.reader().unwrap();
    let packed: Vec<u8> =
        reader.query_row("SELECT series FROM event WHERE kind = ?1", [kind], |row| row.get(0)).unwrap();
    serde_json::from_slice(&zstd::decode_all(&packed[..]).unwrap()).unwrap()
}

fn accounts(server: &InProcess) -> Vec<(String, Value, i64)> {
    let reader = server.app.store.reader().unwrap();
    let mut statement = reader
        .prepare(
            "SELECT activity, account, coalesce((SELECT points FROM workout_series s
                 WHERE s.workout = a.workout AND s.name = 'route'), 0) FROM workout_account a ORDER BY activity",
        )
        .unwrap();
    let row = |row: &rusqlite::Row| {
        let account: String = row.get(1)?;
        Ok((row.get(0)?, serde_json::from_str(&account).unwrap(), row.get(2)?))
    };
    let rows = statement.query_map([], row).unwrap();
    rows.map(Result::unwrap).collect()
}

fn documents(server: &InProcess) -> Vec<(String, String)> {
    let reader = server.app.store.reader().unwrap();
    let mut statement = reader.prepare("SELECT kind, name FROM document ORDER BY kind, name").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_folder_and_a_zip_of_it_say_the_same_and_a_repeat_changes_nothing() {
    let server = start();
    let first = receipt(import(&server, &fixture()));
    assert_balanced(&serde_json::to_value(&first).unwrap());
    assert_eq!(first.counts.quarantined, 3, "{:?}", first.problems);
    let reasons: Vec<&str> = first.problems.iter().map(|problem| problem.reason.as_str()).collect();
    assert!(reasons[0].contains("\"yesterday\"") && reasons[1].contains("\"fast\""), "{reasons:?}");
    assert_eq!((reasons[2], first.problems[2].path.as_str()), ("unknown element", "/HealthData/Hologram[1]"));
    assert_eq!(first.by_metric["step_count"].unchanged, 1, "an exact duplicate is one");
    assert_eq!(first.by_metric["blood_pressure_systolic"].received, 2, "within the correlation, and beside it");
    let again = receipt(import(&server, &fixture()));
    assert_unchanged(&serde_json::to_value(&again).unwrap());
    let zipped = receipt(import_bytes(&server, "exportar.zip", &fixture_zip()));
    assert_unchanged(&serde_json::to_value(&zipped).unwrap());
    assert_eq!(zipped.counts.received, first.counts.received);
    assert_sound(&server.app);
    let listed = server.client.get("/api/v1/deliveries").expect(200);
    assert_eq!(listed["deliveries"][0]["format"], "apple-health-export");
    assert_eq!(listed["deliveries"][0]["file"], "exportar.zip");
}

#[test]
fn numbers_are_in_canonical_units_with_the_offset_of_home() {
    let server = start();
    receipt(import(&server, &fixture()));
    let nine = 1_704_870_000; // 2024-01-10T07:00:00Z, written 09:00 +0200, 08:00 in Berlin
    assert_eq!(samples(&server, "step_count"), [(nine, 420.0, None, 60)]);
    assert_eq!(samples(&server, "active_energy"), [(nine, 15.0, None, 60)]);
    assert_eq!(samples(&server, "walking_running_distance"), [(nine, 1.609344, None, 60)]);
    let oxygen: Vec<f64> = samples(&server, "blood_oxygen_saturation").iter().map(|sample| sample.1).collect();
    assert_eq!(oxygen, [97.0, 98.0], "a fraction and a percentage");
    assert_eq!(samples(&server, "blood_glucose")[0].2.as_deref(), Some("Before Meal"));
    assert_eq!(samples(&server, "insulin_delivery")[0].2.as_deref(), Some("Bolus"));
    assert_eq!(samples(&server, "sparkle")[0].1, 7.0, "a type that nobody knows keeps its own name and unit");
    assert_eq!(samples(&server, "blood_pressure_diastolic").len(), 1);
}

#[test]
fn category_samples_have_their_numbers() {
    let server = start();
    receipt(import(&server, &fixture()));
    let values = |metric: &str| samples(&server, metric).iter().map(|sample| sample.1).collect::<Vec<_>>();
    assert_eq!(values("apple_stand_hour"), [1.0, 0.0]);
    assert_eq!(values("mindful_minutes"), [5.0]);
    assert_eq!(values("handwashing"), [20.0]);
    assert_eq!(samples(&server, "sexual_activity")[0].2.as_deref(), Some("Protection Used"));
    let sleep = samples(&server, "sleep_analysis");
    assert_eq!((sleep[0].1, sleep[0].3), (4.0, -300), "deep, in New York");
}

#[test]
fn events_have_codes_and_details() {
    let server = start();
    receipt(import(&server, &fixture()));
    let code = |kind: &str| {
        let (code, value, _) = events(&server, kind).remove(0);
        (code, value.unwrap_or_default())
    };
    let pair = |code: &str, value: &str| (code.to_owned(), value.to_owned());
    assert_eq!(code("symptoms"), pair("headache", "mild"));
    assert_eq!(code("cycle"), pair("menstrual_flow", "medium"));
    assert_eq!(code("heart_notifications"), pair("low_heart_rate_event", ""));
    assert_eq!(code("other"), pair("glimmer", "not_applicable"));
    assert_eq!(code("state_of_mind"), pair("state_of_mind", "momentary"));
    assert_eq!(events(&server, "state_of_mind")[0].2["valence"], 0.45);
    assert_eq!(events(&server, "audiograms")[0].2["sensitivity_points"][1]["left_ear_value"], 15.0);
    assert_eq!(events(&server, "vision_prescriptions")[0].2["right_eyes"][0]["sphere"], -1.5);
    let summary = &events(&server, "activity_summaries")[0].2;
    let energy = |name: &str| (summary[name].as_f64().unwrap() * 1e6).round() / 1e6;
    assert_eq!((energy("active_energy_burned"), energy("active_energy_burned_goal")), (100.0, 200.0));
    assert_eq!(series_of_event(&server, "heartbeat_series")["values"], json!([72.0, 68.0]));
    assert_eq!(series_of_event(&server, "heartbeat_series")["at"], json!([8.8, 9.55]));
}

#[test]
fn an_electrocardiogram_in_another_language() {
    let server = start();
    receipt(import(&server, &fixture()));
    let (code, value, details) = events(&server, "ecg").remove(0);
    assert_eq!((code.as_str(), value.as_deref()), ("electrocardiogram", Some("sinus_rhythm")));
    assert_eq!(details["symptome"], "Brustschmerz, Schwindel");
    let series = series_of_event(&server, "ecg");
    assert_eq!((&series["frequency"], &series["unit"]), (&json!(2.0), &json!("mcV")));
    assert_eq!(series["values"], json!([-265.868, 12.5, -3.0, 7.0]));
}

#[test]
fn workouts_have_figures_events_parts_and_routes() {
    let server = start();
    receipt(import(&server, &fixture()));
    let accounts = accounts(&server);
    let (activity, run, points) = &accounts[0];
    assert_eq!((activity.as_str(), *points), ("running", 2), "two references to one file are one route");
    assert_eq!(
        (&run["duration"], &run["location"], &run["offset_minutes"]),
        (&json!(1830.0), &json!("outdoor"), &json!(0))
    );
    let figures = &run["figures"];
    assert_eq!(figures["distance"], json!({"unit": "km", "value": 5.0}));
    assert_eq!(figures["active_energy"]["value"], 100.0);
    assert_eq!(figures["heart_rate"], json!({"unit": "count/min", "avg": 150.0, "min": 90.0, "max": 180.0}));
    assert_eq!(figures["elevation_ascended"], json!({"unit": "m", "value": 59.0}));
    assert_eq!(figures["humidity"]["value"], 65.0);
    assert_eq!(figures["intensity"]["value"], 9.9);
    assert_eq!((&run["events"][0]["kind"], &run["events"][1]["span"]), (&json!("pause"), &json!(300.0)));
    assert_eq!(run["events"][1]["metadata"]["HKSWOLFScore"], "40");
    assert_eq!(run["activities"][0]["id"], "8C1A");
    assert_eq!(run["activities"][0]["figures"]["heart_rate"]["max"], 180.0);
    let (activity, swim, points) = &accounts[1];
    assert_eq!((activity.as_str(), *points, &swim["location"]), ("swimming", 1, &json!("pool")));
    assert_eq!(swim["figures"]["distance"]["value"], 0.5);
    assert_eq!(swim["figures"]["active_energy"], json!({"unit": "kcal", "value": 200.0}));
    assert_eq!(swim["figures"]["lap_length"]["value"], 50.0);
}

#[test]
fn files_are_kept_as_documents() {
    let server = start();
    receipt(import(&server, &fixture()));
    let expected = [
        ("cda", "export_cda.xml"),
        ("clinical", "clinical-records/LabResult-1.json"),
        ("profile", "me.json"),
        ("route", "workout-routes/route_nobody.gpx"),
    ];
    assert_eq!(documents(&server), expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));
}

#[test]
fn the_same_sample_from_a_phone_and_from_the_export_is_one() {
    let server = start();
    let point = json!([{"date": "2024-01-10 08:00:00 +0100", "start": "2024-01-10 08:00:00 +0100",
        "end": "2024-01-10 08:05:00 +0100", "qty": 420, "source": "Robin’s Phone"}]);
    let headers = [("automation-aggregation", "none")];
    let sent = body("step_count", "count", point).to_string();
    let told = server.client.post("/api/v1/ingest", &headers, sent.as_bytes()).expect(200);
    assert_eq!(told["stored"], 1);
    let imported = receipt(import(&server, &fixture()));
    assert_eq!(imported.by_metric["step_count"].unchanged, 2, "{imported:?}");
    assert_unchanged(&server.client.post("/api/v1/ingest", &headers, sent.as_bytes()).expect(200));
    assert_eq!(samples(&server, "step_count").len(), 1);
}

#[test]
fn the_form_of_ios_8() {
    let server = start();
    let old = "<?xml version=\"1.0\"?><HealthData>\n<ExportDate value=\"20140114084347-0800\"/>\n\
        <Me HKCharacteristicTypeIdentifier Blood Type=\"0\"/>\n\
        <Record type=\"HKQuantityTypeIdentifierStepCount\" source=\"Old Phone\" unit=\"count\" startDate=\"20140104084300-0800\" \
        endDate=\"20140105084300-0800\" value=\"8\" recordCount=\"1\"/></HealthData>";
    let told = receipt(import_bytes(&server, "export.xml", old.as_bytes()));
    assert_eq!((told.counts.stored, told.counts.quarantined), (2, 0));
    assert_eq!(samples(&server, "step_count"), [(1_388_853_780, 8.0, None, 60)]);
}

#[test]
fn pieces_are_many_and_the_answer_is_one() {
    let server = start();
    let records: String = (0..70_000).map(|at| steps(at * 60, at % 100) + "\n").collect();
    let told = receipt(import_bytes(&server, "export.xml", xml(&records).as_bytes()));
    assert_eq!((told.counts.received, told.counts.stored), (70_001, 70_001));
    assert_eq!(samples(&server, "step_count").len(), 70_000);
    assert_unchanged(&serde_json::to_value(receipt(import_bytes(&server, "x", xml(&records).as_bytes()))).unwrap());
    assert_sound(&server.app);
}
