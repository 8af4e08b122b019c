//! Apple's own export: `export.xml`, and the files that lie beside it.
//!
//! The XML is gigabytes long and often damaged, so it is never held whole and never judged whole: `clean` hands it on in
//! small pieces without what XML forbids, `items` cuts it into the children of its root, and each of those is an
//! `element` that the next one overwrites. What cannot be read is handed out as damage, and reading goes on behind it.

pub mod clean;
pub mod ecg;
pub mod element;
pub mod gpx;
pub mod items;
pub mod sniff;

pub use element::{Element, Tree, text};
pub use items::{Items, Next};
