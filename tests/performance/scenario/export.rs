//! Downloads, one at a time: ten years in every format, and one year under every compression.

use crate::arrival::in_turn;
use crate::asks;
use crate::client::Ask;
use crate::measure::model::{Load, Report};
use crate::stage::Stage;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Downloads: ten years of heart rates, and one year of them");
    let year = |format, encoding: &str| asks::export(&stage.world, 3, 365, format).encoded(encoding);
    let (small, _) =
        stage.watched(&mut report, download(stage, vec![year("csv", "identity").named("a year, CSV")])).await;
    let one_year = report.figures.get("peak_mb").copied();
    report.loads.extend(small);
    let compressed = [("zstd", "a year, CSV, zstd"), ("br", "a year, CSV, br"), ("gzip", "a year, CSV, gzip")];
    let compressed: Vec<Ask> = compressed.map(|(encoding, name)| year("csv", encoding).named(name)).into();
    report.loads.extend(download(stage, compressed).await);
    let all = |format, name| asks::export(&stage.world, 0, stage.world.days(), format).encoded("identity").named(name);
    let whole = vec![
        all("csv", "ten years, CSV"),
        all("ndjson", "ten years, NDJSON"),
        all("parquet", "ten years, Parquet"),
        year("parquet", "gzip, br, zstd").named("a year, Parquet"),
    ];
    let (large, _) = stage.watched(&mut report, download(stage, whole)).await;
    report.loads.extend(large);
    if let (Some(one_year), Some(ten_years)) = (one_year, report.figures.get("peak_mb").copied()) {
        report.figure("growth_mb", (ten_years - one_year).max(0.0));
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
