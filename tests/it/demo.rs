//! Holds off the demo that shows an empty page: the real command makes up a person, and everything that a page asks about is
//! there; the same again is the same, and nothing is left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use health_export::model::event::KINDS;
use health_export::synth::demo::Demo;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::Client;

/// The first day that is left out, of most tests.
const UNTIL: &str = "2026-03-02";

/// A demo that runs, in a folder for temporary files of its own.
struct Running {
    process: Child,
    client: Client,
    code: String,
    folder: tempfile::TempDir,
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_health-export"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HEALTH_EXPORT_")) {
        command.env_remove(name);
    }
    command.env("TMPDIR", folder).arg("demo").args(arguments);
    if !arguments.contains(&"--home-zone") {
        command.args(["--home-zone", "Europe/Berlin"]);
    }
    command
}

fn start(arguments: &[&str]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut process =
        command(folder.path(), arguments).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told: Vec<String> = lines.take_while(|line| !line.starts_with("Ctrl-C")).collect();
    let last_word = |line: &str| line.split_whitespace().last().unwrap().to_owned();
    let base = last_word(told.first().expect("it ended without a word"));
    let code = told[1].split(['#', ' ']).nth(2).unwrap().to_owned();
    let key = told.get(2).map(|line| line.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap());
    Running { process, client: Client::new(&base, key), code, folder }
}

impl Running {
    fn get(&self, path: &str) -> Value {
        self.client.get(path).expect(200)
    }

    /// Start and value of each bucket.
    fn points(&self, question: &str, stat: &str) -> Vec<(String, f64)> {
        let answer = self.get(&format!("/api/v1/aggregate/{question}&stat={stat}"));
        let points = answer["points"].as_array().unwrap().iter();
        points.map(|point| (point["start"].as_str().unwrap()[..10].to_owned(), point[stat].as_f64().unwrap())).collect()
    }

    fn entries(&self, path: &str, list: &str) -> Vec<Value> {
        self.get(path)[list].as_array().unwrap_or_else(|| panic!("{path} has no {list}")).clone()
    }

