//! Jobs: imports that were taken over the network and run in the background.
//!
//! The row is written before the sender is answered, so what was promised is begun again after a crash.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Result;

/// A job as it is taken.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub public_id: String,
    pub user: i64,
    pub api_key: Option<i64>,
    /// The name that the sender gave the file.
    pub file: String,
    pub bytes: u64,
    pub created_at_ms: i64,
}

/// A job as it stands.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: i64,
    pub public_id: String,
    pub user: i64,
    pub api_key: Option<i64>,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub file: String,
    pub bytes: i64,
    pub created_at_ms: i64,
    pub finished_at_ms: Option<i64>,
    /// JSON.
    pub receipt: Option<String>,
    pub error: Option<String>,
    /// How often it has been begun, this time included; a stop in good order counts for nothing.
    pub begun: i64,
}

const COLUMNS: &str =
    "id, public_id, user, api_key, state, file, bytes, created_at_ms, finished_at_ms, receipt, error, begun";

pub fn insert(connection: &Connection, job: &NewJob) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO job (public_id, user, api_key, state, file, bytes, created_at_ms)
             VALUES (?1, ?2, ?3, 'queued', ?4, ?5, ?6)",
        )?
        .execute(params![
            job.public_id,
            job.user,
            job.api_key,
            job.file,
            i64::try_from(job.bytes).unwrap_or(i64::MAX),
            job.created_at_ms
        ])?;
    Ok(())
}

/// What was running when the process ended has to be begun again.
pub fn queue_again(connection: &Connection) -> Result<()> {
    connection.execute("UPDATE job SET state = 'queued' WHERE state = 'running'", [])?;
    Ok(())
}

/// What was stopped in good order has to be begun again, and has cost nothing.
pub fn put_back(connection: &Connection, id: i64) -> Result<()> {
    let sql = "UPDATE job SET state = 'queued', begun = max(begun - 1, 0) WHERE id = ?1 AND state = 'running'";
    connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

/// Takes a job that waits, if there is one: people have their turns one after another, `last` being who had the last, and of a
/// person's jobs the oldest is first.
pub fn take(connection: &Connection, last: i64) -> Result<Option<Job>> {
    let next = "SELECT id FROM job WHERE state = 'queued' ORDER BY user <= ?1, user, id LIMIT 1";
    let take = format!("UPDATE job SET state = 'running', begun = begun + 1 WHERE id = ({next}) RETURNING {COLUMNS}");
    Ok(connection.prepare_cached(&take)?.query_row([last], read).optional()?)
}

/// Ends a person's job before it is done; none when there is no such job, false when it has ended by itself.
pub fn cancel(connection: &Connection, user: i64, public_id: &str, reason: &str, now_ms: i64) -> Result<Option<bool>> {
    let sql = "UPDATE job SET state = 'cancelled', error = ?3, finished_at_ms = ?4
               WHERE user = ?1 AND public_id = ?2 AND state IN ('queued', 'running')";
    let ended = connection.prepare_cached(sql)?.execute(params![user, public_id, reason, now_ms])?;
    match ended {
        0 => Ok(find(connection, user, public_id)?.map(|_| false)),
        _ => Ok(Some(true)),
    }
}

/// Ends a job that runs with its receipt as JSON, or with the reason why there is none.
pub fn finish(connection: &Connection, id: i64, outcome: &Result<String, String>, now_ms: i64) -> Result<()> {
    let (state, receipt, error) = match outcome {
        Ok(receipt) => ("done", Some(receipt), None),
        Err(reason) => ("failed", None, Some(reason)),
    };
    connection
        .prepare_cached(
            "UPDATE job SET state = ?2, receipt = ?3, error = ?4, finished_at_ms = ?5 WHERE id = ?1 AND state = 'running'",
        )?
        .execute(params![id, state, receipt, error, now_ms])?;
    Ok(())
}

/// One page of a person's jobs, newest first, older than the row `before` when it is given.
pub fn list(connection: &Connection, user: i64, before: Option<i64>, limit: u32) -> Result<Vec<Job>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM job WHERE user = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"))?;
    let rows = statement.query_map(params![user, before.unwrap_or(i64::MAX), limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn find(connection: &Connection, user: i64, public_id: &str) -> Result<Option<Job>> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM job WHERE user = ?1 AND public_id = ?2"))?
        .query_row(params![user, public_id], read)
        .optional()?)
}

/// Ids of a person's jobs that wait or run.
pub fn unended(connection: &Connection, user: i64) -> Result<Vec<String>> {
    let sql = "SELECT public_id FROM job WHERE user = ?1 AND state IN ('queued', 'running') ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([user], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ids of the jobs whose files are still needed: those that wait or run, and those that failed after `since_ms`.
pub fn with_files(connection: &Connection, since_ms: i64) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT public_id FROM job
         WHERE state IN ('queued', 'running') OR (state = 'failed' AND finished_at_ms > ?1)",
    )?;
    let rows = statement.query_map([since_ms], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row) -> rusqlite::Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        public_id: row.get(1)?,
        user: row.get(2)?,
        api_key: row.get(3)?,
        state: row.get(4)?,
        file: row.get(5)?,
        bytes: row.get(6)?,
        created_at_ms: row.get(7)?,
        finished_at_ms: row.get(8)?,
        receipt: row.get(9)?,
        error: row.get(10)?,
        begun: row.get(11)?,
    })
}
