//! What a run has met.

#[derive(Debug, Clone, Copy, Default)]
pub struct Met {
    pub faults: u64,
    pub deaths: u64,
    pub refused: u64,
    pub starts_failed: u64,
    pub restarts: u64,
}

impl Met {
    pub fn add(&mut self, other: Met) {
        self.faults += other.faults;
        self.deaths += other.deaths;
        self.refused += other.refused;
        self.starts_failed += other.starts_failed;
        self.restarts += other.restarts;
    }
}
