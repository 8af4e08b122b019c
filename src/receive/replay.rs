//! Kept bodies, decoded again with today's decoders: what was refused, quarantined or left for later may be understood
//! now.
//!
//! One delivery is one transaction, and only one is held in memory. A replay that is killed has done what it has done;
//! the next one finds that unchanged.

use std::sync::mpsc;

use crate::error::{Error, Result};
use crate::model::receipt::{Counts, Receipt};
use crate::model::sample::Batch;
use crate::model::time::offset_rfc3339;
use crate::receive::turns::Turn;
use crate::receive::{Encoding, Receiver, inflate::inflate};
use crate::store::replays::{self, Kept, Rewritten, Selection};
use crate::sys::clock;

/// What replaying one delivery did.
#[derive(Debug)]
pub struct Step {
    /// The delivery's row: a replay can go on after it.
    pub id: i64,
    /// What its receipt said.
    pub before: Receipt,
    /// What became of its items this time.
    pub now: Receipt,
    /// Whether that is anything that the receipt did not say before.
    pub changed: bool,
    pub refused_before: bool,
    /// Why the body is not understood, if it is not.
    pub refusal: Option<String>,
}

impl Step {
    /// It was understood when it came, and is not any more; what was stored then still is.
    pub fn is_lost(&self) -> bool {
        self.refusal.is_some() && !self.refused_before
    }
}

/// The sum of many steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Replayed {
    pub deliveries: u64,
    pub changed: u64,
    /// Refused when they came, understood now.
    pub understood: u64,
    /// Understood when they came, not any more: a fault of the program.
    pub lost: u64,
    /// What the replay did with the items of deliveries that changed.
    pub counts: Counts,
    pub quarantined_before: u64,
    pub quarantined_after: u64,
    pub deferred_before: u64,
    pub deferred_after: u64,
}

impl Replayed {
    pub fn add(&mut self, step: &Step) {
        self.deliveries += 1;
        self.lost += u64::from(step.is_lost());
        self.understood += u64::from(step.refused_before && step.refusal.is_none());
        self.quarantined_before += step.before.counts.quarantined;
        self.quarantined_after += step.now.counts.quarantined;
        self.deferred_before += step.before.deferred.values().sum::<u64>();
        self.deferred_after += step.now.deferred.values().sum::<u64>();
        if step.changed {
            self.changed += 1;
            self.counts = self.counts.plus(step.now.counts);
        }
    }
}

/// The format of a body, and what is in it or why it is refused.
type Understood = (&'static str, Result<Batch, String>);

impl Receiver {
    /// Replays the next delivery after the row `after`; none when there is no more. A dry run writes it and undoes
    /// that, so that it tells what a replay of this one delivery would do.
    pub fn replay_next(&self, selection: &Selection, after: i64, dry_run: bool) -> Result<Option<Step>> {
        let Some(kept) = replays::next(&*self.store.reader()?, selection, after)? else { return Ok(None) };
        let (id, before, refused_before) = (kept.id, kept.receipt.clone(), kept.refused);
        let (refusal, Rewritten { now, changed }) = self.replay(kept, dry_run)?;
        Ok(Some(Step { id, before, now, changed, refused_before, refusal }))
    }

    /// What is in a kept body, which is taken out of `kept`; the turn is held for as long as its content is.
    pub(super) fn understand_kept(&self, kept: &mut Kept) -> Result<(Turn, Understood)> {
        // It was within the limit of its day.
        let limit = u64::try_from(kept.bytes).unwrap_or(0);
        let mut turn = self.turns.enter_blocking(limit)?;
        let body = inflate(Encoding::parse(&kept.encoding)?, std::mem::take(&mut kept.body).into(), limit)?;
        let understood = self.understand(kept.user, &body, &kept.origin, kept.received_at);
        drop(body);
        turn.decoded(limit);
        Ok((turn, understood))
    }

    fn replay(&self, mut kept: Kept, dry_run: bool) -> Result<(Option<String>, Rewritten)> {
        let (_turn, (format, content)) = self.understand_kept(&mut kept)?;
        let refusal = content.as_ref().err().cloned();
        let (send, written) = mpsc::channel();
        let done = self.store.writer().run(move |writing| {
            let rewritten = replays::rewrite(writing, &kept, format, &content, now_rfc3339())?;
            // The other end waits for this very write.
            let _ = send.send(rewritten);
            if dry_run { Err(Error::Busy("a dry run is undone".into())) } else { Ok(()) }
        });
        match (done, written.try_recv()) {
            (Ok(()), Ok(rewritten)) => Ok((refusal, rewritten)),
            (Err(_), Ok(rewritten)) if dry_run => Ok((refusal, rewritten)),
            (Err(fault), _) => Err(fault),
            (Ok(()), Err(fault)) => Err(Error::internal("replaying a delivery", fault)),
        }
    }
}

pub(super) fn now_rfc3339() -> String {
    offset_rfc3339(clock::now().as_second(), 0)
}
