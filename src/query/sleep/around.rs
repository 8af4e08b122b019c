//! The segments that decide a stretch of time: all of those that hang together with what lies in it.
//!
//! A block is segments with less than `GAP` between them. What a night is made of depends on the block and on nothing
//! around it, so blocks are read whole, however far they reach: then every question finds the same nights.

use crate::error::Result;
use crate::store::nights::read::{Segment, Sleep};

/// Seconds without sleep that part two runs, and without any word that part two blocks.
pub const GAP: i64 = 3600;

/// Seconds around the range that are read at first; doubled until the blocks are whole.
const MARGIN: i64 = 24 * 3600;

/// The blocks that touch `from..to`, in order of time. `longest` is that of `Sleep::longest`.
pub fn blocks(sleep: &Sleep, longest: i64, (from, to): (i64, i64)) -> Result<Vec<Vec<Segment>>> {
    let mut margin = MARGIN;
    loop {
        let (since, until) = (from.saturating_sub(margin), to.saturating_add(margin));
        let segments = sleep.segments(since.saturating_sub(longest), until)?;
        let everything_before = sleep.segment_before(since.saturating_sub(longest))?.is_none();
        let everything_after = sleep.segment_from(until)?.is_none();
        let since = if everything_before { i64::MIN } else { since };
        let until = if everything_after { i64::MAX } else { until };
        if let Some(blocks) = whole(&segments, (since, until), (from, to)) {
            return Ok(blocks);
        }
        margin = margin.saturating_mul(2);
    }
}

/// The blocks that touch the range; `None` when one of them may go on outside of what is known, which is all that covers any
/// moment of `since..until`.
fn whole(segments: &[Segment], (since, until): (i64, i64), (from, to): (i64, i64)) -> Option<Vec<Vec<Segment>>> {
    let mut blocks = Vec::new();
    for block in split(segments) {
        let end = block.iter().map(|segment| segment.end).max()?;
        if end < from || block[0].start >= to {
            continue;
        }
        let is_whole = block[0].start.saturating_sub(since) >= GAP && until.saturating_sub(end) >= GAP;
        if !is_whole {
            return None;
        }
        blocks.push(block.to_vec());
    }
    Some(blocks)
}

/// Segments in order of start, parted where nobody says anything.
pub(super) fn split(segments: &[Segment]) -> Vec<&[Segment]> {
    let mut reached = i64::MIN;
    let mut starts = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        if at == 0 || segment.start.saturating_sub(reached) >= GAP {
            starts.push(at);
        }
        reached = reached.max(segment.end);
    }
    let ends = starts.iter().skip(1).copied().chain([segments.len()]);
    starts.iter().zip(ends).map(|(start, end)| &segments[*start..end]).collect()
}
