//! What Shortcuts and relays send in words, statistics and wrappings of their own.

use serde_json::{Value, json};

use super::{post, values};
use crate::support::InProcess;
use crate::support::counts::assert_balanced;
use crate::support::stored;

/// Posts a body; what was stored and what was quarantined.
#[track_caller]
fn counted(body: &str) -> (InProcess, u64, u64) {
    let server = InProcess::start();
    let receipt = post(&server, body);
    assert_balanced(&receipt);
    let count = |part: &str| receipt[part].as_u64().unwrap();
    let (stored, quarantined) = (count("stored"), count("quarantined"));
    (server, stored, quarantined)
}

/// The only value of a metric, when the body gives one and nothing is quarantined.
#[track_caller]
fn assert_value(body: Value, metric: &str, expected: f64) {
    println!("{body}");
    let (server, stored, quarantined) = counted(&body.to_string());
    assert_eq!((stored, quarantined), (1, 0), "{body}");
    let found = values(&server, metric);
    assert!(found.len() == 1 && (found[0] - expected).abs() < 1e-9, "{body}: {found:?}");
}

const DAY: &str = "2026-09-15";
const START: &str = "2026-09-15T07:00:00Z";
const END: &str = "2026-09-15T07:30:00Z";

#[test]
fn statistics_are_values_under_their_own_names() {
    for (body, metric, expected) in [
        (json!({"type": "steps", "sum": 8412, "date": DAY}), "step_count", 8412.0),
        (json!({"type": "steps", "total": "8412", "date": DAY}), "step_count", 8412.0),
        (json!({"date": DAY, "steps": {"sum": 8412, "average": 30, "count": 280}}), "step_count", 8412.0),
        (json!({"date": DAY, "steps": {"count": 280, "total": 8412}}), "step_count", 8412.0),
        (json!({"date": DAY, "steps": {"count": 8412}}), "step_count", 8412.0),
        (
            json!({"type": "heart_rate", "count": 120, "average": 61, "min": 50, "max": 90, "date": START}),
            "heart_rate",
            61.0,
        ),
        (json!({"type": "heart_rate", "mean": "61 bpm", "date": START}), "heart_rate", 61.0),
        (json!({"totals": {"steps": 8412}, "date": DAY}), "step_count", 8412.0),
        (json!({"type": "exercise_time", "hours": 1, "minutes": 12, "date": DAY}), "apple_exercise_time", 72.0),
        (json!({"type": "exercise_time", "hours": 1.5, "date": DAY}), "apple_exercise_time", 90.0),
        (json!({"type": "mindful_minutes", "duration_min": 10, "date": START}), "mindful_minutes", 10.0),
        (json!({"type": "mindful_minutes", "durationSeconds": 600, "date": START}), "mindful_minutes", 10.0),
        (json!({"type": "mindful_minutes", "duration": "10 min", "date": START}), "mindful_minutes", 10.0),
        (json!({"type": "mindful_minutes", "duration": "0:10:00", "date": START}), "mindful_minutes", 10.0),
    ] {
        assert_value(body, metric, expected);
    }
    for body in [
        json!({"type": "heart_rate", "sum": 12345, "date": DAY}),
        json!({"type": "steps", "average": 30, "date": DAY}),
        json!({"date": DAY, "steps": {"goal": 10_000}}),
        json!({"date": DAY, "heart_rate": {"samples_today": 120}}),
        json!({"date": DAY, "sleep": {"core": 4.2, "deep": 1.1}}),
    ] {
        let server = InProcess::start();
        let answer = server.client.post("/api/v1/ingest", &[], body.to_string().as_bytes());
        let metrics = server.client.get("/api/v1/metrics").expect(200).to_string();
        assert!(answer.status == 400 || answer.json()["stored"] == 0, "{body}");
        assert!(
            !metrics.contains("goal") && !metrics.contains("samples_today") && !metrics.contains("\"core\""),
            "{metrics}"
        );
    }
}

#[test]
fn sleep_in_hours_and_minutes_is_a_night() {
    for body in [
        json!({"date": DAY, "sleep": {"hours": 7.5}}),
        json!({"date": DAY, "sleep": {"hours": 7, "minutes": 30}}),
        json!({"type": "sleep", "duration": "7.5 hr", "date": DAY}),
        json!({"type": "sleep", "duration_min": 450, "date": DAY}),
        json!({"date": DAY, "sleep_hours": 7.5}),
    ] {
        let (server, count, quarantined) = counted(&body.to_string());
        assert_eq!((count, quarantined), (1, 0), "{body}");
        assert_eq!(stored::nights(&server.app)[0]["asleep"], 450.0, "{body}");
    }
}

