//! The file is damaged: `check` finds each kind and names it, and a server that meets it writes nothing any more, says so,
//! and goes on answering what it can.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;

use crate::ledger::{LARGE, SMALL, Visitor};
use crate::support::{Client, RealServer, command};

const PAGE: u64 = 8192;

/// What is done to a file, and a word of the line by which `check` names it.
type Damage = (&'static str, &'static str, fn(&Path));

const DAMAGES: [Damage; 15] = [
    ("the header is zeroed", "damaged", |db| overwrite(db, 0, &[0; 100])),
    ("the header is of something else", "damaged", |db| overwrite(db, 0, b"PNG picture data")),
    ("the page size is another", "damaged", |db| overwrite(db, 16, &[0x02, 0x00])),
    ("the whole file is garbage", "damaged", |db| overwrite(db, 0, &garbage(file_size(db)))),
    ("the file is half as long", "damaged", |db| truncate(db, file_size(db) / 2 / PAGE * PAGE)),
    ("the schema's page is garbage", "damaged", |db| overwrite(db, 100, &garbage(PAGE - 100))),
    ("pages of samples are garbage", "WRONG integrity", |db| garble(db, "sample")),
    ("pages of bodies are zeroed", "WRONG integrity", |db| {
        overwrite(db, root(db, "delivery_body"), &[0; PAGE as usize])
    }),
    ("an index is garbage", "WRONG integrity", |db| garble(db, "delivery_by_user")),
    ("a series is gone", "WRONG counts per series", |db| sql(db, "DELETE FROM series WHERE metric = 1")),
    ("samples are gone", "WRONG counts per series", |db| {
        sql(db, "DELETE FROM sample WHERE start IN (SELECT start FROM sample LIMIT 5)");
    }),
    ("a name is gone", "WRONG names", |db| sql(db, "DELETE FROM source")),
    ("a body is lost", "WRONG raw bodies", |db| {
        sql(db, "DELETE FROM delivery_body WHERE delivery = (SELECT min(delivery) FROM delivery_body)");
    }),
    ("a rollup says something else", "WRONG rollups", |db| sql(db, "UPDATE rollup SET total = total + 1")),
    ("a value has changed", "WRONG rollups", |db| sql(db, "UPDATE sample SET value = value + 7 WHERE metric = 1")),
];

fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    File::options().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

fn truncate(path: &Path, bytes: u64) {
    File::options().write(true).open(path).unwrap().set_len(bytes).unwrap();
}

fn garbage(bytes: u64) -> Vec<u8> {
    (0..bytes).map(|at| (at.wrapping_mul(2_654_435_761) >> 7) as u8 | 0x80).collect()
}

/// Where the first page of a table or index lies.
fn root(path: &Path, name: &str) -> u64 {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: i64 = connection.query_row(sql, [name], |row| row.get(0)).unwrap();
    (page as u64 - 1) * PAGE
}

fn garble(path: &Path, name: &str) {
    overwrite(path, root(path, name), &garbage(PAGE));
}

