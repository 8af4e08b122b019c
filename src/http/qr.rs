//! `GET /api/v1/qr`: a text for the camera of a phone. Made here, so that the page needs no library for it.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};

use crate::error::{Error, Result};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;

/// Bytes of text that a camera still reads from a screen.
const LONGEST: usize = 1_500;

/// Pixels of each side, at least.
const SIDE: u32 = 256;

/// A text as a QR code
#[utoipa::path(
    get, path = "/api/v1/qr", tag = "read",
    params(("text" = String, Query, description = "At most 1,500 bytes")),
    responses((status = 200, description = "Black on white", content_type = "image/svg+xml"), (status = 400, body = Problem))
)]
pub async fn get(mut params: Params) -> Result<Response, Problem> {
    let text = params.one("text")?;
    params.finish()?;
    let text = text.ok_or_else(|| Error::BadRequest("text: say what the code is to hold".into()))?;
    if text.len() > LONGEST {
        let fault = format!("text: it has {} bytes, {LONGEST} is the most", text.len());
        return Err(Error::BadRequest(fault).into());
    }
    let image = blocking(move || drawn(&text)).await?;
    // The text may be a key.
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, image).into_response())
}

fn drawn(text: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|fault| Error::internal("drawing a QR code", fault))?;
    Ok(code.render::<Color>().min_dimensions(SIDE, SIDE).build())
}
