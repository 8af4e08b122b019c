//! Levels of a date.

use health_export::synth::phone::metric::{Metric, Style};
use health_export::synth::phone::scenario::What;
use health_export::synth::phone::senders::automation::Grouping;
use health_export::synth::phone::statistics::Levels;
use jiff::civil::Date;

use super::{Expect, Span, ends};

impl Expect<'_> {
    /// Levels of a date, and how far off the mean may be, if it is determined.
    pub fn of_levels(&self, metric: Metric, date: Date) -> Option<(Vec<Levels>, Option<f64>)> {
        let (by, later) = self.settled(metric, date)?;
        let cut = self.cut(by, date);
        let home = Expect::span(date, self.home());
        let phone = &self.scenario.phone;
        let no_ends = [by].into_iter().chain(later.iter().copied()).any(|send| self.has_no_ends(send));
        if no_ends && metric.facts().style == Style::EquivalentLevel && self.reaches_into(metric, home) {
            return None;
        }
        let mut found = vec![phone.levels(metric, by.made, cut.0, cut.1)?];
        found.extend(later.iter().filter_map(|send| phone.levels(metric, send.made, home.0, home.1)));
        let closed = self.grouping(by) == Some(Grouping::Days);
        let coarse = [Some(Grouping::Hours), Some(Grouping::None)].contains(&self.grouping(by));
        let tolerance = match metric.facts().style {
            _ if closed => self.states(by).then_some(0.0),
            // How long in an hour a pulse stood for is not told: see `hourly`.
            Style::TemporallyWeighted if self.grouping(by) == Some(Grouping::Hours) => None,
            // How Apple integrates a pulse is not published: each value is held until the next one here.
            Style::TemporallyWeighted => Some(0.05),
            // What came in late on the day before reaches over midnight, and was not asked for again.
            Style::EquivalentLevel if matches!(by.what, What::Shortcut { .. }) && self.scenario.plan.changes.late => {
                None
            }
            // How long a level lasted in an hour, or without an end, is not told.
            Style::EquivalentLevel => (!coarse && later.is_empty()).then_some(0.0),
            Style::Arithmetic | Style::Cumulative => Some(0.0),
        };
        Some((found, tolerance))
    }

    /// Whether anything that begins before a date lasts into it, which only an end could tell.
    fn reaches_into(&self, metric: Metric, (from, _): Span) -> bool {
        let around = self.scenario.phone.store.seen(metric, self.latest(), from - 1, from + 1);
        around.iter().any(|sample| sample.start < from && sample.end > from)
    }

    /// The least and the greatest mean of an hour, where a date's pulse is told by the hour: its own lies between them.
    pub fn hourly(&self, metric: Metric, date: Date) -> Option<(f64, f64)> {
        let (by, later) = self.settled(metric, date)?;
        let is_told = metric == Metric::HeartRate && self.grouping(by) == Some(Grouping::Hours);
        let (from, to) = Expect::span(date, self.home());
        let hours = (from..to).step_by(3600).flat_map(|hour| {
            let sends = [by].into_iter().chain(later.iter().copied());
            sends
                .filter_map(move |send| self.scenario.phone.levels(metric, send.made, hour, (hour + 3600).min(send.to)))
        });
        let means: Vec<f64> = hours.map(|levels| levels.mean).collect();
        (is_told && !means.is_empty()).then(|| ends(&means))
    }
}
