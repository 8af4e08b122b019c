//! What a section is about: which metrics its points become, and how their numbers are brought to canonical units.

use crate::decode::auto_export::MetricSection;
use crate::model::healthkit;
use crate::model::metric::{Kind, Metric, catalogue};
use crate::model::unit::{Conversion, conversion};
use crate::validate::{Context, NO_MORE_NAMES, Units};

/// The metrics that a section's points become: one, or the parts of a composite.
pub struct Meaning {
    /// Canonical name of the whole, for the counts.
    pub name: String,
    pub unit_sent: String,
    pub shape: Shape,
    pub parts: Vec<Part>,
    /// Whether a point may be the total of more than a day.
    pub long: bool,
    /// Why no point of this section can be stored, when that is so.
    pub refused: Option<String>,
}

/// Which keys of a point carry its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `qty`, or `Min` / `Avg` / `Max`, with an optional qualifier.
    Quantity,
    /// `systolic` and `diastolic`, in this order.
    BloodPressure,
    /// Up to three counts, each with its own key.
    SexualActivity,
}

/// One metric that a point gives a sample of.
pub struct Part {
    pub metric: String,
    /// The unit it is stored in.
    pub unit: String,
    pub conversion: Conversion,
    /// Lowest and highest possible value in `unit`.
    pub range: Option<(f64, f64)>,
    /// The most that one sample or a day can come to.
    pub day: Option<f64>,
    /// For a value without a unit: the units that it may be in, and what is plausible.
    unstated: Option<Unstated>,
}

/// Units that a value may be in whose sender has named none.
struct Unstated {
    units: Vec<(String, Conversion)>,
    plausible: (f64, f64),
}

impl Meaning {
    pub fn of(section: &MetricSection, context: &Context, units: &Units) -> Meaning {
        Meaning::named(section.name, section.units, context, units)
    }

    /// The same for senders that have no sections.
    pub fn named(name: &str, sent: &str, context: &Context, units: &Units) -> Meaning {
        let mut meaning = match catalogue().resolve(name) {
            Some(metric) => Meaning::known(metric, sent),
            None => Meaning::unknown(name, sent, context, units),
        };
        meaning.long = context.aggregation.is_longer_than_a_day();
        if name.is_empty() {
            meaning.refused = Some("the metric has no name".into());
            meaning.name = "unnamed".into();
        }
        meaning
    }

    fn known(metric: &Metric, units: &str) -> Meaning {
        let parts = match metric.kind {
            Kind::Composite => metric.parts.iter().filter_map(|part| catalogue().resolve(part)).collect(),
            _ => vec![metric],
        };
        let converted: Option<Vec<Part>> = parts.into_iter().map(|metric| Part::of(metric, units)).collect();
        let refused = converted.is_none().then(|| {
            format!("the unit {units:?} of {} is not one that can be brought to {}", metric.name, metric.unit)
        });
        Meaning {
            name: metric.name.clone(),
            unit_sent: units.to_owned(),
            shape: match metric.name.as_str() {
                "blood_pressure" => Shape::BloodPressure,
                "sexual_activity" => Shape::SexualActivity,
                _ => Shape::Quantity,
            },
            parts: converted.unwrap_or_default(),
            long: false,
            refused,
        }
    }

    /// A metric that the catalogue lacks keeps its name, and the unit that it came in first.
    fn unknown(name: &str, sent: &str, context: &Context, units: &Units) -> Meaning {
        let is_category = name.starts_with("HKCategoryTypeIdentifier");
        let code = name.starts_with("HK").then(|| healthkit::code(name));
        let name = code.as_deref().unwrap_or(name);
        let settled = units.get(name).cloned().or_else(|| (context.stored_unit)(name));
        let unit = settled.unwrap_or_else(|| sent.to_owned());
        let same = (unit == sent).then_some(Conversion::IDENTITY);
        let conversion = same.or_else(|| conversion(sent, &unit));
        let refused = conversion
            .is_none()
            .then(|| format!("the unit {sent:?} of {name} cannot be brought to {unit:?}, in which it is stored"));
        let refused = match code.is_some() && is_category {
            true => Some(format!(
                "{name} is a category, whose values are words and no numbers: send it in the list symptoms or cycleTracking, or \
                 import Apple's export"
            )),
            false if unit == NO_MORE_NAMES => Some(NO_MORE_NAMES.to_owned()),
            false => refused,
        };
        let part = conversion.map(|conversion| Part::unknown(name, &unit, conversion));
        Meaning {
            name: name.to_owned(),
            unit_sent: sent.to_owned(),
            shape: Shape::Quantity,
            parts: part.into_iter().collect(),
            long: false,
            refused,
        }
    }
}

