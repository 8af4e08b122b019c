//! Holds off a way out of DuckDB: whatever its SQL says, it reads no file and no address, loads no extension, writes only
//! into the spool, and its limits cannot be lifted again.

use health_export::query::duck::engine::{Session, quoted};

use crate::support::InProcess;

fn server() -> InProcess {
    InProcess::start_with(&[("duckdb_memory_mb", "160"), ("duckdb_threads", "2")])
}

/// Fails unless the statement is refused, and for being shut in rather than for being wrong.
#[track_caller]
fn is_refused(session: &Session, sql: &str) {
    let Err(refusal) = session.run(sql) else { panic!("{sql} was done") };
    let reason = refusal.to_string();
    let reasons = ["Permission Error", "disabled", "locked"];
    assert!(reasons.iter().any(|known| reason.contains(known)), "{sql}: {reason}");
}

#[test]
fn no_file_can_be_read() {
    let server = server();
    let session = server.app.engine.session().unwrap();
    let database = quoted(server.app.store.path());
    session.run("CREATE TEMP TABLE t (a VARCHAR)").unwrap();
    for path in ["'/etc/passwd'", "'/etc/*'", "'../health.db'", "'/proc/self/environ'", &database] {
        for function in ["read_csv", "read_csv_auto", "read_text", "read_blob", "read_json", "read_parquet", "glob"] {
            is_refused(&session, &format!("SELECT * FROM {function}({path})"));
        }
        is_refused(&session, &format!("COPY t FROM {path} (FORMAT csv)"));
        is_refused(&session, &format!("ATTACH {path} AS other"));
    }
    is_refused(&session, "SELECT * FROM '/etc/passwd.csv'");
    is_refused(&session, &format!("ATTACH {database} AS live (TYPE sqlite)"));
    is_refused(&session, "IMPORT DATABASE '/tmp'");
}

#[test]
fn no_address_can_be_reached_and_no_extension_loaded() {
    let server = server();
    let session = server.app.engine.session().unwrap();
    for address in ["http://127.0.0.1:9/a.csv", "https://example.org/a.csv", "s3://bucket/a.csv", "hf://a/b.csv"] {
        is_refused(&session, &format!("SELECT * FROM read_csv('{address}')"));
        is_refused(&session, &format!("COPY (SELECT 1) TO '{address}'"));
    }
    for extension in ["httpfs", "sqlite", "sqlite_scanner", "postgres", "'/tmp/own.duckdb_extension'"] {
        is_refused(&session, &format!("INSTALL {extension}"));
        is_refused(&session, &format!("LOAD {extension}"));
    }
    is_refused(&session, "FORCE INSTALL httpfs FROM 'http://127.0.0.1:9'");
}

#[test]
fn only_the_spool_can_be_written_to() {
    let server = server();
    let session = server.app.engine.session().unwrap();
    let spool = server.app.spool.folder();
    let outside = tempfile::tempdir().unwrap();
    let places = [
        outside.path().join("a.csv"),
        server.data_dir.path().join("a.csv"),
        spool.join("../a.csv"),
        spool.join("b/../../a.csv"),
        spool.with_file_name("spool-beside").join("a.csv"),
        format!("{}-beside.csv", spool.display()).into(),
    ];
    for place in &places {
        is_refused(&session, &format!("COPY (SELECT 1) TO {} (FORMAT csv)", quoted(place)));
        assert!(!place.exists(), "{}", place.display());
    }
    is_refused(&session, &format!("EXPORT DATABASE {}", quoted(outside.path())));
    let inside = spool.join("a.csv");
    session.run(&format!("COPY (SELECT 1 AS one) TO {} (FORMAT csv)", quoted(&inside))).unwrap();
    assert_eq!(std::fs::read_to_string(inside).unwrap(), "one\n1\n");
}

#[test]
fn no_setting_can_be_changed_back() {
    let server = server();
    let session = server.app.engine.session().unwrap();
    let before = settings(&session);
    for setting in [
        "memory_limit = '8GB'",
        "max_memory = '8GB'",
        "threads = 64",
        "enable_external_access = true",
        "lock_configuration = false",
        "allowed_directories = ['/']",
        "allowed_paths = ['/etc/passwd']",
        "temp_directory = '/tmp'",
        "max_temp_directory_size = '1TB'",
        "autoinstall_known_extensions = true",
        "autoload_known_extensions = true",
        "allow_unsigned_extensions = true",
        "extension_directory = '/tmp'",
        "secret_directory = '/tmp'",
        "log_query_path = '/tmp/log'",
    ] {
        for statement in ["SET", "SET GLOBAL", "SET SESSION", "PRAGMA"] {
            assert!(session.run(&format!("{statement} {setting}")).is_err(), "{statement} {setting}");
        }
    }
    for setting in ["memory_limit", "threads", "enable_external_access", "lock_configuration", "temp_directory"] {
        assert!(session.run(&format!("RESET {setting}")).is_err(), "RESET {setting}");
    }
    assert_eq!(settings(&server.app.engine.session().unwrap()), before);
}

/// Every setting with its value, in this session.
fn settings(session: &Session) -> Vec<(String, Option<String>)> {
    let sql = "SELECT name, value FROM duckdb_settings() ORDER BY name";
    session.rows(sql, |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn the_limits_are_those_of_the_settings() {
    let server = server();
    let session = server.app.engine.session().unwrap();
    let setting = |name: &str| -> String {
        let sql = format!("SELECT current_setting('{name}')::VARCHAR");
        session.rows(&sql, |row| row.get(0)).unwrap().remove(0)
    };
    assert_eq!(setting("memory_limit"), "160.0 MiB");
    assert_eq!(setting("threads"), "2");
    assert_eq!(setting("enable_external_access"), "false");
    assert_eq!(setting("lock_configuration"), "true");
    assert_eq!(setting("autoinstall_known_extensions"), "false");
    assert_eq!(setting("autoload_known_extensions"), "false");
    assert_eq!(setting("max_temp_directory_size"), "2.0 GiB");
    let temp = server.data_dir.path().join("tmp").join(std::process::id().to_string());
    assert_eq!(setting("temp_directory"), temp.display().to_string());
    assert_eq!(server.app.engine.threads(), 2);
}
