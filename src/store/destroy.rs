//! What is gone for good: people who were removed a while ago (`people`), and what lies under deletions that were made permanent
//! (`deletions`).
//!
//! It is done in pieces, so that deliveries need not wait, and again once an hour: what comes again under a permanent deletion is
//! destroyed as well. SQLite overwrites what is destroyed with zeros. Copies in backups go when the backups do.

mod deletions;
mod people;

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::Result;
use crate::store::Store;
use crate::store::writer::{Lane, Writing};
use crate::sys::background::Background;
use crate::sys::clock;

/// For how long a removed person can be brought back.
pub const WAY_BACK_SECONDS: i64 = 30 * 86_400;

const EVERY: Duration = Duration::from_secs(3600);
const FIRST: Duration = Duration::from_secs(10);

/// Rows, and bodies, that go in one commit.
const ROWS: i64 = 20_000;
const BODIES: i64 = 100;

/// The thread that destroys; it ends when this is dropped.
pub struct Destroyer {
    _thread: Background,
}

impl Destroyer {
    pub fn start(store: Arc<Store>) -> Result<Destroyer> {
        let work = move || {
            if let Err(fault) = due(&store, clock::now().as_second()) {
                tracing::error!("destroying what was removed failed, and is tried again: {fault}");
            }
            EVERY
        };
        Ok(Destroyer { _thread: Background::start("destroyer", FIRST, work)? })
    }
}

/// Destroys all that is due at that epoch second.
pub fn due(store: &Store, now: i64) -> Result<()> {
    let (people, deletions) = {
        let reader = store.reader()?;
        (people::due(&reader, now - WAY_BACK_SECONDS)?, deletions::permanent(&reader)?)
    };
    for user in people {
        in_pieces(store, move |writing| people::piece(writing, user, now - WAY_BACK_SECONDS))?;
        tracing::info!("a person who was removed {} days ago was destroyed", WAY_BACK_SECONDS / 86_400);
    }
    deletions.into_iter().try_for_each(|deletion| under(store, deletion))
}

/// Destroys what lies under a permanent deletion.
pub fn under(store: &Store, deletion: i64) -> Result<()> {
    in_pieces(store, move |writing| deletions::piece(writing, deletion))
}

/// One commit after another, until there is nothing left to do.
fn in_pieces(store: &Store, piece: impl Fn(&mut Writing) -> Result<bool> + Copy + Send + 'static) -> Result<()> {
    while store.writer().run_in(Lane::Bulk, 0, move |writing| overwriting(writing, piece))? {}
    Ok(())
}

/// Does it so that nothing of what is deleted is left in the file.
fn overwriting<T>(writing: &mut Writing, work: impl FnOnce(&mut Writing) -> Result<T>) -> Result<T> {
    secure(writing.connection, true)?;
    let done = work(writing);
    secure(writing.connection, false)?;
    done
}

fn secure(connection: &Connection, on: bool) -> Result<()> {
    Ok(connection.pragma_update(None, "secure_delete", on)?)
}
