//! In which unit a metric is shown to whoever asks: a system of units, and for `as_sent` what the phone last used.

use crate::error::Result;
use crate::model::shown::{System, shown_for};
use crate::model::unit::Conversion;
use crate::store::{Reading, dictionary, series};

/// The unit that a metric's values are shown in, and the way to it from what is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub unit: String,
    pub way: Conversion,
}

/// For the metric stored under `name` in `unit`. With `as_sent`, sources that use different units are shown in that of
/// the latest delivery.
pub fn of(reading: &Reading, user: i64, name: &str, unit: &str, system: System) -> Result<Shown> {
    let sent = match system {
        System::AsSent => match dictionary::find_metric(reading, user, name)? {
            Some(row) => series::unit_sent(reading, user, row.id)?,
            None => None,
        },
        _ => None,
    };
    Ok(match shown_for(name, unit, sent.as_deref(), system) {
        Some((unit, way)) => Shown { unit: unit.to_owned(), way },
        None => Shown { unit: unit.to_owned(), way: Conversion::IDENTITY },
    })
}
