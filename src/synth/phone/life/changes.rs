//! Events that change the past: samples that come late, fine ones put together, and corrections.
//!
//! They leave the first and the last samples of a day where they are: what a later account says begins and ends with its
//! first and its last point, so nobody could tell that something before or after them is gone.

use super::{Plan, chance, whole};
use crate::synth::phone::calendar::{Calendar, date_of};
use crate::synth::phone::metric::Metric;
use crate::synth::phone::source::Source;
use crate::synth::phone::store::{Presence, Sample, Store};
use crate::synth::random::Random;

const DAY: i64 = 86_400;

pub fn happen(store: &mut Store, plan: &Plan, calendar: &Calendar, random: &mut Random) {
    if plan.changes.late {
        late(store, plan, random);
    }
    for metric in &plan.metrics {
        if plan.changes.condense && matches!(metric, Metric::Steps | Metric::Distance | Metric::Energy) {
            condense(store.all_mut(*metric), calendar, random);
        }
        if plan.changes.correct && matches!(metric, Metric::Food | Metric::Protein | Metric::Steps) {
            correct(store.all_mut(*metric), calendar, random);
        }
    }
    if plan.changes.correct {
        correct_nights(store, random);
    }
}

/// Times in which the watch is away from its phone.
fn late(store: &mut Store, plan: &Plan, random: &mut Random) {
    for metric in &plan.metrics {
        let all = store.all_mut(*metric);
        let Some(mut at) = all.first().map(|sample| sample.start) else { continue };
        let end = all.last().map_or(at, |sample| sample.end);
        while at < end {
            let from = at + whole(random, DAY, 6 * DAY);
            let to = from + whole(random, 3600, 60 * 3600);
            for sample in all.iter_mut().filter(|one| one.source == Source::Watch && (from..to).contains(&one.end)) {
                sample.presence.added = sample.presence.added.max(to + 300);
            }
            at = to;
        }
    }
}

/// Puts the watch's samples of a walk together some days later.
fn condense(all: &mut Vec<Sample>, calendar: &Calendar, random: &mut Random) {
    let watch: Vec<usize> = (0..all.len()).filter(|at| all[*at].source == Source::Watch).collect();
    let follows = |a: &usize, b: &usize| {
        let day = |sample: &Sample| date_of(sample.start, calendar.home());
        all[*a].end == all[*b].start && day(&all[*a]) == day(&all[*b])
    };
    let walks: Vec<Vec<usize>> = watch.chunk_by(follows).map(<[usize]>::to_vec).collect();
    for walk in walks.into_iter().filter(|walk| walk.len() > 2) {
        let (first, last) = (&all[walk[0]], &all[walk[walk.len() - 1]]);
        let crosses = date_of(first.start, calendar.home()) != date_of(last.end, calendar.home());
        if crosses || !chance(random, 0.4) {
            continue;
        }
        let latest = walk.iter().map(|at| all[*at].presence.added).max().unwrap_or(last.end);
        let when = latest + whole(random, 2 * DAY, 5 * DAY);
        let value = walk.iter().map(|at| all[*at].value).sum();
        let whole = Sample { end: last.end, value, created: when, presence: Presence::since(when), ..first.clone() };
        walk.iter().for_each(|at| all[*at].presence.removed = Some(when));
        all.push(whole);
    }
}

/// Edits and removes entries in the middle of a day.
fn correct(all: &mut Vec<Sample>, calendar: &Calendar, random: &mut Random) {
    let mut edited = Vec::new();
    for at in 1..all.len().saturating_sub(1) {
        let day = |sample: &Sample| date_of(sample.start, calendar.home());
        let (before, after) = (&all[at - 1], &all[at + 1]);
        let inside =
            day(before) == day(&all[at]) && day(after) == day(&all[at]) && day(&all[at]) == ends(&all[at], calendar);
        let alone = before.end < all[at].start && after.start > all[at].end;
        let by_hand = matches!(all[at].source, Source::Manual | Source::FoodLog | Source::Phone);
        if !inside || !alone || !by_hand || all[at].presence.removed.is_some() || !chance(random, 0.05) {
            continue;
        }
        let when = all[at].presence.added + whole(random, 1800, 3 * DAY);
        all[at].presence.removed = Some(when);
        if chance(random, 0.6) && all[at].source != Source::Phone {
            let value = (all[at].value * 1.5).round();
            edited.push(Sample { value, created: when, presence: Presence::since(when), ..all[at].clone() });
        }
    }
    all.extend(edited);
}

fn ends(sample: &Sample, calendar: &Calendar) -> jiff::civil::Date {
    date_of(sample.end, calendar.home())
}

/// In the forenoon the watch finds that somebody has slept for a shorter time.
fn correct_nights(store: &mut Store, random: &mut Random) {
    let mut dates: Vec<_> = store.segments.iter().map(|segment| segment.date).collect();
    dates.dedup();
    for date in dates {
        if !chance(random, 0.1) {
            continue;
        }
        let mine = |date| {
            move |one: &&mut crate::synth::phone::store::Segment| {
                one.date == date && one.session == 0 && one.source == Source::Watch
            }
        };
        let end = store.segments.iter_mut().filter(mine(date)).map(|one| one.end).max();
        let start = store.segments.iter_mut().filter(mine(date)).map(|one| one.start).min();
        let (Some(start), Some(end)) = (start, end) else { continue };
        let (cut, when) = (start + 7200, end + 7200);
        let gone = store.segments.iter_mut().filter(mine(date)).filter(|one| one.start < cut);
        gone.for_each(|one| one.presence.removed = Some(when));
    }
}
