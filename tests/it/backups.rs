//! Holds off the backup that turns out to be none on the day it is needed: copies are taken while several clients post, each is
//! restored, and everything that was acknowledged before it was begun must be there, whole.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use crate::support::numbered::{Acknowledged, POINTS, delivery, find_all};
use crate::support::problems::refusal;
use crate::support::{Client, InProcess, RealServer, command};
use health_export::model::key::Scope;

const CLIENTS: usize = 4;
const BACKUPS: usize = 6;

fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    command(data_dir).args(arguments).output().unwrap()
}

/// Runs a command that succeeds, and gives what it said.
#[track_caller]
fn said(data_dir: &Path, arguments: &[&str]) -> String {
    let done = run(data_dir, arguments);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Runs a command that refuses, and gives its sentence.
#[track_caller]
fn refused(data_dir: &Path, arguments: &[&str]) -> String {
    let done = run(data_dir, arguments);
    assert!(!done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stdout));
    String::from_utf8(done.stderr).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// A data directory with a few deliveries in it.
fn filled(data_dir: &Path) -> String {
    let key = RealServer::create_key(data_dir, "ingest,read");
    let server = RealServer::start(data_dir);
    let client = Client::new(&server.base, Some(&key));
    (0..50).for_each(|number| drop(client.ingest(&delivery(number)).expect(200)));
    key
}

/// Posts until told to stop, and writes down what was acknowledged.
fn post(client: &Client, stop: &AtomicBool, numbers: &AtomicI64, acknowledged: &Mutex<Vec<Acknowledged>>) {
    while !stop.load(Ordering::SeqCst) {
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        let receipt = client.ingest(&delivery(number)).expect(200);
        assert_eq!(receipt["stored"], POINTS, "{receipt}");
        acknowledged.lock().unwrap().push((number, receipt["delivery"].as_str().unwrap().to_owned()));
    }
}

/// Takes a backup by command, or by HTTP into the server's folder and from there, before the next one of this day replaces it.
fn take(number: usize, data_dir: &Path, client: &Client) -> PathBuf {
    let file = data_dir.with_file_name(format!("copy-{number}.db"));
    if number.is_multiple_of(2) {
        let line = said(data_dir, &["backup", text(&file)]);
        assert!(line.contains("verified") && line.contains("MB in"), "{line}");
        return file;
    }
    let made = client.post("/api/v1/backup", &[], b"").expect(200);
    let made_file = data_dir.join("backups").join(made["name"].as_str().unwrap());
    assert_eq!(made["bytes"], fs::metadata(&made_file).unwrap().len());
    for suffix in ["", ".sha256"] {
        fs::copy(format!("{}{suffix}", text(&made_file)), format!("{}{suffix}", text(&file))).unwrap();
    }
    file
}

/// Restores a backup into a new folder, asks `check`, and looks for everything with a server.
fn drill(file: &Path, key: &str, acknowledged: &[Acknowledged]) {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), &["restore", text(file)]);
    let checked = run(folder.path(), &["check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let server = RealServer::start(folder.path());
    find_all(&Client::new(&server.base, Some(key)), acknowledged);
}

#[test]
fn every_backup_holds_all_that_was_acknowledged_before_it_was_begun() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let key = RealServer::create_key(&data_dir, "ingest,read,admin");
    let server = RealServer::start(&data_dir);
    let client = Client::new(&server.base, Some(&key));
    let (stop, numbers, acknowledged) = (AtomicBool::new(false), AtomicI64::new(0), Mutex::new(Vec::new()));
    let taken: Vec<(PathBuf, Vec<Acknowledged>)> = std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let client = client.fresh();
            scope.spawn(|| {
                let client = client;
                post(&client, &stop, &numbers, &acknowledged);
            });
        }
        let one = |number| {
            std::thread::sleep(Duration::from_millis(200));
            let before = acknowledged.lock().unwrap().clone();
            (take(number, &data_dir, &client), before)
        };
        let taken = (0..BACKUPS).map(one).collect();
        stop.store(true, Ordering::SeqCst);
        taken
    });
    assert!(taken[BACKUPS - 1].1.len() > taken[0].1.len() + 20, "the clients have gone on meanwhile");
    taken.iter().for_each(|(file, before)| drill(file, &key, before));
    let listed = client.get("/api/v1/backups").expect(200)["backups"].clone();
    // Unless midnight has passed meanwhile.
    assert!((1..=2).contains(&listed.as_array().unwrap().len()), "one day, so rotation kept the last: {listed}");
}

