//! Rows read from pages are those that SQLite's own statement gives: over random tables, of any page size and any history of changes,
//! while somebody writes, and of damaged pages none, or an error that says so.

use health_export::error::Result;
use health_export::store::lane::{Lane, statement_of_samples};
use health_export::store::pages::{Cursor, Layout, Pages};
use health_export::store::samples::Narrowing;
use rusqlite::{Connection, params};

use crate::support::InProcess;
use crate::support::fill::{OWNER, deliver, sample};
use health_export::model::time::Layer;

/// How many random tables, unless `TABLES` says otherwise.
const TABLES: u64 = 1_000;

const COLUMNS: [&str; 14] = [
    "user",
    "metric",
    "start",
    "layer",
    "twin",
    "value",
    "span",
    "min",
    "max",
    "source",
    "context",
    "offset_minutes",
    "delivery",
    "manual",
];

/// A small generator of its own, so that a seed says all.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> i64 {
        (self.next() % limit) as i64
    }

    fn one_of<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len() as u64) as usize]
    }

    /// Integers of every width.
    fn integer(&mut self) -> i64 {
        let bits = self.one_of(&[1, 7, 8, 15, 16, 23, 24, 31, 32, 47, 48, 62]);
        let value = self.below(1 << bits);
        self.one_of(&[0, 1, value, -value, i64::MAX, i64::MIN, value])
    }

    fn real(&mut self) -> Option<f64> {
        let whole = self.integer() as f64;
        let part = f64::from_bits(self.next());
        let part = if part.is_nan() { 0.5 } else { part };
        self.one_of(&[None, Some(0.0), Some(-0.0), Some(1.0), Some(whole), Some(part), Some(72.5), Some(f64::INFINITY)])
    }
}

struct OfConnection<'a>(&'a Connection);

impl Pages for OfConnection<'_> {
    fn read(&mut self, number: u32, bytes: &mut Vec<u8>) -> Result<()> {
        let mut statement = self.0.prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
        bytes.clear();
        let mut rows = statement.query([number])?;
        if let Some(row) = rows.next()? {
            bytes.extend_from_slice(row.get_ref(0)?.as_blob().expect("a blob"));
        }
        Ok(())
    }
}

/// A row with what each column is: an integer, the bits of a float, or nothing.
type Row = Vec<Option<i64>>;

const REALS: [&str; 3] = ["value", "min", "max"];

fn by_statement(connection: &Connection, range: [i64; 4], columns: &[&str]) -> Vec<Row> {
    let mut statement = connection.prepare_cached(&statement_of_samples(columns, &Narrowing::default())).unwrap();
    let rows = statement.query_map(range, |row| {
        let read = |(at, name): (usize, &&str)| match REALS.contains(name) {
            true => Ok(row.get::<_, Option<f64>>(at)?.map(|real| real.to_bits() as i64)),
            false => row.get(at),
        };
        columns.iter().enumerate().map(read).collect()
    });
    rows.unwrap().map(rusqlite::Result::unwrap).collect()
}

fn by_pages(connection: &Connection, [user, metric, from, to]: [i64; 4], columns: &[&str]) -> Result<Vec<Row>> {
    let layout = Layout::of_samples(connection)?.expect("a table that can be read by pages");
    let root =
        connection.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'sample'", [], |row| row.get(0))?;
    let (mut cursor, mut pages) = (Cursor::new(root, &layout), OfConnection(connection));
    let places: Vec<usize> = columns.iter().map(|name| layout.place(name).expect("a column")).collect();
    cursor.begin(&mut pages, ((user, metric, from), (user, metric, to)))?;
    let mut rows = Vec::new();
    while cursor.step(&mut pages)? {
        let read = |(at, name): (&usize, &&str)| match () {
            () if cursor.is_null(*at) => None,
            () if REALS.contains(name) => Some(cursor.real(*at).to_bits() as i64),
            () => Some(cursor.integer(*at)),
        };
        rows.push(places.iter().zip(columns).map(read).collect());
    }
    Ok(rows)
}

