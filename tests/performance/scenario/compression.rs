//! Every encoding on every kind of answer: the one that was asked for, undone to the same bytes, and how much it has saved.

use crate::asks;
use crate::client::Ask;
use crate::measure::answer::Answer;
use crate::measure::model::Report;
use crate::stage::Stage;

/// What is accepted, and which encodings are a right answer to that.
const ACCEPTED: [(&str, &[&str]); 7] = [
    ("br", &["br"]),
    ("zstd", &["zstd"]),
    ("gzip", &["gzip"]),
    ("identity", &["identity"]),
    ("br;q=0, gzip", &["gzip"]),
    ("gzip, br, zstd", &["gzip", "br", "zstd"]),
    ("something-else", &["identity"]),
];

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Compression of answers");
    let world = &stage.world;
    let mut wrong = Vec::new();
    let mut least = f64::INFINITY;
    let text = [
        ("samples, JSON", asks::one_week_json(world, 2)),
        ("samples, CSV", asks::one_week(world, 2, "csv")),
        ("samples, NDJSON", asks::one_week(world, 2, "ndjson")),
        ("aggregate, JSON", asks::ten_years_extremes(world, 2)),
        ("a file, CSV", asks::month_export(world, 2, "csv")),
    ];
    for (name, ask) in text {
        match compressed(stage, &ask, name, &mut report).await {
            Ok(saved) => least = least.min(saved),
            Err(fault) => wrong.push(format!("{name}: {fault}")),
        }
    }
    for (name, ask) in [("Parquet", asks::month_export(world, 2, "parquet")), ("something small", asks::health(0))] {
        wrong.extend(untouched(stage, &ask).await.err().map(|fault| format!("{name}: {fault}")));
    }
    report.figure("saved", if least.is_finite() { least } else { f64::NAN });
    report.figure("wrong", wrong.len() as f64);
    report.notes.extend(wrong);
    report
}

/// The least that an encoding has saved, in percent.
async fn compressed(stage: &Stage, ask: &Ask, name: &str, report: &mut Report) -> Result<f64, String> {
    let plain = send(stage, &ask.clone().encoded("identity")).await?;
    let mut least = f64::INFINITY;
    for (accepted, right) in ACCEPTED {
        let answer = send(stage, &ask.clone().encoded(accepted)).await?;
        let encoding = answer.header("content-encoding").unwrap_or("identity");
        if !right.contains(&encoding) {
            return Err(format!("{accepted:?} was accepted and {encoding} came"));
        }
        if answer.body()? != plain.wire {
            return Err(format!("other bytes under {encoding}"));
        }
        if !answer.header("vary").unwrap_or_default().to_lowercase().contains("accept-encoding") {
            return Err(format!("no Vary under {encoding}"));
        }
        if encoding != "identity" {
            let saved = 100.0 * (1.0 - answer.wire.len() as f64 / plain.wire.len() as f64);
            report.figure(&format!("{name}, {encoding}"), saved);
            least = least.min(saved);
        }
    }
    Ok(least)
}

async fn untouched(stage: &Stage, ask: &Ask) -> Result<(), String> {
    let plain = send(stage, &ask.clone().encoded("identity")).await?;
    let answer = send(stage, &ask.clone().encoded("gzip, br, zstd")).await?;
    match answer.header("content-encoding") {
        Some(encoding) => Err(format!("compressed with {encoding}")),
        None if answer.wire != plain.wire => Err("other bytes".into()),
        None => Ok(()),
    }
}

/// The answer, which must be a right one.
async fn send(stage: &Stage, ask: &Ask) -> Result<Answer, String> {
    let answer = stage.client.send(ask).await.map_err(|(kind, fault)| format!("{kind}: {fault}"))?;
    match ask.expect.judge(&answer, &answer.body()) {
        crate::measure::expect::Verdict::Success => Ok(answer),
        verdict => Err(format!("{verdict:?}")),
    }
}
