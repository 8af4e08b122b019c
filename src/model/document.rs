//! Files that are kept as they came: clinical records, the profile, imported CDA documents.

/// A document ready to store. Known by (person, kind, name); a later one replaces an earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Which item of the delivery it came from: index into `Batch::items`.
    pub item: u32,
    /// `clinical`, `cda`, `profile`, or `route` for one that no workout refers to.
    pub kind: &'static str,
    /// Its path in the export, or another name that stays the same from export to export.
    pub name: String,
    pub media_type: &'static str,
    pub body: Vec<u8>,
}
