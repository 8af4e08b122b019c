//! Holds off the delivery that is lost because its sender did not wait: once the body is here, it is written.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{InProcess, body};

#[test]
fn a_delivery_whose_sender_is_gone_is_written_and_its_repeat_is_unchanged() {
    let server = InProcess::start();
    let points: Vec<_> =
        (0..20_000).map(|at| json!({"date": 1_700_000_000 + at * 60, "qty": at, "source": "Watch"})).collect();
    let delivery = body("step_count", "count", points.into()).to_string();
    let key = server.key("owner", &[health_export::model::key::Scope::Ingest]);
    let address = server.client.base().strip_prefix("http://").unwrap().to_owned();
    let mut phone = TcpStream::connect(&address).unwrap();
    write!(
        phone,
        "POST /api/v1/ingest HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\ncontent-length: {}\r\n\r\n{delivery}",
        delivery.len()
    )
    .unwrap();
    // Long enough for the last bytes to be read, and too short for the answer.
    std::thread::sleep(Duration::from_millis(15));
    drop(phone);

    let begun = Instant::now();
    let arrived = || server.client.get("/api/v1/deliveries").expect(200)["deliveries"].as_array().unwrap().len();
    while arrived() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never arrived");
        std::thread::sleep(Duration::from_millis(20));
    }
    let receipt = server.client.post("/api/v1/ingest", &[], delivery.as_bytes()).expect(200);
    assert_eq!((&receipt["received"], &receipt["unchanged"]), (&json!(20_000), &json!(20_000)));
}
