//! Holds off the answer that is kept too long or given to the wrong person: memory must never be noticed, but by its speed.

use health_export::model::key::{Scope, hash, new_secret};
use health_export::store::keys::{self, NewKey};
use serde_json::{Value, json};

use crate::support::{Answer, Client, InProcess, RealServer, body, command};

const DAYS: &str = "/api/v1/aggregate/step_count?bucket=day";

fn steps(client: &Client, hour: u32, quantity: u32) {
    let date = format!("2024-05-01 {hour:02}:00:00 +0000");
    client
        .ingest(&body("step_count", "count", json!([{"date": date, "qty": quantity, "source": "Watch"}])))
        .expect(200);
}

fn sum(answer: &Value) -> f64 {
    answer["points"][0]["sum"].as_f64().unwrap()
}

/// A figure of the server, over all its labels.
pub fn figure(client: &Client, name: &str) -> f64 {
    let page = client.get("/metrics").text();
    let of = |line: &str| line.split([' ', '{']).next() == Some(name);
    page.lines().filter(|line| of(line)).map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

#[test]
fn a_kept_answer_is_the_same_answer_and_a_delivery_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    for round in 1..4 {
        steps(&client, round, 100);
        let before = figure(&client, "health_export_cache_hits_total");
        let first = client.get(DAYS);
        assert_eq!(sum(&first.expect(200)), f64::from(round) * 100.0, "what has just come is in the answer");
        assert_eq!(figure(&client, "health_export_cache_hits_total"), before);
        let second = client.get(DAYS);
        assert_eq!(figure(&client, "health_export_cache_hits_total"), before + 1.0);
        assert_eq!((&first.bytes, headers(&first)), (&second.bytes, headers(&second)));
        assert_eq!(figure(&client, "health_export_cache_entries"), 1.0, "an older answer is thrown away");
        let tag = first.header("etag");
        assert_eq!(client.get_with(DAYS, &[("if-none-match", tag)]).status, 304);
    }
    assert_eq!(figure(&client, "health_export_cache_not_modified_total"), 3.0);
    assert!(figure(&client, "health_export_cache_bytes") > 100.0);
}

/// All headers but those that are of one request, or of how a body travels.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let all = answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut all: Vec<_> =
        all.filter(|(name, _)| !["date", "transfer-encoding", "x-request-id"].contains(&&**name)).collect();
    all.sort();
    all
}

#[test]
fn a_key_that_is_revoked_gets_nothing_more_not_even_from_memory() {
    let server = InProcess::start();
    steps(&server.client, 1, 5);
    let secret = new_secret().unwrap();
    let key = NewKey {
        user: "owner".into(),
        name: "soon gone".into(),
        scopes: vec![Scope::Read],
        hash: hash(&secret),
        created_at: 0,
        expires_at: None,
    };
    let id = server.app.store.writer().run(move |writing| keys::create(writing.connection, &key)).unwrap();
    let client = server.client.with_key(Some(&secret));
    let tag = client.get(DAYS).header("etag").to_owned();
    client.get(DAYS).expect(200);
    server.app.store.writer().run(move |writing| keys::revoke(writing.connection, id, 1)).unwrap();
    client.get(DAYS).problem(401);
    client.get_with(DAYS, &[("if-none-match", &tag)]).problem(401);
    server.client.get(DAYS).expect(200);
}

#[test]
fn what_another_process_does_to_keys_and_data_counts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let admin = RealServer::create_key(folder.path(), "admin");
    let other = RealServer::create_key(folder.path(), "read");
    let server = RealServer::start(folder.path());
    let (admin, other) = (Client::new(&server.base, Some(&admin)), Client::new(&server.base, Some(&other)));
    steps(&admin, 1, 5);
    for client in [&admin, &other, &admin, &other] {
        assert_eq!(sum(&client.get(DAYS).expect(200)), 5.0);
    }
    assert!(command(folder.path()).args(["key", "revoke", "2"]).status().unwrap().success());
    other.get(DAYS).problem(401);
    let file = folder.path().join("more.json");
    let more = body("step_count", "count", json!([{"date": "2024-05-01 02:00:00 +0000", "qty": 7, "source": "Watch"}]));
    std::fs::write(&file, more.to_string()).unwrap();
    let import = command(folder.path()).arg("import").arg(&file).output().unwrap();
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    assert_eq!(sum(&admin.get(DAYS).expect(200)), 12.0);
    let made = RealServer::create_key(folder.path(), "read");
    Client::new(&server.base, Some(&made)).get(DAYS).expect(200);
}

#[test]
fn nobody_gets_the_answer_of_another() {
    let server = InProcess::start();
    let people = ["anna", "ben"].map(|name| server.client.with_key(Some(&server.key(name, &[Scope::Admin]))));
    steps(&people[0], 1, 11);
    steps(&people[1], 1, 22);
    for _ in 0..3 {
        assert_eq!(people.each_ref().map(|person| sum(&person.get(DAYS).expect(200))), [11.0, 22.0]);
    }
    let tags = people.each_ref().map(|person| person.get(DAYS).header("etag").to_owned());
    assert_ne!(tags[0], tags[1]);
    for at in 0..2 {
        let answer = people[at].get_with(DAYS, &[("if-none-match", &tags[1 - at])]);
        assert_eq!(sum(&answer.expect(200)), [11.0, 22.0][at]);
    }
    // One person's news leave the other's answers where they are.
    steps(&people[0], 2, 1);
    assert_eq!(people[1].get_with(DAYS, &[("if-none-match", &tags[1])]).status, 304);
    assert_eq!(sum(&people[0].get(DAYS).expect(200)), 12.0);
}

