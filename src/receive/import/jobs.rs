//! Imports in the background: one at a time, so that people take turns, and each person's in the order in which they were taken.
//!
//! A job is a file in `imports/` of the data directory and a row. The file is on disk before the row is, and the row
//! before the sender is answered. When the process ends, its jobs begin again at the next start: what a job has stored
//! already it finds unchanged. The file goes when its job is done. After a failure it stays for a week, because sending
//! gigabytes from a phone again is what nobody wants to do for a reason that can be looked at here.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;

use crate::error::{Error, Result};
use crate::model::receipt::{PROBLEMS_SHOWN, Receipt};
use crate::receive::Receiver;
use crate::receive::import::{Imported, Progress, Request};
use crate::store::jobs::{self, Job, NewJob};
use crate::sys::{clock, files};

/// How long the file of a failed job is kept.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

/// A file that belongs to no job may be one that is still coming in, for as long as something is written to it.
const UPLOADING: Duration = Duration::from_secs(86_400);

/// How often a job is begun: one at which the process dies must not do so at every start for ever. A stop that was asked for
/// does not count.
const MOST_BEGINNINGS: i64 = 5;

/// What is told of a job that was cancelled.
const CANCELLED: &str = "cancelled: what had been stored of it before stays, as a delivery that can be deleted; send the file again \
                         to import all of it";

/// How long the thread sleeps when nobody wakes it.
const NAP: Duration = Duration::from_secs(60);

/// How long it waits for a disk that fails.
const RETRY: Duration = Duration::from_secs(1);

/// The background. Its thread ends, after the piece that it is at, when the last handle is dropped.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    receiver: Receiver,
    folder: PathBuf,
    /// The job that runs, by its public id, and how far it is.
    running: Mutex<Option<(String, Arc<Progress>)>>,
    stopped: Progress,
    /// Told when a job comes, begins, or ends.
    changed: Notify,
}

impl Jobs {
    /// Nothing runs until `start`. The folder is made when it is needed.
    pub fn new(receiver: Receiver, data_dir: &Path) -> Jobs {
        let shared = Shared {
            receiver,
            folder: data_dir.join("imports"),
            running: Mutex::default(),
            stopped: Progress::default(),
            changed: Notify::new(),
        };
        Jobs(Arc::new(Inner { shared: Arc::new(shared), thread: Mutex::default() }))
    }

    /// Begins the jobs that wait, those again that were running when the process ended, and from now on those that come.
    /// Only the server does this; a command beside it leaves its jobs alone.
    pub fn start(&self) -> Result<()> {
        let mut thread = guard(&self.0.thread);
        if thread.is_some() {
            return Ok(());
        }
        let shared = self.0.shared.clone();
        shared.receiver.store.writer().run(|writing| jobs::queue_again(writing.connection))?;
        shared.tidy(Duration::ZERO)?;
        let started = std::thread::Builder::new().name("imports".into()).spawn(move || shared.run());
        *thread = Some(started.map_err(|fault| Error::io("starting the imports", &fault))?);
        Ok(())
    }

    /// A file to write an upload to. It becomes a job with `take`; until then nothing keeps it over a start.
    pub fn file(&self, public_id: &str) -> Result<PathBuf> {
        let folder = &self.0.shared.folder;
        std::fs::create_dir_all(folder).map_err(|fault| Error::io("creating the folder for imports", &fault))?;
        Ok(folder.join(public_id))
    }

    /// Takes a file that is on disk as a job.
    pub async fn take(&self, job: NewJob) -> Result<()> {
        let writer = self.0.shared.receiver.store.writer();
        let taken = writer.submit(move |writing| jobs::insert(writing.connection, &job))?;
        taken.await.map_err(|_| Error::Internal("the writer has stopped".into()))??;
        self.0.wake();
        Ok(())
    }

