//! Holds off a person who cannot be removed, one who is removed by mistake for good, and anything of theirs that is left behind; and
//! the same of a deletion that was made permanent.

use std::collections::BTreeMap;
use std::path::Path;

use health_export::model::key::Scope;
use health_export::store::destroy::{self, WAY_BACK_SECONDS};
use serde_json::{Value, json};

use crate::support::apple::{fixture_zip, steps, xml};
use crate::support::check::assert_sound;
use crate::support::jobs::import;
use crate::support::problems::refusal;
use crate::support::{Answer, Client, InProcess, body, command};

fn of(server: &InProcess, person: &str) -> Client {
    server.client.with_key(Some(&server.key(person, &Scope::ALL)))
}

fn delete(client: &Client, path: &str) -> Answer {
    client.request("DELETE", path, &[], b"").unwrap()
}

fn post(client: &Client, path: &str, body: &Value) -> Answer {
    client.post(path, &[("content-type", "application/json")], body.to_string().as_bytes())
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Everything that a person can have.
fn fill(client: &Client, source: &str) {
    import(client, &fixture_zip());
    let point = |day: i64, value: f64| json!({"date": format!("2024-05-{day:02} 09:00:00 +0000"), "qty": value, "source": source});
    client
        .ingest(&body("step_count", "count", json!([point(1, 123.0), point(2, 456.0), {"date": "no date", "qty": 1}])))
        .expect(200);
    client.ingest(&body("OnlyOf", "zorb", json!([point(1, 1.0)]))).expect(200);
    client.post("/api/v1/ingest", &[], b"\xff\x00\xfenothing that anybody writes").problem(400);
    let range = json!({"range": {"metric": "step_count", "start": "2024-05-02", "end": "2024-05-03"}});
    post(client, "/api/v1/deletions", &range).expect(201);
    let workout = client.get("/api/v1/workouts").expect(200)["workouts"][0]["id"].clone();
    post(client, "/api/v1/deletions", &json!({"workout": {"id": workout}})).expect(201);
    post(client, "/api/v1/sources", &json!({"order": [source]}));
}

/// How many rows each table has of each person.
fn rows(server: &InProcess, user: i64) -> BTreeMap<String, i64> {
    let reader = server.app.store.reader().unwrap();
    let mut tables = reader.prepare("SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'user'").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(names.len() > 20, "{names:?}");
    let count = |name: String| {
        let sql = format!("SELECT count(*) FROM {name} WHERE user = ?1");
        let count = reader.query_row(&sql, [user], |row| row.get(0)).unwrap();
        (name, count)
    };
    names.into_iter().map(count).collect()
}

fn hanging(server: &InProcess) -> BTreeMap<&'static str, i64> {
    let sql = [
        ("quarantine", "SELECT count(*) FROM quarantine WHERE delivery NOT IN (SELECT id FROM delivery)"),
        ("bodies", "SELECT count(*) FROM delivery_body WHERE delivery NOT IN (SELECT id FROM delivery)"),
        ("accounts", "SELECT count(*) FROM delivery_account WHERE delivery NOT IN (SELECT id FROM delivery)"),
        ("series", "SELECT count(*) FROM workout_series WHERE workout NOT IN (SELECT id FROM workout)"),
        (
            "told",
            "SELECT count(*) FROM workout_told WHERE workout NOT IN (SELECT id FROM workout UNION SELECT id FROM buried_workout)",
        ),
        ("buried", "SELECT count(*) FROM buried_workout_series WHERE deletion NOT IN (SELECT id FROM deletion)"),
        (
            "buried accounts",
            "SELECT count(*) FROM buried_workout_account WHERE deletion NOT IN (SELECT id FROM deletion)",
        ),
    ];
    let reader = server.app.store.reader().unwrap();
    sql.into_iter().map(|(name, sql)| (name, reader.query_row(sql, [], |row| row.get(0)).unwrap())).collect()
}

/// Whether these bytes are anywhere in the files of the database.
fn is_in_the_files(folder: &Path, text: &str) -> bool {
    ["health.db", "health.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        memchr::memmem::find(&bytes, text.as_bytes()).is_some()
    })
}

