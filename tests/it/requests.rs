//! Holds off a phone that fails in silence: whatever comes to an ingest address is told, with what to do, and nothing that is
//! not for the eyes of whoever looks on.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::support::{Client, InProcess, body};

fn admin(server: &InProcess) -> Client {
    server.client.with_key(Some(&server.key("owner", &[Scope::Admin])))
}

fn seen(client: &Client) -> Vec<Value> {
    client.get("/api/v1/requests").expect(200)["requests"].as_array().unwrap().clone()
}

fn steps(at: u32) -> Value {
    body("step_count", "count", json!([{"date": format!("2024-01-01 10:{:02}:00 +0000", at % 60), "qty": at}]))
}

type Headers<'a> = &'a [(&'a str, &'a str)];

/// Who sends what where, the status, and what the verdict says.
type Case<'a> = (&'a Client, &'a str, Headers<'a>, &'a [u8], u16, &'a str);

/// Reads the events of `/api/v1/requests` as they come.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(server: &InProcess, key: &str) -> Events {
        let host = server.client.base().trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!(
            "GET /api/v1/requests HTTP/1.1\r\nhost: {host}\r\nx-api-key: {key}\r\naccept: text/event-stream\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        Events(BufReader::new(stream))
    }

    /// The data of the next event; none at the end.
    fn next(&mut self) -> Option<Value> {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(event) = line.strip_prefix("event:") {
                name = event.trim().to_owned();
            }
            if let Some(data) = line.strip_prefix("data:") {
                assert_eq!(name, "request");
                return Some(serde_json::from_str(data.trim()).unwrap());
            }
        }
    }
}

#[test]
fn what_was_stored_is_told() {
    let server = InProcess::start();
    let points: Value =
        (0..1500).map(|at| json!({"date": 1_700_000_000 + at * 60, "qty": 1, "source": "Watch"})).collect();
    let headers = [
        ("user-agent", "Health%20Auto%20Export/8.1 CFNetwork/1494 Darwin/23"),
        ("automation-name", "Every hour \u{1f552}"),
    ];
    let sent = body("step_count", "count", points).to_string();
    let receipt = server.client.post("/api/v1/ingest?tz=Asia%2FTokyo", &headers, sent.as_bytes()).expect(200);
    server.client.post("/api/data", &[], sent.as_bytes()).expect(200);
    let answer = server.client.get("/api/v1/requests");
    assert_eq!(answer.header("cache-control"), "no-store");
    let seen = seen(&server.client);
    assert_eq!(seen.len(), 2);
    let first = &seen[1];
    assert_eq!(first["verdict"], "1,500 received: 1,500 stored");
    assert_eq!((&first["endpoint"], &first["status"]), (&json!("/api/v1/ingest"), &json!(200)));
    assert_eq!(
        (&first["client"], &first["automation"]),
        (&json!("Health Auto Export"), &json!("Every hour \u{1f552}"))
    );
    assert_eq!(
        (&first["person"], &first["delivery"], &first["ok"]),
        (&json!("owner"), &receipt["delivery"], &json!(true))
    );
    assert!(first["milliseconds"].is_u64() && first["hint"].is_null());
    assert_eq!(
        (&seen[0]["endpoint"], &seen[0]["verdict"]),
        (&json!("/api/data"), &json!("1,500 received: 1,500 unchanged"))
    );
    assert!(!answer.text().contains("Tokyo"), "a query is nobody's business");
    assert!(seen[0]["id"].as_u64() > seen[1]["id"].as_u64(), "newest first");
}

