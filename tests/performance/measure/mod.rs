//! The judges: pure, so that an ordinary test can feed them what is broken and see them refuse it.

pub mod answer;
pub mod bars;
pub mod baseline;
pub mod counted;
pub mod expect;
pub mod judge;
pub mod model;
pub mod slope;
pub mod tally;
