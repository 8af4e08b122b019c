//! Made-up people, for tests, benches and demos: the same seed gives the same bytes on every machine.
//!
//! Nothing here comes from anybody's data.

pub mod auto_export;
pub mod demo;
pub mod history;
mod person;
pub mod phone;
pub mod random;

pub use person::Person;
