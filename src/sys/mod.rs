//! The operating system.

pub mod disk;
pub mod lock;
pub mod signals;
