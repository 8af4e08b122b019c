//! A process within the limit of memory that the service has (`MemoryMax=` of its unit).

use std::path::{Path, PathBuf};
use std::process::Command;

pub const MEMORY: u64 = 1 << 30;

/// A control group, removed when it is dropped.
pub struct Group(PathBuf);

impl Group {
    /// None, with the reason, where this machine lets no group be made.
    pub fn new() -> Result<Group, String> {
        let own = std::fs::read_to_string("/proc/self/cgroup").map_err(|fault| fault.to_string())?;
        let place = |key: &str| {
            own.lines().find_map(|line| line.split_once(key)).map(|(_, place)| place.trim_start_matches('/'))
        };
        let (parent, limit) = match (place(":memory:"), place("0::")) {
            (Some(place), _) => (Path::new("/sys/fs/cgroup/memory").join(place), "memory.limit_in_bytes"),
            (None, Some(place)) => (Path::new("/sys/fs/cgroup").join(place), "memory.max"),
            _ => return Err("there are no control groups".into()),
        };
        let group = parent.join(format!("health-export-test-{}", std::process::id()));
        let failed = |fault: std::io::Error| format!("{}: {fault}", group.display());
        std::fs::create_dir(&group).map_err(failed)?;
        let group = Group(group.clone());
        std::fs::write(group.0.join(limit), MEMORY.to_string()).map_err(|fault| format!("{limit}: {fault}"))?;
        Ok(group)
    }

    /// The same command as the first process of the group.
    pub fn confine(&self, command: &Command) -> Command {
        let mut confined = Command::new("sh");
        confined.arg("-c").arg("echo $$ > \"$0/cgroup.procs\" && exec \"$@\"").arg(&self.0);
        confined.arg(command.get_program()).args(command.get_args());
        confined
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Err(fault) = std::fs::remove_dir(&self.0) {
            eprintln!("{} is left behind: {fault}", self.0.display());
        }
    }
}
