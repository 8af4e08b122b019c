//! The questions of `health-export check`, asked of the server in this process.

use health_export::app::App;
use health_export::store::check;

/// Everything that `check` asks of the file is well.
#[track_caller]
pub fn assert_sound(app: &App) {
    let findings = check::run(&app.store.reader().unwrap()).unwrap();
    let faults: Vec<_> = findings.iter().filter(|finding| !finding.faults.is_empty()).collect();
    assert!(!findings.is_empty() && faults.is_empty(), "{faults:?}");
}
