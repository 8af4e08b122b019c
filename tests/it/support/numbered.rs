//! Deliveries that can be told apart by what the API answers: the number of each is in its times and in its values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Client, body};

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
