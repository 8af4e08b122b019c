//! Content codings: which of them a client takes, and at which level each is written.
//!
//! The levels are measured (`make bench BENCH=compression`): what they save must be worth the time of a small machine.

use std::io::Write;
use std::time::Instant;

use axum::http::{HeaderMap, HeaderValue, header};
use brotli::enc::BrotliEncoderParams;
use flate2::write::GzEncoder;

use crate::error::{Error, Result};
use crate::telemetry::savings;

/// Answers smaller than this many bytes are not worth compressing.
pub const SMALLEST: usize = 1024;

/// How the bytes of an answer are written. In the order of preference among what a client likes as much, best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

/// What a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    pub best: Coding,
    /// Whether it takes an answer as it is, too.
    pub identity: bool,
    /// Whether it takes brotli, even when it likes another better.
    pub brotli: bool,
}

impl Coding {
    pub const COMPRESSED: [Coding; 3] = [Coding::Zstd, Coding::Brotli, Coding::Gzip];

    pub fn as_str(self) -> &'static str {
        match self {
            Coding::Identity => "identity",
            Coding::Gzip => "gzip",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(self.as_str())
    }

    /// The level for answers that are written for one client, now.
    pub fn level(self) -> i32 {
        match self {
            Coding::Identity => 0,
            Coding::Gzip => 4,
            Coding::Brotli => 2,
            Coding::Zstd => 1,
        }
    }

    /// The level for what is compressed once and sent for ever.
    pub fn best_level(self) -> i32 {
        match self {
            Coding::Identity => 0,
            Coding::Gzip => 9,
            Coding::Brotli => 11,
            Coding::Zstd => 19,
        }
    }

    /// `bytes` in this coding, all at once.
    pub fn encode(self, bytes: &[u8], level: i32) -> Result<Vec<u8>> {
        let encoded = match self {
            Coding::Identity => Ok(bytes.to_vec()),
            Coding::Zstd => zstd::bulk::compress(bytes, level),
            Coding::Gzip => {
                let level = flate2::Compression::new(level.unsigned_abs());
                let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), level);
                encoder.write_all(bytes).and_then(|()| encoder.finish())
            }
            Coding::Brotli => {
                let parameters = BrotliEncoderParams { quality: level, size_hint: bytes.len(), ..Default::default() };
                let mut encoded = Vec::with_capacity(bytes.len() / 6);
                brotli::BrotliCompress(&mut &bytes[..], &mut encoded, &parameters).map(|_| encoded)
            }
        };
        encoded.map_err(|fault| Error::internal("compressing an answer", fault))
    }

    /// The same, and counts what that saves.
    pub fn encode_counted(self, bytes: &[u8], level: i32) -> Result<Vec<u8>> {
        let begun = Instant::now();
        let encoded = self.encode(bytes, level)?;
        savings::count(self.as_str(), bytes.len() as u64, encoded.len() as u64, begun.elapsed());
        Ok(encoded)
    }
}

/// What the client takes, by its `Accept-Encoding` (RFC 9110, 12.5.3); `None` when it takes nothing that there is.
pub fn accepted(headers: &HeaderMap) -> Option<Accepted> {
    let texts = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let listed: Vec<(&str, u16)> = texts.flat_map(|text| text.split(',')).filter_map(weighed).collect();
    let weight = |names: &[&str]| {
        let of = |name: &str| listed.iter().find(|(listed, _)| listed.eq_ignore_ascii_case(name)).map(|(_, q)| *q);
        names.iter().find_map(|name| of(name)).or_else(|| of("*"))
    };
    // What is not mentioned is not wanted, but for the answer as it is, which is the last choice then.
    let identity = weight(&["identity"]);
    let brotli = weight(&["br"]).unwrap_or(0);
    let weights = [
        (identity.unwrap_or(1), Coding::Identity),
        (weight(&["gzip", "x-gzip"]).unwrap_or(0), Coding::Gzip),
        (brotli, Coding::Brotli),
        (weight(&["zstd"]).unwrap_or(0), Coding::Zstd),
    ];
    let (_, best) = weights.into_iter().filter(|(weight, _)| *weight > 0).max()?;
    Some(Accepted { best, identity: identity != Some(0), brotli: brotli > 0 })
}

/// A coding and its weight in thousandths; nothing when it is no weight that there is.
fn weighed(item: &str) -> Option<(&str, u16)> {
    let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
    let name = Some(name.trim()).filter(|name| !name.is_empty())?;
    let Some((key, value)) = parameters.split_once('=') else { return Some((name, 1000)) };
    if !key.trim().eq_ignore_ascii_case("q") {
        return Some((name, 1000));
    }
    let weight = value.trim().parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    Some((name, (weight * 1000.0).round() as u16))
}

