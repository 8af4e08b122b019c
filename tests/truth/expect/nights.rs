//! Nights and workouts.

use health_export::synth::phone::scenario::{Send, What};
use health_export::synth::phone::source::Source;
use health_export::synth::phone::store::Segment;
use jiff::civil::Date;

use super::{Expect, Want};

impl Expect<'_> {
    /// Minutes asleep of a date: as of the last sync that told of the whole of it, or of a later one that told of a part, whole or for the
    /// time that it told of.
    pub fn of_night(&self, date: Date) -> Want {
        let store = &self.scenario.phone.store;
        let mine: Vec<_> =
            store.segments.iter().filter(|one| one.date == date && one.source == Source::Watch).collect();
        let (Some(start), Some(end)) = (mine.iter().map(|one| one.start).min(), mine.iter().map(|one| one.end).max())
        else {
            return Want::Open;
        };
        let whole =
            |send: &&&Send| send.from.max(self.knows(send)) <= start && end <= send.to && end + 700 <= send.made;
        let Some(by) = self.sends.iter().rev().filter(|send| self.states(send)).find(whole) else { return Want::Open };
        if !self.is_dated_alike(date) {
            return Want::Open;
        }
        let parts = self.sends.iter().filter(|send| send.made >= by.made && send.from < end && start < send.to);
        let values = parts.flat_map(|send| {
            let whole = self.scenario.phone.asleep(date, send.made);
            whole.into_iter().chain((send.from > start).then(|| self.cut_night(date, (by.made, send))))
        });
        Want::OneOf(values.collect())
    }

    /// Minutes asleep of a night whose first part was told at a moment, and the part from the beginning of its period on by a send. A segment
    /// over that beginning is of the send that has it.
    fn cut_night(&self, date: Date, (before, send): (i64, &Send)) -> f64 {
        let mine = |one: &&Segment| one.date == date && one.source == Source::Watch;
        let told = |moment: i64| {
            self.scenario.phone.store.segments.iter().filter(mine).filter(move |one| one.presence.at(moment))
        };
        let cut = told(send.made).filter(|one| one.end > send.from).map(|one| one.start).min();
        let cut = cut.map_or(send.from, |first| first.min(send.from));
        let first = told(before).filter(|one| one.start < cut);
        let asleep =
            first.chain(told(send.made).filter(|one| one.start >= cut)).filter(|one| one.stage.starts_with("Asleep"));
        asleep.map(|one| (one.end - one.start) as f64 / 60.0).sum()
    }

    /// Whether this night and those beside it were told by the clock by which they were slept. Health Auto Export writes no zone but that of
    /// the moment of sending, and by another clock a night may be of another date.
    fn is_dated_alike(&self, date: Date) -> bool {
        let near = |one: &&Segment| (one.date - date).get_days().abs() <= 1;
        let calendar = &self.scenario.phone.calendar;
        let mut told = self.scenario.phone.store.segments.iter().filter(near).flat_map(|one| {
            let automations = self.sends.iter().filter(|send| send.what != What::Export);
            let tells = automations.filter(move |send| send.from < one.end && one.start < send.to);
            tells.map(move |send| calendar.zone(send.made).iana_name() == Some(&one.zone))
        });
        told.all(|alike| alike)
    }

    /// The workouts that were told of: start and kilometres.
    pub fn workouts(&self) -> Vec<(i64, f64)> {
        let brings = |send: &Send| match send.what {
            What::Automation(at) => self.scenario.automations[at].workouts,
            What::Export => true,
            What::File(_) | What::Shortcut { .. } => false,
        };
        let told = |start: i64, added: i64| {
            let tells = |send: &&&Send| {
                brings(send) && send.made >= added && send.from.max(self.knows(send)) <= start && start < send.to
            };
            self.sends.iter().any(|send| tells(&send))
        };
        let all = self.scenario.phone.store.workouts.iter();
        let there = all.filter(|one| told(one.start, one.presence.added)).map(|one| (one.start, one.kilometres));
        let mut found: Vec<(i64, f64)> = there.collect();
        found.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found
    }
}