    /// Ends a person's job before it is done, and removes its file. None when there is no such job, false when it has ended by
    /// itself.
    pub fn cancel(&self, user: i64, public_id: &str) -> Result<Option<bool>> {
        let (id, now) = (public_id.to_owned(), clock::now().as_millisecond());
        let writer = self.0.shared.receiver.store.writer();
        let cancelled = writer.run(move |writing| jobs::cancel(writing.connection, user, &id, CANCELLED, now))?;
        if cancelled == Some(true) {
            match self.progress(public_id) {
                // The thread removes the file when it has let go of it.
                Some(progress) => progress.stop(),
                None => self.0.shared.remove(public_id),
            }
            self.0.shared.changed.notify_waiters();
        }
        Ok(cancelled)
    }

    /// Ends all of a person's jobs that wait or run.
    pub fn cancel_all(&self, user: i64) -> Result<()> {
        let unended = jobs::unended(&*self.0.shared.receiver.store.reader()?, user)?;
        unended.iter().try_for_each(|id| self.cancel(user, id).map(drop))
    }

    /// How far a job is that runs now.
    pub fn progress(&self, public_id: &str) -> Option<Arc<Progress>> {
        let running = guard(&self.0.shared.running);
        running.as_ref().filter(|(id, _)| id == public_id).map(|(_, progress)| progress.clone())
    }

    /// Waits until a job comes, begins or ends.
    pub async fn changed(&self) {
        self.0.shared.changed.notified().await;
    }

    pub fn is_stopped(&self) -> bool {
        self.0.shared.stopped.is_stopped()
    }

    /// Asks the thread to end, and lets those go who look on.
    pub fn ask_to_stop(&self) {
        self.0.ask_to_stop();
    }

    /// Ends the thread after the piece that it is at; the job begins again at the next start.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Inner {
    fn wake(&self) {
        self.shared.changed.notify_waiters();
        if let Some(thread) = guard(&self.thread).as_ref() {
            thread.thread().unpark();
        }
    }

    fn ask_to_stop(&self) {
        self.shared.stopped.stop();
        if let Some((_, progress)) = guard(&self.shared.running).as_ref() {
            progress.stop();
        }
        self.wake();
    }

    fn stop(&self) {
        self.ask_to_stop();
        let thread = guard(&self.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the imports ended by a panic");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn run(&self) {
        let (mut last, mut is_told) = (0, false);
        while !self.stopped.is_stopped() {
            let taken = self.receiver.store.writer().run(move |writing| jobs::take(writing.connection, last));
            is_told &= taken.is_err();
            match taken {
                Ok(Some(job)) => {
                    last = job.user;
                    self.work(&job);
                    if let Err(fault) = self.tidy(UPLOADING) {
                        tracing::error!("{fault}");
                    }
                }
                Ok(None) => std::thread::park_timeout(NAP),
                Err(fault) => {
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::error!("taking an import, again and again until it works: {fault}");
                    }
                    std::thread::park_timeout(RETRY);
                }
            }
        }
    }

    fn work(&self, job: &Job) {
        let progress = Arc::new(Progress::default());
        *guard(&self.running) = Some((job.public_id.clone(), progress.clone()));
        if self.stopped.is_stopped() {
            progress.stop();
        }
        self.changed.notify_waiters();
        let path = self.folder.join(&job.public_id);
        let outcome = match job.begun {
            begun if begun > MOST_BEGINNINGS => Err(format!(
                "this import was begun {MOST_BEGINNINGS} times, and each time the server ended without being told to, by a crash, \
                 for lack of memory or of power: send the file again (POST /api/v1/import), and if that ends in the same way, \
                 import it on a larger machine (`health-export import FILE`)"
            )),
            _ => self.import(job, &path, &progress),
        };
        self.end(job, &outcome, &progress);
        *guard(&self.running) = None;
        self.changed.notify_waiters();
    }

    /// Nobody else ends a job, so on a disk that fails what has become of it waits until it can be written.
    fn end(&self, job: &Job, outcome: &Result<String, String>, progress: &Progress) {
        let mut is_told = false;
        while let Err(fault) = self.ended(job, outcome.clone(), progress.is_stopped()) {
            if !std::mem::replace(&mut is_told, true) {
                tracing::error!("ending an import, again and again until it works: {fault}");
            }
            if self.stopped.is_stopped() {
                return;
            }
            std::thread::park_timeout(RETRY);
        }
    }

