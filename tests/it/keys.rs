//! Holds off keys that are made carelessly, seen by those they do not concern, or still open something after they were revoked.

use std::collections::BTreeSet;

use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::support::{Answer, Client, InProcess, body};

fn admin(server: &InProcess) -> Client {
    server.client.with_key(Some(&server.key("owner", &[Scope::Admin])))
}

fn make(client: &Client, wanted: &Value) -> Answer {
    client.post("/api/v1/keys", &[], wanted.to_string().as_bytes())
}

fn listed(client: &Client) -> Vec<Value> {
    client.get("/api/v1/keys").expect(200)["keys"].as_array().unwrap().clone()
}

#[test]
fn a_key_is_made_shown_once_used_and_revoked() {
    let server = InProcess::start();
    let admin = admin(&server);
    let answer = make(
        &admin,
        &json!({"name": " Anna's iPhone \u{1f4f1} ", "scopes": ["ingest", "ingest"], "expires_days": 3650}),
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.expect(201);
    let (id, secret) = (made["id"].as_i64().unwrap(), made["key"].as_str().unwrap());
    let entry = listed(&admin).remove(0);
    assert_eq!(entry["id"], id, "the newest is the first");
    assert_eq!((&entry["name"], &entry["person"]), (&json!("Anna's iPhone \u{1f4f1}"), &json!("owner")));
    assert_eq!(entry["scopes"], json!(["ingest"]));
    assert!(entry["last_used_at"].is_null() && entry["revoked_at"].is_null(), "{entry}");
    assert!(!admin.get("/api/v1/keys").text().contains(secret), "the secret is never shown again");

    let phone = server.client.with_key(Some(secret));
    phone.get("/api/v1/keys").problem(403);
    phone.ingest(&body("step_count", "count", json!([{"date": "2024-01-01 10:00:00 +0000", "qty": 5}]))).expect(200);
    let created: jiff::Timestamp = entry["created_at"].as_str().unwrap().parse().unwrap();
    let expires: jiff::Timestamp = entry["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires.as_second() - created.as_second(), 3650 * 86_400);
    let used: jiff::Timestamp = listed(&admin)[0]["last_used_at"].as_str().unwrap().parse().unwrap();
    assert!(used.as_second() >= created.as_second());

    let revoke = || admin.request("DELETE", &format!("/api/v1/keys/{id}"), &[], b"").unwrap();
    assert_eq!(revoke().status, 204);
    phone.ingest(&json!({"data": {}})).problem(401);
    assert!(listed(&admin)[0]["revoked_at"].is_string());
    revoke().problem(404);
}

#[test]
fn when_a_key_was_used_moves_no_tag() {
    let server = InProcess::start();
    server
        .client
        .ingest(&body("step_count", "count", json!([{"date": "2024-01-01 10:00:00 +0000", "qty": 5}])))
        .expect(200);
    let ask = || server.client.get("/api/v1/data/step_count").header("etag").to_owned();
    let before = ask();
    health_export::store::key_use::write_now(&server.app.store).unwrap();
    let used = || -> i64 {
        let reader = server.app.store.reader().unwrap();
        reader.query_row("SELECT count(*) FROM api_key_use WHERE used_at > 0", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(used(), 1);
    assert_eq!(ask(), before);
}

#[test]
fn a_wrong_wish_names_what_is_wrong() {
    let server = InProcess::start();
    let admin = admin(&server);
    let before = listed(&admin).len();
    let long = "x".repeat(101);
    let cases = [
        (json!({"name": "", "scopes": ["read"]}), "name"),
        (json!({"name": "  ", "scopes": ["read"]}), "name"),
        (json!({"name": long, "scopes": ["read"]}), "name"),
        (json!({"name": "a\nb", "scopes": ["read"]}), "name"),
        (json!({"name": "a\u{0}", "scopes": ["read"]}), "name"),
        (json!({"name": "\u{202e}gpj.exe", "scopes": ["read"]}), "name"),
        (json!({"scopes": ["read"]}), "name"),
        (json!({"name": 7, "scopes": ["read"]}), "string"),
        (json!({"name": "a", "scopes": []}), "scopes"),
        (json!({"name": "a"}), "scopes"),
        (json!({"name": "a", "scopes": ["root"]}), "scopes"),
        (json!({"name": "a", "scopes": ["read,admin"]}), "scopes"),
        (json!({"name": "a", "scopes": "read"}), "sequence"),
        (json!({"name": "a", "scopes": ["read"], "person": "nobody"}), "person"),
        (json!({"name": "a", "scopes": ["read"], "expires_days": 0}), "expires_days"),
        (json!({"name": "a", "scopes": ["read"], "expires_days": -1}), "expires_days"),
        (json!({"name": "a", "scopes": ["read"], "expires_days": 3651}), "expires_days"),
        (json!({"name": "a", "scopes": ["read"], "expires_days": i64::MAX}), "expires_days"),
        (json!({"name": "a", "scopes": ["read"], "expires_days": 1.5}), "1.5"),
        (json!({"name": "a", "scopes": ["read"], "admin": true}), "admin"),
        (json!([]), "body"),
        (json!(null), "body"),
    ];
    for (wanted, says) in cases {
        let detail = make(&admin, &wanted).problem(400);
        assert!(detail.contains(says), "{wanted}: {detail}");
    }
    for no_json in ["", "{", "name=a", "\u{feff}{}", "{\"name\":\"a\",\"name\":\"b\",\"scopes\":[\"read\"]}"] {
        admin.post("/api/v1/keys", &[], no_json.as_bytes()).problem(400);
    }
    admin.post("/api/v1/keys?scope=read", &[], b"{}").problem(400);
    admin.get("/api/v1/keys?limit=3").problem(400);
    assert_eq!(listed(&admin).len(), before, "nothing came of any of them");
}

#[test]
fn only_an_admin_has_to_do_with_keys() {
    let server = InProcess::start();
    let client = server.client.clone();
    client.get("/api/v1/keys").problem(403);
    make(&client, &json!({"name": "a", "scopes": ["admin"]})).problem(403);
    client.request("DELETE", "/api/v1/keys/1", &[], b"").unwrap().problem(403);
    client.get("/api/v1/metrics").expect(200);
    let admin = admin(&server);
    for id in ["0", "-1", "999", "one", "9223372036854775808", "%00", "1%20OR%201=1"] {
        admin.request("DELETE", &format!("/api/v1/keys/{id}"), &[], b"").unwrap().problem(404);
    }
}

#[test]
fn the_key_that_asks_can_end_itself_and_hears_so() {
    let server = InProcess::start();
    let admin = admin(&server);
    let own = listed(&admin)[0]["id"].as_i64().unwrap();
    let answer = admin.request("DELETE", &format!("/api/v1/keys/{own}"), &[], b"").unwrap();
    assert!(answer.expect(200)["note"].as_str().unwrap().contains("opens nothing any more"));
    admin.get("/api/v1/keys").problem(401);
}

#[test]
fn a_key_for_another_person_opens_that_person_s_data() {
    let server = InProcess::start();
    let admin = admin(&server);
    admin.post("/api/v1/people", &[], r#"{"name":"Ben"}"#.as_bytes()).expect(201);
    let made = make(&admin, &json!({"name": "Ben's", "scopes": ["ingest", "read"], "person": "Ben"})).expect(201);
    let ben = server.client.with_key(made["key"].as_str());
    ben.ingest(&body("step_count", "count", json!([{"date": "2024-01-01 10:00:00 +0000", "qty": 5}]))).expect(200);
    assert_eq!(ben.get("/api/v1/data/step_count").expect(200)["samples"].as_array().unwrap().len(), 1);
    assert_eq!(admin.get("/api/v1/data/step_count").expect(200)["samples"], json!([]), "none of it is the owner's");
    assert_eq!(listed(&admin)[0]["person"], "Ben");
}

#[test]
fn many_at_once_are_as_many_keys() {
    let server = InProcess::start();
    let admin = admin(&server);
    let before = listed(&admin).len();
    let made: Vec<Value> = std::thread::scope(|scope| {
        let one = |at: usize| {
            let admin = admin.fresh();
            scope.spawn(move || make(&admin, &json!({"name": format!("phone {at}"), "scopes": ["read"]})).expect(201))
        };
        let threads: Vec<_> = (0..16).map(one).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let ids: BTreeSet<i64> = made.iter().map(|key| key["id"].as_i64().unwrap()).collect();
    let secrets: BTreeSet<&str> = made.iter().map(|key| key["key"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), secrets.len(), listed(&admin).len()), (16, 16, before + 16));
    secrets.iter().for_each(|secret| drop(server.client.with_key(Some(secret)).get("/api/v1/metrics").expect(200)));
}
