//! Multipart bodies: what a form or a CSV automation sends, taken apart.
//!
//! The whole body is in memory already and within the limits, so the parser, which is made for streams, gets it in one
//! piece. A body without the header's boundary still has one: it begins with it.

use bytes::Bytes;
use futures::executor::block_on;
use futures::stream;
use multer::{Field, Multipart};

/// One field or file of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Empty when the sender gave none.
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Vec<u8>,
}

/// The parts of `body` in their order, or why it has none.
pub fn parts(body: &[u8], content_type: &str) -> Result<Vec<Part>, String> {
    let boundary = multer::parse_boundary(content_type)
        .ok()
        .or_else(|| boundary_of(body))
        .ok_or("the multipart body has no boundary: send it with the Content-Type that the client made")?;
    let whole = Bytes::copy_from_slice(body);
    let form = Multipart::new(stream::once(async { Ok::<Bytes, std::convert::Infallible>(whole) }), boundary);
    block_on(read(form)).map_err(|fault| format!("the multipart body cannot be read ({fault}): send it again"))
}

/// True when the first line can be a boundary and a header of a part follows it.
pub fn is_multipart(body: &[u8]) -> bool {
    boundary_of(body).is_some()
}

async fn read(mut form: Multipart<'_>) -> multer::Result<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await? {
        parts.push(part(field).await?);
    }
    Ok(parts)
}

async fn part(field: Field<'_>) -> multer::Result<Part> {
    Ok(Part {
        name: field.name().unwrap_or_default().to_owned(),
        file_name: field.file_name().map(str::to_owned),
        content_type: field.content_type().map(ToString::to_string),
        bytes: field.bytes().await?.to_vec(),
    })
}

fn boundary_of(body: &[u8]) -> Option<String> {
    let end = body.windows(2).take(80).position(|pair| pair == b"\r\n")?;
    let boundary = std::str::from_utf8(body.get(..end)?.strip_prefix(b"--")?).ok()?;
    let header = body.get(end + 2..end + 10)?;
    (!boundary.is_empty() && header.eq_ignore_ascii_case(b"content-")).then(|| boundary.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "--x1\r\nContent-Disposition: form-data; name=\"metric\"\r\n\r\nstep_count\r\n\
        --x1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Schritte.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        Date,Steps\r\n2024-02-06,1\r\n\r\n--x1--\r\n";

    #[test]
    fn fields_and_files_come_out_with_or_without_the_header() {
        for header in ["multipart/form-data; boundary=x1", "text/plain", ""] {
            let parts = parts(FORM.as_bytes(), header).unwrap();
            assert_eq!(parts.len(), 2, "{header}");
            assert_eq!((parts[0].name.as_str(), parts[0].bytes.as_slice()), ("metric", &b"step_count"[..]));
            assert_eq!(parts[1].file_name.as_deref(), Some("Schritte.csv"));
            assert_eq!(parts[1].content_type.as_deref(), Some("text/csv"));
            assert_eq!(parts[1].bytes, b"Date,Steps\r\n2024-02-06,1\r\n");
        }
        assert!(is_multipart(FORM.as_bytes()) && !is_multipart(b"{}") && !is_multipart(b"--\r\nContent-"));
    }

    #[test]
    fn what_is_cut_off_or_no_form_is_refused_with_a_sentence() {
        let cut = &FORM.as_bytes()[..FORM.len() - 20];
        assert!(parts(cut, "multipart/form-data; boundary=x1").unwrap_err().contains("send it again"));
        assert!(parts(b"{}", "application/json").unwrap_err().contains("boundary"));
    }
}
