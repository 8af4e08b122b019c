//! Holds off a log that tells of somebody's life: everything is sent, asked, refused and broken once at the level debug, and
//! nothing of it may stand in what the program writes to standard error.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{Client, RealServer, apple, body, jobs};

/// What is recognisable, and in none of the program's own words: values, names, notes, dates, and what was no value at all.
const SECRETS: &[&str] = &[
    "73190426",
    "64.0625",
    "Zenobia",
    "zenobia_secret_metric",
    "Quillfeather",
    "brainfog",
    "Migraine-Diary",
    "not-a-qty",
    "2024-05-17",
    "2024-05-18",
    "1715904000",
    "start=",
    "token=",
    "limit=17",
    "strat",
    "carries no sense",
    "export-zenobia",
    "ZEN0B1A999",
];

/// The program with its log in a file.
struct Logged {
    process: Child,
    client: Client,
}

impl Logged {
    fn start(data_dir: &Path, log: &Path, form: &str) -> Logged {
        let mut process = Command::new(env!("CARGO_BIN_EXE_health-export"))
            .args(["--log", "debug", "--log-format", form, "--home-zone", "UTC", "--data-dir"])
            .arg(data_dir)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(File::options().append(true).create(true).open(log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split_whitespace().last().unwrap_or_else(|| panic!("it said {line:?}")).to_owned();
        Logged { process, client: Client::new(&base, None) }
    }

    /// Asks it to end, so that what it says then is in the log too.
    fn end(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends what is understood, what is not, and what is broken.
fn send(client: &Client, key: &str) {
    let named = [("automation-name", "Migraine-Diary"), ("automation-id", "Quillfeather-1")];
    let points = json!([
        {"date": "2024-05-17 01:00:00 +0000", "qty": 73190426, "source": "Zenobia's Watch"},
        {"date": "2024-05-17 01:00:00 +0000", "qty": "not-a-qty", "source": "Zenobia's Watch"}
    ]);
    client
        .post("/api/v1/ingest", &named, body("zenobia_secret_metric", "things", points.clone()).to_string().as_bytes())
        .expect(200);
    client.ingest(&body("step_count", "count", points)).expect(200);
    let symptoms = json!({"data": {"symptoms": [{"start": "2024-05-17 08:00:00 +0000", "end": "2024-05-17 09:00:00 +0000",
        "name": "brainfog", "severity": "Quillfeather", "userEntered": true, "source": "Zenobia"}]}});
    client.ingest(&symptoms).expect(200);
    client.post("/api/v1/ingest", &[], b"73190426 of Zenobia carries no sense").problem(400);
    client.post("/api/v1/ingest", &[("content-encoding", "gzip")], b"Zenobia 73190426").problem(415);
    client.post("/api/v1/ingest?strat=Quillfeather-73190426", &[], b"{}");
    let bare = client.with_key(None);
    let address = format!("/api/v1/ingest?type=weight&value=64.0625&unit=kg&date=2024-05-18&token={key}");
    bare.post(&address, &[], b"").expect(200);
    bare.post("/api/v1/ingest?token=he_wrongQuillfeather&value=64.0625&type=weight", &[], b"").problem(401);
}

/// Asks what there is and what there is not.
fn ask(client: &Client) {
    for (path, status) in [
        ("/api/v1/data/zenobia_secret_metric?start=2024-05-17&limit=17", 200),
        ("/api/v1/data/step_count?strat=2024-05-17", 400),
        ("/api/v1/data/zenobia_unknown?start=1715904000", 404),
        ("/api/v1/aggregate/step_count?bucket=day&start=2024-05-17&end=2024-05-18", 200),
        ("/api/v1/aggregate/step_count?start=zenobia", 400),
        ("/api/v1/events/symptoms?code=brainfog", 200),
        ("/api/v1/sources", 200),
        ("/api/v1/coverage?start=2024-05-17", 200),
        ("/api/v1/quarantine?limit=17", 200),
        ("/api/v1/deliveries?automation=Migraine-Diary", 200),
        ("/zenobia/73190426?start=2024-05-17", 404),
        ("/metrics", 200),
    ] {
        assert_eq!(client.get(path).status, status, "{path}");
    }
    assert_eq!(client.get("/api/v1/qr?text=Zenobia-73190426").status, 200);
    for body in [r#"{"code": "ZEN0B1A999"}"#, r#"{"key": "he_wrongQuillfeather"}"#] {
        client.post("/api/v1/session", &[("cookie", "he_session=Quillfeather")], body.as_bytes()).problem(401);
    }
    for format in ["csv", "parquet", "ndjson"] {
        let path = format!("/api/v1/export/samples?format={format}&start=2024-05-17");
        assert_eq!(client.get(&path).status, 200, "{path}");
    }
    assert_eq!(client.get("/api/v1/export/events?format=csv&kind=symptoms").status, 200);
    let wrong = client.with_key(Some("he_wrongQuillfeather"));
    wrong.get("/api/v1/data/step_count?start=2024-05-17").problem(401);
    client.with_key(None).get_with("/api/v1/metrics", &[("x-api-key", "he_wrongQuillfeather")]).problem(401);
    wrong
        .get_with("/api/v1/sources", &[("cookie", "Zenobia=73190426"), ("referer", "http://zenobia.test/?q=73190426")])
        .problem(401);
}

/// Imports over the network and beside the server, what can be read and what cannot.
fn import(client: &Client, data_dir: &Path, log: &Path) {
    let steps = apple::steps(1, 73190426).replace("Phone", "Zenobia's Phone");
    let zip = apple::zip(&[("apple_health_export/export.xml", apple::xml(&steps).as_bytes())]);
    let accepted = client.post("/api/v1/import?name=export-zenobia.zip", &[], &zip).expect(202);
    assert_eq!(jobs::ended(client, accepted["status_url"].as_str().unwrap())["state"], "done");
    let broken =
        client.post("/api/v1/import?name=export-zenobia.xml", &[], b"73190426 of Zenobia carries no sense").json();
    if let Some(address) = broken["status_url"].as_str() {
        assert_eq!(jobs::ended(client, address)["state"], "failed");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.json");
    std::fs::write(&file, "73190426 of Zenobia carries no sense").unwrap();
    let beside = Command::new(env!("CARGO_BIN_EXE_health-export"))
        .args(["--log", "debug", "--data-dir"])
        .arg(data_dir)
        .arg("import")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(File::options().append(true).open(log).unwrap())
        .status();
    beside.unwrap();
}

/// Nothing but the beginnings of keys, which all share the first three letters.
fn parts(key: &str) -> Vec<&str> {
    vec![key, &key[..12], &key[3..15], &key[key.len() - 12..]]
}

#[track_caller]
fn assert_private(log: &str, keys: &[String]) {
    let parts: Vec<&str> = keys.iter().flat_map(|key| parts(key)).collect();
    for secret in SECRETS.iter().chain(&parts) {
        let found: Vec<&str> =
            log.lines().filter(|line| line.to_lowercase().contains(&secret.to_lowercase())).collect();
        assert!(found.is_empty(), "the log tells {secret}: {found:#?}");
    }
}

/// A run with one form of the log, whose lines all must be of that form.
fn run(form: &str, is_line: fn(&str) -> bool) {
    let (folder, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = logs.path().join("log");
    let keys = ["ingest,read,export", "ingest"].map(|scopes| RealServer::create_key(folder.path(), scopes));
    let server = Logged::start(folder.path(), &log, form);
    let client = server.client.with_key(Some(&keys[0]));
    send(&client, &keys[1]);
    ask(&client);
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(told.lines().all(is_line), "a line is not of the form {form}:\n{told}");
    import(&client, folder.path(), &log);
    server.end();
    let told = std::fs::read_to_string(&log).unwrap();
    // It did log: each request, under its route.
    assert!(
        told.matches("/api/v1/data/{metric}").count() >= 4 && told.matches("/api/v1/ingest").count() >= 8,
        "{told}"
    );
    assert_private(&told, &[keys.to_vec(), vec!["he_wrongQuillfeather".into()]].concat());
}

#[test]
fn the_log_tells_nothing_of_anybody() {
    run("auto", |line| line.len() > 20 && line.as_bytes()[4] == b'-' && line.contains(": "));
}

#[test]
fn nor_do_logs_in_the_other_forms() {
    run("json", |line| serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line["level"].is_string()));
    run("journal", |line| line.as_bytes()[0] == b'<' && line.as_bytes()[2] == b'>');
}
