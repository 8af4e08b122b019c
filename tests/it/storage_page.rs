//! Holds off figures of the disk that are made up: each is compared with the files that there are.

use health_export::model::key::Scope;
use serde_json::json;

use crate::support::{InProcess, body};

#[test]
fn every_figure_is_that_of_the_files() {
    let server = InProcess::start();
    let admin = server.client.with_key(Some(&server.key("owner", &[Scope::Admin])));
    let other = server.client.with_key(Some(&server.key("ben", &[Scope::Ingest])));
    let points =
        json!([{"date": "2024-01-01 10:00:00 +0000", "qty": 5}, {"date": "2024-01-01 11:00:00 +0000", "qty": 6}]);
    server.client.ingest(&body("step_count", "count", points.clone())).expect(200);
    other.ingest(&body("step_count", "count", points)).expect(200);
    let before = admin.get("/api/v1/storage").expect(200);
    assert_eq!((&before["samples"], &before["deliveries"], &before["backups"]), (&json!(4), &json!(2), &json!(0)));
    assert_eq!((&before["backups_bytes"], &before["imports_bytes"]), (&json!(0), &json!(0)));
    assert!(before["last_backup_at"].is_null());

    let made = admin.post("/api/v1/backup", &[], b"").expect(200);
    let imports = server.data_dir.path().join("imports/deep/er");
    std::fs::create_dir_all(&imports).unwrap();
    std::fs::write(imports.join("file"), vec![0; 1234]).unwrap();
    admin.get("/api/v1/export/samples?format=csv").text();
    let after = admin.get("/api/v1/storage");
    assert_eq!(after.header("cache-control"), "no-store");
    let after = after.expect(200);
    assert_eq!((&after["backups"], &after["backups_bytes"]), (&json!(1), &made["bytes"]));
    assert_eq!((&after["last_backup_at"], &after["imports_bytes"]), (&made["at"], &json!(1234)));
    assert!(after["spool_bytes"].as_u64().unwrap() > 0, "{after}");
    let length = |name: &str| std::fs::metadata(server.data_dir.path().join(name)).unwrap().len();
    assert_eq!(
        (after["database_bytes"].as_u64(), after["wal_bytes"].as_u64()),
        (Some(length("health.db")), Some(length("health.db-wal")))
    );
    let (free, size) = (after["disk_free_bytes"].as_u64().unwrap(), after["disk_size_bytes"].as_u64().unwrap());
    assert!(0 < free && free <= size, "{after}");
    server.client.get("/api/v1/storage").problem(403);
    admin.get("/api/v1/storage?x=1").problem(400);
}
