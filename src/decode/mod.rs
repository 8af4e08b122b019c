//! Bytes to records: pure functions, one folder or file per sender, no judgement of what the records mean.
//!
//! A body is recognised by its content, because phones set the wrong `Content-Type` or none.

pub mod apple_export;
pub mod auto_export;
pub mod date;
mod digits;
pub mod healthkit;
mod json;
pub mod multipart;
mod recognise;
pub mod shortcuts;
pub mod utf16;

use recognise::Sign;

/// The kinds of body that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Health Auto Export's JSON.
    AutoExport,
    /// What an Apple Shortcut sends.
    Shortcuts,
    /// Health Export Pro's JSON.
    HealthExportPro,
    /// open-health-export's lines.
    OpenHealthExport,
}

impl Format {
    pub const ALL: [Format; 4] =
        [Format::AutoExport, Format::Shortcuts, Format::HealthExportPro, Format::OpenHealthExport];

    pub fn as_str(self) -> &'static str {
        match self {
            Format::AutoExport => "health-auto-export",
            Format::Shortcuts => "shortcuts",
            Format::HealthExportPro => "health-export-pro",
            Format::OpenHealthExport => "open-health-export",
        }
    }

    /// The format of that name, as in the parameter `format`.
    pub fn parse(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.as_str() == name.trim().to_lowercase())
    }
}

/// The kind of a body by its content. What no other sender sends is left to Shortcuts, which refuses what it cannot read.
pub fn recognise(body: &[u8]) -> Format {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    match text.first() {
        Some(b'{') if healthkit::wire::is_wire(text) => Format::OpenHealthExport,
        Some(b'{') if healthkit::pro::is_pro(text) => Format::HealthExportPro,
        Some(b'{') if recognise::sign(text) == Sign::AutoExport => Format::AutoExport,
        Some(b'[') if recognise::sign_of_list(text) == Sign::AutoExport => Format::AutoExport,
        _ => Format::Shortcuts,
    }
}
