//! Buckets of local time.
//!
//! DuckDB is built without time zones, so the boundaries are worked out beforehand (DST included) and each row is put
//! into its bucket while it is scanned. Rows come nearly in order of time, so this is one comparison for most.

use std::sync::Arc;

/// Layers from which a row counts for the bucket that holds its middle, not its start: a day of a phone in another
/// zone belongs to the day that it overlaps most.
const FIRST_CENTRED_LAYER: i64 = 3;

/// Ascending boundaries in UTC epoch seconds; part `n` runs from boundary `n` up to boundary `n + 1`.
#[derive(Debug, Clone)]
pub struct Parts(Arc<[i64]>);

impl Parts {
    pub fn new(boundaries: Vec<i64>) -> Parts {
        Parts(boundaries.into())
    }

    pub fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts of all parts.
    pub fn starts(&self) -> &[i64] {
        &self.0[..self.len()]
    }

    /// The end of the last part.
    pub fn end(&self) -> Option<i64> {
        self.0.last().copied()
    }

    /// The boundaries that lie between two times, both excluded.
    pub fn boundaries_within(&self, from: i64, to: i64) -> &[i64] {
        let first = self.0.partition_point(|boundary| *boundary <= from);
        let inside = &self.0[first..];
        &inside[..inside.partition_point(|boundary| *boundary < to)]
    }

    /// The part that holds `time`, looked for at `hint` first.
    #[inline]
    pub fn find(&self, time: i64, hint: usize) -> Option<usize> {
        match self.0.get(hint..hint + 2) {
            Some(part) if part[0] <= time && time < part[1] => Some(hint),
            _ => self.search(time),
        }
    }

    fn search(&self, time: i64) -> Option<usize> {
        let after = self.0.partition_point(|boundary| *boundary <= time);
        (after > 0 && after < self.0.len()).then(|| after - 1)
    }
}

/// What must be known of a row to place it. Each column read costs time, so no more than needed are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its start: every row counts where it begins.
    Start,
    /// Its start, span and layer.
    Layer,
}

/// What is laid over the rows of a scan.
#[derive(Debug, Clone)]
pub struct Window {
    pub buckets: Parts,
    pub anchor: Anchor,
    /// Only rows that count for this time, start included, end excluded.
    pub from: i64,
    pub to: i64,
}

impl Window {
    /// The start of the bucket of a row that counts at `time`, and where that is; nothing when it is not to be counted.
    #[inline]
    pub fn place(&self, time: i64, hint: usize) -> Option<(i64, usize)> {
        if time < self.from || time >= self.to {
            return None;
        }
        let at = self.buckets.find(time, hint)?;
        Some((self.buckets.0[at], at))
    }

    /// The same for a row that counts where its layer says.
    #[inline]
    pub fn place_layer(&self, start: i64, span: i64, layer: i64, hint: usize) -> Option<(i64, usize)> {
        let time = if layer >= FIRST_CENTRED_LAYER { start + span / 2 } else { start };
        self.place(time, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_falls_into_the_part_that_holds_it() {
        let parts = Parts::new(vec![0, 10, 20, 40]);
        assert_eq!(parts.find(9, 0), Some(0));
        assert_eq!(parts.find(10, 0), Some(1));
        assert_eq!(parts.find(39, 1), Some(2));
        assert_eq!(parts.find(40, 2), None);
        assert_eq!(parts.find(-1, 2), None);
        assert_eq!(parts.find(5, 99), Some(0));
        assert_eq!(Parts::new(vec![]).find(5, 0), None);
    }

    #[test]
    fn a_day_bucket_counts_where_its_middle_is() {
        let window =
            Window { buckets: Parts::new(vec![0, 86_400, 172_800]), from: 0, to: 172_800, anchor: Anchor::Layer };
        let eleven_hours_ahead = 86_400 - 11 * 3600;
        assert_eq!(window.place_layer(eleven_hours_ahead, 86_400, 3, 0), Some((86_400, 1)));
        assert_eq!(window.place_layer(eleven_hours_ahead, 60, 1, 0), Some((0, 0)));
    }
}
