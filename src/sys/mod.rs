//! The operating system.

pub mod disk;
pub mod files;
pub mod lock;
pub mod signals;
