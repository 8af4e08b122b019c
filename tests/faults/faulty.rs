//! The real program on a disk that fails, sent to as a phone sends: until it says that it has stored what came.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use health_export::synth::phone::metric::Metric;
use health_export::synth::phone::senders::Request;
use tempfile::TempDir;

use crate::answers::Answers;
use crate::met::Met;
use crate::preload::{Operation, Preload};
use crate::process::{self, Refusal};
use crate::real::{Real, Sent};
use crate::world::{Machine, Program, Taken};

/// How long it may take to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A fault may meet several tries in a row.
const TRIES: usize = 6;

pub struct Faulty {
    folder: Arc<TempDir>,
    preload: Preload,
    real: Option<Real>,
    key: String,
    home: String,
    /// The latest time that it was given.
    latest: i64,
    pub met: Met,
}

/// The answer, and whether an earlier try may have stored it.
pub struct Given {
    pub taken: Taken,
    pub may_be_known: bool,
}

impl Faulty {
    /// None where there is no C compiler.
    pub fn start(machine: &Machine, home: &str, now: i64) -> Option<Faulty> {
        let folder = Arc::new(tempfile::tempdir_in(&machine.root).unwrap());
        let preload = Preload::new(folder.path())?;
        process::set_clock(folder.path(), now);
        let key = process::create_key(folder.path());
        Some(Faulty { folder, preload, real: None, key, home: home.into(), latest: now, met: Met::default() })
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn serve(&self, zone: &str) -> Option<Real> {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        Real::serve(self.folder.clone(), &self.key, zone, |command| {
            self.preload.load(command).env("PRELOAD_FOLDER", self.folder.path().join("data")).stderr(log);
        })
    }

    /// The program, started where it does not run. A start may meet a fault as well, and must say so; the next one succeeds.
    fn real(&mut self) -> Result<&Real, String> {
        if self.real.is_none() {
            self.real = self.serve(&self.home);
        }
        if self.real.is_none() {
            if !self.preload.has_fired() {
                return Err(format!("it does not start, and nothing has failed: {}", self.said()));
            }
            self.met.starts_failed += 1;
            self.disarm();
            self.real = self.serve(&self.home);
        }
        self.real.as_ref().ok_or_else(|| format!("it does not start on a sound disk: {}", self.said()))
    }

    pub fn arm(&mut self, operation: Operation, at: (i64, i64), error: i64) {
        self.disarm();
        self.preload.arm_many(operation, at, error);
    }

    fn disarm(&mut self) {
        self.met.faults += u64::from(self.preload.disarm());
    }

    /// Sends until it is taken.
    pub fn give(&mut self, request: &Request, at: i64) -> Result<Given, String> {
        self.latest = self.latest.max(at);
        let (mut queued, mut may_be_known, mut last) = (None, false, String::new());
        for attempt in 0..TRIES {
            if attempt + 1 == TRIES {
                self.disarm();
            }
            let real = self.real()?;
            let outcome = match &queued {
                None => real.send(request, at),
                Some(address) => Ok(Sent::Queued(String::clone(address))),
            };
            let outcome = outcome.and_then(|sent| match sent {
                Sent::Taken(taken) => Ok(taken),
                Sent::Queued(address) => real.imported(queued.insert(address)),
            });
            let refusal = match outcome {
                Ok(taken) => return Ok(Given { taken, may_be_known }),
                Err(refusal) => refusal,
            };
            may_be_known = true;
            last = refusal.to_string();
            match refusal {
                Refusal::Said(404, answer) if queued.is_some() => {
                    return Err(format!("an import that was accepted is gone: {answer}"));
                }
                Refusal::Said(..) => {
                    self.is_honest(&refusal)?;
                    queued = None;
                }
                Refusal::Gone(fault) => self.has_died(&fault)?,
            }
        }
        Err(format!("not taken on a sound disk: {last}"))
    }

    /// Deletes until that is done.
    pub fn delete(&mut self, delivery: &str, at: i64) -> Result<(), String> {
        for attempt in 0..TRIES {
            if attempt + 1 == TRIES {
                self.disarm();
            }
            match self.real()?.try_delete(delivery, at) {
                Ok(()) => return Ok(()),
                Err(Refusal::Gone(fault)) => self.has_died(&fault)?,
                Err(refusal) => self.is_honest(&refusal)?,
            }
        }
        Err("not deleted on a sound disk".into())
    }

    /// Deletes what imports have stored that ended before they were done. Each is a delivery of its own, which nobody was told of.
    pub fn delete_unfinished(&mut self, acknowledged: &[Taken], at: i64) -> Result<(), String> {
        self.disarm();
        let listed = self.real()?.server.get("/api/v1/deliveries?limit=500").map_err(|refusal| refusal.to_string())?;
        let listed = listed["deliveries"].as_array().into_iter().flatten();
        let ids: Vec<String> = listed.filter_map(|one| Some(one["delivery"].as_str()?.to_owned())).collect();
        let is_unfinished = |id: &&String| acknowledged.iter().all(|taken| taken.delivery != **id);
        ids.iter().filter(is_unfinished).try_for_each(|id| self.delete(id, at))
    }

    /// Reads something, which may fail as the disk does.
    pub fn look(&mut self, path: &str) -> Result<(), String> {
        match self.real()?.server.get(path) {
            Ok(_) | Err(Refusal::Said(404, _)) => Ok(()),
            Err(Refusal::Gone(fault)) => self.has_died(&fault),
            Err(refusal) => self.is_honest(&refusal),
        }
    }

    /// A refusal that says that the disk is to blame, where it is.
    fn is_honest(&mut self, refusal: &Refusal) -> Result<(), String> {
        self.met.refused += 1;
        let text = refusal.to_string();
        let says_so = ["disk-full", "disk-fault", "the disk"].iter().any(|words| text.contains(words));
        match says_so && self.preload.has_fired() {
            true => Ok(()),
            false => Err(format!("a refusal that is not explained: {text}; {}", self.said())),
        }
    }

    /// Who gives no answer is dead, by the fault that was planned.
    fn has_died(&mut self, fault: &str) -> Result<(), String> {
        let Some(mut real) = self.real.take() else { return Ok(()) };
        if ended(&mut real).is_none() {
            return Err(format!("it lives and does not answer: {fault}; {}", self.said()));
        }
        if !self.preload.has_fired() {
            return Err(format!("it has died by itself: {}", self.said()));
        }
        self.met.deaths += 1;
        self.disarm();
        Ok(())
    }

    /// Ends it, in good order or not; for a while it may run in another zone.
    pub fn restart(&mut self, killed: bool, zone: Option<&str>) -> Result<(), String> {
        self.met.restarts += 1;
        self.stop(killed)?;
        if let Some(zone) = zone {
            // A fault may end it before it has begun; then it never was in the other zone.
            self.real = self.serve(zone);
            if self.real.is_some() {
                self.look("/api/v1/metrics")?;
                self.stop(killed)?;
            }
        }
        self.real().map(|_| ())
    }

    fn stop(&mut self, killed: bool) -> Result<(), String> {
        let Some(mut real) = self.real.take() else { return Ok(()) };
        if !killed {
            let told = Command::new("kill").arg(real.server.process.id().to_string()).status().unwrap();
            let Some(ended) = ended(&mut real) else {
                return Err(format!("it does not end when it is told to: {}", self.said()));
            };
            if !(told.success() && ended.success() || self.preload.has_fired()) {
                return Err(format!("it did not end in good order: {ended}; {}", self.said()));
            }
        }
        Ok(())
    }

    /// What it answers, on a disk that is sound again.
    pub fn answers(&mut self, metrics: &[Metric]) -> Result<Answers, String> {
        self.disarm();
        self.real().map(|real| real.answers(metrics))
    }

    /// Everything acknowledged is there, `check` finds nothing, and nothing has panicked.
    pub fn is_sound(&mut self, acknowledged: &[Taken]) -> Result<(), String> {
        let real = self.real()?;
        for taken in acknowledged {
            let there = real.server.get(&format!("/api/v1/deliveries/{}", taken.delivery));
            there.map_err(|refusal| format!("an acknowledged delivery is gone: {refusal}"))?;
        }
        self.stop(false)?;
        process::set_clock(self.folder.path(), self.latest);
        let checked = process::command(self.folder.path()).arg("check").output().unwrap();
        if !checked.status.success() {
            return Err(format!("check: {}", String::from_utf8_lossy(&checked.stdout)));
        }
        let said = self.said();
        if said.contains("panicked") { Err(said) } else { Ok(()) }
    }

    /// The last of its log.
    fn said(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}

/// How it has ended, if it does so soon.
fn ended(real: &mut Real) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        let ended = real.server.process.try_wait().unwrap();
        if ended.is_some() || begun.elapsed() > PATIENCE {
            return ended;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
