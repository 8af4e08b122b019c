//! Holds off nights that are on the wrong date, or longer than they were.

use health_export::model::sample::Batch;
use health_export::model::sender::Sender;
use health_export::model::sleep::{NightSummary, Stage};
use serde_json::{Value, json};

use crate::support::InProcess;
use crate::support::check::assert_sound;
use crate::support::fill::{at, deliver_items, sleep};

use Stage::{Asleep, Awake, Core, Deep, InBed, Rem};

const WATCH: &str = "Robin\u{2019}s Apple\u{a0}Watch";
const PHONE: &str = "Robin\u{2019}s iPhone";

fn nights(server: &InProcess, question: &str) -> Vec<Value> {
    let answer = server.client.get(&format!("/api/v1/sleep?{question}")).expect(200);
    answer["nights"].as_array().unwrap().clone()
}

/// The one night there is.
#[track_caller]
fn night(server: &InProcess, question: &str) -> Value {
    let mut nights = nights(server, question);
    assert_eq!(nights.len(), 1, "{nights:?}");
    nights.remove(0)
}

fn dates(server: &InProcess, question: &str) -> Vec<String> {
    nights(server, question).iter().map(|night| night["date"].as_str().unwrap().to_owned()).collect()
}

/// A night that a phone has summed up, of 420 minutes in stages.
fn summary(sender: Sender, date: &str) -> NightSummary {
    let end = at(&format!("{date}T07:00:00Z"));
    NightSummary {
        item: 0,
        sender,
        date: (end / 86_400) as i32,
        source: PHONE.into(),
        offset_minutes: 0,
        start: Some(end - 8 * 3600),
        end: Some(end),
        in_bed_start: None,
        in_bed_end: None,
        asleep: Some(420.0),
        in_bed: None,
        core: Some(240.0),
        deep: Some(80.0),
        rem: Some(100.0),
        awake: Some(60.0),
    }
}

fn summarise(server: &InProcess, nights: Vec<NightSummary>) {
    deliver_items(&server.app, "sleep_analysis", Batch { nights, ..Batch::default() });
}

#[test]
fn a_night_over_midnight_is_that_of_its_morning() {
    let server = InProcess::start();
    sleep(
        &server.app,
        WATCH,
        &[
            (InBed, "2024-05-01T22:30:00Z", "2024-05-02T07:00:00Z"),
            (Core, "2024-05-01T23:00:00Z", "2024-05-02T01:00:00Z"),
            (Deep, "2024-05-02T01:00:00Z", "2024-05-02T02:00:00Z"),
            (Awake, "2024-05-02T02:00:00Z", "2024-05-02T02:15:00Z"),
            (Rem, "2024-05-02T02:15:00Z", "2024-05-02T03:00:00Z"),
        ],
    );
    let night = night(&server, "");
    let expected = json!({
        "date": "2024-05-02",
        "start": "2024-05-01T23:00:00Z",
        "end": "2024-05-02T03:00:00Z",
        "in_bed_start": "2024-05-01T22:30:00Z",
        "in_bed_end": "2024-05-02T07:00:00Z",
        "asleep_minutes": 225.0,
        "in_bed_minutes": 510.0,
        "stages": {"core": 120.0, "deep": 60.0, "rem": 45.0, "awake": 15.0},
        "segments": [
            {"stage": "core", "start": "2024-05-01T23:00:00Z", "end": "2024-05-02T01:00:00Z"},
            {"stage": "deep", "start": "2024-05-02T01:00:00Z", "end": "2024-05-02T02:00:00Z"},
            {"stage": "awake", "start": "2024-05-02T02:00:00Z", "end": "2024-05-02T02:15:00Z"},
            {"stage": "rem", "start": "2024-05-02T02:15:00Z", "end": "2024-05-02T03:00:00Z"},
        ],
        "source": WATCH,
        "summary": "segments",
    });
    assert_eq!(night, expected);
    assert_eq!(dates(&server, "start=2024-05-01&end=2024-05-02"), Vec::<String>::new());
    assert_eq!(dates(&server, "start=2024-05-02&end=2024-05-03"), ["2024-05-02"]);
    assert_eq!(dates(&server, "start=2024-05-03"), Vec::<String>::new());
    assert_sound(&server.app);
}

