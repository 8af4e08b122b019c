//! What the points of a body show of how its sender groups them, where no header says so.

use crate::model::time::Layer;

/// The evidence of one body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// The finest bucket that its points could be of; none where all of them are measurements.
    pub finest: Option<Layer>,
    /// Whether a coarse layer is only the coarsest that its points could be of: then what its sender has shown elsewhere
    /// decides. Several buckets of a metric with nothing between them are no guess.
    pub guessed: bool,
    /// Metrics of which it has measurements.
    pub measured: Vec<String>,
}

impl Grouping {
    /// What two bodies of one delivery show.
    pub fn and(self, other: Grouping) -> Grouping {
        let finest = match (self.finest, other.finest) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let mut measured = self.measured;
        measured.extend(other.measured);
        measured.sort_unstable();
        measured.dedup();
        Grouping { finest, guessed: self.guessed || other.guessed, measured }
    }
}
