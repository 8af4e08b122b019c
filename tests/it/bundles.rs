//! Bodies that are several files or tables: the app's manual export, its CSV automation, a single CSV.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged, count};
use crate::support::{InProcess, body, stored};

const METRICS: &str = "Date/Time,Step Count (count),Heart Rate [Min] (count/min),Heart Rate [Max] (count/min),Heart Rate [Avg] (count/min)\n\
    2024-02-06 00:00:00,\"8,412\",50,120,71.5\n2024-02-07 00:00:00,many,,,\n";
const WORKOUTS: &str = "Workout Type,Start,End,Duration,Active Energy (kcal),Max. Heart Rate (count/min),Distance (mi),Avg. Speed (mi/hr),Location,\n\
    Outdoor Run,2024-02-06 14:30:00,2024-02-06 15:00:00,00:30:00,250.5,171,3,6,Outdoor,\n\
    Yoga,2024-02-06 18:00:00,2024-02-06 18:45:00,00:45:00,,,,,,\n";
const HEART: &str = "Date/Time,Min (count/min),Max (count/min),Avg (count/min),Context,Source\n2024-02-06 14:31:00,140,150,145,,Watch\n\
    2024-02-06 14:32:00,,,fast,,Watch\n";
const ROUTE: &str = "Timestamp,Latitude,Longitude,Altitude (m),Vertical Accuracy (m),Horizontal Accuracy (m),Speed (m/s),Course\n\
    2024-02-06 13:31:00,52.5,13.4,34,3,4,2.5,90\n";

/// 2024-02-06 14:30:00 in Berlin.
const START: i64 = 1_707_226_200;

