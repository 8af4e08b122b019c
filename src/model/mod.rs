//! The words of the program: plain types, nothing of ours imported, and no input or output but the rules of time zones.

pub mod account;
pub mod bucket;
pub mod day;
pub mod deletion;
pub mod document;
pub mod event;
pub mod grouping;
pub mod healthkit;
pub mod hex;
pub mod keep;
pub mod key;
pub mod metric;
pub mod preferences;
pub mod receipt;
pub mod relative;
pub mod sample;
pub mod sender;
pub mod session;
pub mod shown;
pub mod sleep;
pub mod source;
pub mod time;
pub mod unit;
pub mod words;
pub mod workout;
pub mod zone_rules;
