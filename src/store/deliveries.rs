//! Deliveries: what came, the raw body, what could not be understood, and the receipt that was given.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::model::account::is_complete;
use crate::model::receipt::{Counts, ItemProblem, Outcome, PROBLEMS_SHOWN, Receipt};
use crate::model::sample::Batch;
use crate::store::account::{self, Claimed};
use crate::store::batch::{self, Done};
use crate::store::rereads;
use crate::store::samples::{Mode, Owner};
use crate::store::writer::Writing;
use crate::store::{quarantine, refused};

/// What the sender says about itself; any part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Origin {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation_aggregation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation_period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What the request said about its body. Decoding again needs both; a key or token is never among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Parameters of the address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Vec<String>>)]
    pub query: Vec<(String, String)>,
}

/// What is known of a delivery before anything of it is written.
pub struct Head {
    pub public_id: String,
    pub user: i64,
    pub api_key: Option<i64>,
    pub received_at_ms: i64,
    pub format: &'static str,
    pub origin: Origin,
    /// Bytes of the body as decompressed, or of an imported file as it lies on the disk.
    pub bytes: u64,
}

/// A body that has been received, ready to be written.
pub struct Delivery {
    pub head: Head,
    /// The body under zstd.
    pub body: Vec<u8>,
    /// What it says, or why it is not understood at all.
    pub content: Result<Batch, String>,
}

/// A delivery as listed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryRow {
    #[serde(skip)]
    pub id: i64,
    /// RFC 3339, UTC.
    pub received_at: String,
    pub format: String,
    /// True when the body was of no kind we know; it is kept all the same.
    pub refused: bool,
    #[serde(flatten)]
    pub origin: Origin,
    /// Bytes as decompressed.
    pub bytes: i64,
    #[serde(flatten)]
    pub receipt: Receipt,
}

/// Writes a delivery whole: raw body, samples, quarantine, receipt; and moves the person's data version.
pub fn write(writing: &mut Writing, delivery: &Delivery) -> Result<Receipt> {
    let id = insert(writing, delivery)?;
    let receipt = match &delivery.content {
        Ok(batch) => {
            let owner = Owner { user: delivery.head.user, delivery: id, mode: Mode::Delivery };
            let done = batch::store(writing, owner, batch)?;
            quarantine::put(writing.connection, id, batch)?;
            receipt(&delivery.head.public_id, batch, &done)
        }
        Err(reason) => {
            quarantine::put_whole(writing.connection, id, reason)?;
            refused::evict(writing.connection, delivery.head.user)?;
            refusal(&delivery.head.public_id, reason)
        }
    };
    finish(writing.connection, id, delivery.head.user, &receipt)?;
    writing.tally.add_items(receipt.counts);
    writing.tally.add_delivery(delivery.head.format, delivery.content.is_err(), &receipt);
    Ok(receipt)
}

fn insert(writing: &mut Writing, delivery: &Delivery) -> Result<i64> {
    let batch = delivery.content.as_ref().ok();
    let id = insert_head(writing, &delivery.head, delivery.content.is_err(), batch)?;
    let connection = writing.connection;
    connection
        .prepare_cached("INSERT INTO delivery_body (delivery, encoding, body) VALUES (?1, 'zstd', ?2)")?
        .execute(params![id, delivery.body])?;
    rereads::note(connection, id)?;
    Ok(id)
}

/// The row of a delivery whose receipt is not written yet.
pub(super) fn insert_head(writing: &mut Writing, head: &Head, refused: bool, batch: Option<&Batch>) -> Result<i64> {
    let connection = writing.connection;
    connection
        .prepare_cached(
            "INSERT INTO delivery (public_id, user, api_key, received_at_ms, format, refused, origin, bytes, receipt)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '{}')",
        )?
        .execute(params![
            head.public_id,
            head.user,
            head.api_key,
            head.received_at_ms,
            head.format,
            refused,
            json(&head.origin)?,
            i64::try_from(head.bytes).unwrap_or(i64::MAX),
        ])?;
    let id = connection.last_insert_rowid();
    let claimed = claimed(head.user, head.api_key, head.received_at_ms, &head.origin);
    account::insert(connection, id, &claimed, batch)?;
    Ok(id)
}

/// What a delivery is an account of, by what its sender says about itself.
pub(super) fn claimed(user: i64, api_key: Option<i64>, received_at_ms: i64, origin: &Origin) -> Claimed {
    let automation = origin.automation_id.as_ref().or(origin.automation_name.as_ref());
    let key = api_key.map_or_else(String::new, |key| key.to_string());
    Claimed {
        as_of: received_at_ms.div_euclid(1000),
        complete: is_complete(origin.automation_period.as_deref().unwrap_or_default()),
        sender: format!("{user} {}", automation.unwrap_or(&key)),
        session: origin.session_id.clone().unwrap_or_default(),
    }
}

/// The receipt of a body that is not understood at all.
pub(super) fn refusal(delivery: &str, reason: &str) -> Receipt {
    let problems = vec![ItemProblem { path: "$".into(), reason: reason.into() }];
    let counts = Counts { received: 1, quarantined: 1, ..Counts::default() };
    Receipt { delivery: delivery.into(), counts, problems, ..Receipt::default() }.with_summary()
}

