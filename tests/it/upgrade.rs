//! Holds off numbers of before that stay wrong after an upgrade: kept bodies are read again by the rules of today, once and in
//! the background, and end as if they had all come to them.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::{InProcess, body};

/// The schema of a program that knew no accounts.
const BEFORE: [&str; 6] = [
    include_str!("../../src/store/schema/0001_initial.sql"),
    include_str!("../../src/store/schema/0002_every_sender.sql"),
    include_str!("../../src/store/schema/0003_rollups.sql"),
    include_str!("../../src/store/schema/0004_sessions.sql"),
    include_str!("../../src/store/schema/0005_deletions.sql"),
    include_str!("../../src/store/schema/0006_key_use.sql"),
];
const ACCOUNTS: &str = include_str!("../../src/store/schema/0007_accounts.sql");

const METRICS: [(&str, &str); 3] = [("step_count", "count"), ("flights_climbed", "count"), ("heart_rate", "count/min")];

/// 2026-05-01 00:00 UTC.
const DAY_ONE: i64 = 1_777_593_600;
const DAY: i64 = 86_400;

/// The headers of a request, by their names in the origin of a delivery.
type Said = Vec<(&'static str, &'static str)>;

fn point(date: &str, quantity: u32) -> Value {
    json!({"date": date, "qty": quantity, "source": "Watch"})
}

fn pulse(time: &str, quantity: u32) -> Value {
    json!({"date": format!("2026-05-02 {time}:00 +0000"), "Avg": quantity, "Min": quantity, "Max": quantity, "source": "Watch"})
}

fn days(zone: &str) -> Value {
    let day = |number: u32| point(&format!("2026-05-0{number} 00:00:00 {zone}"), 4000 + 1000 * number);
    body("step_count", "count", (1..=4).map(day).collect())
}

fn floors(date: &str, quantity: u32) -> Value {
    body("flights_climbed", "count", json!([point(date, quantity)]))
}

fn sent() -> Vec<(Said, Value)> {
    let summed = vec![("automation_id", "a"), ("automation_aggregation", "Days"), ("automation_period", "Default")];
    let single =
        vec![("automation_id", "b"), ("automation_aggregation", "None"), ("automation_period", "Previous 7 Days")];
    let pulses = |times: &[(&str, u32)]| {
        body("heart_rate", "count/min", times.iter().map(|(time, quantity)| pulse(time, *quantity)).collect())
    };
    vec![
        (summed.clone(), days("-0400")),
        (summed, days("+0200")),
        (vec![], floors("2026-05-02 00:00:00 +0000", 12)),
        (vec![], floors("2026-05-02 10:15:00 +0000", 60)),
        (vec![], floors("2026-05-02 11:30:00 +0000", 600)),
        (single.clone(), pulses(&[("08:00", 60), ("09:00", 62), ("10:00", 64)])),
        (single, pulses(&[("08:00", 60), ("10:00", 64)])),
    ]
}

/// Metric, start, layer, span, value, offset in minutes, delivery.
type Row = (i64, i64, i64, i64, f64, i64, i64);

/// What the rules of before made of it: days of both cuts, a single floor count taken for a day, all pulses.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (delivery, offset) in [(1, -240), (2, 120)] {
        for number in 1..=4 {
            let start = DAY_ONE + (number - 1) * DAY - offset * 60;
            rows.push((1, start, 3, DAY, 4000.0 + 1000.0 * number as f64, offset, delivery));
        }
    }
    let second = DAY_ONE + DAY;
    rows.extend([
        (2, second, 3, DAY, 12.0, 0, 3),
        (2, second + 36_900, 1, 60, 60.0, 0, 4),
        (2, second + 41_400, 1, 60, 600.0, 0, 5),
        (3, second + 28_800, 0, 0, 60.0, 0, 6),
        (3, second + 32_400, 0, 0, 62.0, 0, 6),
        (3, second + 36_000, 0, 0, 64.0, 0, 6),
        // Of an import, of which no body is kept.
        (1, DAY_ONE - 10 * DAY, 0, 60, 77.0, 0, 8),
    ]);
    rows
}

