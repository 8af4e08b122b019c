//! Whether the disk takes what is written, and whether the file is whole.
//!
//! A full disk is over when there is room again, and so is a fault that passes: the next commit that succeeds says so.
//! Damage is never over. A tree of pages that contradicts itself may lead a write into somebody else's page, so from the
//! first sign of it on, whoever met it, nothing is written any more; what can be read still is. What has been met is logged
//! when it is news, and not for each request that meets it again.

use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

#[derive(Clone, Default)]
pub struct Condition(Arc<Mutex<Option<Error>>>);

impl Condition {
    /// Remembers a fault that the disk or the file is to blame for. Others say nothing of either.
    pub fn met(&self, fault: &Error) {
        if !fault.is_of_the_disk() {
            return;
        }
        let mut known = self.known();
        let damaged = matches!(*known, Some(Error::Damaged(_)));
        if damaged || known.as_ref().is_some_and(|known| discriminant(known) == discriminant(fault)) {
            return;
        }
        tracing::error!("{fault}{}", fault.cause().map(|cause| format!(" ({cause})")).unwrap_or_default());
        *known = Some(fault.clone());
    }

    /// A write has reached the disk.
    pub fn wrote(&self) {
        let mut known = self.known();
        if matches!(*known, Some(Error::DiskFull | Error::DiskFault(_))) {
            tracing::warn!("the disk takes what is written again");
            *known = None;
        }
    }

    /// What is wrong, as far as is known.
    pub fn fault(&self) -> Option<Error> {
        self.known().clone()
    }

    /// Refuses while the file is damaged.
    pub fn may_write(&self) -> Result<()> {
        match &*self.known() {
            Some(damaged @ Error::Damaged(_)) => Err(damaged.clone()),
            _ => Ok(()),
        }
    }

    fn known(&self) -> MutexGuard<'_, Option<Error>> {
        // Nothing in here runs anybody else's code, so a panic elsewhere leaves nothing half done behind it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_passes_and_damage_does_not() {
        let condition = Condition::default();
        condition.met(&Error::Internal("ours".into()));
        assert!(condition.fault().is_none());
        condition.met(&Error::DiskFull);
        assert!(condition.may_write().is_ok(), "only a try can tell whether there is room again");
        assert!(matches!(condition.fault(), Some(Error::DiskFull)));
        condition.wrote();
        assert!(condition.fault().is_none());
        condition.met(&Error::Damaged("a page".into()));
        condition.wrote();
        condition.met(&Error::DiskFull);
        assert!(matches!(condition.may_write(), Err(Error::Damaged(_))));
    }
}