#[test]
fn an_asleep_without_stages_is_not_added_to_the_stages() {
    let server = InProcess::start();
    sleep(
        &server.app,
        "Shortcuts",
        &[
            (Asleep, "2024-05-01T23:00:00Z", "2024-05-02T03:30:00Z"),
            (Core, "2024-05-01T23:00:00Z", "2024-05-02T01:00:00Z"),
            (Deep, "2024-05-02T01:00:00Z", "2024-05-02T02:00:00Z"),
            (Rem, "2024-05-02T02:00:00Z", "2024-05-02T03:30:00Z"),
        ],
    );
    let night = night(&server, "");
    assert_eq!(night["asleep_minutes"], 270.0);
    assert_eq!(night["stages"], json!({"core": 120.0, "deep": 60.0, "rem": 90.0}));
}

#[test]
fn two_devices_are_painted_over_each_other_whoever_spoke_first() {
    let watch = [
        (Core, "2024-05-01T23:00:00Z", "2024-05-02T02:00:00Z"),
        (Awake, "2024-05-02T02:00:00Z", "2024-05-02T02:30:00Z"),
        (Rem, "2024-05-02T02:30:00Z", "2024-05-02T05:00:00Z"),
    ];
    let phone = [
        (InBed, "2024-05-01T22:00:00Z", "2024-05-02T06:30:00Z"),
        (Asleep, "2024-05-01T22:30:00Z", "2024-05-02T06:00:00Z"),
    ];
    let app = [(InBed, "2024-05-01T22:00:00Z", "2024-05-02T06:30:00Z")];
    let (mut answers, server) = (Vec::new(), [InProcess::start(), InProcess::start()]);
    for (backwards, server) in server.iter().enumerate() {
        let mut told: [(&str, &[_]); 3] = [(WATCH, &watch), (PHONE, &phone), ("AutoSleep", &app)];
        if backwards == 1 {
            told.reverse();
        }
        told.iter().for_each(|(source, segments)| drop(sleep(&server.app, source, segments)));
        answers.push(night(server, ""));
    }
    let night = &answers[0];
    assert_eq!(night, &answers[1]);
    // 22:30 to 06:00 but for the half hour in which the watch saw somebody awake.
    assert_eq!(night["asleep_minutes"], 420.0);
    assert_eq!(night["stages"], json!({"core": 180.0, "rem": 150.0, "awake": 30.0, "unspecified": 90.0}));
    assert_eq!(night["in_bed_minutes"], 510.0, "in bed is not counted twice");
    assert_eq!(night["source"], format!("{WATCH}|{PHONE}"));
    let only = nights(&server[0], "source=Robin%27s+iPhone");
    assert_eq!((only[0]["asleep_minutes"].as_f64(), &only[0]["source"]), (Some(450.0), &json!(PHONE)));
    assert!(server[0].client.get("/api/v1/sleep?source=nobody").problem(400).contains("nobody"));
}

#[test]
fn in_bed_is_never_sleep() {
    let server = InProcess::start();
    sleep(&server.app, PHONE, &[(InBed, "2024-05-01T22:30:00Z", "2024-05-02T07:00:00Z")]);
    let night = night(&server, "");
    assert_eq!((&night["date"], night["in_bed_minutes"].as_f64()), (&json!("2024-05-02"), Some(510.0)));
    assert_eq!((night.get("asleep_minutes"), &night["segments"], &night["stages"]), (None, &json!([]), &json!({})));
    assert_eq!((&night["source"], &night["summary"]), (&json!(PHONE), &json!("segments")));
}

