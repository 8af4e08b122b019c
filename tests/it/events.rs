//! Holds off events that are told twice or lost between two senders.

use health_export::model::event::{Event, EventSeries, KINDS};
use health_export::model::sender::Sender;
use serde_json::{Map, Value, json};

use crate::support::InProcess;
use crate::support::check::assert_sound;
use crate::support::fill::{event, events};

const START: &str = "2024-05-01T08:00:00Z";

fn details(of: Value) -> Map<String, Value> {
    of.as_object().unwrap().clone()
}

fn list(server: &InProcess, address: &str) -> Vec<Value> {
    let answer = server.client.get(&format!("/api/v1/events/{address}")).expect(200);
    answer["events"].as_array().unwrap().clone()
}

fn headache(sender: Sender, value: Option<&str>) -> Event {
    Event { value: value.map(str::to_owned), ..event(sender, "symptoms", "headache", START) }
}

#[test]
fn what_two_senders_tell_is_one_event() {
    let apple = Event {
        name: "HKCategoryTypeIdentifierHeadache".into(),
        source: "Watch".into(),
        offset_minutes: 120,
        details: details(json!({"a": 1, "both": "apple"})),
        ..headache(Sender::AppleExport, None)
    };
    let app = Event {
        name: "Headache".into(),
        value_sent: Some("Mild".into()),
        source: "Phone".into(),
        details: details(json!({"b": 2, "both": "app"})),
        ..headache(Sender::AutoExport, Some("mild"))
    };
    let orders = [[apple.clone(), app.clone()], [app, apple]];
    let answers = orders.map(|order| {
        let server = InProcess::start();
        order.into_iter().for_each(|told| drop(events(&server.app, vec![told])));
        assert_sound(&server.app);
        list(&server, "symptoms")
    });
    assert_eq!(answers[0], answers[1]);
    let mut event = answers[0][0].clone();
    event.as_object_mut().unwrap().remove("id");
    let expected = json!({
        "start": "2024-05-01T10:00:00+02:00",
        "end": "2024-05-01T10:00:00+02:00",
        "code": "headache",
        "name": "HKCategoryTypeIdentifierHeadache",
        "value": "mild",
        "value_sent": "Mild",
        "source": "Watch",
        "offset_minutes": 120,
        "details": {"a": 1, "b": 2, "both": "apple"},
        "has_series": false,
    });
    assert_eq!((answers[0].len(), event), (1, expected));
}

