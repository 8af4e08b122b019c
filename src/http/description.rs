//! `/openapi.json`, made valid and of use to generators of clients: what every address has in common is said here, once.
//!
//! Each handler describes what is its own. Here come unique names of the operations, a description of each answer, the media
//! types of errors and files, the answers that any address behind a key may give, and the ways to send a key.

use utoipa::Number;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, Schema};

use crate::http::cookie;

const PREFIX: &str = "/api/v1";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";
const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";
const EVENTS: &str = "text/event-stream";
const BYTES: &str = "application/octet-stream";
const PARQUET: &str = "application/vnd.apache.parquet";

/// What any address behind a key may answer instead.
const BEHIND_A_KEY: [&str; 4] = ["401", "403", "429", "503"];

/// Answers in other forms than JSON, by address. Generators take the first form that they know.
const FORMS: &[(&str, &[&str])] = &[
    ("/api/v1/data/{metric}", &[NDJSON, CSV]),
    ("/api/v1/events/{kind}/{id}", &[CSV]),
    ("/api/v1/workouts/{id}/route", &["application/geo+json", "application/gpx+xml"]),
    ("/api/v1/requests", &[EVENTS]),
    ("/api/v1/jobs/{id}", &[EVENTS]),
    ("/api/v1/ingest", &["text/plain"]),
    ("/api/data", &["text/plain"]),
];

/// Addresses whose answer is a file, and the media types that it may have. The first is none of them: to a generator that takes
/// the first type it knows (openapi-python-client) it says bytes, where `text/csv` would say text, which Parquet is not.
const FILES: &[(&str, &[&str])] = &[
    ("/api/v1/export/", &[BYTES, CSV, PARQUET, NDJSON]),
    ("/api/v1/documents/{id}", &[BYTES, "application/xml", JSON]),
];

/// Completes what the handlers have said.
pub fn complete(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(name(method, path));
            answers(path, operation);
            numbers(operation);
            body(path, operation);
        }
    }
    keys(description);
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, .. } = item;
    let all = [("get", get), ("put", put), ("post", post), ("delete", delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `getWorkoutsByIdRoute` for `GET /api/v1/workouts/{id}/route`: no two addresses have the same, and none moves when others come.
fn name(method: &str, path: &str) -> String {
    let (place, path) = match path.strip_prefix(PREFIX) {
        Some(below) => ("", below),
        None => ("Server", path),
    };
    let words = path.split('/').filter(|word| !word.is_empty()).map(|word| match word.strip_prefix('{') {
        Some(place) => format!("By{}", capital(place.trim_end_matches('}'))),
        None => capital(word),
    });
    format!("{method}{place}{}", words.collect::<String>())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn answers(path: &str, operation: &mut Operation) {
    let is_open = operation.security.as_ref().is_some_and(|ways| !ways.is_empty());
    let answers = &mut operation.responses.responses;
    for status in BEHIND_A_KEY.iter().filter(|_| !is_open) {
        answers.entry((*status).to_owned()).or_insert_with(|| RefOr::T(problem()));
    }
    // Whatever is asked, a parameter may be wrong.
    answers.entry("400".into()).or_insert_with(|| RefOr::T(problem()));
    for (status, answer) in answers.iter_mut() {
        let RefOr::T(answer) = answer else { continue };
        if answer.description.is_empty() {
            answer.description = meaning(status).into();
        }
        if status.starts_with(['4', '5']) && !is_health(path, answer) {
            answer.content = problem().content;
        }
        if status == "200" || status == "206" {
            forms(path, answer);
        }
    }
}

/// Of how many there are, one at least.
fn numbers(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(Parameter { name, schema: Some(RefOr::T(Schema::Object(schema))), .. }) = parameter else {
            continue;
        };
        if ["limit", "max_points", "gaps"].contains(&name.as_str()) {
            schema.minimum = Some(Number::Int(1));
        }
    }
}

/// What says that it is not well is in the shape of the answer that says it is.
fn is_health(path: &str, answer: &Response) -> bool {
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(named)), .. }) => named.ref_location.ends_with("/Problem"),
        _ => false,
    };
    path.starts_with("/health") && !answer.content.values().any(is_problem)
}

fn problem() -> Response {
    let schema = Ref::from_schema_name("Problem");
    let mut problem = Response::new("");
    problem.content.insert(PROBLEM.into(), RefOr::T(Content::new(Some(schema))));
    problem
}

fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "The answer",
        "201" => "It was made",
        "202" => "It is on disk, and is worked on",
        "400" => "A wrong parameter, or a body that cannot be understood; detail says which and why",
        "401" => "No valid key",
        "403" => "The key may not do that",
        "404" => "There is no such thing",
        "409" => "It contradicts what is there",
        "413" => "Larger than it may be",
        "415" => "In an encoding that cannot be undone",
        "429" => "Everything is taken, or too many wrong keys have come; Retry-After says when to come back",
        "503" => "It took too long, or the database cannot be used now",
        "507" => "The disk is full; nothing was stored",
        _ => "Another answer",
    }
}

fn forms(path: &str, answer: &mut Response) {
    let of = |table: &[(&str, &'static [&'static str])], is: fn(&str, &str) -> bool| {
        table.iter().find(|(place, _)| is(path, place)).map_or(&[][..], |(_, forms)| *forms)
    };
    for form in of(FORMS, |path, place| path == place) {
        let of_json = answer.content.get(JSON).is_none() && form.ends_with("json");
        let kind = if of_json { Type::Object } else { Type::String };
        answer.content.insert((*form).into(), content(ObjectBuilder::new().schema_type(kind)));
    }
    for form in of(FILES, |path, place| path.starts_with(place)) {
        // A file of JSON is of any shape.
        let any = || RefOr::T(Content::new(None::<RefOr<Schema>>));
        answer.content.insert((*form).into(), if *form == JSON { any() } else { binary() });
    }
}

/// A file is bytes, and no list of numbers.
fn body(path: &str, operation: &mut Operation) {
    if let (true, Some(RefOr::T(body))) = (path == "/api/v1/import", &mut operation.request_body) {
        body.content.clear();
        body.content.insert(BYTES.into(), binary());
    }
}

fn binary() -> RefOr<Content> {
    let bytes = ObjectBuilder::new().schema_type(Type::String);
    content(bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))))
}

fn content(schema: ObjectBuilder) -> RefOr<Content> {
    RefOr::T(Content::new(Some(RefOr::T(Schema::Object(schema.build())))))
}

/// The ways to send a key; addresses that need none say so themselves.
fn keys(description: &mut OpenApi) {
    let components = description.components.get_or_insert_default();
    components
        .add_security_scheme("bearer", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()));
    for header in ["X-API-Key", "api-key"] {
        components.add_security_scheme(header, SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(header))));
    }
    components
        .add_security_scheme(cookie::PLAIN, SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie::PLAIN))));
    let ways = ["bearer", "X-API-Key", "api-key", cookie::PLAIN];
    description.security = Some(ways.map(|way| SecurityRequirement::new(way, [""; 0])).to_vec());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_method_and_address() {
        for (method, path, expected) in [
            ("get", "/api/v1/workouts", "getWorkouts"),
            ("get", "/api/v1/workouts/{id}/route", "getWorkoutsByIdRoute"),
            ("delete", "/api/v1/keys/{id}", "deleteKeysById"),
            ("get", "/api/v1/metrics", "getMetrics"),
            ("get", "/metrics", "getServerMetrics"),
            ("post", "/api/data", "postServerApiData"),
        ] {
            assert_eq!(name(method, path), expected);
        }
    }
}
