//! Workouts, with what several senders tell of one put together: for each field the first sender, in the order of trust,
//! that has it.

mod beats;
pub mod counted;

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::model::workout::{Figure, RoutePoint, SeriesPoint, WorkoutActivity, WorkoutEvent};
use crate::store::Reading;
use crate::store::workouts::ROUTE;
use crate::store::workouts::read::{self, Selection, SeriesHead, StoredWorkout, Told};

pub use beats::{Beats, beats};

/// A workout put together.
#[derive(Debug, Clone)]
pub struct Whole {
    pub id: i64,
    pub activity: String,
    /// In a sender's words.
    pub name: String,
    /// UTC epoch seconds.
    pub start: i64,
    pub end: i64,
    /// Seconds without pauses, or from start to end when nobody tells of those.
    pub duration: f64,
    pub offset_minutes: i32,
    pub source: String,
    pub location: Option<String>,
    pub figures: BTreeMap<String, Figure>,
    pub events: Vec<WorkoutEvent>,
    pub activities: Vec<WorkoutActivity>,
    pub metadata: BTreeMap<String, String>,
    /// One for each name.
    pub series: Vec<SeriesHead>,
    pub route: Option<SeriesHead>,
    pub told: Vec<Told>,
    /// The workout that counts in totals in place of this one: see `counted`.
    pub covered_by: Option<i64>,
}

/// A page, and the start and id of its last workout when there is another.
pub type Page = (Vec<Whole>, Option<(i64, i64)>);

/// Answers with one page.
pub fn page(reading: &Reading, selection: &Selection, after: Option<(i64, i64)>, limit: usize) -> Result<Page> {
    // One more than the page tells whether there is another.
    let mut workouts = read::page(reading, selection, after, limit + 1)?;
    let more = workouts.len() > limit;
    workouts.truncate(limit);
    let next = workouts.last().filter(|_| more).map(|last| (last.start, last.id));
    let workouts = workouts.into_iter().filter_map(whole).collect();
    Ok((marked(reading, selection.user, workouts)?, next))
}

fn marked(reading: &Reading, user: i64, mut workouts: Vec<Whole>) -> Result<Vec<Whole>> {
    let covered = counted::covered(reading, user, &workouts)?;
    workouts.iter_mut().for_each(|one| one.covered_by = covered.get(&one.id).copied());
    Ok(workouts)
}

/// A person's workout of that id.
pub fn one(reading: &Reading, user: i64, id: &str) -> Result<Whole> {
    let stored = id.parse().ok().map(|id| read::one(reading, user, id)).transpose()?.flatten();
    let found = marked(reading, user, stored.and_then(whole).into_iter().collect())?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Error::NotFound(format!("there is no workout {id}: GET /api/v1/workouts lists those there are")))
}

/// The series of that name, or all; a route is none of them.
pub fn series(reading: &Reading, workout: &Whole, names: &[String]) -> Result<Vec<(SeriesHead, Vec<SeriesPoint>)>> {
    let known: Vec<&str> = workout.series.iter().map(|head| head.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let there = if known.is_empty() { "no series".into() } else { known.join(", ") };
        return Err(Error::NotFound(format!("this workout has no series {unknown:?}: there is {there}")));
    }
    let wanted = workout.series.iter().filter(|head| names.is_empty() || names.contains(&head.name));
    wanted.map(|head| Ok((head.clone(), read::series(reading, workout.id, head)?))).collect()
}

/// The way, in order of time.
pub fn route(reading: &Reading, workout: &Whole) -> Result<Vec<RoutePoint>> {
    let none = || Error::NotFound(format!("workout {} has no route", workout.id));
    read::route(reading, workout.id, workout.route.as_ref().ok_or_else(none)?.sender)
}

/// Nothing when nobody tells of it, which `check` would find.
fn whole(stored: StoredWorkout) -> Option<Whole> {
    let StoredWorkout { id, start, told, mut series } = stored;
    let first = told.first()?;
    let (activity, end) = (first.activity.clone(), first.account.end);
    let text = |field: fn(&Told) -> &String| told.iter().map(field).find(|text| !text.is_empty()).cloned();
    let duration = told.iter().find_map(|told| told.account.duration).unwrap_or((end - start) as f64);
    series.sort_by(|a, b| (&a.name, a.sender).cmp(&(&b.name, b.sender)));
    series.dedup_by(|later, first| later.name == first.name);
    let (route, series) = series.into_iter().partition::<Vec<_>, _>(|head| head.name == ROUTE);
    Some(Whole {
        id,
        start,
        end,
        duration,
        offset_minutes: first.account.offset_minutes,
        name: text(|told| &told.account.name).unwrap_or_default(),
        source: text(|told| &told.account.source).unwrap_or_default(),
        location: told.iter().find_map(|told| told.account.location.clone()),
        figures: first_of(&told, |told| &told.account.figures),
        metadata: first_of(&told, |told| &told.account.metadata),
        events: list_of(&told, |told| &told.account.events),
        activities: list_of(&told, |told| &told.account.activities),
        series,
        route: route.into_iter().next(),
        activity,
        told,
        covered_by: None,
    })
}

/// Each entry from the first sender that has it.
fn first_of<V: Clone>(told: &[Told], field: fn(&Told) -> &BTreeMap<String, V>) -> BTreeMap<String, V> {
    let backwards = told.iter().rev().flat_map(field);
    backwards.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The list of the first sender that has one.
fn list_of<T: Clone>(told: &[Told], field: fn(&Told) -> &Vec<T>) -> Vec<T> {
    told.iter().map(field).find(|list| !list.is_empty()).cloned().unwrap_or_default()
}
