//! An aggregate as JSON: rows, one object for each bucket, or columns, one list for each statistic, which a chart takes as
//! they are. Both are put together while they are written, straight from the answer.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use utoipa::ToSchema;

use super::zone_name;
use crate::http::clock::Clock;
use crate::query::aggregate::{Answer, Point, Question};
use crate::query::stat::Stat;

#[derive(Serialize, ToSchema)]
pub struct Aggregate<'a> {
    pub metric: &'a str,
    pub unit: &'a str,
    pub bucket: String,
    pub tz: String,
    /// The layer that the figures come from; "mixed" when it differs from day to day.
    pub layer: &'static str,
    /// With `whole=`: those statistics of the whole range.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    whole: Option<Whole<'a>>,
    /// With `shape=rows`: `start` and the statistics asked for.
    #[schema(value_type = Option<Vec<Object>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<Points<'a>>,
    /// With `shape=columns`: `start` in epoch seconds and the statistics asked for, all of one length.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Columns<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Rows,
    Columns,
}

/// What a bucket without a sample is filled with.
#[derive(Debug, Clone, Copy)]
pub enum Fill {
    Null,
    Zero,
}

/// `whole` are statistics of the whole range, and their values.
pub fn written<'a>(
    question: &'a Question,
    answer: &'a Answer,
    whole: (&'a [Stat], &'a [Option<f64>]),
    shape: Shape,
    fill: Option<Fill>,
) -> Aggregate<'a> {
    let names: Vec<_> = question.stats.iter().map(|stat| (*stat, stat.name())).collect();
    let (points, columns) = match shape {
        Shape::Rows => {
            (Some(Points { answer, names, fill, clock: Clock::new(Some(&question.zone), &question.zone) }), None)
        }
        Shape::Columns => (None, Some(Columns { answer, names, fill })),
    };
    Aggregate {
        metric: &answer.metric,
        unit: &answer.unit,
        bucket: answer.bucket.to_string(),
        tz: zone_name(&question.zone),
        layer: answer.layer(),
        whole: (!whole.0.is_empty()).then_some(Whole { stats: whole.0, values: whole.1 }),
        points,
        columns,
    }
}

/// The statistics of the whole range.
struct Whole<'a> {
    stats: &'a [Stat],
    values: &'a [Option<f64>],
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.stats.iter().zip(self.values).map(|(stat, value)| match stat {
            Stat::Count => (stat.name(), Cell::Count(Some(value.unwrap_or(0.0) as u64))),
            _ => (stat.name(), Cell::Value(*value)),
        }))
    }
}

struct Points<'a> {
    answer: &'a Answer,
    names: Vec<(Stat, String)>,
    fill: Option<Fill>,
    clock: Clock<'a>,
}

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = filled(self.answer, self.fill).map(|(start, values)| Row { points: self, start, values });
        serializer.collect_seq(rows)
    }
}

struct Row<'a> {
    points: &'a Points<'a>,
    start: i64,
    values: Filling<'a>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = &self.points.names;
        let mut row = serializer.serialize_map(Some(1 + names.len()))?;
        row.serialize_entry("start", &self.points.clock.stamp(self.start, 0))?;
        for (at, (stat, name)) in names.iter().enumerate() {
            row.serialize_entry(name, &self.values.cell(at, *stat))?;
        }
        row.end()
    }
}

struct Columns<'a> {
    answer: &'a Answer,
    names: Vec<(Stat, String)>,
    fill: Option<Fill>,
}

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut columns = serializer.serialize_map(Some(1 + self.names.len()))?;
        columns.serialize_entry("start", &Column { columns: self, cell: |start, _: Filling| Cell::Start(start) })?;
        for (at, (stat, name)) in self.names.iter().enumerate() {
            let cell = |_, values: Filling| values.cell(at, *stat);
            columns.serialize_entry(name, &Column { columns: self, cell })?;
        }
        columns.end()
    }
}

/// One thing that is known of each bucket.
struct Column<'a, C> {
    columns: &'a Columns<'a>,
    cell: C,
}

impl<C: Fn(i64, Filling) -> Cell> Serialize for Column<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Columns { answer, fill, .. } = self.columns;
        serializer.collect_seq(filled(answer, *fill).map(|(start, values)| (self.cell)(start, values)))
    }
}

/// The buckets that are written: those with a sample, or with `fill` all.
fn filled(answer: &Answer, fill: Option<Fill>) -> impl Iterator<Item = (i64, Filling<'_>)> {
    let known = answer.points.iter().map(|point| (point.start, Filling::Known(point)));
    let mut found = answer.points.iter().peekable();
    let all = fill.map(|fill| {
        answer.starts.iter().map(move |start| {
            let known = found.next_if(|point| point.start == *start);
            (*start, known.map_or(Filling::Missing(fill), Filling::Known))
        })
    });
    fill.is_none().then_some(known).into_iter().flatten().chain(all.into_iter().flatten())
}

/// The values of a bucket, or what stands for them.
enum Filling<'a> {
    Known(&'a Point),
    Missing(Fill),
}

impl Filling<'_> {
    fn cell(&self, at: usize, stat: Stat) -> Cell {
        match (self, stat) {
            // Counts are whole.
            (Filling::Known(point), Stat::Count) => Cell::Count(point.values[at].map(|count| count as u64)),
            (Filling::Known(point), _) => Cell::Value(point.values[at]),
            // There are no samples in an empty bucket, whatever it is filled with.
            (Filling::Missing(_), Stat::Count) | (Filling::Missing(Fill::Zero), _) => Cell::Count(Some(0)),
            (Filling::Missing(Fill::Null), _) => Cell::Value(None),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Cell {
    Start(i64),
    Count(Option<u64>),
    Value(Option<f64>),
}
