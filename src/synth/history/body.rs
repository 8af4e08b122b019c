//! What stays of a person from day to day.

use crate::synth::history::round;
use crate::synth::random::Random;

/// Drifts slowly.
pub struct Body {
    weight: f64,
    pub fitness: f64,
}

impl Body {
    pub fn new(random: &mut Random) -> Body {
        Body { weight: random.between(58.0, 88.0), fitness: random.between(0.8, 1.2) }
    }

    /// Kilograms, this morning.
    pub fn weigh(&mut self, random: &mut Random) -> f64 {
        self.weight = (self.weight + 0.12 * random.noise()).clamp(50.0, 100.0);
        round(self.weight, 2)
    }
}
