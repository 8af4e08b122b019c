//! `GET /api/v1/export/samples`: downloads. The file is made by DuckDB in the spool and served as a file, with HEAD and
//! byte ranges, because that is how pandas, polars and DuckDB itself read Parquet over HTTP.

use std::path::Path;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use etag::EntityTag;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::app::App;
use crate::error::{Error, Result};
use crate::export::FileFormat;
use crate::export::samples::{self, Question};
use crate::http::caching;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::model::key::Principal;
use crate::model::metric::slug;

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
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let zone = params.zone(&app.home)?;
    let (from, to) = params.range(&zone)?;
    let question = Question {
        user: principal.user,
        metrics: params.list("metric"),
        from,
        to,
        layer: params.layer()?,
        sources: params.texts("source"),
        units: params.units(app.units)?,
        format: format(&mut params)?,
    };
    params.finish()?;
    let version = caching::data_version(&app, principal.user).await?;
    let tag = caching::tag(principal.user, version, &format!("{question:?}"));
    if caching::is_known(request.headers(), &tag) {
        return Ok(caching::not_modified(&tag, caching::EXPORT_MAX_AGE));
    }
    let (store, engine, spool) = (app.store.clone(), app.engine.clone(), app.spool.clone());
    let asked = question.clone();
    let path = app.downloads.run(move |stop| samples::export(&store, &engine, &spool, &asked, stop)).await?;
    let download = Download { name: file_name(&question), format: question.format, tag };
    serve(&path, &download, request).await
}

/// `format`, or CSV.
pub(super) fn format(params: &mut Params) -> Result<FileFormat> {
    Ok(params.parsed("format", "csv, parquet or ndjson", FileFormat::parse)?.unwrap_or(FileFormat::Csv))
}

/// What a client is told of a file.
pub(super) struct Download {
    /// ASCII, without quotes.
    pub name: String,
    pub format: FileFormat,
    pub tag: EntityTag,
}

/// Answers with a file of the spool, or with the range of it that is asked for.
pub(super) async fn serve(path: &Path, download: &Download, mut request: Request) -> Result<Response, Problem> {
    // The tag is ours, so the conditions have been judged by now; the file service would judge by its own.
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        request.headers_mut().remove(name);
    }
    // A weak tag never holds for a range: who goes on with an older file gets the whole of this one instead.
    if request.headers_mut().remove(header::IF_RANGE).is_some() {
        request.headers_mut().remove(header::RANGE);
    }
    let Ok(served) = ServeFile::new(path).oneshot(request).await;
    let mut response = served.map(Body::new).into_response();
    let disposition = format!("attachment; filename=\"{}\"", download.name);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(download.format.media_type()));
    let value = HeaderValue::from_str(&disposition).map_err(|fault| Error::internal("naming a download", fault))?;
    headers.insert(header::CONTENT_DISPOSITION, value);
    Ok(caching::with_tag(response, &download.tag, caching::EXPORT_MAX_AGE))
}

/// ASCII only, so that no client has to decode it.
fn file_name(question: &Question) -> String {
    let subject = match &question.metrics[..] {
        [metric] => slug(metric).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect(),
        _ => "samples".to_owned(),
    };
    format!("health-{subject}.{}", question.format.as_str())
}
