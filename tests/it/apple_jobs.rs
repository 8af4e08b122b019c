//! Imports over the network: taken with 202, done in the background, told about while they run, begun again after a crash.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::apple::{fixture_zip, steps, xml};
use crate::support::check::assert_sound;
use crate::support::counts::assert_balanced;
use crate::support::jobs::ended;
use crate::support::problems::refusal;
use crate::support::{Client, InProcess, RealServer, body};

/// Posts a file and gives the address of its job.
#[track_caller]
fn post(client: &Client, path: &str, headers: &[(&str, &str)], content: &[u8]) -> String {
    let answer = client.post(path, headers, content);
    let accepted = answer.expect(202);
    let address = accepted["status_url"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), address);
    assert!(address.ends_with(accepted["job"].as_str().unwrap()));
    address
}

fn files(server: &InProcess) -> usize {
    std::fs::read_dir(server.data_dir.path().join("imports")).map_or(0, Iterator::count)
}

#[test]
fn a_zip_is_taken_imported_and_told_about() {
    let server = InProcess::start();
    let address = post(&server.client, "/api/v1/import?name=export.zip", &[], &fixture_zip());
    let job = ended(&server.client, &address);
    assert_eq!((&job["state"], &job["percent"], &job["file"]), (&json!("done"), &json!(100.0), &json!("export.zip")));
    assert_balanced(&job["receipt"]);
    assert!(job["receipt"]["stored"].as_u64().unwrap() > 25, "{job}");
    assert_eq!(files(&server), 0, "the file goes when the job is done");
    let delivery = job["receipt"]["delivery"].as_str().unwrap();
    assert_eq!(server.client.get(&format!("/api/v1/deliveries/{delivery}")).expect(200)["file"], "export.zip");
    let again = ended(&server.client, &post(&server.client, "/api/v1/import", &[], &fixture_zip()));
    assert_eq!(again["receipt"]["stored"], 0);
    let list = server.client.get("/api/v1/jobs?limit=1").expect(200);
    assert_eq!(list["jobs"][0]["job"], again["job"]);
    let next = format!("/api/v1/jobs?cursor={}", list["next_cursor"].as_str().unwrap());
    assert_eq!(server.client.get(&next).expect(200)["jobs"], json!([job]));
    assert_sound(&server.app);
}

#[test]
fn a_form_and_a_file_of_the_app_are_taken_as_well() {
    let server = InProcess::start();
    let form = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--cut\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"exportar.xml\"\r\nContent-Type: text/xml\r\n\r\n{}\r\n--cut--\r\n",
        xml(&steps(0, 7))
    );
    let kind = [("content-type", "multipart/form-data; boundary=cut")];
    let job = ended(&server.client, &post(&server.client, "/api/v1/import", &kind, form.as_bytes()));
    assert_eq!((&job["file"], &job["receipt"]["stored"]), (&json!("exportar.xml"), &json!(2)), "{job}");
    let sent = body("step_count", "count", json!([{"date": "2024-02-05 10:00:00 +0000", "qty": 5}])).to_string();
    let job = ended(&server.client, &post(&server.client, "/api/v1/import", &[], sent.as_bytes()));
    assert_eq!(job["receipt"]["stored"], 1, "{job}");
    let empty = "--cut\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--cut--\r\n";
    let answer = server.client.post("/api/v1/import", &kind, empty.as_bytes());
    assert!(refusal(&server, &answer, 400, "bad-request").contains("no file in the form"));
}

#[test]
fn what_is_no_export_fails_with_a_reason_and_keeps_its_file() {
    let server = InProcess::start();
    let zip = fixture_zip();
    let job = ended(&server.client, &post(&server.client, "/api/v1/import", &[], &zip[..zip.len() - 100]));
    assert_eq!(job["state"], "failed");
    assert!(job["error"].as_str().unwrap().contains("no whole zip"), "{job}");
    assert_eq!(files(&server), 1);
    let good = ended(&server.client, &post(&server.client, "/api/v1/import", &[], &zip));
    assert_eq!(good["state"], "done", "one that fails does not stop those that follow");
}

