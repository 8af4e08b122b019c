//! Units, fractions and words: what a number can be.

use serde_json::{Value, json};

use super::{NONE, by, points, send, stored};
use crate::support::InProcess;

/// The stored value of a point; none when it was quarantined.
fn read(metric: &str, unit: &str, value: f64) -> Option<f64> {
    let server = InProcess::start();
    let receipt = send(
        &server,
        "2024-05-02T10:00:00Z",
        by("None"),
        &points(metric, unit, &[("2024-05-01 10:00:07 +0000", value, "Watch")]),
    );
    match receipt.counts.quarantined {
        0 => stored(&server, metric)[0]["value"].as_f64(),
        _ => None,
    }
}

#[track_caller]
fn assert_read(metric: &str, unit: &str, value: f64, expected: Option<f64>) {
    let found = read(metric, unit, value);
    let same = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-6,
        (found, expected) => found == expected,
    };
    assert!(same, "{value} {unit:?} of {metric} was read as {found:?}, not {expected:?}");
}

#[test]
fn a_percentage_below_all_that_is_possible_is_a_fraction() {
    for (metric, value, expected) in [
        ("blood_oxygen_saturation", 0.97, Some(97.0)),
        ("blood_oxygen_saturation", 1.0, Some(100.0)),
        ("blood_oxygen_saturation", 97.0, Some(97.0)),
        ("blood_oxygen_saturation", 9.7, None),
        ("body_fat_percentage", 0.22, Some(22.0)),
        ("walking_double_support_percentage", 0.28, Some(28.0)),
        ("walking_asymmetry_percentage", 0.5, Some(0.5)),
        ("peripheral_perfusion_index", 0.9, Some(0.9)),
        ("blood_alcohol_content", 0.05, Some(0.05)),
    ] {
        assert_read(metric, "%", value, expected);
    }
}

#[test]
fn a_wrong_unit_is_caught() {
    for (metric, unit, value) in [
        ("blood_glucose", "mmol/L", 95.0),
        ("blood_glucose", "mg/dL", 5.4),
        ("height", "cm", 1.82),
        ("height", "m", 182.0),
        ("walking_running_distance", "km", 5200.0),
        ("cycling_distance", "km", 18_000.0),
        ("body_temperature", "degC", 98.6),
        ("body_temperature", "degF", 36.8),
        ("step_count", "count", 8_412_000.0),
        ("dietary_water", "L", 250.0),
    ] {
        assert_read(metric, unit, value, None);
    }
}

#[test]
fn a_long_sum_is_not_refused() {
    let server = InProcess::start();
    let body = points("walking_running_distance", "km", &[("2024-01-01 00:00:00 +0000", 5200.0, "")]);
    assert_eq!(send(&server, "2025-01-02T10:00:00Z", by("Years"), &body).counts.quarantined, 0);
    assert_eq!(send(&server, "2025-01-02T10:00:00Z", by("Days"), &body).counts.quarantined, 1);
}

#[test]
fn a_value_without_a_unit_is_read_in_the_one_in_which_it_is_plausible() {
    for (metric, value, expected) in [
        ("blood_glucose", 95.0, Some(95.0 / 18.015_588_000_005_41)),
        ("blood_glucose", 5.4, Some(5.4)),
        ("blood_glucose", 40.0, None),
        ("height", 1.82, Some(182.0)),
        ("height", 182.0, Some(182.0)),
        ("height", 70.0, None),
        ("body_temperature", 98.6, Some(37.0)),
        ("body_temperature", 36.6, Some(36.6)),
        ("weight_body_mass", 72.5, Some(72.5)),
        ("weight_body_mass", 350.0, Some(350.0 * 0.453_592_37)),
        ("weight_body_mass", 180.0, None),
        ("blood_oxygen_saturation", 0.97, Some(97.0)),
        ("step_count", 8412.0, Some(8412.0)),
    ] {
        assert_read(metric, "", value, expected);
    }
}

fn shortcut(body: Value) -> (InProcess, health_export::model::receipt::Receipt) {
    let server = InProcess::start();
    let receipt = send(&server, "2024-05-02T10:00:00Z", NONE, &body);
    (server, receipt)
}

#[test]
fn a_word_that_only_describes_a_number_is_no_metric() {
    for word in ["sum", "total", "hours", "duration_min", "valence", "schema_version"] {
        let (server, receipt) = shortcut(json!({"date": "2024-05-01", "steps": "8412", word: 7}));
        assert_eq!((receipt.counts.stored, receipt.counts.quarantined), (1, 1), "{word}: {receipt:?}");
        assert!(receipt.problems[0].reason.contains(word), "{receipt:?}");
        server.client.get(&format!("/api/v1/data/{word}")).problem(404);
    }
}

#[test]
fn thousands_or_decimals_are_not_guessed_for_any_metric() {
    for (metric, text) in
        [("steps", "1.755"), ("distance_walking_running", "1.755"), ("active_energy", "1,755"), ("weight", "72.125")]
    {
        let (_, receipt) = shortcut(json!({"date": "2024-05-01", metric: text}));
        assert_eq!((receipt.counts.stored, receipt.counts.quarantined), (0, 1), "{metric} {text}: {receipt:?}");
    }
    for (metric, text) in [("weight", "72.5"), ("distance_walking_running", "0.755"), ("steps", "8,412")] {
        let (_, receipt) = shortcut(json!({"date": "2024-05-01", metric: text}));
        assert_eq!(receipt.counts.stored, 1, "{metric} {text}: {receipt:?}");
    }
}
