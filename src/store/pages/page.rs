//! One page of an index's tree: how many cells it has, where they are, and which pages lie below it.

/// A page whose head has been looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head {
    /// Whether other pages lie below it.
    pub is_interior: bool,
    /// How many rows it holds.
    pub rows: usize,
    /// Where the places of its cells begin.
    places: usize,
}

/// The kinds of pages that an index has.
const INTERIOR: u8 = 2;
const LEAF: u8 = 10;

/// Bytes of an interior cell before its row: the number of the page on its left.
const CHILD: usize = 4;

impl Head {
    /// None where it is no page of an index, or too short for its cells.
    pub fn of(bytes: &[u8]) -> Option<Head> {
        let is_interior = match *bytes.first()? {
            INTERIOR => true,
            LEAF => false,
            _ => return None,
        };
        let (places, rows) = (if is_interior { 12 } else { 8 }, two(bytes, 3)?);
        (places + 2 * rows <= bytes.len()).then_some(Head { is_interior, rows, places })
    }

    /// Where the length of a row stands, which its record follows.
    #[inline]
    pub fn row(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let cell = two(bytes, self.places + 2 * at)?;
        Some(if self.is_interior { cell + CHILD } else { cell })
    }

    /// The page that lies before a row, or behind the last.
    pub fn child(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let cell = if at == self.rows { 8 } else { two(bytes, self.places + 2 * at)? };
        Some(u32::from_be_bytes(*bytes.get(cell..)?.first_chunk()?))
    }
}

#[inline]
fn two(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)))
}
