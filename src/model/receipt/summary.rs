//! A receipt in one sentence, which a Shortcut shows to its owner.

use crate::model::receipt::{Counts, Receipt};

/// How many metrics the sentence names.
const NAMED: usize = 4;

impl Receipt {
    /// Words the sentence anew from the numbers.
    pub fn with_summary(self) -> Receipt {
        Receipt { summary: self.sentence(), ..self }
    }

    fn sentence(&self) -> String {
        let Counts { received, stored, updated, unchanged, quarantined, superseded } = self.counts;
        let mut parts = Vec::new();
        if stored > 0 {
            parts.push(format!("Stored {stored} new {}{}", plural(stored), self.names(|counts| counts.stored)));
        }
        if updated > 0 {
            parts.push(format!("{updated} replaced{}", self.names(|counts| counts.updated)));
        }
        let were = |items: u64| if items == 1 { "was" } else { "were" };
        let known = unchanged.saturating_sub(self.kept_out);
        if known > 0 {
            parts.push(format!("{known} {} already known", were(known)));
        }
        if self.kept_out > 0 {
            parts.push(format!("{} {} deleted here and kept out", self.kept_out, were(self.kept_out)));
        }
        if superseded > 0 {
            parts.push(format!(
                "{superseded} earlier {} no more",
                if superseded == 1 { "value counts" } else { "values count" }
            ));
        }
        if quarantined > 0 {
            let first = self.problems.first().map(|problem| format!(": {} ({})", problem.reason, problem.path));
            parts.push(format!("{quarantined} could not be read{}", first.unwrap_or_default()));
        }
        match received {
            0 if self.deferred.is_empty() => "Nothing new was sent.".into(),
            0 => "Everything is kept for later.".into(),
            _ => format!("{}.", parts.join("; ")),
        }
    }

    /// The metrics that `count` speaks of, in brackets.
    fn names(&self, count: impl Fn(&Counts) -> u64) -> String {
        let names: Vec<&str> =
            self.by_metric.iter().filter(|(_, counts)| count(counts) > 0).map(|(name, _)| name.as_str()).collect();
        match names.len() {
            0 => String::new(),
            more if more > NAMED => format!(" ({} and {} more)", names[..NAMED].join(", "), more - NAMED),
            _ => format!(" ({})", names.join(", ")),
        }
    }
}

fn plural(number: u64) -> &'static str {
    if number == 1 { "value" } else { "values" }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::receipt::ItemProblem;

    #[test]
    fn the_sentence_says_what_became_of_everything() {
        let counts = |stored, unchanged, quarantined| Counts {
            received: stored + unchanged + quarantined,
            stored,
            unchanged,
            quarantined,
            ..Counts::default()
        };
        let problem = ItemProblem { path: "$.weight".into(), reason: "\"x\" is not a number".into() };
        let receipt = Receipt {
            counts: counts(12, 3, 1),
            by_metric: BTreeMap::from([("steps".into(), counts(11, 3, 0)), ("weight".into(), counts(1, 0, 1))]),
            problems: vec![problem],
            ..Receipt::default()
        };
        assert_eq!(
            receipt.with_summary().summary,
            "Stored 12 new values (steps, weight); 3 were already known; 1 could not be read: \"x\" is not a number \
             ($.weight)."
        );
        let deleted = Receipt { counts: counts(0, 3, 0), kept_out: 2, ..Receipt::default() };
        assert_eq!(deleted.with_summary().summary, "1 was already known; 2 were deleted here and kept out.");
        assert_eq!(Receipt::default().with_summary().summary, "Nothing new was sent.");
    }
}
