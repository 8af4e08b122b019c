//! Events, with what several senders tell of one put together.
//!
//! Events of different senders are the same when they share kind, start, end and code. A sender may tell of several such;
//! then the sender who tells of most says how many there are, and the others' are laid beside them, those of one value
//! first.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::model::event::{EventSeries, KINDS};
use crate::store::Reading;
use crate::store::events::read::{self, Place, Selection, StoredEvent};

/// An event put together.
#[derive(Debug, Clone)]
pub struct Whole {
    pub place: Place,
    pub name: String,
    pub value: Option<String>,
    pub value_sent: Option<String>,
    pub source: String,
    pub offset_minutes: i32,
    pub details: Map<String, Value>,
    /// What it was put together from, in the order of trust.
    pub told: Vec<StoredEvent>,
}

impl Whole {
    pub fn has_series(&self) -> bool {
        self.told.iter().any(|told| told.has_series)
    }
}

/// Where a page begins: in this group, after so many of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    pub place: Place,
    pub given: usize,
}

/// A page, and where the next one begins when there is another.
pub type Page = (Vec<Whole>, Option<After>);

/// Answers with one page, stepped little further than it.
pub fn page(reading: &Reading, selection: &Selection, after: Option<&After>, limit: usize) -> Result<Page> {
    let (mut events, mut next) = (Vec::new(), None);
    read::groups(reading, selection, after.map(|after| &after.place), |group| {
        let given = after.filter(|after| group.first().is_some_and(|first| first.place == after.place));
        let mut events_of = unite(group);
        if selection.descending {
            events_of.reverse();
        }
        for (at, event) in events_of.into_iter().enumerate().skip(given.map_or(0, |after| after.given)) {
            if events.len() == limit {
                next = Some(After { place: event.place, given: at });
                return false;
            }
            events.push(event);
        }
        true
    })?;
    Ok((events, next))
}

/// A person's event at that place, by one of the rows that it is put together from.
pub fn one(reading: &Reading, user: i64, kind: &'static str, place: &Place, row: (i64, i64)) -> Result<Option<Whole>> {
    let is_it = |told: &StoredEvent| (told.sender.id(), told.twin) == row;
    let events = unite(read::group(reading, user, kind, place)?);
    Ok(events.into_iter().find(|event| event.told.iter().any(is_it)))
}

/// The long list of an event, from the first sender that has it.
pub fn series(reading: &Reading, user: i64, kind: &str, event: &Whole) -> Result<Option<EventSeries>> {
    match event.told.iter().find(|told| told.has_series) {
        Some(told) => read::series(reading, user, kind, told),
        None => Ok(None),
    }
}

/// The kind of that name.
pub fn kind(name: &str) -> Result<&'static str> {
    let likeness = |kind: &str| strsim::jaro_winkler(kind, name);
    let known = KINDS.into_iter().find(|kind| *kind == name);
    known.ok_or_else(|| {
        let nearest = KINDS.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        Error::NotFound(match nearest.filter(|nearest| likeness(nearest) > 0.7) {
            Some(nearest) => format!("there are no events of kind {name:?}: did you mean {nearest:?}?"),
            None => format!("there are no events of kind {name:?}: there are {}", KINDS.join(", ")),
        })
    })
}

/// The events of a group, which is in the order of trust.
fn unite(group: Vec<StoredEvent>) -> Vec<Whole> {
    let mut senders: Vec<Vec<StoredEvent>> =
        group.chunk_by(|a, b| a.sender == b.sender).map(<[StoredEvent]>::to_vec).collect();
    // Of equals the last would be taken; the first is meant.
    let Some((most, _)) = senders.iter().enumerate().rev().max_by_key(|(_, events)| events.len()) else {
        return Vec::new();
    };
    let mut events: Vec<Vec<StoredEvent>> = senders.remove(most).into_iter().map(|event| vec![event]).collect();
    for others in senders {
        lay_beside(&mut events, others);
    }
    events.into_iter().map(whole).collect()
}

/// Gives each of `others` to an event of its own: first to one of the same value, then to any that is left.
fn lay_beside(events: &mut [Vec<StoredEvent>], others: Vec<StoredEvent>) {
    let mut taken = vec![false; events.len()];
    let mut left = Vec::new();
    for other in others {
        match (0..events.len()).find(|at| !taken[*at] && events[*at][0].value == other.value) {
            Some(at) => {
                taken[at] = true;
                events[at].push(other);
            }
            None => left.push(other),
        }
    }
    let free = (0..events.len()).filter(|at| !taken[*at]).collect::<Vec<_>>();
    free.into_iter().zip(left).for_each(|(at, other)| events[at].push(other));
}

/// `told` is never empty.
fn whole(mut told: Vec<StoredEvent>) -> Whole {
    told.sort_by_key(|told| told.sender);
    let text = |field: fn(&StoredEvent) -> &String| told.iter().map(field).find(|text| !text.is_empty()).cloned();
    let valued = told.iter().find(|told| told.value.is_some()).unwrap_or(&told[0]);
    let backwards = told.iter().rev().flat_map(|told| told.details.clone());
    Whole {
        place: told[0].place.clone(),
        name: text(|told| &told.name).unwrap_or_default(),
        value: valued.value.clone(),
        value_sent: valued.value_sent.clone(),
        source: text(|told| &told.source).unwrap_or_default(),
        offset_minutes: told[0].offset_minutes,
        details: backwards.collect(),
        told,
    }
}
