//! Holds off a setting that is told as changed and is not: in answers, in rollups, in what comes next, or after a restart.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use health_export::model::key::Scope;
use health_export::query::rollups::{refresh, verify};
use serde_json::{Value, json};

use crate::support::{Answer, Client, InProcess, RealServer, body, command};

/// A server whose home zone is UTC by its file.
fn server() -> InProcess {
    InProcess::start_by_file("# mine\nhome_zone = \"UTC\" # for now\nquery_seconds = 20\n")
}

fn admin(server: &InProcess) -> Client {
    server.client.with_key(Some(&server.key("owner", &[Scope::Admin])))
}

fn put(client: &Client, wanted: &Value) -> Answer {
    client.request("PUT", "/api/v1/settings", &[], wanted.to_string().as_bytes()).unwrap()
}

fn days(client: &Client) -> Vec<(String, f64)> {
    let answer = client.get("/api/v1/aggregate/step_count?bucket=day&stat=sum").expect(200);
    let day = |point: &Value| (point["start"].as_str().unwrap().to_owned(), point["sum"].as_f64().unwrap());
    answer["points"].as_array().unwrap().iter().map(day).collect()
}

#[test]
fn another_home_zone_moves_the_days_at_once() {
    let server = server();
    let admin = admin(&server);
    // 23:30 in UTC is the next day in Berlin.
    let points = json!([{"date": "2024-01-01T12:00:00Z", "qty": 1}, {"date": "2024-01-01T23:30:00Z", "qty": 2}]);
    server.client.ingest(&body("step_count", "count", points)).expect(200);
    let rolled = || refresh(&server.app.store, &server.app.engine, &server.app.home()).unwrap();
    assert!(rolled() > 0);
    assert_eq!(days(&admin), [("2024-01-01T00:00:00Z".into(), 3.0)]);
    let paths =
        ["aggregate/step_count", "sleep", "export/samples?start=2024-01-01"].map(|path| format!("/api/v1/{path}"));
    let tags = || -> Vec<String> { paths.iter().map(|path| admin.get(path).header("etag").to_owned()).collect() };
    let before = tags();

    let changed = put(&admin, &json!({"home_zone": "Europe/Berlin"})).expect(200);
    assert_eq!(changed["home_zone"], json!({"value": "Europe/Berlin", "from": "config.toml", "changeable": true}));
    assert_eq!(admin.get("/api/v1/settings").expect(200), changed);
    let after = [("2024-01-01T00:00:00+01:00".to_owned(), 1.0), ("2024-01-02T00:00:00+01:00".to_owned(), 2.0)];
    assert_eq!(days(&admin), after);
    assert!(
        before.iter().zip(tags()).all(|(before, after)| *before != after),
        "an answer of before must not be taken for one of now"
    );
    assert!(rolled() > 0, "rollups are made anew");
    assert_eq!(days(&admin), after);
    assert_eq!(verify(&server.app.store, &server.app.engine, &server.app.home()).unwrap(), Vec::<String>::new());

    // A time without an offset is of the home zone from now on.
    let local = json!([{"date": "2024-06-01 12:00:00", "qty": 4}]);
    server.client.ingest(&body("flights_climbed", "count", local)).expect(200);
    let sample = admin.get("/api/v1/data/flights_climbed?tz=UTC").expect(200)["samples"][0]["start"].clone();
    assert_eq!(sample, "2024-06-01T10:00:00Z");
}

#[test]
fn other_units_are_those_of_the_next_answer() {
    let server = server();
    let admin = admin(&server);
    server
        .client
        .ingest(&body("weight_body_mass", "kg", json!([{"date": "2024-01-01T12:00:00Z", "qty": 100}])))
        .expect(200);
    let unit = || admin.get("/api/v1/data/weight_body_mass").expect(200)["unit"].clone();
    assert_eq!(unit(), "kg");
    let changed = put(&admin, &json!({"units": "imperial"})).expect(200);
    assert_eq!((&changed["units"]["value"], &changed["home_zone"]["value"]), (&json!("imperial"), &json!("UTC")));
    assert_eq!(unit(), "lb");
    put(&admin, &json!({"units": "metric"})).expect(200);
    assert_eq!(unit(), "kg");
}

