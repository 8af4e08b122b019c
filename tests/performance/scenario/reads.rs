//! Every kind of question on ten million samples, one at a time: new ones, and the same again.

use crate::arrival::in_turn;
use crate::asks;
use crate::client::Ask;
use crate::measure::model::Report;
use crate::stage::Stage;
use crate::world::World;

type Question = fn(&World, usize) -> Ask;

/// The figure, and the question of a number; its bar is in the table of bars.
const QUESTIONS: &[(&str, Question)] = &[
    ("ten_years_daily_ms", asks::ten_years_daily),
    ("ten_years_painted_ms", asks::ten_years_painted),
    ("ten_years_monthly_ms", asks::ten_years_monthly),
    ("year_weekly_ms", asks::year_weekly),
    ("month_hourly_ms", asks::month_hourly),
    ("day_quarters_ms", asks::day_quarters),
    ("month_median_ms", asks::month_median),
    ("one_day_ms", asks::one_day),
    ("one_week_csv_ms", |world, number| asks::one_week(world, number, "csv")),
    ("one_week_ndjson_ms", |world, number| asks::one_week(world, number, "ndjson")),
    ("sleep_year_ms", |world, number| asks::sleep(world, 365 - number as i64)),
    ("workouts_year_ms", |world, number| asks::workouts(world, 365 - number as i64)),
    ("events_year_ms", |world, number| asks::events(world, 365 - number as i64)),
    ("metrics_ms", |_, _| asks::metrics()),
    ("coverage_ms", |_, number| asks::coverage(number)),
    ("month_export_csv_ms", |world, number| asks::month_export(world, number, "csv")),
    ("month_export_parquet_ms", |world, number| asks::month_export(world, number, "parquet")),
];

/// Of each kind.
const TIMES: f64 = 21.0;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Every kind of question, one at a time");
    let (loads, _) = stage.watched(&mut Report::default(), ask_all(stage, &mut report)).await;
    report.loads = loads;
    report.count_failures();
    report
}

async fn ask_all(stage: &Stage, report: &mut Report) -> Vec<crate::measure::model::Load> {
    let mut loads = Vec::new();
    let times = stage.requests(TIMES, 1.0).max(3);
    for (figure, question) in QUESTIONS {
        // Numbers that no other scenario has asked for.
        let new: Vec<Ask> = (1..=times).map(|number| question(&stage.world, number)).collect();
        let again = vec![new[0].clone(); times];
        for (kind, asks) in [("new", new), ("again", again)] {
            let name = asks[0].name;
            let mut sent = in_turn(&stage.client, name, asks).await;
            if kind == "new" {
                report.figure(figure, sent.all().p50);
            }
            sent.loads.iter_mut().for_each(|load| load.name = format!("{name}, {kind}"));
            loads.extend(sent.loads);
        }
    }
    loads
}
