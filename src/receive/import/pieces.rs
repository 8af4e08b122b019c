//! Pieces of an export on their way to the store.
//!
//! A few may wait for the writer, which then commits them together with one sync, and no more than a few, so memory stays the
//! same however long the export is. They are written in their order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::model::receipt::Receipt;
use crate::model::sample::Batch;
use crate::receive::import::count::count;
use crate::receive::import::progress::Progress;
use crate::store::Store;
use crate::store::deliveries::Head;
use crate::store::imports::{self, Importing};
use crate::store::writer::Lane;

/// How many pieces may be with the writer.
const IN_FLIGHT: usize = 6;

/// How often the writer is asked again when it is busy, and how long it is waited for in between.
const PATIENCE: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// Where pieces go.
pub enum Sink<'a> {
    Store(&'a Store, Box<Head>),
    /// Nowhere: they are counted.
    Count,
}

/// The import, which each piece takes while it is written and then leaves for the next. It is gone when one has failed, so
/// that those behind it fail as well.
type Handed = Arc<Mutex<Option<Importing>>>;

/// Pieces on their way to the store.
pub enum Pieces<'a> {
    Store { store: &'a Store, importing: Handed, writing: VecDeque<oneshot::Receiver<Result<()>>> },
    Count(Box<Receipt>),
}

impl<'a> Pieces<'a> {
    /// Begins the delivery.
    pub fn begin(sink: Sink<'a>) -> Result<Pieces<'a>> {
        Ok(match sink {
            Sink::Count => Pieces::Count(Box::default()),
            Sink::Store(store, head) => {
                let importing = store.writer().run(move |writing| imports::begin(writing, &head))?;
                Pieces::Store { store, importing: Arc::new(Mutex::new(Some(importing))), writing: VecDeque::new() }
            }
        })
    }

    /// Takes the next piece; waits while too many are with the writer.
    pub fn add(&mut self, piece: Batch, progress: &Progress) -> Result<()> {
        if piece.items.is_empty() && piece.rejected.is_empty() {
            return Ok(());
        }
        let items = (piece.items.len() + piece.rejected.len()) as u64;
        match self {
            Pieces::Count(receipt) => count(&piece, receipt),
            Pieces::Store { store, importing, writing } => {
                settle(writing, IN_FLIGHT - 1)?;
                writing.push_back(submit(store, importing, piece)?);
            }
        }
        progress.add_items(items);
        Ok(())
    }

    /// Waits for all of them and ends the delivery.
    pub fn finish(self, progress: &Progress) -> Result<Receipt> {
        match self {
            Pieces::Count(receipt) => Ok(*receipt),
            Pieces::Store { store, importing, mut writing } => {
                settle(&mut writing, 0)?;
                if progress.is_stopped() {
                    return Err(Error::Busy("the import was stopped: import the file again".into()));
                }
                let importing = take(&importing)?;
                store.writer().run(move |writing| imports::finish(writing, importing))
            }
        }
    }
}

/// Waits until no more than `left` pieces are with the writer.
fn settle(writing: &mut VecDeque<oneshot::Receiver<Result<()>>>, left: usize) -> Result<()> {
    while writing.len() > left {
        let Some(oldest) = writing.pop_front() else { break };
        oldest.blocking_recv().map_err(|_| Error::Internal("the writer has stopped".into()))??;
    }
    Ok(())
}

/// Hands a piece to the writer; when its queue is full of deliveries, those come first.
fn submit(store: &Store, importing: &Handed, piece: Batch) -> Result<oneshot::Receiver<Result<()>>> {
    let bytes = piece.memory();
    let held = Arc::new(Mutex::new(Some(piece)));
    for _ in 0..PATIENCE {
        let (held, handed) = (held.clone(), importing.clone());
        let submitted = store.writer().submit_to(Lane::Bulk, bytes, move |writing| {
            let (piece, importing) = (take(&held)?, take(&handed)?);
            let importing = imports::add(writing, importing, &piece)?;
            *handed.lock().unwrap_or_else(PoisonError::into_inner) = Some(importing);
            Ok(())
        });
        match submitted {
            Err(Error::Full { .. }) => std::thread::sleep(PAUSE),
            submitted => return submitted,
        }
    }
    Err(Error::Busy("the writer is busy: import the file again later".into()))
}

fn take<T>(held: &Mutex<Option<T>>) -> Result<T> {
    let taken = held.lock().unwrap_or_else(PoisonError::into_inner).take();
    taken.ok_or_else(|| Error::Internal("an earlier piece of the import has failed".into()))
}
