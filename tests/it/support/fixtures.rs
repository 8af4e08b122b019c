//! Folders of fixtures: each is run, whatever the others do, and those that fail are named together.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Runs every JSON file of `tests/fixtures/{folder}`, of which there must be at least `least`.
#[track_caller]
pub fn run_all(folder: &str, least: usize, run: fn(&Value)) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let entries = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    assert!(paths.len() >= least, "only {} fixtures found", paths.len());
    let failures: Vec<String> = paths.iter().filter_map(|path| failure(path, run)).collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), paths.len(), failures.join("\n"));
}

/// A panic inside becomes a line that names the file, so that all others still run.
fn failure(path: &Path, run: fn(&Value)) -> Option<String> {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let fixture: Value =
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let fault = std::panic::catch_unwind(|| run(&fixture)).err()?;
    let text =
        fault.downcast_ref::<String>().cloned().or_else(|| fault.downcast_ref::<&str>().map(|text| text.to_string()));
    Some(format!("{name} ({}): {}", fixture["why"].as_str().unwrap_or_default(), text.unwrap_or_default()))
}
