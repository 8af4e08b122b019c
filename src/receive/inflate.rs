//! Undoes a content encoding, never past the limit: a few kilobytes can claim to be gigabytes.

use std::io::{ErrorKind, Read};

use crate::error::{Error, Result};

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Encoding {
    /// Reads a `Content-Encoding` header.
    pub fn parse(header: &str) -> Result<Encoding> {
        match header.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Encoding::Identity),
            "gzip" | "x-gzip" => Ok(Encoding::Gzip),
            "deflate" => Ok(Encoding::Deflate),
            "br" => Ok(Encoding::Brotli),
            "zstd" => Ok(Encoding::Zstd),
            other => Err(Error::BadEncoding(format!(
                "the content encoding {other:?} is not known: use gzip, br, zstd, deflate or none"
            ))),
        }
    }
}

/// The body as it was before compression, at most `limit` bytes of it.
pub fn inflate(encoding: Encoding, body: Vec<u8>, limit: u64) -> Result<Vec<u8>> {
    let compressed = body.as_slice();
    match encoding {
        Encoding::Identity => Ok(body),
        Encoding::Gzip => read_within(flate2::read::MultiGzDecoder::new(compressed), limit),
        // The standard says zlib, some clients send the bare stream; the first byte tells.
        Encoding::Deflate if compressed.first().is_some_and(|byte| byte & 0x0f == 8) => {
            read_within(flate2::read::ZlibDecoder::new(compressed), limit)
        }
        Encoding::Deflate => read_within(flate2::read::DeflateDecoder::new(compressed), limit),
        Encoding::Brotli => read_within(brotli::Decompressor::new(compressed, 16 * 1024), limit),
        Encoding::Zstd => {
            let decoder = zstd::Decoder::new(compressed).map_err(|fault| Error::io("starting zstd", &fault))?;
            read_within(decoder, limit)
        }
    }
}

fn read_within(reader: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let read = reader.take(limit + 1).read_to_end(&mut body).map_err(|fault| match fault.kind() {
        ErrorKind::OutOfMemory => Error::TooLarge(too_large(limit)),
        _ => Error::BadEncoding(format!("the body cannot be decompressed ({fault}): send it again, or uncompressed")),
    })?;
    match read as u64 > limit {
        true => Err(Error::TooLarge(too_large(limit))),
        false => Ok(body),
    }
}

/// The sentence for a body over the limit of `limit` bytes.
pub fn too_large(limit: u64) -> String {
    format!(
        "the body is larger than the {} MB that one delivery may have: turn on \"Batch Requests\" in the app, or choose \
         a shorter period",
        limit >> 20
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_comes_back() {
        let body = b"{\"data\":{}}".repeat(100);
        let mut brotli = Vec::new();
        brotli::BrotliCompress(&mut &body[..], &mut brotli, &Default::default()).unwrap();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&body).unwrap();
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        bare.write_all(&body).unwrap();
        for (header, sent) in [
            ("", body.clone()),
            ("GZIP", gzip(&body)),
            ("br", brotli),
            ("zstd", zstd::encode_all(&body[..], 1).unwrap()),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
        ] {
            let encoding = Encoding::parse(header).unwrap();
            assert_eq!(inflate(encoding, sent, 10_000).unwrap(), body, "{header}");
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = gzip(&vec![b' '; 50 << 20]);
        assert!(bomb.len() < 1 << 20);
        assert!(matches!(inflate(Encoding::Gzip, bomb, 1 << 20), Err(Error::TooLarge(_))));
    }

    #[test]
    fn what_is_not_compressed_as_claimed_is_a_bad_encoding() {
        assert!(matches!(inflate(Encoding::Gzip, b"{}".to_vec(), 100), Err(Error::BadEncoding(_))));
        assert!(matches!(Encoding::parse("lzma"), Err(Error::BadEncoding(_))));
    }
}
