//! Bytes to records: pure functions, one folder or file per sender, no judgement of what the records mean.
//!
//! A body is recognised by its content, because phones set the wrong `Content-Type` or none.

pub mod apple_export;
pub mod auto_export;
pub mod date;

/// The kinds of body that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Health Auto Export's JSON.
    AutoExport,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Format::AutoExport => "health-auto-export",
        }
    }
}

/// Looks at the first bytes only: a body that cannot be anything we know is refused before it is parsed.
pub fn recognise(body: &[u8]) -> Result<Format, String> {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    match text.first() {
        Some(b'{') => Ok(Format::AutoExport),
        Some(b'[') => Err("the body is a JSON array; a Health Auto Export body is an object with \"data\"".into()),
        Some(_) => Err(format!(
            "the body begins with {:?}, which is no JSON object: send Health Auto Export's JSON format",
            String::from_utf8_lossy(&text[..text.len().min(12)])
        )),
        None => Err("the body is empty".into()),
    }
}
