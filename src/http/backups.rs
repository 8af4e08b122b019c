//! `POST /api/v1/backup` and `GET /api/v1/backups`: what `health-export backup` does, asked for from afar.

use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deliveries::private;
use crate::http::doors::Doors;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::{blocking, to_the_end};
use crate::model::time::offset_rfc3339;
use crate::store::backup::{self, Backup};

/// A backup that was made and verified just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeBackup {
    #[serde(flatten)]
    pub backup: BackupRow,
    /// How long it took, with the verification.
    pub seconds: f64,
    pub deliveries: i64,
    pub samples: i64,
    /// Names of older ones that need not be kept and were removed.
    pub removed: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Backups {
    /// Newest first.
    pub backups: Vec<BackupRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BackupRow {
    /// Of the file in the folder of backups.
    pub name: String,
    /// When it was begun, RFC 3339, UTC: what was acknowledged before is in it.
    pub at: String,
    pub bytes: u64,
}

impl BackupRow {
    fn of(backup: &Backup) -> BackupRow {
        BackupRow { name: name(backup), at: offset_rfc3339(backup.at, 0), bytes: backup.bytes }
    }
}

/// Make a backup
#[utoipa::path(
    post, path = "/api/v1/backup", tag = "admin",
    responses(
        (status = 200, body = MadeBackup), (status = 400, body = Problem), (status = 429, body = Problem),
        (status = 507, body = Problem)
    )
)]
pub async fn post(State(doors): State<Doors>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let turn = doors.backing_up.clone().try_lock_owned();
    let turn = turn.map_err(|_| Error::Busy("a backup is being made already: ask again when it is done".into()))?;
    let app = doors.app.clone();
    let work = blocking(move || {
        let _turn = turn;
        make(&app)
    });
    // It is of use to whoever asks next, also when the client has left.
    Ok(private(to_the_end(work).await?))
}

fn make(app: &App) -> Result<MadeBackup> {
    let begun = Instant::now();
    let made = backup::make_in(&app.data_dir, &app.backup_dir, &app.backup_stop)?;
    let removed = backup::rotate(&app.backup_dir, &app.backup_keep, &made)?;
    Ok(MadeBackup {
        backup: BackupRow::of(&made.backup),
        seconds: begun.elapsed().as_secs_f64(),
        deliveries: made.contents.deliveries,
        samples: made.contents.samples,
        removed: removed.iter().map(name).collect(),
    })
}

/// Backups there are, newest first
#[utoipa::path(get, path = "/api/v1/backups", tag = "admin", responses((status = 200, body = Backups)))]
pub async fn list(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let found = blocking(move || backup::list(&app.backup_dir)).await?;
    Ok(private(Backups { backups: found.iter().map(BackupRow::of).collect() }))
}

fn name(backup: &Backup) -> String {
    backup.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
