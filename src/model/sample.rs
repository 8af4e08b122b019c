//! One measurement, and the batch of them that a delivery becomes.
//!
//! A sample names its metric and source by position in the batch's own lists, so that a hundred thousand points cost
//! no strings; the store turns positions into dictionary ids once per batch.

use std::collections::BTreeMap;

use crate::model::document::Document;
use crate::model::event::Event;
use crate::model::grouping::Grouping;
use crate::model::receipt::ItemProblem;
use crate::model::sleep::NightSummary;
use crate::model::source::{Hardware, Used};
use crate::model::time::Layer;
use crate::model::workout::Workout;

/// One measurement in canonical units, ready to store.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Which item of the delivery it came from: index into `Batch::items`. One item may give several samples.
    pub item: u32,
    /// Index into `Batch::series`.
    pub series: u32,
    pub layer: Layer,
    /// UTC epoch seconds: the precision that all senders share, so that the same sample from two of them is one.
    pub start: i64,
    /// Seconds from start to end; 0 for an instant.
    pub span: i64,
    /// The sender's offset from UTC in minutes.
    pub offset_minutes: i32,
    pub value: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Index into `Batch::sources`.
    pub source: u32,
    /// Index into `Batch::contexts`: a qualifier such as "Bolus" or "Before Meal" that tells twins apart.
    pub context: Option<u32>,
    /// Whether a person has entered it by hand: such values outrank every device.
    pub manual: bool,
}

/// A metric as one delivery sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Canonical name, or the sender's own when the catalogue does not know it.
    pub metric: String,
    /// Unit that the values are stored in.
    pub unit: String,
    /// Unit that the sender used.
    pub unit_sent: String,
}

/// An item that could not be understood, kept with the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Index into `Batch::item_names`, for the counts per metric.
    pub name: u32,
    /// JSON path of the item in the body.
    pub path: String,
    pub reason: String,
    /// The item as sent.
    pub item: String,
}

/// What one body says, decoded and validated.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub series: Vec<Series>,
    pub sources: Vec<String>,
    pub contexts: Vec<String>,
    pub samples: Vec<Sample>,
    /// Names that the counts per metric use: one per metric as sent.
    pub item_names: Vec<String>,
    /// For each understood item, its position in `item_names`.
    pub items: Vec<u32>,
    pub workouts: Vec<Workout>,
    pub events: Vec<Event>,
    pub nights: Vec<NightSummary>,
    pub documents: Vec<Document>,
    /// With what hardware the samples of a source were measured, where the sender tells it: index into `sources`, then hardware, to
    /// how many samples of when.
    pub devices: BTreeMap<u32, BTreeMap<Hardware, Used>>,
    pub rejected: Vec<Rejected>,
    /// What the sender should know, though nothing is lost: path and sentence.
    pub notes: Vec<ItemProblem>,
    /// What a body without a header shows of how its sender groups its points.
    pub grouping: Option<Grouping>,
    /// The moment that it tells of, where the sender names it: an export's date, UTC epoch seconds.
    pub as_of: Option<i64>,
    /// Arrays and files of kinds that nobody knows, kept in the raw body: name to number of items.
    pub deferred: BTreeMap<String, u64>,
}

impl Batch {
    /// About the bytes of memory that its long lists hold.
    pub fn memory(&self) -> usize {
        let course = |workout: &Workout| {
            let series = workout.series.iter().map(|series| size_of_val(series.points.as_slice()));
            size_of_val(workout.route.as_slice()) + series.sum::<usize>()
        };
        let workouts: usize = self.workouts.iter().map(course).sum();
        let rejected: usize = self.rejected.iter().map(|one| one.item.len() + one.reason.len()).sum();
        let lists = size_of_val(self.samples.as_slice())
            + size_of_val(self.items.as_slice())
            + size_of_val(self.workouts.as_slice())
            + size_of_val(self.events.as_slice());
        lists + workouts + rejected
    }
}