/// A table of samples as the product has it, with a random past: rows put, changed and removed, in and out of order.
fn random_table(ddl: &str, random: &mut Random) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let page_size = random.one_of(&[1024, 4096, 8192, 16_384, 65_536]);
    connection.execute_batch(&format!("PRAGMA page_size = {page_size}; {ddl}")).unwrap();
    let (people, metrics, rows) =
        (1 + random.below(3) as u64, 1 + random.below(4) as u64, random.one_of(&[0, 1, 30, 400, 3_000]));
    let step = random.one_of(&[1, 60, 86_400]);
    let insert = "INSERT OR REPLACE INTO sample (user, metric, start, layer, twin, value, span, min, max, source, context,
                      offset_minutes, delivery, manual) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    connection.execute_batch("BEGIN").unwrap();
    for at in 0..rows {
        let start = match random.below(20) {
            0 => random.integer(),
            1..=9 => at * step,
            _ => random.below(3_000) * step,
        };
        let (span, context) = (random.one_of(&[0, 60, 86_400]), random.one_of(&[None, Some(3), Some(400)]));
        connection
            .prepare_cached(insert)
            .unwrap()
            .execute(params![
                1 + random.below(people),
                1 + random.below(metrics),
                start,
                random.below(7),
                random.below(3),
                random.real(),
                span,
                random.real(),
                random.real(),
                random.integer(),
                context,
                random.one_of(&[0, -300, 840]),
                random.integer(),
                random.below(2)
            ])
            .unwrap();
    }
    let forget = format!("DELETE FROM sample WHERE start % {} = 0; COMMIT;", 2 + random.below(50));
    connection.execute_batch(if random.below(2) == 0 { &forget } else { "COMMIT" }).unwrap();
    if random.below(4) == 0 {
        connection.execute_batch("CREATE TABLE other (id INTEGER); VACUUM;").unwrap();
    }
    connection
}

/// The table of samples as the migrations make it.
fn ddl(server: &InProcess) -> String {
    let reader = server.app.store.reader().unwrap();
    reader.query_row("SELECT sql FROM sqlite_schema WHERE name = 'sample'", [], |row| row.get(0)).unwrap()
}

#[test]
fn random_tables_are_read_as_by_the_statement() {
    let server = InProcess::start();
    let ddl = ddl(&server);
    let tables = std::env::var("TABLES").map_or(TABLES, |tables| tables.parse().unwrap());
    let mut compared = 0;
    for seed in 0..tables {
        let mut random = Random(seed);
        let connection = random_table(&ddl, &mut random);
        for _ in 0..6 {
            let (from, to) = match random.below(3) {
                0 => (i64::MIN, i64::MAX),
                1 => (random.below(3_000) * 60, random.below(3_000) * 60),
                _ => (random.integer(), random.integer()),
            };
            let range = [1 + random.below(3), 1 + random.below(4), from, to];
            let expected = by_statement(&connection, range, &COLUMNS);
            assert!(by_pages(&connection, range, &COLUMNS).unwrap() == expected, "seed {seed}, {range:?}");
            compared += expected.len();
        }
    }
    assert!(compared > 20 * tables as usize, "only {compared} rows were compared");
}

#[test]
fn rows_from_before_a_column_was_added_have_its_default() {
    let server = InProcess::start();
    let connection = random_table(&ddl(&server), &mut Random(7));
    let insert =
        "INSERT OR REPLACE INTO sample (user, metric, start, layer, twin, span, source, offset_minutes, delivery)
                  VALUES (1, 1, ?1, 0, 0, 0, 1, 0, 1)";
    connection.execute(insert, [5]).unwrap();
    connection.execute_batch("ALTER TABLE sample ADD COLUMN sure INTEGER NOT NULL DEFAULT 1").unwrap();
    connection.execute(insert, [6]).unwrap();
    connection.execute_batch("UPDATE sample SET sure = 0 WHERE start = 6").unwrap();
    let (range, columns) = ([1, 1, 5, 7], ["start", "sure"]);
    assert_eq!(by_pages(&connection, range, &columns).unwrap(), by_statement(&connection, range, &columns));
    let sure: Vec<_> = by_pages(&connection, [1, 1, 5, 7], &["sure"]).unwrap().concat();
    assert_eq!((sure.first(), sure.last()), (Some(&Some(1)), Some(&Some(0))));
}

