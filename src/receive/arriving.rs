//! A body while it arrives: small ones in memory, larger ones in a file, so that a slow phone costs disk and not memory.

use std::fs::File;
use std::io::{Read, Seek, Write};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use crate::error::{Error, Result};
use crate::receive::room::{Room, Share, Unanswered};

/// Bodies of more bytes go to the disk, and have their turn one after the other.
pub const SMALL: u64 = 1 << 20;

/// A body that is not whole yet. Dropping it gives everything back.
pub struct Arriving {
    room: Room,
    place: OwnedSemaphorePermit,
    share: Share,
    held: Content,
    announced: Option<u64>,
}

/// The bytes of a body.
#[derive(Debug)]
pub enum Content {
    Memory(Vec<u8>),
    File(File, u64),
}

/// A body that is whole, and what it takes up until it is answered.
pub struct Arrived {
    pub content: Content,
    pub held: Held,
}

/// To be kept until the answer is known.
pub struct Held {
    _place: OwnedSemaphorePermit,
    _share: Share,
    _unanswered: Unanswered,
}

impl Arriving {
    pub(super) fn new(room: Room, place: OwnedSemaphorePermit, announced: Option<u64>) -> Arriving {
        // Memory that is never touched costs nothing; growing step by step costs copies.
        let held = Vec::with_capacity(announced.filter(|bytes| *bytes <= SMALL).unwrap_or(0) as usize);
        Arriving { room, place, share: Share::default(), held: Content::Memory(held), announced }
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.held.bytes()
    }

    /// Adds what has come.
    pub async fn take(&mut self, chunk: Bytes) -> Result<()> {
        let bytes = self.bytes() + chunk.len() as u64;
        let large = bytes.max(self.announced.unwrap_or(0)) > SMALL;
        match &mut self.held {
            Content::Memory(held) if !large && self.room.take_memory(&mut self.share, bytes) => {
                held.extend_from_slice(&chunk);
                Ok(())
            }
            Content::Memory(held) => {
                let (begun, mut share) = (std::mem::take(held), Share::default());
                self.room.take_disk(&mut share, bytes)?;
                let room = self.room.clone();
                let begin = move || {
                    let file = room.file()?;
                    write(&file, &begun)?;
                    write(&file, &chunk)?;
                    Ok(file)
                };
                self.held = Content::File(blocking(begin).await?, bytes);
                self.share = share;
                Ok(())
            }
            Content::File(file, written) => {
                self.room.take_disk(&mut self.share, bytes)?;
                let file = file.try_clone().map_err(|fault| Error::io("writing a delivery", &fault))?;
                blocking(move || write(&file, &chunk)).await?;
                *written = bytes;
                Ok(())
            }
        }
    }

    /// The body is whole.
    pub fn finish(self) -> Arrived {
        let unanswered = self.room.arrived(self.held.bytes());
        let held = Held { _place: self.place, _share: self.share, _unanswered: unanswered };
        Arrived { content: self.held, held }
    }
}

impl Content {
    pub fn bytes(&self) -> u64 {
        match self {
            Content::Memory(held) => held.len() as u64,
            Content::File(_, bytes) => *bytes,
        }
    }

    /// From the first byte on, each time.
    pub fn reader(&mut self) -> Result<Box<dyn Read + '_>> {
        Ok(match self {
            Content::Memory(held) => Box::new(held.as_slice()),
            Content::File(file, _) => {
                file.rewind().map_err(|fault| Error::io("reading a delivery", &fault))?;
                Box::new(file)
            }
        })
    }

    /// All of it, in memory of exactly its size.
    pub fn into_bytes(mut self) -> Result<Vec<u8>> {
        if let Content::Memory(held) = self {
            return Ok(held);
        }
        let bytes = self.bytes();
        let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or(usize::MAX));
        let read = self.reader()?.read_to_end(&mut whole);
        read.map_err(|fault| Error::io("reading a delivery", &fault))?;
        Ok(whole)
    }
}

impl Default for Content {
    fn default() -> Content {
        Content::Memory(Vec::new())
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Content {
        Content::Memory(bytes)
    }
}

fn write(mut file: &File, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes).map_err(|fault| Error::io("writing a delivery", &fault))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|fault| Error::internal("writing a delivery", fault))?
}
