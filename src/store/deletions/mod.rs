//! Deleting with a way back.
//!
//! Nothing is destroyed, unless a deletion is made permanent (`destroy`). Deleted rows move to tables of the same shape (`store/place`), each under its deletion, and an undo moves
//! them back. The rules:
//!
//! * A deletion in force is a **tombstone** (`tombstones`): what comes again of what it covers, by a delivery, an import or
//!   a replay, is kept out. It is written under the deletion by the very code that would have stored it, so the newest
//!   of each identity lies there, and an undo brings that.
//! * A *sample*, a *correction*, a *workout*, an *event* cover that identity; a *range* all samples that start in it, of
//!   its metric and source where it names them, and without them workouts, events and nights too; a *source* what it has
//!   measured before the moment of the deletion; a *delivery* the identities of the rows that are as it wrote them, and
//!   the delivery itself, which brings nothing more when it is read again.
//! * Rows of a deletion are under no other. What is covered by several lies under the one that came first; an undo hands
//!   it to the next that covers it (`restore`).
//! * Where something stands in the way of an undo, the newer delivery has the word (`samples/merge`).
//! * A *correction* keeps a row of the same identity with another value shown. Whatever comes again is the correction's,
//!   so its undo brings the newest; a later deletion may take the corrected row, and then holds what the undo brings back.
//! * Counts of series, marks of rollups and the data version move in the same transaction (`samples/counts`).
//! * A large one is done in pieces, so that deliveries need not wait for it. The tombstone is in the first, so nothing
//!   slips in between; a process that ends goes on at its next start (`resume`).

mod bury;
mod list;
pub mod others;
mod restore;
pub mod tombstones;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::deletion::{Deletion, Kind, Plan};
use crate::store::events::read::Place as EventPlace;
use crate::store::writer::{Lane, Writing};
use crate::store::{Store, deliveries, destroy, series};
pub use bury::plan;
pub use list::{find, key_name, list};
pub use others::sources;

/// Rows that one transaction moves, more or less: as many as a delivery of some size.
const PIECE: usize = 10_000;

/// What is to be deleted, resolved to ids.
#[derive(Debug, Clone)]
pub struct Order {
    pub user: i64,
    /// UTC epoch seconds.
    pub at: i64,
    pub asked_by: String,
    pub kind: Kind,
    /// As it was sent.
    pub target: Value,
    pub note: Option<String>,
    pub aim: Aim,
    /// For the dates in the sentence about it.
    pub zone: TimeZone,
}

/// Narrows what is meant; what is `None` does not.
#[derive(Debug, Clone, Default)]
pub struct Aim {
    pub metric: Option<i64>,
    pub source: Option<i64>,
    /// Its name, for workouts, which hold no id.
    pub source_name: Option<String>,
    pub layer: Option<i64>,
    pub delivery: Option<i64>,
    /// Starts, UTC epoch seconds; `until` excluded.
    pub since: i64,
    pub until: i64,
    /// Of a correction, in the unit that the metric is stored in.
    pub value: Option<f64>,
    pub workout: Option<i64>,
    pub event: Option<(String, EventPlace)>,
}

/// What is left to be done of a deletion or an undo.
#[derive(Debug, Clone)]
pub struct Task {
    pub id: i64,
    pub user: i64,
    work: Work,
}

#[derive(Debug, Clone)]
enum Work {
    /// Metrics, and from which start on.
    Bury {
        aim: Box<Aim>,
        metrics: Vec<(i64, i64)>,
    },
    /// From which metric and start on.
    Restore {
        after: (i64, i64),
    },
    Done,
}

/// What a deletion would take; nothing is changed.
pub fn rehearse(store: &Store, order: &Order) -> Result<Deletion> {
    let found = plan(&*store.reader()?, order)?;
    refuse_nothing(&found)?;
    Ok(list::of_plan(order, &found))
}

