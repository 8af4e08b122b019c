//! Everything but samples as a file: workouts, routes, sleep, events, aggregates. Each has a file of its own that says
//! which columns it has; columns never change meaning.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::export::FileFormat;
use crate::export::spool::Spool;
use crate::export::table::{Table, write};
use crate::export::{aggregates, events, nights, workouts};
use crate::query::budget::Stop;
use crate::query::duck::engine::Engine;
use crate::query::{aggregate, sleep};
use crate::store::lane::Lane;
use crate::store::{Store, series};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    pub what: What,
    pub format: FileFormat,
}

/// What the file holds.
#[derive(Debug, Clone)]
pub enum What {
    /// One row for each workout.
    Workouts(workouts::Range),
    /// One row for each place on the way of a workout.
    Routes(workouts::Range),
    /// One row for each value over the time of a workout.
    WorkoutSeries(workouts::Range),
    /// One row for each night.
    Sleep(sleep::Question),
    /// One row for each event.
    Events(events::Range),
    /// One row for each metric and bucket.
    Aggregate(Vec<aggregate::Question>),
}

impl What {
    /// Refuses what makes no file.
    pub fn check(&self) -> Result<()> {
        match self {
            What::Aggregate(questions) if questions.is_empty() => {
                Err(Error::BadRequest("metric: name at least one, such as metric=step_count".into()))
            }
            _ => Ok(()),
        }
    }

    /// Its name in the address and in the file's name.
    pub fn as_str(&self) -> &'static str {
        match self {
            What::Workouts(_) => "workouts",
            What::Routes(_) => "routes",
            What::WorkoutSeries(_) => "workout_series",
            What::Sleep(_) => "sleep",
            What::Events(_) => "events",
            What::Aggregate(_) => "aggregate",
        }
    }
}

/// Makes the file, or finds it made, and gives its place in the spool.
pub fn export(store: &Store, engine: &Engine, spool: &Spool, question: &Question, stop: &Stop) -> Result<PathBuf> {
    let mut snapshot = store.snapshot(1)?;
    let interrupt = snapshot.interrupt_handle();
    stop.on_stop(move || interrupt.interrupt());
    let lane = snapshot.lanes.pop().ok_or_else(|| Error::Internal("a snapshot without a lane".into()))?;
    let version = series::data_version(lane.reading(), question.user)?;
    let place = spool.place(&format!("{version} {question:?}"), question.format.as_str());
    spool.file(&place, |path| {
        let table = table(store, engine, lane, question, stop)?;
        write(engine, table, question.format, path, stop)
    })?;
    Ok(place)
}

fn table(store: &Store, engine: &Engine, lane: Lane, question: &Question, stop: &Stop) -> Result<Table> {
    let user = question.user;
    Ok(match question.what.clone() {
        What::Workouts(range) => workouts::workouts(lane, range.selection(user)),
        What::Routes(range) => workouts::routes(lane, range.selection(user)),
        What::WorkoutSeries(range) => workouts::series(lane, range.selection(user)),
        What::Sleep(sleep) => nights::nights(lane, sleep),
        What::Events(range) => events::events(lane, user, range),
        What::Aggregate(questions) => {
            // It takes a snapshot of its own, and readers are few.
            drop(lane);
            aggregates::aggregates(store, engine, &questions, stop)?
        }
    })
}
