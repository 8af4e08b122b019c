//! The statistics that can be asked for, and the SQL of each over a scan of samples.

use crate::error::{Error, Result};

/// One column of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stat {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Median,
    Last,
    /// 1 to 99.
    Percentile(u8),
}

impl Stat {
    pub const DEFAULT: [Stat; 5] = [Stat::Count, Stat::Sum, Stat::Avg, Stat::Min, Stat::Max];
    /// For whoever has named another.
    pub const NAMES: &str = "count, sum, avg, min, max, median, last, p05 to p95";

    pub fn parse(name: &str) -> Result<Stat> {
        Ok(match name {
            "count" => Stat::Count,
            "sum" => Stat::Sum,
            "avg" | "mean" => Stat::Avg,
            "min" => Stat::Min,
            "max" => Stat::Max,
            "median" => Stat::Median,
            "last" => Stat::Last,
            other => other
                .strip_prefix('p')
                .filter(|digits| digits.len() == 2)
                .and_then(|digits| digits.parse().ok())
                .filter(|percent| *percent > 0)
                .map(Stat::Percentile)
                .ok_or_else(|| Error::BadRequest(format!("stat: {other:?} is not one of {}", Stat::NAMES)))?,
        })
    }

    /// Its key in the answer.
    pub fn name(self) -> String {
        match self {
            Stat::Count => "count".into(),
            Stat::Sum => "sum".into(),
            Stat::Avg => "avg".into(),
            Stat::Min => "min".into(),
            Stat::Max => "max".into(),
            Stat::Median => "median".into(),
            Stat::Last => "last".into(),
            Stat::Percentile(percent) => format!("p{percent:02}"),
        }
    }

    /// Whether it adds up: then runs of samples, or rollups, are enough.
    pub fn adds_up(self) -> bool {
        !matches!(self, Stat::Median | Stat::Last | Stat::Percentile(_))
    }

    /// Its SQL over samples. With `summaries`, some samples (heart rate's) have a min and max of their own.
    pub fn sql(self, summaries: bool) -> String {
        match self {
            Stat::Count => "count(*)::DOUBLE".into(),
            Stat::Sum => "sum(value)".into(),
            Stat::Avg => "avg(value)".into(),
            Stat::Min if summaries => "min(coalesce(min, value))".into(),
            Stat::Max if summaries => "max(coalesce(max, value))".into(),
            Stat::Min => "min(value)".into(),
            Stat::Max => "max(value)".into(),
            Stat::Median => "median(value)".into(),
            Stat::Last => "arg_max(value, start)".into(),
            Stat::Percentile(percent) => format!("quantile_cont(value, {:.2})", f64::from(percent) / 100.0),
        }
    }
}
