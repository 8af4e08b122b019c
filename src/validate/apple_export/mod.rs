//! The children of an export's root to the store's terms, one after the other, into a batch that is taken when it is large
//! enough. What is learned on the way (types, offsets) stays from piece to piece.
//!
//! A record is one item. A correlation is an item of its own only where it says more than its records, such as the name of a
//! meal: those stand at top level as well, where they are found to be known already. The records in a workout, its effort
//! scores, stand nowhere else.

mod beats;
mod clock;
mod correlations;
mod device;
mod documents;
mod events;
mod quantities;
mod records;
mod types;
mod workouts;

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::decode::apple_export::{Element, text};
use crate::model::document::Document;
use crate::model::sample::Batch;
use crate::model::sender::Sender;
use crate::model::source::Hardware;
use crate::model::workout::RoutePoint;
use crate::validate::filling::Filling;
use clock::Clock;
pub use documents::Beside;
use documents::Profile;
use types::Types;
pub use workouts::files;

/// What the files beside the XML add to one of its elements.
#[derive(Debug, Default)]
pub struct Attached {
    pub route: Vec<RoutePoint>,
    /// Name and content of a clinical record.
    pub file: Option<(String, Vec<u8>)>,
    /// Why something that is referred to is not there.
    pub problems: Vec<String>,
}

impl Attached {
    /// The points of one more file, which are parts of the route of their own.
    pub fn add_route(&mut self, points: Vec<RoutePoint>) {
        let before = self.route.iter().map(|point| point.part + 1).max().unwrap_or_default();
        self.route.extend(points.into_iter().map(|point| RoutePoint { part: point.part + before, ..point }));
    }
}

/// Bytes of memory that a sample takes, roughly.
const BYTES_A_SAMPLE: usize = 100;

/// Turns elements into batches.
pub struct Validator<'a> {
    sender: Sender,
    /// Where the element at hand stood in what was sent, when that is no export.
    at: Option<String>,
    home: &'a TimeZone,
    clock: Clock<'a>,
    types: Types<'a>,
    filling: Filling<'a>,
    /// Positions in the present batch's names, by name.
    names: HashMap<String, u32>,
    /// How many there were of each element, for their places.
    seen: HashMap<String, u64>,
    records: u64,
    profile: Profile,
    /// Type and start of the last record, as written.
    last: (String, String),
    /// Device and source version as last written, and the hardware that they mean.
    hardware: (String, String, Option<Hardware>),
    /// Weight of the present batch beside its items.
    heavy: usize,
}

