//! `GET /api/v1/coverage`: is anything missing?

use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::http::aggregate::zone_name;
use crate::http::deliveries::private;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::model::key::Principal;
use crate::model::metric::catalogue;
use crate::model::sleep::SLEEP;
use crate::query::coverage::{self, Answer, Question};

/// What is there, what is missing and what has stopped
///
/// For each metric, for sleep, workouts and each kind of event: days with data, the usual interval, gaps, and whether it
/// has stopped; for each automation whether it still sends. `summary` says in sentences what matters.
#[utoipa::path(
    get, path = "/api/v1/coverage", tag = "read",
    params(
        ("metric" = Option<String>, Query, description = "Also sleep, workouts or a kind of event; may be repeated; everything by default"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "IANA zone of the local days; default: the home zone"),
        ("gaps" = Option<u32>, Query, description = "Least days without data that count as a gap; default: more than three usual intervals")
    ),
    responses((status = 200, body = Answer), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub async fn get(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
) -> Result<Response, Problem> {
    let zone = params.zone(&app.home())?;
    let (from, to) = params.range(&zone)?;
    let question = Question {
        user: principal.user,
        names: params.list("metric").into_iter().flat_map(canonical).collect(),
        from,
        to,
        zone,
        least_gap: params
            .parsed("gaps", "a number of days from 1", |text| text.parse().ok().filter(|days| *days > 0))?,
        now_ms: crate::sys::clock::now().as_millisecond(),
    };
    params.finish()?;
    let tz = zone_name(&question.zone);
    let answer = reading(&app, question.user, move |reader| coverage::answer(reader, &question)).await?;
    Ok(private(Answer { tz, ..answer }))
}

/// The names that coverage knows it by.
fn canonical(name: String) -> Vec<String> {
    match catalogue().resolve(&name) {
        Some(metric) if metric.name == SLEEP => vec!["sleep".into()],
        Some(metric) if metric.parts.is_empty() => vec![metric.name.clone()],
        Some(composite) => composite.parts.clone(),
        None => vec![name],
    }
}
