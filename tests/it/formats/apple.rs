//! Apple's export as phones have really written it.

use serde_json::json;

use super::{export, record, values};
use crate::support::InProcess;
use crate::support::apple::{import_bytes, receipt, steps, xml, zip};
use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged};
use crate::support::stored;

const EFFORT: &str = "HKQuantityTypeIdentifierWorkoutEffortScore";

fn workout(attributes: &str, children: &str) -> String {
    format!(
        "<Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" sourceName=\"Watch\" \
         startDate=\"2024-05-01 10:00:00 +0000\" endDate=\"2024-05-01 10:30:00 +0000\" {attributes}>{children}</Workout>"
    )
}

#[test]
fn a_record_in_a_workout_is_a_sample_and_the_workouts_figure() {
    let server = InProcess::start();
    let effort = record(EFFORT, "appleEffortScore", "10:00:00", "10:30:00", "7");
    let told = export(&server, &workout("duration=\"30\" durationUnit=\"min\"", &effort));
    assert_eq!((told.counts.received, told.counts.quarantined), (3, 0), "{told:?}");
    assert_eq!(values(&server, "workout_effort_score"), [7.0]);
    let list = server.client.get("/api/v1/workouts").expect(200);
    assert_eq!(list["workouts"][0]["figures"]["workout_effort_score"]["value"], 7.0);
    let again = export(&server, &workout("duration=\"30\" durationUnit=\"min\"", &effort));
    assert_unchanged(&serde_json::to_value(&again).unwrap());
}

#[test]
fn children_that_nobody_knows_are_kept_in_quarantine() {
    let server = InProcess::start();
    let told = export(
        &server,
        &(workout("", "<Hologram depth=\"3\"/>")
            + "<Correlation type=\"HKCorrelationTypeIdentifierFood\" startDate=\"2024-05-01 12:00:00 +0000\" \
               endDate=\"2024-05-01 12:00:00 +0000\"><Hologram depth=\"4\"/></Correlation>"),
    );
    assert_eq!((told.counts.received, told.counts.stored, told.counts.quarantined), (4, 2, 2), "{told:?}");
    let places: Vec<&str> = told.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(places, ["/HealthData/Workout[1]/Hologram", "/HealthData/Correlation[1]/Hologram"]);
}

#[test]
fn a_duration_is_no_longer_than_from_start_to_end() {
    for (attributes, seconds) in [
        ("duration=\"99999\" durationUnit=\"min\"", 1800.0),
        ("duration=\"29.5\" durationUnit=\"min\"", 1770.0),
        ("duration=\"1e300\" durationUnit=\"s\"", 1800.0),
        ("duration=\"1801.2\" durationUnit=\"s\"", 1801.2),
    ] {
        let server = InProcess::start();
        export(&server, &workout(attributes, ""));
        let list = server.client.get("/api/v1/workouts").expect(200);
        assert_eq!(list["workouts"][0]["duration_seconds"], seconds, "{attributes}");
    }
    let app = json!({"name": "Run", "start": "2024-05-01 10:00:00 +0000", "end": "2024-05-01 10:30:00 +0000", "duration": 86_400_000});
    let shortcut = json!({"workouts": [{"type": "Running", "start": "2024-05-01T10:00:00Z", "end": "2024-05-01T10:30:00Z", "duration": "900 min"}]});
    for body in [json!({"data": {"workouts": [app]}}), shortcut] {
        let server = InProcess::start();
        server.client.ingest(&body).expect(200);
        assert_eq!(
            server.client.get("/api/v1/workouts").expect(200)["workouts"][0]["duration_seconds"],
            1800.0,
            "{body}"
        );
    }
}

