//! What must be answered of a date, given what was sent: the phone's own number as of the account that settles the date.
//!
//! A date is *settled* by the last account of it that was complete: totals of days that were sent after its end, or Apple's export.
//! Where there is neither, by the last sync that states its period, covers the whole date and came after its end. What came
//! later and is no such account may bring what was added since, so the phone's number as of then is right as well.

mod levels;
mod nights;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use health_export::synth::phone::calendar::{days_after, midnight};
use health_export::synth::phone::metric::Metric;
use health_export::synth::phone::scenario::{Scenario, Send, Setup, What};
use health_export::synth::phone::senders::automation::{Grouping, Headers};
use health_export::synth::phone::statistics::Totals;
use health_export::synth::phone::store::Sample;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Longest that a sample lasts of which there are totals.
const LONGEST_WALK: i64 = 3600;

const SUMS: What = What::Shortcut { sums: true };

/// The interval of a date.
type Span = (i64, i64);

/// What may be answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    /// One of these.
    OneOf(Vec<f64>),
    /// Between these.
    Between(f64, f64),
    /// The information sent does not determine it.
    Open,
}

pub struct Expect<'a> {
    pub scenario: &'a Scenario,
    /// What has arrived, without what was sent again.
    pub sends: Vec<&'a Send>,
    totals: RefCell<BTreeMap<(Metric, i64), Rc<Totals>>>,
}

