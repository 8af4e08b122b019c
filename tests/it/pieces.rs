//! Holds off an import that undoes itself: it comes in pieces, records of one group may lie in different ones, and still it
//! must end as the file says, however it is cut, interrupted and repeated.

use std::collections::{BTreeMap, BTreeSet};

use health_export::app::App;
use health_export::model::receipt::Receipt;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::time::Layer;
use health_export::store::deliveries::Head;
use health_export::store::deliveries::Origin;
use health_export::store::imports::{self, Importing};
use proptest::prelude::*;

use crate::support::InProcess;
use crate::support::fill::{OWNER, deliver_batch, sample};

const SOURCES: [&str; 3] = ["Log", "Watch", ""];

/// Start, source, value.
type Record = (i64, usize, u8);

fn batch(records: &[Record]) -> Batch {
    let read = |(item, (start, source, value)): (u32, &Record)| Sample {
        item,
        source: *source as u32,
        ..sample(Layer::Raw, *start, 60, f64::from(*value))
    };
    Batch {
        series: vec![Series { metric: "dietary_energy".into(), unit: "kcal".into(), unit_sent: "kcal".into() }],
        sources: SOURCES.map(str::to_owned).to_vec(),
        items: vec![0; records.len()],
        item_names: vec!["dietary_energy".into()],
        samples: (0..).zip(records).map(read).collect(),
        ..Batch::default()
    }
}

fn begin(app: &App) -> Importing {
    let head = Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        api_key: None,
        received_at_ms: 86_400_000,
        format: "test",
        origin: Origin::default(),
        bytes: 0,
    };
    app.store.writer().run(move |writing| imports::begin(writing, &head)).unwrap()
}

fn add(app: &App, importing: Importing, piece: &[Record]) -> Importing {
    let batch = batch(piece);
    app.store.writer().run(move |writing| imports::add(writing, importing, &batch)).unwrap()
}

fn import(app: &App, pieces: &[&[Record]]) -> Receipt {
    let importing = pieces.iter().fold(begin(app), |importing, piece| add(app, importing, piece));
    let receipt = app.store.writer().run(move |writing| imports::finish(writing, importing)).unwrap();
    let counts = receipt.counts;
    assert_eq!(counts.received, counts.stored + counts.updated + counts.unchanged, "{counts:?}");
    assert_eq!(counts.received as usize, pieces.iter().map(|piece| piece.len()).sum::<usize>());
    receipt
}

fn stored(app: &App) -> BTreeSet<Record> {
    let reader = app.store.reader().unwrap();
    let mut statement = reader
        .prepare("SELECT start, source.name, value FROM sample JOIN source ON source.id = sample.source ORDER BY start")
        .unwrap();
    let rows = statement.query_map([], |row| {
        let name: String = row.get(1)?;
        let source = SOURCES.iter().position(|known| *known == name).unwrap();
        Ok((row.get(0)?, source, row.get::<_, f64>(2)? as u8))
    });
    let rows: Vec<Record> = rows.unwrap().map(Result::unwrap).collect();
    let distinct: BTreeSet<Record> = rows.iter().copied().collect();
    assert_eq!(rows.len(), distinct.len(), "something is stored twice: {rows:?}");
    assert_counts(app);
    distinct
}

/// The counts per series are right, and every group has a row under twin 0.
fn assert_counts(app: &App) {
    let reader = app.store.reader().unwrap();
    let ask = |sql: &str| reader.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(ask("SELECT count(*) FROM sample"), ask("SELECT coalesce(sum(samples), 0) FROM series"));
    let headless = "SELECT count(*) FROM (SELECT min(twin) AS first FROM sample GROUP BY user, metric, start, layer)
                    WHERE first > 0";
    assert_eq!(ask(headless), 0);
}

fn of(records: &[Record]) -> BTreeSet<Record> {
    records.iter().copied().collect()
}

fn assert_unchanged(receipt: &Receipt) {
    assert_eq!(receipt.counts.unchanged, receipt.counts.received, "{:?}", receipt.counts);
}

#[test]
fn what_came_before_an_import_or_between_its_pieces_is_replaced_alike() {
    for between in [false, true] {
        let server = InProcess::start();
        let (app, other) = (&server.app, batch(&[(3000, 1, 9), (3000, 0, 8)]));
        let tell = || drop(deliver_batch(app, other.clone()));
        if !between {
            tell();
        }
        let importing = add(app, begin(app), &[(1000, 1, 1)]);
        if between {
            tell();
        }
        let importing = add(app, importing, &[(5000, 1, 2)]);
        let receipt = app.store.writer().run(move |writing| imports::finish(writing, importing)).unwrap();
        assert_eq!(receipt.counts.superseded, 1, "{receipt:?}");
        assert_eq!(stored(app), BTreeSet::from([(1000, 1, 1), (3000, 0, 8), (5000, 1, 2)]), "between: {between}");
    }
}

