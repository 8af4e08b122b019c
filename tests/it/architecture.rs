//! Holds off the slow loss of the shape that `src/lib.rs` promises: who may use what, where the dangerous crates and calls
//! are, and how large a file and a function may grow. Reads the sources as text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each folder or file of `src` may use beside itself; `error` is everybody's.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("decode", &["model"]),
    ("validate", &["model", "decode"]),
    ("store", &["model", "error"]),
    ("query", &["store", "model", "error"]),
    ("export", &["query", "store", "model", "error"]),
    ("receive", &["decode", "validate", "store", "model", "error"]),
    ("http", &["app", "receive", "decode", "validate", "store", "query", "export", "model", "error"]),
    ("telemetry", &["error"]),
    ("sys", &["error"]),
    ("synth", &["error"]),
    ("config", &["model", "error"]),
    ("error", &[]),
    ("app", &["config", "receive", "store", "query", "export", "model", "error"]),
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

/// One file of `src`.
struct Source {
    /// Below `src`.
    path: String,
    text: String,
    /// The text without comments, the insides of strings, and tests.
    code: String,
}

impl Source {
    /// The folder of `src` that it is in, or its own name.
    fn folder(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The modules that it is in, itself last.
    fn modules(&self) -> Vec<&str> {
        let path = self.path.trim_end_matches(".rs");
        path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = if path.ends_with("tests.rs") { String::new() } else { without_tests(&blanked(&text)) };
        Source { path: path.strip_prefix(&root).unwrap().display().to_string(), text, code }
    };
    let sources: Vec<Source> = paths.into_iter().map(read).collect();
    assert!(sources.len() > 50);
    sources
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

/// The text with comments and the insides of strings made blank, and every line where it was.
fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = blank_length(rest).filter(|_| !in_word(&code, first));
        let taken = &rest[..length.unwrap_or(first.len_utf8())];
        match length {
            Some(_) => code.extend(taken.chars().map(|c| if c == '\n' { c } else { ' ' })),
            None => code.push(first),
        }
        rest = &rest[taken.len()..];
    }
    code
}

/// Whether `next` goes on with the word that `code` ends in: the `r` of `for` begins no raw string.
fn in_word(code: &str, next: char) -> bool {
    is_word(next) && code.chars().next_back().is_some_and(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes of the comment, string or character that `text` begins with, if it does.
fn blank_length(text: &str) -> Option<usize> {
    let after = |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(after(2, "*/"));
    }
    let plain = text.strip_prefix('b').unwrap_or(text);
    let hashes = plain.strip_prefix('r').map(|raw| raw.len() - raw.trim_start_matches('#').len());
    match hashes {
        Some(hashes) if plain[1 + hashes..].starts_with('"') => {
            Some(after(text.len() - plain.len() + hashes + 2, &format!("\"{}", "#".repeat(hashes))))
        }
        _ if plain.starts_with('"') => Some(text.len() - plain.len() + quoted_length(plain, '"')),
        _ if plain.starts_with('\'') && is_character(plain) => {
            Some(text.len() - plain.len() + quoted_length(plain, '\''))
        }
        _ => None,
    }
}

/// A character, and no lifetime.
fn is_character(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    matches!((characters.next(), characters.next()), (Some('\\'), _) | (_, Some('\'')))
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            end if end == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// By custom the tests are the last thing in a file.
fn without_tests(code: &str) -> String {
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code[..end].to_owned()
}

/// The words of `code`, each with where it begins.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let starts =
        code.char_indices().filter(|(at, c)| is_word(*c) && !code[..*at].chars().next_back().is_some_and(is_word));
    starts.map(|(at, _)| (at, code[at..].split(|c| !is_word(c)).next().unwrap_or_default()))
}

/// The names that follow `path::`, also those in braces.
fn heads(after: &str) -> Vec<&str> {
    let Some(list) = after.strip_prefix('{') else {
        return words(after).take(1).filter(|(at, _)| *at == 0).map(|(_, name)| name).collect();
    };
    let (mut depth, mut heads, mut from) = (0, Vec::new(), 0);
    for (at, character) in list.char_indices() {
        if matches!(character, ',' | '}') && depth == 0 {
            heads.extend(words(&list[from..at]).take(1).map(|(_, name)| name));
            from = at + 1;
        }
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads
}

/// The folders of `src` that a file names, by `crate::` or by `super::` up to the root.
fn uses(source: &Source) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (at, word) in words(&source.code) {
        let after = &source.code[at..];
        let from_root = match word {
            "crate" => after.strip_prefix("crate::"),
            "super" => after.strip_prefix(&*"super::".repeat(source.modules().len())),
            _ => None,
        };
        found.extend(from_root.map(heads).unwrap_or_default());
    }
    found.remove(source.folder());
    found
}

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
fn unsafe_code_is_in_two_files_and_each_piece_says_why_it_is_sound() {
    let mut found = 0;
    for source in sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, _) in words(&source.code).filter(|(_, word)| *word == "unsafe") {
            let line = source.code[..at].matches('\n').count();
            let place = format!("src/{}:{}", source.path, line + 1);
            assert!(["store/lane.rs", "query/duck/scan.rs"].contains(&&*source.path), "{place}");
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

/// Lines of the function whose `fn` begins `code`, if it has a body.
fn function_length(code: &str) -> Option<usize> {
    let open = code.find(['{', ';']).filter(|at| code[*at..].starts_with('{'))?;
    let mut depth = 0;
    let close = code[open..].char_indices().find(|(_, character)| {
        depth += i32::from(*character == '{') - i32::from(*character == '}');
        depth == 0
    });
    Some(code[..open + close?.0].matches('\n').count() + 1)
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

#[test]
fn this_test_would_notice() {
    let text = "use crate::{store::{Store, keys}, http::x}; // crate::cli\nlet s = \"crate::cli\"; fn f<'a>(c: char) { c == '\"' }";
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.into(), code: blanked(text) };
    assert_eq!(uses(&source("model/a.rs", text)), BTreeSet::from(["http", "store"]));
    assert_eq!(uses(&source("model/a.rs", "use super::super::store; use super::b;")), BTreeSet::from(["store"]));
    assert_eq!(uses(&source("model/a/mod.rs", "use super::b; use super::super::cli;")), BTreeSet::from(["cli"]));
    assert_eq!(blanked("r#\"a\"b\"#+for'x'+b\"\\\"c\"+br\"\\\""), "        +for   +      +     ");
    assert_eq!(function_length("fn a(\n) {\n  if b { c }\n}\n}"), Some(4));
    assert_eq!(function_length("fn a();\nfn b() {}"), None);
}
