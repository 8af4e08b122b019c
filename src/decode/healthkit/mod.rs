//! Apps that hand on HealthKit's records as they are: every item becomes the element that Apple's export would have for it, so
//! that one set of rules reads both.
//!
//! Two are known. `wire` is open-health-export's `ohe.wire/1`: a record on each line, with ids and tombstones. `pro` is Health
//! Export Pro: one object with a list for each HealthKit identifier.

mod build;
pub mod pro;
pub mod wire;

use crate::decode::apple_export::Tree;
use crate::model::workout::RoutePoint;

/// One record, as an element, and where it stood.
#[derive(Debug)]
pub struct Item {
    pub place: String,
    pub tree: Tree,
    /// Points of a workout's way.
    pub route: Vec<RoutePoint>,
}

/// Something that cannot be used: a name for the counts, where it stood, why, and what it was.
#[derive(Debug, PartialEq)]
pub struct Unusable {
    pub name: &'static str,
    pub place: String,
    pub reason: String,
    pub item: String,
}

/// What one body holds.
#[derive(Debug, Default)]
pub struct Document {
    pub items: Vec<Item>,
    pub unusable: Vec<Unusable>,
}
