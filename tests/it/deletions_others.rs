//! Holds off deleted workouts, events and nights that come back, from whichever sender.

use health_export::app::App;
use health_export::model::sample::Batch;
use health_export::model::sender::Sender;
use health_export::model::sleep::NightSummary;
use health_export::model::workout::{RoutePoint, SeriesPoint, Workout, WorkoutSeries};
use serde_json::{Value, json};

use crate::deletions::{admin, ask, delete, everything, undo};
use crate::support::check::assert_sound;
use crate::support::fill::{at, deliver_items, event, events, workout, workouts};
use crate::support::{Client, InProcess, stored};

fn run(sender: Sender, start: &str) -> Workout {
    let mut run = workout(sender, start);
    run.account.source = "Watch".into();
    let point = SeriesPoint { at: at(start), value: Some(100.0), ..SeriesPoint::default() };
    run.series = vec![WorkoutSeries { name: "heart_rate".into(), unit: "count/min".into(), points: vec![point] }];
    run.route = vec![RoutePoint { at: at(start), latitude: 1.0, longitude: 2.0, ..RoutePoint::default() }];
    run
}

fn night(date: i32, asleep: f64, source: &str) -> NightSummary {
    NightSummary {
        item: 0,
        sender: Sender::AutoExport,
        date,
        source: source.into(),
        offset_minutes: 0,
        start: None,
        end: Some(i64::from(date) * 86_400 + 7 * 3600),
        in_bed_start: None,
        in_bed_end: None,
        asleep: Some(asleep),
        in_bed: None,
        core: None,
        deep: None,
        rem: None,
        awake: None,
    }
}

fn nights(app: &App, nights: Vec<NightSummary>) {
    deliver_items(app, "sleep", Batch { nights, ..Batch::default() });
}