/// Deletes, and comes back when all of it is done.
pub fn carry_out(store: &Store, order: Order) -> Result<Deletion> {
    let user = order.user;
    let task = begin(store, order)?;
    let id = task.id;
    go_on(store, task)?;
    find(&*store.reader()?, user, id)
}

/// Puts up the tombstone and does the first piece, which nearly always is all.
pub fn begin(store: &Store, order: Order) -> Result<Task> {
    let reader = store.reader()?;
    // The version first: what is counted afterwards may be newer, and is then counted again.
    let version = series::data_version(&reader, order.user)?;
    let counted = plan(&reader, &order)?;
    drop(reader);
    refuse_nothing(&counted)?;
    store.writer().run_in(lane(&counted), 0, move |writing| {
        let counted = match series::data_version(writing.connection, order.user)? == version {
            true => counted,
            false => plan(writing.connection, &order)?,
        };
        refuse_nothing(&counted)?;
        bury::begin(writing, &order, &counted)
    })
}

fn refuse_nothing(found: &Plan) -> Result<()> {
    match found.is_empty() {
        true => Err(Error::NotFound("nothing that is stored matches this: it may be deleted already".into())),
        false => Ok(()),
    }
}

fn lane(found: &Plan) -> Lane {
    if found.sample_count() > 1_000 { Lane::Bulk } else { Lane::Quick }
}

/// Brings back what a deletion has taken, and comes back when all of it is done. One that is still being carried out, or was
/// left half done, is undone as well. None when it was undone before.
pub fn undo(store: &Store, user: i64, id: i64, at: i64) -> Result<Option<Deletion>> {
    find(&*store.reader()?, user, id)?;
    list::refuse_permanent(&*store.reader()?, id)?;
    let begun = store.writer().run_in(Lane::Bulk, 0, move |writing| {
        list::refuse_permanent(writing.connection, id)?;
        restore::begin(writing, user, id, at)
    })?;
    let Some(task) = begun else { return Ok(None) };
    go_on(store, task)?;
    find(&*store.reader()?, user, id).map(Some)
}

/// Destroys what a deletion has taken, and comes back when all of it is done. What comes again of it is kept out as before, and
/// destroyed within the hour.
pub fn make_permanent(store: &Store, user: i64, id: i64, at: i64) -> Result<Deletion> {
    store.writer().run(move |writing| list::make_permanent(writing.connection, user, id, at))?;
    destroy::under(store, id)?;
    find(&*store.reader()?, user, id)
}

/// Does what the process before has left half done.
pub fn resume(store: &Store) -> Result<()> {
    let left = list::left(&*store.reader()?)?;
    left.into_iter().try_for_each(|task| go_on(store, task))
}

/// Piece after piece, each in a transaction of its own.
fn go_on(store: &Store, mut task: Task) -> Result<()> {
    while !matches!(task.work, Work::Done) {
        task = store.writer().run_in(Lane::Bulk, 0, move |writing| piece(writing, task))?;
    }
    Ok(())
}

fn piece(writing: &mut Writing, mut task: Task) -> Result<Task> {
    let connection = writing.connection;
    task.work = match task.work {
        // It has been undone meanwhile.
        Work::Bury { .. } if list::state(connection, task.id)? != "burying" => Work::Done,
        Work::Bury { aim, metrics } => {
            let left = bury::samples(connection, (task.user, task.id), &aim, metrics)?;
            match left.is_empty() {
                true => list::end(connection, task.id, "buried").map(|()| Work::Done)?,
                false => Work::Bury { aim, metrics: left },
            }
        }
        Work::Restore { after } => match restore::samples(connection, (task.user, task.id), after)? {
            None => list::end(connection, task.id, "restored").map(|()| Work::Done)?,
            Some(after) => Work::Restore { after },
        },
        Work::Done => Work::Done,
    };
    deliveries::move_data_version(connection, task.user)?;
    Ok(task)
}
