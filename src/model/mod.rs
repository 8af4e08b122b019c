//! The words of the program: plain types, no input or output, nothing of ours imported.

pub mod bucket;
pub mod key;
pub mod metric;
pub mod receipt;
pub mod sample;
pub mod time;
pub mod unit;