#[test]
fn a_valence_is_a_state_of_mind() {
    let mood = json!({"type": "state_of_mind", "valence": 0.4, "labels": ["calm"], "kind": "dailyMood", "date": START});
    let (server, count, quarantined) = counted(&mood.to_string());
    assert_eq!((count, quarantined), (1, 0));
    let event = &stored::events(&server.app)[0];
    assert_eq!((&event["kind"], &event["details"]["valence"]), (&json!("state_of_mind"), &json!(0.4)));
    assert_eq!(counted(&json!({"valence": -0.2, "date": START}).to_string()).1, 1);
    assert_eq!(
        counted(&json!([{"valence": 7, "date": START}, {"type": "steps", "value": 5, "date": DAY}]).to_string()).2,
        1
    );
}

#[test]
fn workouts_are_understood_in_other_senders_words() {
    for body in [
        json!({"workouts": [{"workoutActivityType": "HKWorkoutActivityTypeRunning", "startDate": START, "endDate": END,
            "duration": 1800, "totalEnergyBurned": 300, "totalDistance": 5000, "totalDistanceUnit": "m", "averageHeartRate": 150, "maxHeartRate": 171}]}),
        json!({"type": "workout", "activity": "Outdoor Run", "start": START, "end": END, "calories": "300 kcal", "distance_km": 5, "avg_heart_rate": 150, "max_heart_rate": 171}),
        json!({"workout": {"workoutType": 37, "start": START, "end": END, "activeEnergyBurned": {"qty": 300, "units": "kcal"},
            "distance": {"qty": 5, "units": "km"}, "avgHR": 150, "maxHR": 171}}),
        json!({"sessions": [{"sport": "Running", "started_at": START, "ended_at": END, "energy_burned_kcal": 300, "distanceInMeters": 5000, "heart_rate_avg": 150, "peak_heart_rate": 171}]}),
        json!([{"type": "Running", "start": START, "end": END, "kilocalories": 300, "distance": 5000, "hr_avg": 150, "hr_max": 171}]),
    ] {
        let (server, count, quarantined) = counted(&body.to_string());
        assert_eq!((count, quarantined), (1, 0), "{body}");
        let workout = &server.client.get("/api/v1/workouts").expect(200)["workouts"][0];
        assert_eq!((&workout["type"], &workout["duration_seconds"]), (&json!("running"), &json!(1800.0)), "{body}");
        let figures = &workout["figures"];
        assert_eq!(figures["active_energy"]["value"], 300.0, "{body}: {figures}");
        assert_eq!(figures["distance"], json!({"unit": "km", "value": 5.0}), "{body}: {figures}");
        assert_eq!(
            figures["heart_rate"],
            json!({"unit": "count/min", "avg": 150.0, "max": 171.0}),
            "{body}: {figures}"
        );
    }
    let (server, ..) =
        counted(&json!({"workouts": [{"type": "Yoga", "start": START, "end": END, "distance": 350}]}).to_string());
    let id = server.client.get("/api/v1/workouts").expect(200)["workouts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.client.get(&format!("/api/v1/workouts/{id}")).expect(200)["figures"]["distance"]["value"], 0.35);
}

#[test]
fn bodies_in_wrappings_are_found() {
    let item = json!({"type": "steps", "value": 7, "date": "2026-09-15T10:00:07Z"});
    let app = json!({"data": {"metrics": [{"name": "step_count", "units": "count", "data": [{"date": "2026-09-15 10:00:07 +0000", "qty": 7}]}]}});
    let headers = json!({"host": "n8n", "content-length": "52", "x-port": 443});
    for body in [
        format!("{item},"),
        json!({"data": item.to_string()}).to_string(),
        json!({"body": item.to_string()}).to_string(),
        json!({"text": json!([item]).to_string()}).to_string(),
        json!({"anything": item.to_string()}).to_string(),
        json!({"text": "Steps,7,count,2026-09-15T10:00:07Z"}).to_string(),
        json!({"source": "Shortcuts", "data": "Steps: 7\n", "date": DAY}).to_string(),
        json!([{"headers": headers, "params": {}, "query": {}, "body": item}]).to_string(),
        json!([{"headers": headers, "body": item.to_string(), "webhookUrl": "https://n8n/webhook", "executionMode": "production"}]).to_string(),
        json!({"headers": headers, "body": [item]}).to_string(),
        json!([{"headers": headers, "body": app}]).to_string(),
        json!({"headers": headers, "body": app.to_string()}).to_string(),
        json!([app]).to_string(),
        json!({"data": app.to_string()}).to_string(),
        json!({"body": json!({"payload": item}).to_string()}).to_string(),
    ] {
        let (server, count, quarantined) = counted(&body);
        assert_eq!((count, quarantined), (1, 0), "{body}");
        assert_eq!(values(&server, "step_count"), [7.0], "{body}");
    }
    let (server, count, quarantined) = counted(&format!("{item}, {}", item.to_string().replace("07Z", "08Z")));
    assert_eq!((count, quarantined, values(&server, "step_count").len()), (2, 0, 2));
}

#[test]
fn dates_with_slashes_are_read_where_the_locale_says_how() {
    for (query, date, day) in [
        ("locale=en_US", "3/15/2026", Some("2026-03-15")),
        ("locale=en_US", "3/4/26, 7:30 AM", Some("2026-03-04")),
        ("locale=en_GB", "3/4/2026", Some("2026-04-03")),
        ("locale=de", "04.03.26", Some("2026-03-04")),
        ("locale=fr_FR", "04/03/2026 07:30", Some("2026-03-04")),
        ("locale=nl_NL", "4-3-2026", Some("2026-03-04")),
        ("locale=", "3/15/2026", Some("2026-03-15")),
        ("", "15/3/2026", Some("2026-03-15")),
        ("", "3/4/2026", None),
        ("locale=en_US", "15/3/2026", None),
        ("", "3/4/26", None),
        ("", "2026. 3. 15.", Some("2026-03-15")),
    ] {
        let server = InProcess::start();
        let body = json!({"type": "weight", "value": 72.5, "unit": "kg", "date": date}).to_string();
        let receipt = server.client.post(&format!("/api/v1/ingest?{query}"), &[], body.as_bytes()).expect(200);
        match day {
            Some(day) => {
                assert_eq!(receipt["stored"], 1, "{query} {date}: {receipt}");
                let page = server.client.get("/api/v1/data/weight_body_mass").expect(200);
                assert!(page["samples"][0]["start"].as_str().unwrap().starts_with(day), "{query} {date}: {page}");
            }
            None => assert_eq!(receipt["quarantined"], 1, "{query} {date}: {receipt}"),
        }
    }
    let server = InProcess::start();
    let lines = "Steps,409,count,3/4/2026 8:00 AM,Watch\nSteps,51,count,3/4/2026 9:00 AM,Watch";
    assert_eq!(server.client.post("/api/v1/ingest?locale=en_US", &[], lines.as_bytes()).expect(200)["stored"], 2);
}

#[test]
fn stages_of_sleep_in_the_languages_of_the_phone() {
    let words = [
        ("Deep", "REM", "Awake"),
        ("Tief", "REM", "Wach"),
        ("Profond", "Paradoxal", "Éveillé"),
        ("Profundo", "REM", "Despierto"),
        ("Profondo", "REM", "Sveglio"),
        ("Diep", "Remslaap", "Wakker"),
        ("深度", "快速眼动", "清醒"),
        ("深層", "快速動眼", "清醒"),
        ("深い", "レム", "覚醒"),
        ("깊은 수면", "렘수면", "깨어 있음"),
        ("Глубокий сон", "Быстрый сон", "Бодрствование"),
        ("Derin", "REM", "Uyanık"),
        ("عميق", "حركة العين السريعة", "مستيقظ"),
        ("Djup", "REM-sömn", "Vaken"),
        ("Głęboki", "REM", "Przebudzenie"),
        ("หลับลึก", "หลับฝัน", "ตื่น"),
        ("Sâu", "Ngủ REM", "Thức"),
        ("Dalam", "Tidur REM", "Terjaga"),
        ("Dyb", "REM-søvn", "Vågen"),
        ("Syvä", "REM-uni", "Hereillä"),
        ("עמוקה", "REM", "ער"),
        ("गहरी नींद", "आरईएम", "जाग्रत"),
        ("Hluboký", "REM", "Bdělost"),
        ("Mély", "REM", "Ébren"),
    ];
    for (deep, rem, awake) in words {
        let at = |hour: u32| format!("2026-09-15T0{hour}:00:00Z");
        let stage = |word: &str, hour: u32| json!({"stage": word, "start": at(hour), "end": at(hour + 1)});
        let body = json!({"sleep": [stage(deep, 1), stage(rem, 2), stage(awake, 3)]}).to_string();
        let (server, count, quarantined) = counted(&body);
        assert_eq!((count, quarantined), (3, 0), "{deep}");
        assert_eq!(values(&server, "sleep_analysis"), [4.0, 5.0, 2.0], "{deep}");
    }
    assert_eq!(counted(&json!({"sleep": [{"stage": "Snorkeling", "start": START, "end": END}, {"stage": "Deep", "start": START, "end": END}]}).to_string()).2, 1);
}