#[test]
fn a_person_is_removed_brought_back_and_destroyed() {
    let server = InProcess::start();
    let (owner, ben) = (of(&server, "owner"), of(&server, "ben"));
    fill(&owner, "Anna's Ring");
    fill(&ben, "Ben's Ring");
    let session = post(&ben, "/api/v1/codes", &json!({"person": "ben"}));
    session.expect(201);
    let person = owner.get("/api/v1/people").expect(200)["people"][1].clone();
    assert_eq!(person["name"], "ben");
    let path = format!("/api/v1/people/{}", person["id"]);
    let before = ben.get("/api/v1/metrics").text();
    let kept = owner.get("/api/v1/metrics").text();

    // The download is offered first, and nobody is removed by accident.
    let offer = refusal(&server, &delete(&owner, &path), 409, "conflict");
    assert!(
        offer.contains("export --all --user") && offer.contains("confirm=ben") && offer.contains("30 days"),
        "{offer}"
    );
    delete(&owner, &format!("{path}?confirm=anna")).problem(400);
    delete(&owner, "/api/v1/people/1?confirm=owner").problem(409);
    delete(&ben, &format!("{path}?confirm=ben")).problem(409);
    delete(&owner, "/api/v1/people/77?confirm=x").problem(404);
    owner.post(&format!("{path}/undo"), &[], b"").problem(409);
    ben.get("/api/v1/metrics").expect(200);

    let removed = delete(&owner, &format!("{path}?confirm=ben")).expect(200);
    assert!(removed["removed_at"].is_string() && removed["destroyed_at"].is_string(), "{removed}");
    ben.get("/api/v1/metrics").problem(401);
    post(&owner, "/api/v1/keys", &json!({"name": "x", "scopes": ["read"], "person": "ben"})).problem(409);
    post(&owner, "/api/v1/codes", &json!({"person": "ben"})).problem(409);
    post(&owner, "/api/v1/people", &json!({"name": "Ben"})).problem(409);
    let all = server.data_dir.path().join("all");
    let done = command(server.data_dir.path())
        .args(["export", "--all", "--user", "ben", "--format", "csv", "--out", all.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(done.status.success(), "what is to be destroyed can still be downloaded: {done:?}");
    destroy::due(&server.app.store, now() + WAY_BACK_SECONDS - 60).unwrap();

    let back = owner.post(&format!("{path}/undo"), &[], b"").expect(200);
    assert_eq!(back["removed_at"], Value::Null);
    assert_eq!(ben.get("/api/v1/metrics").text(), before, "everything is there, and the key works");

    assert!(rows(&server, 2).values().filter(|rows| **rows > 0).count() > 12, "{:?}", rows(&server, 2));
    delete(&owner, &format!("{path}?confirm=ben")).expect(200);
    destroy::due(&server.app.store, now() + WAY_BACK_SECONDS + 60).unwrap();
    let left: Vec<_> = rows(&server, 2).into_iter().filter(|(_, rows)| *rows > 0).collect();
    assert_eq!(left, []);
    assert!(hanging(&server).values().all(|rows| *rows == 0), "{:?}", hanging(&server));
    assert_eq!(owner.get("/api/v1/people").expect(200)["people"].as_array().unwrap().len(), 1);
    owner.post(&format!("{path}/undo"), &[], b"").problem(404);
    ben.get("/api/v1/metrics").problem(401);
    assert_eq!(owner.get("/api/v1/metrics").text(), kept, "nobody else has lost anything");
    let reader = server.app.store.reader().unwrap();
    let names: i64 =
        reader.query_row("SELECT count(*) FROM source WHERE name LIKE 'Ben%'", [], |row| row.get(0)).unwrap();
    assert_eq!(names, 0, "nor is a name of theirs kept");
    drop(reader);
    assert_sound(&server.app);

    // Somebody new of that name is somebody else, with nothing.
    let new = post(&owner, "/api/v1/people", &json!({"name": "Ben"})).expect(201);
    assert_ne!(new["id"], person["id"]);
    let again = of(&server, "Ben");
    assert_eq!(again.get("/api/v1/metrics").expect(200)["metrics"], json!([]));
    fill(&again, "Ben's Ring");
    assert_eq!(
        again.get("/api/v1/metrics").expect(200)["metrics"][0]["name"],
        serde_json::from_str::<Value>(&before).unwrap()["metrics"][0]["name"]
    );
    assert_sound(&server.app);
}

#[test]
fn imports_of_a_removed_person_end() {
    let server = InProcess::start();
    let (owner, ben) = (of(&server, "owner"), of(&server, "ben"));
    let records: String = (0..200_000).map(|at| steps(at * 60, at)).collect();
    for _ in 0..2 {
        ben.post("/api/v1/import", &[], xml(&records).as_bytes()).expect(202);
    }
    delete(&owner, "/api/v1/people/2?confirm=ben").expect(200);
    let sql = "SELECT count(*) FROM job WHERE state = 'cancelled'";
    let cancelled: i64 = server.app.store.reader().unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(cancelled, 2);
}

#[test]
fn a_permanent_deletion_leaves_nothing_and_keeps_out_what_comes_again() {
    let folder;
    {
        let server = InProcess::start();
        let admin = of(&server, "owner");
        let secret = body(
            "step_count",
            "count",
            json!([{"date": "2024-05-01 09:00:00 +0000", "qty": 4711, "source": "Ring", "note": "a note that only this body has"}]),
        );
        let other = body(
            "heart_rate",
            "count/min",
            json!([{"date": "2024-05-01 09:00:00 +0000", "Avg": 60, "Min": 50, "Max": 70, "source": "Ring"}]),
        );
        let told = admin.ingest(&secret).expect(200);
        admin.ingest(&other).expect(200);
        let workouts =
            |client: &Client| client.get("/api/v1/workouts").expect(200)["workouts"].as_array().unwrap().len();
        import(&admin, &fixture_zip());
        let had = workouts(&admin);
        let targets = [
            json!({"range": {"metric": "step_count", "start": "2024-05-01", "end": "2024-05-02"}}),
            json!({"workout": {"id": admin.get("/api/v1/workouts").expect(200)["workouts"][0]["id"]}}),
        ];
        for target in &targets {
            let deletion = post(&admin, "/api/v1/deletions", target).expect(201);
            let path = format!("/api/v1/deletions/{}", deletion["id"].as_str().unwrap());
            of(&server, "ben").post(&format!("{path}/permanent"), &[], b"").problem(404);
            let made = admin.post(&format!("{path}/permanent"), &[], b"").expect(200);
            assert!(made["permanent_at"].is_string(), "{made}");
            let refused = refusal(&server, &admin.post(&format!("{path}/undo"), &[], b""), 409, "conflict");
            assert!(refused.contains("permanent"), "{refused}");
            assert_eq!(
                admin.post(&format!("{path}/permanent"), &[], b"").expect(200)["permanent_at"],
                made["permanent_at"]
            );
        }
        let buried = |table: &str, column: &str| {
            let sql = format!("SELECT count(*) FROM {table} WHERE {column}");
            server.app.store.reader().unwrap().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!((buried("buried_sample", "1"), buried("buried_workout_series", "1")), (0, 0));
        let body_of = |delivery: &Value| {
            let sql = "SELECT encoding FROM delivery_body JOIN delivery ON delivery.id = delivery WHERE public_id = ?1";
            server
                .app
                .store
                .reader()
                .unwrap()
                .query_row(sql, [delivery.as_str().unwrap()], |row| row.get::<_, String>(0))
                .unwrap()
        };
        assert_eq!(body_of(&told["delivery"]), "gone");
        assert_eq!(buried("delivery_body", "encoding <> 'gone'"), 1, "others' bodies stay");
        assert_eq!(workouts(&admin), had - 1);
        // What comes again is kept out, and gone with the next round.
        let again = admin.ingest(&secret).expect(200);
        import(&admin, &fixture_zip());
        assert_eq!(workouts(&admin), had - 1);
        assert_eq!(
            admin.get("/api/v1/data/step_count?start=2024-05-01&end=2024-05-02").expect(200)["samples"],
            json!([])
        );
        assert_eq!(buried("buried_sample", "1"), 1);
        destroy::due(&server.app.store, now()).unwrap();
        assert_eq!((buried("buried_sample", "1"), buried("buried_workout_series", "1")), (0, 0));
        assert_eq!(body_of(&again["delivery"]), "gone");
        admin.post("/api/v1/replay", &[], b"").expect(200);
        assert_eq!(
            admin.get("/api/v1/data/step_count?start=2024-05-01&end=2024-05-02").expect(200)["samples"],
            json!([])
        );
        assert_eq!(workouts(&admin), had - 1);
        assert_eq!(
            admin.get("/api/v1/data/heart_rate?start=2024-05-01&end=2024-05-02").expect(200)["samples"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_sound(&server.app);
        folder = server;
    }
    drop(folder);
}

#[test]
fn of_one_sample_only_its_moment_is_left() {
    let server = InProcess::start();
    let admin = of(&server, "owner");
    let sent = |value: i64| {
        body("step_count", "count", json!([{"date": "2024-05-01 09:00:00 +0000", "qty": value, "source": "Ring"}]))
    };
    admin.ingest(&sent(4711)).expect(200);
    let deletion = post(
        &admin,
        "/api/v1/deletions",
        &json!({"sample": {"metric": "step_count", "start": "2024-05-01T09:00:00Z"}}),
    )
    .expect(201);
    let path = format!("/api/v1/deletions/{}", deletion["id"].as_str().unwrap());
    let undone = post(
        &admin,
        "/api/v1/deletions",
        &json!({"range": {"metric": "step_count", "start": "2020-01-01", "end": "2020-01-02"}}),
    );
    undone.problem(404);
    admin.post(&format!("{path}/permanent"), &[], b"").expect(200);
    let values = || -> Vec<Option<f64>> {
        let reader = server.app.store.reader().unwrap();
        let mut rows = reader.prepare("SELECT value FROM buried_sample").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(values(), [None]);
    admin.ingest(&sent(4712)).expect(200);
    assert_eq!(admin.get("/api/v1/metrics").expect(200)["metrics"], json!([]), "it stays away");
    assert_eq!(values(), [None, Some(4712.0)]);
    destroy::due(&server.app.store, now()).unwrap();
    assert_eq!(values(), [None]);
    // One that was undone cannot be made permanent.
    admin
        .ingest(&body(
            "heart_rate",
            "count/min",
            json!([{"date": "2024-05-01 09:00:00 +0000", "Avg": 60, "source": "Ring"}]),
        ))
        .expect(200);
    let deletion = post(&admin, "/api/v1/deletions", &json!({"source": {"name": "Ring"}})).expect(201);
    let path = format!("/api/v1/deletions/{}", deletion["id"].as_str().unwrap());
    admin.post(&format!("{path}/undo"), &[], b"").expect(200);
    assert!(admin.post(&format!("{path}/permanent"), &[], b"").problem(409).contains("undone"));
    assert_sound(&server.app);
}

#[test]
fn what_is_destroyed_is_in_no_file_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let store = health_export::store::Store::open(folder.path(), 4).unwrap();
    let secret = "a body of which nothing may be left";
    let written = format!(
        "INSERT INTO user (id, name, created_at, removed_at) VALUES (2, 'ben', 0, 5);
         INSERT INTO delivery (id, public_id, user, received_at_ms, format, refused, origin, bytes, receipt)
             VALUES (1, 'one', 2, 0, 'x', 0, '{{}}', 9, '{{}}');
         INSERT INTO delivery_body VALUES (1, 'zstd', CAST('{secret}' AS BLOB));"
    );
    store.writer().run(move |writing| Ok(writing.connection.execute_batch(&written)?)).unwrap();
    assert!(is_in_the_files(folder.path(), secret));
    destroy::due(&store, 6 + WAY_BACK_SECONDS).unwrap();
    drop(store);
    assert!(!is_in_the_files(folder.path(), secret));
}