#[test]
fn speeds_in_centimetres_a_second_and_parts_with_laps() {
    let server = InProcess::start();
    let part = "<WorkoutActivity uuid=\"A\" workoutActivityType=\"HKWorkoutActivityTypeRunning\" \
        startDate=\"2024-05-01 10:00:00 +0000\" endDate=\"2024-05-01 10:10:00 +0000\" duration=\"10\" durationUnit=\"min\">\
        <MetadataEntry key=\"HKIndoorWorkout\" value=\"0\"/>\
        <WorkoutEvent type=\"HKWorkoutEventTypeLap\" date=\"2024-05-01 10:00:00 +0000\" duration=\"5\" durationUnit=\"min\"/>\
        <WorkoutStatistics type=\"HKQuantityTypeIdentifierRunningSpeed\" startDate=\"2024-05-01 10:00:00 +0000\" \
         endDate=\"2024-05-01 10:10:00 +0000\" average=\"250\" maximum=\"400\" unit=\"cm/s\"/></WorkoutActivity>";
    let speeds = "<MetadataEntry key=\"HKAverageSpeed\" value=\"250 cm/s\"/><MetadataEntry key=\"HKMaximumSpeed\" value=\"400 cm/s\"/>";
    export(&server, &workout("", &format!("{speeds}{part}")));
    let list = server.client.get("/api/v1/workouts").expect(200);
    let speed = &list["workouts"][0]["figures"]["speed"];
    assert_eq!((&speed["unit"], &speed["avg"], &speed["max"]), (&json!("km/hr"), &json!(9.0), &json!(14.4)));
    let one =
        server.client.get(&format!("/api/v1/workouts/{}", list["workouts"][0]["id"].as_str().unwrap())).expect(200);
    let part = &one["activities"][0];
    assert_eq!((&part["type"], &part["figures"]["running_speed"]["avg"]), (&json!("running"), &json!(9.0)));
    assert_eq!((&part["events"][0]["kind"], &part["events"][0]["duration_seconds"]), (&json!("lap"), &json!(300.0)));
    assert_eq!(part["metadata"]["HKIndoorWorkout"], "0");
}

#[test]
fn two_starts_in_one_tag_are_a_start_and_an_end() {
    let server = InProcess::start();
    let twice = |text: String| text.replace("endDate", "startDate");
    let run = workout("", "").replacen("endDate", "startDate", 1);
    let told = export(
        &server,
        &(twice(record("HKQuantityTypeIdentifierStepCount", "count", "09:00:00", "09:10:00", "600")) + &run),
    );
    assert_eq!(told.counts.quarantined, 0, "{told:?}");
    let page = server.client.get("/api/v1/data/step_count").expect(200);
    let sample = &page["samples"][0];
    assert_eq!((&sample["start"], &sample["end"]), (&json!("2024-05-01T09:00:00Z"), &json!("2024-05-01T09:10:00Z")));
    let list = server.client.get("/api/v1/workouts").expect(200);
    assert_eq!(list["workouts"][0]["end"], "2024-05-01T10:30:00Z");
}

#[test]
fn what_is_not_closed_loses_itself_and_says_so() {
    let (one, two, three) = (steps(0, 1), steps(60, 2), steps(120, 3));
    let open = one.replace("/>", ">");
    let no_end = one.replace("/>", "");
    let no_quote = one.replace("\"/>", "/>");
    for (first, reason) in [(&open, "not closed"), (&no_end, "begins inside another"), (&no_quote, "")] {
        let server = InProcess::start();
        let told = export(&server, &format!("{first}\n{two}\n{three}"));
        assert_eq!(values(&server, "step_count"), [2.0, 3.0], "{first}: {told:?}");
        assert_eq!(told.counts.quarantined, 1, "{first}: {told:?}");
        assert!(told.problems[0].reason.contains(reason), "{told:?}");
        assert_balanced(&serde_json::to_value(&told).unwrap());
        assert_sound(&server.app);
    }
    let server = InProcess::start();
    let run = workout("", "").replace("></Workout>", ">");
    let told = export(&server, &format!("{run}\n{two}\n{three}\n{}", workout("", "").replace("10:", "11:")));
    assert_eq!(values(&server, "step_count"), [2.0, 3.0]);
    assert_eq!((told.by_metric["workouts"].stored, told.counts.quarantined), (1, 1), "{told:?}");
}

#[test]
fn an_export_in_utf_16_is_read() {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n{}", xml(&steps(0, 7).replace("Phone", "Ünï 📱")));
    let units: Vec<u16> = format!("\u{feff}{text}").encode_utf16().collect();
    for bytes in [
        units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>(),
        units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ] {
        let server = InProcess::start();
        let told = receipt(import_bytes(&server, "export.xml", &bytes));
        assert_eq!((told.by_metric["step_count"].stored, told.counts.quarantined), (1, 0), "{told:?}");
        let page = server.client.get("/api/v1/data/step_count").expect(200);
        assert_eq!(page["samples"][0]["source"], "Ünï 📱");
        let zipped = zip(&[("apple_health_export/export.xml", &bytes)]);
        assert_unchanged(&serde_json::to_value(receipt(import_bytes(&server, "export.zip", &zipped))).unwrap());
    }
}

