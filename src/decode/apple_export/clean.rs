//! Bytes as an XML reader can bear them, a little at a time.
//!
//! Exports hold control characters that XML 1.0 forbids, begin with a document type that is not well-formed in some
//! versions of iOS, and may be made to hold one attribute of a gigabyte. So the forbidden bytes are dropped here,
//! everything before the root is skipped, and no more is handed out for one piece of markup than was allowed.

use std::io::{self, BufRead, Read};

use crate::decode::utf16::Utf8;

const BUFFER: usize = 128 << 10;

/// What the document begins with, once its head is skipped.
const ROOT: &[u8] = b"<HealthData";

/// A reader over another that drops what XML forbids.
pub struct Clean<R> {
    inner: Utf8<R>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that may still be handed out.
    allowed: usize,
}

impl<R: Read> Clean<R> {
    pub fn new(inner: R) -> Clean<R> {
        Clean { inner: Utf8::new(inner), buffer: vec![0; BUFFER], start: 0, end: 0, allowed: usize::MAX }
    }

    /// From here on, at most `bytes` are handed out; then comes an error of the kind `FileTooLarge`.
    pub fn allow(&mut self, bytes: usize) {
        self.allowed = bytes;
    }

    /// Skips to the root element, whatever stands before it. False when there is none.
    pub fn skip_to_root(&mut self) -> io::Result<bool> {
        while self.skip_to_markup()? {
            let head = self.peek(ROOT.len() + 1)?;
            if head.starts_with(ROOT) && head.get(ROOT.len()).is_none_or(|next| !next.is_ascii_alphanumeric()) {
                return Ok(true);
            }
            self.start += 1;
        }
        Ok(false)
    }

    /// Skips to the next `<`. False when there is none.
    pub fn skip_to_markup(&mut self) -> io::Result<bool> {
        loop {
            match self.buffer[self.start..self.end].iter().position(|byte| *byte == b'<') {
                Some(at) => {
                    self.start += at;
                    return Ok(true);
                }
                None => self.start = self.end,
            }
            if self.refill()? == 0 {
                return Ok(false);
            }
        }
    }

    /// Puts back what was handed out, to be read again.
    pub fn give_back(&mut self, bytes: &[u8]) {
        let left = &self.buffer[self.start..self.end];
        let end = bytes.len() + left.len();
        let mut buffer = Vec::with_capacity(end + BUFFER);
        buffer.extend_from_slice(bytes);
        buffer.extend_from_slice(left);
        buffer.resize(end + BUFFER, 0);
        (self.buffer, self.start, self.end) = (buffer, 0, end);
    }

    /// Whether nothing is left.
    pub fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.start == self.end && self.refill()? == 0)
    }

    /// The next bytes, fewer than `count` only at the end.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && self.refill()? > 0 {}
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }

    /// Reads more behind what there is, and gives how much; 0 at the end.
    fn refill(&mut self) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        loop {
            let read = match self.inner.read(&mut self.buffer[self.end..]) {
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                return Ok(0);
            }
            let kept = drop_forbidden(&mut self.buffer[self.end..self.end + read]);
            self.end += kept;
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// Moves the bytes that XML 1.0 allows to the front and gives their number.
fn drop_forbidden(bytes: &mut [u8]) -> usize {
    // Looking at a block as a whole rather than stopping at its first lets the compiler look at many bytes at once.
    let any = |block: &[u8]| block.iter().fold(false, |any, byte| any | is_forbidden(*byte));
    if !bytes.chunks(1024).any(any) {
        return bytes.len();
    }
    let mut kept = 0;
    for at in 0..bytes.len() {
        bytes[kept] = bytes[at];
        kept += usize::from(!is_forbidden(bytes[at]));
    }
    kept
}

fn is_forbidden(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}

impl<R: Read> Read for Clean<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Clean<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowed == 0 {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "one piece of markup is too long"));
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end.min(self.start.saturating_add(self.allowed))])
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.allowed = self.allowed.saturating_sub(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            into[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn the_root_is_found_behind_anything_and_forbidden_bytes_are_dropped() {
        let text = b"\xEF\xBB\xBF<?xml?><!DOCTYPE HealthData [<!ELEMENT HealthData (x)> <HealthDataset>]><Health\x0bData a='\x01b'/>";
        let mut clean = Clean::new(Drip(text));
        assert!(clean.skip_to_root().unwrap());
        let mut rest = String::new();
        clean.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "<HealthData a='b'/>");
        assert!(!Clean::new(Drip(b"<Health><Data>")).skip_to_root().unwrap());
    }

    #[test]
    fn no_more_is_handed_out_than_allowed() {
        let mut clean = Clean::new(&b"abcdef"[..]);
        clean.allow(3);
        let mut got = Vec::new();
        let fault = clean.read_to_end(&mut got).unwrap_err();
        assert_eq!((got.as_slice(), fault.kind()), (&b"abc"[..], io::ErrorKind::FileTooLarge));
    }
}
