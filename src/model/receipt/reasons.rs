//! Why items are in quarantine, counted: a thousand items of one fault are one line.

use std::collections::BTreeMap;

use crate::model::receipt::Receipt;

/// Reasons spelt out per metric; a body can be odd in more ways than anybody would read.
const REASONS_SHOWN: usize = 20;

/// What the reasons beyond those are counted under.
const OTHER_REASONS: &str = "other reasons";

impl Receipt {
    /// Counts one item of `metric` that was rejected for `reason`.
    pub fn add_reason(&mut self, metric: &str, reason: &str) {
        self.count_reason(metric, in_general(reason), 1);
    }

    /// Adds the reasons of a further piece of the same delivery.
    pub fn add_reasons(&mut self, more: BTreeMap<String, BTreeMap<String, u64>>) {
        for (metric, reasons) in more {
            for (reason, items) in reasons {
                self.count_reason(&metric, reason, items);
            }
        }
    }

    fn count_reason(&mut self, metric: &str, reason: String, items: u64) {
        let known = self.reasons.entry(metric.to_owned()).or_default();
        let full = known.len() >= REASONS_SHOWN && !known.contains_key(&reason);
        *known.entry(if full { OTHER_REASONS.to_owned() } else { reason }).or_default() += items;
    }
}

/// A reason without what is the item's own: texts in quotation marks, and the first number that stands alone.
fn in_general(reason: &str) -> String {
    let mut general = String::with_capacity(reason.len());
    let mut parts = reason.split('"');
    general.push_str(parts.next().unwrap_or_default());
    while let Some(_quoted) = parts.next() {
        general.push('…');
        general.push_str(parts.next().unwrap_or_default());
    }
    let number = general.split(' ').find(|word| word.parse::<f64>().is_ok()).map(str::to_owned);
    match number {
        Some(number) => {
            general.split(' ').map(|word| if word == number { "…" } else { word }).collect::<Vec<_>>().join(" ")
        }
        None => general,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_in_the_item_only_are_one() {
        let mut receipt = Receipt::default();
        for reason in [
            "date \"soon\" is not a date we can read",
            "date \"a \\\"b\" is not a date we can read",
            "-3.5 count/min is outside what heart_rate can be, 0 to 500",
            "901 count/min is outside what heart_rate can be, 0 to 500",
        ] {
            receipt.add_reason("heart_rate", reason);
        }
        let reasons: Vec<_> =
            receipt.reasons["heart_rate"].iter().map(|(reason, items)| (reason.as_str(), *items)).collect();
        assert!(reasons.contains(&("… count/min is outside what heart_rate can be, 0 to 500", 2)), "{reasons:?}");
        assert_eq!(in_general("date \"soon\" is not a date we can read"), "date … is not a date we can read");
    }

    #[test]
    fn a_thousand_reasons_are_twenty_and_the_rest() {
        let mut receipt = Receipt::default();
        (0..1000).for_each(|at| receipt.add_reason("x", &format!("odd in way w{at}")));
        assert_eq!(receipt.reasons["x"].len(), REASONS_SHOWN + 1);
        assert_eq!(receipt.reasons["x"].values().sum::<u64>(), 1000);
        let mut whole = Receipt::default();
        whole.add_reasons(receipt.reasons.clone());
        whole.add_reasons(receipt.reasons);
        assert_eq!(whole.reasons["x"].values().sum::<u64>(), 2000);
    }
}
