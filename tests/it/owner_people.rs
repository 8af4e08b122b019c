//! Holds off two people of one name, a person who comes to be by a slip, and an owner who is lost under another name.

use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::support::{Client, InProcess, body, command};

fn admin(server: &InProcess) -> Client {
    server.client.with_key(Some(&server.key("owner", &[Scope::Admin])))
}

fn named(name: &str) -> Vec<u8> {
    json!({"name": name}).to_string().into_bytes()
}

fn people(client: &Client) -> Vec<Value> {
    client.get("/api/v1/people").expect(200)["people"].as_array().unwrap().clone()
}

fn put(client: &Client, id: &str, body: &[u8]) -> crate::support::Answer {
    client.request("PUT", &format!("/api/v1/people/{id}"), &[], body).unwrap()
}

#[test]
fn people_are_added_renamed_and_counted() {
    let server = InProcess::start();
    let admin = admin(&server);
    let made = admin.post("/api/v1/people", &[], &named("  Zoë \u{1f98a} ")).expect(201);
    assert_eq!((&made["name"], &made["you"], &made["samples"]), (&json!("Zoë \u{1f98a}"), &json!(false), &json!(0)));
    assert!(made["last_delivery_at"].is_null());
    let zoe = server.client.with_key(Some(&server.key("Zoë \u{1f98a}", &[Scope::Ingest, Scope::Read])));
    let points =
        json!([{"date": "2024-01-01 10:00:00 +0000", "qty": 5}, {"date": "2024-01-01 11:00:00 +0000", "qty": 6}]);
    zoe.ingest(&body("step_count", "count", points)).expect(200);
    let found = people(&admin);
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0]["name"], &found[0]["you"]), (&json!("owner"), &json!(true)));
    assert_eq!((&found[1]["samples"], &found[1]["keys"]), (&json!(2), &json!(1)));
    assert!(found[1]["last_delivery_at"].is_string());

    let id = made["id"].to_string();
    let renamed = put(&admin, &id, &named("Zoe")).expect(200);
    assert_eq!((&renamed["id"], &renamed["name"], &renamed["samples"]), (&made["id"], &json!("Zoe"), &json!(2)));
    assert_eq!(zoe.get("/api/v1/data/step_count").expect(200)["samples"].as_array().unwrap().len(), 2, "keys stay");
    zoe.get("/api/v1/people").problem(403);
    zoe.post("/api/v1/people", &[], &named("Mallory")).problem(403);
    put(&zoe, "1", &named("Mallory")).problem(403);
}

#[test]
fn a_name_is_one_person_s_whatever_its_capitals() {
    let server = InProcess::start();
    let admin = admin(&server);
    let anna = admin.post("/api/v1/people", &[], &named("Änna")).expect(201)["id"].to_string();
    for taken in ["Änna", "änna", " ÄNNA ", "owner", "OWNER"] {
        let problem = admin.post("/api/v1/people", &[], &named(taken));
        assert!(problem.problem(409).contains("taken"), "{taken}");
        assert_eq!(problem.json()["type"], "urn:health-export:problem:conflict");
    }
    put(&admin, "1", &named("änna")).problem(409);
    put(&admin, &anna, &named("Owner")).problem(409);
    put(&admin, &anna, &named("änna")).expect(200);
    let long = "é".repeat(61);
    for bad in ["", "   ", "a\u{7}", "a\r\nb", "\u{2066}x", &long] {
        assert!(admin.post("/api/v1/people", &[], &named(bad)).problem(400).starts_with("name"), "{bad:?}");
        put(&admin, &anna, &named(bad)).problem(400);
    }
    for wrong in [r#"{"name":"a","id":7}"#, r#"{"name":null}"#, "{}", "[]", "", "Anna", "{\"name\":\"\\ud800\"}"] {
        admin.post("/api/v1/people", &[], wrong.as_bytes()).problem(400);
    }
    for id in ["99", "0", "-1", "x", "9223372036854775808"] {
        put(&admin, id, &named("Nobody")).problem(404);
    }
    assert_eq!(people(&admin).len(), 2);
}

#[test]
fn one_of_many_at_once_gets_the_name() {
    let server = InProcess::start();
    let admin = admin(&server);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let one = |at: usize| {
            let (admin, name) = (admin.fresh(), ["Twin", "TWIN"][at % 2]);
            scope.spawn(move || admin.post("/api/v1/people", &[], &named(name)).status)
        };
        let threads: Vec<_> = (0..12).map(one).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 11, "{statuses:?}");
}

#[test]
fn commands_find_the_owner_under_another_name() {
    let server = InProcess::start();
    let admin = admin(&server);
    put(&admin, "1", &named("Anna")).expect(200);
    let create = |user: &str| {
        let made = command(server.data_dir.path())
            .args(["key", "create", "--name", "x", "--scope", "read", "--user", user])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    create("owner");
    create("Anna");
    let found = people(&admin);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["name"], &found[0]["keys"]), (&json!("Anna"), &json!(4)));
}