/// Whether an answer of that media type gets smaller: not what is packed already, nor what is sent piece by piece as it
/// happens.
pub fn is_compressible(media_type: &HeaderValue) -> bool {
    let Ok(text) = media_type.to_str() else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/event-stream" => false,
        "image/svg+xml" => true,
        "application/javascript" => true,
        text if text.starts_with("text/") => true,
        json if json.ends_with("json") || json.ends_with("+xml") || json.ends_with("/xml") => true,
        other => other.ends_with("ndjson"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(texts: &[&str]) -> Option<(&'static str, bool)> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(header::ACCEPT_ENCODING, text.parse().unwrap());
        }
        accepted(&headers).map(|accepted| (accepted.best.as_str(), accepted.identity))
    }

    #[test]
    fn the_client_s_weights_decide_and_then_our_order() {
        for (texts, expected) in [
            (&[][..], Some(("identity", true))),
            (&[""], Some(("identity", true))),
            (&["gzip, deflate, br, zstd"], Some(("zstd", true))),
            (&["gzip, deflate, br"], Some(("br", true))),
            (&["GZIP"], Some(("gzip", true))),
            (&["x-gzip"], Some(("gzip", true))),
            (&["gzip;q=1.0, br;q=0.8, zstd;q=0.5"], Some(("gzip", true))),
            (&["zstd ; q=0.2 , br;Q=0.3"], Some(("br", true))),
            (&["gzip;q=0, br;q=0"], Some(("identity", true))),
            (&["br", "zstd;q=0.1"], Some(("br", true))),
            (&["*"], Some(("zstd", true))),
            (&["*;q=0.5, gzip"], Some(("gzip", true))),
            (&["zstd;q=0, *"], Some(("br", true))),
            (&["identity"], Some(("identity", true))),
            (&["identity, gzip;q=0.5"], Some(("identity", true))),
            (&["deflate, compress"], Some(("identity", true))),
            (&["gzip;q=2, br;q=-1, zstd;q=x"], Some(("identity", true))),
            (&["gzip;q=NaN"], Some(("identity", true))),
            (&["gzip;q=0.0004"], Some(("identity", true))),
            (&["identity;q=0, gzip"], Some(("gzip", false))),
            (&["*;q=0, br"], Some(("br", false))),
            (&["*;q=0, identity"], Some(("identity", true))),
            (&["*;q=0"], None),
            (&["identity;q=0"], None),
            (&["identity;q=0, deflate"], None),
        ] {
            assert_eq!(best(texts), expected, "{texts:?}");
        }
    }

    #[test]
    fn what_is_packed_already_is_left_alone() {
        for (media_type, expected) in [
            ("application/json", true),
            ("application/geo+json", true),
            ("application/problem+json", true),
            ("application/gpx+xml", true),
            ("application/x-ndjson", true),
            ("text/csv; charset=utf-8", true),
            ("TEXT/HTML", true),
            ("text/event-stream", false),
            ("application/vnd.apache.parquet", false),
            ("application/zip", false),
            ("application/gzip", false),
            ("application/octet-stream", false),
            ("application/pdf", false),
            ("image/png", false),
            ("image/svg+xml", true),
        ] {
            assert_eq!(is_compressible(&HeaderValue::from_static(media_type)), expected, "{media_type}");
        }
    }

    #[test]
    fn what_is_encoded_can_be_decoded() {
        use std::io::Read;
        let text = "{\"start\":\"2024-01-01T00:00:00Z\"}".repeat(1000).into_bytes();
        for coding in Coding::COMPRESSED {
            for level in [coding.level(), coding.best_level()] {
                let encoded = coding.encode(&text, level).unwrap();
                assert!(encoded.len() < text.len() / 10);
                let mut decoded = Vec::new();
                match coding {
                    Coding::Identity => unreachable!(),
                    Coding::Gzip => _ = flate2::read::GzDecoder::new(&encoded[..]).read_to_end(&mut decoded).unwrap(),
                    Coding::Brotli => {
                        _ = brotli::Decompressor::new(&encoded[..], 4096).read_to_end(&mut decoded).unwrap()
                    }
                    Coding::Zstd => decoded = zstd::decode_all(&encoded[..]).unwrap(),
                }
                assert_eq!(decoded, text, "{coding:?} {level}");
            }
        }
    }
}
