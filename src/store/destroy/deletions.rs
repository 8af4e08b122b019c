//! Permanent deletions: what lies under them, and the bodies of the deliveries that have told it.
//!
//! Deletions that know what they cover by identity, such as of one sample, keep that identity, without which it could come again:
//! when it was, of which source. Of the others nothing is left but their entry.

use rusqlite::{Connection, OptionalExtension, params};

use super::BODIES;
use crate::error::Result;
use crate::store::deliveries;
use crate::store::retention::GONE;
use crate::store::writer::Writing;

/// The deliveries that have told what lies under the deletion `?1` of the person `?2`.
const TELLERS: &str = "
    SELECT delivery FROM buried_sample WHERE user = ?2 AND deletion = ?1
    UNION SELECT stated FROM buried_sample WHERE user = ?2 AND deletion = ?1
    UNION SELECT account.delivery FROM buried_sample buried JOIN account ON account.user = ?2 AND account.metric = buried.metric
        AND account.layer = buried.layer AND account.since <= buried.start AND account.until > buried.start
        WHERE buried.user = ?2 AND buried.deletion = ?1
    UNION SELECT superseded_sample.delivery FROM superseded_sample JOIN buried_sample buried USING (user, metric, start, layer)
        WHERE user = ?2 AND buried.deletion = ?1
    UNION SELECT delivery FROM buried_event WHERE user = ?2 AND deletion = ?1
    UNION SELECT delivery FROM buried_night_summary WHERE user = ?2 AND deletion = ?1
    UNION SELECT delivery FROM buried_workout_account WHERE deletion = ?1
    UNION SELECT workout_told.delivery FROM buried_workout JOIN workout_told ON workout = id WHERE deletion = ?1
    UNION SELECT delivery FROM deletion WHERE id = ?1 AND kind = 'delivery'";

/// What goes where only a rule keeps things out.
const ROWS: [&str; 6] = [
    "DELETE FROM buried_sample WHERE user = ?2 AND deletion = ?1",
    "DELETE FROM buried_event WHERE user = ?2 AND deletion = ?1",
    "DELETE FROM buried_night_summary WHERE user = ?2 AND deletion = ?1",
    "DELETE FROM buried_workout_account WHERE deletion = ?1 AND ?2 = ?2",
    "DELETE FROM buried_workout_series WHERE deletion = ?1 AND ?2 = ?2",
    "DELETE FROM buried_workout WHERE deletion = ?1 AND user = ?2",
];

/// What goes where rows say what is kept out.
const CONTENTS: [&str; 5] = [
    // What has come again of a row that is emptied already.
    "DELETE FROM buried_sample WHERE user = ?2 AND deletion = ?1 AND coalesce(value, min, max) IS NOT NULL AND EXISTS (
         SELECT 1 FROM buried_sample known WHERE known.user = ?2 AND known.metric = buried_sample.metric
             AND known.start = buried_sample.start AND known.layer = buried_sample.layer AND known.deletion = ?1
             AND known.source = buried_sample.source AND known.span = buried_sample.span
             AND known.context IS buried_sample.context AND coalesce(known.value, known.min, known.max) IS NULL)",
    "UPDATE buried_sample SET value = NULL, min = NULL, max = NULL
     WHERE user = ?2 AND deletion = ?1 AND coalesce(value, min, max) IS NOT NULL",
    "UPDATE buried_event SET name = '', value = NULL, value_sent = NULL, details = '{}', series = NULL
     WHERE user = ?2 AND deletion = ?1",
    "UPDATE buried_workout_account SET account = json_object('end', account -> 'end', 'source', account -> 'source',
         'figures', json_object('distance', json_object('value', account -> '$.figures.distance.value'))) WHERE deletion = ?1 AND ?2 = ?2",
    "DELETE FROM buried_workout_series WHERE deletion = ?1 AND ?2 = ?2",
];

/// What an account of later has replaced, of the same moments.
const REPLACED: &str = "
    DELETE FROM superseded_sample WHERE user = ?2 AND (metric, start, layer, source) IN (
        SELECT metric, start, layer, source FROM buried_sample WHERE user = ?2 AND deletion = ?1)";

/// The same, of a range or a source, whatever else is there.
const REPLACED_BY_RULE: &str = "
    DELETE FROM superseded_sample WHERE user = ?2 AND EXISTS (
        SELECT 1 FROM deletion WHERE id = ?1 AND kind IN ('range', 'source') AND coalesce(deletion.metric = superseded_sample.metric, 1)
            AND coalesce(deletion.source = superseded_sample.source, 1) AND start >= since AND start < until)";

/// What the parts of syncs under way have said, which has the values at their ends.
const UNDER_WAY: &str = "DELETE FROM sync_under_way WHERE sync IN (SELECT id FROM delivery WHERE user = ?1)";

/// The permanent deletions.
pub(super) fn permanent(connection: &Connection) -> Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM deletion WHERE permanent_at IS NOT NULL ORDER BY id")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Destroys a piece; false when nothing is left.
pub(super) fn piece(writing: &mut Writing, deletion: i64) -> Result<bool> {
    let connection = writing.connection;
    let found: Option<(i64, String)> = connection
        .prepare_cached("SELECT user, kind FROM deletion WHERE id = ?1 AND permanent_at IS NOT NULL")?
        .query_row([deletion], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((user, kind)) = found else { return Ok(false) };
    if bodies(connection, deletion, user)? {
        return Ok(true);
    }
    connection.execute(UNDER_WAY, [user])?;
    let asked = params![deletion, user];
    let mut gone = connection.execute(REPLACED, asked)? + connection.execute(REPLACED_BY_RULE, asked)?;
    let work: &[&str] = if matches!(kind.as_str(), "range" | "source" | "delivery") { &ROWS } else { &CONTENTS };
    for sql in work {
        gone += connection.execute(sql, asked)?;
    }
    if gone > 0 {
        deliveries::move_data_version(connection, user)?;
    }
    Ok(false)
}

/// Destroys some bodies, which are no longer read again either; false when there are none left.
fn bodies(connection: &Connection, deletion: i64, user: i64) -> Result<bool> {
    let sql = format!(
        "SELECT delivery_body.delivery FROM delivery_body JOIN delivery ON delivery.id = delivery_body.delivery
         WHERE delivery.user = ?2 AND encoding <> ?3 AND delivery_body.delivery IN ({TELLERS}) LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![deletion, user, GONE, BODIES], |row| row.get(0))?;
    let bodies: Vec<i64> = rows.collect::<rusqlite::Result<_>>()?;
    for body in &bodies {
        let gone = "UPDATE delivery_body SET encoding = ?2, body = x'' WHERE delivery = ?1";
        connection.prepare_cached(gone)?.execute(params![body, GONE])?;
        connection.prepare_cached("DELETE FROM reading_again WHERE delivery = ?1")?.execute([body])?;
    }
    Ok(!bodies.is_empty())
}
