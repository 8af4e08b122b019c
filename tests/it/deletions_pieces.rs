//! Holds off a large deletion that stops half-way, lets something slip in between, or holds deliveries up.

use std::time::Instant;

use health_export::model::deletion::Kind;
use health_export::model::time::Layer;
use health_export::query::rollups;
use health_export::store::deletions::{self, Aim, Order};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::deletions::{admin, ask, delete, everything, undo};
use crate::support::apple::{fixture_zip, import_bytes, receipt};
use crate::support::check::assert_sound;
use crate::support::fill::{OWNER, deliver, sample};
use crate::support::{InProcess, stored};

const MANY: i64 = 45_000;

fn fill(server: &InProcess, from: i64, number: i64) {
    let samples = (from..from + number).map(|at| sample(Layer::Raw, at * 60, 60, (at % 7) as f64)).collect();
    deliver(&server.app, "step_count", "count", samples);
}

fn count(server: &InProcess, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    server.app.store.reader().unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
}

fn all(since: i64, until: i64) -> Order {
    Order {
        user: OWNER,
        at: 1,
        asked_by: "test".into(),
        kind: Kind::Range,
        target: json!({}),
        note: None,
        aim: Aim { since, until, ..Aim::default() },
        zone: TimeZone::UTC,
    }
}

#[test]
fn one_that_was_interrupted_goes_on_and_keeps_out_meanwhile() {
    let server = InProcess::start();
    fill(&server, 0, MANY);
    let before = everything(&admin(&server));
    let store = &server.app.store;
    // As if the process had died after the first transaction.
    let task = deletions::begin(store, all(0, MANY * 60)).unwrap();
    let left = count(&server, "sample");
    assert!(0 < left && left < MANY, "{left}");
    assert_sound(&server.app);
    // What has been moved does not come back, and what has not yet is met by what comes.
    fill(&server, 0, 10);
    fill(&server, MANY - 10, 10);
    assert_eq!(count(&server, "sample"), left);
    deletions::resume(store).unwrap();
    // Ten were said once more before they were moved.
    assert_eq!((count(&server, "sample"), count(&server, "buried_sample")), (0, MANY + 10));
    assert_sound(&server.app);
    deletions::resume(store).unwrap();
    assert!(deletions::undo(store, OWNER, task.id, 2).unwrap().is_some());
    assert_eq!((count(&server, "sample"), count(&server, "buried_sample")), (MANY, 0));
    let samples = |told: &[String]| [told[1..4].to_vec(), told[told.len() - 1..].to_vec()];
    assert_eq!(samples(&everything(&admin(&server))), samples(&before));
    assert_sound(&server.app);
}

#[test]
fn one_that_is_half_done_is_undone_and_not_gone_on_with() {
    let server = InProcess::start();
    fill(&server, 0, MANY);
    let task = deletions::begin(&server.app.store, all(0, MANY * 60)).unwrap();
    deliver(
        &server.app,
        "step_count",
        "count",
        vec![sample(Layer::Raw, 0, 60, 99.0), sample(Layer::Raw, 44_000 * 60, 60, 98.0)],
    );
    assert!(deletions::undo(&server.app.store, OWNER, task.id, 2).unwrap().is_some());
    assert!(deletions::undo(&server.app.store, OWNER, task.id, 2).unwrap().is_none());
    deletions::resume(&server.app.store).unwrap();
    assert_eq!((count(&server, "sample"), count(&server, "buried_sample")), (MANY, 0));
    assert_eq!(count(&server, "sample WHERE value > 90"), 2, "the later delivery has the word");
    assert_sound(&server.app);
}

#[test]
fn rollups_follow_a_deletion_and_its_undo() {
    let server = InProcess::start();
    let admin = admin(&server);
    fill(&server, 28_000_000, MANY);
    let (store, engine, home) = (&server.app.store, &server.app.engine, &server.app.home());
    let verify = || {
        rollups::refresh(store, engine, home).unwrap();
        assert_eq!(rollups::verify(store, engine, home).unwrap(), Vec::<String>::new());
    };
    verify();
    let before = everything(&admin);
    for range in [(28_005_000, 28_009_000), (28_000_000, 28_000_001), (28_044_999, 28_045_000), (0, 29_000_000)] {
        let (start, end) = (range.0 * 60, range.1 * 60);
        let id = delete(&admin, json!({"range": {"metric": "step_count", "start": start, "end": end}}));
        assert_eq!(rollups::verify(store, engine, home).unwrap(), Vec::<String>::new(), "marks are in the same commit");
        verify();
        assert_sound(&server.app);
        undo(&admin, &id);
        assert_eq!(everything(&admin), before);
        verify();
        assert_eq!(everything(&admin), before);
    }
}

#[test]
fn importing_an_export_again_brings_nothing_deleted_back() {
    let server = InProcess::start();
    let admin = admin(&server);
    let first = receipt(import_bytes(&server, "export.zip", &fixture_zip()));
    let before = (everything(&admin), stored::workouts(&server.app), stored::events(&server.app));
    let id = delete(&admin, json!({"range": {"start": "1900-01-01", "end": "2100-01-01"}}));
    assert_eq!((count(&server, "sample"), count(&server, "workout"), count(&server, "event")), (0, 0, 0));
    let again = receipt(import_bytes(&server, "export.zip", &fixture_zip()));
    assert_eq!((again.counts.stored, again.counts.updated), (0, 0), "{again:?}");
    assert_eq!(again.counts.received, first.counts.received);
    assert!(again.kept_out > 20 && again.kept_out <= again.counts.unchanged);
    assert_eq!((count(&server, "sample"), count(&server, "workout"), count(&server, "event")), (0, 0, 0));
    assert_sound(&server.app);
    undo(&admin, &id);
    assert_eq!((stored::workouts(&server.app), stored::events(&server.app)), (before.1, before.2));
    let samples = |told: &[String]| told[told.len() - 1].clone();
    assert_eq!(samples(&everything(&admin)), samples(&before.0));
    let third = receipt(import_bytes(&server, "export.zip", &fixture_zip()));
    assert_eq!((third.counts.unchanged, third.kept_out), (again.counts.unchanged, 0));
    assert_sound(&server.app);
}

/// Run by hand: how long a million rows take, and how long a delivery waits meanwhile.
#[test]
#[ignore = "takes half a minute"]
fn a_million_rows() {
    let server = InProcess::start();
    let admin = admin(&server);
    (0..10).for_each(|part| fill(&server, part * 100_000, 100_000));
    let begun = Instant::now();
    let worst = std::thread::scope(|scope| {
        let done = scope.spawn(|| ask(&admin, json!({"range": {"start": 0, "end": 60_000_000}})).expect(201));
        let mut worst = 0.0_f64;
        while !done.is_finished() {
            let one = Instant::now();
            fill(&server, 2_000_000, 1);
            worst = worst.max(one.elapsed().as_secs_f64());
        }
        worst
    });
    println!("deleted in {:.1} s, a delivery waited at most {worst:.2} s", begun.elapsed().as_secs_f64());
    assert_eq!(count(&server, "buried_sample"), 1_000_000);
    let begun = Instant::now();
    undo(&admin, "1");
    println!("undone in {:.1} s", begun.elapsed().as_secs_f64());
    assert_eq!(count(&server, "sample"), 1_000_001);
    assert_sound(&server.app);
}
