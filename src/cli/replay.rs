//! `health-export replay`

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::existing;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::model::relative::parse_time;
use crate::receive::{Receiver, Replayed, Step};
use crate::store::replays::{self, Selection};
use crate::store::{Store, deliveries, keys};
use crate::sys::clock;

/// Deliveries between two lines that say how far it is.
const REPORTED_EVERY: u64 = 100;

#[derive(clap::Args)]
pub struct Replay {
    /// Only deliveries received at or after: a date, an RFC 3339 time, epoch seconds, or such as -7d
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only this delivery
    #[arg(long, value_name = "ID")]
    delivery: Option<String>,
    /// Tell what each delivery would do, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The person whose data it is
    #[arg(long, default_value = "owner")]
    user: String,
}

impl Replay {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        let wrong = |text: &String| Error::BadRequest(format!("--since cannot be {text:?}"));
        let read = |text: &String| parse_time(text, &settings.home, clock::now()).ok_or_else(|| wrong(text));
        let since = self.since.as_ref().map(read).transpose()?;
        existing::database(settings)?;
        let store = Arc::new(Store::open(&settings.data_dir, settings.readers)?);
        let user = keys::find_user(&*store.reader()?, &self.user)?;
        if let Some(id) = &self.delivery {
            let found = deliveries::find(&*store.reader()?, user, id)?;
            found.ok_or_else(|| Error::NotFound(format!("there is no delivery {id}")))?;
        }
        let selection = Selection { user, since, delivery: self.delivery.clone() };
        let without_body = replays::without_body(&*store.reader()?, &selection)?;
        let receiver = Receiver::new(store, settings.preferences(), settings.max_body);
        let sum = self.replay(&receiver, &selection)?;
        print_sum(&sum, without_body, self.dry_run);
        Ok(if sum.lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn replay(&self, receiver: &Receiver, selection: &Selection) -> Result<Replayed> {
        let (mut sum, mut after) = (Replayed::default(), 0);
        while let Some(step) = receiver.replay_next(selection, after, self.dry_run)? {
            after = step.id;
            sum.add(&step);
            print(&step);
            if sum.deliveries % REPORTED_EVERY == 0 {
                eprintln!("{} deliveries, {} of them changed", sum.deliveries, sum.changed);
            }
        }
        Ok(sum)
    }
}

fn print(step: &Step) {
    let id = &step.before.delivery;
    match &step.refusal {
        Some(reason) if step.is_lost() => println!("{id}: NOT UNDERSTOOD ANY MORE, left as it is: {reason}"),
        None if step.changed => {
            let (before, after) = (&step.before.counts, &step.now.counts);
            println!(
                "{id}: {} stored, {} updated, {} unchanged; in quarantine {}, before {}",
                after.stored, after.updated, after.unchanged, after.quarantined, before.quarantined
            );
        }
        _ => {}
    }
}

fn print_sum(sum: &Replayed, without_body: i64, dry_run: bool) {
    let Replayed { deliveries, changed, understood, counts, .. } = sum;
    println!(
        "{deliveries} deliveries decoded again, {changed} read differently now, {understood} of them were refused \
         before: {} items stored, {} updated; in quarantine {}, before {}; left for later {}, before {}",
        counts.stored,
        counts.updated,
        sum.quarantined_after,
        sum.quarantined_before,
        sum.deferred_after,
        sum.deferred_before
    );
    if without_body > 0 {
        println!(
            "{without_body} deliveries have no body to decode: they are imports of files, to be imported again, or older \
             than keep_bodies_days"
        );
    }
    if dry_run {
        println!("this was a dry run: nothing was changed");
    }
}
