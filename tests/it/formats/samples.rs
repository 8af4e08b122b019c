//! Deliveries of the app that other people have published, when they lie beside the repository: ranges that catch a wrong unit
//! refuse nothing that is true.

use std::path::PathBuf;

use crate::support::InProcess;
use crate::support::counts::{assert_balanced, count};

#[test]
fn nothing_that_is_true_is_refused() {
    let named = std::env::var_os("HEALTH_EXPORT_SAMPLES").map(PathBuf::from);
    let root = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"));
    let Ok(files) = std::fs::read_dir(root.join("hae")) else {
        println!("skipped: no samples");
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let server = InProcess::start();
        let answer = server.client.post("/api/v1/ingest", &[], &std::fs::read(&path).unwrap());
        if answer.status == 400 {
            assert!(name.contains("malformed"), "{name}");
            continue;
        }
        let receipt = answer.expect(200);
        assert_balanced(&receipt);
        assert_eq!(count(&receipt, "quarantined"), 0, "{name}: {}", receipt["problems"]);
    }
}