fn ids(client: &Client) -> Vec<String> {
    let listed = client.get("/api/v1/workouts").expect(200);
    listed["workouts"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_workout_goes_with_all_that_anybody_tells_of_it() {
    let server = InProcess::start();
    let admin = admin(&server);
    let (morning, evening) = ("2024-02-05T06:00:00Z", "2024-02-05T18:00:00Z");
    workouts(
        &server.app,
        vec![run(Sender::AutoExport, morning), run(Sender::AppleExport, morning), run(Sender::AutoExport, evening)],
    );
    let before = stored::workouts(&server.app);
    let asked = ids(&admin);
    let made = ask(&admin, json!({"workout": {"id": asked[1]}})).expect(201);
    assert_eq!((&made["what"], &made["workouts"]), (&json!("1 workout"), &json!(1)));
    assert_eq!(ids(&admin), asked[..1]);
    assert_sound(&server.app);
    // From a third sender, and from one of the two with more to say.
    let mut again = run(Sender::AppleExport, evening);
    again.account.name = "Evening run".into();
    let receipt = workouts(&server.app, vec![again.clone(), run(Sender::Shortcuts, evening)]);
    assert_eq!((receipt.kept_out, receipt.counts.unchanged), (2, 2));
    assert_eq!(ids(&admin), asked[..1]);
    // Another workout does not get the number of the deleted one.
    workouts(&server.app, vec![run(Sender::AutoExport, "2024-02-07T06:00:00Z")]);
    assert!(!ids(&admin).contains(&asked[1]));
    undo(&admin, made["id"].as_str().unwrap());
    assert_sound(&server.app);
    let after = stored::workouts(&server.app);
    assert!(before.iter().all(|one| after.contains(one)), "{after:?}");
    assert_eq!(after.len(), before.len() + 3);
    assert_eq!(workouts(&server.app, vec![again]).counts.unchanged, 1);
}

#[test]
fn a_source_takes_its_accounts_and_leaves_those_of_others() {
    let server = InProcess::start();
    let admin = admin(&server);
    let start = "2024-02-05T06:00:00Z";
    let mut other = run(Sender::AppleExport, start);
    other.account.source = "Phone".into();
    workouts(&server.app, vec![run(Sender::AutoExport, start), other, run(Sender::AutoExport, "2024-02-06T06:00:00Z")]);
    let before = (stored::workouts(&server.app), everything(&admin));
    let id = delete(&admin, json!({"source": {"name": "Watch"}}));
    assert_eq!(stored::workouts(&server.app).len(), 1);
    assert_eq!(ids(&admin).len(), 1);
    assert_eq!(workouts(&server.app, vec![run(Sender::AutoExport, start)]).kept_out, 1);
    assert_sound(&server.app);
    undo(&admin, &id);
    assert_eq!((stored::workouts(&server.app), everything(&admin)), before);
    assert_sound(&server.app);
}

#[test]
fn an_event_goes_whoever_tells_of_it() {
    let server = InProcess::start();
    let admin = admin(&server);
    let ache = |sender| event(sender, "symptoms", "headache", "2024-02-05T06:00:00Z");
    events(&server.app, vec![ache(Sender::AutoExport), ache(Sender::AppleExport)]);
    events(&server.app, vec![event(Sender::AutoExport, "symptoms", "cough", "2024-02-05T06:00:00Z")]);
    let before = (stored::events(&server.app), everything(&admin));
    let listed = admin.get("/api/v1/events/symptoms").expect(200);
    let is_ache = |one: &&Value| one["code"] == "headache";
    let id = listed["events"].as_array().unwrap().iter().find(is_ache).unwrap()["id"].clone();
    let made = ask(&admin, json!({"event": {"kind": "symptoms", "id": id}})).expect(201);
    assert_eq!(made["what"], "1 event", "two senders tell of one");
    assert_eq!(stored::events(&server.app).len(), 1);
    let receipt = events(&server.app, vec![ache(Sender::Shortcuts), ache(Sender::AutoExport)]);
    assert_eq!(receipt.kept_out, 2);
    assert_eq!(stored::events(&server.app).len(), 1);
    ask(&admin, json!({"event": {"kind": "symptoms", "id": id}})).problem(404);
    undo(&admin, made["id"].as_str().unwrap());
    let after = stored::events(&server.app);
    assert_eq!(after.len(), 4, "and what a third sender has told since: {after:?}");
    assert!(before.0.iter().all(|one| after.contains(one)));
    assert_sound(&server.app);
}

#[test]
fn a_range_of_everything_takes_all_that_is_in_it() {
    let server = InProcess::start();
    let admin = admin(&server);
    let all = || {
        workouts(
            &server.app,
            vec![run(Sender::AutoExport, "2024-02-05T06:00:00Z"), run(Sender::AutoExport, "2024-02-06T00:00:00Z")],
        );
        events(&server.app, vec![event(Sender::AutoExport, "symptoms", "cough", "2024-02-05T23:59:59Z")]);
        nights(&server.app, vec![night(19_758, 400.0, "Watch"), night(19_759, 410.0, "Watch")]);
    };
    all();
    let before = (everything(&admin), stored::nights(&server.app));
    let range = json!({"range": {"start": "2024-02-05", "end": "2024-02-06"}});
    let made = ask(&admin, range.clone()).expect(201);
    assert_eq!(made["what"], "1 workout, 1 event, 1 night");
    assert_eq!((ids(&admin).len(), stored::events(&server.app).len(), stored::nights(&server.app).len()), (1, 0, 1));
    all();
    assert_eq!((ids(&admin).len(), stored::events(&server.app).len(), stored::nights(&server.app).len()), (1, 0, 1));
    assert_eq!(admin.get("/api/v1/deletions").expect(200)["deletions"][0]["kept_out"], 3);
    ask(&admin, range).problem(404);
    undo(&admin, made["id"].as_str().unwrap());
    assert_eq!((everything(&admin), stored::nights(&server.app)), before);
    assert_sound(&server.app);
}

#[test]
fn a_range_of_a_metric_leaves_the_rest() {
    let server = InProcess::start();
    let admin = admin(&server);
    events(&server.app, vec![event(Sender::AutoExport, "symptoms", "cough", "2024-02-05T10:00:00Z")]);
    let range = json!({"range": {"metric": "step_count", "start": "2024-02-05", "end": "2024-02-06"}});
    ask(&admin, range).problem(404);
    assert_eq!(stored::events(&server.app).len(), 1);
}

#[test]
fn a_delivery_takes_its_accounts_events_and_nights() {
    let server = InProcess::start();
    let admin = admin(&server);
    let start = "2024-02-05T06:00:00Z";
    let batch = |asleep| Batch {
        workouts: vec![run(Sender::AutoExport, start)],
        events: vec![event(Sender::AutoExport, "symptoms", "cough", start)],
        nights: vec![night(19_758, asleep, "Watch")],
        ..Batch::default()
    };
    workouts(&server.app, vec![run(Sender::AppleExport, start)]);
    let delivery = deliver_items(&server.app, "all", batch(400.0)).delivery;
    let before = (everything(&admin), stored::workouts(&server.app), stored::nights(&server.app));
    let id = delete(&admin, json!({"delivery": {"id": delivery}}));
    assert_eq!((stored::workouts(&server.app).len(), stored::events(&server.app).len()), (1, 0));
    assert_eq!(stored::nights(&server.app).len(), 0);
    // Another delivery that tells of the same is not deleted.
    let later = deliver_items(&server.app, "all", batch(450.0));
    assert_eq!((stored::workouts(&server.app).len(), stored::nights(&server.app).len()), (2, 1));
    assert_sound(&server.app);
    delete(&admin, json!({"delivery": {"id": later.delivery}}));
    assert_eq!((stored::workouts(&server.app).len(), stored::nights(&server.app).len()), (1, 0));
    assert_sound(&server.app);
    undo(&admin, &id);
    assert_eq!((everything(&admin), stored::workouts(&server.app), stored::nights(&server.app)), before);
    assert_sound(&server.app);
}

#[test]
fn what_another_delivery_has_told_too_stays_when_one_is_deleted() {
    let server = InProcess::start();
    let admin = admin(&server);
    let start = "2024-02-05T06:00:00Z";
    let batch = |asleep| Batch {
        workouts: vec![run(Sender::AutoExport, start)],
        nights: vec![night(19_758, asleep, "Watch")],
        ..Batch::default()
    };
    let deliveries = [400.0, 410.0, 410.0].map(|asleep| deliver_items(&server.app, "all", batch(asleep)));
    let asleep = || admin.get("/api/v1/sleep").expect(200)["nights"][0]["asleep_minutes"].as_f64();
    assert_eq!(deliveries[2].counts.unchanged, 2);
    assert_eq!((asleep(), ids(&admin).len()), (Some(410.0), 1));
    let before = everything(&admin);
    let mut undone = Vec::new();
    for (at, left) in [(0, Some(410.0)), (2, Some(410.0)), (1, None)] {
        undone.push(delete(&admin, json!({"delivery": {"id": deliveries[at].delivery}})));
        assert_eq!((asleep(), ids(&admin).len()), (left, usize::from(left.is_some())), "{at}");
        assert_sound(&server.app);
    }
    undone.iter().rev().for_each(|id| drop(undo(&admin, id)));
    assert_eq!(everything(&admin), before);
    let newer = [1, 2].map(|at| delete(&admin, json!({"delivery": {"id": deliveries[at].delivery}})));
    assert_eq!((asleep(), ids(&admin).len()), (Some(400.0), 1), "the earlier night comes back");
    newer.iter().for_each(|id| drop(undo(&admin, id)));
    assert_eq!(everything(&admin), before);
    assert_sound(&server.app);
}
