//! Holds off the loss or doubling of acknowledged deliveries when the power goes: the real binary is killed while several
//! clients post to it, at another moment each time, and whatever it had answered must be there afterwards, once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use health_export::synth::random::Random;
use serde_json::{Value, json};

use crate::support::{Client, RealServer, body, command};

const CYCLES: u64 = 10;
const CLIENTS: usize = 4;
/// Samples of one delivery.
pub const POINTS: i64 = 3;
const FIRST: i64 = 1_500_000_000;

/// A delivery that was answered: its number, and its id in the answer.
pub type Acknowledged = (i64, String);

/// Samples that no other delivery has: its number is in the times and in the values.
pub fn delivery(number: i64) -> Value {
    let point = |at: i64| json!({"date": FIRST + number * 60 + at, "qty": number * POINTS + at, "source": "Watch"});
    body("made_up", "things", (0..POINTS).map(point).collect())
}

/// Posts deliveries until none is answered any more.
fn post_until_dead(client: &Client, numbers: &AtomicI64) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    loop {
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        let body = delivery(number).to_string();
        let Some(answer) = client.request("POST", "/api/v1/ingest", &[], body.as_bytes()) else { return acknowledged };
        let receipt = answer.expect(200);
        assert_eq!(receipt["stored"], POINTS, "{receipt}");
        acknowledged.push((number, receipt["delivery"].as_str().unwrap().to_owned()));
    }
}

/// Posts from several threads and kills the server after `delay`, but not before `least` deliveries were begun.
fn post_and_kill(
    mut server: RealServer,
    key: &str,
    numbers: &AtomicI64,
    delay: Duration,
    least: i64,
) -> Vec<Acknowledged> {
    let (begun, enough) = (Instant::now(), numbers.load(Ordering::SeqCst) + least);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| Client::new(&server.base, Some(key)))
            .map(|client| scope.spawn(move || post_until_dead(&client, numbers)))
            .collect();
        std::thread::sleep(delay);
        // A machine that is busy with other things may need longer.
        while numbers.load(Ordering::SeqCst) < enough && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        server.process.kill().unwrap();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// Everything behind a list address, page by page.
fn all(client: &Client, address: &str, list: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{address}?limit=1000{cursor}")).expect(200);
        found.extend(page[list].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Fails unless everything acknowledged is listed once, with all of its samples, and nothing is there in part or twice.
pub fn find_all(client: &Client, acknowledged: &[Acknowledged]) {
    let listed: Vec<String> = all(client, "/api/v1/deliveries", "deliveries")
        .iter()
        .map(|delivery| delivery["delivery"].as_str().unwrap().to_owned())
        .collect();
    let distinct: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(distinct.len(), listed.len(), "a delivery is listed twice");
    let mut samples: BTreeMap<i64, i64> = BTreeMap::new();
    for sample in all(client, "/api/v1/data/made_up", "samples") {
        let number = sample["value"].as_f64().unwrap() as i64 / POINTS;
        *samples.entry(number).or_default() += 1;
    }
    for (number, id) in acknowledged {
        assert!(distinct.contains(id), "the delivery {number} is gone");
        assert_eq!(samples.get(number), Some(&POINTS), "samples of the delivery {number}");
    }
    assert!(samples.values().all(|count| *count == POINTS), "a delivery is there in part or twice: {samples:?}");
    assert_eq!(samples.len(), listed.len());
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let (numbers, mut moments, mut acknowledged) = (AtomicI64::new(0), Random::new(7), Vec::new());
    for cycle in 0..CYCLES {
        let server = RealServer::start(folder.path());
        let delay = Duration::from_millis(moments.between(25.0, 250.0) as u64);
        let least = if cycle % 2 == 0 { 20 } else { 0 };
        acknowledged.extend(post_and_kill(server, &key, &numbers, delay, least));
        let checked = command(folder.path()).arg("check").output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
        let server = RealServer::start(folder.path());
        find_all(&Client::new(&server.base, Some(&key)), &acknowledged);
    }
    assert!(acknowledged.len() > 50, "only {} deliveries were acknowledged", acknowledged.len());
}
