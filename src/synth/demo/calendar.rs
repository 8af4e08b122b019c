//! What happens when: weeks of illness, a marathon and the weeks that lead to it, a holiday in the hills, a week in which
//! the watch lay in a drawer. Everything else follows these.

use jiff::civil::Date;

use crate::synth::random::Random;

pub const HOUR: i64 = 3600;
pub const MINUTE: i64 = 60;

/// Days from one marathon, one holiday, one lost watch to the next.
const YEAR: i32 = 365;
/// The day of the marathon, counted from the last day.
const MARATHON: i32 = 66;

/// One day of the person's life.
#[derive(Debug, Clone)]
pub struct Day {
    pub seed: u64,
    pub date: Date,
    /// Days before the last one.
    pub age: i32,
    /// UTC epoch seconds of its begin and of the next day's.
    pub midnight: i64,
    pub end: i64,
}

impl Day {
    /// Numbers of this day's own; `what` parts those of one subject from another's.
    pub fn random(&self, what: u64) -> Random {
        self.random_at(0, what)
    }

    fn random_at(&self, days_back: i64, what: u64) -> Random {
        let day = (self.midnight.div_euclid(86_400) - days_back) as u64;
        // The generator's own step, so that neighbours do not begin with neighbouring numbers.
        let mut mixed = Random::new(self.seed ^ day.wrapping_mul(0xd134_2543_de82_ef95) ^ (what << 56));
        Random::new(mixed.number())
    }

    /// From 0 for Monday.
    pub fn weekday(&self) -> i64 {
        i64::from(self.date.weekday().to_monday_zero_offset())
    }

    pub fn is_weekend(&self) -> bool {
        self.weekday() >= 5
    }

    /// How much is recorded: years ago a watch noted less.
    pub fn density(&self) -> f64 {
        match self.age {
            ..400 => 1.0,
            400..1100 => 0.35,
            _ => 0.15,
        }
    }

    /// From 0 to 1 at the worst of it.
    pub fn illness(&self) -> f64 {
        const COURSE: [f64; 7] = [0.3, 0.8, 1.0, 0.9, 0.6, 0.4, 0.2];
        let day = 24 - self.age.rem_euclid(170);
        usize::try_from(day).ok().and_then(|day| COURSE.get(day)).copied().unwrap_or(0.0)
    }

    /// A week without the watch.
    pub fn is_watch_away(&self) -> bool {
        (95..=101).contains(&(self.age % YEAR))
    }

    /// Two weeks of walking in the hills.
    pub fn is_holiday(&self) -> bool {
        (210..=223).contains(&(self.age % YEAR))
    }

    pub fn is_marathon(&self) -> bool {
        // On a Sunday, whatever the last day is.
        self.weekday() == 6 && (MARATHON - 3..=MARATHON + 3).contains(&(self.age % YEAR))
    }

    /// How far the sixteen weeks of training are, from 0 to 1; 0 outside of them.
    pub fn training(&self) -> f64 {
        let weeks = 16.0 - f64::from(self.age % YEAR - MARATHON) / 7.0;
        if (0.0..=16.0).contains(&weeks) { weeks / 16.0 } else { 0.0 }
    }

    /// From 0 to 1; it is built up by training, and lasts for a while after it.
    pub fn fitness(&self) -> f64 {
        let after = f64::from(MARATHON - self.age % YEAR) / 66.0;
        match self.training() {
            trained if trained > 0.0 => 0.3 + 0.6 * trained,
            _ if after > 0.0 => 0.9 - 0.35 * after,
            _ => 0.3 + 0.05 * (f64::from(self.age) / 40.0).sin(),
        }
    }

    /// How well the person slept in the night that ends on this day, around 0: a part of it stays from day to day.
    pub fn sleep_quality(&self) -> f64 {
        let own = |days: i64| self.random_at(days, 1).noise();
        let weekend = if self.is_weekend() { 0.35 } else { 0.0 };
        own(0) + 0.5 * own(1) + 0.25 * own(2) + weekend - 1.1 * self.illness()
            + if self.is_holiday() { 0.6 } else { 0.0 }
    }

    /// The day's drift of a value that changes slowly, around 0.
    pub fn wander(&self, what: u64) -> f64 {
        (0..4).map(|days| self.random_at(days, what).noise()).sum::<f64>() / 2.0
    }

    /// From -1 in midsummer to 1 in midwinter, a month late, as weights are.
    pub fn winter(&self) -> f64 {
        (f64::from(self.date.day_of_year() - 40) / 365.0 * std::f64::consts::TAU).cos()
    }

    /// In bed, asleep, awake: UTC epoch seconds.
    pub fn night(&self) -> Night {
        let mut random = self.random(2);
        let late = if self.is_weekend() { 70.0 } else { 0.0 };
        let quality = self.sleep_quality();
        let asleep = self.midnight - 50 * MINUTE + ((late + 45.0 * random.noise()) * 60.0) as i64;
        let minutes = 440.0 + 0.5 * late + 38.0 * quality + 80.0 * self.illness() + 15.0 * random.noise();
        let awake = asleep + (minutes.clamp(240.0, 680.0) * 60.0) as i64;
        let in_bed = asleep - random.between(5.0, 25.0 - 8.0 * quality.clamp(-1.0, 1.0)) as i64 * MINUTE;
        Night { in_bed, asleep, awake, up: awake + random.between(2.0, 15.0) as i64 * MINUTE }
    }

    /// Seconds of the day to UTC epoch seconds, for times that need not be kept through a change of clocks.
    pub fn at(&self, hours: f64) -> i64 {
        self.midnight + (hours * HOUR as f64) as i64
    }
}

pub struct Night {
    pub in_bed: i64,
    pub asleep: i64,
    pub awake: i64,
    pub up: i64,
}
