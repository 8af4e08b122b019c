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
    ended(client, accepted["status_url"].as_str().unwrap())
}

/// Asks until the job has ended.
#[track_caller]
pub fn ended(client: &Client, address: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = client.get(address).expect(200);
        if ["done", "failed", "cancelled"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(begun.elapsed() < LONGEST, "{job}");
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
