//! Which of the nights that deliveries have told of one date count.
//!
//! In the order of their accounts: a complete one stands in place of whatever the sender told of the date before; a partial
//! one adds what does not overlap, and replaces what overlaps unless it is poorer, for an old file may come late and a push may hold
//! a part of the night. The parts of one sync are one account.

use std::cmp::Reverse;

use super::Told;
use crate::model::sleep::NightSummary;

/// The delivery that tells, and what it is an account of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    pub delivery: i64,
    /// The moment that its sync tells of, UTC epoch seconds.
    pub as_of: i64,
    pub complete: bool,
    /// The first delivery of the same sync.
    pub sync: i64,
}

/// Those of one date and sender that count; they lie apart, or say of no time at all when they were.
pub(super) fn counting(all: &[Told]) -> Vec<&Told> {
    settled(all).0
}

/// What became of a night that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The night of this delivery counts in its place.
    Replaced(i64),
    /// It says less than what is known.
    Poorer,
}

/// Those of one date and sender that count, and what became of the others.
pub(super) fn settled(all: &[Told]) -> (Vec<&Told>, Vec<(&Told, Fate)>) {
    let mut order: Vec<&Told> = all.iter().collect();
    order.sort_by_key(|told| {
        let Account { as_of, sync, delivery, .. } = told.account;
        (as_of, sync, delivery, Reverse(richness(&told.night)), told.session)
    });
    let (mut counts, mut others): (Vec<&Told>, Vec<(&Told, Fate)>) = Default::default();
    let mut whole = None;
    for told in order {
        let replaced = |other: &Told| other.account.delivery != told.account.delivery;
        let fate = |other| if replaced(other) { Fate::Replaced(told.account.delivery) } else { Fate::Poorer };
        if told.account.complete && whole != Some(told.account.sync) {
            others.extend(counts.drain(..).map(|other| (other, fate(other))));
            whole = Some(told.account.sync);
        }
        let (met, apart): (Vec<&Told>, Vec<&Told>) =
            counts.iter().partition(|other| overlaps(&other.night, &told.night));
        if met.is_empty() || richness(&told.night) >= together(&met) {
            others.extend(met.into_iter().map(|other| (other, fate(other))));
            counts = apart;
            counts.push(told);
        } else {
            others.push((told, Fate::Poorer));
        }
    }
    (counts, others)
}

/// Whether it has stages, seconds asleep and in bed, and when it ends; the greater says more.
type Richness = (bool, i64, i64, Option<i64>);

fn richness(night: &NightSummary) -> Richness {
    let seconds = |minutes: Option<f64>| (minutes.unwrap_or_default() * 60.0).round() as i64;
    (night.has_stages(), seconds(night.asleep), seconds(night.in_bed), night.end)
}

fn together(nights: &[&Told]) -> Richness {
    let all = nights.iter().map(|told| richness(&told.night));
    all.fold((false, 0, 0, None), |sum, one| (sum.0 | one.0, sum.1 + one.1, sum.2 + one.2, sum.3.max(one.3)))
}

/// From first to last; none when it says neither. What it lacks of the two follows from how long it was.
fn extent(night: &NightSummary) -> Option<(i64, i64)> {
    let (start, end) = (night.start.or(night.in_bed_start), night.end.or(night.in_bed_end));
    let minutes = [night.asleep, night.in_bed].into_iter().flatten().fold(0.0, f64::max);
    let lasts = (minutes * 60.0).round() as i64;
    match (start, end) {
        (Some(start), Some(end)) => Some((start, end)),
        (Some(start), None) => Some((start, start.saturating_add(lasts))),
        (None, Some(end)) => Some((end.saturating_sub(lasts), end)),
        (None, None) => None,
    }
}

/// Nights that do not say when they were are taken for the same.
fn overlaps(one: &NightSummary, other: &NightSummary) -> bool {
    match (extent(one), extent(other)) {
        (Some(one), Some(other)) => one.0 < other.1 && other.0 < one.1,
        _ => true,
    }
}