#[test]
fn a_wrong_wish_changes_nothing() {
    let server = server();
    let admin = admin(&server);
    let before = admin.get("/api/v1/settings").expect(200);
    for (wanted, says) in [
        (json!({"home_zone": "Mars/Olympus"}), "home_zone"),
        (json!({"home_zone": "../../etc/passwd"}), "home_zone"),
        (json!({"home_zone": ""}), "home_zone"),
        (json!({"home_zone": "UTC\"\nlisten = \"0.0.0.0:1"}), "home_zone"),
        (json!({"home_zone": 1}), "string"),
        (json!({"units": "si"}), "units"),
        (json!({"home_zone": "Europe/Berlin", "units": "si"}), "units"),
        (json!({"listen": "0.0.0.0:1"}), "listen"),
        (json!([]), "body"),
    ] {
        assert!(put(&admin, &wanted).problem(400).contains(says), "{wanted}");
    }
    put(&server.client, &json!({"units": "imperial"})).problem(403);
    admin.get("/api/v1/settings?x=1").problem(400);
    assert_eq!(put(&admin, &json!({})).expect(200), before);
    assert_eq!(server.client.get("/api/v1/settings").expect(200), before);
    let file = std::fs::read_to_string(server.data_dir.path().join("config.toml")).unwrap();
    assert_eq!(file, "# mine\nhome_zone = \"UTC\" # for now\nquery_seconds = 20\n");
}

#[test]
fn what_a_flag_says_is_not_changed_from_here() {
    let server = InProcess::start();
    let admin = admin(&server);
    let told = admin.get("/api/v1/settings").expect(200);
    assert_eq!(told["home_zone"], json!({"value": "UTC", "from": "flag", "changeable": false}));
    assert_eq!(told["units"], json!({"value": "metric", "from": "default", "changeable": true}));
    assert!(put(&admin, &json!({"home_zone": "Europe/Berlin"})).problem(409).contains("--home-zone"));
    put(&admin, &json!({"home_zone": "Europe/Berlin", "units": "imperial"})).problem(409);
    assert_eq!(admin.get("/api/v1/settings").expect(200), told, "not even the half that could be");
    assert!(!server.data_dir.path().join("config.toml").exists());
}

#[test]
fn a_file_that_cannot_be_written_changes_nothing() {
    let server = server();
    let admin = admin(&server);
    let file = server.data_dir.path().join("config.toml");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let detail = put(&admin, &json!({"home_zone": "Europe/Berlin"})).problem(503);
    assert!(detail.contains("config.toml") && detail.contains("nothing was changed"), "{detail}");
    assert_eq!(admin.get("/api/v1/settings").expect(200)["home_zone"]["value"], "UTC");
}

#[test]
fn changes_at_once_leave_the_file_and_what_is_in_force_the_same() {
    let server = server();
    let admin = admin(&server);
    std::thread::scope(|scope| {
        for at in 0..8 {
            let admin = admin.fresh();
            let zone = ["Europe/Berlin", "Asia/Tokyo", "America/New_York", "UTC"][at % 4];
            scope.spawn(move || put(&admin, &json!({"home_zone": zone})).expect(200));
        }
    });
    let value = admin.get("/api/v1/settings").expect(200)["home_zone"]["value"].as_str().unwrap().to_owned();
    let file = std::fs::read_to_string(server.data_dir.path().join("config.toml")).unwrap();
    assert!(file.contains(&format!("home_zone = {value:?}")), "{value}: {file}");
    assert_eq!(server.app.home().iana_name(), Some(&*value));
}

fn serve(mut command: Command) -> RealServer {
    let mut process = command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    RealServer { process, base: line.split_whitespace().last().unwrap().to_owned() }
}

fn settings(server: &RealServer, folder: &Path) -> (Client, Value) {
    let client = Client::new(&server.base, Some(&RealServer::create_key(folder, "admin")));
    let told = client.get("/api/v1/settings").expect(200);
    (client, told)
}

#[test]
fn a_change_is_kept_over_a_restart_and_the_environment_goes_before_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "# mine\nreaders = 8 # few\n").unwrap();
    let running = serve(command(folder.path()));
    let (client, told) = settings(&running, folder.path());
    assert_eq!(told["home_zone"]["from"], "default");
    put(&client, &json!({"home_zone": "Asia/Kathmandu", "units": "as_sent"})).expect(200);
    drop(running);
    let file = std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
    assert!(file.contains("# mine\n") && file.contains("readers = 8 # few"), "{file}");

    let again = serve(command(folder.path()));
    let (_, told) = settings(&again, folder.path());
    assert_eq!(told["home_zone"], json!({"value": "Asia/Kathmandu", "from": "config.toml", "changeable": true}));
    assert_eq!(told["units"]["value"], "as_sent");
    drop(again);

    let mut fixed = command(folder.path());
    fixed.env("HEALTH_EXPORT_HOME_ZONE", "Europe/Paris");
    let fixed = serve(fixed);
    let (client, told) = settings(&fixed, folder.path());
    assert_eq!(told["home_zone"], json!({"value": "Europe/Paris", "from": "environment", "changeable": false}));
    let detail = put(&client, &json!({"home_zone": "Asia/Tokyo"})).problem(409);
    assert!(detail.contains("HEALTH_EXPORT_HOME_ZONE"), "{detail}");
    put(&client, &json!({"units": "metric"})).expect(200);
}
