//! Random deliveries, imports, replays, deletions, corrections and undos in any order, against a model that knows no tables: what is
//! the latest word about each record, and who holds it.

use std::collections::{BTreeMap, BTreeSet};

use health_export::model::deletion::Kind;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::time::Layer;
use health_export::store::deletions::{self, Aim, Order};
use health_export::store::deliveries::{self, Delivery, Head, Origin};
use health_export::store::samples::{Mode, Owner};
use health_export::store::{Store, batch, check, imports};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::fill::{OWNER, sample};
use crate::support::random;

const SOURCES: [&str; 2] = ["Watch", "Phone"];
const STARTS: i64 = 5;

/// Start, source: who a record is.
type Who = (i64, usize);

/// Start, source, value.
type Record = (i64, usize, u8);

/// Of each record the values it has.
type Said = BTreeMap<Who, BTreeSet<u8>>;

#[derive(Debug, Clone)]
enum Step {
    Deliver(Vec<Record>),
    Import(Vec<Record>, usize),
    Replay(Index),
    Sample(i64, Option<usize>),
    Range(i64, i64, Option<usize>),
    Source(usize),
    Correct(i64, usize, u8),
    Undo(Index),
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec((0..STARTS, 0..2usize, 0..4u8), 1..7)
}

fn common() -> impl Strategy<Value = Step> {
    let source = || prop::option::of(0..2usize);
    prop_oneof![
        5 => records().prop_map(Step::Deliver),
        2 => (0..STARTS, source()).prop_map(|(start, source)| Step::Sample(start, source)),
        2 => (0..STARTS, 1..4i64, source()).prop_map(|(start, long, source)| Step::Range(start, start + long, source)),
        1 => (0..2usize).prop_map(Step::Source),
        4 => any::<Index>().prop_map(Step::Undo),
    ]
}

fn with_replays() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => common(),
        1 => any::<Index>().prop_map(Step::Replay),
    ]
}

fn with_corrections() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => common(),
        1 => (records(), 0..7usize).prop_map(|(records, at)| Step::Import(records, at)),
        1 => (0..STARTS, 0..2usize, 10..14u8).prop_map(|(start, source, value)| Step::Correct(start, source, value)),
    ]
}

/// A deletion in force, as the model sees it.
#[derive(Debug, Clone)]
struct Rule {
    id: i64,
    kind: Kind,
    range: (i64, i64),
    source: Option<usize>,
    /// Of those that know their records.
    known: BTreeSet<Who>,
    value: u8,
}

impl Rule {
    fn covers(&self, who: Who) -> bool {
        let in_range =
            (self.range.0..self.range.1).contains(&who.0) && self.source.is_none_or(|source| source == who.1);
        match self.kind {
            Kind::Range | Kind::Source => in_range,
            _ => self.known.contains(&who),
        }
    }
}

#[derive(Default)]
struct Model {
    /// The latest word, and the delivery that changed it last.
    latest: BTreeMap<Who, (i64, BTreeSet<u8>)>,
    rules: Vec<Rule>,
    holder: BTreeMap<Who, i64>,
    /// Number, what it says, and whether it is no import.
    sent: Vec<(i64, Vec<Record>, bool)>,
}

impl Model {
    /// Those that arrive are a correction's first.
    fn first_cover(&self, who: Who) -> Option<usize> {
        let covers = |rule: &Rule| rule.covers(who);
        let of = |kind: bool| {
            (0..self.rules.len())
                .find(|at| (self.rules[*at].kind == Kind::Correction) == kind && covers(&self.rules[*at]))
        };
        of(true).or_else(|| of(false))
    }

    fn arrive(&mut self, delivery: i64, records: &[Record]) {
        let mut said: Said = BTreeMap::new();
        records.iter().for_each(|(start, source, value)| _ = said.entry((*start, *source)).or_default().insert(*value));
        for (who, values) in said {
            let known = self.latest.get(&who);
            if known.is_none_or(|(number, known)| *number < delivery && *known != values) {
                self.latest.insert(who, (delivery, values));
                if let Some(at) = self.first_cover(who) {
                    self.holder.insert(who, self.rules[at].id);
                }
            }
        }
    }

    fn corrections(&self, who: Who) -> Option<&Rule> {
        self.rules.iter().rev().find(|rule| rule.kind == Kind::Correction && rule.covers(who))
    }

