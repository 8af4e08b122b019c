//! Texts that are the same for everybody until the program is another: the files of the page and `/openapi.json`.
//!
//! Each is known by a strong tag of its bytes, and compressed as well as it can be: the page's files under brotli when they
//! are built, which is what browsers get; anything else once, when it is first asked for.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use etag::EntityTag;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::http::caching::Client;
use crate::http::coding::{Accepted, Coding, SMALLEST};
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::model::hex::hex;

/// Asked for again each time, and mostly answered by a 304: an update must be seen at once.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// For what is named by its content.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const VARY: HeaderValue = HeaderValue::from_static("Accept-Encoding");

/// A page is made of files of this server and nothing else, and none of its scripts stands in its text.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; connect-src 'self'; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

#[derive(Clone)]
pub struct Page(Arc<Inside>);

struct Inside {
    media_type: &'static str,
    control: HeaderValue,
    /// Whether it came compressed, under brotli.
    built: bool,
    text: Bytes,
    /// By coding.
    written: [OnceLock<Result<Written>>; 4],
}

#[derive(Clone)]
struct Written {
    body: Bytes,
    tag: EntityTag,
}

impl Page {
    pub fn new(media_type: &'static str, text: impl Into<Bytes>) -> Page {
        Page(Arc::new(Inside {
            media_type,
            control: ASK_AGAIN,
            built: false,
            text: text.into(),
            written: Default::default(),
        }))
    }

    /// A file that was compressed when it was built; one that is `named_by_content` may be kept for ever.
    pub fn built(media_type: &'static str, text: &'static [u8], brotli: &'static [u8], named_by_content: bool) -> Page {
        let control = if named_by_content { KEEP } else { ASK_AGAIN };
        let mut written: [OnceLock<Result<Written>>; 4] = Default::default();
        written[Coding::Brotli as usize] = OnceLock::from(Ok(Written::new(Bytes::from_static(brotli))));
        Page(Arc::new(Inside { media_type, control, built: true, text: Bytes::from_static(text), written }))
    }

    pub async fn answered(self, client: Client) -> Result<Response, Problem> {
        let coding = self.coding(client.accepted());
        let page = self.clone();
        let written = match self.0.written[coding as usize].get() {
            Some(written) => written.clone()?,
            None => blocking(move || page.write(coding)).await?,
        };
        let mut response = match client.knows(&written.tag) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => self.with_body(coding, written.body),
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::try_from(written.tag.to_string()) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CACHE_CONTROL, self.0.control.clone());
        headers.insert(header::VARY, VARY);
        if self.0.media_type.starts_with("text/html") {
            headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        }
        Ok(response)
    }

    fn with_body(&self, coding: Coding, body: Bytes) -> Response {
        let mut response = ([(header::CONTENT_TYPE, self.0.media_type)], body).into_response();
        if coding != Coding::Identity {
            response.headers_mut().insert(header::CONTENT_ENCODING, coding.header());
        }
        response
    }

    fn coding(&self, accepted: Accepted) -> Coding {
        match self.0.text.len() < SMALLEST && accepted.identity {
            true => Coding::Identity,
            false if self.0.built && accepted.brotli => Coding::Brotli,
            false => accepted.best,
        }
    }

    fn write(&self, coding: Coding) -> Result<Written> {
        let encoded = || {
            let body: Bytes = match coding {
                Coding::Identity => self.0.text.clone(),
                _ => coding.encode(&self.0.text, coding.best_level())?.into(),
            };
            Ok(Written::new(body))
        };
        self.0.written[coding as usize].get_or_init(encoded).clone()
    }
}

impl Written {
    fn new(body: Bytes) -> Written {
        let digest = Sha256::digest(&body);
        let hex = hex(&digest[..16]);
        Written { body, tag: EntityTag::strong(&hex) }
    }
}
