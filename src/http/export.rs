//! `GET /api/v1/export/samples`: downloads. The file is made by DuckDB in the spool and served as a file, with HEAD and
//! byte ranges, because that is how pandas, polars and DuckDB itself read Parquet over HTTP.

use std::path::{Path, PathBuf};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::error::{Error, Result};
use crate::export::FileFormat;
use crate::export::samples::{self, Question};
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::params::{Params, as_set, canonical};
use crate::http::problem::Problem;
use crate::model::day::{date_text, local_day};
use crate::model::key::Principal;
use crate::model::metric::slug;
use crate::model::time::Layer;
use crate::query::budget::Stop;

/// Download samples
///
/// Columns: metric, start, end, value, unit, min, max, source, layer, offset_minutes. Times are UTC.
#[utoipa::path(
    get, path = "/api/v1/export/samples", tag = "export",
    params(
        ("format" = Option<String>, Query, description = "csv (default), parquet or ndjson"),
        ("metric" = Option<String>, Query, description = "May be repeated or joined by commas; everything by default"),
        ("start" = Option<String>, Query, description = "Included"), ("end" = Option<String>, Query, description = "Excluded"),
        ("tz" = Option<String>, Query, description = "Zone of dates in start and end"),
        ("source" = Option<String>, Query, description = "May be repeated"),
        ("units" = Option<String>, Query, description = "metric, imperial or as_sent; default: the setting units"),
        ("layer" = Option<String>, Query, description = "Every layer by default")
    ),
    responses(
        (status = 200, description = "The file"), (status = 206, description = "The range asked for"),
        (status = 304, description = "Not modified"), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 507, body = Problem)
    )
)]
pub async fn samples(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let zone = params.zone(&doors.app.home())?;
    let (from, to) = params.range(&zone)?;
    let question = Question {
        user: principal.user,
        metrics: metrics(&mut params),
        from,
        to,
        layer: params.layer()?,
        sources: params.set("source"),
        units: params.units(doors.app.units())?,
        format: format(&mut params)?,
    };
    params.finish()?;
    let download = Download {
        question: caching::Question { user: principal.user, text: format!("export samples {question:?}") },
        name: file_name(&question, &zone),
        format: question.format,
    };
    let app = &doors.app;
    let (store, engine, spool) = (app.store.clone(), app.engine.clone(), app.spool.clone());
    let make = move |stop: &Stop| samples::export(&store, &engine, &spool, &question, stop);
    download.answered(&doors, client, request, make).await
}

/// Canonical names, so that an alias is the same question.
fn metrics(params: &mut Params) -> Vec<String> {
    as_set(params.list("metric").into_iter().map(canonical).collect())
}

/// `format`, or CSV.
pub(super) fn format(params: &mut Params) -> Result<FileFormat> {
    Ok(params.parsed("format", "csv, parquet or ndjson", FileFormat::parse)?.unwrap_or(FileFormat::Csv))
}

/// A file that is asked for, and what a client is told of it.
pub(super) struct Download {
    pub question: caching::Question,
    /// ASCII, without quotes.
    pub name: String,
    pub format: FileFormat,
}

impl Download {
    /// Answers with the file that `make` makes in the spool, when it is its turn, or with the range of it that is asked for.
    pub async fn answered(
        self,
        doors: &Doors,
        client: Client,
        request: Request,
        make: impl FnOnce(&Stop) -> Result<PathBuf> + Send + 'static,
    ) -> Result<Response, Problem> {
        let tag = match caching::download_tag(doors, &client, &self.question).await? {
            Ok(tag) => tag,
            Err(not_modified) => return Ok(not_modified),
        };
        let path = doors.app.downloads.of(self.question.user).run(make).await?;
        Ok(caching::tagged_download(self.serve(&path, request).await?, &tag))
    }

    async fn serve(&self, path: &Path, mut request: Request) -> Result<Response, Problem> {
        // The tag is ours, so the conditions have been judged by now; the file service would judge by its own.
        for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_MATCH, header::IF_UNMODIFIED_SINCE] {
            request.headers_mut().remove(name);
        }
        // A weak tag never holds for a range: who goes on with an older file gets the whole of this one instead.
        let goes_on = request.headers_mut().remove(header::IF_RANGE).is_some();
        if goes_on || !request.headers().get(header::RANGE).is_some_and(is_one_range) {
            request.headers_mut().remove(header::RANGE);
        }
        let Ok(served) = ServeFile::new(path).oneshot(request).await;
        let mut response = served.map(Body::new).into_response();
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        let headers = response.headers_mut();
        // When the file was made here says nothing of when what it holds has changed; the tag does.
        headers.remove(header::LAST_MODIFIED);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.format.media_type()));
        let value = HeaderValue::from_str(&disposition).map_err(|fault| Error::internal("naming a download", fault))?;
        headers.insert(header::CONTENT_DISPOSITION, value);
        Ok(response)
    }
}

/// Whether it asks for one range of bytes. Who asks for several, or in another unit, gets the whole, as RFC 9110 allows.
fn is_one_range(range: &HeaderValue) -> bool {
    range.to_str().is_ok_and(|text| text.trim_start().to_ascii_lowercase().starts_with("bytes=") && !text.contains(','))
}

fn file_name(question: &Question, zone: &TimeZone) -> String {
    let subject = match &question.metrics[..] {
        [metric] => metric,
        _ => "samples",
    };
    let layer = question.layer.map(Layer::as_str);
    let words = [Some(subject), layer];
    name(&words.map(Option::unwrap_or_default), (question.from, question.to), zone, question.format)
}

/// `health-step_count-day-2026-01-01-to-2026-01-31.csv`: what is inside, and the first and last day of it where they were named.
/// ASCII only, so that no client has to decode it.
pub(super) fn name(
    words: &[&str],
    (from, to): (Option<i64>, Option<i64>),
    zone: &TimeZone,
    format: FileFormat,
) -> String {
    let ascii = |word: &&str| slug(word).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut parts: Vec<String> = words.iter().map(ascii).filter(|word| !word.is_empty()).collect();
    let day = |utc: i64| date_text(local_day(utc, zone));
    let last = |to: i64| day(to.saturating_sub(1).max(from.unwrap_or(i64::MIN)));
    parts.extend(match (from, to) {
        (Some(from), Some(to)) if day(from) == last(to) => Some(day(from)),
        (Some(from), Some(to)) => Some(format!("{}-to-{}", day(from), last(to))),
        (Some(from), None) => Some(format!("from-{}", day(from))),
        (None, Some(to)) => Some(format!("to-{}", last(to))),
        (None, None) => None,
    });
    format!("health-{}.{}", parts.join("-"), format.as_str())
}