#[test]
fn limits_and_strangers() {
    let server = InProcess::start_with(&[("max_import_mb", "1")]);
    let large = vec![b' '; (1 << 20) + 1];
    let answer = server.client.post("/api/v1/import", &[], &large);
    assert!(refusal(&server, &answer, 413, "too-large").contains("max_import_mb"));
    let answer = server.client.post("/api/v1/import", &[], b"");
    refusal(&server, &answer, 400, "bad-request");
    let answer = server.client.post("/api/v1/import?nmae=x", &[], b"x");
    refusal(&server, &answer, 400, "bad-request");
    assert_eq!(files(&server), 0);
    server.client.get("/api/v1/jobs/none").problem(404);
    let address = post(&server.client, "/api/v1/import", &[], xml(&steps(0, 1)).as_bytes());
    let other = server.client.with_key(Some(&server.key("ben", &health_export::model::key::Scope::ALL)));
    other.get(&address).problem(404);
    assert_eq!(other.get("/api/v1/jobs").expect(200)["jobs"], json!([]));
}

#[test]
fn events_tell_until_the_end() {
    let server = InProcess::start();
    let records: String = (0..60_000).map(|at| steps(at * 60, at)).collect();
    let address = post(&server.client, "/api/v1/import", &[], xml(&records).as_bytes());
    let answer = server.client.get_with(&address, &[("accept", "text/event-stream")]);
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/event-stream"));
    let text = answer.text();
    let told: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let last = told.last().unwrap();
    assert_eq!((&last["state"], &last["receipt"]["stored"]), (&json!("done"), &json!(60_001)));
    assert!(text.starts_with("event: job") && told.len() >= 2, "{text}");
    let percent: Vec<f64> = told.iter().map(|job| job["percent"].as_f64().unwrap()).collect();
    assert!(percent.is_sorted(), "{percent:?}");
}

#[test]
fn a_job_that_was_running_begins_again_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let records: String = (0..300_000).map(|at| steps(at * 60, at)).collect();
    let mut server = RealServer::start(folder.path());
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let client = Client::new(&server.base, Some(&key));
    let address = post(&client, "/api/v1/import", &[], xml(&records).as_bytes());
    let begun = Instant::now();
    while client.get(&address).expect(200)["state"] == "queued" && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    std::fs::write(folder.path().join("imports/orphan"), b"x").unwrap();
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    let job = ended(&client, &address);
    assert_eq!((&job["state"], &job["receipt"]["received"]), (&json!("done"), &json!(300_001)), "{job}");
    let metric = &client.get("/api/v1/metrics").expect(200)["metrics"][0];
    assert_eq!(metric["count"], 300_000, "{metric}");
    assert_eq!(std::fs::read_dir(folder.path().join("imports")).unwrap().count(), 0);
}

#[test]
fn a_job_at_which_the_server_keeps_ending_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = RealServer::start(folder.path());
    let key = RealServer::create_key(folder.path(), "ingest,read");
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    std::fs::create_dir_all(folder.path().join("imports")).unwrap();
    std::fs::write(folder.path().join("imports/fatal"), xml(&steps(0, 1))).unwrap();
    let store = health_export::store::Store::open(folder.path(), 4).unwrap();
    let died = "INSERT INTO job (public_id, user, state, file, bytes, begun, created_at_ms)
                VALUES ('fatal', 1, 'running', 'export.xml', 1, 5, 0)";
    store.writer().run(move |writing| Ok(writing.connection.execute_batch(died)?)).unwrap();
    drop(store);
    let server = RealServer::start(folder.path());
    let job = ended(&Client::new(&server.base, Some(&key)), "/api/v1/jobs/fatal");
    assert_eq!(job["state"], "failed");
    let reason = job["error"].as_str().unwrap();
    assert!(reason.contains("begun 5 times") && reason.contains("send the file again"), "{job}");
}

/// An export that takes long enough for somebody to do something meanwhile.
fn long(records: i64) -> Vec<u8> {
    xml(&(0..records).map(|at| steps(at * 60, at)).collect::<String>()).into_bytes()
}