fn berlin() -> InProcess {
    InProcess::start_with(&[("home_zone", "Europe/Berlin")])
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn post(server: &InProcess, body: &[u8]) -> Value {
    let receipt = server.client.post("/api/v1/ingest", &[], body).expect(200);
    assert_balanced(&receipt);
    assert_unchanged(&server.client.post("/api/v1/ingest", &[], body).expect(200));
    assert_sound(&server.app);
    receipt
}

fn problems(receipt: &Value) -> Vec<String> {
    let problems = receipt["problems"].as_array().unwrap().iter();
    problems.map(|one| format!("{}: {}", one["path"].as_str().unwrap(), one["reason"].as_str().unwrap())).collect()
}

#[track_caller]
fn assert_workouts_of_the_tables(server: &InProcess) {
    let found = stored::workouts(&server.app);
    assert_eq!(found.len(), 2, "{found:?}");
    let (run, yoga) = (&found[0], &found[1]);
    assert_eq!(
        (&run["activity"], &run["start"], &run["account"]["end"]),
        (&json!("running"), &json!(START), &json!(START + 1800))
    );
    assert_eq!((&run["account"]["location"], &run["account"]["duration"]), (&json!("outdoor"), &json!(1800.0)));
    let figures = &run["account"]["figures"];
    assert_eq!(figures["active_energy"], json!({"unit": "kcal", "value": 250.5}));
    assert_eq!((&figures["heart_rate"]["max"], &figures["distance"]["value"]), (&json!(171.0), &json!(4.828032)));
    assert_eq!((&figures["speed"]["avg"], &yoga["account"]["duration"]), (&json!(9.656064), &json!(2700.0)));
}

#[test]
fn a_zip_of_csv_files_is_one_delivery() {
    let server = berlin();
    let receipt = post(
        &server,
        &zipped(&[
            ("HealthMetrics-2024-02-06-2024-02-07.csv", METRICS.as_bytes()),
            ("Workouts-20240206-20240207.csv", WORKOUTS.as_bytes()),
            ("Outdoor Run-Heart Rate-20240206_143000.csv", HEART.as_bytes()),
            ("Outdoor Run-Route-20240206_143000.csv", ROUTE.as_bytes()),
            ("Outdoor Run-Route-20240206_143000.gpx", b"<gpx/>"),
            ("Cycling-Heart Rate-20240101_000000.csv", HEART.as_bytes()),
            ("__MACOSX/._Workouts-20240206-20240207.csv", b"\x00\x05"),
            ("../../etc/passwd.csv", METRICS.as_bytes()),
        ]),
    );
    assert_workouts_of_the_tables(&server);
    let run = &stored::workouts(&server.app)[0];
    assert_eq!(
        run["series"]["heart_rate"]["points"],
        json!([{"at": START + 60, "value": 145.0, "min": 140.0, "max": 150.0}])
    );
    assert_eq!((&run["route"][0]["at"], &run["route"][0]["speed"]), (&json!(START + 60), &json!(2.5)));
    assert_eq!(receipt["deferred"], json!({"gpx files": 1}));
    let steps = server.client.get("/api/v1/data/step_count?layer=day").expect(200);
    assert_eq!(
        (&steps["samples"][0]["value"], &steps["samples"][0]["start"]),
        (&json!(8412.0), &json!("2024-02-06T00:00:00+01:00"))
    );
    let found = problems(&receipt);
    for part in [
        "HealthMetrics-2024-02-06-2024-02-07.csv, line 3: qty \"many\" is not a number",
        "Outdoor Run-Heart Rate-20240206_143000.csv, line 3: qty \"fast\" is not a number",
        "Cycling-Heart Rate-20240101_000000.csv: it belongs to a workout",
    ] {
        assert!(found.iter().any(|problem| problem.contains(part)), "{part}: {found:?}");
    }
}

#[test]
fn a_zip_of_json_files_that_overlap_settles() {
    let server = berlin();
    let steps = |value: f64| body("step_count", "count", json!([{"date": "2024-02-06 14:30:00 +0100", "qty": value}]));
    let night = body("sleep_analysis", "hr", json!([{"date": "2024-02-06", "asleep": 7}]));
    let broken = json!({"data": {"workouts": [{"name": "Run"}], "metrics": []}}).to_string();
    let (one, two) = (steps(1.0).to_string(), steps(2.0).to_string());
    let receipt = post(
        &server,
        &zipped(&[
            ("a/HealthAutoExport-2024-02-06.json", one.as_bytes()),
            ("a/HealthAutoExport-2024-02-06-2024-02-07.json", two.as_bytes()),
            ("night.json", night.to_string().as_bytes()),
            ("night again.json", night.to_string().as_bytes()),
            ("workouts.json", broken.as_bytes()),
            ("cut.json", b"{\"data\":"),
        ]),
    );
    assert_eq!((count(&receipt, "received"), count(&receipt, "quarantined")), (6, 2));
    assert_eq!(stored::nights(&server.app).len(), 1);
    let found = problems(&receipt);
    assert!(found[0].starts_with("workouts.json: $.data.workouts[0]: there is no start"), "{found:?}");
    assert!(found[1].starts_with("cut.json: the body is not valid JSON"), "{found:?}");
}

#[test]
fn a_csv_automation_is_a_form_of_two_files() {
    let server = berlin();
    let form = format!(
        "--b7\r\nContent-Disposition: form-data; name=\"file1\"; filename=\"metrics.csv\"\r\nContent-Type: text/csv\r\n\r\n{METRICS}\r\n\
         --b7\r\nContent-Disposition: form-data; name=\"file2\"; filename=\"workouts.csv\"\r\n\r\n{WORKOUTS}\r\n--b7--\r\n"
    );
    let headers = [("content-type", "multipart/form-data; boundary=b7"), ("automation-aggregation", "Days")];
    let receipt = server.client.post("/api/v1/ingest", &headers, form.as_bytes()).expect(200);
    assert_balanced(&receipt);
    assert_eq!((count(&receipt, "received"), count(&receipt, "stored")), (5, 4));
    assert!(problems(&receipt)[0].starts_with("metrics.csv, line 3"), "{receipt}");
    assert_workouts_of_the_tables(&server);
    assert_unchanged(&server.client.post("/api/v1/ingest", &headers, form.as_bytes()).expect(200));
}

#[test]
fn one_csv_alone_is_understood_in_german_too() {
    let server = berlin();
    let text = "\u{feff}Trainingstyp;Start;Ende;Dauer;Aktive Energie (kcal);Max. Herzfrequenz (count/min);Distanz (km);Ort;\r\n\
        Outdoor-Lauf;06.02.2024 14:30:00;06.02.2024 15:00:00;00:30:00;1.250,5;171;4,5;Draußen;\r\n";
    let receipt = post(&server, text.as_bytes());
    assert_eq!(count(&receipt, "stored"), 1);
    let run = &stored::workouts(&server.app)[0];
    assert_eq!(
        (&run["activity"], &run["start"], &run["account"]["location"]),
        (&json!("running"), &json!(START), &json!("outdoor"))
    );
    let figures = &run["account"]["figures"];
    assert_eq!((&figures["active_energy"]["value"], &figures["heart_rate"]["max"]), (&json!(1250.5), &json!(171.0)));
    assert_eq!(figures["distance"]["value"], 4.5);
}

#[test]
fn zips_that_are_no_delivery_are_refused_with_a_way_on() {
    let server = InProcess::start_with(&[("max_body_mb", "4")]);
    let refused = |bytes: &[u8], status: u16| server.client.post("/api/v1/ingest", &[], bytes).problem(status);
    let apple = "<?xml version=\"1.0\"?>\n<!DOCTYPE HealthData [\n]>\n<HealthData locale=\"de_DE\"></HealthData>";
    let sentence = refused(&zipped(&[("apple_health_export/Exportación.xml", apple.as_bytes())]), 400);
    assert!(sentence.contains("POST /api/v1/import") && sentence.contains("health-export import"), "{sentence}");
    assert!(refused(&zipped(&[("notes.txt", b"hello")]), 400).contains("no file of Health Auto Export"));
    assert!(refused(&zipped(&[("bomb.json", &vec![b' '; 5 << 20])]), 400).contains("more than the 4 MB"));
    let whole = zipped(&[("a.csv", METRICS.as_bytes())]);
    assert!(refused(&whole[..whole.len() - 30], 400).contains("the zip cannot be read"));
}
