//! Who may do what: every route that `/openapi.json` lists, with every kind of key.

use std::collections::BTreeSet;

use health_export::model::key::{Scope, hash, new_secret};
use health_export::store::keys::{self, NewKey};
use serde_json::{Value, json};

use crate::support::{Answer, Client, InProcess, body};

/// Method, path as `/openapi.json` writes it, and the scope that it needs; `None` is open to all.
const ROUTES: &[(&str, &str, Option<Scope>)] = &[
    ("GET", "/health", None),
    ("GET", "/health/live", None),
    ("GET", "/health/ready", None),
    ("GET", "/api/v1/session", None),
    ("POST", "/api/v1/session", None),
    ("DELETE", "/api/v1/session", None),
    // From this machine.
    ("GET", "/metrics", None),
    ("POST", "/api/v1/ingest", Some(Scope::Ingest)),
    ("POST", "/api/data", Some(Scope::Ingest)),
    ("POST", "/api/v1/import", Some(Scope::Ingest)),
    ("GET", "/api/v1/jobs", Some(Scope::Read)),
    ("GET", "/api/v1/jobs/{id}", Some(Scope::Read)),
    ("DELETE", "/api/v1/jobs/{id}", Some(Scope::Ingest)),
    ("GET", "/api/v1/metrics", Some(Scope::Read)),
    ("GET", "/api/v1/data/{metric}", Some(Scope::Read)),
    ("GET", "/api/v1/aggregate/{metric}", Some(Scope::Read)),
    ("GET", "/api/v1/explain/{metric}", Some(Scope::Read)),
    ("GET", "/api/v1/sessions", Some(Scope::Read)),
    ("DELETE", "/api/v1/sessions/{id}", Some(Scope::Admin)),
    ("GET", "/api/v1/addresses", Some(Scope::Read)),
    ("GET", "/api/v1/qr", Some(Scope::Read)),
    ("POST", "/api/v1/codes", Some(Scope::Admin)),
    ("GET", "/api/v1/sources", Some(Scope::Read)),
    ("PUT", "/api/v1/sources", Some(Scope::Admin)),
    ("GET", "/api/v1/deletions", Some(Scope::Read)),
    ("POST", "/api/v1/deletions", Some(Scope::Admin)),
    ("POST", "/api/v1/deletions/{id}/undo", Some(Scope::Admin)),
    ("POST", "/api/v1/deletions/{id}/permanent", Some(Scope::Admin)),
    ("GET", "/api/v1/deliveries", Some(Scope::Read)),
    ("GET", "/api/v1/deliveries/{id}", Some(Scope::Read)),
    ("DELETE", "/api/v1/deliveries/{id}", Some(Scope::Admin)),
    ("GET", "/api/v1/deliveries/{id}/quarantine", Some(Scope::Read)),
    ("GET", "/api/v1/quarantine", Some(Scope::Read)),
    ("GET", "/api/v1/coverage", Some(Scope::Read)),
    ("POST", "/api/v1/replay", Some(Scope::Admin)),
    ("POST", "/api/v1/backup", Some(Scope::Admin)),
    ("GET", "/api/v1/backups", Some(Scope::Admin)),
    ("GET", "/api/v1/requests", Some(Scope::Read)),
    ("GET", "/api/v1/settings", Some(Scope::Read)),
    ("PUT", "/api/v1/settings", Some(Scope::Admin)),
    ("GET", "/api/v1/keys", Some(Scope::Admin)),
    ("POST", "/api/v1/keys", Some(Scope::Admin)),
    ("DELETE", "/api/v1/keys/{id}", Some(Scope::Admin)),
    ("GET", "/api/v1/people", Some(Scope::Admin)),
    ("POST", "/api/v1/people", Some(Scope::Admin)),
    ("PUT", "/api/v1/people/{id}", Some(Scope::Admin)),
    ("DELETE", "/api/v1/people/{id}", Some(Scope::Admin)),
    ("POST", "/api/v1/people/{id}/undo", Some(Scope::Admin)),
    ("GET", "/api/v1/storage", Some(Scope::Admin)),
    ("GET", "/api/v1/sleep", Some(Scope::Read)),
    ("GET", "/api/v1/today", Some(Scope::Read)),
    ("GET", "/api/v1/workouts", Some(Scope::Read)),
    ("GET", "/api/v1/workouts/{id}", Some(Scope::Read)),
    ("GET", "/api/v1/workouts/{id}/series", Some(Scope::Read)),
    ("GET", "/api/v1/workouts/{id}/route", Some(Scope::Read)),
    ("GET", "/api/v1/events", Some(Scope::Read)),
    ("GET", "/api/v1/events/{kind}", Some(Scope::Read)),
    ("GET", "/api/v1/events/{kind}/{id}", Some(Scope::Read)),
    ("GET", "/api/v1/documents", Some(Scope::Read)),
    ("GET", "/api/v1/documents/{id}", Some(Scope::Read)),
    ("GET", "/api/v1/export/samples", Some(Scope::Export)),
    ("GET", "/api/v1/export/workouts", Some(Scope::Export)),
    ("GET", "/api/v1/export/routes", Some(Scope::Export)),
    ("GET", "/api/v1/export/sleep", Some(Scope::Export)),
    ("GET", "/api/v1/export/events", Some(Scope::Export)),
    ("GET", "/api/v1/export/aggregate", Some(Scope::Export)),
];

