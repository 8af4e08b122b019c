//! What the records of one type and unit become. Found once for each pair, for a million records have fifty of them.

use std::collections::HashMap;

use crate::model::healthkit;
use crate::model::metric::{Metric, catalogue};
use crate::model::sleep::SLEEP;
use crate::model::unit::conversion;
use crate::validate::NO_MORE_NAMES;
use crate::validate::meaning::Part;

/// What records of a type become.
pub struct RecordType {
    /// The metric's name, or the kind of event, for the counts.
    pub name: String,
    /// HealthKit's identifier as a code.
    pub code: String,
    pub becomes: Becomes,
    pub unit_sent: String,
    /// Positions in the present batch's series and names.
    pub series: Option<u32>,
    pub count: Option<u32>,
}

pub enum Becomes {
    /// A sample of a number.
    Quantity(Quantity),
    /// A sample of a category type.
    Category { metric: &'static Metric, category: Category },
    /// An event of that kind.
    Event(&'static str),
    /// Nothing, and why.
    Refused(String),
}

pub struct Quantity {
    pub part: Part,
    /// Written as a fraction of one.
    pub is_fraction: bool,
    /// The metadata that tells twins apart, and the words for its values, which are those of Health Auto Export.
    pub context: Option<(&'static str, &'static [(&'static str, &'static str)])>,
}

/// Where the number of a category sample comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// 1 when the person stood, 0 when not.
    StandHour,
    /// Its length in the metric's unit, of so many seconds.
    Length(u32),
    SleepStage,
    SexualActivity,
}

const MEAL_TIMES: (&str, &[(&str, &str)]) = ("HKBloodGlucoseMealTime", &[("1", "Before Meal"), ("2", "After Meal")]);
const INSULIN: (&str, &[(&str, &str)]) = ("HKInsulinDeliveryReason", &[("1", "Basal"), ("2", "Bolus")]);

/// The types met so far.
pub struct Types<'a> {
    stored_unit: &'a (dyn Fn(&str) -> Option<String> + Sync),
    known: Vec<RecordType>,
    /// Type to unit to position in `known`.
    positions: HashMap<String, Vec<(String, usize)>>,
    /// The units of metrics that the catalogue lacks.
    units: HashMap<String, String>,
}

impl<'a> Types<'a> {
    pub fn new(stored_unit: &'a (dyn Fn(&str) -> Option<String> + Sync)) -> Types<'a> {
        Types { stored_unit, known: Vec::new(), positions: HashMap::new(), units: HashMap::new() }
    }

    /// The position of what records of this type and unit become.
    pub fn find(&mut self, identifier: &str, unit: &str) -> usize {
        let known = self.positions.get(identifier).and_then(|units| units.iter().find(|(known, _)| known == unit));
        if let Some((_, position)) = known {
            return *position;
        }
        let found = self.describe(identifier, unit);
        self.known.push(found);
        let position = self.known.len() - 1;
        self.positions.entry(identifier.to_owned()).or_default().push((unit.to_owned(), position));
        position
    }

    pub fn at(&mut self, position: usize) -> &mut RecordType {
        &mut self.known[position]
    }

    /// A new batch has none of the series yet.
    pub fn forget_positions(&mut self) {
        for known in &mut self.known {
            (known.series, known.count) = (None, None);
        }
    }

    fn describe(&mut self, identifier: &str, unit: &str) -> RecordType {
        let code = healthkit::code(identifier);
        let metric = catalogue().resolve(identifier);
        let is_category = identifier.starts_with("HKCategoryTypeIdentifier");
        let (name, becomes) = match metric {
            _ if identifier.is_empty() => ("unnamed".into(), Becomes::Refused("the record has no type".into())),
            Some(metric) if is_category && category(&metric.name).is_some() => {
                (metric.name.clone(), as_category(metric))
            }
            _ if is_category => {
                let kind = healthkit::event_kind(&code);
                (kind.into(), Becomes::Event(kind))
            }
            Some(metric) => (metric.name.clone(), as_quantity(metric, unit)),
            None => (code.clone(), self.unknown(&code, unit)),
        };
        RecordType { name, code, becomes, unit_sent: unit.to_owned(), series: None, count: None }
    }

    /// A metric that the catalogue lacks keeps its name, and the unit that it came in first.
    fn unknown(&mut self, code: &str, unit: &str) -> Becomes {
        let first = || (self.stored_unit)(code).unwrap_or_else(|| unit.to_owned());
        let stored = self.units.entry(code.to_owned()).or_insert_with(first);
        if stored == NO_MORE_NAMES {
            return Becomes::Refused(NO_MORE_NAMES.to_owned());
        }
        match conversion(unit, stored) {
            Some(conversion) => Becomes::Quantity(Quantity {
                part: Part::unknown(code, stored, conversion),
                is_fraction: unit == "%",
                context: None,
            }),
            None => Becomes::Refused(format!(
                "the unit {unit:?} of {code} cannot be brought to {stored:?}, in which it is stored"
            )),
        }
    }
}

fn category(metric: &str) -> Option<Category> {
    match metric {
        "apple_stand_hour" => Some(Category::StandHour),
        "mindful_minutes" => Some(Category::Length(60)),
        "handwashing" | "toothbrushing" => Some(Category::Length(1)),
        "sexual_activity" => Some(Category::SexualActivity),
        SLEEP => Some(Category::SleepStage),
        _ => None,
    }
}

fn as_category(metric: &'static Metric) -> Becomes {
    match category(&metric.name) {
        Some(category) => Becomes::Category { metric, category },
        None => Becomes::Refused(format!("{} is no category", metric.name)),
    }
}

fn as_quantity(metric: &Metric, unit: &str) -> Becomes {
    let Some(part) = Part::of(metric, unit) else {
        return Becomes::Refused(format!(
            "the unit {unit:?} of {} is not one that can be brought to {}",
            metric.name, metric.unit
        ));
    };
    Becomes::Quantity(Quantity {
        part,
        is_fraction: unit == "%" && metric.unit == "%",
        context: match metric.name.as_str() {
            "blood_glucose" => Some(MEAL_TIMES),
            "insulin_delivery" => Some(INSULIN),
            _ => None,
        },
    })
}
