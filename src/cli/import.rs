//! `health-export import PATH...`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::model::receipt::{Counts, Receipt};
use crate::receive::Receiver;
use crate::receive::import::{Imported, Progress, Request};
use crate::store::{Store, keys};

/// How often progress is shown on a terminal, and elsewhere.
const TICK: Duration = Duration::from_millis(200);
const LINE_EVERY: u32 = 50;

#[derive(clap::Args)]
pub struct Import {
    /// Apple's export.zip or export.xml, Health Auto Export files, or folders of these
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The person whose data it is
    #[arg(long, default_value = "owner")]
    user: String,
    /// What the app's "aggregate" was set to when it wrote the files: none, minutes, hours, days, weeks, months, years.
    /// Recognised from the dates when not given.
    #[arg(long)]
    aggregation: Option<String>,
    /// Count what is in the files, and write nothing to the database
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        let mut failed = 0;
        let mut sum = Counts::default();
        // A dry run of small files is an import into a database that is thrown away.
        let scratch = self.dry_run.then(tempfile::tempdir).transpose();
        let scratch = scratch.map_err(|fault| Error::io("creating a temporary folder", &fault))?;
        let folder = scratch.as_ref().map_or(settings.data_dir.as_path(), |folder| folder.path());
        let (receiver, user) = self.receiver(settings, folder)?;
        for path in &self.paths {
            let done = watched(path, |progress| {
                if self.dry_run
                    && let Some(receipt) = Receiver::count_export(&settings.home, path, progress)?
                {
                    return Ok(vec![Imported { name: path.display().to_string(), receipt: Ok(receipt) }]);
                }
                receiver.import(&self.request(user, path), progress)
            });
            match done {
                Ok(imported) => imported.into_iter().for_each(|one| failed += self.print(path, one, &mut sum)),
                Err(error) => {
                    eprintln!("{}: {error}", path.display());
                    failed += 1;
                }
            }
        }
        println!("all: {}", self.words(sum));
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn receiver(&self, settings: &Settings, folder: &Path) -> Result<(Receiver, i64)> {
        let store = Arc::new(Store::open(folder, settings.readers)?);
        let (name, now) = (self.user.clone(), jiff::Timestamp::now().as_second());
        let user = store.writer().run(move |writing| keys::user_id(writing.connection, &name, now))?;
        Ok((Receiver::new(store, settings.preferences(), settings.max_body), user))
    }

    fn request(&self, user: i64, path: &Path) -> Request {
        Request {
            user,
            api_key: None,
            path: path.to_owned(),
            name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            beside: true,
            aggregation: self.aggregation.clone(),
        }
    }

    /// Prints what became of one delivery; gives the number of failures.
    fn print(&self, path: &Path, imported: Imported, sum: &mut Counts) -> u32 {
        let name = match path.file_name().is_some_and(|name| name.to_string_lossy() == imported.name) {
            true => path.display().to_string(),
            false => format!("{}: {}", path.display(), imported.name),
        };
        match imported.receipt {
            Ok(receipt) => {
                self.print_receipt(&name, &receipt);
                *sum = sum.plus(receipt.counts);
                0
            }
            Err(error) => {
                eprintln!("{name}: {error}");
                1
            }
        }
    }

    fn print_receipt(&self, name: &str, receipt: &Receipt) {
        println!("{name}: {}", self.words(receipt.counts));
        if receipt.by_metric.len() > 1 {
            for (metric, counts) in &receipt.by_metric {
                println!("  {metric}: {}", self.words(*counts));
            }
        }
        for (kind, items) in &receipt.deferred {
            println!("  {items} {kind} kept for later");
        }
        for line in receipt.problems.iter().chain(&receipt.notes) {
            println!("  {}: {}", line.path, line.reason);
        }
    }

    fn words(&self, counts: Counts) -> String {
        let Counts { received, stored, updated, unchanged, quarantined, superseded } = counts;
        if self.dry_run {
            return format!("{received} received, {quarantined} would be quarantined");
        }
        let more = if superseded == 0 { String::new() } else { format!(", {superseded} earlier ones superseded") };
        format!(
            "{received} received, {stored} stored, {updated} updated, {unchanged} unchanged, {quarantined} quarantined{more}"
        )
    }
}

/// Runs an import and shows how far it is: as a bar on a terminal, as a line now and then elsewhere.
fn watched<T: Send>(path: &Path, import: impl FnOnce(&Progress) -> Result<T> + Send) -> Result<T> {
    let progress = Progress::default();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| import(&progress));
        let bar = bar(path);
        let mut ticks = 0;
        while !running.is_finished() {
            // Small files are done at once.
            std::thread::sleep(if ticks == 0 { TICK / 20 } else { TICK });
            ticks += 1;
            show(&progress, bar.as_ref(), path, ticks);
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        running.join().map_err(|_| Error::Internal("the import ended by a panic".into()))?
    })
}

fn bar(path: &Path) -> Option<ProgressBar> {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {bytes} of {total_bytes}, {msg}, {eta} left").ok()?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    std::io::stderr().is_terminal().then(|| ProgressBar::new(0).with_style(style).with_prefix(name))
}

fn show(progress: &Progress, bar: Option<&ProgressBar>, path: &Path, ticks: u32) {
    let (read, total) = (progress.read(), progress.total());
    match bar {
        Some(bar) => {
            bar.set_length(total);
            bar.set_position(read.min(total));
            bar.set_message(format!("{} items", progress.items()));
        }
        None if total > 0 && ticks.is_multiple_of(LINE_EVERY) => {
            let percent = read.saturating_mul(100) / total;
            eprintln!("{}: {} % of {} MB, {} items", path.display(), percent.min(100), total >> 20, progress.items());
        }
        None => {}
    }
}
