//! What metrics are about, as the Health app groups them: an order of sources can be set for all of a category at once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::metric::catalogue;

/// What a metric is about; `data/metrics.toml` says it of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Movement, energy, distances, sport.
    Activity,
    Body,
    /// Heart and blood pressure.
    Heart,
    Hearing,
    /// Breathing and oxygen.
    Breathing,
    Temperature,
    Mobility,
    /// Sleep, and what is measured while somebody sleeps.
    Sleep,
    /// Blood glucose and insulin.
    Glucose,
    /// Food and drink.
    Food,
    /// No metric is of it: which of several workouts of one time counts.
    Workouts,
    /// Everything else, such as what the catalogue lacks.
    #[default]
    Other,
}

impl Category {
    pub const ALL: [Category; 12] = [
        Category::Activity,
        Category::Body,
        Category::Heart,
        Category::Hearing,
        Category::Breathing,
        Category::Temperature,
        Category::Mobility,
        Category::Sleep,
        Category::Glucose,
        Category::Food,
        Category::Workouts,
        Category::Other,
    ];

    /// That of a metric.
    pub fn of(metric: &str) -> Category {
        catalogue().resolve(metric).map(|metric| metric.category).unwrap_or_default()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Category::Activity => "activity",
            Category::Body => "body",
            Category::Heart => "heart",
            Category::Hearing => "hearing",
            Category::Breathing => "breathing",
            Category::Temperature => "temperature",
            Category::Mobility => "mobility",
            Category::Sleep => "sleep",
            Category::Glucose => "glucose",
            Category::Food => "food",
            Category::Workouts => "workouts",
            Category::Other => "other",
        }
    }

    pub fn parse(name: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|category| category.as_str() == name.trim().to_lowercase())
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_its_own_name_and_metrics() {
        for category in Category::ALL {
            assert_eq!(Category::parse(&category.to_string()), Some(category));
            let metrics = catalogue().all().iter().filter(|metric| metric.category == category).count();
            assert_eq!(metrics == 0, category == Category::Workouts, "{category}");
        }
        assert_eq!(Category::parse("Sleep"), Some(Category::Sleep));
        assert_eq!(Category::parse("ring"), None);
    }
}