    /// Writes what has become of a job: of one that was stopped with the server, that it waits again.
    fn ended(&self, job: &Job, outcome: Result<String, String>, stopped: bool) -> Result<()> {
        let (id, done, now) = (job.id, outcome.is_ok(), clock::now().as_millisecond());
        let with_the_server = stopped && self.stopped.is_stopped();
        self.receiver.store.writer().run(move |writing| match with_the_server {
            true => jobs::put_back(writing.connection, id),
            false => jobs::finish(writing.connection, id, &outcome, now),
        })?;
        let state = jobs::find(&*self.receiver.store.reader()?, job.user, &job.public_id)?.map(|job| job.state);
        if (done && !with_the_server) || state.as_deref() == Some("cancelled") {
            self.remove(&job.public_id);
        }
        Ok(())
    }

    /// Removes the file of a job that needs it no more. One that stays is removed with the next that ends.
    fn remove(&self, public_id: &str) {
        if let Err(fault) = files::remove(&self.folder.join(public_id)) {
            tracing::warn!("{fault}");
        }
    }

    /// The receipt as JSON, or why there is none, in words for the sender.
    fn import(&self, job: &Job, path: &Path, progress: &Progress) -> Result<String, String> {
        let request = Request {
            user: job.user,
            api_key: job.api_key,
            path: path.to_owned(),
            name: job.file.clone(),
            beside: false,
            aggregation: None,
        };
        // A panic ends this import, not those that come after it.
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.receiver.import(&request, progress)));
        let imported = caught.unwrap_or_else(|_| Err(Error::Internal("an import ended by a panic".into())));
        let receipt = imported.and_then(sum).map_err(|fault| match fault {
            Error::Internal(text) => {
                tracing::error!("the import {}: {text}", job.public_id);
                "something went wrong here; the server's log says what".to_owned()
            }
            other => other.to_string(),
        })?;
        serde_json::to_string(&receipt).map_err(|fault| fault.to_string())
    }

    /// Removes the files that belong to no job any more and have not been written to for a while.
    fn tidy(&self, untouched: Duration) -> Result<()> {
        let since = clock::now().as_millisecond() - KEPT.as_millis() as i64;
        let kept = jobs::with_files(&*self.receiver.store.reader()?, since)?;
        let kept: HashSet<String> = kept.into_iter().collect();
        // A folder that is not there has no files.
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            let age = written.ok().and_then(|written| written.elapsed().ok()).unwrap_or_default();
            if age >= untouched && !kept.contains(&*entry.file_name().to_string_lossy()) {
                std::fs::remove_file(entry.path()).map_err(|fault| Error::io("removing an old import", &fault))?;
            }
        }
        Ok(())
    }
}

/// One receipt for all deliveries of a file, under the id of the first. A file that gave none that could be understood is
/// a failure.
fn sum(imported: Vec<Imported>) -> Result<Receipt> {
    let mut whole: Option<Receipt> = None;
    let mut first_fault = None;
    let mut faults = Vec::new();
    for Imported { name, receipt } in imported {
        match receipt {
            Ok(receipt) => match &mut whole {
                None => whole = Some(receipt),
                Some(whole) => whole.add(receipt),
            },
            Err(fault) => {
                faults.push((name, fault.to_string()));
                first_fault.get_or_insert(fault);
            }
        }
    }
    let nothing = || first_fault.unwrap_or_else(|| Error::BadRequest("there is nothing in the file".into()));
    let mut whole = whole.ok_or_else(nothing)?;
    for (path, reason) in faults {
        whole.counts.add_quarantined();
        whole.by_metric.entry("files".into()).or_default().add_quarantined();
        if whole.problems.len() < PROBLEMS_SHOWN {
            whole.problems.push(crate::model::receipt::ItemProblem { path, reason });
        }
    }
    Ok(whole.with_summary())
}

/// None of these mutexes guards more than one value, so a panic elsewhere leaves nothing half done behind it.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
