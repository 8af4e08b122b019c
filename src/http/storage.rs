//! `GET /api/v1/storage`: what takes how much of the disk. Sizes are asked of the file system, and counts are those that each
//! commit keeps, so nothing is scanned.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::http::deliveries::private;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::model::key::Principal;
use crate::model::time::offset_rfc3339;
use crate::store::{Reading, backup, deliveries, series};
use crate::sys::disk;

#[derive(Debug, Serialize, ToSchema)]
pub struct Storage {
    pub database_bytes: u64,
    pub wal_bytes: u64,
    /// Finished downloads, and what is being worked on.
    pub spool_bytes: u64,
    /// Files that wait to be imported, or have failed.
    pub imports_bytes: u64,
    pub backups_bytes: u64,
    pub backups: usize,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_backup_at: Option<String>,
    /// Of the disk of the data directory.
    pub disk_free_bytes: u64,
    pub disk_size_bytes: u64,
    /// Of everybody.
    pub samples: i64,
    pub deliveries: i64,
}

/// What takes how much of the disk
#[utoipa::path(get, path = "/api/v1/storage", tag = "admin", responses((status = 200, body = Storage), (status = 400, body = Problem)))]
pub async fn get(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let asked = app.clone();
    Ok(private(reading(&app, principal.user, move |reader| storage(&asked, reader)).await?))
}

fn storage(app: &App, reader: &Reading) -> Result<Storage> {
    let backups = backup::list(&app.backup_dir)?;
    let folders =
        |names: &[&str]| -> Result<u64> { names.iter().map(|name| disk::folder_bytes(&app.data_dir.join(name))).sum() };
    Ok(Storage {
        database_bytes: disk::file_bytes(app.store.path())?,
        wal_bytes: disk::file_bytes(&app.store.wal_path())?,
        spool_bytes: folders(&["spool", "tmp"])?,
        imports_bytes: folders(&["imports"])?,
        backups_bytes: backups.iter().map(|backup| backup.bytes).sum(),
        backups: backups.len(),
        last_backup_at: backups.first().map(|newest| offset_rfc3339(newest.at, 0)),
        disk_free_bytes: disk::free_bytes(&app.data_dir)?,
        disk_size_bytes: disk::size_bytes(&app.data_dir)?,
        samples: series::samples(reader)?,
        deliveries: deliveries::count(reader)?,
    })
}
