//! When two numbers are the same measurement: equal to twelve significant digits.
//!
//! Senders convert units there and back and print fewer digits than they hold, so bits differ where nothing was measured
//! anew. Numbers are looked up under two roundings, to the nearest and downwards: noise that falls on both sides of one
//! lies on one side of the other.

use std::collections::HashMap;
use std::hash::Hash;

/// Twelve digits leave this power of ten below the first.
const DIGITS_AFTER_FIRST: i32 = 11;

/// A number cut to twelve digits: its decimal exponent and its digits.
type Digits = (i32, i64);

/// Value, min and max of a row.
pub type Values = [Option<f64>; 3];

/// Whether two numbers, or their absence, are the same.
pub fn alike(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other || digits(one).iter().zip(digits(other)).any(|(a, b)| *a == b),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// To the nearest, and downwards.
fn digits(number: f64) -> [Digits; 2] {
    let exponent = match number {
        0.0 => return [(i32::MIN, 0); 2],
        number => number.abs().log10().floor() as i32,
    };
    let scaled = number * 10_f64.powi(DIGITS_AFTER_FIRST - exponent);
    if !scaled.is_finite() {
        return [(i32::MAX, number.to_bits() as i64); 2];
    }
    [scaled.round(), scaled.floor()].map(|digits| match digits.abs() < 1e12 {
        true => (exponent, digits as i64),
        false => (exponent + 1, (digits / 10.0) as i64),
    })
}

/// Finds what was filed under a key together with alike values.
pub struct Index<K> {
    found: HashMap<(K, usize, [Option<Digits>; 3]), usize>,
}

impl<K: Hash + Eq + Copy> Default for Index<K> {
    fn default() -> Self {
        Index::new()
    }
}

impl<K: Hash + Eq + Copy> Index<K> {
    pub fn new() -> Index<K> {
        Index { found: HashMap::new() }
    }

    /// Files `at` under a key and values; what was filed first stays.
    pub fn insert(&mut self, key: K, values: Values, at: usize) {
        for (rounding, cut) in cuts(values) {
            self.found.entry((key, rounding, cut)).or_insert(at);
        }
    }

    pub fn find(&self, key: K, values: Values) -> Option<usize> {
        cuts(values).find_map(|(rounding, cut)| self.found.get(&(key, rounding, cut)).copied())
    }
}

/// Positions under a key together with alike values, in the order in which they were filed.
pub struct Groups<K> {
    found: Index<K>,
    groups: Vec<Vec<usize>>,
}

impl<K: Hash + Eq + Copy> Default for Groups<K> {
    fn default() -> Self {
        Groups { found: Index::new(), groups: Vec::new() }
    }
}

impl<K: Hash + Eq + Copy> Groups<K> {
    /// The number of the group of these; a new one where there is none.
    pub fn number(&mut self, key: K, values: Values) -> usize {
        let number = self.found.find(key, values).unwrap_or(self.groups.len());
        if number == self.groups.len() {
            self.groups.push(Vec::new());
        }
        // Filed under each spelling of its noise.
        self.found.insert(key, values, number);
        number
    }

    pub fn find(&self, key: K, values: Values) -> Option<usize> {
        self.found.find(key, values)
    }

    pub fn add(&mut self, key: K, values: Values, at: usize) {
        let number = self.number(key, values);
        self.groups[number].push(at);
    }

    /// What is filed under these, to be added to or taken from.
    pub fn get(&mut self, key: K, values: Values) -> Option<&mut Vec<usize>> {
        self.found.find(key, values).map(|number| &mut self.groups[number])
    }

    pub fn of(&self, number: usize) -> &[usize] {
        &self.groups[number]
    }

    pub fn all(&mut self) -> &mut Vec<Vec<usize>> {
        &mut self.groups
    }
}

fn cuts(values: Values) -> impl Iterator<Item = (usize, [Option<Digits>; 3])> {
    let digits = values.map(|number| number.map(digits));
    (0..2).map(move |rounding| (rounding, digits.map(|both| both.map(|both| both[rounding]))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_nothing_and_the_twelfth_digit_is_something() {
        for (one, other) in [
            (0.1 + 0.2, 0.3),
            (10.0, 9.999_999_999_999_998),
            (-1.000_000_000_000_1, -1.0),
            (0.0, -0.0),
            (72.5 * 2.204_622_621_848_776 / 2.204_622_621_848_776, 72.5),
            (1.000_000_000_005, 1.000_000_000_005_000_2),
        ] {
            assert!(alike(Some(one), Some(other)), "{one} {other}");
        }
        for (one, other) in [(1.0, 1.000_000_000_02), (987_654.321_012, 987_654.321_014), (5.0, -5.0), (1e300, 1e301)] {
            assert!(!alike(Some(one), Some(other)), "{one} {other}");
        }
        assert!(alike(None, None) && !alike(None, Some(0.0)));
        assert!(alike(Some(5e-324), Some(5e-324)) && !alike(Some(5e-324), Some(1e-323)));
    }

    #[test]
    fn what_is_filed_is_found_under_noise() {
        let mut index = Index::new();
        index.insert(7, [Some(0.3), None, None], 1);
        assert_eq!(index.find(7, [Some(0.1 + 0.2), None, None]), Some(1));
        assert_eq!(index.find(7, [Some(0.3), Some(0.3), None]), None);
        assert_eq!(index.find(8, [Some(0.3), None, None]), None);
    }
}
