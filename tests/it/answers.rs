//! The main job: a delivery posted with a key, stored, queried, aggregated and downloaded.

use serde_json::json;

use crate::support::{InProcess, body};

fn two_days() -> serde_json::Value {
    body(
        "step_count",
        "count",
        json!([
            {"date": "2024-03-30 23:00:00 +0100", "qty": 100, "source": "Watch"},
            {"date": "2024-03-31 00:00:00 +0100", "qty": 20.5, "source": "Watch"},
            {"date": "2024-03-31 03:00:00 +0200", "qty": 7, "source": "Watch"},
        ]),
    )
}

#[test]
fn a_delivery_is_stored_queried_aggregated_and_downloaded() {
    let server = InProcess::start();
    let client = &server.client;
    let receipt = client.ingest(&two_days()).expect(200);
    assert_eq!(receipt["received"], 3);
    assert_eq!(receipt["stored"], 3);
    assert_eq!(receipt["by_metric"]["step_count"]["stored"], 3);

    let data = client.get("/api/v1/data/step_count?limit=2").expect(200);
    assert_eq!(data["unit"], "count");
    assert_eq!(
        data["samples"][0],
        json!({"start": "2024-03-30T23:00:00+01:00", "end": "2024-03-31T00:00:00+01:00", "value": 100.0,
               "source": "Watch", "layer": "hour", "offset_minutes": 60})
    );
    let cursor = data["next_cursor"].as_str().unwrap();
    let rest = client.get(&format!("/api/v1/data/step_count?limit=2&cursor={cursor}")).expect(200);
    assert_eq!(rest["samples"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next_cursor"], serde_json::Value::Null);

    let days = client.get("/api/v1/aggregate/step_count?bucket=day&tz=Europe/Berlin").expect(200);
    assert_eq!(days["layer"], "hour");
    assert_eq!(
        days["points"],
        json!([
            {"start": "2024-03-30T00:00:00+01:00", "count": 1, "sum": 100.0, "avg": 100.0, "min": 100.0, "max": 100.0},
            {"start": "2024-03-31T00:00:00+01:00", "count": 2, "sum": 27.5, "avg": 13.75, "min": 7.0, "max": 20.5},
        ])
    );

    let csv = client.get("/api/v1/export/samples?format=csv&metric=step_count");
    assert_eq!(csv.status, 200);
    assert_eq!(
        csv.text().lines().take(2).collect::<Vec<_>>(),
        [
            "metric,start,end,value,unit,min,max,source,layer,offset_minutes",
            "step_count,2024-03-30T22:00:00Z,2024-03-30T23:00:00Z,100.0,count,,,Watch,hour,60"
        ]
    );
    let parquet = client.get("/api/v1/export/samples?format=parquet");
    assert_eq!((&parquet.bytes[..4], parquet.status), (&b"PAR1"[..], 200));
    let ndjson = client.get("/api/v1/export/samples?format=ndjson").text();
    assert_eq!(ndjson.lines().count(), 3);
}
