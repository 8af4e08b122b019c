//! The operating system.

pub mod disk;
pub mod memory;
pub mod notify;
pub mod signals;
