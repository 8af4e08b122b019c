//! `health-export demo`
//!
//! It takes its settings from flags alone: an environment or a file that is meant for a real server names real folders.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Seek};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::config::{Settings, Source};
use crate::error::{Error, Result};
use crate::http::serve::Listening;
use crate::http::tls::Tls;
use crate::model::key::{OWNER, Scope, hash, new_secret};
use crate::query::rollups::keeper::Keeper;
use crate::receive::import::{Progress, Request};
use crate::receive::{Encoding, Receiver, Upload};
use crate::store::deliveries::Origin;
use crate::store::keys::{self, NewKey};
use crate::store::{Store, codes};
use crate::synth::demo::{self, Delivery};
use crate::sys::signals;
use crate::telemetry::figures;

const PERSON: &str = "owner";

#[derive(clap::Args)]
pub struct Demo {
    /// How many years of data
    #[arg(long, default_value_t = 1)]
    years: i16,
    /// The day after the last one made up [default: tomorrow, with today up to now]
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// The same seed and --until give the same data
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// No data: what a person sees who has just begun
    #[arg(long, conflicts_with_all = ["years", "until", "seed"])]
    empty: bool,
}

impl Demo {
    pub fn run(&self, mut flags: BTreeMap<String, String>) -> Result<ExitCode> {
        if flags.contains_key("data_dir") {
            return Err(Error::BadRequest(
                "demo serves a folder of its own, which it removes at the end: leave --data-dir out, or use `serve`"
                    .into(),
            ));
        }
        let folder = tempfile::Builder::new().prefix("health-export-demo-").tempdir();
        let folder = folder.map_err(|fault| Error::io("creating a temporary folder", &fault))?;
        flags.insert("data_dir".into(), folder.path().display().to_string());
        flags.entry("log".into()).or_insert_with(|| "warn".into());
        let settings = Settings::resolve(&flags, |_| None)?;
        crate::telemetry::start(&settings.log, &settings.log_format)?;
        let person = if self.empty { None } else { Some(self.person(&settings.home)?) };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(32)
            .build()
            .map_err(|fault| Error::io("starting the runtime", &fault))?;
        let served = runtime.block_on(serve(&settings, person));
        // Whoever still works in the folder must have ended before it goes.
        drop(runtime);
        let removed = folder.close().map_err(|fault| Error::io("removing the temporary folder", &fault));
        served.and(removed).map(|()| ExitCode::SUCCESS)
    }

    fn person(&self, home: &TimeZone) -> Result<demo::Demo> {
        let now = Timestamp::now();
        let tomorrow = now.to_zoned_datetime(home.clone()).date().tomorrow();
        let tomorrow = tomorrow.map_err(|fault| Error::internal("asking for tomorrow", fault))?;
        let until: Date = match &self.until {
            None => tomorrow,
            Some(text) => text
                .parse()
                .map_err(|_| Error::BadRequest(format!("--until cannot be {text:?}: write it as 2026-01-31")))?,
        };
        if until > tomorrow {
            return Err(Error::BadRequest(format!(
                "--until cannot be {until}: nothing is made up that is still to come, so {tomorrow} is the last"
            )));
        }
        let end = until.to_zoned_datetime(home.clone());
        let end = end.map_err(|fault| Error::internal("asking for a midnight", fault))?;
        // Nothing has come that was not measured yet.
        let now = now.min(end.timestamp());
        demo::Demo::new(self.seed, self.years, until, now.as_second(), home.clone())
    }
}

async fn serve(settings: &Settings, person: Option<demo::Demo>) -> Result<()> {
    let mut stop = Box::pin(signals::stop_requested()?);
    figures::start()?;
    let tls = settings.tls.as_ref().map(|(certificate, key)| Tls::load(certificate, key)).transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    // Before the work, which would be in vain where the address is taken.
    let listening = listen(settings).await?.with_tls(tls);
    let address = listening.address()?;
    let app = App::start(settings)?;
    let is_empty = person.is_none();
    if let Some(person) = person {
        let (receiver, folder) = (app.receiver.clone(), settings.data_dir.clone());
        let stopped = Arc::new(AtomicBool::new(false));
        let asked = stopped.clone();
        let mut work = Box::pin(blocking(move || Filling { receiver, stopped: asked }.run(&person, &folder)));
        tokio::select! {
            done = &mut work => done?,
            () = &mut stop => {
                stopped.store(true, Relaxed);
                // It ends with the error that it was stopped, which is no news.
                let _ = work.await;
                return Ok(());
            }
        }
    }
    let store = app.store.clone();
    blocking(move || tell(&store, &format!("{scheme}://{address}"), is_empty)).await?;
    let _keeper = Keeper::start(app.store.clone(), app.engine.clone(), app.preferences.clone())?;
    listening.serve(app, stop).await
}

