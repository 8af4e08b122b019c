//! Electrocardiograms: about fifteen thousand voltages each, kept as one list in microvolts.

use jiff::tz::TimeZone;

use super::LeftOut;
use super::events::{event, word};
use super::moment::{Moment, START};
use crate::decode::auto_export::{Field, Node};
use crate::model::event::{Event, EventSeries};
use crate::model::unit::{Conversion, conversion};
use crate::model::words::Words;

const UNIT: &str = "mcV";
const VOLTAGES: [&str; 2] = ["voltageMeasurements", "voltages"];

pub fn read(node: Node, path: &str, home: &TimeZone, left_out: &mut Vec<LeftOut>) -> Result<Event, String> {
    let mut event = event(node, &START, &[&VOLTAGES[..], &["classification"]].concat(), home)?;
    event.kind = "ecg";
    event.code = "electrocardiogram".into();
    event.name = "Electrocardiogram".into();
    event.value_sent = word(node.get("classification"));
    event.value = event.value_sent.as_deref().map(|word| Words::Ecg.code_or_slug(word));
    let series = voltages(node, event.start, path, home, left_out);
    event.series = Some(series).filter(|series| !series.values.is_empty());
    Ok(event)
}

fn voltages(node: Node, start: i64, path: &str, home: &TimeZone, left_out: &mut Vec<LeftOut>) -> EventSeries {
    let frequency = node.get("samplingFrequency");
    let frequency = frequency.number().or_else(|| frequency.any(&["qty", "value"]).number());
    let mut series =
        EventSeries { unit: UNIT.into(), frequency: frequency.filter(|hertz| *hertz > 0.0), ..EventSeries::default() };
    let mut scale = ("", Conversion::IDENTITY);
    let Some(key) = VOLTAGES.iter().find(|key| node.get(key).is_present()) else { return series };
    for (at, point) in node.get(key).items().enumerate() {
        match voltage(point, &mut scale) {
            Ok(value) => {
                series.values.push(value);
                if series.frequency.is_none() {
                    series.at.push(seconds(point, start, home).unwrap_or(f64::NAN));
                }
            }
            Err(reason) => left_out.push(LeftOut { path: format!("{path}.{key}[{at}]"), reason, item: point.json() }),
        }
    }
    if series.at.iter().any(|seconds| seconds.is_nan()) {
        series.at.clear();
    }
    series
}

/// `scale` holds the unit of the last voltage, since all of one recording share it.
fn voltage<'a>(point: Node<'a>, scale: &mut (&'a str, Conversion)) -> Result<f64, String> {
    let value = if point.is_object() { point.any(&["voltage", "qty", "value"]) } else { point };
    let value = value.number().ok_or("the voltage is not a number")?;
    let units = point.any(&["units", "unit"]).text().unwrap_or(UNIT);
    if scale.0 != units {
        let found = conversion(units, UNIT).ok_or_else(|| format!("the unit {units:?} is no unit of voltage"))?;
        *scale = (units, found);
    }
    Ok(scale.1.read(value))
}

/// From the start to the voltage; epochs are sent with their fractions.
fn seconds(point: Node, start: i64, home: &TimeZone) -> Option<f64> {
    match point.get("date").field() {
        Field::Number(epoch) if epoch.abs() < 1e11 => Some(epoch - start as f64),
        _ => Moment::find(point, &START, home).ok()?.map(|moment| (moment.utc - start) as f64),
    }
}
