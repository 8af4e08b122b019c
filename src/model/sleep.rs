//! Sleep: segments, which are samples of `sleep_analysis`, and nights that a phone has summed up.

use crate::model::sender::Sender;
use crate::model::words::Words;

/// The metric that segments are stored under, in the raw layer: one sample per segment, its value a `Stage`.
pub const SLEEP: &str = "sleep_analysis";

/// Seconds by which the dates of nights begin before midnight: who falls asleep in the evening sleeps into the next date.
pub const NIGHT_BEGINS_EARLIER: i64 = 5 * 3600;

/// The local date, in days since 1970-01-01, that a stretch of sleep belongs to: that of the middle between its start and end
/// (UTC epoch seconds) plus five hours, on the clocks where it was slept. So an evening's sleep is of the next morning's
/// date, a nap of the day on which it is taken, and neither depends on what is asked or on what else there is.
pub fn night_of(start: i64, end: i64, offset_minutes: i32) -> i32 {
    let middle = start.saturating_add(end.saturating_sub(start) / 2);
    let local = middle.saturating_add(NIGHT_BEGINS_EARLIER + i64::from(offset_minutes) * 60);
    local.div_euclid(86_400).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// What a segment says, with HealthKit's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    InBed = 0,
    /// Asleep, without a stage.
    Asleep = 1,
    Awake = 2,
    Core = 3,
    Deep = 4,
    Rem = 5,
}

impl Stage {
    pub const ALL: [Stage; 6] = [Stage::InBed, Stage::Asleep, Stage::Awake, Stage::Core, Stage::Deep, Stage::Rem];

    /// As a sample's value.
    pub fn value(self) -> f64 {
        f64::from(self as u8)
    }

    pub fn from_value(value: f64) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.value() == value)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Stage::InBed => "in_bed",
            Stage::Asleep => "asleep",
            Stage::Awake => "awake",
            Stage::Core => "core",
            Stage::Deep => "deep",
            Stage::Rem => "rem",
        }
    }

    /// The stage that a sender's word means, in any language the table has: `Core`, `HKCategoryValueSleepAnalysisAsleepREM`,
    /// `In Bed`, `核心睡眠`.
    pub fn from_word(word: &str) -> Option<Stage> {
        let word = word.trim().trim_start_matches("HKCategoryValueSleepAnalysis");
        let code = Words::SleepStage.code(word)?;
        Stage::ALL.into_iter().find(|stage| stage.as_str() == code)
    }

    pub fn is_asleep(self) -> bool {
        !matches!(self, Stage::InBed | Stage::Awake)
    }
}

/// One night as a phone has summed it up. Known by (person, date, sender); a later one replaces an earlier one unless it
/// is poorer, that is, has no stages where the earlier one has.
#[derive(Debug, Clone, PartialEq)]
pub struct NightSummary {
    /// Which item of the delivery it came from: index into `Batch::items`.
    pub item: u32,
    pub sender: Sender,
    /// The local date on which the night ends, in days since 1970-01-01.
    pub date: i32,
    pub source: String,
    pub offset_minutes: i32,
    /// UTC epoch seconds; of falling asleep and waking.
    pub start: Option<i64>,
    pub end: Option<i64>,
    pub in_bed_start: Option<i64>,
    pub in_bed_end: Option<i64>,
    /// Minutes.
    pub asleep: Option<f64>,
    pub in_bed: Option<f64>,
    pub core: Option<f64>,
    pub deep: Option<f64>,
    pub rem: Option<f64>,
    pub awake: Option<f64>,
}

/// Minutes by which a sum may differ from the times beside it because both are rounded.
const ROUNDED: f64 = 1.0;

impl NightSummary {
    /// The night with numbers that can be true, and what was wrong with those that it said.
    ///
    /// Nobody sleeps for longer than from falling asleep to waking up. No sleep beside a time in bed means that nobody has
    /// measured any.
    pub fn made_possible(mut self) -> (NightSummary, Option<String>) {
        let mut wrong = None;
        let mut note = |what: String| wrong = wrong.take().or(Some(what));
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            note("the night ends before it starts: its start is left out".into());
            self.start = None;
        }
        let lay = self.in_bed.is_some_and(|minutes| minutes > 0.0);
        if lay && !self.has_stages() && self.asleep == Some(0.0) {
            self.asleep = None;
        }
        let minutes = |from: Option<i64>, to: Option<i64>| Some((to? - from?) as f64 / 60.0);
        if let Some(most) = minutes(self.start, self.end) {
            let staged: f64 = [self.core, self.deep, self.rem].into_iter().flatten().sum();
            if staged > most + ROUNDED {
                note(format!(
                    "the stages are {staged:.0} minutes between a start and an end {most:.0} apart: they are left out"
                ));
                (self.core, self.deep, self.rem) = (None, None, None);
            }
            if let Some(asleep) = self.asleep.filter(|asleep| *asleep > most) {
                let kept = if staged > 0.0 && staged <= most { staged } else { most };
                self.asleep = Some(kept);
                if asleep > most + ROUNDED {
                    note(format!(
                        "{asleep:.0} minutes asleep between a start and an end {most:.0} apart: {kept:.0} are kept"
                    ));
                }
            }
        }
        if let Some(most) = minutes(self.in_bed_start, self.in_bed_end).filter(|most| *most >= 0.0) {
            self.in_bed = self.in_bed.map(|in_bed| in_bed.min(most));
        }
        (self, wrong)
    }

    pub fn has_stages(&self) -> bool {
        [self.core, self.deep, self.rem].into_iter().flatten().any(|minutes| minutes > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evening_is_of_the_next_date_and_a_nap_of_its_day() {
        let hours = |from: f64, to: f64, offset: i32| night_of((from * 3600.0) as i64, (to * 3600.0) as i64, offset);
        for (from, to, day) in
            [(-1.0, 7.0, 0), (9.5, 11.0, 0), (17.5, 19.0, 0), (21.5, 31.0, 1), (20.0, 24.0, 1), (0.0, 24.0, 0)]
        {
            assert_eq!(hours(from, to, 0), day, "{from} to {to}");
            assert_eq!(hours(from - 9.0, to - 9.0, 540), day, "{from} to {to} in Tokyo");
        }
        assert_eq!((hours(18.9, 18.9, 0), hours(19.0, 19.0, 0)), (0, 1));
    }

    #[test]
    fn words_of_every_sender_are_stages() {
        for (word, stage) in [
            ("InBed", Stage::InBed),
            ("In Bed", Stage::InBed),
            ("Asleep (Unspecified)", Stage::Asleep),
            ("REM Sleep", Stage::Rem),
            ("Asleep Core", Stage::Core),
            ("HKCategoryValueSleepAnalysisAsleepDeep", Stage::Deep),
            ("HKCategoryValueSleepAnalysisAsleep", Stage::Asleep),
            ("快速动眼睡眠", Stage::Rem),
        ] {
            assert_eq!(Stage::from_word(word), Some(stage), "{word}");
        }
        assert_eq!(Stage::from_word("7.5"), None);
    }
}