/// Says how to come in. Who tries the first run gets no key, for there is none then.
fn tell(store: &Store, base: &str, is_empty: bool) -> Result<()> {
    let code = codes::make_for_owner(store, Timestamp::now().as_second())?.code;
    println!("health-export listens on {base}");
    println!("open {base}/#{code} (works once, for 30 minutes)");
    if !is_empty {
        let (key, _) = new_key(store, "demo", vec![Scope::Read, Scope::Export])?;
        println!("or ask: curl -H 'Authorization: Bearer {key}' '{base}/api/v1/metrics'");
    }
    println!("Ctrl-C ends it and removes everything.");
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|fault| Error::internal("making up data", fault))?
}

/// Where nobody has asked for an address, the usual one may belong to a real server.
async fn listen(settings: &Settings) -> Result<Listening> {
    let bound = Listening::bind(settings.listen).await;
    match settings.resolved.get("listen") {
        Some((_, Source::Default)) if bound.is_err() => Listening::bind(([127, 0, 0, 1], 0).into()).await,
        _ => bound,
    }
}

/// A key's secret and its row.
fn new_key(store: &Store, name: &str, scopes: Vec<Scope>) -> Result<(String, i64)> {
    let secret = new_secret().map_err(|fault| Error::internal("making a secret", fault))?;
    let key = NewKey {
        user: PERSON.into(),
        name: name.into(),
        scopes,
        hash: hash(&secret),
        created_at: Timestamp::now().as_second(),
        expires_at: None,
    };
    let id = store.writer().run(move |writing| keys::create(writing.connection, &key))?;
    Ok((secret, id))
}

/// Sends made-up data through the doors that real data comes by.
struct Filling {
    receiver: Receiver,
    stopped: Arc<AtomicBool>,
}

impl Filling {
    fn run(&self, person: &demo::Demo, folder: &Path) -> Result<()> {
        let bar = bar();
        let (_, phone) = new_key(&self.receiver.store, "phone", vec![Scope::Ingest])?;
        self.import(person, folder, &bar)?;
        let mut sent = 0_u64;
        person.deliveries(|delivery| {
            self.go_on()?;
            sent += 1;
            bar.set_message(format!("delivery {sent}"));
            self.deliver(delivery, phone)
        })?;
        bar.finish_and_clear();
        Ok(())
    }

    fn go_on(&self) -> Result<()> {
        match self.stopped.load(Relaxed) {
            true => Err(Error::Unavailable("making up data was stopped".into())),
            false => Ok(()),
        }
    }

    /// The years before the automations, as an export.
    fn import(&self, person: &demo::Demo, folder: &Path, bar: &ProgressBar) -> Result<()> {
        let path = folder.join("tmp").join("export.zip");
        let failed = |fault: std::io::Error| Error::io("writing made-up data", &fault);
        let mut file = std::fs::File::create(&path).map_err(failed)?;
        demo::export(person, &mut file, |share| {
            bar.set_message(format!("export.zip {:.0} %", share * 100.0));
            self.go_on()
        })?;
        file.rewind().map_err(failed)?;
        let request = Request {
            user: OWNER,
            api_key: None,
            path: path.clone(),
            name: "export.zip".into(),
            beside: false,
            aggregation: None,
        };
        let receiver = self.receiver.as_of(moment(person.imported_at()?)?);
        let progress = Progress::default();
        std::thread::scope(|scope| {
            let importing = scope.spawn(|| receiver.import(&request, &progress));
            while !importing.is_finished() {
                std::thread::sleep(Duration::from_millis(20));
                bar.set_message(format!("importing it, {} items", progress.items()));
                if self.stopped.load(Relaxed) {
                    progress.stop();
                }
            }
            let imported = importing.join().map_err(|_| Error::Internal("the import ended by a panic".into()))??;
            imported.into_iter().try_for_each(|one| one.receipt.map(drop))
        })?;
        std::fs::remove_file(path).map_err(failed)
    }

    fn deliver(&self, delivery: Delivery, phone: i64) -> Result<()> {
        let is_file = delivery.file.is_some();
        let origin = Origin {
            automation_name: delivery.automation.map(str::to_owned),
            automation_aggregation: delivery.aggregation.map(str::to_owned),
            automation_period: delivery.automation.map(|_| "Since Last Sync".to_owned()),
            file: delivery.file,
            content_type: (!is_file).then(|| "application/json".to_owned()),
            ..Origin::default()
        };
        let api_key = (!is_file).then_some(phone);
        let upload = Upload { user: OWNER, api_key, origin, encoding: Encoding::Identity, body: delivery.body.into() };
        let receiver = self.receiver.as_of(moment(delivery.at)?);
        receiver.receive_blocking(upload).map(drop)
    }
}

fn moment(seconds: i64) -> Result<Timestamp> {
    Timestamp::from_second(seconds).map_err(|fault| Error::internal("making up a time", fault))
}

/// A line on a terminal, and nothing elsewhere.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} making up a person: {msg}") {
        bar.set_style(style);
    }
    bar
}
