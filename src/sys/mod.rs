//! The operating system.

pub mod backups;
pub mod disk;
pub mod process;
pub mod signals;
