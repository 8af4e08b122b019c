//! An import over HTTP, waited for.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Client;

/// Longest that any import of a test may take.
const LONGEST: Duration = Duration::from_secs(300);

/// Uploads a file and gives the job as it ended.
#[track_caller]
pub fn upload(client: &Client, file: &[u8]) -> Value {
    let accepted = client.post("/api/v1/import", &[], file).expect(202);
    let address = format!("/api/v1/jobs/{}", accepted["job"].as_str().unwrap());
    let begun = Instant::now();
    loop {
        let job = client.get(&address).expect(200);
        match job["state"].as_str().unwrap() {
            "done" | "failed" => return job,
            _ => assert!(begun.elapsed() < LONGEST, "{job}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Imports a file that must be understood, and gives its receipt.
#[track_caller]
pub fn import(client: &Client, file: &[u8]) -> Value {
    let job = upload(client, file);
    assert_eq!(job["state"], "done", "{job}");
    job["receipt"].clone()
}
