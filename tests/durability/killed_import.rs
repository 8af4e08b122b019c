//! An import by the real binary that is killed at random moments ends, when it is done again, as if nothing had been.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use health_export::synth::random::Random;

use crate::support::apple::{steps, xml};
use crate::support::command;

const RECORDS: i64 = 150_000;
const KILLS: usize = 6;

/// Imports the file to its end.
#[track_caller]
fn import(data_dir: &Path, file: &Path) -> String {
    let done = command(data_dir).args(["import", "--home-zone", "UTC"]).arg(file).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Everything that is stored, as the download has it.
fn everything(data_dir: &Path) -> String {
    let out = data_dir.with_extension("csv");
    let made = command(data_dir).args(["export", "--format", "csv", "--out"]).arg(&out).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read_to_string(out).unwrap()
}

#[test]
fn an_import_that_is_killed_and_done_again_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.xml");
    // Groups of several records at one start, so that a piece could end within one.
    let records: String = (0..RECORDS).map(|at| steps(at / 3 * 60, at) + "\n").collect();
    std::fs::write(&file, xml(&records)).unwrap();
    let (fresh, killed) = (folder.path().join("fresh"), folder.path().join("killed"));
    assert!(import(&fresh, &file).contains(&format!("{} received, {} stored", RECORDS + 1, RECORDS + 1)));
    let mut random = Random::new(std::process::id().into());
    for _ in 0..KILLS {
        let mut process = command(&killed)
            .args(["import", "--home-zone", "UTC"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(random.between(0.02, 1.2)));
        // It may have ended by itself.
        let _ = process.kill();
        process.wait().unwrap();
    }
    import(&killed, &file);
    let again = import(&killed, &file);
    assert!(again.contains(" 0 stored, 0 updated"), "{again}");
    assert!(everything(&fresh) == everything(&killed), "they differ");
    for data_dir in [&fresh, &killed] {
        let check = command(data_dir).arg("check").output().unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }
}
