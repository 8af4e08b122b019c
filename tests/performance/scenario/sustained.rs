//! The mix at 100 requests a second for 30 seconds.

use crate::measure::model::Report;
use crate::scenario::mix;
use crate::stage::Stage;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("Everything mixed, 100 requests/s for 30 s");
    let (sent, _) = mix::send(stage, &mut report, 30.0).await;
    report.take(sent);
    report
}