    /// Ends it by a signal, and looks that nothing is left.
    fn end(mut self, signal: Signal) {
        assert!(!is_empty(self.folder.path()));
        signal_to(&self.process, signal);
        assert!(ended(&mut self.process).success());
        assert!(is_empty(self.folder.path()));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn signal_to(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
}

fn ended(process: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it does not end");
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

fn refused(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stderr, .. } = command(folder.path(), arguments).output().unwrap();
    assert!(!status.success(), "{arguments:?}");
    assert!(is_empty(folder.path()), "{arguments:?}");
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_person_with_something_on_every_page() {
    let demo = start(&["--until", UNTIL]);
    has_all_metrics(&demo);
    has_nights_of_every_sort(&demo);
    has_workouts(&demo);
    has_a_diary(&demo);
    has_a_gap_and_odd_things(&demo);
    has_something_to_find(&demo);
    demo.end(Signal::INT);
}

fn has_all_metrics(demo: &Running) {
    let listed = demo.entries("/api/v1/metrics", "metrics");
    let names: BTreeSet<&str> = listed.iter().map(|metric| metric["name"].as_str().unwrap()).collect();
    let of_pages = "step_count walking_running_distance flights_climbed active_energy basal_energy_burned \
        apple_exercise_time apple_stand_hour heart_rate resting_heart_rate heart_rate_variability \
        walking_heart_rate_average vo2_max blood_oxygen_saturation respiratory_rate apple_sleeping_wrist_temperature \
        weight_body_mass body_fat_percentage lean_body_mass body_mass_index blood_pressure_systolic \
        blood_pressure_diastolic walking_speed walking_steadiness time_in_daylight headphone_audio_exposure \
        dietary_energy dietary_water dietary_caffeine cycling_distance swimming_distance treadmill_incline";
    for name in of_pages.split_whitespace() {
        assert!(names.contains(name), "{name}");
    }
    // What the strip of today shows has come in the last week, and the totals before now are plausible.
    for (name, low, high) in [
        ("step_count", 1500.0, 30_000.0),
        ("active_energy", 150.0, 2500.0),
        ("apple_exercise_time", 0.0, 400.0),
        ("apple_stand_hour", 5.0, 18.0),
        ("basal_energy_burned", 1400.0, 1800.0),
    ] {
        let days = demo.points(&format!("{name}?bucket=day&start=2026-02-23&end={UNTIL}"), "sum");
        assert!(days.len() >= 5, "{name}: {days:?}");
        assert!(days.iter().all(|(_, sum)| (low..=high).contains(sum)), "{name}: {days:?}");
    }
    for name in "resting_heart_rate heart_rate_variability heart_rate weight_body_mass blood_oxygen_saturation \
        respiratory_rate vo2_max"
        .split_whitespace()
    {
        let days = demo.points(&format!("{name}?bucket=day&start=2026-02-23&end={UNTIL}"), "avg");
        assert!(!days.is_empty(), "{name}");
    }
    let believed: f64 = demo.points("step_count?bucket=year", "sum").iter().map(|(_, sum)| sum).sum();
    let added: f64 = demo.points("step_count?bucket=year&dedupe=none", "sum").iter().map(|(_, sum)| sum).sum();
    assert!(added > 1.2 * believed, "{added} and {believed}: a watch and a phone count the same walks");
}

fn has_nights_of_every_sort(demo: &Running) {
    let nights = demo.entries("/api/v1/sleep?limit=400", "nights");
    assert!((330..365).contains(&nights.len()), "{}, so that some are missing", nights.len());
    let minutes = |night: &Value, stage: &str| night["stages"][stage].as_f64().unwrap_or(0.0);
    let staged = nights.iter().filter(|night| minutes(night, "deep") > 20.0 && minutes(night, "rem") > 20.0).count();
    let unstaged = nights.iter().filter(|night| minutes(night, "unspecified") > 200.0).count();
    assert!(staged > 250 && unstaged > 15, "{staged} and {unstaged}");
    assert!(nights.iter().all(|night| (180.0..800.0).contains(&night["asleep_minutes"].as_f64().unwrap())));
    let ends = |night: &&Value| {
        night["segments"].as_array().unwrap().last().unwrap()["end"].as_str().unwrap()[11..13].to_owned()
    };
    assert!(nights.iter().filter(|night| ends(night).as_str() >= "14").count() > 3, "no naps");
}

fn has_workouts(demo: &Running) {
    let workouts = demo.entries("/api/v1/workouts?limit=1000&order=desc", "workouts");
    let kinds: BTreeSet<&str> = workouts.iter().map(|workout| workout["type"].as_str().unwrap()).collect();
    assert!(kinds.len() >= 5 && workouts.len() > 150, "{kinds:?}");
    let longest = workouts.iter().filter(|one| one["type"] == "running");
    let longest = longest.map(|run| run["figures"]["distance"]["value"].as_f64().unwrap()).fold(0.0, f64::max);
    assert!((41.5..43.5).contains(&longest), "{longest} is no marathon");
    let run = workouts.iter().find(|one| one["type"] == "running").unwrap();
    let id = run["id"].as_str().unwrap();
    let route = demo.get(&format!("/api/v1/workouts/{id}/route?format=geojson"));
    let way = route["features"][0]["geometry"]["coordinates"].as_array().unwrap().clone();
    assert!(way.len() > 200);
    let part = |place: &Value, which: usize| place[which].as_f64().unwrap();
    assert!(way.iter().all(|place| part(place, 0).abs() < 1.0 && part(place, 1).abs() < 1.0), "that is on land");
    // The way is as long as the workout says.
    let lengths = way.windows(2).map(|pair| {
        let leg = |which| part(&pair[1], which) - part(&pair[0], which);
        leg(0).hypot(leg(1)) * 111.32
    });
    let (length, told) = (lengths.sum::<f64>(), run["figures"]["distance"]["value"].as_f64().unwrap());
    assert!((length - told).abs() < 0.03 * told, "{length} and {told} km");
    let hearts = demo.get(&format!("/api/v1/workouts/{id}/series?name=heart_rate"));
    assert!(hearts.to_string().len() > 2000, "{hearts}");
}

fn has_a_diary(demo: &Running) {
    let kinds = demo.entries("/api/v1/events", "kinds");
    let found: BTreeSet<&str> = kinds.iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(found, BTreeSet::from(KINDS));
    let voltages = demo.entries("/api/v1/events/ecg", "events");
    let id = &voltages[0]["id"];
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let recording = demo.get(&format!("/api/v1/events/ecg/{id}"));
    assert_eq!(recording["series"]["values"].as_array().unwrap().len(), 15_360);
}

fn has_a_gap_and_odd_things(demo: &Running) {
    let coverage = demo.get(&format!("/api/v1/coverage?end={UNTIL}"));
    let entry =
        |name: &str| coverage["entries"].as_array().unwrap().iter().find(|entry| entry["name"] == name).unwrap();
    let gaps =
        |name: &str| entry(name)["gaps"].as_array().unwrap().iter().map(|gap| gap["days"].as_i64().unwrap()).max();
    assert_eq!((gaps("heart_rate"), gaps("step_count")), (Some(7), None), "the watch was away, and the phone was not");
    assert!(entry("dietary_energy")["stopped"]["days_ago"].as_i64().unwrap() >= 20);
    let automations = coverage["automations"].as_array().unwrap();
    let diary = automations.iter().find(|one| one["name"] == "Food diary").unwrap();
    assert_eq!(diary["overdue"], true, "{diary}");
    let deliveries = demo.entries("/api/v1/deliveries?limit=500", "deliveries");
    let names: BTreeSet<&str> = deliveries.iter().filter_map(|one| one["automation_name"].as_str()).collect();
    assert!(names.len() >= 5, "{names:?}");
    assert!(deliveries.iter().any(|one| one["format"] == "shortcuts"));
    let newest = deliveries[0]["received_at"].as_str().unwrap();
    assert!(newest.starts_with("2026-03-01T22:5"), "{newest}: minutes before midnight in Berlin");
    let came: Vec<&str> = deliveries.iter().map(|one| one["received_at"].as_str().unwrap()).collect();
    assert!(came.is_sorted_by(|newer, older| newer >= older));
    let odd = demo.entries("/api/v1/quarantine", "items");
    assert!(odd.len() >= 10, "{odd:?}");
    let unasked = deliveries.iter().filter(|one| one["automation_name"] != "Gym bridge");
    let troubles: Vec<&Value> = unasked.filter(|one| one["quarantined"] != 0 && one["file"] != "export.zip").collect();
    assert!(troubles.is_empty(), "{troubles:?}");
    assert!(deliveries.iter().all(|one| one["refused"] == false));
}

/// The ill week shows in the heart and in the diary, and good sleep in the variability of the heart.
fn has_something_to_find(demo: &Running) {
    let days: BTreeMap<String, f64> = demo.points("resting_heart_rate?bucket=day", "avg").into_iter().collect();
    let fevers = demo.entries("/api/v1/events/symptoms?code=fever&limit=100", "events");
    let ill: BTreeSet<&str> = fevers.iter().map(|fever| &fever["start"].as_str().unwrap()[..10]).collect();
    let mean = |of: Vec<f64>| of.iter().sum::<f64>() / of.len() as f64;
    let of = |is_ill: bool| {
        let (days, ill) = (&days, &ill);
        days.iter().filter(move |(day, _)| ill.contains(day.as_str()) == is_ill).map(|(_, rate)| *rate)
    };
    assert!(ill.len() >= 4, "{ill:?}");
    let (while_ill, else_) = (mean(of(true).collect()), mean(of(false).collect()));
    assert!(while_ill > else_ + 6.0, "{while_ill} and {else_}");
    let nights: BTreeMap<String, f64> = demo
        .entries("/api/v1/sleep?limit=400", "nights")
        .iter()
        .map(|night| (night["date"].as_str().unwrap().to_owned(), night["asleep_minutes"].as_f64().unwrap()))
        .collect();
    let hearts = demo.points("heart_rate_variability?bucket=day", "avg");
    let pairs: Vec<(f64, f64)> = hearts.iter().filter_map(|(day, value)| Some((*nights.get(day)?, *value))).collect();
    let (mean_x, mean_y) =
        (mean(pairs.iter().map(|pair| pair.0).collect()), mean(pairs.iter().map(|pair| pair.1).collect()));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| of(x - mean_x, y - mean_y)).sum::<f64>();
    let correlation = sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    assert!((0.25..0.95).contains(&correlation), "{correlation}");
    let weights = demo.points("weight_body_mass?bucket=month", "avg");
    let of = |month: &str| weights.iter().find(|(start, _)| start.starts_with(month)).unwrap().1;
    assert!(of("2025-03") > of("2025-08") + 2.0, "{weights:?}");
}

#[test]
fn the_same_again_is_the_same() {
    let (one, other) = (start(&["--until", UNTIL]), start(&["--until", UNTIL]));
    for path in [
        "/api/v1/metrics",
        "/api/v1/sleep?limit=400",
        "/api/v1/workouts?limit=1000",
        "/api/v1/events/state_of_mind?limit=1000",
        "/api/v1/data/heart_rate_variability?limit=5000",
        "/api/v1/coverage?end=2026-03-02",
    ] {
        assert!(one.get(path) == other.get(path), "{path}");
    }
    // Sums may differ by the order of adding, which is that of threads.
    for (question, stat) in [("step_count?bucket=day", "sum"), ("heart_rate?bucket=day", "avg")] {
        let (ones, others) = (one.points(question, stat), other.points(question, stat));
        assert_eq!(ones.len(), others.len());
        assert!(ones.len() > 300);
        for (one, other) in ones.iter().zip(&others) {
            assert!(one.0 == other.0 && (one.1 - other.1).abs() < 1e-6, "{question}: {one:?} and {other:?}");
        }
    }
    let received = |demo: &Running| -> Vec<Value> {
        let deliveries = demo.entries("/api/v1/deliveries?limit=500", "deliveries");
        deliveries.iter().map(|one| json!([one["received_at"], one["automation_name"], one["received"]])).collect()
    };
    assert_eq!(received(&one), received(&other));
    other.end(Signal::TERM);
}

/// Automation, time and body of all deliveries over the network.
fn sent(years: i16, until: Date, zone: &str) -> Vec<(Option<&'static str>, i64, Vec<u8>)> {
    let zone = TimeZone::get(zone).unwrap();
    let now = until.to_zoned_datetime(zone.clone()).unwrap().timestamp().as_second();
    let mut sent = Vec::new();
    let demo = Demo::new(1, years, until, now, zone).unwrap();
    let taken = demo.deliveries(|delivery| {
        assert!(delivery.at <= now);
        if delivery.file.is_none() {
            sent.push((delivery.automation, delivery.at, delivery.body));
        }
        Ok(())
    });
    taken.unwrap();
    assert!(sent.is_sorted_by_key(|(_, at, _)| *at));
    sent
}

#[test]
fn a_day_is_the_same_however_many_years_there_are() {
    assert!(sent(1, date(2026, 3, 2), "Europe/Berlin") == sent(3, date(2026, 3, 2), "Europe/Berlin"));
    // A day that never was, days of other lengths, a leap day, an offset of no whole hours.
    for (until, zone) in [
        (date(2012, 2, 1), "Pacific/Apia"),
        (date(2025, 11, 3), "America/New_York"),
        (date(2024, 2, 29), "Australia/Lord_Howe"),
        (date(1951, 1, 1), "Asia/Kathmandu"),
    ] {
        assert!(sent(1, until, zone).len() > 300, "{zone}");
    }
}

#[test]
fn the_code_lets_its_owner_in_once() {
    let demo = start(&["--empty"]);
    let sign_in = || {
        let body = json!({"code": demo.code}).to_string();
        let client = demo.client.with_key(None);
        client.post("/api/v1/session", &[("content-type", "application/json")], body.as_bytes())
    };
    let session = sign_in().expect(200);
    assert_eq!((&session["signed_in"], &session["admin"]), (&json!(true), &json!(true)));
    sign_in().problem(401);
    demo.client.get("/api/v1/metrics").problem(401);
    demo.end(Signal::INT);
}

#[test]
fn stopped_while_it_makes_up_data_it_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--years", "10", "--until", UNTIL, "--listen", "127.0.0.1:0"];
    let mut process = command(folder.path(), &arguments).stdout(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let database =
        |at: &Path| at.read_dir().unwrap().flatten().any(|entry| entry.path().join("tmp/export.zip").exists());
    while !database(folder.path()) && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal_to(&process, Signal::TERM);
    assert!(ended(&mut process).success());
    assert!(is_empty(folder.path()));
    let mut told = String::new();
    std::io::Read::read_to_string(&mut process.stdout.take().unwrap(), &mut told).unwrap();
    assert_eq!(told, "", "it never came to listen");
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, word) in [
        (&["--listen", address.as_str()][..], "--listen"),
        (&["--data-dir", "/nowhere"], "--data-dir"),
        (&["--until", "soon"], "--until"),
        (&["--until=-9999-01-01"], "--until"),
        (&["--until", "1950-12-31"], "--until"),
        (&["--until", "2199-01-01"], "--until"),
        (&["--years", "0"], "--years"),
        (&["--years", "9999"], "--years"),
        (&["--years", "many"], "--years"),
        (&["--home-zone", "Mars/Olympus"], "home_zone"),
        (&["--empty", "--years", "2"], "--empty"),
    ] {
        let told = refused(arguments);
        assert!(told.contains(word) && !told.contains("panicked"), "{arguments:?}: {told}");
    }
}
