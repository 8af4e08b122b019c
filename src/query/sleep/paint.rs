//! One timeline from segments that overlap: at each moment what was entered by hand, else the source that is believed first, of
//! those that say anything about sleep.
//!
//! Within one source a stage beats "awake", and "awake" beats a sleep without stages, in which it is an interruption. Of
//! two stages, the one that began later is the finer word. Where the winner says no more than "asleep", a stage that
//! another source knows for that moment is taken: it says the same and more. Being in bed is never sleep.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::model::sleep::Stage;
use crate::store::nights::read::Segment;

/// What a source says of a moment; the least is believed: its rank, then the source itself, then how much its word weighs,
/// then the later beginning.
type Claim = ((bool, u32), i64, u8, Reverse<i64>, usize);

/// The timeline, in order of time, without overlaps; neighbours of one stage and source are one. Steps each segment twice,
/// whatever the overlaps.
pub fn paint(segments: &[Segment], rank: impl Fn(i64) -> u32) -> Vec<Segment> {
    let claim = |at: usize| -> Claim {
        let segment = &segments[at];
        (segment.rank(&rank), segment.source, weight(segment.stage), Reverse(segment.start), at)
    };
    let mut painted: Vec<Segment> = Vec::new();
    let (mut said, mut stages): (BTreeSet<Claim>, BTreeSet<Claim>) = Default::default();
    let mut since = 0;
    for (time, begins, at) in edges(segments) {
        let winner = said.first().map(|(.., at)| segments[*at]);
        if let Some(winner) = winner.filter(|_| time > since) {
            let finer = if winner.stage == Stage::Asleep { stages.first().map(|(.., at)| segments[*at]) } else { None };
            append(&mut painted, Segment { start: since, end: time, ..finer.unwrap_or(winner) });
        }
        since = time;
        let staged = weight(segments[at].stage) == 0;
        for claims in [&mut said].into_iter().chain(staged.then_some(&mut stages)) {
            match begins {
                true => claims.insert(claim(at)),
                false => claims.remove(&claim(at)),
            };
        }
    }
    painted
}

/// Begins and ends of the segments that say something about sleep, in order of time.
fn edges(segments: &[Segment]) -> Vec<(i64, bool, usize)> {
    let speaking = segments.iter().enumerate().filter(|(_, segment)| segment.stage != Stage::InBed);
    let lasting = speaking.filter(|(_, segment)| segment.end > segment.start);
    let mut edges: Vec<(i64, bool, usize)> =
        lasting.flat_map(|(at, segment)| [(segment.start, true, at), (segment.end, false, at)]).collect();
    edges.sort_unstable();
    edges
}

fn weight(stage: Stage) -> u8 {
    match stage {
        Stage::Core | Stage::Deep | Stage::Rem => 0,
        Stage::Awake => 1,
        Stage::Asleep | Stage::InBed => 2,
    }
}

fn append(painted: &mut Vec<Segment>, next: Segment) {
    match painted.last_mut() {
        Some(last) if last.end == next.start && last.stage == next.stage && last.source == next.source => {
            last.end = next.end;
        }
        _ => painted.push(next),
    }
}

/// The spans that segments of one stage cover together, in order of time.
pub fn covered(segments: &[Segment], stage: Stage) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    let mut of_stage: Vec<&Segment> =
        segments.iter().filter(|segment| segment.stage == stage && segment.end > segment.start).collect();
    of_stage.sort_unstable_by_key(|segment| segment.start);
    for segment in of_stage {
        match spans.last_mut() {
            Some((_, end)) if segment.start <= *end => *end = segment.end.max(*end),
            _ => spans.push((segment.start, segment.end)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(source: i64, stage: Stage, start: i64, end: i64) -> Segment {
        Segment { start, end, stage, source, offset_minutes: 0, manual: false }
    }

    /// The timeline as texts; the rank of a source is its id.
    fn painted(segments: &[Segment]) -> Vec<String> {
        let text = |segment: &Segment| {
            format!("{} {}-{} by {}", segment.stage.as_str(), segment.start, segment.end, segment.source)
        };
        paint(segments, |source| source as u32).iter().map(text).collect()
    }

    #[test]
    fn within_a_source_stages_beat_awake_beats_asleep() {
        let told = [
            segment(1, Stage::InBed, 0, 100),
            segment(1, Stage::Asleep, 10, 90),
            segment(1, Stage::Core, 20, 40),
            segment(1, Stage::Awake, 35, 60),
            segment(1, Stage::Deep, 30, 38),
        ];
        let expected =
            ["asleep 10-20 by 1", "core 20-30 by 1", "deep 30-38 by 1", "core 38-40 by 1", "awake 40-60 by 1"];
        assert_eq!(painted(&told)[..5], expected);
        assert_eq!(painted(&told)[5..], ["asleep 60-90 by 1"]);
        let mut backwards = told;
        backwards.reverse();
        assert_eq!(painted(&backwards), painted(&told));
    }

    #[test]
    fn the_source_that_is_believed_wins_where_it_speaks() {
        let told = [
            segment(2, Stage::Asleep, 0, 100),
            segment(2, Stage::Deep, 50, 70),
            segment(1, Stage::Awake, 20, 30),
            segment(1, Stage::Core, 40, 60),
        ];
        let expected = [
            "asleep 0-20 by 2",
            "awake 20-30 by 1",
            "asleep 30-40 by 2",
            "core 40-60 by 1",
            "deep 60-70 by 2",
            "asleep 70-100 by 2",
        ];
        assert_eq!(painted(&told), expected);
    }

    #[test]
    fn what_was_entered_by_hand_is_believed_before_every_source() {
        let hand = Segment { manual: true, ..segment(2, Stage::Asleep, 0, 60) };
        let told = [hand, segment(1, Stage::Awake, 0, 30), segment(1, Stage::Core, 30, 100)];
        assert_eq!(painted(&told), ["asleep 0-30 by 2", "core 30-100 by 1"]);
    }

    #[test]
    fn a_stage_of_anybody_is_finer_than_asleep() {
        let told = [segment(1, Stage::Asleep, 0, 30), segment(2, Stage::Rem, 10, 20), segment(2, Stage::Awake, 20, 30)];
        assert_eq!(painted(&told), ["asleep 0-10 by 1", "rem 10-20 by 2", "asleep 20-30 by 1"]);
    }

    #[test]
    fn doubles_count_once() {
        let told = [segment(1, Stage::InBed, 0, 10), segment(2, Stage::InBed, 5, 20), segment(1, Stage::InBed, 30, 40)];
        assert_eq!(covered(&told, Stage::InBed), [(0, 20), (30, 40)]);
        assert_eq!(painted(&told), Vec::<String>::new());
        assert_eq!(painted(&[segment(1, Stage::Core, 0, 10); 2]), ["core 0-10 by 1"]);
    }

    #[test]
    fn many_that_overlap_are_painted_in_no_time() {
        let told: Vec<Segment> = (0..100_000).map(|at| segment(at % 50, Stage::Core, at, 200_000 - at)).collect();
        let begun = std::time::Instant::now();
        assert!(!paint(&told, |source| source as u32).is_empty());
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }
}
