//! The operating system.

pub mod disk;
pub mod notify;
pub mod signals;
