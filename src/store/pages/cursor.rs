//! Goes through the rows of a range, a page at a time.

use std::ops::Range;

use crate::error::Result;
use crate::store::pages::page::Head;
use crate::store::pages::record::Shapes;
use crate::store::pages::{Layout, Pages, damaged};

/// Person, metric, start: what the key begins with.
pub type Key = (i64, i64, i64);

/// No tree of SQLite's is higher, whatever a damaged page says.
const HIGHEST: usize = 20;

/// What of a page is known to lie in the range: all from its first row on, all up to its last.
#[derive(Debug, Clone, Copy)]
struct Sides {
    from: bool,
    to: bool,
}

/// A page above the leaves, and how far it has been gone through: its parts are the page before its first row, that row, the page
/// before the next one, and so on.
#[derive(Debug)]
struct Above {
    number: u32,
    bytes: Vec<u8>,
    head: Head,
    sides: Sides,
    parts: Range<usize>,
    first: usize,
    last: usize,
}

/// The rows of a range in the order of the key.
#[derive(Debug)]
pub struct Cursor {
    root: u32,
    range: (Key, Key),
    above: Vec<Above>,
    /// The page that the rows are on, and those of it that are still to come.
    number: u32,
    bytes: Vec<u8>,
    head: Head,
    rows: Range<usize>,
    /// Where the record of the row begins, and its shape.
    record: usize,
    shape: usize,
    shapes: Shapes,
    /// The last key of the pages before: they ascend.
    reached: Key,
}

impl Cursor {
    /// Through the tree below a root; nothing until `begin`.
    pub fn new(root: u32, layout: &Layout) -> Cursor {
        let nowhere = (i64::MIN, i64::MIN, i64::MIN);
        Cursor {
            root,
            range: (nowhere, nowhere),
            above: Vec::new(),
            number: 0,
            bytes: Vec::new(),
            head: Head::default(),
            rows: 0..0,
            record: 0,
            shape: 0,
            shapes: Shapes::new(layout.added),
            reached: nowhere,
        }
    }

    /// Goes to before the first row of a range, whose end is excluded.
    pub fn begin(&mut self, pages: &mut impl Pages, range: (Key, Key)) -> Result<()> {
        self.above.clear();
        (self.range, self.rows, self.reached) = (range, 0..0, (i64::MIN, i64::MIN, i64::MIN));
        self.enter(pages, self.root, Sides { from: false, to: false })
    }

    /// Moves to the next row; false after the last.
    #[inline]
    pub fn step(&mut self, pages: &mut impl Pages) -> Result<bool> {
        loop {
            if let Some(at) = self.rows.next() {
                self.stand_on(at)?;
                return Ok(true);
            }
            if !self.go_on(pages)? {
                return Ok(false);
            }
        }
    }

    /// The column of the current row as an integer; 0 when it is NULL.
    #[inline]
    pub fn integer(&self, column: usize) -> i64 {
        self.shapes.shape_of(self.shape).integer(&self.bytes[self.record..], column)
    }

    /// The column of the current row as a float; 0.0 when it is NULL.
    #[inline]
    pub fn real(&self, column: usize) -> f64 {
        self.shapes.shape_of(self.shape).real(&self.bytes[self.record..], column)
    }

    #[inline]
    pub fn is_null(&self, column: usize) -> bool {
        self.shapes.shape_of(self.shape).is_null(column)
    }

    /// Goes to the next part of the pages above; false when there is none.
    fn go_on(&mut self, pages: &mut impl Pages) -> Result<bool> {
        let Some(above) = self.above.last_mut() else { return Ok(false) };
        let Some(part) = above.parts.next() else {
            self.above.pop();
            return Ok(true);
        };
        let at = part / 2;
        if part % 2 == 1 {
            self.bytes.clone_from(&above.bytes);
            (self.number, self.head) = (above.number, above.head);
            self.take(at..at + 1)?;
            return Ok(true);
        }
        let child = above.head.child(&above.bytes, at).ok_or_else(|| damaged(above.number, "a cell outside of it"))?;
        let sides = Sides {
            from: at > above.first || (at == 0 && above.sides.from),
            to: at < above.last || (at == above.head.rows && above.sides.to),
        };
        self.enter(pages, child, sides)?;
        Ok(true)
    }

    /// Goes to a page; what lies below it comes in its turn.
    fn enter(&mut self, pages: &mut impl Pages, number: u32, sides: Sides) -> Result<()> {
        if self.above.len() >= HIGHEST {
            return Err(damaged(number, "a tree that does not end"));
        }
        pages.read(number, &mut self.bytes)?;
        self.number = number;
        self.head = Head::of(&self.bytes).ok_or_else(|| damaged(number, "no page of samples"))?;
        let first = if sides.from { 0 } else { self.seek(self.range.0)? };
        let last = if sides.to { self.head.rows } else { self.seek(self.range.1)?.max(first) };
        if !self.head.is_interior {
            return self.take(first..last);
        }
        let (bytes, head) = (std::mem::take(&mut self.bytes), self.head);
        let parts = 2 * first..2 * last + 1;
        self.above.push(Above { number, bytes, head, sides, parts, first, last });
        Ok(())
    }

    /// Has these rows of the page come next.
    fn take(&mut self, rows: Range<usize>) -> Result<()> {
        self.rows = rows.clone();
        if rows.is_empty() {
            return Ok(());
        }
        let (first, last) = (self.key(rows.start)?, self.key(rows.end - 1)?);
        if first < self.reached || last < first {
            return Err(damaged(self.number, "rows that are out of order"));
        }
        self.reached = last;
        Ok(())
    }

    /// The first row of the page whose key is not below this one.
    fn seek(&mut self, key: Key) -> Result<usize> {
        let (mut low, mut high) = (0, self.head.rows);
        while low < high {
            let middle = (low + high) / 2;
            match self.key(middle)? < key {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }

    fn key(&mut self, at: usize) -> Result<Key> {
        self.stand_on(at)?;
        Ok((self.integer(0), self.integer(1), self.integer(2)))
    }

    #[inline]
    fn stand_on(&mut self, at: usize) -> Result<()> {
        match self.find(at) {
            Some((record, shape)) => {
                (self.record, self.shape) = (record, shape);
                Ok(())
            }
            None => Err(damaged(self.number, "a row that no sample can be")),
        }
    }

    /// Where the record of a row begins, and its shape. One so long that a part of it lies elsewhere has more than numbers.
    #[inline]
    fn find(&mut self, at: usize) -> Option<(usize, usize)> {
        let place = self.head.row(&self.bytes, at)?;
        let (length, record) = (*self.bytes.get(place)?, place + 1);
        let shape = self.shapes.find(self.bytes.get(record..)?)?;
        let is_whole = self.shapes.shape_of(shape).length == length && record + usize::from(length) <= self.bytes.len();
        is_whole.then_some((record, shape))
    }
}
