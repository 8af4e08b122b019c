//! What a section is about: which metrics its points become, and how their numbers are brought to canonical units.

use crate::decode::auto_export::MetricSection;
use crate::model::metric::{Kind, Metric, catalogue};
use crate::model::unit::{Conversion, conversion};
use crate::validate::{Context, Units};

/// The metrics that a section's points become: one, or the parts of a composite.
pub struct Meaning {
    /// Canonical name of the whole, for the counts.
    pub name: String,
    pub unit_sent: String,
    pub shape: Shape,
    pub parts: Vec<Part>,
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
        let converted: Option<Vec<Part>> = parts.into_iter().map(|metric| part(metric, units)).collect();
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
            refused,
        }
    }

    /// A metric that the catalogue lacks keeps its name, and the unit that it came in first.
    fn unknown(name: &str, sent: &str, context: &Context, units: &Units) -> Meaning {
        let settled = units.get(name).cloned().or_else(|| (context.stored_unit)(name));
        let unit = settled.unwrap_or_else(|| sent.to_owned());
        let same = (unit == sent).then_some(Conversion::IDENTITY);
        let conversion = same.or_else(|| conversion(sent, &unit));
        let refused = conversion
            .is_none()
            .then(|| format!("the unit {sent:?} of {name} cannot be brought to {unit:?}, in which it is stored"));
        let part = conversion.map(|conversion| Part { metric: name.to_owned(), unit, conversion, range: None });
        Meaning {
            name: name.to_owned(),
            unit_sent: sent.to_owned(),
            shape: Shape::Quantity,
            parts: part.into_iter().collect(),
            refused,
        }
    }
}

impl Part {
    /// A number as sent, in the canonical unit and within what the metric can be; `name` is the sender's key for it.
    pub fn measured(&self, name: &str, sent: f64) -> Result<f64, String> {
        let value = self.conversion.apply(sent);
        if !value.is_finite() {
            return Err(format!("{name} is not a finite number"));
        }
        match self.range {
            Some((low, high)) if !(low..=high).contains(&value) => {
                Err(format!("{value} {} is outside what {} can be, {low} to {high}", self.unit, self.metric))
            }
            _ => Ok(value),
        }
    }
}

/// No unit at all means the canonical one.
fn part(metric: &Metric, units: &str) -> Option<Part> {
    let conversion = match units {
        "" => Conversion::IDENTITY,
        units => conversion(units, &metric.unit)?,
    };
    Some(Part { metric: metric.name.clone(), unit: metric.unit.clone(), conversion, range: metric.range })
}