#[test]
fn a_delivery_in_utf_16_is_read() {
    let server = InProcess::start();
    let text = "\u{feff}{\"type\":\"steps\",\"value\":7,\"date\":\"2024-05-01T10:00:07Z\"}";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(server.client.post("/api/v1/ingest", &[], &bytes).expect(200)["stored"], 1);
}

#[test]
fn the_checksum_of_a_zip_is_looked_at() {
    let server = InProcess::start();
    let text = xml(&steps(0, 7));
    let mut stored = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    stored.start_file("apple_health_export/export.xml", plain).unwrap();
    std::io::Write::write_all(&mut stored, text.as_bytes()).unwrap();
    let mut bytes = stored.finish().unwrap().into_inner();
    let at = bytes.windows(9).position(|window| window == b"value=\"7\"").unwrap();
    bytes[at + 7] = b'9';
    let fault = import_bytes(&server, "export.zip", &bytes).unwrap_err().to_string();
    assert!(fault.contains("checksum"), "{fault}");
}

#[test]
fn the_name_of_a_meal_is_kept_and_a_correlations_metadata_is_its_records() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let energy = record("HKQuantityTypeIdentifierDietaryEnergyConsumed", "kcal", "12:00:00", "12:00:00", "520");
    let told = export(
        &server,
        &format!(
            "<Correlation type=\"HKCorrelationTypeIdentifierFood\" sourceName=\"Lose It!\" startDate=\"2024-05-01 12:00:00 +0000\" \
             endDate=\"2024-05-01 12:00:00 +0000\"><MetadataEntry key=\"HKFoodType\" value=\"Lentil Soup\"/>\
             <MetadataEntry key=\"HKTimeZone\" value=\"Asia/Tokyo\"/><MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/>{energy}</Correlation>"
        ),
    );
    assert_eq!((told.counts.stored, told.counts.quarantined), (3, 0), "{told:?}");
    let events = stored::events(&server.app);
    assert_eq!(
        (&events[0]["code"], &events[0]["value_sent"], &events[0]["offset"]),
        (&json!("food"), &json!("Lentil Soup"), &json!(540))
    );
    let page = server.client.get("/api/v1/data/dietary_energy").expect(200);
    assert_eq!(page["samples"][0]["start"], "2024-05-01T21:00:00+09:00");
}

#[test]
fn wrong_units_are_caught_in_an_export_too() {
    let server = InProcess::start();
    let wrong = [
        record("HKQuantityTypeIdentifierBloodGlucose", "mmol/L", "10:00:00", "10:00:00", "95"),
        record("HKQuantityTypeIdentifierHeight", "cm", "10:00:00", "10:00:00", "1.82"),
        record("HKQuantityTypeIdentifierDistanceWalkingRunning", "km", "10:00:00", "10:10:00", "5200"),
    ];
    let told = export(&server, &wrong.concat());
    assert_eq!((told.counts.stored, told.counts.quarantined), (1, 3), "{told:?}");
    let bare = [
        record("HKQuantityTypeIdentifierHeight", "", "11:00:00", "11:00:00", "1.82"),
        record("HKQuantityTypeIdentifierBloodGlucose", "", "11:00:00", "11:00:00", "40"),
        record("HKQuantityTypeIdentifierOxygenSaturation", "%", "11:00:00", "11:00:00", "0.97"),
        record("HKQuantityTypeIdentifierWalkingAsymmetryPercentage", "%", "11:00:00", "11:00:00", "0.02"),
    ];
    let told = export(&server, &bare.concat());
    assert_eq!((told.counts.received, told.counts.quarantined), (5, 1), "{told:?}");
    assert_eq!((values(&server, "height"), values(&server, "walking_asymmetry_percentage")), (vec![182.0], vec![2.0]));
}

#[test]
fn a_providers_document_sent_as_a_delivery_gets_the_next_step() {
    let server = InProcess::start();
    let answer =
        server.client.post("/api/v1/ingest", &[], b"<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'/>");
    assert!(answer.problem(400).contains("Add to Health"));
    let answer = server.client.post("/api/v1/ingest", &[], xml(&steps(0, 1)).as_bytes());
    assert!(answer.problem(400).contains("/api/v1/import"));
}
