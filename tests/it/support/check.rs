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

/// The body that is kept of a delivery, as it was sent.
pub fn kept_body(app: &App, delivery: &str) -> Vec<u8> {
    let sql =
        "SELECT body FROM delivery_body JOIN delivery ON delivery.id = delivery_body.delivery WHERE public_id = ?1";
    let kept: Vec<u8> = app.store.reader().unwrap().query_row(sql, [delivery], |row| row.get(0)).unwrap();
    zstd::decode_all(&kept[..]).unwrap()
}