#[test]
fn naps_belong_to_the_date_and_do_not_move_its_night() {
    let server = InProcess::start();
    sleep(
        &server.app,
        WATCH,
        &[
            (Asleep, "2024-05-01T23:00:00Z", "2024-05-02T06:00:00Z"),
            (Asleep, "2024-05-02T13:00:00Z", "2024-05-02T13:30:00Z"),
            (Asleep, "2024-05-02T22:00:00Z", "2024-05-03T06:00:00Z"),
        ],
    );
    let nights = nights(&server, "");
    assert_eq!(dates(&server, ""), ["2024-05-02", "2024-05-03"]);
    assert_eq!(
        (nights[0]["asleep_minutes"].as_f64(), &nights[0]["end"]),
        (Some(450.0), &json!("2024-05-02T06:00:00Z"))
    );
    assert_eq!(nights[0]["segments"].as_array().unwrap().len(), 2);
    assert_eq!(nights[1]["asleep_minutes"], 480.0);
}

#[test]
fn a_night_that_ends_at_midnight_is_of_the_date_that_begins_there() {
    let server = InProcess::start();
    sleep(&server.app, WATCH, &[(Asleep, "2024-05-01T20:00:00Z", "2024-05-02T00:00:00Z")]);
    assert_eq!(dates(&server, ""), ["2024-05-02"]);
    assert_eq!(dates(&server, "start=2024-05-02"), ["2024-05-02"]);
    assert_eq!(dates(&server, "end=2024-05-02"), Vec::<String>::new());
}

#[test]
fn dates_stay_and_times_are_those_of_the_zone_also_when_its_clocks_move() {
    let server = InProcess::start_with(&[("home_zone", "Europe/Berlin")]);
    // 23:00 to 07:00 on the clocks, twice: the first night has seven hours, the second, in autumn, nine.
    sleep(&server.app, WATCH, &[(Asleep, "2024-03-30T22:00:00Z", "2024-03-31T05:00:00Z")]);
    sleep(&server.app, WATCH, &[(Asleep, "2024-10-26T21:00:00Z", "2024-10-27T06:00:00Z")]);
    let home = nights(&server, "");
    let told = |night: &Value| {
        let [date, start, end] = ["date", "start", "end"].map(|key| night[key].as_str().unwrap().to_owned());
        (date, start, end, night["asleep_minutes"].as_f64().unwrap())
    };
    let expected = [
        ("2024-03-31", "2024-03-30T23:00:00+01:00", "2024-03-31T07:00:00+02:00", 420.0),
        ("2024-10-27", "2024-10-26T23:00:00+02:00", "2024-10-27T07:00:00+01:00", 540.0),
    ];
    for (night, (date, start, end, minutes)) in home.iter().zip(expected) {
        assert_eq!(told(night), (date.to_owned(), start.to_owned(), end.to_owned(), minutes));
    }
    assert_eq!(dates(&server, "start=2024-10-27&end=2024-10-28"), ["2024-10-27"]);
    // Dates are those of the clocks where somebody slept, wherever the times are read.
    assert_eq!(dates(&server, "tz=Pacific/Honolulu"), ["2024-03-31", "2024-10-27"]);
    let there = nights(&server, "tz=Pacific/Kiritimati&start=2024-03-31&end=2024-04-01");
    assert_eq!(there[0]["start"], "2024-03-31T12:00:00+14:00");
}

#[test]
fn segments_are_believed_before_what_a_phone_has_summed_up() {
    let server = InProcess::start();
    sleep(&server.app, WATCH, &[(Core, "2024-05-01T23:00:00Z", "2024-05-02T05:00:00Z")]);
    sleep(&server.app, PHONE, &[(InBed, "2024-05-02T23:00:00Z", "2024-05-03T05:00:00Z")]);
    let shorter = NightSummary { asleep: Some(60.0), ..summary(Sender::Shortcuts, "2024-05-04") };
    let of_dates = ["2024-05-02", "2024-05-03", "2024-05-04"].map(|date| summary(Sender::AutoExport, date));
    summarise(&server, of_dates.into_iter().chain([shorter]).collect());
    let nights = nights(&server, "");
    let told: Vec<_> =
        nights.iter().map(|night| (night["summary"].as_str().unwrap(), night["asleep_minutes"].as_f64())).collect();
    assert_eq!(told, [("segments", Some(360.0)), ("phone", Some(420.0)), ("phone", Some(420.0))]);
    let stages = json!({"core": 240.0, "deep": 80.0, "rem": 100.0, "awake": 60.0});
    assert_eq!((&nights[2]["stages"], &nights[2]["source"]), (&stages, &json!(PHONE)));
    assert_eq!((&nights[2]["start"], &nights[2]["segments"]), (&json!("2024-05-03T23:00:00Z"), &json!([])));
}

