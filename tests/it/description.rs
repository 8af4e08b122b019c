//! Holds off a description that validators refuse, or of which generators make a client that does not work. `make clients` makes
//! such clients and calls the server with them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::InProcess;

const PROBLEM: &str = "application/problem+json";

fn description() -> Value {
    InProcess::start().client.get("/openapi.json").expect(200)
}

/// (method and path, operation)
fn operations(description: &Value) -> Vec<(String, &Value)> {
    let paths = description["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |one| (path, one)));
    each.map(|(path, (method, operation))| (format!("{method} {path}"), operation)).collect()
}

#[test]
fn operations_have_names_of_their_own() {
    let description = description();
    let operations = operations(&description);
    let names: Vec<&str> = operations.iter().map(|(_, one)| one["operationId"].as_str().unwrap()).collect();
    // Some languages do not tell capitals apart.
    let distinct: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(distinct.len(), operations.len());
    assert!(names.iter().all(|name| name.chars().all(|letter| letter.is_ascii_alphanumeric())), "{names:?}");
    for (at, expected) in [
        ("get /api/v1/workouts", "getWorkouts"),
        ("get /api/v1/metrics", "getMetrics"),
        ("get /metrics", "getServerMetrics"),
        ("get /api/v1/export/samples", "getExportSamples"),
    ] {
        assert_eq!(operations.iter().find(|(name, _)| name == at).unwrap().1["operationId"], expected);
    }
}

#[test]
fn every_answer_is_described_and_errors_are_problems() {
    let description = description();
    for (name, operation) in operations(&description) {
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.contains_key("400"), "{name}");
        if operation.get("security").is_none() {
            let missing = ["401", "403", "429", "503"].map(|status| !answers.contains_key(status));
            assert_eq!(missing, [false; 4], "{name}");
        }
        for (status, answer) in answers {
            assert!(answer["description"].as_str().is_some_and(|text| text.len() > 3), "{name} {status}: {answer}");
            if status.starts_with(['4', '5']) && !name.contains("/health") {
                let content = answer["content"].as_object().unwrap_or_else(|| panic!("{name} {status}"));
                assert_eq!(content.keys().collect::<Vec<_>>(), [PROBLEM], "{name} {status}");
            }
        }
        let good = answers.iter().find(|(status, _)| status.starts_with('2') && *status != "204").map(|(_, good)| good);
        assert!(good.is_none_or(|good| good.get("content").is_some()), "{name} gives nothing that is described");
    }
}

#[test]
fn files_are_bytes() {
    let description = description();
    let bytes = serde_json::json!({"type": "string", "format": "binary"});
    for (name, operation) in operations(&description).iter().filter(|(name, _)| name.contains("/export/")) {
        for status in ["200", "206"] {
            let content = operation["responses"][status]["content"].as_object().unwrap();
            let types: Vec<&String> = content.keys().collect();
            assert_eq!(
                types,
                ["application/octet-stream", "text/csv", "application/vnd.apache.parquet", "application/x-ndjson"],
                "{name}"
            );
            assert!(content.values().all(|content| content["schema"] == bytes), "{name}");
        }
    }
    let import = &description["paths"]["/api/v1/import"]["post"]["requestBody"]["content"];
    assert_eq!(*import, serde_json::json!({"application/octet-stream": {"schema": bytes}}));
    let document = &description["paths"]["/api/v1/documents/{id}"]["get"]["responses"]["200"]["content"];
    assert_eq!(document["application/octet-stream"]["schema"], bytes);
}

/// What a validator of OpenAPI 3.1 looks at, as far as it can go wrong here.
#[test]
fn the_description_is_valid() {
    let description = description();
    assert_eq!(description["openapi"], "3.1.0");
    look(&description, &description, "#");
    for (name, operation) in operations(&description) {
        let path = name.split_once(' ').unwrap().1;
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let none = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&none);
        let of_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let declared: BTreeSet<&str> = of_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(declared, named, "{name}");
        let mut seen = BTreeSet::new();
        for parameter in parameters {
            assert!(parameter["schema"].is_object() && parameter["in"].is_string(), "{name}: {parameter}");
            assert!(seen.insert((parameter["in"].to_string(), parameter["name"].to_string())), "{name}: {parameter}");
        }
        let tags = operation["tags"].as_array().unwrap();
        assert!(!tags.is_empty() && operation["summary"].is_string(), "{name}");
    }
}

/// References lead somewhere, and `items` is a schema with a type: `false` stops generators.
fn look(value: &Value, whole: &Value, at: &str) {
    match value {
        Value::Object(fields) => {
            if let Some(place) = fields.get("$ref").and_then(Value::as_str) {
                assert!(whole.pointer(place.strip_prefix('#').unwrap()).is_some(), "{at}: {place}");
            }
            assert!(fields.get("items").is_none_or(Value::is_object), "{at}: {value}");
            fields.iter().for_each(|(name, field)| look(field, whole, &format!("{at}/{name}")));
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, whole, at)),
        _ => {}
    }
}
