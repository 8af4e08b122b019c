//! Records: a header that names the type of each column, and the columns behind each other.
//!
//! Nearly all rows have one of a few headers, so where its columns are is worked out once for each.

/// How many columns a record may have. Its header then fits into the sixteen bytes that are compared at once.
pub const MOST_COLUMNS: usize = 15;

/// Types of columns: NULL, integers of 1, 2, 3, 4, 6 and 8 bytes, a float, and the integers 0 and 1 without a byte.
pub const NULL: u8 = 0;
const FLOAT: u8 = 7;
pub const ZERO: u8 = 8;
pub const ONE: u8 = 9;

/// Bytes of a column, by its type.
const WIDTHS: [u8; 10] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/// Where a column is in its record, and its type.
#[derive(Debug, Clone, Copy, Default)]
struct Field {
    at: u8,
    kind: u8,
}

/// What one header says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    header: u128,
    /// Bytes of the whole record.
    pub length: u8,
    fields: [Field; MOST_COLUMNS],
}

/// The headers that were met lately, and the types of columns that a record lacks because they were added to the table later.
#[derive(Debug)]
pub struct Shapes {
    known: [Shape; 64],
    added: [u8; MOST_COLUMNS],
}

impl Shapes {
    /// `added` is the type of each column where a record lacks it.
    pub fn new(added: [u8; MOST_COLUMNS]) -> Shapes {
        Shapes { known: [Shape::default(); 64], added }
    }

    /// The number of the shape of a record; none where it is not of numbers alone.
    #[inline]
    pub fn find(&mut self, record: &[u8]) -> Option<usize> {
        let header = header(record)?;
        let mixed = ((header >> 40) as u64 ^ (header >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let slot = (mixed >> 58) as usize;
        if self.known[slot].header != header {
            self.known[slot] = self.shape(header)?;
        }
        Some(slot)
    }

    pub fn shape_of(&self, slot: usize) -> &Shape {
        &self.known[slot & 63]
    }

    fn shape(&self, header: u128) -> Option<Shape> {
        let bytes = header.to_le_bytes();
        let length = bytes[0];
        let kinds = bytes.get(1..usize::from(length))?;
        let (mut fields, mut at) = (self.added.map(|kind| Field { at: 0, kind }), length);
        for (field, kind) in fields.iter_mut().zip(kinds) {
            *field = Field { at, kind: *kind };
            at += WIDTHS.get(usize::from(*kind))?;
        }
        Some(Shape { header, length: at, fields })
    }
}

/// The header of a record, whose first byte is its length; other bytes are 0.
#[inline]
fn header(record: &[u8]) -> Option<u128> {
    let all = match record.first_chunk::<16>() {
        Some(bytes) => u128::from_le_bytes(*bytes),
        None => short(record),
    };
    match all as u8 {
        length @ 1..=16 => Some(all & (u128::MAX >> (128 - 8 * u32::from(length)))),
        _ => None,
    }
}

/// The first bytes of a record at the end of its page.
#[cold]
fn short(record: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    bytes[..record.len()].copy_from_slice(record);
    u128::from_le_bytes(bytes)
}

impl Shape {
    #[inline]
    pub fn is_null(&self, column: usize) -> bool {
        self.fields[column].kind == NULL
    }

    /// An integer; 0 when it is NULL.
    #[inline]
    pub fn integer(&self, record: &[u8], column: usize) -> i64 {
        let Field { at, kind } = self.fields[column];
        match kind {
            NULL | ZERO => 0,
            ONE => 1,
            FLOAT => f64::from_bits(eight(record, at, 8) as u64) as i64,
            kind => {
                let width = WIDTHS[usize::from(kind)];
                eight(record, at, width) >> (64 - 8 * u32::from(width))
            }
        }
    }

    /// A float; 0.0 when it is NULL. A whole one is stored as an integer.
    #[inline]
    pub fn real(&self, record: &[u8], column: usize) -> f64 {
        match self.fields[column] {
            Field { at, kind: FLOAT } => f64::from_bits(eight(record, at, 8) as u64),
            _ => self.integer(record, column) as f64,
        }
    }
}

/// Eight bytes of which the first `width` count, whatever is behind them.
#[inline]
fn eight(record: &[u8], at: u8, width: u8) -> i64 {
    let bytes = record.get(usize::from(at)..).unwrap_or(&[]);
    match bytes.first_chunk::<8>() {
        Some(bytes) => i64::from_be_bytes(*bytes),
        None => few(bytes, width),
    }
}

/// The same at the end of a page.
#[cold]
fn few(bytes: &[u8], width: u8) -> i64 {
    let mut eight = [0; 8];
    let there = bytes.len().min(usize::from(width));
    eight[..there].copy_from_slice(&bytes[..there]);
    i64::from_be_bytes(eight)
}
