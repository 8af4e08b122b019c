//! The operating system.

pub mod signals;
