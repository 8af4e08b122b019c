//! The command line: one file per command. What a command is asked for goes to standard output, everything else to
//! standard error.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod backup;
mod check;
mod config;
mod demo;
mod existing;
mod export;
mod export_all;
mod import;
mod key;
pub mod link;
mod replay;
mod restore;
mod serve;
mod setup;
mod synth;
mod watch;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Settings;
use crate::error::Result;
use crate::sys::signals;

/// Own your Apple Health data: one binary, one SQLite file, answers from DuckDB.
#[derive(Parser)]
#[command(name = "health-export", version, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

/// Every setting as a flag; `config.example.toml` explains them.
#[derive(Args)]
#[command(next_help_heading = "Settings (also by environment HEALTH_EXPORT_... and config.toml)")]
struct Flags {
    /// Where everything is kept
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Address and port to listen on [default: 127.0.0.1:8787]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Answer requests from the internet too [default: false]
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    public: Option<String>,
    /// Names under which the server is asked, joined by commas
    #[arg(long, global = true, value_name = "NAMES")]
    allowed_hosts: Option<String>,
    /// Time zone of your local days, such as Europe/Berlin [default: the system's]
    #[arg(long, global = true, value_name = "ZONE")]
    home_zone: Option<String>,
    /// Units of answers that name none: metric, imperial or as_sent [default: metric]
    #[arg(long, global = true, value_name = "SYSTEM")]
    units: Option<String>,
    /// Whom to believe where sources overlap [default: watch, phone, other]
    #[arg(long, global = true, value_name = "KINDS")]
    source_priority: Option<String>,
    /// Largest delivery in megabytes [default: 64]
    #[arg(long, global = true, value_name = "MB")]
    max_body_mb: Option<String>,
    /// Largest file to import over the network in megabytes [default: 8192]
    #[arg(long, global = true, value_name = "MB")]
    max_import_mb: Option<String>,
    /// What deliveries and imports leave free on the disk, in megabytes [default: 256]
    #[arg(long, global = true, value_name = "MB")]
    keep_free_mb: Option<String>,
    /// Memory for deliveries on their way in, in megabytes [default: 32]
    #[arg(long, global = true, value_name = "MB")]
    upload_memory_mb: Option<String>,
    /// Disk for the same [default: 512]
    #[arg(long, global = true, value_name = "MB")]
    upload_disk_mb: Option<String>,
    /// Connections that read the database at once [default: 16]
    #[arg(long, global = true, value_name = "NUMBER")]
    readers: Option<String>,
    /// Memory for DuckDB in megabytes [default: auto]
    #[arg(long, global = true, value_name = "MB")]
    duckdb_memory_mb: Option<String>,
    /// Threads for DuckDB [default: auto]
    #[arg(long, global = true, value_name = "NUMBER")]
    duckdb_threads: Option<String>,
    /// Longest that a question may take in seconds [default: 30]
    #[arg(long, global = true, value_name = "SECONDS")]
    query_seconds: Option<String>,
    /// Space for temporary files and downloads in megabytes [default: 2048]
    #[arg(long, global = true, value_name = "MB")]
    spool_mb: Option<String>,
    /// Memory for finished answers in megabytes [default: 16]
    #[arg(long, global = true, value_name = "MB")]
    answer_cache_mb: Option<String>,
    /// Most connections at once [default: 1024]
    #[arg(long, global = true, value_name = "NUMBER")]
    max_connections: Option<String>,
    /// Wrong keys of one address in a minute before it has to wait; 0 is no limit [default: 20]
    #[arg(long, global = true, value_name = "NUMBER")]
    wrong_keys_per_minute: Option<String>,
    /// Folder of backups [default: backups in the data directory]
    #[arg(long, global = true, value_name = "FOLDER")]
    backup_dir: Option<String>,
    /// Days whose last backup is kept [default: 7]
    #[arg(long, global = true, value_name = "NUMBER")]
    backup_keep_daily: Option<String>,
    /// Weeks whose last backup is kept [default: 4]
    #[arg(long, global = true, value_name = "NUMBER")]
    backup_keep_weekly: Option<String>,
    /// Months whose last backup is kept [default: 12]
    #[arg(long, global = true, value_name = "NUMBER")]
    backup_keep_monthly: Option<String>,
    /// Days for which raw bodies are kept; 0 is for ever [default: 0]
    #[arg(long, global = true, value_name = "DAYS")]
    keep_bodies_days: Option<String>,
    /// Certificate for HTTPS, a PEM file with its chain [default: plain HTTP]
    #[arg(long, global = true, value_name = "FILE")]
    tls_cert: Option<String>,
    /// Its key, a PEM file
    #[arg(long, global = true, value_name = "FILE")]
    tls_key: Option<String>,
    /// What is logged: error, warn, info, debug or trace [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    /// How lines of the log are written: auto, text, json or journal [default: auto]
    #[arg(long, global = true, value_name = "FORM")]
    log_format: Option<String>,
}

