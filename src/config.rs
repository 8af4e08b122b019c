//! Settings: flag over environment over `config.toml` over the defaults.
//!
//! The defaults are the shipped example file itself, so that what it says cannot drift from what the program does.

pub mod file;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::model::keep::Keep;
use crate::model::preferences::{Chosen, Preference, Preferences};
use crate::model::shown::System;
use crate::model::source::SourceKind;
use crate::model::time::parse_zone;

/// The example file, which holds every setting with its default.
pub const EXAMPLE: &str = include_str!("../data/config.example.toml");

/// Where a setting's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Flag,
    Environment,
    File,
    Default,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Flag => "flag",
            Source::Environment => "environment",
            Source::File => "config.toml",
            Source::Default => "default",
        }
    }
}

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    /// Whether who comes from the internet is answered.
    pub public: bool,
    /// Names under which the server is asked beside those that only its network has.
    pub allowed_hosts: Vec<String>,
    pub home: TimeZone,
    /// Units of answers that name none.
    pub units: System,
    /// Kinds of sources, the one that is believed first at the front.
    pub source_priority: Vec<SourceKind>,
    /// Bytes.
    pub max_body: u64,
    /// Bytes.
    pub max_import: u64,
    /// Bytes of the disk that deliveries and imports leave free.
    pub keep_free: u64,
    /// Bytes of bodies on their way in, in memory and on the disk.
    pub upload_memory: u64,
    pub upload_disk: u64,
    pub readers: u32,
    pub duckdb_memory_mb: u32,
    pub duckdb_threads: u32,
    pub query_limit: Duration,
    pub spool_mb: u32,
    /// Bytes of finished answers that are kept in memory.
    pub answer_cache: u64,
    /// Most connections at once.
    pub max_connections: usize,
    /// Wrong keys of one address in a minute that are answered as such; 0 is no limit.
    pub wrong_keys_per_minute: u32,
    /// The folder of backups.
    pub backup_dir: PathBuf,
    pub backup_keep: Keep,
    /// How long raw bodies are kept; 0 is for ever.
    pub keep_bodies_days: u32,
    /// PEM files of the certificate and of its key; none is plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
    pub log: String,
    pub log_format: String,
    /// Every setting as text with its source, for `health-export config`.
    pub resolved: BTreeMap<String, (String, Source)>,
}

/// The environment variable of a setting.
pub fn variable(key: &str) -> String {
    format!("HEALTH_EXPORT_{}", key.to_ascii_uppercase())
}

impl Settings {
    /// Resolves all settings. `flags` are those given, by key.
    pub fn resolve(flags: &BTreeMap<String, String>, environment: impl Fn(&str) -> Option<String>) -> Result<Settings> {
        let defaults = texts(EXAMPLE, "the built-in defaults")?;
        let given = |key: &str| {
            let flag = flags.get(key).map(|value| (value.clone(), Source::Flag));
            flag.or_else(|| environment(&variable(key)).map(|value| (value, Source::Environment)))
        };
        let data_dir = match given("data_dir") {
            Some((folder, _)) if folder != "auto" => PathBuf::from(folder),
            _ => default_data_dir(&environment)?,
        };
        let file = read_file(&data_dir, &defaults)?;
        let resolved: BTreeMap<String, (String, Source)> = defaults
            .iter()
            .map(|(key, default)| {
                let value = given(key)
                    .or_else(|| file.get(key).map(|value| (value.clone(), Source::File)))
                    .unwrap_or_else(|| (default.clone(), Source::Default));
                (key.clone(), value)
            })
            .collect();
        Settings::from_texts(data_dir, resolved)
    }

    /// What may change while the server runs, as it is at the start.
    pub fn preferences(&self) -> Preferences {
        Preferences::new(Chosen {
            home: self.preference("home_zone", self.home.clone()),
            units: self.preference("units", self.units),
        })
    }

    fn preference<T>(&self, key: &str, value: T) -> Preference<T> {
        let (text, source) = &self.resolved[key];
        let changeable = matches!(source, Source::File | Source::Default);
        Preference { value, text: text.clone(), from: source.as_str(), changeable }
    }

    /// What to tell somebody who named no data and may have meant the service's, which belongs to another account.
    pub fn hint(&self) -> Option<String> {
        let named = self.resolved.get("data_dir").is_some_and(|(_, source)| *source != Source::Default);
        let elsewhere = !named && self.data_dir != Path::new(SERVICE_DATA_DIR) && Path::new(SERVICE_DATA_DIR).exists();
        elsewhere.then(|| {
            format!(
                "this is about {}; for the data of this machine's service: sudo -u health-export health-export ...",
                self.data_dir.display()
            )
        })
    }

