//! Which of the claims about one key count: the identity rule, as a function of nothing but the claims.
//!
//! A **claim** is what one delivery states of one sample. All claims that share (user, metric, start, layer) are settled
//! together, for days and longer those of one date; the result does not depend on the order in which they came.
//!
//! * Claims that are alike are one record, stated several times. Only at a *moment* (`Nature::is_moment`: food, water, a
//!   dose) may one delivery list equal entries, and then as many count as the one that lists most of them.
//! * In the **raw** layer (`raw`) a record is known by (end, source, context). A later delivery that states another value
//!   replaces it, except at a moment, where different entries all count. A record without an end is that with one and an
//!   alike value of the same source; one of an unknown source is that of a known source.
//! * In a **bucket layer** (`buckets`) the phone has already summed and resolved its sources: one bucket counts, the latest,
//!   whatever it calls its source. A total that only adds to what is known does not replace a larger one, and a Shortcut's
//!   sum, which adds overlapping sources up, yields to any other.
//! * What a complete account that reaches the key has not stated, and is later than all who have, is **denied**.

mod buckets;
mod raw;

use crate::model::time::Layer;
use crate::store::account::Head;
use crate::store::samples::{Row, Unnamed};

/// How the values of a metric behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nature {
    /// Its values are totals.
    pub is_cumulative: bool,
    /// They are entries, of which those without a length happened in a moment, so that equal ones may be several.
    pub is_entered: bool,
    /// They are segments of sleep: see `sleep`.
    pub is_sleep: bool,
}

impl Nature {
    /// Whether a raw record of this length is an entry that may stand beside equal ones.
    pub fn is_moment(&self, span: i64) -> bool {
        self.is_entered && span == 0
    }
}

/// What is stated of a sample, by whom.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    pub start: i64,
    pub row: &'a Row,
    /// Who has written it.
    pub owner: Head,
    /// Who has stated it as well.
    pub stated_by: Vec<Head>,
    /// Who has stated it last.
    pub last: Head,
    /// The complete accounts that reach it.
    pub reached_by: Vec<Head>,
}

/// What becomes of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    Counts,
    /// The claim at this position stands for the same record.
    Same(usize),
    /// This delivery says otherwise.
    Superseded(i64),
}

/// On what terms claims are settled.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub layer: Layer,
    pub nature: Nature,
    pub unnamed: Unnamed,
}

/// One verdict for each claim. Claims of one delivery are in the order of its body.
pub fn resolve(terms: &Terms, claims: &[Claim]) -> Vec<Verdict> {
    match terms.layer {
        Layer::Raw => raw::resolve(terms, claims),
        _ => buckets::resolve(terms, claims),
    }
}

/// The positions of claims, the earliest word first.
fn in_order(claims: &[Claim]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|at| (claims[*at].owner.order, *at));
    order
}

/// The later of two.
pub fn later(one: Head, other: Head) -> Head {
    if other.order > one.order { other } else { one }
}

/// The first complete account that denies what was last stated by `last`.
fn denier<'a>(reached_by: impl Iterator<Item = &'a Head>, last: &Head) -> Option<i64> {
    let denying = reached_by.filter(|head| head.is_later(last));
    denying.min_by_key(|head| head.order).map(|head| head.delivery)
}

/// Verdicts for the members of a record that is `fate`, by its representative.
fn judge(verdicts: &mut [Verdict], members: &[usize], representative: usize, fate: Verdict) {
    for member in members {
        verdicts[*member] = match fate {
            Verdict::Counts if *member != representative => Verdict::Same(representative),
            fate => fate,
        };
    }
}
