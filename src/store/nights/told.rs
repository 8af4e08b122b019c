//! Every night that phones have summed up of one date, and which of them count.

use rusqlite::params;

use super::count::{joined, settled};
use super::{Fate, Told, named, told};
use crate::error::Result;
use crate::model::sleep::NightSummary;
use crate::store::Reading;

/// A night as one delivery has summed it up.
#[derive(Debug, Clone, PartialEq)]
pub struct SummedUp {
    pub night: NightSummary,
    pub source: i64,
    pub delivery: i64,
    /// None where it counts.
    pub fate: Option<Fate>,
}

/// What one sender has told of a date.
#[derive(Debug, Clone, PartialEq)]
pub struct OfSender {
    /// Those that count as one night.
    pub night: NightSummary,
    pub all: Vec<SummedUp>,
}

/// By sender, the one that is trusted most first. What was sent again as it stands is there once.
pub fn of_date(reading: &Reading, user: i64, date: i32) -> Result<Vec<OfSender>> {
    let all = told(reading, "date = ?2", params![user, date])?;
    let mut senders = Vec::new();
    for group in all.chunk_by(|one, other| one.key() == other.key()) {
        let (counts, others) = settled(group);
        let mut known: Vec<&Told> = counts.clone();
        let mut all: Vec<(&Told, Option<Fate>)> = counts.into_iter().map(|told| (told, None)).collect();
        for (told, fate) in others.into_iter().rev() {
            if !known.iter().any(|other| other.says_the_same(told)) {
                known.push(told);
                all.push((told, Some(fate)));
            }
        }
        let summed_up = |(told, fate): (&Told, Option<Fate>)| -> Result<SummedUp> {
            let night = named(reading, told)?.made_possible().0;
            Ok(SummedUp { night, source: told.source, delivery: told.account.delivery, fate })
        };
        let all: Vec<SummedUp> = all.into_iter().map(summed_up).collect::<Result<_>>()?;
        let counting = all.iter().filter(|one| one.fate.is_none()).map(|one| one.night.clone());
        senders.extend(joined(counting.collect()).map(|night| OfSender { night, all: all.clone() }));
    }
    Ok(senders)
}
