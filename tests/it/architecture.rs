//! Holds off the slow loss of the shape that `src/lib.rs` promises: who may use what, where the dangerous crates and calls
//! are, and how large a file and a function may grow. Reads the sources as text.

use crate::support::sources::{function_length, heads, sources, uses, without_tests, words};

/// What each folder or file of `src` may use beside itself; `error` is everybody's.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("decode", &["model"]),
    ("validate", &["model", "decode"]),
    ("store", &["model", "sys", "error"]),
    ("query", &["store", "model", "sys", "error"]),
    ("export", &["query", "store", "model", "error"]),
    ("receive", &["decode", "validate", "store", "model", "sys", "error"]),
    (
        "http",
        &["app", "receive", "decode", "validate", "store", "query", "export", "model", "sys", "telemetry", "error"],
    ),
    ("telemetry", &["error"]),
    ("sys", &["error"]),
    ("synth", &["error"]),
    ("config", &["model", "sys", "error"]),
    ("error", &[]),
    ("app", &["config", "receive", "store", "query", "export", "model", "sys", "error"]),
];

/// These may use everything: the command line, and the roots of the two crates.
const MAY_USE_ALL: [&str; 3] = ["cli", "lib", "main"];

/// Crates, and the folder that is alone in naming them.
const OWNERS: [(&str, &str); 7] = [
    ("rusqlite", "store/"),
    ("rusqlite_migration", "store/"),
    ("r2d2", "store/"),
    ("r2d2_sqlite", "store/"),
    ("duckdb", "query/duck/"),
    ("axum", "http/"),
    ("tower", "http/"),
];

#[test]
fn every_folder_uses_only_what_it_may() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !MAY_USE_ALL.contains(&source.folder())) {
        let allowed = MAY_USE.iter().find(|(folder, _)| *folder == source.folder());
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("src/{} is in no folder of the table", source.path));
        let others = uses(source).into_iter().filter(|name| !allowed.contains(name));
        wrong.extend(others.map(|name| format!("src/{} uses {name}", source.path)));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn dangerous_crates_are_named_in_one_folder_each() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (at, word) in words(&source.code) {
            let is_path = source.code[at + word.len()..].starts_with("::") || source.code[..at].ends_with("use ");
            let base = if word == "utoipa_axum" { "axum" } else { word };
            let is =
                |name: &str| base == name || ["axum", "tower"].contains(&name) && base.starts_with(&format!("{name}_"));
            let owner = OWNERS.iter().find(|(name, folder)| is_path && is(name) && !source.path.starts_with(folder));
            wrong.extend(
                owner.map(|(_, folder)| format!("src/{} names {word}, which is for src/{folder}", source.path)),
            );
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn unsafe_code_is_in_three_places_and_each_piece_says_why_it_is_sound() {
    let mut found = 0;
    for source in sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, _) in words(&source.code).filter(|(_, word)| *word == "unsafe") {
            let line = source.code[..at].matches('\n').count();
            let place = format!("src/{}:{}", source.path, line + 1);
            let files = ["store/lane.rs", "store/lane/statement.rs", "sys/memory.rs"];
            let allowed = files.contains(&source.path.as_str()) || source.path.starts_with("query/duck/scan/");
            assert!(allowed, "{place}");
            assert!(lines[line.saturating_sub(4)..line].iter().any(|line| line.contains("SAFETY:")), "{place}");
            found += 1;
        }
    }
    assert!(found > 5);
}

#[test]
fn nothing_but_sqlite_opens_the_database() {
    let harmless = ["create_dir_all", "create_dir", "set_permissions", "Permissions", "PermissionsExt"];
    for source in sources() {
        let connects = source.code.contains("Connection::open") || source.code.contains("SqliteConnectionManager::");
        assert!(
            !connects || ["store/connection.rs", "query/duck/engine.rs"].contains(&&*source.path),
            "src/{}",
            source.path
        );
        let names_file =
            ["health.db", "db-wal", "-shm", "\"-wal"].iter().any(|name| without_tests(&source.text).contains(name));
        assert!(!names_file || source.folder() == "store", "src/{} names the database's files", source.path);
        if source.folder() == "store" {
            let calls = words(&source.code).filter(|(_, word)| *word == "fs").map(|(at, _)| &source.code[at..]);
            let mut names = calls.flat_map(|after| heads(after.strip_prefix("fs::").unwrap_or("all")));
            assert!(names.all(|name| harmless.contains(&name)), "src/{} uses files", source.path);
            let opens =
                words(&source.code).any(|(_, word)| ["File", "OpenOptions", "tokio_fs", "mmap"].contains(&word));
            assert!(!opens, "src/{} opens files", source.path);
        }
    }
}

#[test]
fn files_are_short() {
    let sources = sources();
    let mut lengths: Vec<usize> = sources.iter().map(|source| source.text.lines().count()).collect();
    lengths.sort_unstable();
    let long = sources.iter().filter(|source| source.text.lines().count() > 600);
    assert_eq!(long.map(|source| &*source.path).collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(lengths[lengths.len() / 2] <= 150, "median {}", lengths[lengths.len() / 2]);
}

#[test]
fn functions_are_short() {
    let (mut lengths, mut long) = (Vec::new(), Vec::new());
    for source in sources() {
        for (at, _) in words(&source.code).filter(|(_, word)| *word == "fn") {
            let Some(length) = function_length(&source.code[at..]) else { continue };
            lengths.push(length);
            if length > 80 {
                long.push(format!("src/{}: {length} lines from {:?}", source.path, source.code[at..].lines().next()));
            }
        }
    }
    lengths.sort_unstable();
    assert_eq!(long, Vec::<String>::new());
    assert!(lengths.len() > 300 && lengths[lengths.len() / 2] <= 15, "median {}", lengths[lengths.len() / 2]);
}
