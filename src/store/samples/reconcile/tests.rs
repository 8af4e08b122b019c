use std::collections::BTreeMap;

use super::*;

const SHORTCUTS: i64 = 90;
const BLANK: i64 = 91;

fn terms(delivery: i64) -> Terms<'static> {
    Terms { delivery, unnamed: Unnamed { blank: Some(BLANK), shortcuts: Some(SHORTCUTS) }, repeated: None }
}

/// Rows that delivery 1 has written.
fn standing(rows: &[Row]) -> Vec<StoredRow> {
    (0..).zip(rows).map(|(ordinal, row)| StoredRow { ordinal, row: row.clone(), delivery: 1 }).collect()
}

fn row(value: f64, source: i64) -> Row {
    Row { span: 0, value: Some(value), min: None, max: None, source, context: None, offset_minutes: 0, manual: false }
}

/// What is stored after the changes.
fn applied(stored: &[StoredRow], delivery: i64, changes: Vec<Change>) -> Vec<StoredRow> {
    let mut rows: BTreeMap<i64, StoredRow> = stored.iter().map(|old| (old.ordinal, old.clone())).collect();
    for change in changes {
        match change {
            Change::Put { ordinal, row } => rows.insert(ordinal, StoredRow { ordinal, row, delivery }),
            Change::Remove { ordinal } => rows.remove(&ordinal),
        };
    }
    assert!(rows.is_empty() || rows.contains_key(&0), "{rows:?}");
    rows.into_values().collect()
}

/// Deliveries 1, 2, ... one after another: the outcomes of the last, and what is stored in the end.
fn sent(layer: Layer, bodies: &[&[Row]]) -> (Vec<Outcome>, Vec<StoredRow>) {
    let (mut outcomes, mut stored) = (Vec::new(), Vec::new());
    for (delivery, body) in (1..).zip(bodies) {
        let settled = reconcile(layer, &stored, body, &terms(delivery));
        stored = applied(&stored, delivery, settled.changes);
        outcomes = settled.outcomes;
    }
    (outcomes, stored)
}

/// (value, source), sorted.
fn known(stored: &[StoredRow]) -> Vec<(f64, i64)> {
    let mut known: Vec<_> = stored.iter().map(|old| (old.row.value.unwrap(), old.row.source)).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    known
}

use Outcome::{Stored, Unchanged, Updated};

#[test]
fn a_bucket_is_replaced_whatever_its_source() {
    let (outcomes, stored) = sent(Layer::Day, &[&[row(5.0, 1)], &[row(9.0, 2)]]);
    assert_eq!((outcomes, known(&stored)), (vec![Updated], vec![(9.0, 2)]));
}

#[test]
fn a_bucket_named_twice_in_one_body_means_the_later_and_settles() {
    let body = [row(5.0, 1), row(9.0, 1)];
    let (outcomes, stored) = sent(Layer::Hour, &[&body]);
    assert_eq!((outcomes, known(&stored)), (vec![Unchanged, Stored], vec![(9.0, 1)]));
    assert_eq!(sent(Layer::Hour, &[&body, &body]).0, [Unchanged, Unchanged]);
}

#[test]
fn contexts_split_a_bucket() {
    let basal = Row { context: Some(1), ..row(3.0, 1) };
    let bolus = Row { context: Some(2), ..row(4.0, 1) };
    assert_eq!(sent(Layer::Day, &[&[basal], &[bolus]]).0, [Stored]);
}

#[test]
fn a_bucket_of_a_shortcut_yields_in_either_order_and_within_a_body() {
    let (phone, shortcut) = (row(5.0, 1), row(9.0, SHORTCUTS));
    for bodies in [
        vec![vec![phone.clone()], vec![shortcut.clone()]],
        vec![vec![shortcut.clone()], vec![phone.clone()]],
        vec![vec![phone.clone(), shortcut.clone()]],
        vec![vec![shortcut.clone(), phone.clone()]],
    ] {
        let bodies: Vec<&[Row]> = bodies.iter().map(Vec::as_slice).collect();
        assert_eq!(known(&sent(Layer::Day, &bodies).1), [(5.0, 1)], "{bodies:?}");
    }
    assert_eq!(known(&sent(Layer::Day, &[&[shortcut], &[row(7.0, SHORTCUTS)]]).1), [(7.0, SHORTCUTS)]);
}

#[test]
fn raw_records_of_one_instant_are_all_kept_and_exact_duplicates_are_one() {
    let (outcomes, stored) = sent(Layer::Raw, &[&[row(5.0, 1), row(7.0, 1), row(5.0, 1)]]);
    assert_eq!((outcomes, stored.len()), (vec![Stored, Stored, Unchanged], 2));
}

#[test]
fn a_raw_group_is_replaced_as_a_whole_and_other_sources_stay() {
    let (outcomes, stored) = sent(Layer::Raw, &[&[row(5.0, 1), row(7.0, 1), row(8.0, 2)], &[row(6.0, 1)]]);
    assert_eq!((outcomes, known(&stored)), (vec![Updated], vec![(6.0, 1), (8.0, 2)]));
}

