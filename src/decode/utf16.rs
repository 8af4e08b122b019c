//! Text in UTF-16 as UTF-8: what Windows programs save, and what a phone's file becomes on its way through one.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};

/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;

/// The encoding of a text in UTF-16, by its mark, or by a first letter of XML or JSON.
fn encoding(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, ..] | [b'<' | b'{' | b'[', 0, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'<' | b'{' | b'[', ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The bytes as UTF-8; `None` when they are not in UTF-16.
pub fn to_utf8(bytes: &[u8]) -> Option<Vec<u8>> {
    let (text, ..) = encoding(bytes)?.decode(bytes);
    Some(text.into_owned().into_bytes())
}

/// A reader over another that hands out UTF-8 when that one is in UTF-16, and anything else as it stands.
pub struct Utf8<R> {
    inner: R,
    decoder: Option<Decoder>,
    begun: bool,
    ended: bool,
    /// What is to be handed out next, and how much of it has been.
    ready: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf8<R> {
    pub fn new(inner: R) -> Utf8<R> {
        Utf8 { inner, decoder: None, begun: false, ended: false, ready: Vec::new(), given: 0 }
    }

    fn begin(&mut self) -> io::Result<()> {
        let mut head = Vec::with_capacity(2);
        (&mut self.inner).take(2).read_to_end(&mut head)?;
        self.begun = true;
        self.decoder = encoding(&head).map(Encoding::new_decoder);
        match self.decoder {
            Some(_) => self.decode(&head, false),
            None => self.ready = head,
        }
        Ok(())
    }

    fn decode(&mut self, bytes: &[u8], last: bool) {
        let Some(decoder) = &mut self.decoder else { return };
        (self.ready, self.given) = (vec![0; 3 * bytes.len() + 16], 0);
        let (mut read, mut written) = (0, 0);
        loop {
            let (done, from, to, _) = decoder.decode_to_utf8(&bytes[read..], &mut self.ready[written..], last);
            (read, written) = (read + from, written + to);
            match done {
                CoderResult::InputEmpty => break,
                CoderResult::OutputFull => self.ready.resize(self.ready.len() + BLOCK, 0),
            }
        }
        self.ready.truncate(written);
    }

    /// Decodes the next block; false at the end.
    fn more(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let mut block = Vec::with_capacity(BLOCK);
        (&mut self.inner).take(BLOCK as u64).read_to_end(&mut block)?;
        self.ended = block.is_empty();
        self.decode(&block, self.ended);
        Ok(!self.ended || !self.ready.is_empty())
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begin()?;
        }
        loop {
            if self.given < self.ready.len() {
                let given = (&self.ready[self.given..]).read(into)?;
                self.given += given;
                return Ok(given);
            }
            if self.decoder.is_none() {
                return self.inner.read(into);
            }
            if !self.more()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn both_orders_with_and_without_a_mark_and_anything_else_as_it_stands() {
        let text = format!("<a b=\"ö\u{1f600}\">{}</a>", "日本".repeat(70_000));
        for bytes in
            [wide(&text, true), wide(&text, false), wide(&format!("\u{feff}{text}"), true), text.clone().into_bytes()]
        {
            let mut read = String::new();
            let mut reader = Utf8::new(&bytes[..]);
            reader.read_to_string(&mut read).unwrap();
            assert_eq!(reader.read(&mut [0; 8]).unwrap(), 0, "the end stays the end");
            assert_eq!(read.trim_start_matches('\u{feff}'), text);
        }
        assert_eq!(to_utf8(&wide("\u{feff}{}", false)).unwrap(), b"{}");
        for plain in [&b""[..], b"<", b"{}", b"\0\x05\x16"] {
            assert_eq!(to_utf8(plain), None);
            let mut read = Vec::new();
            Utf8::new(plain).read_to_end(&mut read).unwrap();
            assert_eq!(read, plain);
        }
    }
}
