//! A page of a metric's samples, as stored.

use crate::error::Result;
use crate::model::time::Layer;
use crate::query::subject;
use crate::store::Reading;
use crate::store::samples::{Position, Selection, StoredSample, page};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub user: i64,
    pub metric: String,
    /// UTC epoch seconds; start included, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub layer: Option<Layer>,
    pub sources: Vec<String>,
    pub descending: bool,
    pub limit: usize,
    /// The last sample of the page before.
    pub after: Option<Position>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub metric: String,
    pub unit: String,
    pub samples: Vec<StoredSample>,
    /// Where the next page begins, when there is one.
    pub next: Option<Position>,
}

/// Answers from one index range, stepped no further than the page.
pub fn answer(reading: &Reading, question: &Question) -> Result<Answer> {
    let subject = subject::metric(reading, question.user, &question.metric)?;
    let sources = subject::sources(reading, question.user, &question.sources)?;
    let mut answer = Answer { metric: subject.name, unit: subject.unit, samples: Vec::new(), next: None };
    let Some(row) = subject.row else { return Ok(answer) };
    let selection = Selection {
        user: question.user,
        metric: row.id,
        from: question.from.unwrap_or(i64::MIN),
        to: question.to.unwrap_or(i64::MAX),
        layer: question.layer,
        sources,
    };
    // One more than the page tells whether there is another.
    answer.samples = page(reading, &selection, question.after, question.descending, question.limit + 1)?;
    if answer.samples.len() > question.limit {
        answer.samples.truncate(question.limit);
        answer.next = answer.samples.last().map(|sample| sample.position);
    }
    Ok(answer)
}