fn sql(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    connection.execute_batch(sql).unwrap();
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

fn database(folder: &Path) -> PathBuf {
    folder.join("health.db")
}

/// A folder with deliveries, and rollups of them, after a stop.
fn whole() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let mut server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    (0..20).for_each(|number| drop(SMALL.store(&client, number)));
    (0..20).for_each(|number| drop(LARGE.store(&client, number)));
    let sql = "SELECT EXISTS (SELECT 1 FROM rollup) AND NOT EXISTS (SELECT 1 FROM rollup_dirty)";
    let visitor = Visitor::open(folder.path());
    let begun = std::time::Instant::now();
    while !visitor.connection().query_row(sql, [], |row| row.get::<_, bool>(0)).unwrap() {
        assert!(begun.elapsed().as_secs() < 20, "nothing is rolled up");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    drop(visitor);
    Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status().unwrap();
    server.process.wait().unwrap();
    (folder, key)
}

fn check(folder: &Path) -> (bool, String) {
    let checked = command(folder).arg("check").output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    (checked.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn check_finds_each_kind_of_damage_and_names_it() {
    let (template, _) = whole();
    let (well, said) = check(template.path());
    assert!(well, "{said}");
    let mut missed = Vec::new();
    for (damage, word, inflict) in DAMAGES {
        let folder = copy(template.path());
        inflict(&database(folder.path()));
        let (well, said) = check(folder.path());
        assert!(!said.contains("panicked"), "{damage}: {said}");
        if well || !said.contains(word) {
            missed.push(format!("{damage} (not {word:?}):\n{said}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("{} kinds of damage found", DAMAGES.len());
}

#[test]
fn a_start_on_a_damaged_file_refuses_or_serves_and_never_panics() {
    let (template, key) = whole();
    for (damage, _, inflict) in DAMAGES {
        let folder = copy(template.path());
        inflict(&database(folder.path()));
        let log = File::create(folder.path().join("log")).unwrap();
        let mut started = command(folder.path());
        started.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(log);
        let mut process = started.spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(process.stdout.take().unwrap()), &mut line).unwrap();
        if let Some(base) = line.split_whitespace().last() {
            let client = Client::new(base, Some(&key));
            let answer = SMALL.post(&client, 1000).unwrap_or_else(|| {
                panic!("{damage}: no answer; {}", std::fs::read_to_string(folder.path().join("log")).unwrap())
            });
            // What damage does not touch goes on; what meets it is refused by its name.
            assert!([200, 401, 503].contains(&answer.status), "{damage}: {}", answer.text());
            if answer.status == 503 {
                assert_eq!(answer.json()["type"], "urn:health-export:problem:damaged", "{damage}");
            }
        }
        let _ = process.kill();
        process.wait().unwrap();
        let said = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(!said.contains("panicked"), "{damage}: {said}");
        assert!(!line.is_empty() || said.contains("damaged"), "{damage}: it did not start and said {said:?}");
    }
}

#[test]
fn a_server_that_meets_damage_writes_nothing_more_and_says_so_once() {
    let (folder, key) = whole();
    let log = folder.path().join("log");
    let mut started = command(folder.path());
    started.stderr(File::create(&log).unwrap());
    let server = RealServer::run(started, &[]);
    let client = Client::new(&server.base, Some(&key));
    client.get("/health/ready").expect(200);
    garble_leaves(&database(folder.path()));
    let met = client.get("/api/v1/data/made_up_large?limit=100000");
    assert_eq!(met.problem(503), client.get("/health/ready").problem(503));
    assert_eq!(met.json()["type"], "urn:health-export:problem:damaged");
    for number in 100..110 {
        let refused = SMALL.post(&client, number).expect("no answer");
        assert!(refused.problem(503).contains("restore a backup"), "{}", refused.text());
        assert_eq!(refused.json()["type"], "urn:health-export:problem:damaged");
        client.get("/api/v1/data/made_up_large?limit=100000").problem(503);
    }
    client.get("/health/live").expect(200);
    client.get("/api/v1/metrics").expect(200);
    client.get("/api/v1/deliveries").expect(200);
    let said = std::fs::read_to_string(&log).unwrap();
    assert_eq!(said.matches("the database is damaged").count(), 1, "{said}");
}

/// Makes garbage of the leaves of tables without row ids, but the first few and the last: those are other tables', or may be
/// in somebody's memory.
fn garble_leaves(path: &Path) {
    /// The first byte of such a page.
    const LEAF: u8 = 10;
    let bytes = std::fs::read(path).unwrap();
    let pages: Vec<u64> = (1..bytes.len() as u64 / PAGE).filter(|page| bytes[(page * PAGE) as usize] == LEAF).collect();
    assert!(pages.len() > 100, "{} pages", pages.len());
    pages[50..pages.len() - 20].iter().for_each(|page| overwrite(path, page * PAGE, &garbage(PAGE)));
}

/// A WAL that a kill has left, damaged in the middle: what was committed before it is there whole, and nothing in part.
#[test]
fn of_a_damaged_wal_everything_before_the_damage_is_kept() {
    let template = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(template.path(), "ingest,read");
    let server = RealServer::start(template.path());
    let client = Client::new(&server.base, Some(&key));
    (0..40).for_each(|number| drop(SMALL.store(&client, number)));
    drop(server);
    let wal = file_size(&template.path().join("health.db-wal"));
    let mut kept = Vec::new();
    for part in [1, 4, 8] {
        let folder = copy(template.path());
        overwrite(&folder.path().join("health.db-wal"), wal * part / 9, &garbage(100));
        let server = RealServer::start(folder.path());
        let visitor = Visitor::open(folder.path());
        let whole = (0..40).take_while(|number| visitor.samples(SMALL, *number) == SMALL.samples).count();
        assert_eq!(visitor.all_samples(SMALL), whole as i64 * SMALL.samples, "something is there in part");
        (0..40).for_each(|number| drop(SMALL.store(&Client::new(&server.base, Some(&key)), number)));
        drop(server);
        let (well, said) = check(folder.path());
        assert!(well, "{said}");
        kept.push(whole);
    }
    assert!(kept.is_sorted() && kept[2] > kept[0], "{kept:?}");
    println!("of 40 deliveries {kept:?} are whole where a ninth, four and eight ninths of the WAL were");
}
