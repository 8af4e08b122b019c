//! Moves rows to the layer that they turn out to belong to.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, ToSql, params};

use crate::error::Result;
use crate::model::metric::{Kind, catalogue};
use crate::model::sample::{Batch, Sample};
use crate::model::time::Layer;
use crate::store::dictionary;
use crate::store::grouping::{correct, span_of};
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::{Key, Owner, Row, StoredRow, merge, table};

/// Rows that a sender's deliveries have put somewhere by a guess.
const GUESSED: &str =
    "delivery IN (SELECT delivery FROM guessed_delivery WHERE guessed_delivery.user = ?1 AND sender = ?3)";

/// What was stored in coarser buckets by a guess was in these.
pub fn to_finer(connection: &Connection, user: i64, sender: &str, finest: Layer) -> Result<()> {
    for metric in metrics_of(connection, user, finest)? {
        let condition = format!("user = ?1 AND metric = ?2 AND layer > {} AND layer <= 3 AND {GUESSED}", finest.id());
        relayer(connection, user, metric, &condition, &[&user, &metric, &sender], finest)?;
    }
    Ok(())
}

/// What was stored of a metric in buckets by a guess was measurements.
pub fn to_samples(connection: &Connection, user: i64, sender: &str, metric: &str) -> Result<()> {
    let Some(found) = dictionary::find_metric(connection, metric)? else { return Ok(()) };
    if !metrics_of(connection, user, Layer::Raw)?.contains(&found.id) {
        return Ok(());
    }
    let condition = format!(
        "user = ?1 AND metric = ?2 AND layer BETWEEN 1 AND 3 AND {GUESSED}
         AND NOT EXISTS (SELECT 1 FROM source WHERE source.id = source AND instr(source.name, '|'))"
    );
    relayer(connection, user, found.id, &condition, &[&user, &found.id, &sender], Layer::Raw)
}

