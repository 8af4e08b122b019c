//! The real binary: its command line, and a server as a child of this process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::confine::Confinement;
use crate::world::ZONE;

/// Longest that a server may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts on a free port, and waits until it says which.
    pub fn start(data_dir: &Path, confinement: &Confinement) -> Result<Server, String> {
        let mut command = confinement.command(env!("CARGO_BIN_EXE_health-export"));
        settled(&mut command, data_dir).args(["--listen", "127.0.0.1:0", "serve"]).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|fault| format!("the server does not start: {fault}"))?;
        let mut line = String::new();
        let said = child.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
        let address = line.trim().rsplit("http://").next().and_then(|address| address.parse().ok());
        match (said, address) {
            (Some(Ok(_)), Some(address)) => Ok(Server { child, address }),
            _ => {
                let ended = child.wait().map_or_else(|fault| fault.to_string(), |status| status.to_string());
                Err(format!("the server said {line:?} and ended: {ended}"))
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// As the kernel does when memory is out.
    pub fn kill(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
    }

    /// Why it is not running any more, if it is not.
    pub fn ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(format!("the server has ended by itself: {status}")),
            Err(fault) => Some(format!("the server cannot be looked at: {fault}")),
        }
    }

    /// Asks it to end, and says what was wrong with that.
    pub fn stop(mut self) -> Result<(), String> {
        if let Some(ended) = self.ended() {
            return Err(ended);
        }
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        asked.map_err(|fault| format!("the server cannot be asked to end: {fault}"))?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("asked to end, the server ended with {status}")),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        Err(format!("asked to end, the server was still there {} s later", PATIENCE.as_secs()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended; nothing else can be done about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs one command of the binary to its end and gives what it printed.
pub fn run(data_dir: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_health-export"));
    let output = settled(&mut command, data_dir).args(arguments).output().map_err(|fault| fault.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(format!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Without any setting of the machine it runs on.
fn settled<'a>(command: &'a mut Command, data_dir: &Path) -> &'a mut Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HEALTH_EXPORT_")) {
        command.env_remove(name);
    }
    command.arg("--data-dir").arg(data_dir).args(["--home-zone", ZONE, "--log", "warn"])
}