#[test]
fn a_backup_is_private_and_whole_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    assert!(refused(&data_dir, &["backup"]).contains("there is no database"));
    filled(&data_dir);
    said(&data_dir, &["backup"]);
    let backups = data_dir.join("backups");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let found = names(&backups);
    assert_eq!(found.len(), 2, "the copy and its sum, and nothing unfinished: {found:?}");
    assert!(found[0].starts_with("health-2") && found[0].ends_with("Z.db"), "{found:?}");
    assert_eq!(found[1], format!("{}.sha256", found[0]));
    assert_eq!((mode(&backups), mode(&backups.join(&found[0]))), (0o700, 0o600));
    let file = backups.join(&found[0]);
    assert!(refused(&data_dir, &["backup", text(&file)]).contains("is there already"));
    assert!(said(&data_dir, &["backup", "--list"]).contains(&found[0]));
    let verified = said(&data_dir, &["backup", "--verify", text(&file)]);
    assert!(verified.contains("is whole: 50 deliveries, 150 samples"), "{verified}");
    // Any SQLite opens it, without a WAL or anything else beside it.
    let plain = rusqlite::Connection::open(&file).unwrap();
    let mode: String = plain.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    assert_eq!(names(&backups), found);
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    filled(&data_dir);
    // As with a stick that is not mounted, or below one.
    for missing in ["usb", "usb/health", "usb/", "usb/health.d"] {
        let reason = refused(&data_dir, &["backup", text(&folder.path().join(missing))]);
        assert!(reason.contains("there is no folder") && reason.contains("mounted"), "{reason}");
        assert!(!folder.path().join("usb").exists());
    }
    let set = ["--backup-dir", text(&folder.path().join("usb"))].map(str::to_owned);
    let reason = refused(&data_dir, &["backup", &set[0], &set[1]]);
    assert!(reason.contains("backup_dir") && reason.contains("mounted"), "{reason}");
    assert!(!folder.path().join("usb").exists());
    fs::create_dir(folder.path().join("usb")).unwrap();
    said(&data_dir, &["backup", &set[0], &set[1]]);
    said(&data_dir, &["backup", text(&folder.path().join("usb/Before.DB"))]);
    assert_eq!(names(&folder.path().join("usb")).len(), 4);
    let reason = refused(&data_dir, &["backup", text(&folder.path().join("none/before.db"))]);
    assert!(reason.contains("none"), "{reason}");
}

