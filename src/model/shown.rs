//! Units on the way out: in which unit a person is shown what is stored in a canonical one.
//!
//! Nothing here changes what is stored. A unit is always one of the table in `model/unit`, in that table's spelling, so
//! that what a sender wrote never travels on into an answer or into SQL.

use crate::model::unit::{Conversion, conversion, spelling};

/// In whose units an answer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// The canonical units, as stored.
    Metric,
    /// What is usual in the United States; what has no such unit stays metric.
    Imperial,
    /// As the phone last sent each metric.
    AsSent,
}

impl System {
    pub const WORDS: &str = "metric, imperial or as_sent";

    pub fn parse(text: &str) -> Option<System> {
        match text.trim() {
            "metric" => Some(System::Metric),
            "imperial" => Some(System::Imperial),
            "as_sent" => Some(System::AsSent),
            _ => None,
        }
    }

    /// The word that `parse` takes.
    pub fn as_str(self) -> &'static str {
        match self {
            System::Metric => "metric",
            System::Imperial => "imperial",
            System::AsSent => "as_sent",
        }
    }
}

/// Canonical units that have another in the United States. Food in grams, energy and percentages have none.
const IMPERIAL: [(&str, &str); 8] = [
    ("kg", "lb"),
    ("km", "mi"),
    ("m", "ft"),
    ("cm", "in"),
    ("degC", "degF"),
    ("mL", "fl_oz_us"),
    ("km/hr", "mi/hr"),
    ("m/s", "ft/s"),
];

/// In the United States pools are measured in yards.
const IN_YARDS: [&str; 3] = ["swimming_distance", "swim_distance", "lap_length"];

/// The unit that values stored in `unit` are shown in, and the way to it; none when they are shown as stored.
///
/// Where it is not known in what unit something was sent, `AsSent` is as stored.
pub fn shown(unit: &str, system: System) -> Option<(&'static str, Conversion)> {
    let shown = match system {
        System::Metric | System::AsSent => return None,
        System::Imperial if unit == "mmol/L" => "mg/dL",
        System::Imperial => IMPERIAL.iter().find(|(metric, _)| *metric == unit)?.1,
    };
    Some((shown, conversion(unit, shown)?))
}

/// The same for a metric or a figure of that name, with the unit it was last sent in.
pub fn shown_for(name: &str, unit: &str, sent: Option<&str>, system: System) -> Option<(&'static str, Conversion)> {
    match system {
        System::AsSent => {
            let sent = spelling(sent?)?;
            let way = conversion(unit, sent)?;
            // Another spelling of the same unit is no other unit.
            (way != Conversion::IDENTITY).then_some((sent, way))
        }
        System::Imperial if unit == "m" && IN_YARDS.contains(&name) => Some(("yd", conversion(unit, "yd")?)),
        system => shown(unit, system),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_imperial_unit_can_be_reached() {
        for (metric, imperial) in IMPERIAL.iter().chain(&[("mmol/L", "mg/dL")]) {
            let (unit, way) = shown(metric, System::Imperial).unwrap();
            assert_eq!(unit, *imperial);
            assert!(way != Conversion::IDENTITY && way.scale > 0.0, "{metric}");
        }
        for unit in ["%", "count", "kcal", "g", "L", "widgets", ""] {
            assert_eq!(shown(unit, System::Imperial), None, "{unit}");
        }
        assert_eq!(shown("kg", System::Metric), None);
    }

    #[test]
    fn as_sent_is_the_table_s_spelling_and_never_another_dimension() {
        let sent = |unit, sent| shown_for("any", unit, Some(sent), System::AsSent).map(|(unit, _)| unit);
        assert_eq!(sent("kg", "lbs"), Some("lb"));
        assert_eq!(sent("count/min", "bpm"), None, "the same unit under another name");
        assert_eq!(sent("kg", "'); DROP"), None);
        assert_eq!(sent("kg", "km"), None);
        assert_eq!(shown_for("any", "kg", None, System::AsSent), None);
    }

    #[test]
    fn pools_are_in_yards() {
        let (unit, way) = shown_for("swimming_distance", "m", None, System::Imperial).unwrap();
        assert_eq!((unit, way.apply(91.44).round()), ("yd", 100.0));
        assert_eq!(shown_for("under_water_depth", "m", None, System::Imperial).unwrap().0, "ft");
    }
}
