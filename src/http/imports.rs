//! `POST /api/v1/import`: a file too large for a delivery. It goes to the disk as it comes and is imported afterwards.

use std::path::{Path, PathBuf};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::drain::{Incoming, drain, drain_rest};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::{blocking, to_the_end};
use crate::http::verdict::Verdict;
use crate::model::key::Principal;
use crate::store::jobs::NewJob;
use crate::sys::disk;

/// What is handed to the disk at once.
const CHUNK: usize = 1 << 20;

/// The answer when the file is on disk.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    pub job: String,
    /// Where to ask how far it is.
    pub status_url: String,
}

/// Import a file
///
/// Takes Apple's export.zip or export.xml, or a file of Health Auto Export, as the body or as the one file of a form. The
/// answer comes when the file is safely on disk; it is then imported in the background, which `status_url` tells about.
#[utoipa::path(
    post, path = "/api/v1/import", tag = "ingest",
    request_body(content = Vec<u8>, content_type = "application/zip", description = "The file as it is"),
    params(("name" = Option<String>, Query, description = "What to call the file in receipts")),
    responses(
        (status = 202, body = Accepted), (status = 400, body = Problem), (status = 413, body = Problem), (status = 429, body = Problem),
        (status = 507, body = Problem)
    )
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let name = params.parsed("name", "a name", |name| Some(name.to_owned()));
    let checked = name.and_then(|name| params.finish().map(|()| name)).and_then(|name| {
        has_room(&app, &body)?;
        let public_id = uuid::Uuid::now_v7().to_string();
        let path = app.jobs.file(&public_id)?;
        Ok((app.room.begin_import(principal.user)?, Upload { public_id, path, name }))
    });
    let (place, upload) = match checked {
        Ok(checked) => checked,
        Err(fault) => {
            drain(body).await;
            return Err(fault.into());
        }
    };
    let accepted = to_the_end(async move {
        let _place = place;
        take(app, principal, upload, &parts.headers, body).await
    })
    .await?;
    let location = [(header::LOCATION, accepted.status_url.clone()), (header::CACHE_CONTROL, "no-store".into())];
    Ok((StatusCode::ACCEPTED, location, Extension(Verdict::of_import()), Json(accepted)).into_response())
}

/// Where a file goes, and the name that its sender gave it.
struct Upload {
    public_id: String,
    path: PathBuf,
    name: Option<String>,
}

async fn take(app: App, principal: Principal, upload: Upload, headers: &HeaderMap, body: Body) -> Result<Accepted> {
    let Upload { public_id, path, name } = upload;
    let received = receive(&app, headers, body, &path).await;
    let (bytes, sent_name) = match received {
        Ok(received) => received,
        Err(fault) => {
            // What came of it is of no use; a file that was never made is no fault either.
            let _ = std::fs::remove_file(&path);
            return Err(fault);
        }
    };
    let job = NewJob {
        public_id: public_id.clone(),
        user: principal.user,
        api_key: principal.key(),
        file: name.or(sent_name).unwrap_or_else(|| "upload".into()),
        bytes,
        created_at_ms: crate::sys::clock::now().as_millisecond(),
    };
    app.jobs.take(job).await?;
    Ok(Accepted { status_url: format!("/api/v1/jobs/{public_id}"), job: public_id })
}

/// What can be judged before the body is read: its announced length, and the disk.
fn has_room(app: &App, body: &Body) -> Result<()> {
    let announced = body.size_hint().lower();
    if announced > app.max_import {
        return Err(too_large(app.max_import));
    }
    disk::has_room(&app.data_dir, announced, app.keep_free)
}

fn too_large(limit: u64) -> Error {
    Error::TooLarge(format!(
        "the file is larger than the {} MB that an import over the network may have: raise max_import_mb, or run \
         `health-export import` on the machine itself",
        limit >> 20
    ))
}

/// Writes the file to `path`; gives its size and the name that a form gave it.
async fn receive(app: &App, headers: &HeaderMap, body: Body, path: &Path) -> Result<(u64, Option<String>)> {
    let chunks = Box::pin(Incoming::new(body).into_stream());
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Ok(boundary) = multer::parse_boundary(kind) else {
        return Ok((keep(app, chunks, path).await?, None));
    };
    let mut form = multer::Multipart::new(chunks, boundary);
    let wrong = |fault: multer::Error| Error::BadRequest(format!("the form cannot be read ({fault}): send it again"));
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        let Some(name) = field.file_name().map(str::to_owned) else { continue };
        let bytes = keep(app, field.map(|chunk| chunk.map_err(wrong)), path).await?;
        return Ok((bytes, Some(name)));
    }
    Err(Error::BadRequest("there is no file in the form".into()))
}

/// Writes it to `path`. What the disk does not take is read away, so that the sender hears why.
async fn keep(app: &App, mut chunks: impl Stream<Item = Result<Bytes>> + Unpin, path: &Path) -> Result<u64> {
    let written = write(app, &mut chunks, path).await;
    if !matches!(written, Ok(_) | Err(Error::TooLarge(_))) {
        drain_rest(chunks).await;
    }
    written
}

/// Writes and syncs. What is beyond the limit is not read any more: nobody sends gigabytes for a sentence.
async fn write(app: &App, chunks: impl Stream<Item = Result<Bytes>>, path: &Path) -> Result<u64> {
    let mut chunks = std::pin::pin!(chunks);
    let mut file = create(path.to_owned()).await?;
    let (mut total, mut held) = (0, Vec::with_capacity(CHUNK));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        total += chunk.len() as u64;
        if total > app.max_import {
            return Err(too_large(app.max_import));
        }
        held.extend_from_slice(&chunk);
        if held.len() >= CHUNK {
            (file, held) = append(file, held, app).await?;
        }
    }
    if total == 0 {
        return Err(Error::BadRequest("the body is empty: send export.zip, export.xml, or a file of the app".into()));
    }
    let (file, _) = append(file, held, app).await?;
    let folder = path.parent().map(Path::to_owned);
    blocking(move || {
        file.sync_all().map_err(|fault| Error::io("syncing an upload", &fault))?;
        let folder = folder.map(std::fs::File::open).transpose().map_err(|fault| Error::io("syncing", &fault))?;
        folder.map_or(Ok(()), |folder| folder.sync_all()).map_err(|fault| Error::io("syncing", &fault))
    })
    .await?;
    Ok(total)
}

async fn create(path: PathBuf) -> Result<std::fs::File> {
    blocking(move || std::fs::File::create_new(path).map_err(|fault| Error::io("creating an upload", &fault))).await
}

async fn append(mut file: std::fs::File, mut held: Vec<u8>, app: &App) -> Result<(std::fs::File, Vec<u8>)> {
    use std::io::Write;
    let (folder, reserve) = (app.data_dir.clone(), app.keep_free);
    blocking(move || {
        disk::has_room(&folder, 0, reserve)?;
        file.write_all(&held).map_err(|fault| Error::io("writing an upload", &fault))?;
        held.clear();
        Ok((file, held))
    })
    .await
}
