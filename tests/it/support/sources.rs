//! The program's own sources as text, without what is no code, and the names in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One file of `src`.
pub struct Source {
    /// Below `src`.
    pub path: String,
    pub text: String,
    /// The text without comments, the insides of strings, and tests.
    pub code: String,
}

impl Source {
    /// The folder of `src` that it is in, or its own name.
    pub fn folder(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The modules that it is in, itself last.
    fn modules(&self) -> Vec<&str> {
        let path = self.path.trim_end_matches(".rs");
        path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
    }
}

/// A file of the repository.
#[track_caller]
pub fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

pub fn sources() -> Vec<Source> {
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
pub fn without_tests(code: &str) -> String {
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code[..end].to_owned()
}

/// The words of `code`, each with where it begins.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let starts =
        code.char_indices().filter(|(at, c)| is_word(*c) && !code[..*at].chars().next_back().is_some_and(is_word));
    starts.map(|(at, _)| (at, code[at..].split(|c| !is_word(c)).next().unwrap_or_default()))
}

/// The names that follow `path::`, also those in braces.
pub fn heads(after: &str) -> Vec<&str> {
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
pub fn uses(source: &Source) -> BTreeSet<&str> {
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

/// Lines of the function whose `fn` begins `code`, if it has a body.
pub fn function_length(code: &str) -> Option<usize> {
    let open = code.find(['{', ';']).filter(|at| code[*at..].starts_with('{'))?;
    let mut depth = 0;
    let close = code[open..].char_indices().find(|(_, character)| {
        depth += i32::from(*character == '{') - i32::from(*character == '}');
        depth == 0
    });
    Some(code[..open + close?.0].matches('\n').count() + 1)
}

#[test]
fn what_is_no_code_is_not_read() {
    let text = "use crate::{store::{Store, keys}, http::x}; // crate::cli\nlet s = \"crate::cli\"; fn f<'a>(c: char) { c == '\"' }";
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.into(), code: blanked(text) };
    assert_eq!(uses(&source("model/a.rs", text)), BTreeSet::from(["http", "store"]));
    assert_eq!(uses(&source("model/a.rs", "use super::super::store; use super::b;")), BTreeSet::from(["store"]));
    assert_eq!(uses(&source("model/a/mod.rs", "use super::b; use super::super::cli;")), BTreeSet::from(["cli"]));
    assert_eq!(blanked("r#\"a\"b\"#+for'x'+b\"\\\"c\"+br\"\\\""), "        +for   +      +     ");
    assert_eq!(function_length("fn a(\n) {\n  if b { c }\n}\n}"), Some(4));
    assert_eq!(function_length("fn a();\nfn b() {}"), None);
}
