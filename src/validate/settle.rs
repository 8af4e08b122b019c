//! One body may tell the same thing twice: an app that repeats a night, or a bundle of files that overlap. The store
//! keeps one account of each per sender, so only one may reach it, or the same body again would change it back and
//! forth. What gives way here has its item counted as unchanged.

use std::collections::HashMap;

use crate::model::sample::{Batch, Rejected};
use crate::model::sleep::NightSummary;
use crate::model::source::{Used, is_anonymous};
use crate::model::workout::Workout;

/// Leaves each night once, and one workout per identity.
pub fn settle(batch: &mut Batch) {
    let mut nights: HashMap<i32, Vec<NightSummary>> = HashMap::new();
    batch.nights.retain(|night| {
        let known = nights.entry(night.date).or_default();
        let is_new = !known.iter().any(|known| NightSummary { item: night.item, ..known.clone() } == *night);
        known.extend(is_new.then(|| night.clone()));
        is_new
    });
    let by_id = keep(&batch.workouts, identity, |_, _| true);
    retain(&mut batch.workouts, &by_id);
    drop_nameless_twins(&mut batch.workouts);
}

/// Puts `more` behind what `batch` holds. `settle` is done by the caller's last call.
pub fn append(batch: &mut Batch, more: Batch) {
    let (series, sources, contexts) =
        (batch.series.len() as u32, batch.sources.len() as u32, batch.contexts.len() as u32);
    let (names, items) = (batch.item_names.len() as u32, batch.items.len() as u32);
    batch.samples.extend(more.samples.into_iter().map(|mut sample| {
        sample.item += items;
        sample.series += series;
        sample.source += sources;
        sample.context = sample.context.map(|context| context + contexts);
        sample
    }));
    batch.series.extend(more.series);
    batch.sources.extend(more.sources);
    batch.contexts.extend(more.contexts);
    batch.item_names.extend(more.item_names);
    batch.notes.extend(more.notes);
    batch.items.extend(more.items.into_iter().map(|name| name + names));
    batch.workouts.extend(more.workouts.into_iter().map(|one| Workout { item: one.item + items, ..one }));
    batch.nights.extend(more.nights.into_iter().map(|one| NightSummary { item: one.item + items, ..one }));
    batch.events.extend(more.events.into_iter().map(|mut one| {
        one.item += items;
        one
    }));
    batch.documents.extend(more.documents.into_iter().map(|mut one| {
        one.item += items;
        one
    }));
    for (source, devices) in more.devices {
        let known = batch.devices.entry(source + sources).or_default();
        devices.into_iter().for_each(|(hardware, used)| known.entry(hardware).or_insert(Used::NEVER).add(used));
    }
    batch.rejected.extend(more.rejected.into_iter().map(|one| Rejected { name: one.name + names, ..one }));
    batch.grouping = match (batch.grouping.take(), more.grouping) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    };
    for (kind, number) in more.deferred {
        *batch.deferred.entry(kind).or_default() += number;
    }
    settle(batch);
}

/// What a workout is known by among those of one sender.
fn identity(workout: &Workout) -> (Option<String>, i64, String, String) {
    match &workout.sent_id {
        Some(id) => (Some(id.clone()), 0, String::new(), String::new()),
        None => (None, workout.start, workout.activity.clone(), workout.account.source.clone()),
    }
}

/// One that has neither an id nor a source tells of the same workout with less, such as a line of a CSV file.
fn drop_nameless_twins(workouts: &mut Vec<Workout>) {
    let has_name = |workout: &Workout| (workout.sent_id.is_some(), !is_anonymous(&workout.account.source));
    let mut best: HashMap<(i64, String), (bool, bool)> = HashMap::new();
    for workout in workouts.iter() {
        let known = best.entry((workout.start, workout.activity.clone())).or_default();
        let (has_id, has_source) = has_name(workout);
        *known = (known.0 || has_id, known.1 || has_source);
    }
    workouts.retain(|workout| {
        let (id_beside, source_beside) =
            best.get(&(workout.start, workout.activity.clone())).copied().unwrap_or_default();
        match has_name(workout) {
            (true, _) => true,
            (false, true) => !id_beside,
            (false, false) => !id_beside && !source_beside,
        }
    });
}

/// For each element whether it stays: of those with one key the one that none later outdoes.
fn keep<T, K: std::hash::Hash + Eq>(all: &[T], key: impl Fn(&T) -> K, outdoes: impl Fn(&T, &T) -> bool) -> Vec<bool> {
    let mut best: HashMap<K, usize> = HashMap::new();
    for (at, one) in all.iter().enumerate() {
        let stands = best.entry(key(one)).or_insert(at);
        if outdoes(&all[*stands], one) {
            *stands = at;
        }
    }
    let mut stays = vec![false; all.len()];
    best.into_values().for_each(|at| stays[at] = true);
    stays
}

fn retain<T>(all: &mut Vec<T>, stays: &[bool]) {
    let mut stays = stays.iter();
    all.retain(|_| stays.next().copied().unwrap_or(true));
}
