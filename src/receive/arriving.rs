//! A body while it arrives: small ones in memory, larger ones in a file, so that a slow phone costs disk and not memory.

use std::fs::File;
use std::io::{Read, Seek, Write};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use crate::error::{Error, Result};
use crate::receive::room::{Room, Share, Unanswered};

/// Bodies of more bytes go to the disk, and have their turn one after the other.
pub const SMALL: u64 = 1 << 20;

/// What is handed to the disk at once, in bytes.
const AT_ONCE: usize = 128 << 10;

/// A body that is not whole yet. Dropping it gives everything back.
pub struct Arriving {
    room: Room,
    place: OwnedSemaphorePermit,
    share: Share,
    held: Part,
    announced: Option<u64>,
}

/// The bytes of a body.
#[derive(Debug)]
pub enum Content {
    Memory(Vec<u8>),
    File(File, u64),
}

/// The bytes of a body that is not whole.
enum Part {
    Memory(Vec<u8>),
    File(Spooled),
}

/// A file that is being written.
struct Spooled {
    file: File,
    /// Bytes that the file has.
    written: u64,
    /// What it does not have yet. What comes is copied into one place, so that the connection can use its own again.
    rest: Vec<u8>,
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
        Arriving { room, place, share: Share::default(), held: Part::Memory(held), announced }
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        match &self.held {
            Part::Memory(held) => held.len() as u64,
            Part::File(spooled) => spooled.written + spooled.rest.len() as u64,
        }
    }

    /// Adds what has come.
    pub async fn take(&mut self, chunk: Bytes) -> Result<()> {
        let bytes = self.bytes() + chunk.len() as u64;
        let large = bytes.max(self.announced.unwrap_or(0)) > SMALL;
        if let Part::Memory(held) = &mut self.held {
            if !large && self.room.take_memory(&mut self.share, bytes) {
                held.extend_from_slice(&chunk);
                return Ok(());
            }
            let begun = std::mem::take(held);
            let mut share = Share::default();
            self.room.take_disk(&mut share, bytes)?;
            self.held = Part::File(Spooled::begin(&self.room, begun).await?);
            self.share = share;
        }
        if let Part::File(spooled) = &mut self.held {
            self.room.take_disk(&mut self.share, bytes)?;
            spooled.add(&chunk).await?;
        }
        Ok(())
    }

    /// The body is whole.
    pub async fn finish(self) -> Result<Arrived> {
        self.room.leaves_reserve(self.bytes())?;
        let content = match self.held {
            Part::Memory(held) => Content::Memory(held),
            Part::File(mut spooled) => {
                spooled.flush().await?;
                Content::File(spooled.file, spooled.written)
            }
        };
        let unanswered = self.room.arrived(content.bytes());
        let held = Held { _place: self.place, _share: self.share, _unanswered: unanswered };
        Ok(Arrived { content, held })
    }
}

impl Spooled {
    async fn begin(room: &Room, begun: Vec<u8>) -> Result<Spooled> {
        let room = room.clone();
        blocking(move || {
            let file = room.file()?;
            write(&file, &begun)?;
            Ok(Spooled { file, written: begun.len() as u64, rest: Vec::with_capacity(AT_ONCE) })
        })
        .await
    }

    async fn add(&mut self, mut chunk: &[u8]) -> Result<()> {
        while !chunk.is_empty() {
            let (now, later) = chunk.split_at(chunk.len().min(AT_ONCE - self.rest.len()));
            self.rest.extend_from_slice(now);
            chunk = later;
            if self.rest.len() == AT_ONCE {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.rest);
        let file = self.file.try_clone().map_err(|fault| Error::io("writing a delivery", &fault))?;
        self.written += rest.len() as u64;
        self.rest = blocking(move || write(&file, &rest).map(|()| rest)).await?;
        self.rest.clear();
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::room::Limits;

    /// So many bytes of memory and of disk.
    fn room(memory: u64, disk: u64) -> (Room, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { memory, disk, folder: folder.path().to_owned(), keep_free: 0 };
        (Room::new(limits), folder)
    }

    /// Bytes that tell where they belong, a thousand at a time.
    async fn send(mut arriving: Arriving, bytes: usize) -> Result<Arrived> {
        for from in (0..bytes).step_by(1000) {
            arriving.take(numbered(from..bytes.min(from + 1000)).into()).await?;
        }
        arriving.finish().await
    }

    fn numbered(places: std::ops::Range<usize>) -> Vec<u8> {
        places.map(|place| (place % 251) as u8).collect()
    }

    #[tokio::test]
    async fn small_ones_are_memory_and_large_ones_files_and_both_come_back_whole() {
        let (room, _folder) = room(4 << 20, 8 << 20);
        for (bytes, announced, is_file) in [
            (0, None, false),
            (5000, Some(5000), false),
            (1 << 20, None, false),
            ((1 << 20) + 1, None, true),
            (3_000_000, Some(3_000_000), true),
        ] {
            let arrived = send(room.begin(announced).unwrap(), bytes).await.unwrap();
            assert_eq!(matches!(arrived.content, Content::File(..)), is_file, "{bytes}");
            assert_eq!(arrived.content.bytes(), bytes as u64);
            assert!(arrived.content.into_bytes().unwrap() == numbered(0..bytes), "{bytes}");
        }
    }

    #[tokio::test]
    async fn without_memory_a_small_one_is_a_file_and_without_disk_it_is_turned_away() {
        let (room, _folder) = room(100_000, 100_000);
        let first = send(room.begin(None).unwrap(), 90_000).await.unwrap();
        let second = send(room.begin(None).unwrap(), 90_000).await.unwrap();
        assert!(matches!((&first.content, &second.content), (Content::Memory(_), Content::File(..))));
        let third = send(room.begin(None).unwrap(), 90_000).await;
        assert!(matches!(third, Err(Error::Full { seconds: 1..=60, .. })));
        assert!(matches!(room.begin(Some(90_000)), Err(Error::Full { .. })), "it is known before it comes");
        drop(first);
        let again = send(room.begin(Some(90_000)).unwrap(), 90_000).await.unwrap();
        assert!(matches!(again.content, Content::Memory(_)));
    }

    #[tokio::test]
    async fn a_body_that_is_given_up_gives_its_room_back() {
        let (room, _folder) = room(0, 1 << 20);
        for _ in 0..20 {
            let mut arriving = room.begin(None).unwrap();
            arriving.take(vec![0; 900_000].into()).await.unwrap();
        }
        send(room.begin(None).unwrap(), 1_000_000).await.unwrap();
    }
}
