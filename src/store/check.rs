//! Is the file whole, and does it say the same thing twice? Used by `health-export check`.

use rusqlite::Connection;

use crate::error::{Error, Result};

/// One question asked of the file: what it was, and what is wrong (nothing when empty).
#[derive(Debug)]
pub struct Finding {
    pub question: &'static str,
    pub faults: Vec<String>,
}

/// Asks everything. Reads the whole file.
pub fn run(connection: &Connection) -> Result<Vec<Finding>> {
    Ok(vec![
        asked("integrity", integrity(connection))?,
        asked("counts per series", texts(connection, SERIES_SQL))?,
        asked("names", texts(connection, NAMES_SQL))?,
        asked("workouts", texts(connection, WORKOUTS_SQL))?,
        asked("events", texts(connection, EVENTS_SQL))?,
        asked("nights", texts(connection, NIGHTS_SQL))?,
        asked("deletions", texts(connection, DELETIONS_SQL))?,
        asked("raw bodies", texts(connection, BODIES_SQL))?,
    ])
}

/// A question that cannot be answered because of damage has found a fault, and the others are still asked.
pub fn asked(question: &'static str, answer: Result<Vec<String>>) -> Result<Finding> {
    let faults = match answer {
        Err(Error::Damaged(cause) | Error::DiskFault(cause)) => vec![cause],
        answer => answer?,
    };
    Ok(Finding { question, faults })
}

/// Whether the file answers at all.
pub fn is_readable(connection: &Connection) -> Result<()> {
    Ok(connection.query_row("SELECT count(*) FROM user", [], |_| Ok(()))?)
}

/// Writes what is there already, for the sake of the commit.
pub fn try_to_write(connection: &Connection) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(connection.pragma_update(None, "user_version", version)?)
}

/// When the last delivery came, in epoch milliseconds.
pub fn last_delivery_ms(connection: &Connection) -> Result<Option<i64>> {
    Ok(connection.query_row("SELECT max(received_at_ms) FROM delivery", [], |row| row.get(0))?)
}

/// How many items wait in quarantine.
pub fn quarantined(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0))?)
}

/// The counts that the catalogue answers from, against the samples themselves.
const SERIES_SQL: &str = "
    WITH counted AS (
        SELECT user, metric, layer, source, count(*) AS samples, sum(manual) AS manual FROM sample
        GROUP BY user, metric, layer, source)
    SELECT 'metric ' || metric || ', source ' || source || ': '
        || coalesce(counted.samples, 0) || ' samples (' || coalesce(counted.manual, 0) || ' by hand), but '
        || coalesce(series.samples, 0) || ' (' || coalesce(series.manual, 0) || ') counted'
    FROM counted FULL JOIN series USING (user, metric, layer, source)
    WHERE (coalesce(counted.samples, 0), coalesce(counted.manual, 0))
       <> (coalesce(series.samples, 0), coalesce(series.manual, 0))";

const NAMES_SQL: &str = "
    SELECT 'series without a name: metric ' || series.metric || ', source ' || series.source FROM series
    LEFT JOIN metric ON metric.id = series.metric LEFT JOIN source ON source.id = series.source
    WHERE metric.id IS NULL OR source.id IS NULL";

/// Each workout is told of, and nothing is told of a workout that is not there.
const WORKOUTS_SQL: &str = "
    SELECT 'workout ' || id || ' is told of by nobody' FROM workout
    WHERE NOT EXISTS (SELECT 1 FROM workout_account WHERE workout = workout.id)
    UNION ALL
    SELECT 'an account of workout ' || workout || ', which is not there' FROM workout_account
    WHERE workout NOT IN (SELECT id FROM workout)
    UNION ALL
    SELECT 'series ' || name || ' of workout ' || workout || ' by a sender who tells nothing of it' FROM workout_series
    WHERE NOT EXISTS (SELECT 1 FROM workout_account account
                      WHERE account.workout = workout_series.workout AND account.sender = workout_series.sender)";

const EVENTS_SQL: &str = "
    SELECT 'event without a source: ' || kind || ' ' || code || ' at ' || start FROM event
    WHERE source NOT IN (SELECT id FROM source)
    UNION ALL
    SELECT 'event of nobody: ' || kind || ' ' || code || ' at ' || start FROM event
    WHERE user NOT IN (SELECT id FROM user)";

const NIGHTS_SQL: &str = "
    SELECT 'night without a source: ' || date FROM night_summary WHERE source NOT IN (SELECT id FROM source)
    UNION ALL
    SELECT 'night of nobody: ' || date FROM night_summary WHERE user NOT IN (SELECT id FROM user)";

/// What is buried is so under a deletion that has not been undone.
const DELETIONS_SQL: &str = "
    WITH buried AS (
        SELECT 'samples' AS what, deletion FROM buried_sample
        UNION SELECT 'workouts', deletion FROM buried_workout
        UNION SELECT 'accounts of workouts', deletion FROM buried_workout_account
        UNION SELECT 'events', deletion FROM buried_event
        UNION SELECT 'nights', deletion FROM buried_night_summary)
    SELECT what || ' under deletion ' || deletion || ', which is not in force' FROM buried
    WHERE deletion NOT IN (SELECT id FROM deletion WHERE state <> 'restored')";

/// No body is kept of an export: it is too large, and stays with its owner.
const BODIES_SQL: &str = "
    SELECT 'delivery ' || public_id || ' has lost its body' FROM delivery
    LEFT JOIN delivery_body ON delivery_body.delivery = delivery.id WHERE delivery_body.delivery IS NULL
    AND format <> 'apple-health-export'";

/// What SQLite finds wrong with the file; nothing when it is whole.
pub(super) fn integrity(connection: &Connection) -> Result<Vec<String>> {
    let answer = texts(connection, "PRAGMA integrity_check")?;
    Ok(answer.into_iter().filter(|line| line != "ok").collect())
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
