//! The operating system.

pub mod disk;
pub mod lock;
pub mod memory;
pub mod notify;
pub mod signals;
