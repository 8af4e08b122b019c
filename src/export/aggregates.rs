//! Statistics per bucket as a table: what `/api/v1/aggregate` answers, for one metric after another.

use crate::error::Result;
use crate::export::table::{Column, Table, listed};
use crate::model::time::local_rfc3339;
use crate::query::aggregate::{Answer, Question, answer};
use crate::query::budget::Stop;
use crate::query::duck::engine::Engine;
use crate::query::duck::feed::{Cell, Row};
use crate::query::stat::Stat;
use crate::store::Store;

/// Followed by the statistics asked for. `start` is UTC, `local_start` the same in the zone of the local days.
pub const SUBJECT: [(&str, Column); 6] = [
    ("metric", Column::Text),
    ("unit", Column::Text),
    ("bucket", Column::Text),
    ("layer", Column::Text),
    ("start", Column::Time),
    ("local_start", Column::Text),
];

/// `questions` differ in their metric only.
pub fn aggregates(store: &Store, engine: &Engine, questions: &[Question], stop: &Stop) -> Result<Table> {
    let mut rows = Vec::new();
    for question in questions {
        let answer = answer(store, engine, question, stop)?;
        rows.extend(self::rows(question, &answer));
    }
    let mut table = Table::new(&SUBJECT, listed(rows));
    let stats = questions.first().map(|question| question.stats.as_slice()).unwrap_or_default();
    let column = |stat: &Stat| if *stat == Stat::Count { Column::Count } else { Column::Real };
    table.columns.extend(stats.iter().map(|stat| (stat.name(), column(stat))));
    Ok(table)
}

fn rows(question: &Question, answer: &Answer) -> Vec<Row> {
    let row = |point: &crate::query::aggregate::Point| {
        let mut row: Row = vec![
            answer.metric.as_str().into(),
            answer.unit.as_str().into(),
            question.bucket.to_string().into(),
            answer.layer().into(),
            Cell::Time(point.start),
            local_rfc3339(point.start, &question.zone).into(),
        ];
        row.extend(question.stats.iter().zip(&point.values).map(|(stat, value)| match (stat, value) {
            (Stat::Count, Some(count)) => Cell::Integer(*count as i64),
            (_, value) => Cell::from(*value),
        }));
        row
    };
    answer.points.iter().map(row).collect()
}
