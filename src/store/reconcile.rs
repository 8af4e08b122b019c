//! When two samples are the same, and what a newer delivery does to an older one.
//!
//! All rows that share (user, metric, start, layer) are settled together:
//!
//! * In a **bucket layer** the phone has already summed and de-duplicated, so there is one row per bucket (and per
//!   context, where the phone splits a bucket by one): a later delivery replaces it, whatever it calls its source.
//! * In the **raw** layer a record is known by (end, source, context), and several distinct records may share even
//!   these (a food log writes many at one instant). A delivery replaces such a group as a whole, and exact duplicates
//!   within it are one record, so the same delivery twice changes nothing.
//!
//! `twin` only numbers the rows; it carries no meaning and is never shown. A group that has any row has one under 0.

use std::collections::{HashMap, HashSet};

use crate::model::receipt::Outcome;
use crate::model::time::Layer;

/// The part of a sample row beside its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub span: i64,
    pub value: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub source: i64,
    pub context: Option<i64>,
    pub offset_minutes: i64,
}

/// What a raw record is known by: end, source, context.
type Identity = (i64, i64, Option<i64>);

/// The bits of value, min and max: floats that can be hashed.
type Values = [Option<u64>; 3];

impl Row {
    fn identity(&self) -> Identity {
        (self.span, self.source, self.context)
    }

    /// Whether it has a min or max of its own.
    pub fn is_summary(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    fn values(&self) -> Values {
        [self.value, self.min, self.max].map(|number| number.map(f64::to_bits))
    }
}

/// What to do to bring the stored rows to what the delivery says.
#[derive(Debug, PartialEq)]
pub enum Change {
    Put { twin: i64, row: Row },
    Remove { twin: i64 },
}

/// Settles one group: `stored` are (twin, row), `incoming` in the order of the body. Gives one outcome per incoming row.
pub fn reconcile(layer: Layer, stored: &[(i64, Row)], incoming: &[Row]) -> (Vec<Outcome>, Vec<Change>) {
    match layer {
        Layer::Raw => reconcile_raw(stored, incoming),
        _ => reconcile_buckets(stored, incoming),
    }
}

fn reconcile_buckets(stored: &[(i64, Row)], incoming: &[Row]) -> (Vec<Outcome>, Vec<Change>) {
    let mut changes = Vec::new();
    let mut next = next_twin(stored);
    let last: HashMap<Option<i64>, usize> = incoming.iter().enumerate().map(|(at, row)| (row.context, at)).collect();
    let standing: HashMap<Option<i64>, &(i64, Row)> = stored.iter().map(|old| (old.1.context, old)).collect();
    let outcomes = incoming.iter().enumerate().map(|(at, row)| {
        // A body that names one bucket twice means the later one, or sending it again would never settle.
        if last.get(&row.context) != Some(&at) {
            return Outcome::Unchanged;
        }
        match standing.get(&row.context) {
            Some((_, old)) if old == row => Outcome::Unchanged,
            Some((twin, _)) => {
                changes.push(Change::Put { twin: *twin, row: row.clone() });
                Outcome::Updated
            }
            None => {
                changes.push(Change::Put { twin: take(&mut next), row: row.clone() });
                Outcome::Stored
            }
        }
    });
    (outcomes.collect(), changes)
}

fn reconcile_raw(stored: &[(i64, Row)], incoming: &[Row]) -> (Vec<Outcome>, Vec<Change>) {
    let mut replaced = replaced_rows(stored, incoming);
    let mut known: HashSet<(Identity, Values)> = stored.iter().map(|(_, old)| (old.identity(), old.values())).collect();
    let mut changes = Vec::new();
    let mut next = next_twin(stored);
    let outcomes = incoming
        .iter()
        .map(|row| {
            if !known.insert((row.identity(), row.values())) {
                return Outcome::Unchanged;
            }
            let (twin, outcome) = match replaced.get_mut(&row.identity()).and_then(Vec::pop) {
                Some(twin) => (twin, Outcome::Updated),
                None => (take(&mut next), Outcome::Stored),
            };
            changes.push(Change::Put { twin, row: row.clone() });
            outcome
        })
        .collect();
    let left = replaced.into_values().flatten();
    changes.extend(left.map(|twin| Change::Remove { twin }));
    keep_first_taken(stored, &mut changes);
    (outcomes, changes)
}

/// Moves another row to twin 0 where that would become vacant: `apply` takes a vacant twin 0 for an empty group.
fn keep_first_taken(stored: &[(i64, Row)], changes: &mut Vec<Change>) {
    let Some(at) = changes.iter().position(|change| *change == Change::Remove { twin: 0 }) else { return };
    let put = changes.iter_mut().find_map(|change| match change {
        Change::Put { twin, .. } => Some(twin),
        Change::Remove { .. } => None,
    });
    if let Some(twin) = put {
        let from = std::mem::replace(twin, 0);
        match from < next_twin(stored) {
            true => changes[at] = Change::Remove { twin: from },
            false => drop(changes.swap_remove(at)),
        }
        return;
    }
    let removed: HashSet<i64> =
        changes.iter().map(|(Change::Put { twin, .. } | Change::Remove { twin })| *twin).collect();
    if let Some((twin, row)) = stored.iter().find(|(twin, _)| !removed.contains(twin)) {
        changes[at] = Change::Remove { twin: *twin };
        changes.push(Change::Put { twin: 0, row: row.clone() });
    }
}

/// The twins of stored rows of records that the delivery names but whose values it does not repeat.
fn replaced_rows(stored: &[(i64, Row)], incoming: &[Row]) -> HashMap<Identity, Vec<i64>> {
    let named: HashSet<Identity> = incoming.iter().map(Row::identity).collect();
    let said: HashSet<(Identity, Values)> = incoming.iter().map(|row| (row.identity(), row.values())).collect();
    let mut replaced: HashMap<Identity, Vec<i64>> = HashMap::new();
    for (twin, old) in stored {
        let identity = old.identity();
        if named.contains(&identity) && !said.contains(&(identity, old.values())) {
            replaced.entry(identity).or_default().push(*twin);
        }
    }
    replaced
}

fn next_twin(stored: &[(i64, Row)]) -> i64 {
    stored.iter().map(|(twin, _)| twin + 1).max().unwrap_or(0)
}

fn take(next: &mut i64) -> i64 {
    *next += 1;
    *next - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, source: i64) -> Row {
        Row { span: 0, value: Some(value), min: None, max: None, source, context: None, offset_minutes: 0 }
    }

