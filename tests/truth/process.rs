//! The real program as a process, over HTTP, with a clock that a file tells.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use health_export::sys::clock;
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

/// How long an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    pub process: Child,
    agent: Agent,
    base: String,
    key: String,
}

/// Why there is no answer as wanted.
pub enum Refusal {
    /// It was answered: status and problem.
    Said(u16, Value),
    /// There was no answer, or none that can be read.
    Gone(String),
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program on what is in a folder.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_health-export"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HEALTH_EXPORT_")) {
        command.env_remove(name);
    }
    command.arg("--data-dir").arg(folder.join("data")).args(["--log", "error"]).env(clock::VARIABLE, watch(folder));
    command
}

/// The file that says what time it is.
fn watch(folder: &Path) -> PathBuf {
    folder.join("clock")
}

/// A key for everything.
pub fn create_key(folder: &Path) -> String {
    let create = ["key", "create", "--name", "truth", "--scope", "ingest,read,admin"];
    let made = command(folder).args(create).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// From now on this is the time.
pub fn set_clock(folder: &Path, at: i64) {
    let next = folder.join("next");
    std::fs::write(&next, at.to_string()).unwrap();
    std::fs::rename(next, watch(folder)).unwrap();
}

impl Server {
    /// Serves what is in a folder; None where it ends before it listens.
    pub fn start(folder: &Path, key: &str, zone: &str, prepare: impl FnOnce(&mut Command)) -> Option<Server> {
        let mut command = command(folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--home-zone", zone]).stdout(Stdio::piped());
        prepare(&mut command);
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(base) = line.split_whitespace().last() else {
            process.wait().unwrap();
            return None;
        };
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into();
        Some(Server { process, agent, base: base.to_owned(), key: key.to_owned() })
    }

    pub fn post(&self, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> Result<Value, Refusal> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("x-api-key", &self.key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        read(request.send(body))
    }

    pub fn get(&self, path: &str) -> Result<Value, Refusal> {
        read(self.agent.get(format!("{}{path}", self.base)).header("x-api-key", &self.key).call())
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Said(status, problem) => write!(out, "{status} {problem}"),
            Refusal::Gone(fault) => write!(out, "no answer: {fault}"),
        }
    }
}

fn read(answer: Result<Response<Body>, ureq::Error>) -> Result<Value, Refusal> {
    let gone = |fault: ureq::Error| Refusal::Gone(fault.to_string());
    let mut answer = answer.map_err(gone)?;
    let body = answer.body_mut().read_json().map_err(gone)?;
    match answer.status().as_u16() {
        200..300 => Ok(body),
        status => Err(Refusal::Said(status, body)),
    }
}
