//! The small machine: the server gets one core and 512 MB, really, or the run is refused. The client moves to another core.

use std::path::{Path, PathBuf};
use std::process::Command;

pub const MEMORY_MB: u64 = 512;
const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";

pub enum Confinement {
    WholeMachine,
    /// A scope of systemd.
    Systemd,
    /// A group of the memory controller, version 1, below the one that this process is in.
    Group(PathBuf),
}

impl Confinement {
    /// Holds servers down, if that is asked for, and moves this process out of their way.
    pub fn new(small: bool) -> Result<Confinement, String> {
        if !small {
            return Ok(Confinement::WholeMachine);
        }
        if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
            return Err("the small machine needs two cores: one for the server, one for the client".into());
        }
        let own = std::process::id().to_string();
        let moved = Command::new("taskset").args(["-apc", CLIENT_CORE, &own]).output();
        if !moved.is_ok_and(|moved| moved.status.success()) {
            return Err("taskset cannot bind this process to a core: install util-linux".into());
        }
        if Path::new("/run/systemd/system").exists() {
            return Ok(Confinement::Systemd);
        }
        group().map(Confinement::Group).map_err(|fault| {
            format!("memory cannot be limited here, neither by systemd nor by the memory controller: {fault}")
        })
    }

    pub fn words(&self) -> String {
        let held = format!("one core, {MEMORY_MB} MB without swap");
        match self {
            Confinement::WholeMachine => "the whole machine".into(),
            Confinement::Systemd => format!("{held} (systemd scope, taskset)"),
            Confinement::Group(_) => format!("{held} (memory controller, taskset)"),
        }
    }

    pub fn is_small(&self) -> bool {
        !matches!(self, Confinement::WholeMachine)
    }

    /// The program, held down before its first instruction, under the process id of what is started.
    pub fn command(&self, program: &str) -> Command {
        let taskset = ["taskset", "-c", SERVER_CORE];
        match self {
            Confinement::WholeMachine => Command::new(program),
            Confinement::Systemd => {
                let mut command = Command::new("systemd-run");
                let limit = format!("MemoryMax={MEMORY_MB}M");
                command.args(["--scope", "--quiet", "-p", &limit, "-p", "MemorySwapMax=0"]).args(taskset).arg(program);
                command
            }
            Confinement::Group(group) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg("echo $$ > \"$0/cgroup.procs\" && exec \"$@\"").arg(group);
                command.args(taskset).arg(program);
                command
            }
        }
    }
}

impl Drop for Confinement {
    fn drop(&mut self) {
        if let Confinement::Group(group) = self
            && let Err(fault) = std::fs::remove_dir(&*group)
        {
            eprintln!("{} is left behind: {fault}", group.display());
        }
    }
}

/// A new group inside the one that this process is in, so that limits from outside still hold.
fn group() -> Result<PathBuf, String> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").map_err(|fault| fault.to_string())?;
    let own = groups.lines().find_map(|line| line.split_once(":memory:")).ok_or("there is no memory controller")?.1;
    let parent = Path::new("/sys/fs/cgroup/memory").join(own.trim_start_matches('/'));
    let group = parent.join(format!("health-export-load-{}", std::process::id()));
    let failed = |fault: std::io::Error| format!("{}: {fault}", group.display());
    std::fs::create_dir(&group).map_err(failed)?;
    let bytes = (MEMORY_MB << 20).to_string();
    let limited = std::fs::write(group.join("memory.limit_in_bytes"), &bytes).map_err(failed).and_then(|()| {
        // Only there where swap is counted.
        let both = group.join("memory.memsw.limit_in_bytes");
        if both.exists() { std::fs::write(both, &bytes).map_err(failed) } else { Ok(()) }
    });
    match limited {
        Ok(()) => Ok(group),
        Err(fault) => {
            let _ = std::fs::remove_dir(&group);
            Err(fault)
        }
    }
}
