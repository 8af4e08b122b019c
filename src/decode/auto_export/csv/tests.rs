use serde_json::{Value, json};

use super::{Content, read};

fn data(file: &str, text: &str) -> Value {
    match read(file, text.as_bytes()) {
        Some(Content::Data(data)) => Value::Object(data),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_wide_table_becomes_sections() {
    let text = "Date/Time,Step Count (count),Heart Rate [Min] (count/min),Heart Rate [Max] (count/min),\
        Heart Rate [Avg] (count/min),VO2 Max (ml/(kg·min)),Apple Stand Hour (hours)\n\
        2024-02-06 00:00:00,\"8,412\",50,120,71.5,,11\n2024-02-07 00:00:00,12,,,,abc,\n";
    let found = data("HealthMetrics.csv", text);
    let line = |number: u32| format!("HealthMetrics.csv, line {number}");
    assert_eq!(
        found["metrics"],
        json!([
            {"name": "Step Count", "units": "count", "data": [
                {"csvLine": line(2), "qty": 8412.0, "date": "2024-02-06 00:00:00"},
                {"csvLine": line(3), "qty": 12.0, "date": "2024-02-07 00:00:00"}]},
            {"name": "Heart Rate", "units": "count/min", "data": [
                {"csvLine": line(2), "Min": 50.0, "Max": 120.0, "Avg": 71.5, "date": "2024-02-06 00:00:00"}]},
            {"name": "VO2 Max", "units": "ml/(kg·min)", "data": [
                {"csvLine": line(3), "qty": "abc", "date": "2024-02-07 00:00:00"}]},
            {"name": "Apple Stand Hour", "units": "count", "data": [
                {"csvLine": line(2), "qty": 11.0, "date": "2024-02-06 00:00:00"}]},
        ])
    );
}

#[test]
fn workouts_of_a_german_phone() {
    let text = "\u{feff}Trainingstyp;Start;Ende;Dauer;Aktive Energie (kcal);Max. Herzfrequenz (count/min);Ort;\n\
        Outdoor-Lauf;06.02.2024 14:30:00;06.02.2024 15:00:00;00:30:00;1.200,5;171;Draußen;\n";
    assert_eq!(
        data("", text)["workouts"],
        json!([{
            "csvLine": "line 2",
            "name": "Outdoor-Lauf",
            "start": "2024-02-06 14:30:00",
            "end": "2024-02-06 15:00:00",
            "duration": "00:30:00",
            "aktive_energie": {"qty": 1200.5, "units": "kcal"},
            "max_herzfrequenz": {"qty": 171.0, "units": "count/min"},
            "location": "Draußen"
        }])
    );
}

#[test]
fn files_of_one_workout_find_it() {
    let heart = "Date/Time,Min (count/min),Max (count/min),Avg (count/min),Context,Source\n2024-02-06 14:30:05,90,92,91,,Watch\n";
    let Some(Content::OfWorkout(heart)) = read("a/Outdoor Run-Heart Rate-20240206_143000.csv", heart.as_bytes()) else {
        panic!("no file of a workout")
    };
    let route = "Timestamp,Latitude,Longitude,Altitude (m),Vertical Accuracy (m),Speed (m/s)\n2024-02-06 13:30:06,52.5,13.4,34,-1,2.5\n";
    let Some(Content::OfWorkout(route)) = read("Outdoor Run-Route-20240206_143000.csv", route.as_bytes()) else {
        panic!("no route")
    };
    let mut workouts = vec![json!({"name": "Outdoor Run", "start": "2024-02-06 14:30:00"})];
    assert!(heart.join(&mut workouts) && route.join(&mut workouts));
    let point = &workouts[0]["Heart Rate"][0];
    assert_eq!(
        (&point["Avg"], &point["units"], &point["source"]),
        (&json!(91.0), &json!("count/min"), &json!("Watch"))
    );
    let place = &workouts[0]["route"][0];
    assert_eq!(place["timestamp"], "2024-02-06 13:30:06 +0000");
    assert_eq!((&place["latitude"], &place["verticalAccuracy"]), (&json!(52.5), &json!(-1.0)));
    assert!(!route.join(&mut [json!({"name": "Walk", "start": "2024-02-06 14:30:00"})]));
}

#[test]
fn other_tables_are_told_by_their_titles() {
    let symptoms = "Start,End,Name,Severity,User Entered,Source\n2024-02-06 14:30:00,2024-02-06 15:00:00,Headache,Mild,true,iPhone\n";
    assert_eq!(data("Symptoms.csv", symptoms)["symptoms"][0]["severity"], "Mild");
    let sleep = "Start,End,Value,Source\n2024-02-06 01:00:00,2024-02-06 02:00:00,Core,Watch\n";
    assert_eq!(data("Sleep.csv", sleep)["metrics"][0]["data"][0]["value"], "Core");
    for text in ["", "a,b\n1,2\n", "{\"data\":{}}", "Date,Mood\n2024-02-06,good\n", "\n\n", "86\n127\n"] {
        assert_eq!(read("x.csv", text.as_bytes()), None, "{text}");
    }
}
