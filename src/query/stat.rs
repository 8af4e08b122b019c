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
    pub const NAMES: &str = "count, sum, avg, min, max, median, last, p01 to p99";
    /// Most percentiles of one answer, the median among them.
    pub const MOST_PERCENTILES: usize = 10;

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

    /// The part of the values that is below it; none unless all values must be held for it.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Stat::Median => Some(0.5),
            Stat::Percentile(percent) => Some(f64::from(percent) / 100.0),
            _ => None,
        }
    }

    /// Its SQL over samples. With `summaries`, some samples (heart rate's) have a min and max of their own.
    fn sql(self, summaries: bool) -> Option<&'static str> {
        Some(match self {
            Stat::Count => "count(*)::DOUBLE",
            Stat::Sum => "sum(value)",
            Stat::Avg => "avg(value)",
            Stat::Min if summaries => "min(coalesce(min, value))",
            Stat::Max if summaries => "max(coalesce(max, value))",
            Stat::Min => "min(value)",
            Stat::Max => "max(value)",
            Stat::Last => "arg_max(value, start)",
            Stat::Median | Stat::Percentile(_) => return None,
        })
    }
}

/// All quantiles as one list. Each alone would hold a copy of all values, where DuckDB does not count it.
const QUANTILES: &str = "quantiles";

/// SQL of a row for each bucket of `scan`: the bucket, and the statistics in their order.
pub fn sql(stats: &[Stat], summaries: bool, scan: &str) -> String {
    let shares: Vec<String> =
        stats.iter().filter_map(|stat| stat.quantile()).map(|share| format!("{share:.2}")).collect();
    let mut columns = vec!["bucket".to_owned()];
    let mut shown = columns.clone();
    if !shares.is_empty() {
        columns.push(format!("quantile_cont(value, [{}]) AS {QUANTILES}", shares.join(", ")));
    }
    let mut quantiles = 1..;
    for (at, stat) in stats.iter().enumerate() {
        match stat.sql(summaries) {
            Some(sql) => {
                columns.push(format!("{sql} AS stat_{at}"));
                shown.push(format!("stat_{at}"));
            }
            None => shown.extend(quantiles.next().map(|place| format!("{QUANTILES}[{place}]"))),
        }
    }
    format!(
        "SELECT {} FROM (SELECT {} FROM {scan} GROUP BY bucket) ORDER BY bucket",
        shown.join(", "),
        columns.join(", ")
    )
}