/// The sessions of one date and sender as one night: minutes of all, times of the longest. At least one.
pub(super) fn joined(mut sessions: Vec<NightSummary>) -> Option<NightSummary> {
    sessions.sort_by_key(|night| (Reverse(richness(night)), night.start));
    let sum =
        |minutes: fn(&NightSummary) -> Option<f64>| sessions.iter().filter_map(minutes).reduce(|sum, one| sum + one);
    let mut names: Vec<&str> = Vec::new();
    sessions.iter().map(|night| night.source.as_str()).for_each(|name| {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    });
    let longest = sessions.first()?;
    Some(NightSummary {
        source: names.join("|"),
        asleep: sum(|night| night.asleep),
        in_bed: sum(|night| night.in_bed),
        core: sum(|night| night.core),
        deep: sum(|night| night.deep),
        rem: sum(|night| night.rem),
        awake: sum(|night| night.awake),
        ..longest.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sender::Sender;

    /// A night by hours from midnight and minutes asleep; as of the number of its delivery.
    fn told(delivery: i64, (start, end): (i64, i64), asleep: f64, complete: bool) -> Told {
        let night = NightSummary {
            item: 0,
            sender: Sender::AutoExport,
            date: 0,
            source: "Watch".into(),
            offset_minutes: 0,
            start: Some(start * 3600),
            end: Some(end * 3600),
            in_bed_start: None,
            in_bed_end: None,
            asleep: Some(asleep),
            in_bed: None,
            core: None,
            deep: None,
            rem: None,
            awake: None,
        };
        let account = Account { delivery, as_of: delivery, complete, sync: delivery };
        Told { night, source: 1, session: 0, account }
    }

    fn minutes(all: &[Told]) -> f64 {
        counting(all).iter().filter_map(|told| told.night.asleep).sum()
    }

    #[test]
    fn sessions_add_up_and_fragments_do_not() {
        let (night, nap) = (told(1, (-1, 7), 461.0, false), told(2, (13, 14), 50.0, false));
        let fragment = told(3, (4, 6), 112.0, false);
        assert_eq!(minutes(&[night.clone(), nap.clone(), fragment.clone()]), 511.0);
        assert_eq!(minutes(&[fragment, nap.clone(), night.clone()]), 511.0, "in whichever order they are read");
        let longer = told(4, (-1, 8), 500.0, false);
        assert_eq!(minutes(&[night, nap, longer]), 550.0);
    }

    #[test]
    fn a_complete_account_replaces_what_was_told_before_it_and_not_what_comes_after() {
        let (night, nap) = (told(1, (-1, 9), 600.0, false), told(2, (13, 14), 50.0, false));
        let corrected = told(3, (1, 9), 456.0, true);
        assert_eq!(minutes(&[night.clone(), nap.clone(), corrected.clone()]), 456.0);
        let mut part = told(4, (13, 14), 50.0, true);
        part.account.sync = 3;
        assert_eq!(minutes(&[night.clone(), corrected.clone(), part]), 506.0, "two parts of one sync");
        assert_eq!(minutes(&[corrected, told(5, (15, 16), 40.0, false)]), 496.0);
        assert_eq!(minutes(&[told(1, (-1, 9), 456.0, true), told(2, (1, 9), 400.0, false)]), 456.0);
    }

    #[test]
    fn one_that_says_no_time_is_the_same_night() {
        let mut nameless = told(2, (0, 0), 400.0, false);
        (nameless.night.start, nameless.night.end) = (None, None);
        assert_eq!(minutes(&[told(1, (-1, 7), 461.0, false), nameless]), 461.0);
    }

    #[test]
    fn the_times_of_a_night_are_those_of_its_longest_session() {
        let nights = [told(1, (13, 14), 50.0, false).night, told(1, (-1, 7), 461.0, false).night];
        let joined = joined(nights.to_vec()).unwrap();
        assert_eq!((joined.start, joined.asleep, joined.core), (Some(-3600), Some(511.0), None));
        assert_eq!(joined.source, "Watch");
    }
}