    fn from_texts(data_dir: PathBuf, mut resolved: BTreeMap<String, (String, Source)>) -> Result<Settings> {
        let auto = |key: &str, computed: String| {
            let (text, _) = &resolved[key];
            if text == "auto" { computed } else { text.clone() }
        };
        let values = [
            ("data_dir", data_dir.display().to_string()),
            ("home_zone", auto("home_zone", system_zone())),
            ("backup_dir", auto("backup_dir", data_dir.join("backups").display().to_string())),
            ("duckdb_memory_mb", auto("duckdb_memory_mb", default_memory_mb().to_string())),
            ("duckdb_threads", auto("duckdb_threads", default_threads().to_string())),
        ];
        for (key, value) in values {
            if let Some(entry) = resolved.get_mut(key) {
                entry.0 = value;
            }
        }
        let zone = &resolved["home_zone"].0;
        let home = parse_zone(zone).ok_or_else(|| invalid("home_zone", zone, "an IANA name such as Europe/Berlin"))?;
        let kinds = &resolved["source_priority"].0;
        let source_priority = SourceKind::parse_order(kinds)
            .ok_or_else(|| invalid("source_priority", kinds, "an order of watch, phone and other, each once"))?;
        Ok(Settings {
            data_dir,
            listen: parse(&resolved, "listen", "an address and port such as 127.0.0.1:8787")?,
            public: parse(&resolved, "public", "true or false")?,
            allowed_hosts: names(&resolved["allowed_hosts"].0),
            home,
            units: System::parse(&resolved["units"].0)
                .ok_or_else(|| invalid("units", &resolved["units"].0, System::WORDS))?,
            source_priority,
            max_body: parse::<u64>(&resolved, "max_body_mb", "a number of megabytes")? << 20,
            max_import: parse::<u64>(&resolved, "max_import_mb", "a number of megabytes")? << 20,
            keep_free: parse::<u64>(&resolved, "keep_free_mb", "a number of megabytes")? << 20,
            upload_memory: parse::<u64>(&resolved, "upload_memory_mb", "a number of megabytes")? << 20,
            upload_disk: parse::<u64>(&resolved, "upload_disk_mb", "a number of megabytes")? << 20,
            readers: parse::<u32>(&resolved, "readers", "a number")?.clamp(4, 256),
            duckdb_memory_mb: parse(&resolved, "duckdb_memory_mb", "a number of megabytes, or auto")?,
            duckdb_threads: parse::<u32>(&resolved, "duckdb_threads", "a number, or auto")?.clamp(1, 64),
            query_limit: Duration::from_secs(parse(&resolved, "query_seconds", "a number of seconds")?),
            spool_mb: parse(&resolved, "spool_mb", "a number of megabytes")?,
            answer_cache: u64::from(parse::<u32>(&resolved, "answer_cache_mb", "a number of megabytes")?) << 20,
            max_connections: parse::<usize>(&resolved, "max_connections", "a number")?.max(1),
            wrong_keys_per_minute: parse(&resolved, "wrong_keys_per_minute", "a number")?,
            backup_dir: PathBuf::from(&resolved["backup_dir"].0),
            backup_keep: Keep {
                daily: parse(&resolved, "backup_keep_daily", "a number of days")?,
                weekly: parse(&resolved, "backup_keep_weekly", "a number of weeks")?,
                monthly: parse(&resolved, "backup_keep_monthly", "a number of months")?,
            },
            keep_bodies_days: parse(&resolved, "keep_bodies_days", "a number of days")?,
            tls: tls_files(&resolved)?,
            log: resolved["log"].0.clone(),
            log_format: resolved["log_format"].0.clone(),
            resolved,
        })
    }
}

fn parse<T: FromStr>(resolved: &BTreeMap<String, (String, Source)>, key: &str, expected: &str) -> Result<T> {
    let (text, source) = &resolved[key];
    text.trim().parse().map_err(|_| invalid(key, text, &format!("{expected} (it comes from: {})", source.as_str())))
}

/// A list whose items are joined by commas.
fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The files of both TLS settings, or of none.
fn tls_files(resolved: &BTreeMap<String, (String, Source)>) -> Result<Option<(PathBuf, PathBuf)>> {
    match (resolved["tls_cert"].0.trim(), resolved["tls_key"].0.trim()) {
        ("", "") => Ok(None),
        (certificate, "") => Err(invalid("tls_key", "", &format!("the key of {certificate}"))),
        ("", key) => Err(invalid("tls_cert", "", &format!("the certificate of {key}"))),
        (certificate, key) => Ok(Some((certificate.into(), key.into()))),
    }
}

