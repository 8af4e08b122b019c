//! A batch as it fills up: the part of validation that all senders share.

use std::ops::Range;

use jiff::tz::TimeZone;

use crate::decode::auto_export::{Broken, MetricSection};
use crate::model::sample::{Batch, Rejected, Sample, Series};
use crate::model::time::Layer;
use crate::validate::ReadSection;
use crate::validate::aggregation::Placement;
use crate::validate::intern::Interner;
use crate::validate::meaning::Meaning;
use crate::validate::reading::Reading;

/// A batch, and the names it has met.
pub struct Filling<'a> {
    pub batch: Batch,
    sources: Interner,
    contexts: Interner,
    /// For texts that carry no offset.
    pub home: &'a TimeZone,
}

impl<'a> Filling<'a> {
    pub fn new(batch: Batch, home: &'a TimeZone) -> Filling<'a> {
        Filling { batch, sources: Interner::default(), contexts: Interner::default(), home }
    }

    pub fn add_section(&mut self, section: &MetricSection, read: &ReadSection, places: &[Option<Placement>]) {
        // A metric without a sample has no row yet, and so no unit.
        let series = if read.has_any() { self.add_series(&read.meaning) } else { 0..0 };
        let name = self.add_name(&read.meaning.name);
        self.batch.samples.reserve(read.readings.len());
        self.batch.items.reserve(read.readings.len());
        for ((at, reading), place) in read.readings.iter().enumerate().zip(places) {
            match reading {
                Ok(reading) => self.add_reading(reading, &series, name, *place),
                Err(reason) => self.batch.rejected.push(Rejected {
                    name,
                    path: format!("{}.data[{at}]", section.path),
                    reason: reason.clone(),
                    item: section.points[at].json(),
                }),
            }
        }
    }

    pub fn add_series(&mut self, meaning: &Meaning) -> Range<u32> {
        let first = self.batch.series.len() as u32;
        self.batch.series.extend(meaning.parts.iter().map(|part| Series {
            metric: part.metric.clone(),
            unit: part.unit.clone(),
            unit_sent: meaning.unit_sent.clone(),
        }));
        first..self.batch.series.len() as u32
    }

    /// A name for the counts.
    pub fn add_name(&mut self, name: &str) -> u32 {
        self.batch.item_names.push(name.to_owned());
        self.batch.item_names.len() as u32 - 1
    }

    /// An item that is understood; what it gives refers to it by this number.
    pub fn add_item(&mut self, name: u32) -> u32 {
        self.batch.items.push(name);
        self.batch.items.len() as u32 - 1
    }

    pub fn source(&mut self, name: &str) -> u32 {
        self.sources.intern(name)
    }

    pub fn context(&mut self, name: &str) -> u32 {
        self.contexts.intern(name)
    }

    pub fn reject(&mut self, name: u32, path: String, reason: String, item: String) {
        self.batch.rejected.push(Rejected { name, path, reason, item });
    }

    fn add_reading(&mut self, reading: &Reading, series: &Range<u32>, name: u32, place: Option<Placement>) {
        let item = self.add_item(name);
        // It gives way to another of its bucket, and its item has nothing new.
        let Some(Placement { layer, end }) = place else { return };
        let source = self.sources.intern(&reading.source);
        for part in reading.parts.as_slice() {
            let context = part.context.map(|text| self.contexts.intern(text));
            let summary = layer != Layer::Raw || part.is_summary();
            self.batch.samples.push(Sample {
                item,
                series: series.start + u32::from(part.which),
                layer,
                start: reading.start,
                span: end - reading.start,
                offset_minutes: reading.offset_minutes,
                value: part.value,
                min: part.min.filter(|_| summary),
                max: part.max.filter(|_| summary),
                source,
                context,
                manual: reading.manual,
            });
        }
    }

    pub fn add_broken(&mut self, broken: &Broken) {
        let name = self.add_name("unnamed");
        let Broken { path, reason, item } = broken.clone();
        self.batch.rejected.push(Rejected { name, path, reason, item });
    }

    pub fn finish(mut self) -> Batch {
        self.batch.sources = self.sources.into_names();
        self.batch.contexts = self.contexts.into_names();
        self.batch
    }
}
