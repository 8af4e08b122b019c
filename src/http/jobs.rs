//! `GET /api/v1/jobs`: how far the imports are that run in the background, and what became of them.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use futures::{Stream, stream};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deliveries::private;
use crate::http::event_stream::{self, Onlooker};
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::http::run::blocking;
use crate::model::key::Principal;
use crate::model::receipt::Receipt;
use crate::model::time::offset_rfc3339;
use crate::store::jobs::{self, Job};

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 1_000;

/// How often an event tells how far a running job is.
const EVERY: Duration = Duration::from_millis(500);

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobStatus {
    pub job: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// The name of the file.
    pub file: String,
    /// Bytes of the file.
    pub bytes: i64,
    /// RFC 3339, UTC.
    pub created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Bytes read so far, as unpacked, of a job that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// How many there are to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// 0 to 100.
    pub percent: f64,
    /// Items handed to the store so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// Of a job that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Why it failed, or what it means that it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct JobList {
    /// Newest first.
    pub jobs: Vec<JobStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Imports in the background, newest first
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "read",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 1000, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before")
    ),
    responses((status = 200, body = JobList), (status = 400, body = Problem))
)]
pub async fn list(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
) -> Result<Response, Problem> {
    let limit = params.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| (1..=MOST).contains(limit))
    })?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let before = paging::cursor(&mut params, |text| Some(text.to_owned()))?;
    params.finish()?;
    let user = principal.user;
    let found = reading(&app, user, move |reader| {
        let known = |id: String| jobs::find(reader, user, &id)?.ok_or_else(paging::no_cursor);
        let before = before.map(known).transpose()?.map(|job| job.id);
        jobs::list(reader, user, before, limit + 1)
    })
    .await?;
    let more = found.len() > limit as usize;
    let found = found.into_iter().take(limit as usize).map(|job| status(&app, job));
    let found: Vec<JobStatus> = found.collect::<Result<_>>()?;
    let next_cursor = found.last().filter(|_| more).map(|last| paging::sealed(&last.job));
    Ok(private(JobList { jobs: found, next_cursor }))
}

/// One import in the background
///
/// With `Accept: text/event-stream`, an event named `job` with the same JSON each time that it has moved, until it ends.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}", tag = "read", params(("id" = String, Path, description = "As in the answer to the upload")),
    responses((status = 200, body = JobStatus), (status = 404, body = Problem))
)]
pub async fn one(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    onlooker: Onlooker,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params.finish()?;
    let found = find(&app, principal.user, &id).await?;
    let found = found.ok_or_else(|| Error::NotFound(format!("there is no job {id}")))?;
    match event_stream::is_wanted(&headers) {
        true => Ok(onlooker.answer(events(app, principal.user, found))),
        false => Ok(private(found)),
    }
}

/// Cancel an import
///
/// What has been stored of it stays, and its file is removed.
#[utoipa::path(
    delete, path = "/api/v1/jobs/{id}", tag = "ingest", params(("id" = String, Path, description = "As in the answer to the upload")),
    responses((status = 200, body = JobStatus), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub async fn cancel(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let (asked, job) = (app.clone(), id.clone());
    let cancelled = blocking(move || asked.jobs.cancel(principal.user, &job)).await?;
    if cancelled == Some(false) {
        return Err(Error::Conflict("this import has ended already, so there is nothing to cancel".into()).into());
    }
    let found = find(&app, principal.user, &id).await?;
    Ok(private(found.ok_or_else(|| Error::NotFound(format!("there is no job {id}")))?))
}

async fn find(app: &App, user: i64, id: &str) -> Result<Option<JobStatus>> {
    let id = id.to_owned();
    let found = reading(app, user, move |reader| jobs::find(reader, user, &id)).await?;
    found.map(|job| status(app, job)).transpose()
}

/// What is told of a job: the row, and how far it is when it runs.
fn status(app: &App, job: Job) -> Result<JobStatus> {
    let progress = app.jobs.progress(&job.public_id).filter(|_| job.state == "running");
    let (done, total) = (progress.as_ref().map(|now| now.read()), progress.as_ref().map(|now| now.total()));
    let share = |done: u64, total: u64| if total == 0 { 0.0 } else { (done as f64 / total as f64 * 100.0).min(100.0) };
    let percent = match job.state.as_str() {
        "done" => 100.0,
        _ => share(done.unwrap_or_default(), total.unwrap_or_default()),
    };
    let receipt = job.receipt.map(|text| serde_json::from_str(&text)).transpose();
    let time = |milliseconds: i64| offset_rfc3339(milliseconds.div_euclid(1000), 0);
    Ok(JobStatus {
        job: job.public_id,
        state: job.state,
        file: job.file,
        bytes: job.bytes,
        created_at: time(job.created_at_ms),
        finished_at: job.finished_at_ms.map(time),
        done,
        total,
        percent: (percent * 10.0).round() / 10.0,
        items: progress.map(|now| now.items()),
        receipt: receipt.map_err(|fault| Error::internal("reading a receipt", fault))?,
        error: job.error,
    })
}

/// The job now, then whenever it has moved, and its end.
fn events(app: App, user: i64, first: JobStatus) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some((app, first, true)), move |state| async move {
        let (app, last, is_first) = state?;
        if is_first {
            return Some((Ok(event(&last)), Some((app, last, false))));
        }
        if matches!(last.state.as_str(), "done" | "failed" | "cancelled") {
            return None;
        }
        // Whatever comes first; a server that stops must not be held up by someone who looks on.
        let _ = tokio::time::timeout(EVERY, app.jobs.changed()).await;
        if app.jobs.is_stopped() {
            return None;
        }
        let now = find(&app, user, &last.job).await.ok().flatten()?;
        Some((Ok(event(&now)), Some((app, now, false))))
    })
}

fn event(status: &JobStatus) -> Event {
    Event::default().event("job").json_data(status).unwrap_or_default()
}
