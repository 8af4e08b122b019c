//! Downloads, one at a time: one year under every compression, five years, ten years in every format. What takes constant memory
//! takes no more for ten years than for five.

use crate::arrival::in_turn;
use crate::asks;
use crate::client::Ask;
use crate::measure::model::{Load, Report};
use crate::stage::Stage;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Downloads of heart rates, one at a time");
    let world = &stage.world;
    let year = |format, encoding: &str| asks::export(world, 3, 365, format).encoded(encoding);
    let compressed = [("zstd", "a year, CSV, zstd"), ("br", "a year, CSV, br"), ("gzip", "a year, CSV, gzip")];
    let mut smaller: Vec<Ask> = compressed.map(|(encoding, name)| year("csv", encoding).named(name)).into();
    smaller.push(year("parquet", "gzip, br, zstd").named("a year, Parquet"));
    let half = asks::export(world, 0, world.days() / 2, "csv").encoded("identity").named("five years, CSV");
    smaller.push(half);
    let (loads, _) = stage.watched(&mut report, download(stage, smaller)).await;
    report.loads.extend(loads);
    let five_years = report.figures.get("peak_mb").copied();
    let all = |format, name| asks::export(world, 0, world.days(), format).encoded("identity").named(name);
    let whole =
        vec![all("csv", "ten years, CSV"), all("ndjson", "ten years, NDJSON"), all("parquet", "ten years, Parquet")];
    let (loads, _) = stage.watched(&mut report, download(stage, whole)).await;
    report.loads.extend(loads);
    if let (Some(five_years), Some(ten_years)) = (five_years, report.figures.get("peak_mb").copied()) {
        report.figure("growth_mb", (ten_years - five_years).max(0.0));
    }
    report.count_failures();
    report
}

async fn download(stage: &Stage, asks: Vec<Ask>) -> Vec<Load> {
    let mut loads = Vec::new();
    for ask in asks {
        loads.extend(in_turn(&stage.client, ask.name, vec![ask]).await.loads);
    }
    loads
}