fn invalid(key: &str, value: &str, expected: &str) -> Error {
    Error::BadRequest(format!("the setting {key} cannot be {value:?}: it must be {expected}"))
}

/// All keys of a TOML file as texts.
fn texts(toml: &str, file: &str) -> Result<BTreeMap<String, String>> {
    let table: toml::Table =
        toml.parse().map_err(|fault| Error::BadRequest(format!("{file} is not valid: {fault}")))?;
    let text = |value: toml::Value| match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(table.into_iter().map(|(key, value)| (key, text(value))).collect())
}

fn read_file(data_dir: &Path, known: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let path = data_dir.join("config.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(fault) => return Err(Error::BadRequest(format!("{} cannot be read: {fault}", path.display()))),
    };
    let found = texts(&text, &path.display().to_string())?;
    match found.keys().find(|key| !known.contains_key(*key) || *key == "data_dir") {
        Some(key) => Err(Error::BadRequest(format!("{} sets {key:?}, which is no setting there", path.display()))),
        None => Ok(found),
    }
}

/// Where the service of a whole machine keeps everything; it belongs to an account of its own.
const SERVICE_DATA_DIR: &str = "/var/lib/health-export";

fn default_data_dir(environment: &impl Fn(&str) -> Option<String>) -> Result<PathBuf> {
    if belongs_to_me(Path::new(SERVICE_DATA_DIR)) {
        return Ok(PathBuf::from(SERVICE_DATA_DIR));
    }
    let absolute = |name: &str| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|folder| folder.join("health-export"))
        .ok_or_else(|| Error::BadRequest("neither HOME nor XDG_DATA_HOME is set: give --data-dir".into()))
}

/// So that the service's account needs no flag to meet the service's data.
fn belongs_to_me(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(folder).is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw())
}

fn system_zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// A quarter of the machine's memory, between 128 and 256 MB.
fn default_memory_mb() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total_kb = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    total_kb.map_or(128, |kb| (kb / 1024 / 4).clamp(128, 256))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(flags: &[(&str, &str)], environment: &[(&str, &str)], file: &str) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), file).unwrap();
        let mut flags: BTreeMap<String, String> =
            flags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        flags.insert("data_dir".into(), folder.path().display().to_string());
        let find = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        Settings::resolve(&flags, find)
    }

    #[test]
    fn flag_over_environment_over_file_over_default() {
        let file = "listen = \"127.0.0.1:1\"\nreaders = 7\nmax_body_mb = 3";
        let environment = [("HEALTH_EXPORT_LISTEN", "127.0.0.1:2"), ("HEALTH_EXPORT_READERS", "8")];
        let settings = resolve(&[("listen", "127.0.0.1:3")], &environment, file).unwrap();
        assert_eq!(settings.listen.port(), 3);
        assert_eq!(settings.readers, 8);
        assert_eq!(settings.max_body, 3 << 20);
        assert_eq!(settings.resolved["listen"].1, Source::Flag);
        assert_eq!(settings.resolved["readers"].1, Source::Environment);
        assert_eq!(settings.resolved["max_body_mb"].1, Source::File);
        assert_eq!(settings.resolved["query_seconds"].1, Source::Default);
    }

    #[test]
    fn the_folder_of_a_service_is_for_its_own_account() {
        let folder = tempfile::tempdir().unwrap();
        assert!(belongs_to_me(folder.path()));
        assert!(!belongs_to_me(&folder.path().join("none")), "it is not there");
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(!belongs_to_me(&file), "it is no folder");
        let of_root = Path::new("/proc/1");
        assert_eq!(belongs_to_me(of_root), rustix::process::geteuid().is_root());
    }

    #[test]
    fn a_wrong_value_names_the_setting_and_where_it_came_from() {
        let fault = resolve(&[], &[("HEALTH_EXPORT_READERS", "many")], "").unwrap_err().to_string();
        assert!(fault.contains("readers") && fault.contains("many") && fault.contains("environment"), "{fault}");
        let fault = resolve(&[], &[], "listen_on = 1").unwrap_err().to_string();
        assert!(fault.contains("listen_on"), "{fault}");
        let fault = resolve(&[("source_priority", "phone, toaster")], &[], "").unwrap_err().to_string();
        assert!(fault.contains("source_priority") && fault.contains("toaster"), "{fault}");
        let fault = resolve(&[("tls_cert", "cert.pem")], &[], "").unwrap_err().to_string();
        assert!(fault.contains("tls_key") && fault.contains("cert.pem"), "{fault}");
        let fault = resolve(&[("home_zone", "Mars/Olympus")], &[], "").unwrap_err().to_string();
        assert!(fault.contains("home_zone"), "{fault}");
    }
}
