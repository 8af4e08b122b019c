//! Holds off apps that are believed before the watch whose hardware or name they share.

use crate::support::apple::{import_bytes, receipt, xml};
use crate::support::{InProcess, body};
use serde_json::{Value, json};

const WATCH: &str =
    "<<HKDevice: 0x1>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.4>";
const PHONE: &str =
    "<<HKDevice: 0x2>, name:iPhone, manufacturer:Apple Inc., model:iPhone, hardware:iPhone14,5, software:17.1>";
const BUDS: &str =
    "<<HKDevice: 0x3>, name:AirPods Pro, manufacturer:Apple Inc., model:0x2014, hardware:0x2014, software:6A1>";
const STRAP: &str = "<<HKDevice: 0x4>, name:H10, manufacturer:Polar, model:H10, hardware:H10, software:3>";

fn record(kind: (&str, &str), source: (&str, &str, &str), minute: i64, value: f64) -> String {
    let time = |minute: i64| format!("2024-03-05 {:02}:{:02}:00 +0000", 8 + minute / 60, minute % 60);
    let escaped = source.2.replace('<', "&lt;").replace('>', "&gt;");
    let device = if escaped.is_empty() { String::new() } else { format!(" device=\"{escaped}\"") };
    format!(
        "<Record type=\"HKQuantityTypeIdentifier{}\" unit=\"{}\" sourceName=\"{}\" sourceVersion=\"{}\"{device} \
         startDate=\"{}\" endDate=\"{}\" value=\"{value}\"/>\n",
        kind.0,
        kind.1,
        source.0,
        source.1,
        time(minute),
        time(minute + 1)
    )
}

const STEPS: (&str, &str) = ("StepCount", "count");
const HEARTS: (&str, &str) = ("HeartRate", "count/min");
const SOUND: (&str, &str) = ("HeadphoneAudioExposure", "dBASPL");

fn import(server: &InProcess, records: &[String]) {
    receipt(import_bytes(server, "export.xml", xml(&records.concat()).as_bytes()));
}

/// Name and kind of the sources, the one that is believed first at the front.
fn sources(server: &InProcess) -> Vec<(String, String)> {
    let listed = server.client.get("/api/v1/sources").expect(200);
    let text = |source: &Value, key: &str| source[key].as_str().unwrap().to_owned();
    listed["sources"].as_array().unwrap().iter().map(|one| (text(one, "name"), text(one, "kind"))).collect()
}

fn as_told(sources: &[(&str, &str)]) -> Vec<(String, String)> {
    sources.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

#[test]
fn the_watch_is_first_whatever_it_and_the_apps_are_called() {
    let fox = "\u{1f98a}";
    let apps = [("SleepWatch", "4.1", ""), ("HeartWatch", "30000", WATCH), ("Phone Tracker", "2", PHONE)];
    for backwards in [false, true] {
        let server = InProcess::start();
        let mut all: Vec<(&str, &str, &str)> = apps.to_vec();
        all.extend([(fox, "9.4", WATCH), ("Ann", "17.1", PHONE)]);
        if backwards {
            all.reverse();
        }
        // The apps have sent more.
        let records = all.iter().flat_map(|source| {
            let count = if source.1.contains("17.1") || source.0 == fox { 3 } else { 9 };
            (0..count).map(|minute| record(STEPS, *source, minute, 60.0 + source.0.len() as f64))
        });
        import(&server, &records.collect::<Vec<_>>());
        let found = sources(&server);
        assert_eq!(found[..2], as_told(&[(fox, "watch"), ("Ann", "phone")]), "{found:?}");
        assert!(found[2..].iter().all(|(_, kind)| kind == "other"), "{found:?}");
        let day = "/api/v1/aggregate/step_count?bucket=day&stat=sum&start=2024-03-05&end=2024-03-06";
        let total = server.client.get(day).expect(200)["points"][0]["sum"].as_f64().unwrap();
        // Three minutes of the watch, and six of one of the apps.
        let app = (total - 3.0 * 64.0) / 6.0;
        assert!([70.0, 73.0].contains(&app), "{total}");
    }
}

#[test]
fn an_accessory_changes_nothing_wherever_it_comes_in_a_batch() {
    let server = InProcess::start();
    let name = "Robin\u{2019}s iPhone";
    let mut records: Vec<String> = (0..50).map(|minute| record(SOUND, (name, "17.1", BUDS), minute, 70.0)).collect();
    records.extend((0..5).map(|minute| record(STEPS, ("Robin", "17.1", PHONE), minute, 10.0)));
    records.extend((0..50).map(|minute| record(SOUND, ("Robin", "17.1", BUDS), minute, 70.0)));
    records.extend((0..50).map(|minute| record(HEARTS, ("\u{231a}", "9.4", STRAP), minute, 70.0)));
    records.extend((0..5).map(|minute| record(HEARTS, ("\u{231a}", "9.4", WATCH), 60 + minute, 70.0)));
    for _ in 0..2 {
        import(&server, &records);
        let expected = as_told(&[("\u{231a}", "watch"), ("Robin", "phone"), (name, "phone")]);
        assert_eq!(sources(&server), expected);
    }
    let listed = server.client.get("/api/v1/sources").expect(200);
    assert_eq!(
        (&listed["sources"][0]["device"], &listed["sources"][1]["device"]),
        (&json!("Watch6,2"), &json!("iPhone14,5"))
    );
}

#[test]
fn of_equal_kinds_the_one_that_has_sent_more_is_first() {
    let server = InProcess::start();
    let points = |source: &str, count: i64| {
        let point =
            |minute: i64| json!({"date": format!("2024-03-05 08:{minute:02}:07 +0000"), "qty": 5, "source": source});
        (0..count).map(point).collect::<Vec<Value>>()
    };
    server.client.ingest(&body("step_count", "count", json!(points("Anna Ring", 2)))).expect(200);
    server.client.ingest(&body("step_count", "count", json!(points("Zoe Band", 3)))).expect(200);
    assert_eq!(sources(&server), as_told(&[("Zoe Band", "other"), ("Anna Ring", "other")]));
}
