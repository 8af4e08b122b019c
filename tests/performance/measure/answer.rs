//! An answer as a check sees it, with the compression undone.

use std::borrow::Cow;
use std::io::Read;

use hyper::HeaderMap;

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// As it came over the wire.
    pub wire: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body without its content encoding, or what is wrong with it.
    pub fn body(&self) -> Result<Cow<'_, [u8]>, String> {
        let encoding = self.header("content-encoding").unwrap_or("identity");
        let mut plain = Vec::new();
        let undone = match encoding {
            _ if encoding == "identity" || self.wire.is_empty() => return Ok(Cow::Borrowed(&self.wire)),
            "gzip" => flate2::read::MultiGzDecoder::new(&self.wire[..]).read_to_end(&mut plain),
            "br" => brotli::Decompressor::new(&self.wire[..], 1 << 16).read_to_end(&mut plain),
            "zstd" => {
                zstd::stream::read::Decoder::new(&self.wire[..]).and_then(|mut body| body.read_to_end(&mut plain))
            }
            other => return Err(format!("content-encoding {other:?} was never asked for")),
        };
        undone.map_err(|fault| format!("a body under {encoding} that cannot be undone: {fault}"))?;
        Ok(Cow::Owned(plain))
    }
}
