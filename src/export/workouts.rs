//! Workouts, their routes, and their values over time as tables, in order of start.

use crate::error::{Error, Result};
use crate::export::table::{Column, Table, paged};
use crate::query::duck::feed::{Cell, Row};
use crate::query::workouts::{Whole, page, route, series as series_of};
use crate::store::lane::Lane;
use crate::store::workouts::read::Selection;

/// Workouts read at once; those with routes or series come one by one.
const PAGE: usize = 500;

/// Energies in kcal, distance in km, heart rates in count/min, elevation in m; `figures` has all there are, with units.
pub const WORKOUTS: [(&str, Column); 17] = [
    ("id", Column::Text),
    ("type", Column::Text),
    ("name", Column::Text),
    ("start", Column::Time),
    ("end", Column::Time),
    ("duration_seconds", Column::Real),
    ("active_energy", Column::Real),
    ("distance", Column::Real),
    ("heart_rate_avg", Column::Real),
    ("heart_rate_min", Column::Real),
    ("heart_rate_max", Column::Real),
    ("elevation_ascended", Column::Real),
    ("location", Column::Text),
    ("source", Column::Text),
    ("offset_minutes", Column::Integer),
    ("figures", Column::Json),
    ("metadata", Column::Json),
];

/// Degrees, metres, metres per second; `workout` is the workout's id.
pub const ROUTES: [(&str, Column); 10] = [
    ("workout", Column::Text),
    ("type", Column::Text),
    ("time", Column::Time),
    ("latitude", Column::Real),
    ("longitude", Column::Real),
    ("altitude", Column::Real),
    ("speed", Column::Real),
    ("course", Column::Real),
    ("horizontal_accuracy", Column::Real),
    ("vertical_accuracy", Column::Real),
];

/// `workout` is the workout's id.
pub const SERIES: [(&str, Column); 8] = [
    ("workout", Column::Text),
    ("type", Column::Text),
    ("name", Column::Text),
    ("time", Column::Time),
    ("value", Column::Real),
    ("unit", Column::Text),
    ("min", Column::Real),
    ("max", Column::Real),
];

/// Which workouts.
#[derive(Debug, Clone, Default)]
pub struct Range {
    /// UTC epoch seconds of the start; start included, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// Codes of activities; all when empty.
    pub activities: Vec<String>,
}

impl Range {
    pub fn selection(self, user: i64) -> Selection {
        let (from, to) = (self.from.unwrap_or(i64::MIN), self.to.unwrap_or(i64::MAX));
        Selection { user, from, to, activities: self.activities, descending: false }
    }
}

pub fn workouts(lane: Lane, selection: Selection) -> Table {
    let rows = paged(lane, move |reading, after| {
        let (workouts, next) = page(reading, &selection, after, PAGE)?;
        Ok((workouts.into_iter().map(workout).collect::<Result<_>>()?, next))
    });
    Table::new(&WORKOUTS, rows)
}

fn workout(workout: Whole) -> Result<Row> {
    let figure = |name: &str| workout.figures.get(name);
    let total = |name: &str| Cell::from(figure(name).and_then(|figure| figure.value));
    let rate = figure("heart_rate");
    let figures = json(&workout.figures)?;
    let metadata = json(&workout.metadata)?;
    Ok(vec![
        workout.id.to_string().into(),
        workout.activity.as_str().into(),
        workout.name.as_str().into(),
        Cell::Time(workout.start),
        Cell::Time(workout.end),
        workout.duration.into(),
        total("active_energy"),
        total("distance"),
        rate.and_then(|rate| rate.avg.or(rate.value)).into(),
        rate.and_then(|rate| rate.min).into(),
        rate.and_then(|rate| rate.max).into(),
        total("elevation_ascended"),
        workout.location.clone().into(),
        workout.source.as_str().into(),
        Cell::Integer(workout.offset_minutes.into()),
        figures,
        metadata,
    ])
}

/// One workout at a time: ten million points are never in memory at once.
pub fn routes(lane: Lane, selection: Selection) -> Table {
    let rows = paged(lane, move |reading, after| {
        let (workouts, next) = page(reading, &selection, after, 1)?;
        let mut rows = Vec::new();
        for workout in workouts.iter().filter(|workout| workout.route.is_some()) {
            rows.extend(route(reading, workout)?.into_iter().map(|point| {
                let columns = [point.altitude, point.speed, point.course];
                let accuracies = [point.horizontal_accuracy, point.vertical_accuracy];
                let mut row = subject(workout);
                row.extend([Cell::Time(point.at), point.latitude.into(), point.longitude.into()]);
                row.extend(columns.into_iter().chain(accuracies).map(Cell::from));
                row
            }));
        }
        Ok((rows, next))
    });
    Table::new(&ROUTES, rows)
}

pub fn series(lane: Lane, selection: Selection) -> Table {
    let rows = paged(lane, move |reading, after| {
        let (workouts, next) = page(reading, &selection, after, 1)?;
        let mut rows = Vec::new();
        for workout in &workouts {
            for (head, points) in series_of(reading, workout, &[])? {
                rows.extend(points.into_iter().map(|point| {
                    let mut row = subject(workout);
                    row.extend([head.name.as_str().into(), Cell::Time(point.at), point.value.into()]);
                    row.extend([head.unit.as_str().into(), point.min.into(), point.max.into()]);
                    row
                }));
            }
        }
        Ok((rows, next))
    });
    Table::new(&SERIES, rows)
}

/// The columns `workout` and `type`.
fn subject(workout: &Whole) -> Row {
    vec![workout.id.to_string().into(), workout.activity.as_str().into()]
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<Cell> {
    let text = serde_json::to_string(value).map_err(|fault| Error::internal("writing JSON", fault))?;
    Ok(Cell::Text(text))
}