#[test]
fn a_table_of_another_kind_is_not_read_by_pages() {
    let server = InProcess::start();
    let ddl = ddl(&server);
    let is_read = |sql: &str| {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        Layout::of_samples(&connection).unwrap().is_some()
    };
    assert!(is_read(&ddl));
    assert!(!is_read(&format!("PRAGMA page_size = 512; {ddl}")), "pages on which a row may not fit");
    assert!(!is_read(&ddl.replace(", WITHOUT ROWID", "")), "with a rowid");
    assert!(!is_read(&ddl.replace("source         INTEGER", "source         TEXT")), "with a text");
    assert!(!is_read(&ddl.replace("(user, metric, start,", "(metric, user, start,")), "another key");
    assert!(!is_read(&format!("{ddl}; ALTER TABLE sample ADD COLUMN one INTEGER DEFAULT 7")), "another default");
    assert!(!is_read("CREATE TABLE other (id INTEGER)"), "none at all");
}

/// Start and value of all rows of a lane's range.
fn rows(lane: &mut Lane, metric: i64) -> Vec<(i64, f64)> {
    lane.restart(&[OWNER, metric, i64::MIN, i64::MAX]).unwrap();
    let mut rows = Vec::new();
    while lane.step().unwrap() {
        rows.push((lane.integer(0), lane.real(1)));
    }
    rows
}

#[test]
fn a_snapshot_holds_while_somebody_writes() {
    let server = InProcess::start();
    let at = |start: i64| sample(Layer::Raw, 1_700_000_000 + start, 0, start as f64);
    deliver(&server.app, "made_up", "things", (0..20_000).map(|start| at(start * 20)).collect());
    let mut snapshot = server.app.store.snapshot(2).unwrap();
    let [pages, stepped] = &mut snapshot.lanes[..] else { panic!("two lanes") };
    let metric =
        pages.reading().query_row("SELECT id FROM metric WHERE name = 'made_up'", [], |row| row.get(0)).unwrap();
    pages.prepare_samples(&["start", "value"], &Narrowing::default()).unwrap();
    stepped.prepare(&statement_of_samples(&["start", "value"], &Narrowing::default())).unwrap();
    let before = rows(pages, metric);
    assert_eq!(before.len(), 20_000);
    for round in 1..6 {
        deliver(&server.app, "made_up", "things", (0..4_000).map(|start| at(start * 100 + round)).collect());
        server
            .app
            .store
            .writer()
            .run(move |writing| {
                writing.connection.execute("DELETE FROM sample WHERE start % 7 = ?1", [round])?;
                Ok(())
            })
            .unwrap();
        assert!(rows(pages, metric) == before, "round {round}");
        assert!(rows(stepped, metric) == before, "round {round}, by the statement");
    }
    drop(snapshot);
    let mut after = server.app.store.snapshot(1).unwrap();
    let lane = &mut after.lanes[0];
    lane.prepare_samples(&["start", "value"], &Narrowing::default()).unwrap();
    let by_pages = rows(lane, metric);
    lane.prepare(&statement_of_samples(&["start", "value"], &Narrowing::default())).unwrap();
    assert!(by_pages == rows(lane, metric) && by_pages != before);
}

#[test]
fn what_is_narrowed_is_read_as_by_the_statement() {
    let server = InProcess::start();
    let at = |start: i64| {
        let layer = [Layer::Raw, Layer::Minute, Layer::Hour, Layer::Day][start as usize % 4];
        sample(layer, 1_700_006_400 + start * 3600, 60, start as f64)
    };
    deliver(&server.app, "made_up", "things", (0..2_000).map(at).collect());
    let mut snapshot = server.app.store.snapshot(1).unwrap();
    let lane = &mut snapshot.lanes[0];
    let metric =
        lane.reading().query_row("SELECT id FROM metric WHERE name = 'made_up'", [], |row| row.get(0)).unwrap();
    let source = lane.reading().query_row("SELECT source FROM sample LIMIT 1", [], |row| row.get(0)).unwrap();
    let layers: [&[Layer]; 3] = [&[Layer::Raw], &[Layer::Hour, Layer::Day], &[Layer::Week]];
    for (layers, sources) in [
        (Some(layers[0]), None),
        (Some(layers[1]), Some([source])),
        (Some(layers[2]), None),
        (None, Some([source + 1])),
    ] {
        let narrowing = Narrowing::new(layers, sources.as_ref().map(|sources| &sources[..]));
        lane.prepare_samples(&["start", "value"], &narrowing).unwrap();
        let by_pages = rows(lane, metric);
        lane.prepare(&statement_of_samples(&["start", "value"], &narrowing)).unwrap();
        assert_eq!(by_pages, rows(lane, metric), "{narrowing:?}");
        assert!(by_pages.len() < 2_000);
    }
}

