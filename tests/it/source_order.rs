//! Holds off a wrong source: which one counts where several have told of one moment, in totals, levels, nights and workouts,
//! whatever the sources are called and in whichever order their deliveries come.

use proptest::prelude::*;
use serde_json::{Value, json};

use health_export::model::key::Scope;
use health_export::query::rollups::{refresh, verify};

use crate::support::apple::{import_bytes, receipt, xml, zip};
use crate::support::{Client, InProcess, body, jobs};

const FOX: &str = "\u{1f98a}";
const WATCH: &str =
    "<<HKDevice: 0x1>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.4>";
const PHONE: &str =
    "<<HKDevice: 0x2>, name:iPhone, manufacturer:Apple Inc., model:iPhone, hardware:iPhone14,5, software:17.1>";

/// Name, version and device of who writes.
type Writer<'a> = (&'a str, &'a str, &'a str);

const BY_FOX: Writer = (FOX, "9.4", WATCH);
const BY_ANN: Writer = ("Ann", "17.1", PHONE);

fn time(minute: i64) -> String {
    let at = jiff::Timestamp::from_second(1_709_625_600 + minute * 60).unwrap();
    at.strftime("%Y-%m-%d %H:%M:%S +0000").to_string()
}

fn signed((name, version, device): Writer) -> String {
    let device = device.replace('<', "&lt;").replace('>', "&gt;");
    let told = |key: &str, text: &str| if text.is_empty() { String::new() } else { format!(" {key}=\"{text}\"") };
    format!("{}{}{}", told("sourceName", name), told("sourceVersion", version), told("device", &device))
}

/// A record of minutes after 2024-03-05T08:00:00Z.
fn record(kind: &str, writer: Writer, (start, end): (i64, i64), value: &str) -> String {
    let (name, unit) = match kind {
        "StepCount" => ("HKQuantityTypeIdentifierStepCount", " unit=\"count\""),
        "HeartRate" => ("HKQuantityTypeIdentifierHeartRate", " unit=\"count/min\""),
        "BodyMass" => ("HKQuantityTypeIdentifierBodyMass", " unit=\"kg\""),
        "Sleep" => ("HKCategoryTypeIdentifierSleepAnalysis", ""),
        "Stand" => ("HKCategoryTypeIdentifierAppleStandHour", ""),
        other => panic!("{other}"),
    };
    format!(
        "<Record type=\"{name}\"{unit}{} startDate=\"{}\" endDate=\"{}\" value=\"{value}\"/>\n",
        signed(writer),
        time(start),
        time(end)
    )
}

fn by_hand(record: &str) -> String {
    record.replace("/>", "><MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/></Record>")
}

fn workout(writer: Writer, (start, end): (i64, i64), inside: &str) -> String {
    format!(
        "<Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" duration=\"{}\" durationUnit=\"min\"{} \
         startDate=\"{}\" endDate=\"{}\">{inside}</Workout>\n",
        end - start,
        signed(writer),
        time(start),
        time(end)
    )
}

/// An export with records of these writers, so many each.
fn steps(writers: &[(Writer, i64)]) -> String {
    let of = |(at, (writer, count)): (i64, &(Writer, i64))| -> String {
        (0..*count)
            .map(|minute| record("StepCount", *writer, (1000 * at + minute, 1000 * at + minute + 1), "9"))
            .collect()
    };
    (0..).zip(writers).map(of).collect()
}

fn import(server: &InProcess, children: &str) {
    receipt(import_bytes(server, "export.xml", xml(children).as_bytes()));
}

/// Each piece is an export of its own, in this order and in the other.
fn in_both_orders(pieces: &[String], check: impl Fn(&InProcess)) {
    for backwards in [false, true] {
        let server = InProcess::start();
        let mut pieces: Vec<&String> = pieces.iter().collect();
        if backwards {
            pieces.reverse();
        }
        pieces.iter().for_each(|children| import(&server, children));
        check(&server);
    }
}

fn sources(client: &Client) -> Vec<(String, String)> {
    let listed = client.get("/api/v1/sources").expect(200);
    let text = |source: &Value, key: &str| source[key].as_str().unwrap().to_owned();
    listed["sources"].as_array().unwrap().iter().map(|one| (text(one, "name"), text(one, "kind"))).collect()
}