#[test]
fn what_was_refused_is_told_with_what_to_do() {
    let server = InProcess::start_with(&[("max_body_mb", "1")]);
    let (admin, none) = (admin(&server), server.client.with_key(None));
    let reader = server.client.with_key(Some(&server.key("owner", &[Scope::Read])));
    let unknown = format!("he_{}", "Q".repeat(43));
    let large = vec![b' '; 2 << 20];
    let cases: [Case; 10] = [
        (&none, "/api/v1/ingest", &[], b"{}", 401, "no key came"),
        (&none, "/api/v1/ingest", &[("x-api-key", "hunter2-secret")], b"{}", 401, "no key"),
        (&none, "/api/data", &[("x-api-key", "he_hunter2")], b"{}", 401, "a part of a key"),
        (&none, "/api/v1/import", &[("api-key", &unknown)], b"{}", 401, "not known"),
        (&reader, "/api/v1/ingest", &[], b"{}", 403, "may not send"),
        (&server.client, "/api/v1/ingest", &[], &large, 413, "too large"),
        (&server.client, "/api/v1/ingest", &[("content-encoding", "hunter2")], b"{}", 415, "decompressed"),
        (&server.client, "/api/v1/ingest?hunter2=1", &[], b"{}", 400, "question mark"),
        (&server.client, "/api/v1/ingest", &[], b"", 400, "empty"),
        (&server.client, "/api/v1/ingest", &[], b"\x00\x01hunter2\xff", 400, "not understood"),
    ];
    for (client, path, headers, body, status, says) in cases {
        client.post(path, headers, body).problem(status);
        let last = seen(&admin).remove(0);
        assert_eq!((&last["status"], &last["ok"]), (&json!(status), &json!(false)), "{path}");
        assert!(last["verdict"].as_str().unwrap().contains(says), "{last}");
        assert!(last["hint"].as_str().unwrap().len() > 10, "{last}");
        assert_eq!(last["person"].is_string(), status != 401, "{last}");
    }
    let told = admin.get("/api/v1/requests").text();
    for secret in ["hunter2", "QQQQ"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(seen(&admin)[0]["delivery"].is_string(), "what is not understood is kept");
}

#[test]
fn keys_in_the_address_are_told_apart_too() {
    let server = InProcess::start();
    let (admin, none) = (admin(&server), server.client.with_key(None));
    none.post("/api/v1/ingest?token=he_hunter2", &[], b"{}").problem(401);
    assert!(seen(&admin)[0]["verdict"].as_str().unwrap().contains("a part"), "{:?}", seen(&admin)[0]);
    none.get("/api/v1/ingest").problem(405);
    assert!(!admin.get("/api/v1/requests").text().contains("hunter2"));
}

#[test]
fn an_import_and_a_flood_of_wrong_keys_are_told() {
    let server = InProcess::start_with(&[("wrong_keys_per_minute", "3")]);
    let (admin, none) = (admin(&server), server.client.with_key(None));
    server.client.post("/api/v1/import?name=secret.xml", &[], b"<HealthData></HealthData>").expect(202);
    let import = seen(&admin).remove(0);
    assert_eq!((&import["status"], &import["endpoint"]), (&json!(202), &json!("/api/v1/import")));
    assert!(import["verdict"].as_str().unwrap().contains("in the background") && import["ok"] == true, "{import}");
    (0..10).for_each(|_| drop(none.post("/api/v1/ingest", &[], b"{}")));
    let last = seen(&admin).remove(0);
    assert!(last["status"] == 429 && last["verdict"].as_str().unwrap().contains("too many"), "{last}");
    assert!(!admin.get("/api/v1/requests").text().contains("secret.xml"));
}

#[test]
fn a_sender_who_leaves_in_the_middle_is_told() {
    let server = InProcess::start();
    let (admin, key) = (admin(&server), server.key("owner", &[Scope::Ingest]));
    let host = server.client.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    let head = format!(
        "POST /api/v1/ingest HTTP/1.1\r\nhost: {host}\r\nx-api-key: {key}\r\ncontent-length: 1000\r\n\r\n{{\"data\""
    );
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    drop(stream);
    let begun = Instant::now();
    while seen(&admin).is_empty() && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = seen(&admin).remove(0);
    assert!([json!(400), json!(499)].contains(&told["status"]), "{told}");
    let verdict = told["verdict"].as_str().unwrap();
    assert!(verdict.contains("left before the answer") || verdict.contains("ended early"), "{told}");
    assert!(told["ok"] == false && told["hint"].as_str().unwrap().contains("keep the app open"), "{told}");
}

#[test]
fn others_see_their_own_only() {
    let server = InProcess::start();
    let people =
        ["anna", "ben"].map(|name| server.client.with_key(Some(&server.key(name, &[Scope::Ingest, Scope::Read]))));
    people.iter().for_each(|person| drop(person.ingest(&steps(1)).expect(200)));
    server.client.with_key(None).ingest(&steps(1)).problem(401);
    for (person, name) in people.iter().zip(["anna", "ben"]) {
        let own = seen(person);
        assert_eq!(own.len(), 1, "{own:?}");
        assert_eq!(own[0]["person"], name);
    }
    assert_eq!(seen(&server.client).len(), 0);
    assert_eq!(seen(&admin(&server)).len(), 3);
    people[0].get("/api/v1/requests?limit=1").problem(400);
}

#[test]
fn a_thousand_are_fifty() {
    let server = InProcess::start();
    let admin = admin(&server);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let client = server.client.fresh();
            scope.spawn(move || (0..250).for_each(|at| drop(client.ingest(&steps(thread * 250 + at)).expect(200))));
        }
    });
    let ids: Vec<u64> = seen(&admin).iter().map(|request| request["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (951..=1000).rev().collect::<Vec<u64>>());
}

#[test]
fn who_looks_on_sees_what_was_and_what_comes() {
    let server = InProcess::start();
    server.client.ingest(&steps(1)).expect(200);
    server.client.ingest(&steps(2)).expect(200);
    let mut all = Events::open(&server, &server.key("owner", &[Scope::Admin]));
    let mut others = Events::open(&server, &server.key("ben", &[Scope::Read, Scope::Ingest]));
    let before: Vec<u64> = (0..2).map(|_| all.next().unwrap()["id"].as_u64().unwrap()).collect();
    assert_eq!(before, [1, 2], "oldest first");
    server.client.with_key(None).ingest(&steps(3)).problem(401);
    let live = all.next().unwrap();
    assert_eq!((&live["status"], &live["verdict"]), (&json!(401), &json!("no key came")));
    server.client.with_key(Some(&server.key("ben", &[Scope::Ingest]))).ingest(&steps(4)).expect(200);
    assert_eq!(all.next().unwrap()["person"], "ben");
    let own = others.next().unwrap();
    assert_eq!((&own["person"], &own["id"]), (&json!("ben"), &json!(4)), "and nothing before it");

    let begun = Instant::now();
    drop(server);
    assert!(all.next().is_none() && others.next().is_none());
    assert!(begun.elapsed() < Duration::from_secs(4), "who looks on must not hold up the end: {:?}", begun.elapsed());
}
