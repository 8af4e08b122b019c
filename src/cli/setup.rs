//! `health-export setup`: the way in. Asks whether phones may connect, shows a link that signs the owner in, and says what
//! comes in. Where no server runs on the data, it is the server itself for as long as it waits.

use std::io::{BufRead, IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::link::{self, say};
use crate::cli::serve;
use crate::cli::watch::Watch;
use crate::config::{Settings, Source, file};
use crate::error::{Error, Result};
use crate::http::at::At;
use crate::store::Store;
use crate::sys::address::is_private;
use crate::sys::lock::{self, Lock};

/// Where the unit of a whole machine's service may be.
const UNITS: [&str; 3] = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// How often a server that has just begun to start is asked for its address.
const TRIES: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(100);

#[derive(clap::Args)]
pub struct Setup {
    /// Let phones on the network connect, without asking
    #[arg(long)]
    yes: bool,
    /// End when the link is printed; it is of use while a server runs
    #[arg(long)]
    no_wait: bool,
}

impl Setup {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        refuse_internet(settings)?;
        match lock::try_take(&settings.data_dir)? {
            Some(lock) => self.alone(settings, &lock),
            None => self.beside(settings),
        }
    }

    /// Where no server runs.
    fn alone(self, settings: &Settings, lock: &Lock) -> Result<ExitCode> {
        let settings = &Settings { listen: self.wanted(settings)?, ..settings.clone() };
        if self.no_wait {
            let store = Store::open(&settings.data_dir, settings.readers)?;
            link::show(&store, At { address: settings.listen, https: settings.tls.is_some() }, settings.public)?;
            say("No server runs yet: start it with `health-export serve`, then open the link.");
            return Ok(ExitCode::SUCCESS);
        }
        serve::serve(settings, lock, |app, at| {
            link::show(&app.store, at, settings.public)?;
            say(
                "The server runs here until you press Ctrl-C; `health-export serve` starts it again. Waiting for data ...",
            );
            Watch::start(app.store.clone())
        })
    }

    /// Beside a server.
    fn beside(self, settings: &Settings) -> Result<ExitCode> {
        let at = running(&settings.data_dir)?;
        if !at.is_reachable() && !self.wanted(settings)?.ip().is_loopback() {
            say(&format!("The server still listens on this machine only; {}\n", restart()));
        }
        let store = Arc::new(Store::open(&settings.data_dir, settings.readers)?);
        link::show(&store, at, settings.public)?;
        if !self.no_wait {
            say("Waiting for data; Ctrl-C ends this, and the server runs on ...");
            Watch::start(store)?.wait();
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Where to listen, after having asked, if it is not settled yet.
    fn wanted(&self, settings: &Settings) -> Result<SocketAddr> {
        let source = settings.resolved.get("listen").map(|(_, source)| *source);
        match (settings.listen.ip().is_loopback(), source) {
            (false, Some(Source::Flag)) => keep(settings, settings.listen),
            (false, _) => Ok(settings.listen),
            (true, Some(source @ (Source::Flag | Source::Environment))) => {
                say(&format!("Only this machine can connect: the {} says to listen there.\n", source.as_str()));
                Ok(settings.listen)
            }
            (true, _) if self.yes || agreed()? => {
                keep(settings, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), settings.listen.port()))
            }
            (true, _) => {
                say("Only this machine can connect. To let phones in: health-export setup --yes\n");
                Ok(settings.listen)
            }
        }
    }
}

/// An address of the internet lets strangers in, which nobody should come to by a flag alone.
fn refuse_internet(settings: &Settings) -> Result<()> {
    let address = settings.listen.ip();
    match settings.public || address.is_unspecified() || is_private(address) {
        true => Ok(()),
        false => Err(Error::BadRequest(format!(
            "{address} is an address of the internet, where anybody can connect: listen on one of your own network, or add \
             --public if that is meant"
        ))),
    }
}

/// Asks at the terminal; without one, nobody has agreed.
fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Ok(false);
    }
    print!("Let phones on your network connect? [Y/n] ");
    let mut answer = String::new();
    let asked = std::io::stdout().flush().and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    let read = asked.map_err(|fault| Error::io("asking at the terminal", &fault))?;
    // The end of the input is no answer.
    Ok(read > 0 && matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

/// Writes down where to listen, so that the server does so from now on.
fn keep(settings: &Settings, listen: SocketAddr) -> Result<SocketAddr> {
    // Port 0 is another one each time.
    if listen.port() != 0 {
        file::set(&settings.data_dir, &[("listen", &listen.to_string())])?;
        say(&format!("{} now says to listen on {listen}.\n", settings.data_dir.join("config.toml").display()));
    }
    Ok(listen)
}

/// Where the server of a data directory listens.
fn running(data_dir: &Path) -> Result<At> {
    for _ in 0..TRIES {
        if let Ok(at) = serde_json::from_str(&lock::left(data_dir)?) {
            return Ok(at);
        }
        std::thread::sleep(BETWEEN);
    }
    Err(Error::Busy(
        "another health-export works on this data directory and does not serve: try again when it is done".into(),
    ))
}

fn restart() -> &'static str {
    let installed = UNITS.iter().any(|folder| Path::new(folder).join("health-export.service").exists());
    if installed {
        "restart it: sudo systemctl restart health-export"
    } else {
        "stop it and start `health-export serve` again."
    }
}