#[test]
fn the_larger_set_is_shown_without_doubles() {
    let server = InProcess::start();
    events(&server.app, vec![headache(Sender::AppleExport, Some("severe"))]);
    let twins = ["mild", "severe", "moderate"]
        .map(|value| Event { details: details(json!({"from": "app"})), ..headache(Sender::AutoExport, Some(value)) });
    events(&server.app, twins.to_vec());
    let found = list(&server, "symptoms");
    let values: Vec<&str> = found.iter().map(|event| event["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["mild", "severe", "moderate"]);
    let kinds = server.client.get("/api/v1/events").expect(200);
    let expected = json!([{"kind": "symptoms", "count": 3, "first": START, "last": START}]);
    assert_eq!(kinds["kinds"], expected);
    for (event, value) in found.iter().zip(values) {
        let one = server.client.get(&format!("/api/v1/events/symptoms/{}", event["id"].as_str().unwrap())).expect(200);
        assert_eq!(one["value"], value);
    }
}

fn ecg() -> Event {
    let series =
        EventSeries { unit: "uV".into(), frequency: Some(512.0), values: vec![1.5, -2.0, 30.25], at: Vec::new() };
    Event { span: 30, series: Some(series), ..event(Sender::AppleExport, "ecg", "ecg", START) }
}

#[test]
fn an_ecg_has_its_voltages_as_json_and_csv() {
    let server = InProcess::start();
    events(&server.app, vec![ecg(), event(Sender::AppleExport, "ecg", "ecg", "2024-05-02T08:00:00Z")]);
    let found = list(&server, "ecg");
    assert_eq!((found[0]["has_series"].as_bool(), found[1]["has_series"].as_bool()), (Some(true), Some(false)));
    assert!(found[0].get("series").is_none());
    let address = |at: usize| format!("/api/v1/events/ecg/{}", found[at]["id"].as_str().unwrap());
    let one = server.client.get(&address(0)).expect(200);
    assert_eq!(one["series"], json!({"unit": "uV", "frequency": 512.0, "values": [1.5, -2.0, 30.25], "at": []}));
    assert_eq!((&one["kind"], &one["end"]), (&json!("ecg"), &json!("2024-05-01T08:00:30Z")));
    let csv = server.client.get(&format!("{}?format=csv", address(0)));
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.text(), "seconds,value\n0,1.5\n0.001953125,-2\n0.00390625,30.25\n");
    assert!(server.client.get(&address(1)).expect(200).get("series").is_none());
    assert!(server.client.get(&format!("{}?format=csv", address(1))).problem(404).contains("no series"));
    server.client.get(&address(0).replace("/ecg/", "/symptoms/")).problem(404);
}

#[test]
fn unknown_kinds_and_ids_are_not_found_and_a_near_miss_is_named() {
    let server = InProcess::start();
    assert!(server.client.get("/api/v1/events/symptom").problem(404).contains("did you mean \"symptoms\"?"));
    assert!(server.client.get("/api/v1/events/zzz").problem(404).contains("heart_notifications"));
    for kind in KINDS {
        assert_eq!(list(&server, kind), Vec::<Value>::new());
    }
    for id in ["none", "MQ", "MSwyLDMsNCxh", "%F0%9F%98%80"] {
        server.client.get(&format!("/api/v1/events/symptoms/{id}")).problem(404);
    }
    assert!(server.client.get("/api/v1/events/symptoms?cod=x").problem(400).contains("code"));
}

/// Events with several at one time, one of them with commas and a slash in its code.
fn many() -> InProcess {
    let server = InProcess::start();
    let codes = ["headache", "nausea, a bit/more", "fever"];
    let of_hour = |hour: i64| {
        let start = jiff::Timestamp::from_second(1_714_521_600 + hour / 6 * 3600).unwrap().to_string();
        let value = Some(format!("v{}", hour % 2));
        Event { value, ..event(Sender::AutoExport, "symptoms", codes[hour as usize % 3], &start) }
    };
    events(&server.app, (0..60).map(of_hour).collect());
    server
}

#[test]
fn pages_put_together_are_the_whole_in_both_orders() {
    let server = many();
    let all = list(&server, "symptoms");
    assert_eq!(all.len(), 60);
    for (order, limit) in [("asc", 1), ("desc", 1), ("asc", 7), ("desc", 7), ("asc", 59), ("desc", 60)] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let address = format!("/api/v1/events/symptoms?limit={limit}&order={order}{cursor}");
            let page = server.client.get(&address).expect(200);
            let events = page["events"].as_array().unwrap();
            assert!(!events.is_empty() && events.len() <= limit);
            found.extend(events.clone());
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        if order == "desc" {
            found.reverse();
        }
        assert_eq!(found, all, "{order} {limit}");
    }
}

#[test]
fn events_are_narrowed_by_code_and_time() {
    let server = many();
    assert_eq!(list(&server, "symptoms?code=fever").len(), 20);
    assert_eq!(list(&server, "symptoms?code=fever,headache").len(), 40);
    assert_eq!(list(&server, "symptoms?start=2024-05-01T02:00:00Z&end=2024-05-01T04:00:00Z").len(), 12);
    let odd = list(&server, "symptoms").into_iter().find(|event| event["code"] == "nausea, a bit/more").unwrap();
    let id = odd["id"].as_str().unwrap();
    assert_eq!(server.client.get(&format!("/api/v1/events/symptoms/{id}")).expect(200)["code"], odd["code"]);
}