#[test]
fn a_damaged_backup_is_refused_by_verify_and_by_restore() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    filled(&data_dir);
    let good = folder.path().join("good.db");
    said(&data_dir, &["backup", text(&good)]);
    let bytes = fs::read(&good).unwrap();
    let sum = fs::read(folder.path().join("good.db.sha256")).unwrap();
    let at = |middle: usize| bytes.iter().enumerate().map(move |(at, byte)| if at == middle { !byte } else { *byte });
    let zeros =
        |bytes: &[u8]| [&bytes[..bytes.len() / 2], &vec![0; 20_000][..], &bytes[bytes.len() / 2 + 20_000..]].concat();
    // A flipped value is found by the sum only, the others also by SQLite, for a file that came without its sum.
    let cases: [(&str, Vec<u8>, bool); 6] = [
        ("flipped", at(bytes.len() - 300).collect(), true),
        ("zeroed", zeros(&bytes), true),
        ("zeroed", zeros(&bytes), false),
        ("truncated", bytes[..bytes.len() / 2].to_vec(), false),
        ("text", b"this is no database at all".to_vec(), false),
        ("empty", Vec::new(), false),
    ];
    let place = folder.path().join("new");
    for (name, damaged, with_sum) in cases {
        let file = folder.path().join(format!("{name}.db"));
        fs::write(&file, damaged).unwrap();
        let sum_file = folder.path().join(format!("{name}.db.sha256"));
        if with_sum {
            fs::write(&sum_file, &sum).unwrap()
        } else {
            drop(fs::remove_file(&sum_file))
        }
        for arguments in [["backup", "--verify", text(&file)].as_slice(), &["restore", text(&file)]] {
            let refusal = refused(&place, arguments);
            let names_it = refusal.contains(&format!("{name}.db"));
            assert!(names_it && (refusal.contains("damaged") || refusal.contains("no database")), "{refusal}");
        }
        assert!(!place.join("health.db").exists(), "{name}");
    }
    let alien = folder.path().join("alien.db");
    rusqlite::Connection::open(&alien).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(refused(&place, &["restore", text(&alien)]).contains("no database of health-export"));
    assert!(refused(&place, &["restore", text(&folder.path().join("none"))]).contains("there is no file"));
    said(&place, &["restore", text(&good)]);
}

#[test]
fn rotation_leaves_what_the_settings_say() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let backups = folder.path().join("backups");
    said(folder.path(), &["backup"]);
    let copy = backups.join(&names(&backups)[0]);
    let old = ["20240101", "20240102", "20240115", "20240131", "20240215", "20240216"];
    for day in old {
        fs::copy(&copy, backups.join(format!("health-{day}T020000Z.db"))).unwrap();
    }
    fs::write(backups.join("notes.txt"), "mine").unwrap();
    fs::remove_file(backups.join(format!("{}.sha256", copy.file_name().unwrap().to_str().unwrap()))).unwrap();
    fs::remove_file(&copy).unwrap();
    let keep = ["--backup-keep-daily", "2", "--backup-keep-weekly", "0", "--backup-keep-monthly", "3"];
    let told = said(folder.path(), &[&["backup"], &keep[..]].concat());
    assert_eq!(told.matches("removed ").count(), 4, "{told}");
    let left: Vec<String> = names(&backups).into_iter().filter(|name| name.starts_with("health-2024")).collect();
    assert_eq!(left, ["health-20240131T020000Z.db", "health-20240216T020000Z.db"]);
    assert!(backups.join("notes.txt").exists());
    assert_eq!(said(folder.path(), &["backup", "--list"]).lines().count(), 3);
}

#[test]
fn over_http_one_is_made_at_a_time_and_nothing_is_said_of_the_machine() {
    let server = InProcess::start();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    let (send, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            let (client, send) = (admin.fresh(), send.clone());
            scope.spawn(move || send.send(client.post("/api/v1/backup", &[], b"")).unwrap());
        }
    });
    drop(send);
    let answers: Vec<_> = answers.iter().collect();
    let (made, busy): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(!made.is_empty() && !busy.is_empty(), "{} made, {} not", made.len(), busy.len());
    busy.iter().for_each(|answer| drop(refusal(&server, answer, 429, "busy")));
    for answer in made {
        let folder = server.data_dir.path().display().to_string();
        assert!(
            !answer.text().contains(&folder) && answer.json()["seconds"].as_f64().unwrap() > 0.0,
            "{}",
            answer.text()
        );
    }
}

#[test]
fn a_write_that_fails_half_way_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    filled(&data_dir);
    // A limit on the size of files stands for a disk that fills up.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let program = command(&data_dir);
    let done = std::process::Command::new("bash")
        .args(["-c", script])
        .arg(program.get_program())
        .args(program.get_args())
        .arg("backup")
        .output()
        .unwrap();
    assert!(!done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert_eq!(names(&data_dir.join("backups")), Vec::<String>::new());
    said(&data_dir, &["backup"]);
}
