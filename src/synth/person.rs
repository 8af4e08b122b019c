//! A plausible person: more steps on workdays' commutes and weekend walks, a heart that follows them, a weight that
//! drifts.

use crate::synth::random::Random;

/// What a person does in one hour.
pub struct Hour {
    pub steps: f64,
    pub kilocalories: f64,
    pub heart_low: f64,
    pub heart_mean: f64,
    pub heart_high: f64,
}

/// What is measured once on a day.
pub struct Day {
    pub resting_heart_rate: f64,
    pub variability: f64,
    /// Kilograms; not every morning.
    pub weight: Option<f64>,
    pub asleep_hours: f64,
}

pub struct Person {
    random: Random,
    weight: f64,
    fitness: f64,
}

impl Person {
    pub fn new(seed: u64) -> Person {
        let mut random = Random::new(seed);
        let weight = random.between(58.0, 88.0);
        let fitness = random.between(0.8, 1.2);
        Person { random, weight, fitness }
    }

    /// `weekday` counts from 0 for Monday.
    pub fn hour(&mut self, weekday: i64, hour: i64) -> Hour {
        let activity = usual_activity(weekday, hour) * (1.0 + 0.8 * self.random.noise()).max(0.0);
        let steps = (activity * 1400.0 * self.fitness).round();
        let heart_mean = 58.0 / self.fitness.sqrt() + 45.0 * activity.min(1.5) + 3.0 * self.random.noise();
        let spread = 4.0 + 25.0 * activity.min(1.5);
        Hour {
            steps,
            kilocalories: round(steps * 0.042 + self.random.between(0.0, 6.0), 3),
            heart_low: round(heart_mean - spread * 0.5, 0),
            heart_mean: round(heart_mean, 2),
            heart_high: round(heart_mean + spread, 0),
        }
    }

    pub fn day(&mut self) -> Day {
        self.weight = (self.weight + 0.12 * self.random.noise()).clamp(50.0, 100.0);
        let weighed = self.random.unit() < 0.4;
        Day {
            resting_heart_rate: round(58.0 / self.fitness + 3.0 * self.random.noise(), 0),
            variability: round(48.0 * self.fitness + 14.0 * self.random.noise(), 1),
            weight: weighed.then_some(round(self.weight, 2)),
            asleep_hours: round(7.2 + 1.1 * self.random.noise(), 2),
        }
    }
}

/// From 0 (asleep) to about 1.5 (a long walk).
fn usual_activity(weekday: i64, hour: i64) -> f64 {
    let weekend = weekday >= 5;
    match hour {
        0..=6 => 0.0,
        8 | 17 if !weekend => 0.9,
        10..=14 if weekend => 0.8,
        7..=21 => 0.3,
        _ => 0.05,
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