/// The metrics of which there are buckets coarser than a layer.
fn metrics_of(connection: &Connection, user: i64, layer: Layer) -> Result<BTreeSet<i64>> {
    let mut statement = connection
        .prepare_cached("SELECT metric FROM series WHERE user = ?1 AND layer > ?2 AND layer <= 3 AND samples > 0")?;
    let rows = statement.query_map(params![user, layer.id()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn relayer(
    connection: &Connection,
    user: i64,
    metric: i64,
    condition: &str,
    asked: &[&dyn ToSql],
    to: Layer,
) -> Result<()> {
    let (rows, _) = table::read(connection, Place::Stored, condition, asked, usize::MAX)?;
    let mut ledger = Ledger::default();
    for (key, row) in rows {
        move_row(connection, user, key, row, to, &mut ledger)?;
    }
    write(connection, user, metric, to, &ledger)
}

/// The series that rows have come to must be there before they are counted.
fn write(connection: &Connection, user: i64, metric: i64, to: Layer, ledger: &Ledger) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO series (user, metric, layer, source, unit_sent, samples, summaries, first, last,
                                           last_delivery, longest)
             SELECT ?1, metric, ?3, source, unit_sent, 0, 0, ?4, ?5, last_delivery, 0 FROM series
             WHERE user = ?1 AND metric = ?2 AND layer > ?3",
        )?
        .execute(params![user, metric, to.id(), i64::MAX, i64::MIN])?;
    ledger.write(connection, user, 0)
}

fn move_row(
    connection: &Connection,
    user: i64,
    key: Key,
    row: StoredRow,
    to: Layer,
    ledger: &mut Ledger,
) -> Result<()> {
    table::remove(connection, Place::Stored, user, key, Some(row.ordinal))?;
    table::keep_first_taken(connection, user, key)?;
    ledger.count(key, &row.row, -1);
    let moved = Row { span: span_of(to), ..row.row };
    let key = (key.0, key.1, to);
    let coming = vec![StoredRow { ordinal: 0, row: moved, delivery: row.delivery }];
    merge::bring(connection, Place::Stored, user, key, coming, dictionary::unnamed(connection)?, ledger)
}

/// Several values of one bucket in one sync prove that they are measurements, where what is measured takes no time: two
/// foods of one minute. What the sync has stored of it so far is moved, and the batch's own is put to the samples.
pub fn settle_moments(connection: &Connection, owner: Owner, batch: &mut Cow<Batch>) -> Result<()> {
    let others = others_of_sync(connection, owner.delivery)?;
    if others.is_empty() {
        return Ok(());
    }
    let mut moved: BTreeSet<(String, i64)> = BTreeSet::new();
    for sample in batch.samples.iter().filter(|sample| matches!(sample.layer, Layer::Minute | Layer::Hour)) {
        let name = &batch.series[sample.series as usize].metric;
        let is_moment = |metric: &str| {
            catalogue().resolve(metric).is_some_and(|one| one.kind == Kind::Cumulative && one.lasts.is_none())
        };
        if is_moment(name) && prove(connection, owner, name, sample, &others)? {
            moved.insert((name.clone(), sample.start));
        }
    }
    correct(batch, |batch, sample| {
        let metric = &batch.series[sample.series as usize].metric;
        let proven = sample.layer != Layer::Raw && moved.contains(&(metric.clone(), sample.start));
        proven.then_some(Layer::Raw)
    });
    Ok(())
}

/// Whether the sync has said another thing of a sample's bucket; then that is moved to the samples.
fn prove(connection: &Connection, owner: Owner, name: &str, sample: &Sample, others: &BTreeSet<i64>) -> Result<bool> {
    let Some(metric) = dictionary::find_metric(connection, name)? else { return Ok(false) };
    let of_sync = |layer: Layer| -> Result<Vec<StoredRow>> {
        let rows = table::group(connection, Place::Stored, owner.user, (metric.id, sample.start, layer))?;
        Ok(rows.into_iter().filter(|row| others.contains(&row.delivery)).collect())
    };
    let buckets = of_sync(sample.layer)?;
    let differs = |row: &StoredRow| row.row.value != sample.value;
    if !buckets.iter().any(differs) && of_sync(Layer::Raw)?.is_empty() {
        return Ok(false);
    }
    let mut ledger = Ledger::default();
    for row in buckets {
        move_row(connection, owner.user, (metric.id, sample.start, sample.layer), row, Layer::Raw, &mut ledger)?;
    }
    write(connection, owner.user, metric.id, Layer::Raw, &ledger)?;
    Ok(true)
}

/// The other deliveries of the same sync.
fn others_of_sync(connection: &Connection, delivery: i64) -> Result<BTreeSet<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT delivery FROM delivery_account WHERE delivery <> ?1
         AND sync = (SELECT sync FROM delivery_account WHERE delivery = ?1)",
    )?;
    let rows = statement.query_map([delivery], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Removes what a delivery that is decoded again has stored in layers in which its points are not any more.
pub fn drop_misplaced(connection: &Connection, owner: Owner, batch: &Batch) -> Result<()> {
    let mut layers: BTreeMap<(&str, i64), BTreeSet<i64>> = BTreeMap::new();
    for sample in &batch.samples {
        let metric = batch.series[sample.series as usize].metric.as_str();
        layers.entry((metric, sample.start)).or_default().insert(sample.layer.id());
    }
    let mut ledgers: BTreeMap<i64, Ledger> = BTreeMap::new();
    let condition = "user = ?1 AND metric = ?2 AND start = ?3 AND delivery = ?4";
    let mut metrics: BTreeMap<&str, Option<i64>> = BTreeMap::new();
    for ((name, start), layers) in &layers {
        let known = match metrics.get(name) {
            Some(known) => *known,
            None => *metrics.entry(name).or_insert(dictionary::find_metric(connection, name)?.map(|row| row.id)),
        };
        let Some(metric) = known else { continue };
        let asked: [&dyn ToSql; 4] = [&owner.user, &metric, start, &owner.delivery];
        let (rows, _) = table::read(connection, Place::Stored, condition, &asked, usize::MAX)?;
        for (key, row) in rows.into_iter().filter(|(key, _)| !layers.contains(&key.2.id())) {
            table::remove(connection, Place::Stored, owner.user, key, Some(row.ordinal))?;
            table::keep_first_taken(connection, owner.user, key)?;
            ledgers.entry(metric).or_default().count(key, &row.row, -1);
        }
    }
    ledgers.values().try_for_each(|ledger| ledger.write(connection, owner.user, owner.delivery))
}
