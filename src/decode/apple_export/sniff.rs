//! What a file is, by its first bytes: names are translated, files are renamed, and a Mac adds decoys of the same name.

use crate::decode::utf16;

/// Bytes that are enough to know a file by: the document type before the root has seven kilobytes.
pub const ENOUGH: usize = 64 << 10;

/// A kind of file that an export has, or that an import may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Zip,
    /// `export.xml`, whatever it is called.
    Export,
    /// A clinical document.
    Cda,
    Gpx,
    /// JSON, or text that is none of the others.
    Json,
    Text,
    Empty,
    Unknown,
}

/// The kind of a file that begins with `head`.
pub fn kind(head: &[u8]) -> Kind {
    match utf16::to_utf8(head) {
        Some(text) => kind_of(&text),
        None => kind_of(head),
    }
}

fn kind_of(head: &[u8]) -> Kind {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let holds = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    match text.first() {
        None if head.is_empty() => Kind::Empty,
        None => Kind::Unknown,
        Some(_) if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") => Kind::Zip,
        Some(b'<') if holds(b"<!DOCTYPE HealthData") || holds(b"<HealthData") => Kind::Export,
        Some(b'<') if holds(b"<ClinicalDocument") || holds(b":ClinicalDocument") => Kind::Cda,
        Some(b'<') if holds(b"<gpx") => Kind::Gpx,
        Some(b'{' | b'[') => Kind::Json,
        // Bytes may be damaged before the root.
        Some(_) if holds(b"<HealthData ") => Kind::Export,
        Some(_) if text.contains(&0) => Kind::Unknown,
        Some(b'<') => Kind::Unknown,
        Some(_) => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_content() {
        for (head, expected) in [
            (&b"PK\x03\x04...."[..], Kind::Zip),
            (b"\xEF\xBB\xBF<?xml version='1.0'?><!DOCTYPE HealthData [", Kind::Export),
            (b"<HealthData locale='de'>", Kind::Export),
            (b"<?xml?><ClinicalDocument xmlns=''>", Kind::Cda),
            (b"<?xml?><n1:ClinicalDocument xmlns:n1=''>", Kind::Cda),
            (b"<gpx version='1.1'>", Kind::Gpx),
            (b" [1]", Kind::Json),
            (b"Name,Robin", Kind::Text),
            (b"", Kind::Empty),
            (b"\x00\x05\x16\x07\x00", Kind::Unknown),
            (b"<html>", Kind::Unknown),
            (b"\xff\xfe<\0H\0e\0a\0l\0t\0h\0D\0a\0t\0a\0>\0", Kind::Export),
            (b"\xfe\xff\0{\0}", Kind::Json),
        ] {
            assert_eq!(kind(head), expected, "{}", String::from_utf8_lossy(head));
        }
    }
}
