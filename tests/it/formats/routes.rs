//! Routes of several parts, and GPX as maps and sport programs read it.

use serde_json::json;

use crate::support::InProcess;
use crate::support::apple::{import_bytes, receipt, xml, zip};
use crate::support::counts::assert_unchanged;

fn gpx(minute: u32) -> String {
    let point = |second: u32| {
        format!(
            "<trkpt lon=\"13.{minute}{second}\" lat=\"52.5\"><ele>35</ele><time>2024-05-01T10:{minute:02}:{second:02}Z</time>\
             <extensions><speed>1.5</speed><course>12.5</course><hAcc>4</hAcc><vAcc>3</vAcc></extensions></trkpt>"
        )
    };
    format!("<gpx version=\"1.1\"><trk><trkseg>{}{}</trkseg></trk></gpx>", point(1), point(2))
}

fn export(heart: &str) -> Vec<u8> {
    let parts: String = [1, 5, 9]
        .map(|minute| format!("<WorkoutRoute><FileReference path=\"/workout-routes/{minute}.gpx\"/></WorkoutRoute>"))
        .concat();
    let run = format!(
        "<Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" sourceName=\"Watch\" duration=\"30\" durationUnit=\"min\" \
         startDate=\"2024-05-01 10:00:00 +0000\" endDate=\"2024-05-01 10:30:00 +0000\">{parts}</Workout>"
    );
    let files = [1, 5, 9].map(|minute| (format!("apple_health_export/workout-routes/{minute}.gpx"), gpx(minute)));
    let text = xml(&format!("{heart}{run}"));
    let mut all = vec![("apple_health_export/export.xml", text.as_bytes())];
    all.extend(files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
    zip(&all)
}

fn beat(time: &str, source: &str, rate: u32) -> String {
    format!(
        "<Record type=\"HKQuantityTypeIdentifierHeartRate\" sourceName=\"{source}\" unit=\"count/min\" \
         startDate=\"2024-05-01 {time} +0000\" endDate=\"2024-05-01 {time} +0000\" value=\"{rate}\"/>"
    )
}

#[test]
fn each_part_is_a_segment_with_all_that_is_known_of_its_points() {
    let server = InProcess::start();
    let heart = beat("10:00:58", "Watch", 151) + &beat("10:05:01", "Strap", 90) + &beat("10:09:02", "Watch", 163);
    let bytes = export(&heart);
    assert_eq!(receipt(import_bytes(&server, "export.zip", &bytes)).counts.quarantined, 0);
    assert_unchanged(&serde_json::to_value(receipt(import_bytes(&server, "export.zip", &bytes))).unwrap());
    let list = server.client.get("/api/v1/workouts").expect(200);
    let address = format!("/api/v1/workouts/{}/route?format=gpx", list["workouts"][0]["id"].as_str().unwrap());
    let answer = server.client.get(&address);
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"2024-05-01_10-00_running.gpx\"");
    let text = answer.text();
    assert_eq!(text.matches("<trkseg>").count(), 3, "{text}");
    assert!(text.contains("<speed>1.5</speed><course>12.5</course><hAcc>4</hAcc><vAcc>3</vAcc>"), "{text}");
    let rates: Vec<&str> = text.split("<gpxtpx:hr>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(rates, ["151", "151", "163"], "{text}");
}

#[test]
fn the_apps_own_heart_rates_stand_in_the_gpx() {
    let server = InProcess::start();
    let point = |second: u32| json!({"latitude": 52.5, "longitude": 13.0, "speed": 2, "timestamp": format!("2024-05-01 10:00:{second:02} +0000")});
    let run = json!({"data": {"workouts": [{
        "name": "Outdoor Run", "start": "2024-05-01 10:00:00 +0000", "end": "2024-05-01 10:30:00 +0000",
        "route": [point(5), point(6)],
        "heartRateData": [{"date": "2024-05-01 10:00:00 +0000", "Min": 100, "Avg": 120.4, "Max": 140, "units": "bpm"}]
    }]}});
    server.client.ingest(&run).expect(200);
    let list = server.client.get("/api/v1/workouts").expect(200);
    let text = server
        .client
        .get(&format!("/api/v1/workouts/{}/route?format=gpx", list["workouts"][0]["id"].as_str().unwrap()))
        .text();
    assert_eq!(
        (text.matches("<trkseg>").count(), text.matches("<gpxtpx:hr>120</gpxtpx:hr>").count()),
        (1, 2),
        "{text}"
    );
}