impl<'a> Validator<'a> {
    /// `stored_unit` tells the unit that a metric unknown to the catalogue is stored in already.
    pub fn new(home: &'a TimeZone, stored_unit: &'a (dyn Fn(&str) -> Option<String> + Sync)) -> Validator<'a> {
        Validator {
            sender: Sender::AppleExport,
            at: None,
            home,
            clock: Clock::new(home),
            types: Types::new(stored_unit),
            filling: Filling::new(Batch::default(), home),
            names: HashMap::new(),
            seen: HashMap::new(),
            records: 0,
            profile: Profile::default(),
            last: <(String, String)>::default(),
            hardware: <(String, String, Option<Hardware>)>::default(),
            heavy: 0,
        }
    }

    /// The same for the records of a phone that an app hands on as they are.
    pub fn of_app(home: &'a TimeZone, stored_unit: &'a (dyn Fn(&str) -> Option<String> + Sync)) -> Validator<'a> {
        let mut validator = Validator { sender: Sender::AutoExport, ..Validator::new(home, stored_unit) };
        validator.clock.disbelieve(0);
        validator
    }

    /// Says where the next element stood in what was sent.
    pub fn set_place(&mut self, place: &str) {
        self.at = Some(place.to_owned());
    }

    /// Something that stood there and cannot be used.
    pub fn add_unreadable(&mut self, name: &str, place: String, reason: String, item: String) {
        let name = self.name(name);
        self.filling.reject(name, place, reason, item);
    }

    /// How many items the present batch has.
    pub fn len(&self) -> usize {
        self.filling.batch.items.len() + self.filling.batch.rejected.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much the present batch holds, in samples: so that neither many small things nor a few large ones make it heavy.
    pub fn weight(&self) -> usize {
        self.len() + self.heavy
    }

    /// How many items of the present batch could not be used.
    pub fn rejected(&self) -> usize {
        self.filling.batch.rejected.len()
    }

    /// Whether a batch may end before `next`: never between records of one type and start, which may be one group.
    pub fn may_end_before(&self, next: Element) -> bool {
        next.name() != "Record" || !self.is_same_group(next)
    }

    fn is_same_group(&self, next: Element) -> bool {
        let is = |name: &str, known: &str| next.attributes().any(|(key, value)| key == name && value == known);
        is("type", &self.last.0) && is("startDate", &self.last.1)
    }

    /// Adds one child of the root.
    pub fn add(&mut self, element: Element, attached: Attached) {
        match element.name() {
            "Record" => self.add_record(element, None),
            "Correlation" => self.add_correlation(element),
            "Workout" => self.add_workout(element, attached),
            "ExportDate" => self.add_export_date(element),
            "Me" => self.add_me(element),
            "ClinicalRecord" => self.add_clinical(element, attached),
            _ => self.add_event(element),
        }
    }

    /// Something that cannot be read.
    pub fn add_damaged(&mut self, reason: &str, item: String) {
        let place = self.place("damaged");
        let name = self.name("damaged");
        self.filling.reject(name, place, reason.to_owned(), item);
    }

    /// The batch so far; the next begins empty.
    pub fn take(&mut self) -> Batch {
        self.names.clear();
        self.heavy = 0;
        self.types.forget_positions();
        // The next is about as long; growing step by step would leave as much memory behind as it uses.
        let Batch { samples, items, .. } = &self.filling.batch;
        let next = Batch {
            samples: Vec::with_capacity(samples.len()),
            items: Vec::with_capacity(items.len()),
            ..Batch::default()
        };
        std::mem::replace(&mut self.filling, Filling::new(next, self.home)).finish()
    }

    /// The last batch of a document, with what is known only at its end.
    pub fn finish(&mut self) -> Batch {
        self.add_profile();
        self.take()
    }

    /// The position of a name in the counts.
    fn name(&mut self, name: &str) -> u32 {
        if let Some(position) = self.names.get(name) {
            return *position;
        }
        let position = self.filling.add_name(name);
        self.names.insert(name.to_owned(), position);
        position
    }

    fn item(&mut self, name: &str) -> u32 {
        let name = self.name(name);
        self.filling.add_item(name)
    }

    /// Counts an element and gives its place as an XPath.
    fn place(&mut self, name: &str) -> String {
        let count = match name {
            "Record" => &mut self.records,
            _ => self.seen.entry(name.to_owned()).or_default(),
        };
        *count += 1;
        self.at.clone().unwrap_or_else(|| format!("/HealthData/{name}[{count}]"))
    }

    fn reject(&mut self, name: &str, place: String, reason: String, element: Element) {
        let (name, item) = (self.name(name), element.to_xml());
        self.heavy += item.len() / BYTES_A_SAMPLE;
        self.filling.reject(name, place, reason, item);
    }

    /// An element in a place where nobody knows it.
    fn reject_unknown(&mut self, of: &str, element: Element) {
        let place = format!("{of}/{}", element.name());
        self.reject("unknown", place, "unknown element".into(), element);
    }

    fn add_document(&mut self, name: &str, document: impl FnOnce(u32) -> Document) {
        let document = document(self.item(name));
        self.heavy += document.body.len() / BYTES_A_SAMPLE;
        self.filling.batch.documents.push(document);
    }
}

/// Attributes as texts.
fn texts(element: Element<'_>) -> impl Iterator<Item = (&str, std::borrow::Cow<'_, str>)> {
    element.attributes().map(|(name, value)| (name, text(value)))
}
