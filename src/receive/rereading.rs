//! Deliveries of before the accounts, read again in the background once after an upgrade: see `store/rereads`.

use std::time::Duration;

use crate::error::Result;
use crate::receive::Receiver;
use crate::receive::replay::now_rfc3339;
use crate::store::replays::Kept;
use crate::store::rereads;
use crate::store::writer::Lane;
use crate::sys::background::Background;

/// A pause between two, and the one before it is looked again whether there are any: a restored backup may bring some.
const PAUSE: Duration = Duration::from_millis(1);
const LOOK: Duration = Duration::from_secs(60);

/// Deliveries between two lines in the log.
const TOLD_EVERY: u64 = 1000;

/// The thread that reads; it ends when this is dropped.
pub struct Rereading {
    _thread: Background,
}

impl Rereading {
    pub fn start(receiver: Receiver) -> Result<Rereading> {
        let mut done = 0;
        let work = move || match receiver.read_one_again(&mut done) {
            Ok(true) => PAUSE,
            Ok(false) => LOOK,
            Err(fault) => {
                tracing::error!("reading deliveries of before again: {fault}; it is tried again");
                LOOK
            }
        };
        Ok(Rereading { _thread: Background::start("rereading", Duration::ZERO, work)? })
    }
}

impl Receiver {
    /// Reads the next one; false when there is none. `done` is how many were read since the first.
    fn read_one_again(&self, done: &mut u64) -> Result<bool> {
        let Some((kept, is_known)) = rereads::next(&*self.store.reader()?)? else {
            if *done > 0 {
                tracing::info!(
                    deliveries = *done,
                    "deliveries of before are read again: their numbers follow the rules of this version"
                );
                *done = 0;
            }
            return Ok(false);
        };
        if is_known && done.is_multiple_of(TOLD_EVERY) {
            let left = rereads::left(&*self.store.reader()?)?;
            tracing::info!(
                left,
                "kept bodies of deliveries are read again by the rules of this version, in the background"
            );
        }
        let id = kept.id;
        let writer = self.store.writer();
        if !writer.run(move |writing| rereads::begin(writing.connection, id))? {
            tracing::error!("delivery {} could not be read again; what is stored of it stays", kept.receipt.delivery);
            writer.run(move |writing| rereads::end(writing.connection, id))?;
        } else {
            self.read_again(kept, is_known)?;
        }
        *done += u64::from(is_known);
        Ok(true)
    }

    fn read_again(&self, mut kept: Kept, is_known: bool) -> Result<()> {
        let (_turn, (format, content)) = self.understand_kept(&mut kept)?;
        self.store.writer().run_in(Lane::Bulk, 0, move |writing| match is_known {
            true => rereads::write(writing, &kept, format, &content, now_rfc3339()),
            false => rereads::know(writing, &kept, &content),
        })
    }
}