    fn visible(&self) -> Said {
        let mut said = Said::new();
        for (who, (_, values)) in &self.latest {
            let top = self.corrections(*who);
            let after = top.map_or(0, |rule| rule.id);
            let others = self.rules.iter().filter(|rule| rule.kind != Kind::Correction && rule.id > after);
            if others.clone().any(|rule| rule.covers(*who)) {
                continue;
            }
            said.insert(*who, top.map_or_else(|| values.clone(), |rule| BTreeSet::from([rule.value])));
        }
        said
    }

    fn undo(&mut self, at: usize) {
        let undone = self.rules.remove(at);
        let held: Vec<Who> =
            self.holder.iter().filter(|(_, holder)| **holder == undone.id).map(|(who, _)| *who).collect();
        for who in held {
            self.holder.remove(&who);
            if let Some(next) = self.first_cover(who) {
                self.rules[next].known.insert(who);
                self.holder.insert(who, self.rules[next].id);
            }
        }
    }
}

struct World {
    _folder: tempfile::TempDir,
    store: Store,
    model: Model,
}

fn batch_of(records: &[Record]) -> Batch {
    let read = |(item, (start, source, value)): (u32, &Record)| Sample {
        item,
        source: *source as u32,
        ..sample(Layer::Raw, start * 3600, 60, f64::from(*value))
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

fn head() -> Head {
    Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        api_key: None,
        received_at_ms: 0,
        format: "test",
        origin: Origin::default(),
        bytes: 0,
    }
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 2).unwrap();
        let world = World { _folder: folder, store, model: Model::default() };
        // Both sources are known before anything refers to them.
        world
            .store
            .writer()
            .run(|writing| {
                SOURCES.iter().try_for_each(|name| writing.dictionaries.source(writing.connection, name).map(drop))
            })
            .unwrap();
        world
    }

    fn number(&self, sql: &str) -> Option<i64> {
        self.store.reader().unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn stored(&self) -> Said {
        let reader = self.store.reader().unwrap();
        let mut statement = reader
            .prepare("SELECT start / 3600, source.name, value FROM sample JOIN source ON source.id = sample.source")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, f64>(2)?)));
        let mut said = Said::new();
        for row in rows.unwrap() {
            let (start, name, value) = row.unwrap();
            let source = SOURCES.iter().position(|known| *known == name).unwrap();
            assert!(said.entry((start, source)).or_default().insert(value as u8), "a value is stored twice");
        }
        said
    }

    fn source(&self, at: usize) -> Option<i64> {
        self.number(&format!("SELECT id FROM source WHERE name = '{}'", SOURCES[at]))
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Deliver(records) => {
                let delivery = Delivery { head: head(), body: Vec::new(), content: Ok(batch_of(records)) };
                self.store.writer().run(move |writing| deliveries::write(writing, &delivery)).unwrap();
                self.sent(records.clone(), true);
            }
            Step::Import(records, at) => self.import(records, *at),
            Step::Replay(at) => self.replay(at),
            Step::Undo(at) => self.undo(at),
            _ => self.delete(step),
        }
    }

    fn sent(&mut self, records: Vec<Record>, whole: bool) {
        let id = self.number("SELECT max(id) FROM delivery").unwrap();
        let sorted = |records: &[Record]| {
            let mut records = records.to_vec();
            records.sort();
            records
        };
        // The same again tells of the moment of the first.
        if whole && self.model.sent.iter().any(|(_, other, was)| *was && sorted(other) == sorted(&records)) {
            return;
        }
        self.model.arrive(id, &records);
        self.model.sent.push((id, records, whole));
    }

    fn import(&mut self, records: &[Record], at: usize) {
        let pieces: Vec<Batch> =
            [&records[..at.min(records.len())], &records[at.min(records.len())..]].map(batch_of).into();
        // No body is kept of this format.
        let head = Head { format: "apple-health-export", ..head() };
        let begun = self.store.writer().run(move |writing| imports::begin(writing, &head)).unwrap();
        let add = |importing, piece: Batch| {
            self.store.writer().run(move |writing| imports::add(writing, importing, &piece)).unwrap()
        };
        let importing = pieces.into_iter().fold(begun, add);
        // It is not read to its end, where it would be a complete account of the day.
        drop(importing);
        self.sent(records.to_vec(), false);
    }

    fn replay(&mut self, at: &Index) {
        if self.model.sent.is_empty() {
            return;
        }
        let (delivery, records, _) = at.get(&self.model.sent).clone();
        let owner = Owner { user: OWNER, delivery, mode: Mode::Replay };
        let said = batch_of(&records);
        self.store.writer().run(move |writing| batch::store(writing, owner, &said)).unwrap();
        self.model.arrive(delivery, &records);
    }

    fn undo(&mut self, at: &Index) {
        if self.model.rules.is_empty() {
            return;
        }
        let at = at.index(self.model.rules.len());
        let undone = deletions::undo(&self.store, OWNER, self.model.rules[at].id, 2).unwrap();
        assert!(undone.is_some());
        self.model.undo(at);
    }

    fn delete(&mut self, step: &Step) {
        let metric = self.number("SELECT max(id) FROM metric");
        let Some(metric) = metric else { return };
        let visible = self.model.visible();
        let (kind, range, source, value) = match step {
            Step::Sample(start, source) => (Kind::Sample, (*start, *start + 1), *source, 0),
            Step::Range(start, end, source) => (Kind::Range, (*start, *end), *source, 0),
            Step::Source(source) => (Kind::Source, (-1, STARTS), Some(*source), 0),
            Step::Correct(start, source, value) => (Kind::Correction, (*start, *start + 1), Some(*source), *value),
            _ => unreachable!(),
        };
        let is_meant = |who: &Who| (range.0..range.1).contains(&who.0) && source.is_none_or(|source| source == who.1);
        let known: BTreeSet<Who> = visible.keys().filter(|who| is_meant(who)).copied().collect();
        if kind == Kind::Correction && known.iter().any(|who| visible[who].len() != 1) {
            return;
        }
        let aim = Aim {
            metric: Some(metric).filter(|_| kind != Kind::Source),
            source: source.and_then(|at| self.source(at)),
            source_name: source.filter(|_| kind == Kind::Source).map(|at| SOURCES[at].into()),
            since: if kind == Kind::Source { i64::MIN } else { range.0 * 3600 },
            until: range.1 * 3600,
            value: Some(f64::from(value)).filter(|_| kind == Kind::Correction),
            ..Aim::default()
        };
        let order = Order {
            user: OWNER,
            at: 1,
            asked_by: "test".into(),
            kind,
            target: serde_json::Value::Null,
            note: None,
            aim,
            zone: TimeZone::UTC,
        };
        let done = deletions::carry_out(&self.store, order);
        assert_eq!(done.is_err(), known.is_empty(), "{done:?}");
        let Ok(done) = done else { return };
        let id = done.id.unwrap().parse().unwrap();
        known
            .iter()
            .filter(|who| !self.model.holder.contains_key(who))
            .copied()
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|who| {
                self.model.holder.insert(who, id);
            });
        self.model.rules.push(Rule { id, kind, range, source, known, value });
    }

    fn assert_alike(&self, steps: &[Step]) {
        assert_eq!(self.stored(), self.model.visible(), "after {steps:?}");
        let findings = check::run(&self.store.reader().unwrap()).unwrap();
        let faults: Vec<_> = findings.iter().filter(|finding| !finding.faults.is_empty()).collect();
        assert!(faults.is_empty(), "{faults:?} after {steps:?}");
        let headless =
            "SELECT count(*) FROM (SELECT min(twin) AS first FROM sample GROUP BY user, metric, start, layer)
                        WHERE first > 0";
        assert_eq!(self.number(headless), Some(0), "after {steps:?}");
    }
}

fn play(steps: &[Step]) {
    let mut world = World::new();
    for (at, step) in steps.iter().enumerate() {
        world.take(step);
        world.assert_alike(&steps[..=at]);
    }
    while !world.model.rules.is_empty() {
        let last = world.model.rules.len() - 1;
        let id = world.model.rules[last].id;
        deletions::undo(&world.store, OWNER, id, 3).unwrap();
        world.model.undo(last);
    }
    world.assert_alike(steps);
    assert_eq!(world.number("SELECT count(*) FROM buried_sample"), Some(0), "nothing is left behind");
}

proptest! {
    #![proptest_config(random(96))]

    #[test]
    fn any_order_of_deliveries_and_deletions_ends_as_the_model(steps in prop::collection::vec(with_replays(), 1..25)) {
        play(&steps);
    }

    #[test]
    fn any_order_of_corrections_and_deletions_ends_as_the_model(steps in prop::collection::vec(with_corrections(), 1..25)) {
        play(&steps);
    }
}