/// The longest that a total of a day may last: a day on which the clocks go back, and a little.
const LONGEST_DAY: i64 = 26 * 3600;

impl Part {
    /// A metric's numbers in that unit; none when it cannot be brought to the metric's. No unit at all means that of the
    /// metric, or one of the usual.
    pub fn of(metric: &Metric, units: &str) -> Option<Part> {
        let conversion = match units {
            "" => Conversion::IDENTITY,
            units => conversion(units, &metric.unit)?,
        };
        Some(Part {
            metric: metric.name.clone(),
            unit: metric.unit.clone(),
            conversion,
            range: metric.range,
            day: metric.day,
            unstated: if units.is_empty() { Unstated::of(metric) } else { None },
        })
    }

    /// Those of a metric that the catalogue lacks.
    pub fn unknown(name: &str, unit: &str, conversion: Conversion) -> Part {
        Part { metric: name.to_owned(), unit: unit.to_owned(), conversion, range: None, day: None, unstated: None }
    }

    /// A number as sent, in the canonical unit and within what the metric can be; `name` is the sender's key for it.
    pub fn measured(&self, name: &str, sent: f64) -> Result<f64, String> {
        let value = match &self.unstated {
            Some(unstated) => unstated.read(self, sent)?,
            None => self.conversion.read(sent),
        };
        self.checked(name, value)
    }

    /// A number in the canonical unit, when it is within what the metric can be.
    pub fn checked(&self, name: &str, value: f64) -> Result<f64, String> {
        if !value.is_finite() {
            return Err(format!("{name} is not a finite number"));
        }
        let value = self.percentage(value);
        match self.range {
            Some((low, high)) if !(low..=high).contains(&value) => {
                Err(format!("{value} {} is outside what {} can be, {low} to {high}", self.unit, self.metric))
            }
            _ => Ok(value),
        }
    }

    /// A percentage that is below all that is possible, and would not be as a fraction, is one: 0.97 % oxygen is 97 %.
    fn percentage(&self, value: f64) -> f64 {
        match self.range {
            Some((low, _)) if self.unit == "%" && low > 1.0 && value > 0.0 && value <= 1.0 => percent(value),
            _ => value,
        }
    }

    /// Whether a value is possible for a time of so many seconds; the sentence says why not.
    pub fn fits(&self, value: Option<f64>, seconds: i64) -> Result<(), String> {
        match (value, self.day) {
            (Some(value), Some(most)) if value > most && seconds <= LONGEST_DAY => Err(format!(
                "{value} {} is more than {} can come to in a day, {most}: is the unit right?",
                self.unit, self.metric
            )),
            _ => Ok(()),
        }
    }
}

impl Unstated {
    fn of(metric: &Metric) -> Option<Unstated> {
        let plausible = metric.plausible.or(metric.range)?;
        let to_unit = |unit: &String| Some((unit.clone(), conversion(unit, &metric.unit)?));
        let units: Vec<(String, Conversion)> = metric.unstated.iter().filter_map(to_unit).collect();
        (!units.is_empty()).then_some(Unstated { units, plausible })
    }

    /// The value in the one unit in which it is plausible.
    fn read(&self, part: &Part, sent: f64) -> Result<f64, String> {
        let (low, high) = self.plausible;
        let plausible = |(_, conversion): &&(String, Conversion)| (low..=high).contains(&conversion.read(sent));
        let mut found = self.units.iter().filter(plausible);
        match (found.next(), found.next()) {
            (Some((_, conversion)), None) => Ok(conversion.read(sent)),
            (None, _) => Err(format!("{sent} has no unit, and is no plausible {} in any usual one", part.metric)),
            (Some((one, _)), Some((other, _))) => Err(format!(
                "{sent} has no unit, and {} may be {sent} {one} as well as {sent} {other}: say which",
                part.metric
            )),
        }
    }
}

/// A fraction as a percentage, without the dust that multiplying by a hundred leaves: 0.57 is 57.
pub fn percent(fraction: f64) -> f64 {
    (fraction * 1e12).round() / 1e10
}
