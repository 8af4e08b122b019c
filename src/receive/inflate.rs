//! Undoes a content encoding, never past the limit: a few kilobytes can claim to be gigabytes.

use std::io::{BufRead, BufReader, Read};

use crate::error::{Error, Result};
use crate::receive::arriving::Content;

/// Bytes that are read at once.
const BUFFER: usize = 16 << 10;

/// Logarithm of the largest window of zstd that is given memory: 8 MB, which is what its standard asks of everybody.
const LARGEST_WINDOW: u32 = 23;

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
    fn as_str(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
            Encoding::Deflate => "deflate",
            Encoding::Brotli => "br",
            Encoding::Zstd => "zstd",
        }
    }

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
///
/// What is compressed is read twice: once to know its size, so that a bomb costs no memory, and what is none has memory of
/// exactly its size.
pub fn inflate(encoding: Encoding, mut body: Content, limit: u64) -> Result<Vec<u8>> {
    if encoding == Encoding::Identity {
        return body.into_bytes();
    }
    let counted = std::io::copy(&mut decoder(encoding, body.reader()?)?.take(limit + 1), &mut std::io::sink());
    let bytes = counted.map_err(not_as_claimed)?;
    if bytes > limit {
        return Err(Error::TooLarge(too_large(limit)));
    }
    let mut inflated = Vec::with_capacity(usize::try_from(bytes).unwrap_or(usize::MAX));
    decoder(encoding, body.reader()?)?.take(bytes).read_to_end(&mut inflated).map_err(not_as_claimed)?;
    count(encoding, body.bytes(), bytes);
    Ok(inflated)
}

/// The same where it is at most `limit` bytes, in one go; none where it is more. A body that is not compressed is moved out.
pub fn inflate_within(encoding: Encoding, body: &mut Content, limit: u64) -> Result<Option<Vec<u8>>> {
    if encoding == Encoding::Identity {
        return std::mem::take(body).into_bytes().map(Some);
    }
    let mut inflated = Vec::new();
    let read = decoder(encoding, body.reader()?)?.take(limit + 1).read_to_end(&mut inflated).map_err(not_as_claimed)?;
    if read as u64 > limit {
        return Ok(None);
    }
    count(encoding, body.bytes(), read as u64);
    Ok(Some(inflated))
}

fn count(encoding: Encoding, input: u64, output: u64) {
    let labels = [("encoding", encoding.as_str())];
    metrics::counter!("health_export_decompression_input_bytes_total", &labels).increment(input);
    metrics::counter!("health_export_decompression_output_bytes_total", &labels).increment(output);
}

fn decoder<'a>(encoding: Encoding, body: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>> {
    let mut body = BufReader::with_capacity(BUFFER, body);
    Ok(match encoding {
        Encoding::Identity => Box::new(body),
        Encoding::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(body)),
        // The standard says zlib, some clients send the bare stream; the first byte tells.
        Encoding::Deflate => match body.fill_buf().map_err(not_as_claimed)?.first() {
            Some(byte) if byte & 0x0f == 8 => Box::new(flate2::bufread::ZlibDecoder::new(body)),
            _ => Box::new(flate2::bufread::DeflateDecoder::new(body)),
        },
        Encoding::Brotli => Box::new(brotli::Decompressor::new(body, BUFFER)),
        Encoding::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(body).map_err(|fault| Error::io("starting zstd", &fault))?;
            decoder.window_log_max(LARGEST_WINDOW).map_err(|fault| Error::io("starting zstd", &fault))?;
            Box::new(decoder)
        }
    })
}

fn not_as_claimed(fault: std::io::Error) -> Error {
    Error::BadEncoding(format!("the body cannot be decompressed ({fault}): send it again, or uncompressed"))
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
            assert_eq!(inflate(encoding, sent.into(), 10_000).unwrap(), body, "{header}");
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = gzip(&vec![b' '; 50 << 20]);
        assert!(bomb.len() < 1 << 20);
        assert!(matches!(inflate(Encoding::Gzip, bomb.into(), 1 << 20), Err(Error::TooLarge(_))));
    }

    #[test]
    fn what_is_not_compressed_as_claimed_is_a_bad_encoding() {
        assert!(matches!(inflate(Encoding::Gzip, b"{}".to_vec().into(), 100), Err(Error::BadEncoding(_))));
        assert!(matches!(Encoding::parse("lzma"), Err(Error::BadEncoding(_))));
    }
}