impl<'a> Expect<'a> {
    pub fn of(scenario: &'a Scenario, sends: &[&'a Send]) -> Expect<'a> {
        let sends = sends.iter().copied().filter(|send| !send.repeated).collect();
        Expect { scenario, sends, totals: RefCell::default() }
    }

    fn home(&self) -> &TimeZone {
        self.scenario.phone.calendar.home()
    }

    pub fn span(date: Date, zone: &TimeZone) -> Span {
        (midnight(date, zone), midnight(days_after(date, 1), zone))
    }

    /// The phone's own total of a span, as of a moment.
    pub fn total(&self, metric: Metric, moment: i64, span: Span) -> f64 {
        self.total_if_any(metric, moment, span).unwrap_or(0.0)
    }

    fn total_if_any(&self, metric: Metric, moment: i64, (from, to): Span) -> Option<f64> {
        let mut known = self.totals.borrow_mut();
        let make = || Rc::new(self.scenario.phone.totals(metric, moment));
        let totals = known.entry((metric, moment)).or_insert_with(make).clone();
        totals.within(from, to)
    }

    /// Whether a sync has anything of a metric for a date. Nobody writes "none": where the phone had nothing by the clock that
    /// it cut the date with, nothing was sent, and no receiver could know that there was nothing.
    fn tells(&self, send: &Send, metric: Metric, date: Date) -> bool {
        let span = self.cut(send, date);
        match metric.is_total() {
            true => self.total_if_any(metric, send.made, span).is_some(),
            false => self.scenario.phone.levels(metric, send.made, span.0, span.1).is_some(),
        }
    }

    fn grouping(&self, send: &Send) -> Option<Grouping> {
        match send.what {
            What::Automation(at) => Some(self.scenario.automations[at].grouping),
            What::File(grouping) => Some(grouping),
            What::Export | What::Shortcut { .. } => None,
        }
    }

    /// Whether it says which time it covers.
    fn states(&self, send: &Send) -> bool {
        match send.what {
            What::Automation(at) => {
                let automation = &self.scenario.automations[at];
                automation.period.is_complete() && automation.headers != Headers::None
            }
            What::Export => true,
            What::File(_) | What::Shortcut { .. } => false,
        }
    }

    /// The span of a date by the clock that a sync was cut with.
    fn cut(&self, send: &Send, date: Date) -> Span {
        match self.grouping(send) {
            Some(Grouping::Days) => Expect::span(date, self.scenario.phone.calendar.zone(send.made)),
            _ => Expect::span(date, self.home()),
        }
    }

    /// Whether it covers all of a date, after its end.
    fn covers(&self, send: &Send, date: Date) -> bool {
        let (from, to) = self.cut(send, date);
        send.from <= from && to <= send.to && to <= send.made && self.knows(send) < from
    }

    fn touches(&self, send: &Send, date: Date) -> bool {
        let (from, to) = self.cut(send, date);
        send.from < to && from < send.to && self.knows(send) < to
    }

    /// The first moment of which the phone that sent it has data; of that very date it may have a part.
    fn knows(&self, send: &Send) -> i64 {
        self.scenario.phone.knows_from(send.made)
    }

    /// Whether this is the first date that a new phone knows of: what reaches into it from the day before it does not have.
    fn begins_on(&self, send: &Send, date: Date) -> bool {
        let (from, to) = self.cut(send, date);
        (from..to).contains(&self.knows(send))
    }

    /// The send that settles a date, and the later ones that also tell of it.
    fn settled(&self, metric: Metric, date: Date) -> Option<(&'a Send, Vec<&'a Send>)> {
        let is_last_word = |send: &Send| {
            let days = self.grouping(send) == Some(Grouping::Days);
            (days || send.what == What::Export) && self.states(send)
        };
        let last = |wanted: &dyn Fn(&Send) -> bool| {
            let fits = |send: &Send| self.covers(send, date) && wanted(send) && self.tells(send, metric, date);
            let fit = self.sends.iter().rev().find(|send| fits(send));
            fit.copied()
        };
        let by = last(&is_last_word).or_else(|| last(&|send| self.states(send))).or_else(|| last(&|_| true))?;
        let is_later = |send: &Send| send.made > by.made;
        let is_unsure = |send: &Send| self.denies(send, metric, date) || self.begins_on(send, date);
        if self.sends.iter().any(|send| is_later(send) && is_unsure(send)) {
            return None;
        }
        let later = self.sends.iter().copied().filter(|send| is_later(send) && self.touches(send, date));
        Some((by, later.collect()))
    }

    /// Whether all of a date was told since it ended: by somebody who states his period, or as the total of the day.
    pub fn is_told_whole(&self, metric: Metric, date: Date) -> bool {
        self.sends.iter().any(|send| {
            let is_total = self.grouping(send) == Some(Grouping::Days) && self.tells(send, metric, date);
            let is_over = self.cut(send, date).1 <= send.made;
            // Of its first date a new phone tells all that it knows.
            let is_whole = self.covers(send, date) || send.what == What::Export && self.begins_on(send, date);
            self.states(send) && is_whole || is_total && is_over && self.touches(send, date)
        })
    }

    /// Whether the phone's own total of a date was told since it ended.
    pub fn is_closed(&self, metric: Metric, date: Date) -> bool {
        let is_total = |send: &Send| self.grouping(send) == Some(Grouping::Days) && self.states(send);
        let closes = |send: &Send| is_total(send) && self.covers(send, date) && self.tells(send, metric, date);
        self.sends.iter().any(|send| closes(send))
    }

    /// Whether totals of days leave a date out, between others that they have: by the clock that they were cut with the phone had
    /// nothing for it. Then what another clock has counted to the date is no more.
    fn denies(&self, send: &Send, metric: Metric, date: Date) -> bool {
        let is_days = self.grouping(send) == Some(Grouping::Days) && self.states(send);
        if !is_days || !self.covers(send, date) || self.tells(send, metric, date) {
            return false;
        }
        let has = |days: i32| {
            let other = days_after(date, days);
            self.covers(send, other) && self.tells(send, metric, other)
        };
        (1..7).any(|days| has(-days)) && (1..7).any(has)
    }

    /// The total of a date.
    pub fn of_total(&self, metric: Metric, date: Date) -> Want {
        let Some((by, later)) = self.settled(metric, date) else { return Want::Open };
        if by.what == SUMS {
            return Want::OneOf(self.summed(by, metric, date).into_iter().collect());
        }
        let value = self.total(metric, by.made, self.cut(by, date));
        if self.grouping(by) == Some(Grouping::Days) && self.states(by) {
            return Want::OneOf(vec![value]);
        }
        let span = Expect::span(date, self.home());
        if let Some(upper) = (!self.states(by)).then(|| self.largest_buckets(metric, span, i64::MIN)).flatten() {
            return Want::Between(value, upper.max(value));
        }
        // Who is asked for yesterday once is not asked again for what came in later, of which a part may be of this date.
        let is_late =
            self.is_uncertain(metric) || matches!(by.what, What::Shortcut { .. }) && self.scenario.plan.changes.late;
        if !self.states(by) && is_late {
            return Want::Open;
        }
        let others: Vec<f64> = later.iter().map(|send| self.total(metric, send.made, span)).collect();
        if self.has_no_ends(by) || later.iter().any(|send| self.has_no_ends(send)) {
            let moments: Vec<i64> = [by].iter().chain(&later).map(|send| send.made).collect();
            return self.without_ends(metric, span, &moments, &[&[value], &others[..]].concat());
        }
        match later.iter().all(|send| self.states(send) && self.covers(send, date)) {
            true => Want::OneOf([vec![value], others].concat()),
            false => between(value, &others),
        }
    }

    /// A Shortcut's sum of a date, which counts twice what two have counted: nothing says what is right.
    fn summed(&self, send: &Send, metric: Metric, date: Date) -> Option<f64> {
        let (from, to) = self.cut(send, date);
        let all = self.scenario.phone.store.seen(metric, send.made, from, to);
        let own = all.into_iter().filter(|sample| sample.start >= from && send.from <= from && to <= send.to);
        own.map(|sample| sample.value).reduce(|sum, value| sum + value)
    }

    /// Samples of which the ends are not told. Moments and a single writer's are certain, as long as none reaches into another
    /// date; what two have counted at a time is about as much as one of them has.
    fn without_ends(&self, metric: Metric, span: Span, moments: &[i64], values: &[f64]) -> Want {
        let wide = self.scenario.phone.store.seen(metric, self.latest(), span.0 - 1, span.1 + 1);
        let crosses = wide.iter().any(|one| one.start < span.0 || one.end > span.1);
        if crosses {
            return Want::Open;
        }
        match matches!(metric, Metric::Food | Metric::Protein | Metric::Energy) {
            true => between(values[0], &values[1..]),
            false => {
                let assumed = moments.iter().flat_map(|moment| self.assumed(metric, *moment, span));
                let (low, high) = ends(&values.iter().copied().chain(assumed).collect::<Vec<_>>());
                Want::Between(low - unsure(&wide, low), high + unsure(&wide, high))
            }
        }
    }

    /// The least and the most that samples may be taken to be without their ends: each lasts until the next of its source, a quarter
    /// of an hour at most, as docs/truth.md says. What begins in a better one's time counts for what is left of it, or not at all.
    fn assumed(&self, metric: Metric, moment: i64, (from, to): Span) -> [f64; 2] {
        let seen = self.scenario.phone.store.seen(metric, moment, from - LONGEST_WALK, to);
        let next = |one: &Sample| {
            let others = seen.iter().filter(|other| other.source == one.source && other.start > one.start);
            others.map(|other| other.start).min().unwrap_or(i64::MAX)
        };
        let without_end = |one: &&Sample| Sample { end: next(one).min(one.start + 900), ..(*one).clone() };
        let samples: Vec<Sample> = seen.iter().map(without_end).collect();
        let is_hidden = |one: &Sample| {
            let in_time = |other: &&Sample| other.start <= one.start && one.start < other.end;
            samples.iter().filter(in_time).any(|other| other.source < one.source)
        };
        let whole = samples.iter().filter(|one| (from..to).contains(&one.start) && !is_hidden(one));
        let (least, shared) =
            (whole.map(|one| one.value).sum::<f64>(), Totals::of_seen(samples.iter().collect()).within(from, to));
        [least, shared.unwrap_or(0.0)]
    }

    /// Of a date, all buckets that were told of since a moment, each as large as it ever was; none where samples are told.
    ///
    /// Who only adds is not believed when a number becomes smaller, for a part may be missing in what is told. It does become
    /// smaller when the watch's samples come, some minutes or days later, and replace the phone's.
    fn largest_buckets(&self, metric: Metric, (from, to): Span, since: i64) -> Option<f64> {
        if !is_of_several(metric) {
            return None;
        }
        let mut sum = 0.0;
        let tells = |send: &&Send| send.made >= since && send.from < to && from < send.to;
        let told: Vec<&Send> = self.sends.iter().copied().filter(tells).collect();
        let length = |send: &&Send| match self.grouping(send)? {
            Grouping::None => None,
            Grouping::Default | Grouping::Minutes => Some(60),
            Grouping::Hours => Some(3600),
            Grouping::Days => Some(to - from),
        };
        // An export has no buckets: what it tells is as sure in any.
        let buckets = told.iter().filter(|send| send.what != What::Export);
        let lengths: Option<Vec<i64>> = buckets.map(length).collect();
        let length = lengths?.into_iter().min()?;
        let mut start = from;
        while start < to {
            let end = (start + length).min(to);
            let of = |send: &&Send| self.total(metric, send.made, (start, end.min(send.to)));
            let tells = |send: &&&Send| send.to > start && send.from < end;
            sum += told.iter().filter(tells).map(of).fold(0.0, f64::max);
            start = end;
        }
        Some(sum)
    }

    fn has_no_ends(&self, send: &Send) -> bool {
        self.grouping(send) == Some(Grouping::None)
    }

    /// Of what only adds, a smaller number is not believed: when the watch's samples come late they replace the phone's.
    pub fn is_uncertain(&self, metric: Metric) -> bool {
        self.scenario.plan.changes.late && is_of_several(metric)
    }

    /// The most that a date's total may be: the phone's own as of any sync that tells of it.
    pub fn most(&self, metric: Metric, date: Date) -> Option<f64> {
        let adds = matches!(self.scenario.setup, Setup::News | Setup::NewsAndDays | Setup::Bare | Setup::Shortcuts);
        if self.sends.iter().any(|send| send.what == SUMS) {
            let sums = self.sends.iter().filter_map(|send| self.summed(send, metric, date));
            return Some(sums.fold(0.0, f64::max));
        }
        if let Some(most) = adds.then(|| self.most_of_adders(metric, date)).flatten() {
            return Some(most);
        }
        if adds && self.is_uncertain(metric) {
            return None;
        }
        let no_ends = self.sends.iter().any(|send| self.has_no_ends(send));
        let spans: Vec<Span> = self.scenario.phone.calendar.zones().map(|zone| Expect::span(date, zone)).collect();
        let slack = if no_ends { 1800 } else { 0 };
        let from = spans.iter().map(|span| span.0).min()? - slack;
        let to = spans.iter().map(|span| span.1).max()? + slack;
        // What begins before a sync's end may last into the next date.
        let told = self.sends.iter().filter(|send| send.from < to && from < send.to + LONGEST_WALK);
        let most = told.clone().map(|send| self.total(metric, send.made, (from, to))).fold(0.0, f64::max);
        if !no_ends || !is_of_several(metric) {
            return Some(most);
        }
        let most = told.flat_map(|send| self.assumed(metric, send.made, (from, to))).fold(most, f64::max);
        Some(most + unsure(&self.scenario.phone.store.seen(metric, self.latest(), from, to), most))
    }

    /// The same of those who only add, whose numbers never become smaller: see `largest_buckets`. An export of the whole date takes the
    /// place of what was told before it.
    fn most_of_adders(&self, metric: Metric, date: Date) -> Option<f64> {
        let span = Expect::span(date, self.home());
        let exports = self.sends.iter().filter(|send| send.what == What::Export && self.covers(send, date));
        let since = exports.map(|send| send.made).max().unwrap_or(i64::MIN);
        let largest = self.largest_buckets(metric, span, since)?;
        let told = self.sends.iter().filter(|send| send.made >= since);
        Some(told.map(|send| self.total(metric, send.made, span)).fold(largest, f64::max))
    }

    /// Whether the phone's own total has never become less, nor, where senders only add, that of what each of them told. On the
    /// first date that it knows of, a new phone has less: what reaches into it from the day before is missing.
    pub fn only_grows(&self, metric: Metric, date: Date) -> bool {
        let adds = matches!(self.scenario.setup, Setup::News | Setup::NewsAndDays | Setup::Bare | Setup::Shortcuts);
        let no_ends = self.sends.iter().any(|send| self.has_no_ends(send));
        let begins = self.sends.iter().any(|send| self.begins_on(send, date));
        if self.scenario.phone.calendar.travels() || no_ends || begins || (adds && self.is_uncertain(metric)) {
            return false;
        }
        let (from, to) = Expect::span(date, self.home());
        // A minute that is told once more may be larger, while those before it have become smaller and are not told again: then the
        // largest ones are more than the phone's own, and become that when a day's total or an export comes.
        if let Some(largest) = adds.then(|| self.largest_buckets(metric, (from, to), i64::MIN)).flatten() {
            return largest <= self.total(metric, self.latest(), (from, to)) + 1e-9;
        }
        let told = self.sends.iter().filter(|_| adds).map(|send| (send.from.max(from), send.to.min(to)));
        let mut spans = told.filter(|(from, to)| from < to).chain([(from, to)]);
        spans.all(|span| {
            let values: Vec<f64> = self.sends.iter().map(|send| self.total(metric, send.made, span)).collect();
            values.is_sorted_by(|a, b| *a <= *b + 1e-9)
        })
    }

    /// The moment of the last send.
    fn latest(&self) -> i64 {
        self.sends.last().map_or(i64::MAX, |send| send.made)
    }
}

/// Whether several count it at a time.
fn is_of_several(metric: Metric) -> bool {
    matches!(metric, Metric::Steps | Metric::Distance)
}

/// By how much the total of samples without ends may be off: nothing tells how long the largest has lasted.
fn unsure(samples: &[&Sample], total: f64) -> f64 {
    samples.iter().map(|sample| sample.value).fold(total * 0.15, f64::max)
}

fn ends(values: &[f64]) -> (f64, f64) {
    (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(0.0, f64::max))
}

fn between(value: f64, others: &[f64]) -> Want {
    let (low, high) = ends(&[&[value], others].concat());
    Want::Between(low, high)
}
