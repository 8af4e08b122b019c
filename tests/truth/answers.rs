//! Everything that the program answers about a life, and how two such answers differ.

use std::collections::BTreeMap;

use health_export::synth::phone::metric::Metric;
use health_export::synth::phone::statistics::Levels;
use jiff::civil::Date;

/// How far apart two numbers may be that are the same, relative to the larger.
const SAME: f64 = 1e-6;

#[derive(Debug, Clone, Default)]
pub struct Answers {
    pub totals: BTreeMap<(Metric, Date), f64>,
    pub levels: BTreeMap<(Metric, Date), Levels>,
    /// Minutes asleep.
    pub nights: BTreeMap<Date, f64>,
    /// Start and kilometres.
    pub workouts: Vec<(i64, f64)>,
}

pub fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs().max(b.abs()).max(1.0)
}

impl Answers {
    /// The first thing in which another one differs: what, and both values.
    pub fn difference(&self, other: &Answers) -> Option<(String, String)> {
        let totals = first(&self.totals, &other.totals, |a, b| same(*a, *b));
        let levels =
            first(&self.levels, &other.levels, |a, b| same(a.mean, b.mean) && same(a.min, b.min) && same(a.max, b.max));
        let nights = first(&self.nights, &other.nights, |a, b| same(*a, *b));
        let named =
            |((metric, date), text): ((Metric, Date), String)| (format!("{metric:?}"), format!("{date}: {text}"));
        let alike = self.workouts.len() == other.workouts.len()
            && self.workouts.iter().zip(&other.workouts).all(|(a, b)| a.0 == b.0 && same(a.1, b.1));
        totals
            .map(named)
            .or_else(|| levels.map(named))
            .or_else(|| nights.map(|(date, text)| ("night".into(), format!("{date}: {text}"))))
            .or_else(|| (!alike).then(|| ("workouts".into(), format!("{:?}, not {:?}", other.workouts, self.workouts))))
    }
}

fn first<K: Ord + Copy, V: std::fmt::Debug>(
    mine: &BTreeMap<K, V>,
    others: &BTreeMap<K, V>,
    same: impl Fn(&V, &V) -> bool,
) -> Option<(K, String)> {
    let mut keys: Vec<K> = mine.keys().chain(others.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let differ = |key: &K| match (mine.get(key), others.get(key)) {
        (Some(a), Some(b)) => !same(a, b),
        _ => true,
    };
    let key = keys.into_iter().find(differ)?;
    Some((key, format!("{:?}, not {:?}", others.get(&key), mine.get(&key))))
}