#[test]
fn a_source_of_summaries_alone_can_be_asked_for() {
    let server = InProcess::start();
    summarise(&server, vec![summary(Sender::AutoExport, "2024-05-02")]);
    assert_eq!(dates(&server, "source=Robin%27s+iPhone"), ["2024-05-02"]);
    assert_eq!(night(&server, "tz=Asia/Tokyo")["date"], "2024-05-02", "the phone has named the date");
}

/// Nights of half a year with a year of nothing before the last.
fn many() -> (InProcess, Vec<String>) {
    let server = InProcess::start();
    let first = at("2023-01-01T22:00:00Z");
    let starts: Vec<i64> = (0..180).chain([600]).map(|day| first + day * 86_400).collect();
    let times = starts
        .iter()
        .map(|start| [*start, start + 8 * 3600].map(|utc| jiff::Timestamp::from_second(utc).unwrap().to_string()));
    let times: Vec<[String; 2]> = times.collect();
    let segments: Vec<(Stage, &str, &str)> = times.iter().map(|[start, end]| (Core, &**start, &**end)).collect();
    sleep(&server.app, WATCH, &segments);
    (server, times.iter().map(|[_, end]| end[..10].to_owned()).collect())
}

#[test]
fn pages_put_together_are_the_whole_in_both_orders() {
    let (server, dates) = many();
    for (order, limit) in [("asc", 7), ("desc", 7), ("asc", 90), ("desc", 366), ("asc", 1)] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.client.get(&format!("/api/v1/sleep?order={order}&limit={limit}{cursor}")).expect(200);
            let nights = page["nights"].as_array().unwrap();
            assert!(nights.len() <= limit && nights.iter().all(|night| night["asleep_minutes"] == 480.0));
            found.extend(nights.iter().map(|night| night["date"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        if order == "desc" {
            found.reverse();
        }
        assert_eq!(found, dates, "{order} {limit}");
    }
}

#[test]
fn wrong_questions_are_told_what_is_wrong() {
    let server = InProcess::start();
    for (question, word) in [
        ("limit=0", "limit"),
        ("order=up", "order"),
        ("cursor=x", "cursor"),
        ("strat=2024-01-01", "start"),
        ("tz=Mars", "tz"),
        ("start=2024-02-01&end=2024-01-01", "end"),
    ] {
        let detail = server.client.get(&format!("/api/v1/sleep?{question}")).problem(400);
        assert!(detail.contains(word), "{question}: {detail}");
    }
    assert_eq!(nights(&server, "start=2024-01-01&end=2024-01-01"), Vec::<Value>::new());
    assert_eq!(nights(&server, ""), Vec::<Value>::new());
}

#[test]
fn without_segments_a_night_is_the_same_but_for_them() {
    let server = InProcess::start();
    sleep(
        &server.app,
        WATCH,
        &[
            (Core, "2024-05-01T23:00:00Z", "2024-05-02T01:00:00Z"),
            (Deep, "2024-05-02T01:00:00Z", "2024-05-02T02:00:00Z"),
        ],
    );
    let mut whole = night(&server, "segments=true");
    assert_eq!(whole, night(&server, ""));
    let without = night(&server, "segments=false");
    assert_eq!(whole["segments"].as_array().map(Vec::len), Some(2));
    whole.as_object_mut().unwrap().remove("segments");
    assert_eq!(without, whole);
    let tags = ["", "?segments=true", "?segments=false"]
        .map(|query| server.client.get(&format!("/api/v1/sleep{query}")).header("etag").to_owned());
    assert!(tags[0] == tags[1] && tags[1] != tags[2], "{tags:?}");
}
