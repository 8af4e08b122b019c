//! What this process takes of its machine, and what it may take.

use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::error::{Error, Result};

/// Where Linux tells of control groups.
const GROUPS: &str = "/sys/fs/cgroup";

/// Processor time of all threads so far.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Cores that the process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Resident memory in bytes.
pub fn memory() -> Result<u64> {
    kilobytes(&read("/proc/self/status")?, "VmRSS:")
}

/// Bytes of memory that the process may take: the least limit of its control group and of those around it, else all that
/// the machine has.
pub fn memory_limit() -> Result<u64> {
    let machine = kilobytes(&read("/proc/meminfo")?, "MemTotal:")?;
    let group = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    Ok(group_limit(Path::new(GROUPS), &group).map_or(machine, |limit| limit.min(machine)))
}

/// `told` is what the kernel says the process's groups are: `0::/a/b` (version 2) or `9:memory:/a/b` (version 1).
fn group_limit(root: &Path, told: &str) -> Option<u64> {
    let limit = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        match controllers {
            "" => least(root, path, "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                least(&root.join("memory"), path, "memory.limit_in_bytes")
            }
            _ => None,
        }
    };
    told.lines().filter_map(limit).min()
}

/// The least number in a file of that name, in a folder and all those above it up to `root`.
fn least(root: &Path, path: &str, name: &str) -> Option<u64> {
    let folders = Path::new(path).ancestors().map(|folder| root.join(folder));
    // "max" is no number, and a container does not see the groups that it is in.
    folders.filter_map(|folder| std::fs::read_to_string(folder.join(name)).ok()?.trim().parse().ok()).min()
}

fn kilobytes(text: &str, name: &str) -> Result<u64> {
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok());
    found.map(|kilobytes| kilobytes * 1024).ok_or_else(|| Error::Internal(format!("the system does not tell {name}")))
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|fault| Error::io("asking the system for figures", &fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_figures() {
        let before = cpu_time();
        let mut sum = 0u64;
        while cpu_time() - before < Duration::from_millis(5) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(cpu_time() - before >= Duration::from_millis(5));
        let (memory, limit) = (memory().unwrap(), memory_limit().unwrap());
        assert!(memory > 1 << 20 && memory < limit, "{memory} of {limit}");
        assert!(cores() >= 1);
    }

    #[test]
    fn the_least_limit_of_a_group_and_those_around_it_counts() {
        let root = tempfile::tempdir().unwrap();
        let unit = root.path().join("system.slice/health.service");
        std::fs::create_dir_all(&unit).unwrap();
        let told = "0::/system.slice/health.service\n";
        assert_eq!(group_limit(root.path(), told), None);
        std::fs::write(unit.join("memory.max"), "max\n").unwrap();
        assert_eq!(group_limit(root.path(), told), None);
        std::fs::write(unit.join("memory.max"), "402653184\n").unwrap();
        assert_eq!(group_limit(root.path(), told), Some(402_653_184));
        std::fs::write(root.path().join("system.slice/memory.max"), "1000000\n").unwrap();
        assert_eq!(group_limit(root.path(), told), Some(1_000_000));
        let older = root.path().join("memory/docker/abc");
        std::fs::create_dir_all(&older).unwrap();
        std::fs::write(older.join("memory.limit_in_bytes"), "777\n").unwrap();
        assert_eq!(group_limit(root.path(), "5:cpu,cpuacct:/docker/abc\n9:memory:/docker/abc\n"), Some(777));
    }
}
