//! The way in, by the real binary: `serve` and `setup` print a link that works once, and `setup` says what comes in.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::json;

use crate::support::{Client, RealServer, body, command};

/// A command that goes on, and what it says.
struct Talking {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Talking {
    fn start(mut command: Command) -> Talking {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        Talking { process, said }
    }

    /// The next line that holds `part`.
    #[track_caller]
    fn line(&mut self, part: &str) -> String {
        let mut all = String::new();
        loop {
            let before = all.len();
            assert!(self.said.read_line(&mut all).unwrap() > 0, "it never said {part:?}: {all}");
            if all[before..].contains(part) {
                return all[before..].to_owned();
            }
        }
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The server and the code of the link in a line.
#[track_caller]
fn link(line: &str) -> (Client, String) {
    let link = line.split_whitespace().find(|word| word.contains("/#")).unwrap_or_else(|| panic!("no link: {line}"));
    let (base, code) = link.split_once("/#").unwrap();
    assert_eq!(code.len(), 10, "{line}");
    (Client::new(base, None), code.to_owned())
}

fn sign_in(client: &Client, code: &str) -> u16 {
    client.post("/api/v1/session", &[], json!({"code": code}).to_string().as_bytes()).status
}

fn deliver(client: &Client, key: &str, samples: i64) {
    let points: Vec<_> = (0..samples)
        .map(|at| json!({"date": format!("2024-02-05 10:{:02}:{:02} +0000", at / 60, at % 60), "qty": 1, "source": "iPhone"}))
        .collect();
    client.with_key(Some(key)).ingest(&body("step_count", "count", json!(points))).expect(200);
}

fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    command(data_dir).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn serve_prints_a_link_until_somebody_is_signed_in_and_the_log_has_none() {
    let (folder, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = logs.path().join("log");
    let serve = || {
        let mut command = command(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "trace"]);
        command.stderr(std::fs::File::options().create(true).append(true).open(&log).unwrap());
        Talking::start(command)
    };
    let mut server = serve();
    let line = server.line("/#");
    assert!(line.starts_with("open http://127.0.0.1:") && line.contains("(works once, for 30 minutes)"), "{line}");
    let (client, code) = link(&line);
    assert_eq!([sign_in(&client, &code), sign_in(&client, &code)], [200, 401]);
    drop(server);
    let line = { serve() }.line("setup");
    assert!(!line.contains("/#"), "{line}");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("/api/v1/session") && !log.to_uppercase().contains(&code), "{log}");
}

#[test]
fn setup_alone_is_the_server_and_says_what_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest");
    let mut command = command(folder.path());
    command.args(["setup", "--listen", "127.0.0.1:0"]);
    let mut setup = Talking::start(command);
    let (client, code) = link(&setup.line("/#"));
    assert_eq!([sign_in(&client, &code), sign_in(&client, &code)], [200, 401]);
    setup.line("Waiting for data");
    deliver(&client, &key, 1_234);
    assert_eq!(setup.line("received").trim(), "received 1,234 samples from iPhone");
    client.with_key(Some(&key)).post("/api/v1/ingest", &[], b"what is this").problem(400);
    assert!(setup.line("received").contains("not understood"));
    assert!(!folder.path().join("config.toml").exists(), "nobody has agreed to anything");
    let id = setup.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(setup.process.wait().unwrap().success());
}

#[test]
fn setup_beside_a_server_finds_it_and_says_what_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest");
    let server = RealServer::start(folder.path());
    let shown = run(folder.path(), &["setup", "--no-wait"]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let (client, code) = link(&said(&shown));
    assert_eq!(client.base(), server.base);
    assert_eq!([sign_in(&client, &code), sign_in(&client, &code)], [200, 401]);
    assert!(said(&shown).contains("setup --yes"), "{}", said(&shown));
    let mut command = command(folder.path());
    command.arg("setup");
    let mut setup = Talking::start(command);
    assert_ne!(link(&setup.line("/#")).1, code);
    setup.line("Waiting for data");
    deliver(&client, &key, 1);
    assert_eq!(setup.line("received").trim(), "received 1 sample from iPhone");
}

#[test]
fn consent_is_kept_and_a_running_server_is_to_be_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "# mine\nlisten = \"127.0.0.1:8799\" # at home\n").unwrap();
    let without = said(&run(folder.path(), &["setup", "--no-wait"]));
    assert!(without.contains("setup --yes") && without.contains("health-export serve"), "{without}");
    assert!(without.contains("http://127.0.0.1:8799/#"), "{without}");
    assert!(std::fs::read_to_string(&config).unwrap().contains("127.0.0.1:8799"));
    let server = RealServer::start(folder.path());
    let with = said(&run(folder.path(), &["setup", "--no-wait", "--yes"]));
    assert!(with.contains("restart") || with.contains("start `health-export serve` again"), "{with}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "# mine\nlisten = \"0.0.0.0:8799\" # at home\n");
    drop(server);
    let after = said(&run(folder.path(), &["setup", "--no-wait"]));
    assert!(after.contains(":8799/#") && after.contains("plain HTTP"), "{after}");
}

#[test]
fn an_address_of_the_internet_needs_more_than_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), &["setup", "--no-wait", "--listen", "203.0.113.5:8787"]);
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("203.0.113.5") && told.contains("--public"), "{told}");
    assert!(!folder.path().join("config.toml").exists());
    let meant = run(folder.path(), &["setup", "--no-wait", "--listen", "203.0.113.5:8787", "--public"]);
    assert!(meant.status.success() && said(&meant).contains("http://203.0.113.5:8787/#"), "{}", said(&meant));
    let wrong = run(folder.path(), &["setup", "--no-wait", "--public=perhaps"]);
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("public"));
}