/// Waits until a job has stored something.
#[track_caller]
fn until_it_runs(client: &Client, address: &str) {
    let begun = Instant::now();
    loop {
        let job = client.get(address).expect(200);
        if job["state"] != "queued" && job["items"].as_u64() > Some(0) {
            return;
        }
        assert!(
            job["state"] == "queued" || job["state"] == "running",
            "it has ended before anything could happen: {job}"
        );
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn stops_in_good_order_never_fail_an_import() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let mut address = None;
    for round in 0..7 {
        let mut server = RealServer::start(folder.path());
        let client = Client::new(&server.base, Some(&key));
        let address = address.get_or_insert_with(|| post(&client, "/api/v1/import", &[], &long(150_000)));
        let job = client.get(address).expect(200);
        if job["state"] == "done" {
            panic!("it was done by round {round}: a longer one is needed");
        }
        until_it_runs(&client, address);
        let told = std::process::Command::new("kill").arg(server.process.id().to_string()).status().unwrap();
        assert!(told.success() && server.process.wait().unwrap().success());
    }
    let server = RealServer::start(folder.path());
    let job = ended(&Client::new(&server.base, Some(&key)), &address.unwrap());
    assert_eq!((&job["state"], &job["receipt"]["received"]), (&json!("done"), &json!(150_001)), "{job}");
}

#[test]
fn an_import_can_be_cancelled_while_it_waits_and_while_it_runs() {
    let server = InProcess::start();
    let stranger = server.client.with_key(Some(&server.key("ben", &health_export::model::key::Scope::ALL)));
    let reader = server.client.with_key(Some(&server.key("owner", &[health_export::model::key::Scope::Read])));
    let running = post(&server.client, "/api/v1/import", &[], &long(300_000));
    let waiting = post(&server.client, "/api/v1/import", &[], &long(10));
    until_it_runs(&server.client, &running);
    let delete = |client: &Client, address: &str| client.request("DELETE", address, &[], b"").unwrap();
    delete(&stranger, &running).problem(404);
    delete(&reader, &running).problem(403);
    for address in [&waiting, &running] {
        let job = delete(&server.client, address).expect(200);
        assert_eq!(job["state"], "cancelled", "{job}");
        assert!(job["error"].as_str().unwrap().contains("send the file again"), "{job}");
        assert!(delete(&server.client, address).problem(409).contains("ended already"));
    }
    let events = server.client.get_with(&running, &[("accept", "text/event-stream")]).text();
    assert!(events.contains("cancelled"), "a stream of it ends: {events}");
    let next = post(&server.client, "/api/v1/import", &[], &long(10));
    assert_eq!(ended(&server.client, &next)["state"], "done", "those that follow are done");
    assert_eq!(server.client.get(&running).expect(200)["state"], "cancelled", "it stays what it is");
    assert_eq!(files(&server), 0, "its file is gone");
    assert!(delete(&server.client, &next).problem(409).contains("ended already"));
    delete(&server.client, "/api/v1/jobs/none").problem(404);
    let metric = &server.client.get("/api/v1/metrics").expect(200)["metrics"][0];
    assert!(metric["count"].as_u64().unwrap() < 300_000, "{metric}");
    assert_sound(&server.app);
}

#[test]
fn people_take_turns_with_their_imports() {
    let server = InProcess::start();
    let ben = server.client.with_key(Some(&server.key("ben", &health_export::model::key::Scope::ALL)));
    let first = post(&server.client, "/api/v1/import", &[], &long(300_000));
    until_it_runs(&server.client, &first);
    let owners: Vec<String> = (0..4).map(|_| post(&server.client, "/api/v1/import", &[], &long(2_000))).collect();
    let his = post(&ben, "/api/v1/import", &[], &long(10));
    // It has kept the others waiting, however slow the machine, or it would have ended already.
    server.client.request("DELETE", &first, &[], b"").unwrap().expect(200);
    let ended_at = |client: &Client, address: &str| {
        ended(client, address);
        let id = address.rsplit('/').next().unwrap().to_owned();
        let sql = "SELECT finished_at_ms FROM job WHERE public_id = ?1";
        server.app.store.reader().unwrap().query_row(sql, [id], |row| row.get::<_, i64>(0)).unwrap()
    };
    let his = ended_at(&ben, &his);
    let owners: Vec<i64> = owners.iter().map(|address| ended_at(&server.client, address)).collect();
    assert!(his <= owners[0] && owners.is_sorted(), "{his} {owners:?}");
}

#[test]
fn a_zip_whose_checksum_is_wrong_fails_and_says_so() {
    let server = InProcess::start();
    let text = long(20_000);
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let mut made = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        made.start_file("apple_health_export/export.xml", options).unwrap();
        std::io::Write::write_all(&mut made, &text).unwrap();
        let whole = made.finish().unwrap().into_inner();
        let checksum = whole[14..18].to_vec();
        let mut wrong = whole.clone();
        let places: Vec<usize> = (0..wrong.len() - 4).filter(|at| wrong[*at..*at + 4] == checksum[..]).collect();
        assert_eq!(places.len(), 2, "in both headers");
        places.iter().for_each(|at| wrong[*at] ^= 1);
        let job = ended(&server.client, &post(&server.client, "/api/v1/import", &[], &wrong));
        assert_eq!(job["state"], "failed", "{job}");
        assert!(job["error"].as_str().unwrap().contains("checksum"), "{job}");
        let job = ended(&server.client, &post(&server.client, "/api/v1/import", &[], &whole));
        assert_eq!(job["state"], "done", "{job}");
    }
}
