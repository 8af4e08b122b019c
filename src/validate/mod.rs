//! Records to samples in canonical units, or a named reason why not. Pure: no input or output.
//!
//! One odd item never fails the rest: it is returned beside them, with its JSON path and a sentence.

mod aggregation;
pub mod apple_export;
mod filling;
pub mod healthkit;
mod intern;
mod meaning;
mod reading;
mod records;
mod settle;
pub mod shortcuts;

use std::collections::HashMap;

use jiff::tz::TimeZone;
use rayon::prelude::*;

use crate::decode::auto_export::{Document, MetricSection, Node};
use crate::model::receipt::ItemProblem;
use crate::model::sample::Batch;
pub use aggregation::Aggregation;
use aggregation::{Layers, PointNote};
use filling::Filling;
use meaning::Meaning;
use reading::Reading;
pub use settle::append;

/// What is known about a body beside the body.
pub struct Context<'a> {
    /// What the phone says it did before sending.
    pub aggregation: Aggregation,
    /// For texts that carry no offset, and for the length of a phone's days.
    pub home: &'a TimeZone,
    /// The unit that a metric unknown to the catalogue is stored in already; `NO_MORE_NAMES` where it is new and one too many.
    pub stored_unit: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// No unit, but why a metric gets none.
pub const NO_MORE_NAMES: &str = "this is one of more metrics than are taken that are not in the catalogue: a delivery may bring \
     200 new ones, and a person may have 1000; look whether its name holds a time or a number, which belong into the value";

/// Points from which validating in parallel pays for the hand-over. Bodies with fewer are worked on side by side instead.
const PARALLEL_FROM: usize = 12_288;

/// A section with every point read, ready to be given a layer.
struct ReadSection<'a> {
    meaning: Meaning,
    readings: Vec<Result<Reading<'a>, String>>,
}

/// The units of metrics that the body has named so far, because a metric that nobody knows is stored in its first.
type Units = HashMap<String, String>;

impl ReadSection<'_> {
    fn has_any(&self) -> bool {
        self.readings.iter().any(Result::is_ok)
    }

    fn settle_unit(&self, units: &mut Units) {
        for part in self.meaning.parts.iter().filter(|_| self.has_any()) {
            units.entry(part.metric.clone()).or_insert_with(|| part.unit.clone());
        }
    }
}

/// Everything a document says, in the store's terms.
pub fn batch(document: &Document, context: &Context) -> Batch {
    let mut sections: Vec<(&MetricSection, ReadSection)> = Vec::with_capacity(document.metrics.len());
    let mut units = Units::default();
    for section in &document.metrics {
        let read = read(section, context, &units);
        read.settle_unit(&mut units);
        sections.push((section, read));
    }
    let read: Vec<&ReadSection> = sections.iter().map(|(_, read)| read).collect();
    let Layers { places, notes, grouping } = aggregation::layers(context.aggregation, &read, context.home);
    let batch = Batch { deferred: document.others.clone(), grouping, ..Batch::default() };
    let mut filling = Filling::new(batch, context.home);
    for ((section, read), places) in sections.iter().zip(&places) {
        filling.add_section(section, read, places);
    }
    for PointNote { section, at, text } in notes {
        let path = format!("{}.data[{at}]", sections[section].0.path);
        filling.batch.notes.push(ItemProblem { path, reason: text });
    }
    records::add(document, &mut filling);
    document.broken.iter().for_each(|broken| filling.add_broken(broken));
    let mut batch = filling.finish();
    settle::settle(&mut batch);
    batch
}

fn read<'a>(section: &MetricSection<'a>, context: &Context, units: &Units) -> ReadSection<'a> {
    let meaning = Meaning::of(section, context, units);
    let read_one = |point: &Node<'a>| reading::read(*point, &meaning, context.home);
    let readings = if section.points.len() < PARALLEL_FROM {
        section.points.iter().map(read_one).collect()
    } else {
        section.points.par_iter().map(read_one).collect()
    };
    ReadSection { meaning, readings }
}

#[cfg(test)]
mod tests;
