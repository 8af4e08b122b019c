//! Memory and processor time of a process, from /proc.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::measure::model::Usage;

const EVERY: Duration = Duration::from_millis(100);
const PAGE: f64 = 4096.0;
const TICKS_PER_SECOND: f64 = 100.0;

/// Watches from its start until it is asked.
pub struct Watch {
    process: u32,
    begun: Instant,
    cpu: Option<f64>,
    own_cpu: Option<f64>,
    /// Whether the kernel has forgotten the peak of before.
    peak_reset: bool,
    stop: Arc<AtomicBool>,
    sampling: Option<JoinHandle<Vec<(f64, f64)>>>,
}

impl Watch {
    pub fn start(process: u32) -> Watch {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, begun) = (stop.clone(), Instant::now());
        // 5 makes the kernel forget VmHWM.
        let peak_reset = std::fs::write(format!("/proc/{process}/clear_refs"), "5").is_ok();
        let sampling = std::thread::spawn(move || {
            let mut samples = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                samples.extend(resident_mb(process).map(|mb| (begun.elapsed().as_secs_f64(), mb)));
                std::thread::sleep(EVERY);
            }
            samples
        });
        let (cpu, own_cpu) = (cpu_seconds(process), cpu_seconds(std::process::id()));
        Watch { process, begun, cpu, own_cpu, peak_reset, stop, sampling: Some(sampling) }
    }

    /// What was used, and the samples of memory as (seconds, MB). `server_cores` are those that the process may use.
    pub fn finish(mut self, server_cores: f64) -> (Usage, Vec<(f64, f64)>) {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.sampling.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let share =
            |before: Option<f64>, after: Option<f64>, cores: f64| Some(100.0 * (after? - before?) / seconds / cores);
        let most = samples.iter().map(|(_, mb)| *mb).reduce(f64::max);
        let mean = samples.iter().map(|(_, mb)| mb).sum::<f64>() / samples.len() as f64;
        let usage = Usage {
            peak_mb: if self.peak_reset { peak_mb(self.process) } else { most },
            mean_mb: Some(mean).filter(|mean| mean.is_finite()),
            server_cpu: share(self.cpu, cpu_seconds(self.process), server_cores),
            client_cpu: share(self.own_cpu, cpu_seconds(std::process::id()), f64::from(cores())),
            ..Usage::default()
        };
        (usage, samples)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

pub fn cores() -> u32 {
    let online = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    (online.lines().filter(|line| line.starts_with("processor")).count() as u32).max(1)
}

pub fn resident_mb(process: u32) -> Option<f64> {
    let pages: f64 = std::fs::read_to_string(format!("/proc/{process}/statm")).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE / f64::from(1 << 20))
}

fn peak_mb(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// Of all threads, in user and kernel mode: fields 14 and 15.
fn cpu_seconds(process: u32) -> Option<f64> {
    let line = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = line.rsplit(')').next()?.split_whitespace().skip(11).map(str::parse::<f64>);
    Some((fields.next()?.ok()? + fields.next()?.ok()?) / TICKS_PER_SECOND)
}
