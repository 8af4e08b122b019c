//! A picture of the mix at 100 requests a second: how long each kind of request took, on each machine. Greys and colours are
//! chosen so that it can be read on white and on black, and nothing is painted behind them.

use std::path::Path;

use plotters::prelude::*;

use crate::measure::model::{Load, Results};

const WIDTH: u32 = 900;
const ROW: u32 = 26;
const FRAME: u32 = 90;
const INK: RGBColor = RGBColor(125, 133, 144);
const P50: RGBColor = RGBColor(56, 139, 253);
const P95: RGBColor = RGBColor(219, 154, 4);
const P99: RGBColor = RGBColor(229, 83, 75);

/// The bar for P99, in ms.
const BAR_MS: f64 = 50.0;

pub fn write(path: &Path, results: &[(bool, Results)]) -> Result<(), String> {
    let panels: Vec<(&str, &[Load])> = results
        .iter()
        .filter_map(|(small, results)| {
            let report = results.scenarios.get("sustained")?;
            Some((if *small { "The small machine" } else { "The whole machine" }, &report.loads[..]))
        })
        .collect();
    if panels.is_empty() {
        return Err("there is nothing to draw: run `make load LOAD=sustained` first".into());
    }
    std::fs::write(path, drawn(&panels)?).map_err(|fault| format!("{}: {fault}", path.display()))
}

/// The picture as SVG.
fn drawn(panels: &[(&str, &[Load])]) -> Result<String, String> {
    let height = |loads: &[Load]| FRAME + ROW * loads.len() as u32;
    let total = panels.iter().map(|(_, loads)| height(loads)).sum();
    let mut svg = String::new();
    {
        let mut rest = SVGBackend::with_string(&mut svg, (WIDTH, total)).into_drawing_area();
        for (title, loads) in panels {
            let (panel, below) = rest.split_vertically(height(loads));
            draw(&panel, title, loads).map_err(|fault| format!("the chart cannot be drawn: {fault}"))?;
            rest = below;
        }
        rest.present().map_err(|fault| format!("the chart cannot be drawn: {fault}"))?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw(area: &Area, title: &str, loads: &[Load]) -> Result<(), Box<dyn std::error::Error>> {
    let text = |size: u32| ("sans-serif", size).into_font().color(&INK);
    let longest = loads.iter().map(|load| load.p99).fold(BAR_MS, f64::max) * 2.0;
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{title}: 100 requests/s, ms from the scheduled arrival"), text(17))
        .margin_right(20)
        .x_label_area_size(30)
        .y_label_area_size(240)
        .build_cartesian_2d((0.2..longest).log_scale(), (0..loads.len()).into_segmented())?;
    let name = |at: &SegmentValue<usize>| match at {
        SegmentValue::CenterOf(at) => loads.get(*at).map_or(String::new(), |load| load.name.clone()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_labels(8)
        .y_labels(loads.len())
        .y_label_formatter(&name)
        .axis_style(INK)
        .bold_line_style(INK.mix(0.3))
        .light_line_style(TRANSPARENT)
        .label_style(text(13))
        .draw()?;
    let (bottom, top) = (SegmentValue::Exact(0), SegmentValue::Exact(loads.len()));
    chart.draw_series([PathElement::new(vec![(BAR_MS, bottom), (BAR_MS, top)], P99.mix(0.6).stroke_width(1))])?;
    for (quantile, colour, of) in quantiles() {
        let dot = |(at, load): (usize, &Load)| {
            Circle::new((of(load).max(0.2), SegmentValue::CenterOf(at)), 5, colour.filled())
        };
        chart
            .draw_series(loads.iter().enumerate().filter(|(_, load)| load.successes > 0).map(dot))?
            .label(quantile)
            .legend(move |(x, y)| Circle::new((x + 8, y), 5, colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(text(13))
        .border_style(INK.mix(0.3))
        .draw()?;
    Ok(())
}

type Quantile = fn(&Load) -> f64;

fn quantiles() -> [(&'static str, RGBColor, Quantile); 3] {
    [("P50", P50, |load| load.p50), ("P95", P95, |load| load.p95), ("P99", P99, |load| load.p99)]
}
