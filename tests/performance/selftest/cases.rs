//! Which broken server each bar must find out.

use super::proxy::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    Server,
    /// The process of the suite itself, which the proxy is in.
    Proxy,
}

pub struct Case {
    pub bar: &'static str,
    pub fault: Fault,
    pub watched: Watched,
    /// Whether a right server meets the bar in so short a run.
    pub right_passes: bool,
}

const fn case(bar: &'static str, fault: Fault) -> Case {
    Case { bar, fault, watched: Watched::Server, right_passes: true }
}

/// Seen once already with a right server.
const fn more(bar: &'static str, fault: Fault) -> Case {
    Case { right_passes: false, ..case(bar, fault) }
}

pub const CASES: &[Case] = &[
    case("health.p99_ms", Fault::Slow),
    case("health.failures", Fault::Status),
    more("health.failures", Fault::Sheds),
    more("health.failures", Fault::Dies),
    case("query.failures", Fault::OneEntryLess),
    more("query.failures", Fault::CutShort),
    more("query.p99_ms", Fault::Slow),
    case("ingest.lost_points", Fault::LosesDeliveries),
    case("ingest.failures", Fault::Status),
    case("export.failures", Fault::CutShort),
    case("caching.wrong", Fault::NoTag),
    more("caching.wrong", Fault::ForgetsTags),
    more("caching.wrong", Fault::NoVary),
    case("compression.wrong", Fault::NoCompression),
    case("compression.saved", Fault::NoCompression),
    case("most.failures", Fault::ForgetsTags),
    case("bulk.failures", Fault::LosesDeliveries),
    case("reads.failures", Fault::OneEntryLess),
    more("reads.ten_years_daily_ms", Fault::Slow),
    case("sustained.failures", Fault::OneEntryLess),
    more("sustained.p99_ms", Fault::Slow),
    more("sustained.failures", Fault::Sheds),
    case("stress.lost", Fault::LosesDeliveries),
    case("stress.failures", Fault::RefusesWithoutTime),
    more("stress.health_failures", Fault::Status),
    case("slow.failures", Fault::CutShort),
    // In a few seconds memory of a right server still grows, because it has only just started.
    Case { watched: Watched::Proxy, ..more("soak.slope_mb_per_min", Fault::Leaks) },
    Case { watched: Watched::Proxy, ..more("soak.peak_mb", Fault::Leaks) },
];
