//! Rows that count for the same reason and follow each other are told as one.

use std::collections::HashMap;

use crate::query::explain::{Found, Kind};

/// Most claims of one answer.
const MOST: usize = 300;

/// One or several rows of a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    pub grain: &'static str,
    pub source: String,
    /// UTC epoch seconds: of the first, and of the last that ends.
    pub start: i64,
    pub end: i64,
    /// Of totals the sum, of means the average of the values.
    pub value: Option<f64>,
    /// What of the day's number is theirs.
    pub counted: f64,
    pub samples: usize,
    /// Of a mean: for how many seconds they stand, or how many values they are.
    pub weight: Option<f64>,
    /// Its row; `None` when it is not known.
    pub delivery: Option<i64>,
    pub why: String,
}

/// What is left out of an answer that would be too long.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct More {
    pub claims: usize,
    pub counted: f64,
}

/// By time. Where there are too many, those of one reason are one, wherever they lie in the day; then the least are left out.
pub fn gathered(found: Vec<Found>, names: &HashMap<i64, String>, is_total: bool) -> (Vec<Entry>, Option<More>) {
    let (mut counting, mut others): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|found| found.counts);
    counting.sort_by_key(|found| found.start);
    others.sort_by_key(|found| found.start);
    let mut groups = neighbours(counting);
    groups.extend(neighbours(others));
    if groups.len() > MOST {
        groups = of_one_reason(groups);
    }
    let more = (groups.len() > MOST).then(|| {
        groups.sort_by(|one, other| largest(other).total_cmp(&largest(one)));
        let left_out = groups.split_off(MOST);
        let counted = left_out.iter().flatten().map(|found| found.counted).sum();
        More { claims: left_out.len(), counted }
    });
    let mut entries: Vec<Entry> = groups.into_iter().filter_map(|group| entry(&group, names, is_total)).collect();
    entries.sort_by_key(|entry| (entry.start, entry.end));
    (entries, more)
}

fn is_alike(one: &Found, other: &Found) -> bool {
    (one.kind, one.grain, one.source, one.delivery, &one.why)
        == (other.kind, other.grain, other.source, other.delivery, &other.why)
}

fn neighbours(found: Vec<Found>) -> Vec<Vec<Found>> {
    let mut groups: Vec<Vec<Found>> = Vec::new();
    for next in found {
        match groups.last_mut() {
            Some(group) if is_alike(&group[0], &next) => group.push(next),
            _ => groups.push(vec![next]),
        }
    }
    groups
}

fn of_one_reason(groups: Vec<Vec<Found>>) -> Vec<Vec<Found>> {
    let mut places: HashMap<(Kind, &'static str, i64, i64, String), usize> = HashMap::new();
    let mut joined: Vec<Vec<Found>> = Vec::new();
    for group in groups {
        let first = &group[0];
        let key = (first.kind, first.grain, first.source, first.delivery, first.why.clone());
        let place = *places.entry(key).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(known) => known.extend(group),
            None => joined.push(group),
        }
    }
    joined
}

fn largest(group: &[Found]) -> f64 {
    group.iter().map(|found| found.counted.abs()).sum()
}

fn entry(group: &[Found], names: &HashMap<i64, String>, is_total: bool) -> Option<Entry> {
    let first = group.first()?;
    let values: Vec<f64> = group.iter().filter_map(|found| found.value).collect();
    let sum: f64 = values.iter().sum();
    let value = (!values.is_empty()).then(|| if is_total { sum } else { sum / values.len() as f64 });
    Some(Entry {
        kind: first.kind,
        grain: first.grain,
        source: names.get(&first.source).cloned().unwrap_or_default(),
        start: group.iter().map(|found| found.start).min()?,
        end: group.iter().map(|found| found.end).max()?,
        value,
        counted: group.iter().map(|found| found.counted).sum(),
        samples: group.len(),
        weight: group.iter().filter_map(|found| found.weight).reduce(|sum, weight| sum + weight),
        delivery: (first.delivery != 0).then_some(first.delivery),
        why: first.why.clone(),
    })
}