fn fill(connection: &Connection) {
    for (name, unit) in METRICS {
        connection.execute("INSERT INTO metric (name, unit) VALUES (?1, ?2)", [name, unit]).unwrap();
    }
    connection.execute("INSERT INTO source (name) VALUES ('Watch')", []).unwrap();
    let receipt = r#"{"delivery":"","received":1,"stored":1,"updated":0,"unchanged":0,"quarantined":0,"by_metric":{},"problems":[],"summary":""}"#;
    for (id, (said, body)) in (1_i64..).zip(sent()) {
        let origin: Value = said.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
        let body = body.to_string().into_bytes();
        let insert = "INSERT INTO delivery VALUES (?1, 'd' || ?1, 1, NULL, ?2, 'health-auto-export', 0, ?3, ?4, ?5)";
        let received = (DAY_ONE + 20 * DAY + 3600 * id) * 1000;
        connection.execute(insert, params![id, received, origin.to_string(), body.len() as i64, receipt]).unwrap();
        let kept = zstd::bulk::compress(&body, 1).unwrap();
        connection.execute("INSERT INTO delivery_body VALUES (?1, 'zstd', ?2)", params![id, kept]).unwrap();
    }
    let import = "INSERT INTO delivery VALUES (8, 'd8', 1, NULL, ?1, 'apple-health-export', 0, '{}', 9, ?2)";
    connection.execute(import, params![(DAY_ONE + 21 * DAY) * 1000, receipt]).unwrap();
    for (metric, start, layer, span, value, offset, delivery) in rows() {
        let insert =
            "INSERT INTO sample (user, metric, start, layer, twin, value, span, source, offset_minutes, delivery)
                      VALUES (1, ?1, ?2, ?3, 0, ?4, ?5, 1, ?6, ?7)";
        connection.execute(insert, params![metric, start, layer, value, span, offset, delivery]).unwrap();
    }
    connection
        .execute_batch(
            "INSERT INTO series SELECT 1, metric, layer, source, 'count', count(*), 0, min(start), max(start), max(delivery),
                                       max(span) FROM sample GROUP BY metric, layer, source",
        )
        .unwrap();
}

/// A data directory of before, with this many steps of the schema.
fn data_of_before(steps: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("health.db")).unwrap();
    BEFORE.iter().for_each(|step| connection.execute_batch(step).unwrap());
    fill(&connection);
    if steps > BEFORE.len() {
        connection.execute_batch(ACCOUNTS).unwrap();
    }
    connection.execute_batch(&format!("PRAGMA user_version = {steps}")).unwrap();
    folder
}

fn wait_until_read(server: &InProcess) {
    let begun = Instant::now();
    let left = || -> i64 {
        let reader = server.app.store.reader().unwrap();
        reader.query_row("SELECT count(*) FROM reading_again", [], |row| row.get(0)).unwrap()
    };
    while left() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} are left", left());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What is stored of each metric, and its days.
fn answers(server: &InProcess) -> Vec<(Vec<Value>, Value)> {
    let of = |(name, _): &(&str, &str)| {
        let page = server.client.get(&format!("/api/v1/data/{name}?from=2026-04-30")).expect(200);
        let told = |sample: &Value| json!([sample["start"], sample["layer"], sample["value"], sample["source"]]);
        let samples = page["samples"].as_array().unwrap().iter().map(told).collect();
        let asked = format!("/api/v1/aggregate/{name}?bucket=day&stat=sum,avg,count&from=2026-04-30");
        (samples, server.client.get(&asked).expect(200)["points"].clone())
    };
    METRICS.iter().map(of).collect()
}

#[test]
fn what_was_stored_by_the_rules_of_before_ends_as_if_it_had_come_to_those_of_today() {
    let fresh = InProcess::start();
    for (said, body) in sent() {
        let named: Vec<(String, &str)> = said.iter().map(|(name, text)| (name.replace('_', "-"), *text)).collect();
        let headers: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        fresh.client.post("/api/v1/ingest", &headers, body.to_string().as_bytes()).expect(200);
    }
    let expected = answers(&fresh);
    assert_eq!(expected.iter().map(|(samples, _)| samples.len()).collect::<Vec<_>>(), [4, 3, 2], "{expected:?}");
    for steps in [6, 7] {
        let upgraded = InProcess::start_on(data_of_before(steps));
        wait_until_read(&upgraded);
        assert_eq!(answers(&upgraded), expected, "from schema {steps}");
        let page = upgraded.client.get("/api/v1/data/step_count?to=2026-04-29").expect(200);
        assert_eq!(page["samples"][0]["value"], 77.0, "what has no body stays: {page}");
        assert_sound(&upgraded.app);
    }
}
