//! `GET /api/v1/documents`: files that are kept as they came. They are handed over as downloads only, for what is in
//! them was written by somebody else.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::model::key::Principal;
use crate::store::documents::read::{self, DocumentRow};

const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Documents {
    pub documents: Vec<DocumentEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentEntry {
    pub id: String,
    /// clinical, cda or profile.
    pub kind: String,
    /// Its path in the export that it came in.
    pub name: String,
    pub media_type: String,
    pub bytes: i64,
}

/// Documents, in the order in which they came
#[utoipa::path(
    get, path = "/api/v1/documents", tag = "read",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 1000, default 100"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before")
    ),
    responses(
        (status = 200, body = Documents), (status = 304, description = "Not modified"), (status = 400, body = Problem)
    )
)]
pub async fn list(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let limit = paging::limit(&mut params, DEFAULT_LIMIT, MOST)?;
    let after = paging::cursor(&mut params, |text| text.parse().ok())?.unwrap_or(0);
    params.finish()?;
    let asked = caching::Question { user: principal.user, text: format!("documents {after} {limit}") };
    caching::answered(&doors, client, asked, move |reading| {
        let mut rows = read::page(reading, principal.user, after, limit + 1)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| paging::sealed(&last.id.to_string()));
        Finished::json(&Documents { documents: rows.into_iter().map(entry).collect(), next_cursor })
    })
    .await
}

/// A document as it came
#[utoipa::path(
    get, path = "/api/v1/documents/{id}", tag = "read", params(("id" = String, Path, description = "As in the list")),
    responses(
        (status = 200, description = "The file, with its own media type"), (status = 304, description = "Not modified"),
        (status = 404, body = Problem)
    )
)]
pub async fn one(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    client: Client,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let asked = caching::Question { user: principal.user, text: format!("document {id:?}") };
    caching::answered(&doors, client, asked, move |reading| {
        let found = id.parse().ok().map(|id| read::one(reading, principal.user, id)).transpose()?.flatten();
        let (row, body) = found.ok_or_else(|| {
            Error::NotFound(format!("there is no document {id}: GET /api/v1/documents lists those there are"))
        })?;
        let disposition = format!("attachment; filename=\"{}\"", row.file_name());
        let fault = |fault| Error::internal("naming a download", fault);
        Ok(Finished::new(HeaderValue::from_str(&row.media_type).map_err(fault)?, body)
            .with(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(fault)?)
            .with(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")))
    })
    .await
}

fn entry(row: DocumentRow) -> DocumentEntry {
    DocumentEntry {
        id: row.id.to_string(),
        kind: row.kind,
        name: row.name,
        media_type: row.media_type,
        bytes: row.bytes,
    }
}
