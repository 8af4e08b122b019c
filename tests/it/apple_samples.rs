//! Exports that other people have published, when they lie beside the repository: each imports whole, and a second time
//! changes nothing.

use std::path::{Path, PathBuf};

use crate::support::InProcess;
use crate::support::apple::{import, receipt};
use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged};

/// Path, items, and how many of them are quarantined: three refer to routes that are not there.
const EXPORTS: [(&str, u64, u64); 10] = [
    ("alxdrcirilo_export.zip", 9, 0),
    ("healthieR_ios10_Export.zip", 79, 0),
    ("k0rventen_test-export.zip", 8041, 0),
    ("k0rventen_test-export3.zip", 8039, 0),
    ("brianerdelyi_ios8_export.xml", 564, 0),
    ("grll_export_v14.xml", 35, 1),
    ("mycelium_sample_export.xml", 25, 0),
    ("mycelium_sample_v02.xml", 34, 0),
    ("rinoshiyo/sample_export.xml", 12, 1),
    ("dogsheep_zip_contents", 6, 0),
];

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/apple_export");
    if !folder.exists() {
        eprintln!("skipped: there are no samples in {}", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn every_published_export_imports_and_a_repeat_changes_nothing() {
    let Some(folder) = folder() else { return };
    for (name, items, quarantined) in EXPORTS {
        let server = InProcess::start_with(&[("home_zone", "Europe/Paris")]);
        let told = receipt(import(&server, &folder.join(name)));
        assert_balanced(&serde_json::to_value(&told).unwrap());
        assert_eq!(
            (told.counts.received, told.counts.quarantined),
            (items, quarantined),
            "{name}: {:?}",
            told.problems
        );
        let again = receipt(import(&server, &folder.join(name)));
        assert_unchanged(&serde_json::to_value(&again).unwrap());
        assert_sound(&server.app);
    }
}

#[test]
fn a_published_folder_joins_its_route() {
    let Some(folder) = folder() else { return };
    let server = InProcess::start();
    receipt(import(&server, &folder.join("dogsheep_zip_contents")));
    let reader = server.app.store.reader().unwrap();
    let points: i64 =
        reader.query_row("SELECT points FROM workout_series WHERE name = 'route'", [], |row| row.get(0)).unwrap();
    assert_eq!(points, 3);
}
