//! The operating system.

pub mod disk;
pub mod signals;
