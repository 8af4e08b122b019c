//! Holds off the download that runs a program: a name that begins like a formula is a text in every CSV, and as it was sent
//! everywhere else.

use serde_json::json;

use crate::support::{InProcess, body};

const FORMULAS: [&str; 6] = ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"];

/// The cells of a column, as a reader of CSV has them.
fn column(text: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|header| header == name).unwrap_or_else(|| panic!("{text}"));
    reader.records().map(|record| record.unwrap()[at].to_owned()).collect()
}

fn points() -> serde_json::Value {
    let point = |(at, formula): (i64, &&str)| json!({"date": 1_700_000_000 + at * 60, "qty": -5, "source": formula});
    (0..).zip(&FORMULAS).map(point).collect()
}

#[track_caller]
fn is_text(cells: &[String], what: &str) {
    assert!(!cells.is_empty(), "{what}");
    for cell in cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{what}: {cell:?}");
    }
}

#[test]
fn no_name_in_a_csv_of_samples_is_a_formula() {
    let server = InProcess::start();
    let receipt = server.client.ingest(&body("made_up", "=unit", points())).expect(200);
    assert_eq!(receipt["stored"], FORMULAS.len(), "{receipt}");
    for address in ["/api/v1/export/samples?format=csv", "/api/v1/data/made_up?format=csv"] {
        let text = server.client.get(address).text();
        let sources = column(&text, "source");
        is_text(&sources, address);
        assert!(sources.iter().any(|source| source == "'=HYPERLINK(\"x\")"), "{sources:?}");
        assert!(column(&text, "value").iter().all(|value| value.starts_with("-5")), "numbers are as they are: {text}");
    }
    is_text(&column(&server.client.get("/api/v1/export/samples?format=csv").text(), "unit"), "unit");
    let json = server.client.get("/api/v1/data/made_up").expect(200);
    let sources = json["samples"].as_array().unwrap().iter().map(|sample| sample["source"].as_str().unwrap());
    assert!(sources.clone().any(|source| source == FORMULAS[0]), "as it was sent: {json}");
    let lines = server.client.get("/api/v1/export/samples?format=ndjson").text();
    assert!(!lines.contains("\"'="), "{lines}");
}

#[test]
fn no_text_in_a_csv_of_events_and_workouts_is_a_formula() {
    let server = InProcess::start();
    let workout = |(at, name): (usize, &&str)| {
        json!({"id": format!("made-up-{at}"), "name": name, "start": format!("2024-02-0{} 10:00:00 +0000", at + 1),
               "end": format!("2024-02-0{} 11:00:00 +0000", at + 1), "duration": 3600})
    };
    let symptom = |(at, name): (usize, &&str)| {
        json!({"name": "Headache", "severity": name, "source": name, "start": format!("2024-03-0{} 10:00:00 +0000", at + 1),
               "end": format!("2024-03-0{} 11:00:00 +0000", at + 1), "userEntered": true})
    };
    let sent = json!({"data": {
        "workouts": FORMULAS.iter().enumerate().map(workout).collect::<Vec<_>>(),
        "symptoms": FORMULAS.iter().enumerate().map(symptom).collect::<Vec<_>>(),
    }});
    let receipt = server.client.ingest(&sent).expect(200);
    assert!(receipt["stored"].as_u64().unwrap() >= 6, "{receipt}");
    let mut guarded = 0;
    for address in ["/api/v1/export/workouts?format=csv", "/api/v1/export/events?format=csv"] {
        let text = server.client.get(address).text();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for record in reader.records().map(Result::unwrap) {
            for cell in record.iter().filter(|cell| cell.parse::<f64>().is_err()) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{address}: {cell:?}");
                guarded += usize::from(cell.starts_with("'="));
            }
        }
    }
    assert!(guarded > 0, "no formula came that far");
}
