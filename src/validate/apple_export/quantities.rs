//! Numbers inside texts: `5900 cm`, and fractions that are percentages.

use std::collections::BTreeMap;

use crate::model::unit::conversion;
use crate::model::workout::Figure;

pub use crate::validate::meaning::percent;

/// `5900 cm` as a number in `unit`; a number alone is in it already.
pub fn quantity(text: &str, unit: &str) -> Option<f64> {
    let text = text.trim();
    let (number, sent) = text.split_once([' ', '\u{a0}']).unwrap_or((text, ""));
    let number: f64 = number.parse().ok()?;
    let value = if sent.is_empty() { number } else { conversion(sent.trim(), unit)?.read(number) };
    value.is_finite().then_some(value)
}

/// The beginning of a text, quoted, for a sentence.
pub fn short(text: &str) -> String {
    let cut: String = text.chars().take(60).collect();
    format!("{cut:?}")
}

/// Sets the total of a figure.
pub fn set(figures: &mut BTreeMap<String, Figure>, name: &str, unit: &str, value: f64) {
    let figure = figures.entry(name.to_owned()).or_default();
    figure.unit = unit.to_owned();
    figure.value = Some(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_no_dust() {
        for (fraction, whole) in [(0.57, 57.0), (0.97, 97.0), (0.271, 27.1), (1.0, 100.0), (0.0008, 0.08)] {
            assert_eq!(percent(fraction), whole);
        }
    }

    #[test]
    fn units_inside_texts() {
        assert_eq!(quantity("5900 cm", "m"), Some(59.0));
        assert_eq!(quantity("9.90571 kcal/hr·kg", "kcal/hr·kg"), Some(9.90571));
        assert_eq!(quantity("50", "m"), Some(50.0));
        assert_eq!(quantity("50 kg", "m"), None);
    }
}