fn as_told(sources: &[(&str, &str)]) -> Vec<(String, String)> {
    sources.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

/// The statistic of the whole day, from samples and then from rollups.
#[track_caller]
fn assert_day(server: &InProcess, metric: &str, stat: &str, expected: f64) {
    let address = format!("/api/v1/aggregate/{metric}?bucket=day&stat={stat}&start=2024-03-05&end=2024-03-06");
    for _ in 0..2 {
        let answer = server.client.get(&address).expect(200);
        let found = answer["points"][0][stat].as_f64();
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{metric} {stat}: {answer}");
        refresh(&server.app.store, &server.app.engine, &server.app.home()).unwrap();
    }
    let wrong = verify(&server.app.store, &server.app.engine, &server.app.home()).unwrap();
    assert_eq!(wrong, Vec::<String>::new());
}

fn asleep(server: &InProcess, date: &str) -> f64 {
    let nights = server.client.get(&format!("/api/v1/sleep?start={date}")).expect(200);
    nights["nights"][0]["asleep_minutes"].as_f64().unwrap()
}

/// The sources of the workouts that count in a total.
fn counted(client: &Client) -> Vec<String> {
    let listed = client.get("/api/v1/workouts").expect(200);
    let all = listed["workouts"].as_array().unwrap().iter();
    all.filter(|one| one.get("covered_by").is_none()).map(|one| one["source"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn most_of_the_records_decide_in_any_order_of_deliveries() {
    let few = steps(&[(("Robin", "17.1", PHONE), 2), (("Sam", "9.4", WATCH), 2)]);
    let many = steps(&[(("Robin", "9.4", WATCH), 9), (("Sam", "17.1", PHONE), 9)]);
    in_both_orders(&[few, many], |server| {
        assert_eq!(sources(&server.client), as_told(&[("Robin", "watch"), ("Sam", "phone")]));
    });
}

#[test]
fn exports_of_other_times_add_up_and_repeats_do_not() {
    let at = |writer: Writer, from: i64, count: i64| -> String {
        (from..from + count).map(|minute| record("StepCount", writer, (minute, minute + 1), "9")).collect()
    };
    let (phone, watch) = (("Robin", "17.1", PHONE), ("Robin", "9.4", WATCH));
    let pieces = [at(phone, 0, 4), at(watch, 100, 3), at(phone, 0, 4), at(watch, 200, 3)];
    in_both_orders(&pieces, |server| assert_eq!(sources(&server.client), as_told(&[("Robin", "watch")])));
}

#[test]
fn a_kind_belongs_to_the_person() {
    let server = InProcess::start();
    import(&server, &steps(&[(("Robin", "9.4", WATCH), 9)]));
    let other = server.client.with_key(Some(&server.key("sam", &[Scope::Read, Scope::Ingest, Scope::Admin])));
    let file = zip(&[("apple_health_export/export.xml", xml(&steps(&[(("Robin", "17.1", PHONE), 1)])).as_bytes())]);
    jobs::import(&other, &file);
    assert_eq!(sources(&server.client), as_told(&[("Robin", "watch")]));
    assert_eq!(sources(&other), as_told(&[("Robin", "phone")]));
}

#[test]
fn an_app_whose_version_looks_like_the_systems_is_none() {
    let apps =
        steps(&[(("GymTimer", "9.1", WATCH), 20), (("AutoSleep", "9.4.2", WATCH), 20), (("Tracker", "17", PHONE), 20)]);
    in_both_orders(&[apps, steps(&[(BY_FOX, 3), (BY_ANN, 3)])], |server| {
        let found = sources(&server.client);
        assert_eq!(found[..2], as_told(&[(FOX, "watch"), ("Ann", "phone")]), "{found:?}");
        assert!(found[2..].iter().all(|(_, kind)| kind == "other"), "{found:?}");
    });
}

#[test]
fn without_a_device_an_app_called_watch_is_none_beside_a_real_one() {
    let apps =
        steps(&[(("Sleep Watch", "", ""), 9), (("Watch your Steps", "", ""), 9), (("My Phone Steps", "", ""), 9)]);
    in_both_orders(&[apps, steps(&[(BY_FOX, 3), (BY_ANN, 3)])], |server| {
        let found = sources(&server.client);
        assert_eq!(found[..2], as_told(&[(FOX, "watch"), ("Ann", "phone")]), "{found:?}");
        assert!(found[2..].iter().all(|(_, kind)| kind == "other"), "{found:?}");
    });
}

/// Points of steps as the app sends them: the first and last minute, of one minute each.
fn sent(metric: &str, source: &str, minutes: std::ops::Range<i64>, value: f64) -> Value {
    let point =
        |minute: i64| json!({"startDate": time(minute), "endDate": time(minute + 1), "qty": value, "source": source});
    body(metric, if metric == "heart_rate" { "count/min" } else { "count" }, minutes.map(point).collect())
}

fn ingest(client: &Client, body: &Value) {
    let receipt = client.post("/api/v1/ingest", &[("automation-aggregation", "none")], body.to_string().as_bytes());
    assert_eq!(receipt.expect(200)["quarantined"], 0);
}

#[test]
fn what_only_a_watch_measures_tells_a_watch_whatever_its_name() {
    let stood = body("apple_stand_hour", "count", json!([{"date": time(0), "qty": 1, "source": FOX}]));
    let all = [
        sent("step_count", "GymTimer", 0..9, 70.0),
        sent("step_count", "SleepWatch", 0..9, 80.0),
        sent("step_count", "Ann\u{2019}s iPhone", 0..9, 50.0),
        sent("step_count", FOX, 0..3, 60.0),
        stood,
    ];
    for backwards in [false, true] {
        let server = InProcess::start();
        let mut all: Vec<&Value> = all.iter().collect();
        if backwards {
            all.reverse();
        }
        all.iter().for_each(|body| ingest(&server.client, body));
        let found = sources(&server.client);
        assert_eq!(found[..2], as_told(&[(FOX, "watch"), ("Ann\u{2019}s iPhone", "phone")]), "{found:?}");
        assert_day(&server, "step_count", "sum", 3.0 * 60.0 + 6.0 * 50.0);
    }
}

#[test]
fn the_last_of_two_levels_of_one_moment_is_the_watchs() {
    for (kind, metric) in [("HeartRate", "heart_rate"), ("BodyMass", "weight_body_mass")] {
        let of_app = record(kind, ("HeartWatch", "30000", WATCH), (0, 0), "90")
            + &record(kind, ("HeartWatch", "30000", WATCH), (-9, -9), "91");
        in_both_orders(&[of_app, record(kind, BY_FOX, (0, 0), "60")], |server| {
            assert_day(server, metric, "last", 60.0);
            assert_day(server, metric, "max", 91.0);
        });
        let of_app = record(kind, BY_FOX, (0, 0), "60");
        in_both_orders(&[of_app, by_hand(&record(kind, ("Health", "17.1", ""), (0, 0), "65"))], |server| {
            assert_day(server, metric, "last", 65.0);
        });
    }
}

#[test]
fn a_night_is_the_watchs_and_not_that_of_an_app_on_it() {
    let stage = |stage: &str| format!("HKCategoryValueSleepAnalysis{stage}");
    let app: String = (0..9)
        .map(|at| record("Sleep", ("AutoSleep", "9.1", WATCH), (900 + at * 60, 960 + at * 60), &stage("AsleepCore")))
        .collect();
    let watch = record("Sleep", BY_FOX, (900, 1200), &stage("AsleepDeep"))
        + &record("Sleep", BY_FOX, (1200, 1440), &stage("Awake"));
    in_both_orders(&[app, watch], |server| assert_eq!(asleep(server, "2024-03-06"), 300.0));
}

#[test]
fn a_night_entered_by_hand_outranks_the_watch() {
    let stage = |stage: &str| format!("HKCategoryValueSleepAnalysis{stage}");
    let watch = record("Sleep", BY_FOX, (900, 1000), &stage("Awake"))
        + &record("Sleep", BY_FOX, (1000, 1200), &stage("AsleepCore"));
    let hand = by_hand(&record("Sleep", ("Health", "17.1", ""), (900, 1100), &stage("AsleepUnspecified")));
    in_both_orders(&[watch, hand], |server| {
        assert_eq!(asleep(server, "2024-03-05"), 300.0);
    });
}

#[test]
fn a_minute_entered_by_hand_counts_within_a_longer_stretch_of_its_own_source() {
    let stage = |stage: &str| format!("HKCategoryValueSleepAnalysis{stage}");
    let ring = ("Ring", "17.1", "");
    let watch = record("Sleep", BY_FOX, (900, 1252), &stage("AsleepCore"));
    let measured = record("Sleep", ring, (943, 1241), &stage("Awake"));
    let hand = by_hand(&record("Sleep", ring, (1240, 1241), &stage("Awake")));
    for of_ring in [measured.clone() + &hand, hand + &measured] {
        in_both_orders(&[watch.clone(), of_ring], |server| assert_eq!(asleep(server, "2024-03-05"), 351.0));
    }
}

#[test]
fn a_watch_that_has_only_recorded_workouts_is_one() {
    let run = workout(BY_FOX, (0, 30), "");
    let app = workout(("GymTimer", "5.2", WATCH), (0, 31), "") + &steps(&[(("GymTimer", "5.2", WATCH), 9)]);
    in_both_orders(&[run, app], |server| assert_eq!(counted(&server.client), [FOX]));
}

#[test]
fn a_workout_entered_by_hand_counts_in_place_of_what_was_measured() {
    let run = workout(BY_FOX, (0, 30), "") + &steps(&[(BY_FOX, 3)]);
    let hand = workout(("Health", "17.1", ""), (0, 31), "<MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/>");
    in_both_orders(&[run, hand], |server| assert_eq!(counted(&server.client), ["Health"]));
}

#[test]
fn what_was_entered_by_hand_outranks_the_watch_from_either_sender_and_in_rollups() {
    let watch = record("StepCount", BY_FOX, (0, 120), "100");
    let hand = by_hand(&record("StepCount", ("Health", "17.1", ""), (30, 90), "4000"));
    in_both_orders(&[watch, hand], |server| assert_day(server, "step_count", "sum", 4050.0));
    for marked in [
        json!({"metadata": {"HKWasUserEntered": true}}),
        json!({"metadata": {"HKWasUserEntered": 1}}),
        json!({"wasUserEntered": true}),
    ] {
        let mut point = json!({"startDate": time(30), "endDate": time(90), "qty": 4000, "source": "Health"});
        point.as_object_mut().unwrap().extend(marked.as_object().unwrap().clone());
        let server = InProcess::start();
        ingest(&server.client, &body("step_count", "count", json!([point])));
        let watch =
            json!([{"startDate": time(0), "endDate": time(120), "qty": 100, "source": "Robin\u{2019}s Apple Watch"}]);
        ingest(&server.client, &body("step_count", "count", watch));
        assert_day(&server, "step_count", "sum", 4050.0);
    }
}

const STOOD: &str = "HKCategoryValueAppleStandHourStood";
const IDLE: &str = "HKCategoryValueAppleStandHourIdle";

#[test]
fn an_hour_stood_on_either_of_two_watches_counts_once() {
    let other: Writer = (
        "Robin\u{2019}s Apple Watch",
        "10.2",
        "<<HKDevice: 0x9>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch7,5, software:10.2>",
    );
    let hours = |writer: Writer, hours: &[(i64, bool)]| -> String {
        let hour = |(hour, stood): &(i64, bool)| {
            record("Stand", writer, (hour * 60, hour * 60 + 60), if *stood { STOOD } else { IDLE })
        };
        hours.iter().map(hour).collect()
    };
    // Stood: 0, 1, 2 and 4, 5; both say 1.
    let one = hours(BY_FOX, &[(0, true), (1, true), (2, false), (3, false), (4, true)]);
    let two = hours(other, &[(0, false), (1, true), (2, true), (3, false), (5, true)]);
    in_both_orders(&[one, two], |server| {
        assert_day(server, "apple_stand_hour", "sum", 5.0);
        let hours = server
            .client
            .get("/api/v1/aggregate/apple_stand_hour?bucket=hour&stat=sum&start=2024-03-05&end=2024-03-06")
            .expect(200);
        let sums: Vec<f64> =
            hours["points"].as_array().unwrap().iter().map(|hour| hour["sum"].as_f64().unwrap()).collect();
        assert_eq!(sums, [1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        let why = server.client.get("/api/v1/explain/apple_stand_hour?date=2024-03-05").expect(200);
        assert_eq!(why["value"], 5.0, "{why}");
    });
}

#[test]
fn stand_hours_of_two_watches_from_the_app_are_the_union() {
    let hour = |hour: i64, qty: i64, source: &str| json!({"date": time(hour * 60), "qty": qty, "source": source});
    let (one, other) = ("Robin\u{2019}s Apple Watch", "Sport Apple Watch");
    let all = [
        json!([hour(0, 1, one), hour(1, 1, one), hour(3, 1, one), hour(4, 0, one)]),
        json!([hour(1, 1, other), hour(2, 1, other), hour(3, 0, other), hour(4, 1, other)]),
    ];
    let together: Vec<Value> = all.iter().flat_map(|points| points.as_array().unwrap().clone()).collect();
    for told in [vec![all[0].clone(), all[1].clone()], vec![all[1].clone(), all[0].clone()], vec![json!(together)]] {
        let server = InProcess::start();
        told.iter().for_each(|points| ingest(&server.client, &body("apple_stand_hour", "count", points.clone())));
        assert_day(&server, "apple_stand_hour", "sum", 5.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..Default::default() })]

    /// Of each hour, what each of three watches says: nothing, idle or stood.
    #[test]
    fn stand_hours_are_the_union_of_those_of_all_watches(said in prop::collection::vec([0..3_u8, 0..3_u8, 0..3_u8], 14)) {
        let watches = ["Watch", "Robin\u{2019}s Apple Watch", "Sport Apple Watch"];
        let hours = |at: usize| -> String {
            let told = (0..).zip(&said).filter(|(_, said)| said[at] > 0);
            told.map(|(hour, said): (i64, &[u8; 3])| {
                let value = if said[at] == 2 { STOOD } else { IDLE };
                record("Stand", (watches[at], "", ""), (hour * 60, hour * 60 + 60), value)
            })
            .collect()
        };
        let server = InProcess::start();
        // So that there is a day to speak of.
        import(&server, &record("Stand", ("Old Apple Watch", "", ""), (840, 900), STOOD));
        (0..3).for_each(|at| import(&server, &hours(at)));
        let stood = said.iter().filter(|said| said.contains(&2)).count();
        assert_day(&server, "apple_stand_hour", "sum", 1.0 + stood as f64);
    }
}

#[test]
fn equals_have_one_order_whichever_came_first() {
    let pairs =
        [("Anna Ring", "Zoe Band"), ("Band A", "Band B"), ("Ring", "Strap"), ("Alpha", "Omega"), ("Blue", "Red")];
    let mut by_name = 0;
    for (one, other) in pairs {
        let firsts = [[one, other], [other, one]].map(|order| {
            let server = InProcess::start();
            order.iter().for_each(|source| ingest(&server.client, &sent("step_count", source, 0..3, 5.0)));
            sources(&server.client)[0].0.clone()
        });
        assert_eq!(firsts[0], firsts[1], "{one} {other}");
        by_name += usize::from(firsts[0] == one);
    }
    assert!(by_name < pairs.len(), "never by the alphabet");
}

#[test]
fn equal_workouts_of_two_apps_count_alike_whichever_came_first() {
    let mut by_name = 0;
    let pairs = [("Runner A", "Runner B"), ("Alpha", "Omega"), ("Blue", "Red"), ("One", "Two")];
    for (one, other) in pairs {
        let told = [one, other].map(|name| workout((name, "", ""), (0, 30), ""));
        let firsts = [[0, 1], [1, 0]].map(|order| {
            let server = InProcess::start();
            order.iter().for_each(|at| import(&server, &told[*at]));
            counted(&server.client)
        });
        assert_eq!((firsts[0].len(), &firsts[0]), (1, &firsts[1]), "{one} {other}");
        by_name += usize::from(firsts[0] == [one]);
    }
    assert!(by_name < pairs.len(), "never by the alphabet");
}
