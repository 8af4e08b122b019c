//! Moves claims to the layer that they turn out to belong to: those that count and those that are superseded alike, each
//! settled anew where it goes and where it has been.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use crate::error::Result;
use crate::model::sample::Batch;
use crate::model::time::Layer;
use crate::store::dictionary;
use crate::store::grouping::span_of;
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::group::{Context, Group, Held, Member};
use crate::store::samples::{Key, Owner, Row, StoredRow, table};

/// Seconds before the first and after the last time of a body within which something else was stored of it.
const AROUND: i64 = 2 * 86_400;

/// Rows of a sender's deliveries that were placed by a guess.
const GUESSED: &str =
    "delivery IN (SELECT delivery FROM guessed_delivery WHERE guessed_delivery.user = ?1 AND sender = ?3)";

/// What was stored in coarser buckets by a guess was in these.
pub fn to_finer(connection: &Connection, user: i64, sender: &str, finest: Layer) -> Result<()> {
    for metric in metrics_of(connection, user, finest)? {
        let condition = format!("layer > {} AND layer <= 3", finest.id());
        relayer(connection, user, metric, sender, &condition, finest)?;
    }
    Ok(())
}

/// What was stored of a metric in buckets by a guess was measurements.
pub fn to_samples(connection: &Connection, user: i64, sender: &str, metric: &str) -> Result<()> {
    let Some(found) = dictionary::find_metric(connection, user, metric)? else { return Ok(()) };
    if !metrics_of(connection, user, Layer::Raw)?.contains(&found.id) {
        return Ok(());
    }
    let condition = "layer BETWEEN 1 AND 3
         AND NOT EXISTS (SELECT 1 FROM source WHERE source.id = source AND instr(source.name, '|'))";
    relayer(connection, user, found.id, sender, condition, Layer::Raw)
}