#[test]
fn a_scope_that_is_missing_is_missing_for_kept_answers_too() {
    let server = InProcess::start();
    steps(&server.client, 1, 5);
    server.client.get(DAYS).expect(200);
    let ingest = server.client.with_key(Some(&server.key("owner", &[Scope::Ingest])));
    ingest.get(DAYS).problem(403);
}

#[test]
fn the_same_question_in_other_words_is_the_same_answer() {
    let server = InProcess::start();
    steps(&server.client, 1, 5);
    let same: [&[&str]; 5] = [
        &[
            "/api/v1/aggregate/step_count?bucket=day&start=2024-05-01&end=2024-05-02",
            "/api/v1/aggregate/steps?until=2024-05-02&from=2024-05-01",
            "/api/v1/aggregate/HKQuantityTypeIdentifierStepCount?since=2024-05-01T00:00:00Z&to=1714608000",
            "/api/v1/aggregate/step_count?start=1714521600000&end=2024-05-02T02:00:00%2B02:00&tz=UTC&units=metric",
            "/api/v1/aggregate/step_count?start=2024-05-01&end=2024-05-02&stat=count,sum&stat=avg,min,max",
        ],
        &["/api/v1/data/step_count", "/api/v1/data/steps?limit=1000&order=asc&format=json&units=metric"],
        &["/api/v1/data/step_count?source=B&source=Watch", "/api/v1/data/step_count?source=Watch&source=B&source=B"],
        &["/api/v1/workouts?type=running,walking", "/api/v1/workouts?type=Walking&type=running&limit=100&order=asc"],
        &[
            "/api/v1/export/samples?metric=steps,heart_rate",
            "/api/v1/export/samples?metric=heart_rate&metric=step_count&format=csv",
        ],
    ];
    for addresses in same {
        let tags: Vec<String> =
            addresses.iter().map(|address| server.client.get(address).header("etag").to_owned()).collect();
        assert!(tags.iter().all(|tag| *tag == tags[0] && !tag.is_empty()), "{addresses:?}: {tags:?}");
    }
    let others = [
        "?stat=sum,count",
        "?stat=count,sum",
        "?tz=Asia/Tokyo",
        "?fill=0",
        "?layer=hour",
        "?dedupe=none",
        "?units=imperial",
    ];
    let mut tags: Vec<String> = others
        .iter()
        .map(|more| server.client.get(&format!("/api/v1/aggregate/step_count{more}")).header("etag").to_owned())
        .collect();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), others.len(), "these are different answers");
}

#[test]
fn faults_are_not_kept() {
    let server = InProcess::start();
    let address = "/api/v1/aggregate/my_own_metric";
    for _ in 0..2 {
        let answer = server.client.get(address);
        answer.problem(404);
        assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""));
    }
    let own =
        body("my_own_metric", "things", json!([{"date": "2024-05-01 01:00:00 +0000", "qty": 1, "source": "Watch"}]));
    server.client.ingest(&own).expect(200);
    server.client.get(address).expect(200);
}

/// What HEAD and GET of an address say, but for the moment.
fn both(client: &Client, address: &str, more: &[(&str, &str)]) -> [(u16, Vec<(String, String)>); 2] {
    ["HEAD", "GET"].map(|method| {
        let answer = client.request(method, address, more, b"").unwrap();
        assert!(method == "GET" || answer.bytes.is_empty());
        (answer.status, headers(&answer))
    })
}

#[test]
fn head_says_what_get_would() {
    let server = InProcess::start();
    let points: Vec<Value> = (0..200)
        .map(|at| json!({"date": format!("2024-05-{:02} {:02}:00:00 +0000", 1 + at / 24, at % 24), "qty": at, "source": "Watch"}))
        .collect();
    server.client.ingest(&body("step_count", "count", json!(points))).expect(200);
    for address in [
        "/api/v1/metrics",
        "/api/v1/data/step_count",
        "/api/v1/data/step_count?format=csv",
        DAYS,
        "/api/v1/sleep",
        "/api/v1/workouts",
        "/api/v1/events",
        "/api/v1/sources",
        "/api/v1/documents",
        "/api/v1/deliveries",
        "/api/v1/export/samples?format=csv",
        "/api/v1/export/samples?format=parquet",
        "/api/v1/export/aggregate?metric=step_count&format=ndjson",
        "/",
        "/openapi.json",
        "/api/v1/data/nothing_there",
    ] {
        for coding in ["identity", "zstd", "br", "gzip", "*;q=0"] {
            let accept = [("accept-encoding", coding)];
            let [head, get] = both(&server.client, address, &accept);
            assert_eq!(head, get, "{address} {coding}");
            let Some((_, tag)) = get.1.iter().find(|(name, _)| name == "etag") else { continue };
            let known = [("accept-encoding", coding), ("if-none-match", &**tag)];
            let [head, get] = both(&server.client, address, &known);
            assert_eq!((head.0, &head), (304, &get), "{address} {coding}");
        }
    }
    let length = |address: &str| {
        let answer = server.client.request("HEAD", address, &[("accept-encoding", "identity")], b"").unwrap();
        answer.header("content-length").parse::<usize>().unwrap()
    };
    assert_eq!(length(DAYS), server.client.get_with(DAYS, &[("accept-encoding", "identity")]).bytes.len());
    assert!(length("/api/v1/export/samples?format=parquet") > 500);
}
