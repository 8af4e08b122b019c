//! As of when each moment was told of last, by stretches of time that were told of as a whole.

use std::collections::BTreeMap;

/// A step function over time.
#[derive(Debug, Clone, Default)]
pub struct Latest {
    /// Ascending; what is told of the time up to the next.
    starts: Vec<i64>,
    moments: Vec<Option<i64>>,
}

impl Latest {
    /// Of stretches: from, to (excluded), and as of when; UTC epoch seconds.
    pub fn of(stretches: &[(i64, i64, i64)]) -> Latest {
        let lasting = stretches.iter().filter(|(from, to, _)| from < to);
        let mut edges: Vec<(i64, i64, bool)> =
            lasting.flat_map(|(from, to, as_of)| [(*from, *as_of, true), (*to, *as_of, false)]).collect();
        edges.sort_unstable();
        let (mut open, mut latest) = (BTreeMap::<i64, usize>::new(), Latest::default());
        for same in edges.chunk_by(|one, other| one.0 == other.0) {
            for (_, as_of, _) in same.iter().filter(|edge| edge.2) {
                *open.entry(*as_of).or_default() += 1;
            }
            for (_, as_of, _) in same.iter().filter(|edge| !edge.2) {
                let left = open.get(as_of).map_or(0, |number| number - 1);
                if left == 0 {
                    open.remove(as_of)
                } else {
                    open.insert(*as_of, left)
                };
            }
            latest.starts.push(same[0].0);
            latest.moments.push(open.last_key_value().map(|(as_of, _)| *as_of));
        }
        latest
    }

    pub fn at(&self, time: i64) -> Option<i64> {
        let next = self.starts.partition_point(|start| *start <= time);
        self.moments[next.checked_sub(1)?]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_of_all_that_cover_a_moment() {
        let latest = Latest::of(&[(0, 10, 5), (5, 20, 3), (5, 6, 9), (30, 30, 1), (40, 50, 2), (40, 50, 2)]);
        let found: Vec<_> = [-1, 0, 5, 6, 10, 19, 20, 30, 40, 50].map(|time| latest.at(time)).into();
        let expected = [None, Some(5), Some(9), Some(5), Some(3), Some(3), None, None, Some(2), None];
        assert_eq!(found, expected);
        assert_eq!(Latest::default().at(0), None);
    }
}