impl Flags {
    fn given(self) -> BTreeMap<String, String> {
        let flags = [
            ("data_dir", self.data_dir),
            ("listen", self.listen),
            ("public", self.public),
            ("allowed_hosts", self.allowed_hosts),
            ("home_zone", self.home_zone),
            ("units", self.units),
            ("source_priority", self.source_priority),
            ("max_body_mb", self.max_body_mb),
            ("max_import_mb", self.max_import_mb),
            ("keep_free_mb", self.keep_free_mb),
            ("upload_memory_mb", self.upload_memory_mb),
            ("upload_disk_mb", self.upload_disk_mb),
            ("readers", self.readers),
            ("duckdb_memory_mb", self.duckdb_memory_mb),
            ("duckdb_threads", self.duckdb_threads),
            ("query_seconds", self.query_seconds),
            ("spool_mb", self.spool_mb),
            ("answer_cache_mb", self.answer_cache_mb),
            ("max_connections", self.max_connections),
            ("wrong_keys_per_minute", self.wrong_keys_per_minute),
            ("backup_dir", self.backup_dir),
            ("backup_keep_daily", self.backup_keep_daily),
            ("backup_keep_weekly", self.backup_keep_weekly),
            ("backup_keep_monthly", self.backup_keep_monthly),
            ("keep_bodies_days", self.keep_bodies_days),
            ("tls_cert", self.tls_cert),
            ("tls_key", self.tls_key),
            ("log", self.log),
            ("log_format", self.log_format),
        ];
        flags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Let phones connect, and sign in a browser
    Setup(setup::Setup),
    /// Make, list and revoke keys
    #[command(subcommand)]
    Key(key::Command),
    /// Import Apple's export.zip, Health Auto Export files, or folders of these
    Import(import::Import),
    /// Decode kept deliveries again with today's decoders
    Replay(replay::Replay),
    /// Write what is stored to a file, or everything to a folder
    Export(export::Export),
    /// Copy the database while the server serves, and verify the copy
    Backup(backup::Backup),
    /// Put a backup in the place of the database
    Restore(restore::Restore),
    /// Ask whether the database is whole
    Check,
    /// Print the settings in force and where each came from
    Config,
    /// Serve a made-up person from a temporary folder, to look around
    Demo(demo::Demo),
    /// Make up data for tests, benches and demos
    Synth(synth::Synth),
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("health-export: {error}");
            if let Some(cause) = error.cause() {
                eprintln!("{cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    signals::outlive_size_limits()?;
    let flags = arguments.flags.given();
    match &arguments.command {
        Command::Synth(synth) => return synth.run(),
        Command::Demo(demo) => return demo.run(flags),
        _ => {}
    }
    let settings = Settings::resolve(&flags, |name| std::env::var(name).ok())?;
    crate::telemetry::start(&settings.log, &settings.log_format)?;
    settings.hint().iter().for_each(|hint| eprintln!("note: {hint}"));
    match arguments.command {
        Command::Serve => serve::run(&settings),
        Command::Setup(setup) => setup.run(&settings),
        Command::Key(command) => command.run(&settings),
        Command::Import(import) => import.run(&settings),
        Command::Replay(replay) => replay.run(&settings),
        Command::Export(export) => export.run(&settings),
        Command::Backup(backup) => backup.run(&settings),
        Command::Restore(restore) => restore.run(&settings),
        Command::Check => check::run(&settings),
        Command::Config => config::run(&settings),
        Command::Demo(demo) => demo.run(flags),
        Command::Synth(synth) => synth.run(),
    }
}
