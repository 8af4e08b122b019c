//! Holds off one sender who fills the disk for everybody: what deliveries leave free, how much is kept of what nobody understands,
//! and how that is removed.

use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::problems::refusal;
use crate::support::{Answer, Client, InProcess, RealServer, body, command};

fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    // Never what any sender writes.
    let mut made = vec![0xff, 0x00, 0xfe];
    made.extend((3..bytes).map(|_| next()));
    made
}

fn delete(client: &Client, path: &str) -> Answer {
    client.request("DELETE", path, &[], b"").unwrap()
}

fn one(number: i64) -> Value {
    body("step_count", "count", json!([{"date": "2024-02-05 10:00:00 +0000", "qty": number}]))
}

#[test]
fn deliveries_leave_the_same_reserve_as_imports() {
    let server = InProcess::start_with(&[("keep_free_mb", "100000000000")]);
    let answer = server.client.ingest(&one(1));
    refusal(&server, &answer, 507, "disk-full");
    let large = noise(1, 3 << 20);
    refusal(&server, &server.client.post("/api/v1/ingest", &[], &large), 507, "disk-full");
    refusal(&server, &server.client.post("/api/v1/import", &[], b"x"), 507, "disk-full");
    assert_eq!(server.client.get("/api/v1/metrics").expect(200)["metrics"], json!([]));
    assert!(server.client.get("/health/ready").problem(503).contains("disk is full"));
    let open = InProcess::start_with(&[("keep_free_mb", "0")]);
    open.client.ingest(&one(1)).expect(200);
    open.client.get("/health/ready").expect(200);
}

fn kept(server: &InProcess, user: i64) -> (i64, i64) {
    let sql = "SELECT count(*), coalesce(sum(length(body)), 0) FROM delivery_body
               JOIN delivery ON delivery.id = delivery_body.delivery WHERE refused = 1 AND encoding <> 'gone' AND user = ?1";
    server.app.store.reader().unwrap().query_row(sql, [user], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn what_nobody_understands_is_kept_up_to_a_limit_of_each_person() {
    let server = InProcess::start_with(&[("keep_free_mb", "0")]);
    let ben = server.client.with_key(Some(&server.key("ben", &Scope::ALL)));
    server.client.ingest(&one(5)).expect(200);
    ben.post("/api/v1/ingest", &[], &noise(99, 1000)).problem(400);
    let large = 9 << 20;
    let mut sent: Vec<String> = Vec::new();
    for seed in 1..=9 {
        let answer = server.client.post("/api/v1/ingest", &[], &noise(seed, large));
        sent.push(answer.expect(400)["delivery"].as_str().unwrap().to_owned());
        let (bodies, bytes) = kept(&server, 1);
        assert!(bodies == seed.min(7) as i64 && bytes <= 64 << 20, "{seed}: {bodies} bodies of {bytes} bytes");
    }
    let gone = |delivery: &str| {
        let sql = "SELECT encoding FROM delivery_body JOIN delivery ON delivery.id = delivery WHERE public_id = ?1";
        server.app.store.reader().unwrap().query_row(sql, [delivery], |row| row.get::<_, String>(0)).unwrap() == "gone"
    };
    assert_eq!(
        sent.iter().map(|delivery| gone(delivery)).collect::<Vec<_>>(),
        [true, true, false, false, false, false, false, false, false]
    );
    assert_eq!(kept(&server, 2).0, 1, "another person's stay");
    assert_sound(&server.app);
    // However large it is, the newest is kept.
    server.client.get(&format!("/api/v1/deliveries/{}", sent[0])).expect(200);
}

#[test]
fn many_small_bodies_that_nobody_understands_are_bounded_too() {
    let server = InProcess::start_with(&[("keep_free_mb", "0")]);
    for seed in 1..=1_010 {
        server.client.post("/api/v1/ingest", &[], &noise(seed, 40)).problem(400);
    }
    assert_eq!(kept(&server, 1).0, 1_000);
}

#[test]
fn one_that_was_not_understood_can_be_removed() {
    let server = InProcess::start();
    let admin = server.client.with_key(Some(&server.key("owner", &Scope::ALL)));
    let ben = server.client.with_key(Some(&server.key("ben", &Scope::ALL)));
    let answer = server.client.post("/api/v1/ingest", &[], &noise(1, 5000)).expect(400);
    let path = format!("/api/v1/deliveries/{}", answer["delivery"].as_str().unwrap());
    assert_eq!(admin.get("/api/v1/quarantine").expect(200)["items"].as_array().unwrap().len(), 1);
    delete(&server.client, &path).problem(403);
    delete(&ben, &path).problem(404);
    assert_eq!(kept(&server, 1).0, 1);
    assert_eq!(delete(&admin, &path).status, 204);
    assert_eq!(kept(&server, 1).0, 0);
    assert_eq!(admin.get("/api/v1/quarantine").expect(200)["items"], json!([]));
    let receipt = admin.get(&path).expect(200);
    assert!(receipt["summary"].as_str().unwrap().contains("removed"), "{receipt}");
    assert_eq!(delete(&admin, &path).status, 204, "once more changes nothing");
    delete(&admin, "/api/v1/deliveries/none").problem(404);
    let good = server.client.ingest(&one(3)).expect(200);
    let refused = delete(&admin, &format!("/api/v1/deliveries/{}", good["delivery"].as_str().unwrap())).problem(409);
    assert!(refused.contains("POST /api/v1/deletions"), "{refused}");
    admin.post("/api/v1/replay", &[], b"").expect(200);
    assert_sound(&server.app);
}

#[test]
fn a_limit_on_the_size_of_files_is_a_full_disk() {
    if std::process::Command::new("prlimit").arg("--version").output().is_err() {
        return println!("SKIPPED: there is no prlimit here");
    }
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let mut limited = std::process::Command::new("prlimit");
    limited.args(["--fsize=6000000", "--"]).arg(command(folder.path()).get_program());
    limited.arg("--data-dir").arg(folder.path()).args(["--log", "warn"]);
    let mut server = RealServer::run(limited, &["--keep-free-mb", "0"]);
    let client = Client::new(&server.base, Some(&key));
    let points = |from: i64| -> Value {
        let one = |at: i64| json!({"date": jiff::Timestamp::from_second(1_600_000_000 + at).unwrap().to_string(), "qty": at, "source": "a"});
        body("step_count", "count", (from..from + 20_000).map(one).collect())
    };
    let (mut acknowledged, mut full) = (0, 0);
    for round in 0..30 {
        let answer = client.ingest(&points(round * 20_000));
        match answer.status {
            200 => acknowledged += 20_000,
            507 => full += 1,
            status => panic!("{status}: {}", answer.text()),
        }
    }
    assert!(acknowledged > 0 && full > 0, "{acknowledged} stored, {full} refused");
    assert_eq!(server.process.try_wait().unwrap(), None, "it lives");
    assert_eq!(client.get("/api/v1/metrics").expect(200)["metrics"][0]["count"], acknowledged);
    drop(server);
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    assert_eq!(client.get("/api/v1/metrics").expect(200)["metrics"][0]["count"], acknowledged);
    client.ingest(&points(0)).expect(200);
}
