//! One point, checked: when it was, who measured it, and its numbers in canonical units.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::decode::auto_export::{Field, Node, PROTECTION, Point};
use crate::decode::date::{self, Stamp};
use crate::validate::meaning::{Meaning, Part, Shape};

/// A point that can be stored, once it has a layer.
#[derive(Debug)]
pub struct Reading<'a> {
    /// UTC epoch seconds.
    pub start: i64,
    /// The end that the sender named, if it named one.
    pub end: Option<i64>,
    pub offset_minutes: i32,
    pub source: Cow<'a, str>,
    /// Whether a person has entered it by hand.
    pub manual: bool,
    pub parts: Parts<'a>,
}

/// What a point measures. Nearly always it is one thing, and a hundred thousand points are held at once.
#[derive(Debug)]
pub enum Parts<'a> {
    One(Measured<'a>),
    Several(Vec<Measured<'a>>),
}

impl<'a> Parts<'a> {
    pub fn as_slice(&self) -> &[Measured<'a>] {
        match self {
            Parts::One(one) => std::slice::from_ref(one),
            Parts::Several(several) => several,
        }
    }
}

/// The numbers of one of the metrics that a point speaks of.
#[derive(Debug)]
pub struct Measured<'a> {
    /// Position in `Meaning::parts`.
    pub which: u8,
    pub value: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub context: Option<&'a str>,
}

impl Measured<'_> {
    /// Whether min or max say more than the value: of a single measurement, the app sends Min, Avg and Max alike, and
    /// other senders the value alone.
    pub fn is_summary(&self) -> bool {
        (self.min.is_some() && self.min != self.value) || (self.max.is_some() && self.max != self.value)
    }
}

pub fn read<'a>(node: Node<'a>, meaning: &Meaning, home: &TimeZone) -> Result<Reading<'a>, String> {
    if let Some(reason) = &meaning.refused {
        return Err(reason.clone());
    }
    if !node.is_object() {
        return Err("a point must be an object with a date and a quantity".into());
    }
    let point = &Point::read(node);
    let start = stamp("date", first_present(point.start, point.date), home)?.ok_or("the point has no date")?;
    let end = stamp("end", point.end, home)?.map(|end| end.utc);
    if end.is_some_and(|end| end < start.utc) {
        return Err("the end is before the start".into());
    }
    let parts = measure(point, meaning)?;
    if !meaning.long {
        let seconds = end.unwrap_or(start.utc) - start.utc;
        let fits = |part: &Measured| meaning.parts[usize::from(part.which)].fits(part.value, seconds);
        parts.as_slice().iter().try_for_each(fits)?;
    }
    Ok(Reading {
        start: start.utc,
        end,
        offset_minutes: start.offset(home),
        source: source(point.source),
        manual: point.manual,
        parts,
    })
}

fn first_present<'a>(one: Field<'a>, other: Field<'a>) -> Field<'a> {
    if one == Field::Absent { other } else { one }
}

/// The moment that a field holds; `name` is for the sentence when it holds none.
pub(super) fn stamp(name: &str, field: Field, home: &TimeZone) -> Result<Option<Stamp>, String> {
    let parsed = match field {
        Field::Absent => return Ok(None),
        Field::Text(text) => match date::parse(text, home) {
            Some(stamp) if stamp.is_believable() => Ok(stamp),
            Some(_) => Err(format!("{name} {text:?} is not a time between 1900 and 2200")),
            None => Err(format!("{name} {text:?} is not a date we can read")),
        },
        Field::Number(number) => {
            date::from_epoch(number).ok_or_else(|| format!("{name} {number} is not a time between 1900 and 2200"))
        }
        Field::Other => Err(format!("{name} must be a text or a number")),
    };
    parsed.map(Some)
}

/// The sources in alphabetical order: the phone joins them by `|` in a different order from send to send.
pub(super) fn source(field: Field) -> Cow<str> {
    let Field::Text(text) = field else { return Cow::Borrowed("") };
    let text = text.trim();
    if !text.contains('|') {
        return Cow::Borrowed(text);
    }
    let mut names: Vec<&str> = text.split('|').map(str::trim).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    Cow::Owned(names.join("|"))
}

fn measure<'a>(point: &Point<'a>, meaning: &Meaning) -> Result<Parts<'a>, String> {
    let parts = match meaning.shape {
        Shape::Quantity => quantity(point, meaning)?.map(Parts::One),
        Shape::BloodPressure => {
            several([single(point.systolic, 0, None, meaning)?, single(point.diastolic, 1, None, meaning)?, None])
        }
        Shape::SexualActivity => several(sexual_activity(point, meaning)?),
    };
    parts.ok_or_else(|| missing(meaning.shape).into())
}

fn several<'a>(parts: [Option<Measured<'a>>; 3]) -> Option<Parts<'a>> {
    let parts: Vec<Measured> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then_some(Parts::Several(parts))
}

fn missing(shape: Shape) -> &'static str {
    match shape {
        Shape::Quantity => "the point has no number: qty, or Min / Avg / Max, is needed",
        Shape::BloodPressure => "the point has neither systolic nor diastolic",
        Shape::SexualActivity => "the point has none of Unspecified, Protection Used, Protection Not Used",
    }
}

fn quantity<'a>(point: &Point<'a>, meaning: &Meaning) -> Result<Option<Measured<'a>>, String> {
    let mut value = first_present(point.quantity, point.average);
    let context = match point.qualifier {
        Field::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        number => {
            value = first_present(value, number);
            None
        }
    };
    let part = &meaning.parts[0];
    let (value, min, max) =
        (number("qty", value, part)?, number("Min", point.min, part)?, number("Max", point.max, part)?);
    if min > max && max.is_some() {
        return Err("Min is above Max".into());
    }
    let any = value.or(min).or(max).is_some();
    Ok(any.then_some(Measured { which: 0, value, min, max, context }))
}

fn sexual_activity<'a>(point: &Point<'a>, meaning: &Meaning) -> Result<[Option<Measured<'a>>; 3], String> {
    let mut parts = [None, None, None];
    for ((part, field), context) in parts.iter_mut().zip(point.protection).zip(PROTECTION) {
        *part = single(field, 0, Some(context), meaning)?;
    }
    if parts.iter().all(Option::is_none) {
        parts[0] = quantity(point, meaning)?;
    }
    Ok(parts)
}

fn single<'a>(
    field: Field,
    which: u8,
    context: Option<&'a str>,
    meaning: &Meaning,
) -> Result<Option<Measured<'a>>, String> {
    let value = number("the value", field, &meaning.parts[usize::from(which)])?;
    Ok(value.map(|value| Measured { which, value: Some(value), min: None, max: None, context }))
}

/// The number in the canonical unit.
fn number(name: &str, field: Field, part: &Part) -> Result<Option<f64>, String> {
    let sent = match field {
        Field::Absent => return Ok(None),
        Field::Number(number) => number,
        Field::Text(text) => text.trim().parse().map_err(|_| format!("{name} {text:?} is not a number"))?,
        Field::Other => return Err(format!("{name} must be a number")),
    };
    part.measured(name, sent).map(Some)
}
