//! The program under test: inside this process, where its parts can be looked at, or the real binary.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use health_export::app::App;
use health_export::config::Settings;
use health_export::http::patience::Patience;
use health_export::http::serve::Listening;
use health_export::model::key::{Scope, hash, new_secret};
use health_export::store::keys::{self, NewKey};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::Client;

/// The server in this process, on a data directory of its own.
pub struct InProcess {
    pub app: App,
    pub client: Client,
    pub data_dir: TempDir,
    // Dropped in this order: the stop is asked for, then the runtime waits.
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl InProcess {
    /// Starts with a key for everything but admin; home zone UTC.
    pub fn start() -> InProcess {
        InProcess::start_with(&[])
    }

    /// Starts with settings beside the defaults.
    pub fn start_with(settings: &[(&str, &str)]) -> InProcess {
        InProcess::start_in(tempfile::tempdir().unwrap(), &[&[("home_zone", "UTC")], settings].concat())
    }

    /// Starts by a file of settings, which can then be changed.
    pub fn start_by_file(config: &str) -> InProcess {
        let data_dir = tempfile::tempdir().unwrap();
        std::fs::write(data_dir.path().join("config.toml"), config).unwrap();
        InProcess::start_in(data_dir, &[])
    }

    /// Starts on a data directory that is there already.
    pub fn start_on(data_dir: TempDir) -> InProcess {
        InProcess::start_in(data_dir, &[("home_zone", "UTC")])
    }

    /// Ends it, and starts another on its data.
    pub fn again(mut self) -> InProcess {
        let data_dir = std::mem::replace(&mut self.data_dir, tempfile::tempdir().unwrap());
        drop(self);
        InProcess::start_on(data_dir)
    }

    fn start_in(data_dir: TempDir, settings: &[(&str, &str)]) -> InProcess {
        // An internal fault is told to the log only, and a test that meets one should show it.
        health_export::telemetry::start("error", "text").unwrap();
        let mut flags: BTreeMap<String, String> = BTreeMap::from([
            ("data_dir".into(), data_dir.path().display().to_string()),
            ("listen".into(), "127.0.0.1:0".into()),
            // Tests show wrong keys more often than people do; one of them looks at the limit.
            ("wrong_keys_per_minute".into(), "0".into()),
        ]);
        flags.extend(settings.iter().map(|(key, value)| (key.to_string(), value.to_string())));
        let settings = Settings::resolve(&flags, |_| None).unwrap();
        let app = App::start(&settings).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listening = runtime.block_on(Listening::bind(settings.listen)).unwrap();
        let base = format!("http://{}", listening.address().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        runtime.spawn(listening.serve(app.clone(), async move {
            let _ = stopped.await;
        }));
        let key = make_key(&app, "owner", &[Scope::Ingest, Scope::Read, Scope::Export]);
        let client = Client::new(&base, Some(&key));
        InProcess { app, client, data_dir, stop: Some(stop), runtime: Some(runtime) }
    }

    pub fn key(&self, user: &str, scopes: &[Scope]) -> String {
        make_key(&self.app, user, scopes)
    }

    /// Another address of the same server, which waits for its clients so long; it ends with the runtime.
    pub fn listen_with(&self, patience: Patience) -> (SocketAddr, oneshot::Sender<()>) {
        let runtime = self.runtime.as_ref().unwrap();
        let listening = runtime.block_on(Listening::bind("127.0.0.1:0".parse().unwrap())).unwrap();
        let address = listening.address().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        runtime.spawn(listening.with_patience(patience).serve(self.app.clone(), async move {
            let _ = stopped.await;
        }));
        (address, stop)
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        }
    }
}

fn make_key(app: &App, user: &str, scopes: &[Scope]) -> String {
    let secret = new_secret().unwrap();
    let key = NewKey {
        user: user.into(),
        name: "test".into(),
        scopes: scopes.to_vec(),
        hash: hash(&secret),
        created_at: 0,
        expires_at: None,
    };
    app.store.writer().run(move |writing| keys::create(writing.connection, &key)).unwrap();
    secret
}

/// The real binary, serving a data directory.
pub struct RealServer {
    pub process: Child,
    pub base: String,
}

impl RealServer {
    /// Starts it and waits until it says where it listens.
    pub fn start(data_dir: &Path) -> RealServer {
        RealServer::start_with(data_dir, &[])
    }

    /// The same with flags.
    pub fn start_with(data_dir: &Path, flags: &[&str]) -> RealServer {
        RealServer::run(command(data_dir), flags)
    }

    /// The same of a command that may have been prepared.
    pub fn run(mut command: Command, flags: &[&str]) -> RealServer {
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--home-zone", "UTC"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split_whitespace().last().unwrap_or_else(|| panic!("it said {line:?}")).to_owned();
        RealServer { process, base }
    }

    /// Makes a key with the real command line.
    pub fn create_key(data_dir: &Path, scopes: &str) -> String {
        let made = command(data_dir).args(["key", "create", "--name", "test", "--scope", scopes]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The real binary on a data directory, without any setting of the machine it runs on.
pub fn command(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_health-export"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HEALTH_EXPORT_")) {
        command.env_remove(name);
    }
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        command.env_remove(name);
    }
    command.arg("--data-dir").arg(data_dir).args(["--log", "warn"]);
    command
}