#[test]
fn a_group_may_lie_in_different_pieces() {
    let server = InProcess::start();
    let app = &server.app;
    let (a, b, c, other) = ((7, 0, 100), (7, 0, 250), (7, 0, 80), (9, 0, 1));
    assert_eq!(import(app, &[&[a, other], &[b], &[c]]).counts.stored, 4);
    assert_eq!(stored(app), of(&[a, b, c, other]));
    for pieces in [vec![&[a, other][..], &[b], &[c]], vec![&[c, b, a, other]], vec![&[other], &[c], &[b, a]]] {
        assert_unchanged(&import(app, &pieces));
        assert_eq!(stored(app), of(&[a, b, c, other]));
    }
}

#[test]
fn what_has_changed_since_ends_as_the_file_says_and_is_counted_so() {
    let server = InProcess::start();
    let app = &server.app;
    import(app, &[&[(7, 0, 100), (8, 0, 5)], &[(7, 0, 250), (7, 1, 33)]]);
    // It has the whole day of the source: what it leaves out is no more.
    let changed = import(app, &[&[(8, 0, 6)]]).counts;
    assert_eq!((changed.updated, changed.stored, changed.superseded), (1, 0, 3));
    assert_eq!(stored(app), of(&[(7, 1, 33), (8, 0, 6)]));
    // What is said again counts again.
    assert_eq!(import(app, &[&[(7, 0, 250)], &[(8, 0, 6)]]).counts.stored, 0);
    assert_eq!(stored(app), of(&[(7, 0, 250), (7, 1, 33), (8, 0, 6)]));
    // The group grows, the new one first and last.
    assert_eq!(import(app, &[&[(7, 0, 250)], &[(7, 0, 9), (8, 0, 6)]]).counts.stored, 1);
    import(app, &[&[(8, 0, 4), (7, 0, 9)], &[(8, 0, 6), (7, 0, 250)]]);
    assert_eq!(stored(app), of(&[(7, 0, 250), (7, 0, 9), (7, 1, 33), (8, 0, 4), (8, 0, 6)]));
    assert_unchanged(&import(app, &[&[(8, 0, 4), (7, 0, 9)], &[(7, 0, 250), (8, 0, 6)]]));
}

#[test]
fn what_nobody_in_particular_recorded_is_what_somebody_did_also_in_another_piece() {
    for pieces in [[&[(7, 2, 100)][..], &[(7, 1, 100)]], [&[(7, 1, 100)], &[(7, 2, 100)]]] {
        let server = InProcess::start();
        let app = &server.app;
        import(app, &pieces);
        assert_eq!(stored(app), of(&[(7, 1, 100)]));
        assert_unchanged(&import(app, &pieces));
    }
}

fn file() -> impl Strategy<Value = Vec<Vec<Record>>> {
    prop::collection::vec(prop::collection::vec((0..3_i64, 0..2_usize, 0..4_u8), 0..5), 1..4)
}

/// What a file says of each start and source.
fn said(pieces: &[Vec<Record>]) -> BTreeMap<(i64, usize), BTreeSet<Record>> {
    let mut said: BTreeMap<_, BTreeSet<Record>> = BTreeMap::new();
    for record in pieces.iter().flatten() {
        said.entry((record.0, record.1)).or_default().insert(*record);
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_import_ends_as_the_file_says(before in file(), after in file(), killed in 0..4_usize) {
        let server = InProcess::start();
        let app = &server.app;
        let slices = |pieces: &[Vec<Record>]| import(app, &pieces.iter().map(Vec::as_slice).collect::<Vec<_>>());
        slices(&before);
        // One that is killed in the middle.
        after.iter().take(killed).fold(begin(app), |importing, piece| add(app, importing, piece));
        slices(&after);
        // Read to its end, it is complete for the days of each source that it has anything of: here there is one day.
        let (mut expected, after_all) = (said(&before), said(&after));
        expected.retain(|(_, source), _| !after_all.keys().any(|(_, other)| other == source));
        expected.extend(after_all);
        prop_assert_eq!(stored(app), expected.into_values().flatten().collect::<BTreeSet<_>>());
        let again = slices(&after);
        prop_assert_eq!(again.counts.unchanged, again.counts.received);
    }
}