#[test]
fn a_scan_of_pages_that_is_stopped_ends() {
    let server = InProcess::start();
    let samples = (0..50_000).map(|at| sample(Layer::Raw, 1_700_000_000 + at, 0, 1.0)).collect();
    deliver(&server.app, "made_up", "things", samples);
    let mut snapshot = server.app.store.snapshot(1).unwrap();
    let interrupt = snapshot.interrupt_handle();
    let lane = &mut snapshot.lanes[0];
    let metric =
        lane.reading().query_row("SELECT id FROM metric WHERE name = 'made_up'", [], |row| row.get(0)).unwrap();
    lane.prepare_samples(&["start"], &Narrowing::default()).unwrap();
    lane.restart(&[OWNER, metric, i64::MIN, i64::MAX]).unwrap();
    assert!(lane.step().unwrap());
    interrupt.interrupt();
    let fault = loop {
        match lane.step() {
            Ok(true) => {}
            Ok(false) => panic!("it read to the end"),
            Err(fault) => break fault.to_string(),
        }
    };
    assert!(fault.contains("stopped"), "{fault}");
}

/// Pages of which some bytes have been changed.
struct Damaged<'a> {
    of: OfConnection<'a>,
    random: Random,
}

impl Pages for Damaged<'_> {
    fn read(&mut self, number: u32, bytes: &mut Vec<u8>) -> Result<()> {
        self.of.read(number, bytes)?;
        if bytes.is_empty() {
            return Ok(());
        }
        for _ in 0..self.random.below(4) {
            let head = self.random.below(2) == 0;
            let at = self.random.below(if head { 40 } else { bytes.len() as u64 }) as usize;
            bytes[at] = self.random.next() as u8;
        }
        if self.random.below(30) == 0 {
            bytes.truncate(self.random.below(1 + bytes.len() as u64) as usize);
        }
        Ok(())
    }
}

#[test]
fn damaged_pages_are_an_error_or_rows_and_never_a_panic() {
    let server = InProcess::start();
    let connection = random_table(&ddl(&server), &mut Random(3));
    let insert = "INSERT OR REPLACE INTO sample (user, metric, start, layer, twin, span, source, offset_minutes, delivery, value)
                  VALUES (1, 1, ?1, 0, 0, 0, 1, 0, 1, ?1 / 3.0)";
    for start in 0..20_000 {
        connection.prepare_cached(insert).unwrap().execute([start]).unwrap();
    }
    let layout = Layout::of_samples(&connection).unwrap().unwrap();
    let root =
        connection.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'sample'", [], |row| row.get(0)).unwrap();
    let mut faults = Vec::new();
    for seed in 0..3_000 {
        let mut pages = Damaged { of: OfConnection(&connection), random: Random(seed) };
        let mut cursor = Cursor::new(root, &layout);
        let mut read = || -> Result<()> {
            cursor.begin(&mut pages, ((1, 1, i64::MIN), (1, 1, i64::MAX)))?;
            while cursor.step(&mut pages)? {
                let look = |column| (cursor.is_null(column), cursor.integer(column), cursor.real(column));
                (0..14).for_each(|column| _ = std::hint::black_box(look(column)));
            }
            Ok(())
        };
        faults.extend(read().err().map(|fault| fault.to_string()));
    }
    assert!(faults.len() > 1_000, "only {} of 3,000 were noticed", faults.len());
    assert_eq!(faults.iter().find(|fault| !fault.contains("damaged")), None);
}