/// Counts the outcomes of the batch's items by name.
pub(super) fn receipt(delivery: &str, batch: &Batch, done: &Done) -> Receipt {
    let outcomes = &done.items;
    let mut receipt = Receipt { delivery: delivery.into(), deferred: batch.deferred.clone(), ..Receipt::default() };
    let mut per_name = vec![Counts::default(); batch.item_names.len()];
    for (&name, outcome) in batch.items.iter().zip(outcomes) {
        per_name[name as usize].add(*outcome);
    }
    for rejected in &batch.rejected {
        per_name[rejected.name as usize].add_quarantined();
        receipt.add_reason(&batch.item_names[rejected.name as usize], &rejected.reason);
    }
    for (name, one) in batch.item_names.iter().zip(per_name).filter(|(_, one)| one.received > 0) {
        receipt.counts = receipt.counts.plus(one);
        let sum = receipt.by_metric.entry(name.clone()).or_default();
        *sum = sum.plus(one);
    }
    receipt.add_superseded(&done.superseded);
    let shown = batch.rejected.iter().take(PROBLEMS_SHOWN);
    receipt.kept_out = outcomes.iter().filter(|outcome| **outcome == Outcome::KeptOut).count() as u64;
    receipt.problems = shown.map(|item| ItemProblem { path: item.path.clone(), reason: item.reason.clone() }).collect();
    receipt.notes = batch.notes.iter().take(PROBLEMS_SHOWN).cloned().collect();
    receipt.with_summary()
}

pub(super) fn finish(connection: &Connection, id: i64, user: i64, receipt: &Receipt) -> Result<()> {
    connection
        .prepare_cached("UPDATE delivery SET receipt = ?2 WHERE id = ?1")?
        .execute(params![id, json(receipt)?])?;
    move_data_version(connection, user)
}

pub(super) fn move_data_version(connection: &Connection, user: i64) -> Result<()> {
    connection.prepare_cached("UPDATE user SET data_version = data_version + 1 WHERE id = ?1")?.execute([user])?;
    Ok(())
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|fault| Error::internal("writing JSON", fault))
}

/// Which of a person's deliveries.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Name or id of an automation, in any case.
    pub automation: Option<String>,
    /// When it came, in epoch seconds; start included, end excluded.
    pub from: Option<i64>,
    pub to: Option<i64>,
}

const SELECT: &str = "SELECT id, received_at_ms, format, refused, origin, bytes, receipt FROM delivery";

/// One page of a person's deliveries, newest first, older than the row `before` when it is given.
pub fn list(
    connection: &Connection,
    user: i64,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<DeliveryRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} WHERE user = ?1 AND id < ?2 AND received_at_ms >= ?3 AND received_at_ms < ?4
           AND (?5 IS NULL OR lower(?5) IN (lower(origin ->> 'automation_name'), lower(origin ->> 'automation_id')))
         ORDER BY id DESC LIMIT ?6"
    ))?;
    let (from, to) = (milliseconds(filter.from, i64::MIN), milliseconds(filter.to, i64::MAX));
    let rows =
        statement.query_map(params![user, before.unwrap_or(i64::MAX), from, to, filter.automation, limit], read_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A bound in the milliseconds of `received_at_ms`; `open` where there is none.
pub(super) fn milliseconds(seconds: Option<i64>, open: i64) -> i64 {
    seconds.map_or(open, |seconds| seconds.saturating_mul(1000))
}

/// The row of a person's delivery; cursors name it by its public id, for rows are counted over all people.
pub fn row(connection: &Connection, user: i64, public_id: &str) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT id FROM delivery WHERE user = ?1 AND public_id = ?2")?
        .query_row(params![user, public_id], |row| row.get(0))
        .optional()?)
}

/// What the delivery of a row is called.
pub fn public_id(connection: &Connection, row: i64) -> Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT public_id FROM delivery WHERE id = ?1")?;
    Ok(statement.query_row([row], |row| row.get(0)).optional()?)
}

/// How many there are, of everybody.
pub fn count(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0))?)
}

/// One delivery of a person.
pub fn find(connection: &Connection, user: i64, public_id: &str) -> Result<Option<DeliveryRow>> {
    Ok(connection
        .prepare_cached(&format!("{SELECT} WHERE user = ?1 AND public_id = ?2"))?
        .query_row(params![user, public_id], read_row)
        .optional()?)
}

/// A delivery as the latest that there is.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    pub received_at_ms: i64,
    pub automation: Option<String>,
}

/// The latest delivery of a person that was understood. Each moves the data version, also where it changes nothing.
pub fn latest(connection: &Connection, user: i64) -> Result<Option<Latest>> {
    Ok(connection
        .prepare_cached(
            "SELECT received_at_ms, origin ->> 'automation_name' FROM delivery
             WHERE user = ?1 AND refused = 0 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([user], |row| Ok(Latest { received_at_ms: row.get(0)?, automation: row.get(1)? }))
        .optional()?)
}

/// When deliveries came, in epoch milliseconds, by row.
pub fn received_ms(connection: &Connection, ids: &BTreeSet<i64>) -> Result<HashMap<i64, i64>> {
    let mut statement = connection.prepare_cached("SELECT received_at_ms FROM delivery WHERE id = ?1")?;
    let mut received = HashMap::new();
    for id in ids {
        if let Some(ms) = statement.query_row([id], |row| row.get(0)).optional()? {
            received.insert(*id, ms);
        }
    }
    Ok(received)
}

fn read_row(row: &Row) -> rusqlite::Result<DeliveryRow> {
    let received_at_ms: i64 = row.get(1)?;
    Ok(DeliveryRow {
        id: row.get(0)?,
        received_at: crate::model::time::offset_rfc3339(received_at_ms.div_euclid(1000), 0),
        format: row.get(2)?,
        refused: row.get(3)?,
        origin: parsed(row, 4)?,
        bytes: row.get(5)?,
        receipt: parsed(row, 6)?,
    })
}

pub(super) fn parsed<T: for<'de> Deserialize<'de>>(row: &Row, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|fault| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(fault))
    })
}