#[test]
fn a_raw_group_that_loses_its_first_row_has_another_first() {
    let stored = standing(&[row(5.0, 1), row(7.0, 1), row(8.0, 2)]);
    for (incoming, left) in [
        (vec![row(7.0, 1)], vec![(7.0, 1), (8.0, 2)]),
        (vec![row(6.0, 1)], vec![(6.0, 1), (8.0, 2)]),
        (vec![row(7.0, 1), row(9.0, 3)], vec![(7.0, 1), (8.0, 2), (9.0, 3)]),
    ] {
        let settled = reconcile(Layer::Raw, &stored, &incoming, &terms(2));
        assert_eq!(known(&applied(&stored, 2, settled.changes)), left, "{incoming:?}");
    }
}

#[test]
fn the_same_raw_group_in_another_order_changes_nothing() {
    let settled = reconcile(Layer::Raw, &standing(&[row(5.0, 1), row(7.0, 1)]), &[row(7.0, 1), row(5.0, 1)], &terms(2));
    assert_eq!(settled.outcomes, [Unchanged, Unchanged]);
    assert!(settled.changes.is_empty());
}

#[test]
fn noise_in_the_last_bits_is_no_new_value() {
    for layer in [Layer::Raw, Layer::Hour] {
        let (outcomes, stored) = sent(layer, &[&[row(0.3, 1)], &[row(0.1 + 0.2, 1)]]);
        assert_eq!((outcomes, known(&stored)), (vec![Unchanged], vec![(0.3, 1)]));
    }
    assert_eq!(sent(Layer::Raw, &[&[row(0.3, 1), row(0.1 + 0.2, 1)]]).0, [Stored, Unchanged]);
}

#[test]
fn a_record_of_nobody_is_that_of_somebody_with_the_same_value_in_either_order() {
    for nobody in [BLANK, SHORTCUTS] {
        let (outcomes, stored) = sent(Layer::Raw, &[&[row(5.0, 1)], &[row(5.0, nobody)]]);
        assert_eq!((outcomes, known(&stored)), (vec![Unchanged], vec![(5.0, 1)]));
        let (outcomes, stored) = sent(Layer::Raw, &[&[row(5.0, nobody)], &[row(5.0, 1)]]);
        assert_eq!((outcomes, known(&stored)), (vec![Updated], vec![(5.0, 1)]));
        for body in [[row(5.0, nobody), row(5.0, 1)], [row(5.0, 1), row(5.0, nobody)]] {
            assert_eq!(known(&sent(Layer::Raw, &[&body]).1), [(5.0, 1)]);
            assert_eq!(sent(Layer::Raw, &[&body, &body]).0, [Unchanged, Unchanged]);
        }
        let (_, stored) = sent(Layer::Raw, &[&[row(5.0, nobody), row(6.0, nobody)], &[row(5.0, 1)]]);
        assert_eq!(known(&stored), [(5.0, 1), (6.0, nobody)]);
    }
    assert_eq!(known(&sent(Layer::Raw, &[&[row(5.0, BLANK)], &[row(5.0, SHORTCUTS)]]).1), [(5.0, SHORTCUTS)]);
    let longer = Row { span: 60, ..row(5.0, 1) };
    assert_eq!(sent(Layer::Raw, &[&[longer], &[row(5.0, BLANK)]]).0, [Stored]);
}

#[test]
fn a_record_of_nobody_that_is_known_stays_out_when_somebody_takes_it_over_at_once() {
    let body = [row(5.0, BLANK), row(5.0, 1), row(7.0, BLANK)];
    let (outcomes, stored) = sent(Layer::Raw, &[&[row(5.0, BLANK), row(6.0, BLANK)], &body]);
    assert_eq!((outcomes, known(&stored)), (vec![Unchanged, Updated, Updated], vec![(5.0, 1), (7.0, BLANK)]));
    assert_eq!(sent(Layer::Raw, &[&[row(5.0, BLANK), row(6.0, BLANK)], &body, &body]).0, [Unchanged; 3]);
}

#[test]
fn an_old_delivery_decoded_again_undoes_nothing_later() {
    for (first, second) in [
        (vec![row(5.0, 1)], vec![row(6.0, 1)]),
        (vec![row(5.0, 1), row(7.0, 1)], vec![row(5.0, 1), row(8.0, 1)]),
        (vec![row(5.0, 1), row(7.0, 1)], vec![row(5.0, 1)]),
        (vec![row(5.0, 1), row(7.0, 1), row(7.0, 2)], vec![row(7.0, 1)]),
    ] {
        let (_, stored) = sent(Layer::Raw, &[&first, &second]);
        let again = reconcile(Layer::Raw, &stored, &first, &terms(1));
        assert_eq!(again.outcomes, vec![Unchanged; first.len()], "{first:?}");
        assert_eq!(again.changes, []);
    }
    let (_, stored) = sent(Layer::Day, &[&[row(5.0, 1)], &[row(6.0, 1)]]);
    assert_eq!(reconcile(Layer::Day, &stored, &[row(5.5, 1)], &terms(1)).outcomes, [Unchanged]);
    let (_, stored) = sent(Layer::Raw, &[&[row(5.0, 1)], &[row(6.0, 2)]]);
    assert_eq!(reconcile(Layer::Raw, &stored, &[row(5.5, 1)], &terms(1)).outcomes, [Updated]);
}
