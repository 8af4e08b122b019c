//! Exports that are damaged, hostile, or none at all: each ends in a clear sentence, and the rest of it is imported.

use std::io::Write;

use health_export::error::Error;
use zip::write::SimpleFileOptions;

use crate::support::InProcess;
use crate::support::apple::{fixture_zip, import, import_bytes, receipt, steps, xml, zip};
use crate::support::check::assert_sound;
use crate::support::counts::assert_unchanged;

/// The sentence of a refusal.
#[track_caller]
fn refused(server: &InProcess, name: &str, content: &[u8]) -> String {
    match import_bytes(server, name, content) {
        Err(Error::BadRequest(reason) | Error::TooLarge(reason)) => reason,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn what_is_no_export_is_refused_with_a_reason() {
    let server = InProcess::start();
    let cut = fixture_zip();
    for (name, content, reason) in [
        ("empty.xml", &b""[..], "is empty"),
        ("empty.zip", &zip(&[]), "neither an export.xml"),
        ("cut.zip", &cut[..cut.len() / 2], "no whole zip"),
        ("noise.bin", &[0, 1, 2, 0, 255].repeat(100), "is neither a zip"),
        ("page.html", b"<html></html>", "is neither a zip"),
        ("export_cda.xml", b"<ClinicalDocument/>", "part of what export.xml says"),
        (
            "CCD.xml",
            b"<?xml version='1.0'?><ClinicalDocument><title>Continuity of Care</title></ClinicalDocument>",
            "Add to Health",
        ),
        ("ccda.xml", b"<n1:ClinicalDocument xmlns:n1='urn:hl7-org:v3'/>", "import that export.zip"),
        ("doctype.xml", b"<!DOCTYPE HealthData [ ]><Other/>", "has no <HealthData>"),
        ("hollow.zip", &zip(&[("apple_health_export/export.xml", b"")]), "neither an export.xml"),
        ("folder.zip", &zip(&[("apple_health_export/export.xml/", b"")]), "neither an export.xml"),
    ] {
        let said = refused(&server, name, content);
        assert!(said.contains(reason), "{name}: {said}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("export.xml")).unwrap();
    assert!(
        import(&server, &folder.path().join("export.xml")).unwrap_err().to_string().contains("neither an export.xml")
    );
    assert!(import(&server, &folder.path().join("nothing")).unwrap_err().to_string().contains("cannot be read"));
    assert_sound(&server.app);
}

#[test]
fn an_encrypted_zip_says_so() {
    let server = InProcess::start();
    let mut content = zip(&[("export.xml", xml(&steps(0, 1)).as_bytes())]);
    // The flag of encryption, in the local header and in the directory.
    content[6] |= 1;
    let directory = content.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    content[directory + 8] |= 1;
    assert!(refused(&server, "secret.zip", &content).contains("encrypted"));
}

#[test]
fn a_bomb_is_refused_before_anything_is_stored() {
    let server = InProcess::start();
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("export.xml", SimpleFileOptions::default()).unwrap();
    bomb.write_all(xml(&steps(0, 1)).trim_end().trim_end_matches("</HealthData>").as_bytes()).unwrap();
    let blank = vec![b' '; 1 << 20];
    (0..64).for_each(|_| bomb.write_all(&blank).unwrap());
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 200_000);
    assert!(refused(&server, "bomb.zip", &bomb).contains("more than 200 times"));
    let mut liar = bomb.clone();
    let directory = liar.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    liar[directory + 24..directory + 28].copy_from_slice(&1000_u32.to_le_bytes());
    // Whether the reader stops at the size that it claims or at the limit, it is not taken for whole.
    match import_bytes(&server, "liar.zip", &liar) {
        Err(Error::BadRequest(reason)) => {
            assert!(reason.contains("read to its end") || reason.contains("damaged"), "{reason}")
        }
        told => assert_eq!(receipt(told).counts.quarantined, 1),
    }
    let said = server.client.get("/api/v1/deliveries").expect(200);
    assert!(said["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["file"] != "bomb.zip"));
}

#[test]
fn names_in_a_zip_lead_nowhere() {
    let server = InProcess::start();
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("a/b");
    std::fs::create_dir_all(&inside).unwrap();
    let route = b"<gpx><trkpt lat='1' lon='2'><time>2024-01-01T00:00:00Z</time></trkpt></gpx>";
    let content = zip(&[
        ("../../export.xml", xml(&steps(0, 5)).as_bytes()),
        ("/etc/route.gpx", route),
        ("..\\..\\evil.gpx", route),
    ]);
    std::fs::write(inside.join("slip.zip"), content).unwrap();
    let told = receipt(import(&server, &inside.join("slip.zip")));
    assert_eq!((told.by_metric["step_count"].stored, told.by_metric["route"].stored), (1, 2));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is unpacked");
    let escape = xml(
        "<Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" startDate=\"2024-01-01 10:00:00 +0000\" \
        endDate=\"2024-01-01 10:10:00 +0000\"><WorkoutRoute><FileReference path=\"/../../outside.gpx\"/></WorkoutRoute></Workout>",
    );
    std::fs::write(folder.path().join("outside.gpx"), route).unwrap();
    std::fs::write(inside.join("export.xml"), escape).unwrap();
    let told = receipt(import(&server, &inside.join("export.xml")));
    assert_eq!(told.by_metric["routes"].quarantined, 1, "{told:?}");
}

#[test]
fn two_exports_in_one_zip_are_both_imported() {
    let server = InProcess::start();
    let (one, two) = (xml(&steps(0, 1)), xml(&(steps(0, 1) + &steps(60, 2))));
    let both = zip(&[("a/export.xml", one.as_bytes()), ("b/export.xml", two.as_bytes())]);
    let told = receipt(import_bytes(&server, "both.zip", &both));
    assert_eq!((told.by_metric["step_count"].stored, told.by_metric["step_count"].unchanged), (2, 1));
    assert_unchanged(&serde_json::to_value(receipt(import_bytes(&server, "both.zip", &both))).unwrap());
}

#[test]
fn what_only_looks_like_an_export_does_not_keep_the_other_from_being_imported() {
    let server = InProcess::start();
    let files = zip(&[("dtd.txt", b"<!DOCTYPE HealthData [ ]>"), ("export.xml", xml(&steps(0, 1)).as_bytes())]);
    let told = receipt(import_bytes(&server, "both.zip", &files));
    assert_eq!((told.by_metric["step_count"].stored, told.counts.quarantined), (1, 1), "{told:?}");
    assert!(told.problems[0].reason.contains("no <HealthData>"), "{told:?}");
}

#[test]
fn noise_is_given_up_and_an_export_with_some_of_it_is_not() {
    let server = InProcess::start();
    let noise = |pieces: usize| "<a x='1' <b y='2'/>".repeat(pieces);
    let reason = refused(&server, "noise.xml", xml(&noise(10_001)).as_bytes());
    assert!(reason.contains("beyond reading") && reason.contains("make the export again"), "{reason}");
    let records: String = (0..20_100).map(|at| steps(at * 60, 1)).collect();
    let told = receipt(import_bytes(&server, "export.xml", xml(&(records + &noise(10_001))).as_bytes()));
    assert_eq!(told.by_metric["step_count"].stored, 20_100);
    assert!(told.counts.quarantined > 10_000);
    assert_sound(&server.app);
}

#[test]
fn damage_costs_what_is_damaged_and_is_told() {
    let server = InProcess::start();
    let damaged = format!("{}\x0b\x01{}<Record type=\"a\x00\" <broken {}", steps(0, 1), steps(60, 2), steps(120, 3));
    let told = receipt(import_bytes(&server, "export.xml", xml(&damaged).as_bytes()));
    assert_eq!(told.by_metric["step_count"].stored, 3, "{told:?}");
    assert!(told.counts.quarantined >= 1);
    let whole = xml(&(steps(200, 4) + &steps(260, 5)));
    let cut = &whole[..whole.len() - 40];
    let told = receipt(import_bytes(&server, "export.xml", cut.as_bytes()));
    assert_eq!((told.by_metric["step_count"].stored, told.counts.quarantined), (1, 1), "{told:?}");
    assert!(told.problems[0].reason.contains("ends before"), "{told:?}");
    assert_sound(&server.app);
}

#[test]
fn an_attribute_without_end_is_skipped_in_little_memory() {
    let server = InProcess::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.xml");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    write!(file, "<HealthData>{}<Record type=\"", steps(0, 1)).unwrap();
    let block = vec![b'a'; 1 << 20];
    (0..200).for_each(|_| file.write_all(&block).unwrap());
    write!(file, "\" value=\"1\"/>{}</HealthData>", steps(60, 2)).unwrap();
    drop(file);
    let told = receipt(import(&server, &path));
    assert_eq!((told.by_metric["step_count"].stored, told.counts.quarantined), (2, 1), "{told:?}");
    assert!(told.problems[0].reason.contains("longer than 1 MB"));
}

#[test]
fn a_document_type_with_too_few_or_too_many_brackets_is_no_obstacle() {
    let server = InProcess::start();
    for (at, document_type) in
        ["<!ELEMENT A (B)", "<!ELEMENT A (B)>>", "<!ATTLIST A b CDATA #REQUIRED ]>"].iter().enumerate()
    {
        let text = format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE HealthData [\n{document_type}\n]>\n{}",
            xml(&steps(at as i64 * 60, 1))
        );
        let told = receipt(import_bytes(&server, "export.xml", text.as_bytes()));
        assert_eq!((told.by_metric["step_count"].stored, told.counts.quarantined), (1, 0), "{document_type}");
    }
}