/// The metrics of which there are buckets coarser than a layer.
fn metrics_of(connection: &Connection, user: i64, layer: Layer) -> Result<BTreeSet<i64>> {
    let mut statement = connection
        .prepare_cached("SELECT metric FROM series WHERE user = ?1 AND layer > ?2 AND layer <= 3 AND samples > 0")?;
    let rows = statement.query_map(params![user, layer.id()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn relayer(connection: &Connection, user: i64, metric: i64, sender: &str, condition: &str, to: Layer) -> Result<()> {
    let condition = format!("user = ?1 AND metric = ?2 AND {condition} AND {GUESSED}");
    let (stored, _) = table::read(connection, Place::Stored, &condition, &[&user, &metric, &sender], usize::MAX)?;
    let mut keys: BTreeSet<(Key, i64)> =
        stored.into_iter().map(|(key, stored)| (key, stored.row.offset_minutes)).collect();
    keys.extend(table::superseded_keys(connection, &condition, &[&user, &metric, &sender])?);
    let mut statement =
        connection.prepare_cached("SELECT delivery FROM guessed_delivery WHERE user = ?1 AND sender = ?2")?;
    let rows = statement.query_map(params![user, sender], |row| row.get(0))?;
    let deliveries: BTreeSet<i64> = rows.collect::<rusqlite::Result<_>>()?;
    move_claims(connection, user, &keys, &deliveries, to)
}

/// Moves what these deliveries claim of these keys.
pub fn move_claims(
    connection: &Connection,
    user: i64,
    keys: &BTreeSet<(Key, i64)>,
    deliveries: &BTreeSet<i64>,
    to: Layer,
) -> Result<()> {
    let (Some(((metric, ..), _)), Some(window)) = (keys.first(), window(keys)) else { return Ok(()) };
    let mut ledger = Ledger::default();
    let before = Context::of(connection, user, window)?;
    let mut moved: Vec<Member> = Vec::new();
    for (key, offset) in keys {
        moved.extend(take(&before, *key, *offset, deliveries, &mut ledger)?);
    }
    let sources: BTreeSet<i64> = moved.iter().map(|member| member.row.source).collect();
    move_accounts(connection, user, *metric, deliveries, &sources, to)?;
    let after = Context::of(connection, user, window)?;
    for member in moved {
        bring(&after, member, to, &mut ledger)?;
    }
    make_series(connection, user, *metric, to)?;
    ledger.write(connection, user, 0)
}

fn window(keys: &BTreeSet<(Key, i64)>) -> Option<(i64, i64)> {
    let starts = || keys.iter().map(|((_, start, _), _)| *start);
    Some((starts().min()?, starts().max()?))
}

/// Takes the claims of some deliveries out of a group, and settles what is left of it. What another has stated as well stays,
/// as that one's.
fn take(
    context: &Context,
    key: Key,
    offset: i64,
    deliveries: &BTreeSet<i64>,
    ledger: &mut Ledger,
) -> Result<Vec<Member>> {
    let group = Group::load_all(context, key, offset)?;
    let is_gone = |member: &&Member| member.key == key && deliveries.contains(&member.owner);
    let gone: Vec<&Member> = group.members.iter().filter(is_gone).collect();
    let mut heirs: Vec<(Row, (i64, i64))> = Vec::new();
    for member in &gone {
        let heir =
            group.heir(member)?.filter(|(owner, stated)| ![owner, stated].iter().any(|id| deliveries.contains(id)));
        heirs.extend(heir.map(|heir| (member.row.clone(), heir)));
    }
    // A superseded row goes by its number, which the next of its place takes.
    gone.iter().rev().try_for_each(|member| member.remove(context, ledger))?;
    if !gone.is_empty() {
        let mut group = Group::load(context, key, offset)?;
        for (row, (owner, stated)) in heirs {
            group.come_back(key, StoredRow { ordinal: 0, row, delivery: owner }, stated);
        }
        group.settle(ledger)?;
    }
    Ok(gone.into_iter().cloned().collect())
}

fn bring(context: &Context, member: Member, to: Layer, ledger: &mut Ledger) -> Result<()> {
    let (metric, start, _) = member.key;
    let key = (metric, start, to);
    let row = Row { span: span_of(to), ..member.row };
    let mut group = Group::load(context, key, row.offset_minutes)?;
    match (member.held, member.stated) {
        (Held::Superseded(_), Some(stated)) => {
            group.come_back(key, StoredRow { ordinal: 0, row, delivery: member.owner }, stated);
        }
        _ => group.come(key, row, member.owner),
    }
    group.settle(ledger).map(drop)
}

/// Which stretches these deliveries have stated is told of the layer, and of samples by source.
fn move_accounts(
    connection: &Connection,
    user: i64,
    metric: i64,
    deliveries: &BTreeSet<i64>,
    sources: &BTreeSet<i64>,
    to: Layer,
) -> Result<()> {
    let of_series = match to {
        Layer::Raw => sources.clone(),
        _ => BTreeSet::from([0]),
    };
    let mut copy = connection.prepare_cached(
        "INSERT OR IGNORE INTO account (user, metric, layer, source, since, delivery, until, complete)
         SELECT user, metric, ?4, ?5, since, delivery, until, complete FROM account
         WHERE user = ?1 AND metric = ?2 AND delivery = ?3 AND layer > ?4 AND layer <= 3",
    )?;
    let mut remove = connection.prepare_cached(
        "DELETE FROM account WHERE user = ?1 AND metric = ?2 AND delivery = ?3 AND layer > ?4 AND layer <= 3",
    )?;
    for delivery in deliveries {
        for source in &of_series {
            copy.execute(params![user, metric, delivery, to.id(), source])?;
        }
        remove.execute(params![user, metric, delivery, to.id()])?;
    }
    Ok(())
}

/// The series that rows have come to must be there before they are counted.
fn make_series(connection: &Connection, user: i64, metric: i64, to: Layer) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO series (user, metric, layer, source, unit_sent, samples, summaries, first, last,
                                           last_delivery, longest)
             SELECT ?1, metric, ?3, source, unit_sent, 0, 0, ?4, ?5, last_delivery, 0 FROM series
             WHERE user = ?1 AND metric = ?2 AND layer > ?3",
        )?
        .execute(params![user, metric, to.id(), i64::MAX, i64::MIN])?;
    Ok(())
}

/// Removes what a delivery that is decoded again has claimed in layers in which its points are not any more.
pub fn drop_misplaced(connection: &Connection, owner: Owner, batch: &Batch) -> Result<()> {
    let mut meant: BTreeMap<(&str, i64), BTreeSet<Layer>> = BTreeMap::new();
    for sample in &batch.samples {
        let metric = batch.series[sample.series as usize].metric.as_str();
        meant.entry((metric, sample.start)).or_default().insert(sample.layer);
    }
    let mut metrics: BTreeMap<&str, Option<i64>> = BTreeMap::new();
    let mut misplaced: BTreeSet<(Key, i64)> = BTreeSet::new();
    let condition = "user = ?1 AND metric = ?2 AND start = ?3 AND delivery = ?4";
    for ((name, start), layers) in &meant {
        let known = match metrics.get(name) {
            Some(known) => *known,
            None => {
                *metrics.entry(name).or_insert(dictionary::find_metric(connection, owner.user, name)?.map(|row| row.id))
            }
        };
        let Some(metric) = known else { continue };
        let asked: [&dyn rusqlite::ToSql; 4] = [&owner.user, &metric, start, &owner.delivery];
        let (stored, _) = table::read(connection, Place::Stored, condition, &asked, usize::MAX)?;
        let stored = stored.into_iter().map(|(key, stored)| (key, stored.row.offset_minutes));
        let gone = table::superseded_keys(connection, condition, &asked)?;
        misplaced.extend(stored.chain(gone).filter(|(key, _)| !layers.contains(&key.2)));
    }
    drop_claims(connection, (owner.user, owner.delivery), misplaced)
}

/// Removes what a delivery claims of these keys.
fn drop_claims(connection: &Connection, (user, delivery): (i64, i64), keys: BTreeSet<(Key, i64)>) -> Result<()> {
    let Some(window) = window(&keys) else { return Ok(()) };
    let (context, mut ledger) = (Context::of(connection, user, window)?, Ledger::default());
    for (key, offset) in keys {
        take(&context, key, offset, &BTreeSet::from([delivery]), &mut ledger)?;
    }
    ledger.write(connection, user, delivery)
}

/// Removes what was stored of a delivery by other rules and is not in the batch as it is understood today, of whatever metric:
/// around the times in it, and around the moment when it came.
pub fn drop_unsaid(connection: &Connection, (user, delivery): (i64, i64), at: i64, batch: &Batch) -> Result<()> {
    let starts = || batch.samples.iter().map(|sample| sample.start).chain([at]);
    let (since, until) = starts().fold((at, at), |(first, last), start| (first.min(start), last.max(start)));
    let (since, until) = (since.saturating_sub(AROUND), until.saturating_add(AROUND));
    let ids: Vec<Option<i64>> = batch
        .series
        .iter()
        .map(|series| Ok(dictionary::find_metric(connection, user, &series.metric)?.map(|row| row.id)))
        .collect::<Result<_>>()?;
    let said: BTreeSet<Key> = batch
        .samples
        .iter()
        .filter_map(|sample| Some((ids[sample.series as usize]?, sample.start, sample.layer)))
        .collect();
    let condition = "user = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4 AND delivery = ?5";
    for metric in metrics_with_rows(connection, user)? {
        let asked: [&dyn rusqlite::ToSql; 5] = [&user, &metric, &since, &until, &delivery];
        let (stored, _) = table::read(connection, Place::Stored, condition, &asked, usize::MAX)?;
        let stored = stored.into_iter().map(|(key, stored)| (key, stored.row.offset_minutes));
        let gone = table::superseded_keys(connection, condition, &asked)?;
        let unsaid = stored.chain(gone).filter(|(key, _)| !said.contains(key)).collect();
        drop_claims(connection, (user, delivery), unsaid)?;
    }
    Ok(())
}

fn metrics_with_rows(connection: &Connection, user: i64) -> Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT metric FROM series WHERE user = ?1 AND samples > 0")?;
    let rows = statement.query_map([user], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
