//! The operating system.

pub mod address;
pub mod background;
pub mod clock;
pub mod disk;
pub mod files;
pub mod lock;
pub mod memory;
pub mod notify;
pub mod process;
pub mod signals;
