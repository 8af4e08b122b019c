//! The most requests per second, over 16 connections that never pause: an unchanged answer, an answer that is at hand, and two
//! kinds of question of which none is asked twice, so that no cache can answer them.

use crate::arrival::closed_loop;
use crate::asks;
use crate::bare::BareServer;
use crate::client::{Ask, Client};
use crate::measure::expect::Expect;
use crate::measure::model::Report;
use crate::stage::Stage;

const CONNECTIONS: usize = 16;
const SECONDS: f64 = 4.0;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("The most requests per second, 16 connections");
    let same = asks::year_weekly(&stage.world, 1).encoded("identity").named("cached");
    let tag = stage.client.send(&same).await.ok().and_then(|answer| Some(answer.header("etag")?.to_owned()));
    let tag = tag.unwrap_or_else(|| "\"none\"".into());
    let known = same.clone().known(&tag, Expect::NotModified { tag: tag.clone() }).named("304");
    let (world, other) = (stage.world.clone(), stage.world.clone());
    measure(stage, &mut report, "revalidated", move |_| known.clone()).await;
    measure(stage, &mut report, "cached", move |_| same.clone()).await;
    measure(stage, &mut report, "ten_years", move |number| asks::ten_years_never_asked(&world, number)).await;
    measure(stage, &mut report, "one_day", move |number| asks::one_day_never_asked(&other, number)).await;
    bare(stage, &mut report).await;
    report.count_failures();
    report
}

/// The yardstick: what client and framework reach when nothing is asked for.
async fn bare(stage: &Stage, report: &mut Report) {
    let bare = match BareServer::start() {
        Ok(bare) => bare,
        Err(fault) => return report.invalid.push(fault),
    };
    let client = Client::new(bare.address, "", CONNECTIONS);
    let ask = Ask::get("a bare server", "/health", Expect::Healthy);
    let sent = closed_loop(&client, "a bare server", CONNECTIONS, stage.seconds(SECONDS), move |_| ask.clone()).await;
    report.figure("bare_per_s", sent.all().per_second);
    report.loads.extend(sent.loads);
}

async fn measure(stage: &Stage, report: &mut Report, name: &str, ask: impl Fn(usize) -> Ask + Send + Sync + 'static) {
    let client = stage.client.beside(CONNECTIONS);
    let mut used = Report::default();
    let run = closed_loop(&client, name, CONNECTIONS, stage.seconds(SECONDS), ask);
    let (sent, _) = stage.watched(&mut used, run).await;
    report.figure(&format!("{name}_per_s"), sent.all().per_second);
    if let Some(usage) = used.usage {
        for (what, share) in [("server_cpu", usage.server_cpu), ("client_cpu", usage.client_cpu)] {
            report.figure(&format!("{name}_{what}"), share.unwrap_or(f64::NAN));
        }
        report.usage = Some(usage);
    }
    report.loads.extend(sent.loads);
}
