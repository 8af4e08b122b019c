//! Which of all that is stored counts, at each moment: the same for answers, rollups and explanations.
//!
//! `rows` is what takes part: samples, and claims that a phone's statistics made of buckets. `overlap` resolves sources,
//! `claims` decides between a bucket and what is finer, `totals` and `levels` put it together, and `scan` reads a range.

pub mod claims;
pub mod latest;
pub mod levels;
mod overlap;
pub mod rows;
pub mod scan;
pub mod totals;
