//! What must hold of every receipt.

use serde_json::Value;

const PARTS: [&str; 4] = ["stored", "updated", "unchanged", "quarantined"];

/// `received = stored + updated + unchanged + quarantined`, for the whole and for every metric, and the metrics add up.
#[track_caller]
pub fn assert_balanced(receipt: &Value) {
    let metrics: Vec<&Value> = receipt["by_metric"].as_object().unwrap().values().collect();
    for counts in metrics.iter().copied().chain([receipt]) {
        let sum: u64 = PARTS.iter().map(|part| count(counts, part)).sum();
        assert_eq!(count(counts, "received"), sum, "{receipt}");
    }
    for part in PARTS.iter().chain(["received"].iter()) {
        assert_eq!(
            metrics.iter().map(|counts| count(counts, part)).sum::<u64>(),
            count(receipt, part),
            "{part}: {receipt}"
        );
    }
    let problems = receipt["problems"].as_array().unwrap().len() as u64;
    assert_eq!(problems, count(receipt, "quarantined").min(20), "{receipt}");
}

/// A repeat: nothing stored, nothing updated.
#[track_caller]
pub fn assert_unchanged(receipt: &Value) {
    assert_balanced(receipt);
    assert_eq!((count(receipt, "stored"), count(receipt, "updated")), (0, 0), "a repeat changed something: {receipt}");
}

#[track_caller]
pub fn count(receipt: &Value, part: &str) -> u64 {
    receipt[part].as_u64().unwrap_or_else(|| panic!("no {part} in {receipt}"))
}