    #[test]
    fn a_bucket_is_replaced_whatever_its_source() {
        let (outcomes, changes) = reconcile(Layer::Day, &[(0, row(5.0, 1))], &[row(9.0, 2)]);
        assert_eq!(outcomes, [Outcome::Updated]);
        assert_eq!(changes, [Change::Put { twin: 0, row: row(9.0, 2) }]);
    }

    #[test]
    fn a_bucket_named_twice_in_one_body_means_the_later_and_settles() {
        let body = [row(5.0, 1), row(9.0, 1)];
        let (outcomes, changes) = reconcile(Layer::Hour, &[], &body);
        assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Stored]);
        assert_eq!(changes, [Change::Put { twin: 0, row: row(9.0, 1) }]);
        let (again, nothing) = reconcile(Layer::Hour, &[(0, row(9.0, 1))], &body);
        assert_eq!(again, [Outcome::Unchanged, Outcome::Unchanged]);
        assert!(nothing.is_empty());
    }

    #[test]
    fn contexts_split_a_bucket() {
        let basal = Row { context: Some(1), ..row(3.0, 1) };
        let bolus = Row { context: Some(2), ..row(4.0, 1) };
        let (outcomes, _) = reconcile(Layer::Day, &[(0, basal)], &[bolus]);
        assert_eq!(outcomes, [Outcome::Stored]);
    }

    #[test]
    fn raw_records_of_one_instant_are_all_kept_and_exact_duplicates_are_one() {
        let (outcomes, changes) = reconcile(Layer::Raw, &[], &[row(5.0, 1), row(7.0, 1), row(5.0, 1)]);
        assert_eq!(outcomes, [Outcome::Stored, Outcome::Stored, Outcome::Unchanged]);
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn a_raw_group_is_replaced_as_a_whole_and_other_sources_stay() {
        let stored = [(0, row(5.0, 1)), (1, row(7.0, 1)), (2, row(8.0, 2))];
        let (outcomes, changes) = reconcile(Layer::Raw, &stored, &[row(6.0, 1)]);
        assert_eq!(outcomes, [Outcome::Updated]);
        assert_eq!(changes.len(), 2, "{changes:?}");
        let removed = |twin| changes.contains(&Change::Remove { twin });
        assert!(removed(0) || removed(1), "{changes:?}");
    }

    /// What is stored after the changes.
    fn applied(stored: &[(i64, Row)], changes: Vec<Change>) -> Vec<(i64, Row)> {
        let mut rows: std::collections::BTreeMap<i64, Row> = stored.iter().cloned().collect();
        for change in changes {
            match change {
                Change::Put { twin, row } => rows.insert(twin, row),
                Change::Remove { twin } => rows.remove(&twin),
            };
        }
        rows.into_iter().collect()
    }

    #[test]
    fn a_raw_group_that_loses_its_first_row_has_another_first() {
        let stored = [(0, row(5.0, 1)), (1, row(7.0, 1)), (2, row(8.0, 2))];
        for (incoming, left) in [
            (vec![row(7.0, 1)], vec![(0, row(7.0, 1)), (2, row(8.0, 2))]),
            (vec![row(6.0, 1)], vec![(0, row(6.0, 1)), (2, row(8.0, 2))]),
            (vec![row(7.0, 1), row(9.0, 3)], vec![(0, row(9.0, 3)), (1, row(7.0, 1)), (2, row(8.0, 2))]),
        ] {
            let (_, changes) = reconcile(Layer::Raw, &stored, &incoming);
            assert_eq!(applied(&stored, changes), left, "{incoming:?}");
        }
    }

    #[test]
    fn the_same_raw_group_in_another_order_changes_nothing() {
        let stored = [(0, row(5.0, 1)), (1, row(7.0, 1))];
        let (outcomes, changes) = reconcile(Layer::Raw, &stored, &[row(7.0, 1), row(5.0, 1)]);
        assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Unchanged]);
        assert!(changes.is_empty());
    }
}