/// Routes that `/openapi.json` does not list and that are open.
const UNLISTED: &[&str] = &["/", "/openapi.json"];

/// The path with something in its places that is asked about in vain.
fn address(path: &str) -> String {
    path.replace("{metric}", "step_count").replace("{kind}", "symptoms").replace("{id}", "none")
}

fn ask(client: &Client, method: &str, path: &str) -> Answer {
    let sent = if method == "GET" { "" } else { r#"{"data":{}}"# };
    client.request(method, &address(path), &[], sent.as_bytes()).expect("no answer")
}

/// What an open address says to who shows nothing.
fn open_status(method: &str, path: &str) -> u16 {
    match (method, path) {
        ("POST", "/api/v1/session") => 400,
        ("DELETE", "/api/v1/session") => 204,
        _ => 200,
    }
}

fn described(client: &Client) -> BTreeSet<(String, String)> {
    let description = client.get("/openapi.json").expect(200);
    let paths = description["paths"].as_object().unwrap();
    let methods = |of: &Value| of.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect::<Vec<_>>();
    paths.iter().flat_map(|(path, of)| methods(of).into_iter().map(|method| (method, path.clone()))).collect()
}

#[test]
fn the_table_holds_every_route_that_is_described() {
    let server = InProcess::start();
    let known: BTreeSet<(String, String)> =
        ROUTES.iter().map(|(method, path, _)| (method.to_string(), path.to_string())).collect();
    assert_eq!(known.len(), ROUTES.len(), "a route is in the table twice");
    assert_eq!(described(&server.client), known, "this table and /openapi.json must name the same routes");
}

#[test]
fn every_route_wants_a_key_with_its_scope() {
    let server = InProcess::start();
    for (method, path, needed) in ROUTES {
        let without = ask(&server.client.with_key(None), method, path);
        let Some(needed) = needed else {
            assert_eq!(without.status, open_status(method, path), "{method} {path} is open");
            continue;
        };
        without.problem(401);
        assert_eq!(without.header("www-authenticate"), "Bearer");
        ask(&server.client.with_key(Some("he_wrong")), method, path).problem(401);
        for scope in Scope::ALL {
            let key = server.key("owner", &[scope]);
            let answer = ask(&server.client.with_key(Some(&key)), method, path);
            if scope == *needed || scope == Scope::Admin {
                assert!(![401, 403].contains(&answer.status), "{method} {path} with {scope:?}: {}", answer.text());
            } else {
                assert!(answer.problem(403).contains(needed.as_str()), "{method} {path} must name the scope it needs");
            }
        }
    }
}

#[test]
fn all_scopes_but_the_right_one_are_not_enough() {
    let server = InProcess::start();
    for (method, path, needed) in ROUTES {
        let Some(needed) = needed else { continue };
        let others: Vec<Scope> =
            Scope::ALL.into_iter().filter(|scope| scope != needed && *scope != Scope::Admin).collect();
        let key = server.key("owner", &others);
        ask(&server.client.with_key(Some(&key)), method, path).problem(403);
    }
}

#[test]
fn what_is_not_described_is_open_and_says_nothing_private() {
    let server = InProcess::start();
    server.client.ingest(&steps(43_219_876, "Zoe's Watch")).expect(200);
    let open = ROUTES.iter().filter(|(_, _, needed)| needed.is_none()).map(|(_, path, _)| path);
    for path in UNLISTED.iter().chain(open) {
        let answer = server.client.with_key(None).get(path);
        assert_eq!(answer.status, 200, "{path}");
        let text = answer.text();
        let folder = server.data_dir.path().display().to_string();
        for secret in ["43219876", "Zoe", folder.as_str()] {
            assert!(!text.contains(secret), "{path} says {secret}");
        }
    }
}

#[test]
fn revoked_and_expired_keys_open_nothing() {
    let server = InProcess::start();
    let now = jiff::Timestamp::now().as_second();
    let status = |secret: &str| server.client.with_key(Some(secret)).get("/api/v1/metrics").status;
    let (revoked, id) = limited(&server, None);
    let (expired, _) = limited(&server, Some(now - 1));
    let (lasting, _) = limited(&server, Some(now + 3600));
    assert_eq!((status(&revoked), status(&expired), status(&lasting)), (200, 401, 200));
    let done = server.app.store.writer().run(move |writing| keys::revoke(writing.connection, id, now)).unwrap();
    assert!(done);
    assert_eq!((status(&revoked), status(&lasting)), (401, 200));
}

/// A key for everything that may expire, with its id.
fn limited(server: &InProcess, expires_at: Option<i64>) -> (String, i64) {
    let secret = new_secret().unwrap();
    let key = NewKey {
        user: "owner".into(),
        name: "limited".into(),
        scopes: vec![Scope::Admin],
        hash: hash(&secret),
        created_at: 0,
        expires_at,
    };
    let id = server.app.store.writer().run(move |writing| keys::create(writing.connection, &key)).unwrap();
    (secret, id)
}

#[test]
fn a_key_is_taken_from_three_headers() {
    let server = InProcess::start();
    let key = server.key("owner", &[Scope::Read]);
    let bare = server.client.with_key(None);
    let bearer = format!("Bearer {key}");
    let padded = format!("bearer  {key} ");
    for header in [
        ("Authorization", bearer.as_str()),
        ("authorization", padded.as_str()),
        ("X-API-Key", key.as_str()),
        ("x-api-key", key.as_str()),
        ("api-key", key.as_str()),
        ("API-KEY", key.as_str()),
    ] {
        bare.get_with("/api/v1/metrics", &[header]).expect(200);
    }
    let basic = [("Authorization", "Basic eDp5"), ("api-key", key.as_str())];
    bare.get_with("/api/v1/metrics", &basic).expect(200);
}

#[test]
fn nothing_but_a_whole_key_in_a_header_will_do() {
    let server = InProcess::start();
    let key = server.key("owner", &[Scope::Read]);
    let bare = server.client.with_key(None);
    bare.get(&format!("/api/v1/metrics?api_key={key}")).problem(401);
    let basic = format!("Basic {key}");
    for header in [
        ("authorization", key.as_str()),
        ("authorization", basic.as_str()),
        ("authorization", "Bearer"),
        ("authorization", "Bearer "),
        ("x-api-key", ""),
        ("x-api-key", &key[..key.len() - 1]),
        ("x-api-key", "' OR 1=1 --"),
        ("cookie", key.as_str()),
    ] {
        bare.get_with("/api/v1/metrics", &[header]).problem(401);
    }
}

fn steps(quantity: u32, source: &str) -> Value {
    body("step_count", "count", json!([{"date": "2024-02-05 10:00:00 +0000", "qty": quantity, "source": source}]))
}

#[test]
fn two_people_see_nothing_of_each_other() {
    let server = InProcess::start();
    let everything = [Scope::Ingest, Scope::Read, Scope::Export];
    let people = ["anna", "ben"].map(|name| server.client.with_key(Some(&server.key(name, &everything))));
    let deliveries: Vec<String> = (0..2)
        .map(|at| {
            let receipt = people[at].ingest(&steps(1000 + at as u32, ["Annas", "Bens"][at])).expect(200);
            assert_eq!(receipt["stored"], 1, "the same moment of another person is another sample");
            receipt["delivery"].as_str().unwrap().to_owned()
        })
        .collect();
    for (at, person) in people.iter().enumerate() {
        sees_only(person, ["Annas", "Bens"][at], ["Annas", "Bens"][1 - at]);
        let own = person.get("/api/v1/deliveries").expect(200);
        assert_eq!(own["deliveries"].as_array().unwrap().len(), 1);
        person.get(&format!("/api/v1/deliveries/{}", deliveries[at])).expect(200);
        person.get(&format!("/api/v1/deliveries/{}", deliveries[1 - at])).problem(404);
    }
    assert_eq!(server.client.get("/api/v1/metrics").expect(200)["metrics"], json!([]), "the owner has sent nothing");
}

fn sees_only(person: &Client, own: &str, foreign: &str) {
    let quantity = if own == "Annas" { 1000.0 } else { 1001.0 };
    for path in ["/api/v1/data/step_count", "/api/v1/metrics", "/api/v1/export/samples"] {
        let text = person.get(path).text();
        assert!(text.contains(own) && !text.contains(foreign), "{path}: {text}");
    }
    let days = person.get("/api/v1/aggregate/step_count?bucket=day").expect(200);
    assert_eq!(days["points"][0]["sum"], quantity);
    assert_eq!(days["points"][0]["count"], 1);
}

#[test]
fn an_etag_of_one_person_is_none_of_another() {
    let server = InProcess::start();
    let people = ["anna", "ben"].map(|name| server.client.with_key(Some(&server.key(name, &[Scope::Admin]))));
    people.iter().for_each(|person| drop(person.ingest(&steps(5, "Watch")).expect(200)));
    for path in ["/api/v1/data/step_count", "/api/v1/aggregate/step_count", "/api/v1/metrics", "/api/v1/export/samples"]
    {
        let tag = people[0].get(path).header("etag").to_owned();
        assert_eq!(people[0].get_with(path, &[("if-none-match", &tag)]).status, 304, "{path}");
        assert_eq!(people[1].get_with(path, &[("if-none-match", &tag)]).status, 200, "{path}");
    }
}
