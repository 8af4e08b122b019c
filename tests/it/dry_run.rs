//! An import that is only tried says what it would do.

use crate::support::apple::{steps, xml};
use crate::support::{body, command};

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.xml");
    std::fs::write(&file, xml(&(steps(0, 1) + "<Unheard/>"))).unwrap();
    let data_dir = folder.path().join("data");
    let done = command(&data_dir).args(["import", "--dry-run"]).arg(&file).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && said.contains("all: 3 received, 1 would be quarantined"), "{said}");
    let of_the_app = folder.path().join("app.json");
    let point = serde_json::json!([{"date": "2024-05-01 10:00:00 +0000", "qty": 7}, {"qty": 8}]);
    std::fs::write(&of_the_app, body("step_count", "count", point).to_string()).unwrap();
    let done = command(&data_dir).args(["import", "--dry-run"]).arg(&of_the_app).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && said.contains("all: 2 received, 1 would be quarantined"), "{said}");
    assert!(!data_dir.exists());
    let missing = command(&data_dir).args(["import", "--dry-run", "/nowhere/export.zip"]).output().unwrap();
    assert!(!missing.status.success() && String::from_utf8_lossy(&missing.stderr).contains("cannot be read"));
}
