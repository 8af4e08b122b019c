//! Apple's exports as the tests need them: zips made on the spot, and an import in this process.

use std::io::Write;
use std::path::{Path, PathBuf};

use health_export::error::Result;
use health_export::model::receipt::Receipt;
use health_export::receive::import::{Imported, Progress, Request};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::InProcess;
use super::fill::OWNER;

/// The made-up export with one of everything.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apple/export")
}

/// A zip of these names and contents.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        match name.strip_suffix('/') {
            Some(folder) => zip.add_directory(folder, SimpleFileOptions::default()).unwrap(),
            None => {
                zip.start_file(*name, SimpleFileOptions::default()).unwrap();
                zip.write_all(content).unwrap();
            }
        }
    }
    zip.finish().unwrap().into_inner()
}

/// The made-up export as a zip, under the names that a phone in another language gives.
pub fn fixture_zip() -> Vec<u8> {
    let read = |name: &str| std::fs::read(fixture().join(name)).unwrap();
    let route = "workout-routes/route_2024-01-10_4.32pm.gpx";
    let ecg = "electrocardiograms/ecg_2024-01-10.csv";
    let files = [
        ("apple_health_export/导出.xml", read("export.xml")),
        ("__MACOSX/apple_health_export/._导出.xml", b"\0\x05\x16\x07".to_vec()),
        ("apple_health_export/export_cda.xml", read("export_cda.xml")),
        ("apple_health_export/workout-routes/route_2024-01-10_4.32pm.gpx", read(route)),
        ("apple_health_export/workout-routes/route_nobody.gpx", read("workout-routes/route_nobody.gpx")),
        ("apple_health_export/electrocardiograms/ecg_2024-01-10.csv", read(ecg)),
        ("apple_health_export/clinical-records/LabResult-1.json", read("clinical-records/LabResult-1.json")),
    ];
    zip(&files.each_ref().map(|(name, content)| (*name, content.as_slice())))
}

/// An export of one line each.
pub fn xml(children: &str) -> String {
    format!(
        "<HealthData locale=\"en_US\">\n<ExportDate value=\"2024-07-01 10:00:00 +0000\"/>\n{children}\n</HealthData>\n"
    )
}

/// Steps at that second.
pub fn steps(second: i64, value: i64) -> String {
    let time = jiff::Timestamp::from_second(1_700_000_000 + second).unwrap().strftime("%Y-%m-%d %H:%M:%S +0000");
    format!(
        "<Record type=\"HKQuantityTypeIdentifierStepCount\" sourceName=\"Phone\" unit=\"count\" startDate=\"{time}\" \
         endDate=\"{time}\" value=\"{value}\"/>"
    )
}

/// Imports a path for the owner.
pub fn import(server: &InProcess, path: &Path) -> Result<Vec<Imported>> {
    let request = Request {
        user: OWNER,
        api_key: None,
        path: path.to_owned(),
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        beside: true,
        aggregation: None,
    };
    server.app.receiver.import(&request, &Progress::default())
}

/// Imports content under a name.
pub fn import_bytes(server: &InProcess, name: &str, content: &[u8]) -> Result<Vec<Imported>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    import(server, &path)
}

/// The receipt of an import of one delivery.
#[track_caller]
pub fn receipt(imported: Result<Vec<Imported>>) -> Receipt {
    let mut imported = imported.unwrap();
    assert_eq!(imported.len(), 1, "{imported:?}");
    imported.remove(0).receipt.unwrap()
}
