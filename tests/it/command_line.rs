//! The commands, by the real binary: what they print, and how they end.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::support::command;

fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    command(data_dir).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A month of made-up deliveries, imported; gives the folder they are in.
fn imported(folder: &Path, data_dir: &Path) -> String {
    let files = folder.join("files").display().to_string();
    let made = run(data_dir, &["synth", "--kind", "hae", "--years", "1", "--seed", "7", "--out", &files]);
    assert!(made.status.success());
    let import = run(data_dir, &["import", &files]);
    assert!(import.status.success() && said(&import).contains("0 quarantined"), "{}", said(&import));
    files
}

#[test]
fn synth_is_the_same_every_time_and_importing_it_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let files = imported(folder.path(), &data_dir);
    let again = folder.path().join("again").display().to_string();
    run(&data_dir, &["synth", "--kind", "hae", "--years", "1", "--seed", "7", "--out", &again]);
    let read = |folder: &str| {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            entries.map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap())).collect();
        files.sort();
        files
    };
    assert_eq!(read(&files), read(&again));
    assert_eq!(read(&files).len(), 12);
    let second = said(&run(&data_dir, &["import", &files]));
    assert!(second.lines().last().unwrap().contains(" 0 stored, 0 updated,"), "{second}");
    assert!(said(&run(&data_dir, &["check"])).lines().all(|line| !line.starts_with("WRONG")));
}

#[test]
fn export_writes_the_file_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    imported(folder.path(), &data_dir);
    let out = folder.path().join("out.csv").display().to_string();
    let range = ["--metric", "steps", "--start", "2025-03-01", "--end", "2025-03-02", "--home-zone", "Europe/Berlin"];
    let done = run(&data_dir, &[&["export", "--format", "csv", "--out", &out], &range[..]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let csv = std::fs::read_to_string(&out).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("metric,start,end,value,unit,min,max,source,layer,offset_minutes"));
    assert!(lines.clone().count() > 10 && lines.all(|line| line.starts_with("step_count,2025-0")), "{csv}");
    let wrong = run(&data_dir, &["export", "--format", "xlsx", "--out", &out]);
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("xlsx"));
}

#[test]
fn what_is_exported_is_for_its_owner_alone_and_is_nowhere_else() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    imported(folder.path(), &data_dir);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (one, all) = (folder.path().join("one.csv"), folder.path().join("all"));
    std::fs::write(&one, "older").unwrap();
    let program = command(&data_dir);
    for out in [["--out", one.to_str().unwrap()].as_slice(), &["--all", "--out", all.to_str().unwrap()]] {
        // With a umask that closes nothing.
        let done = std::process::Command::new("sh")
            .args(["-c", "umask 000; exec \"$0\" \"$@\""])
            .arg(program.get_program())
            .args(program.get_args())
            .args(["export", "--format", "csv"])
            .args(out)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        for left in ["spool", "tmp"].map(|name| data_dir.join(name)) {
            let found: Vec<_> = std::fs::read_dir(&left).unwrap().flatten().map(|entry| entry.path()).collect();
            assert!(found.is_empty(), "{found:?}");
        }
    }
    assert_eq!(mode(&one), 0o600);
    assert!(std::fs::read_to_string(&one).unwrap().lines().count() > 10, "it takes the place of an older one");
    let mut folders = vec![all];
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{folder:?}");
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => assert_eq!(mode(&entry.path()), 0o600, "{entry:?}"),
            }
        }
    }
    let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(beside.iter().all(|name| !name.to_string_lossy().ends_with(".unfinished")), "{beside:?}");
    // What is no file is written to as it is.
    let piped = run(&data_dir, &["export", "--format", "csv", "--out", "/dev/stdout"]);
    assert!(String::from_utf8_lossy(&piped.stdout).starts_with("metric,start"), "{piped:?}");
}

#[test]
fn keys_are_made_listed_without_their_secret_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &["key", "create", "--name", "phone", "--scope", "ingest,read", "--expires", "90d"]);
    let key = said(&made).trim().to_owned();
    assert!(key.starts_with("he_") && key.len() == 46 && !key.contains(','), "{key}");
    let list = said(&run(folder.path(), &["key", "list"]));
    assert!(list.contains("phone") && list.contains("ingest,read") && list.contains("until ") && !list.contains(&key));
    assert!(run(folder.path(), &["key", "revoke", "1"]).status.success());
    assert!(said(&run(folder.path(), &["key", "list"])).contains("revoked"));
    assert!(!run(folder.path(), &["key", "revoke", "1"]).status.success());
    for wrong in [["--scope", "everything"], ["--expires", "soon"]] {
        let refused = run(folder.path(), &[&["key", "create", "--name", "x", "--scope", "read"], &wrong[..]].concat());
        assert!(!refused.status.success(), "{wrong:?}");
    }
}

#[test]
fn check_ends_badly_when_the_folder_is_open_to_others() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["key", "create", "--name", "a", "--scope", "read"]).status.success());
    assert!(run(folder.path(), &["check"]).status.success());
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let check = run(folder.path(), &["check"]);
    assert!(!check.status.success() && said(&check).contains("WRONG permissions"), "{}", said(&check));
    assert!(run(folder.path(), &["check"]).status.success());
}

#[test]
fn config_says_where_each_setting_came_from_and_every_one_has_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "readers = 7\n").unwrap();
    let config = said(&run(folder.path(), &["config", "--max-body-mb", "5"]));
    let line =
        |key: &str| config.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{key}: {config}"));
    assert!(line("readers").contains("\"7\"    # config.toml; HEALTH_EXPORT_READERS"));
    assert!(line("max_body_mb").contains("\"5\"    # flag"));
    assert!(line("query_seconds").contains("# default"));
    let help = said(&run(folder.path(), &["--help"]));
    for key in config.lines().filter_map(|line| line.split_whitespace().next()) {
        assert!(
            [" ", "["].iter().any(|end| help.contains(&format!("--{}{end}", key.replace('_', "-")))),
            "{key} has no flag"
        );
    }
}
