//! Pages that are the same for everybody until the program is another: `/` and `/openapi.json`.
//!
//! Each is compressed as well as it can be, once, when it is first asked for, and known by a strong tag of its bytes.

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

/// Asked for again each time, and mostly answered by a 304: an update must be seen at once.
const CONTROL: HeaderValue = HeaderValue::from_static("no-cache");
const VARY: HeaderValue = HeaderValue::from_static("Accept-Encoding");

/// A page is its own text and nothing from anywhere; its icon stands in it.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(Clone)]
pub struct Page(Arc<Inside>);

struct Inside {
    media_type: &'static str,
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
        Page(Arc::new(Inside { media_type, text: text.into(), written: Default::default() }))
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
        headers.insert(header::CACHE_CONTROL, CONTROL);
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
            false => accepted.best,
        }
    }

    fn write(&self, coding: Coding) -> Result<Written> {
        let encoded = || {
            let body: Bytes = match coding {
                Coding::Identity => self.0.text.clone(),
                _ => coding.encode(&self.0.text, coding.best_level())?.into(),
            };
            let digest = Sha256::digest(&body);
            let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            Ok(Written { body, tag: EntityTag::strong(&hex) })
        };
        self.0.written[coding as usize].get_or_init(encoded).clone()
    }
}
