//! Buckets of one interval, or of one date of the phone's calendar.

use std::collections::BTreeMap;

use super::{Claim, Terms, Verdict, denier, judge, later};
use crate::store::account::Head;
use crate::store::samples::alike::alike;

/// One total: all who state it.
struct Total {
    members: Vec<usize>,
    last: Head,
}

pub fn resolve(terms: &Terms, claims: &[Claim]) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::Counts; claims.len()];
    let mut by_context: BTreeMap<Option<i64>, Vec<usize>> = BTreeMap::new();
    for at in super::in_order(claims) {
        by_context.entry(claims[at].row.context).or_default().push(at);
    }
    for members in by_context.into_values() {
        Bucket { terms, claims }.settle(&members, &mut verdicts);
    }
    verdicts
}

/// The claims about one bucket.
struct Bucket<'a> {
    terms: &'a Terms,
    claims: &'a [Claim<'a>],
}

impl Bucket<'_> {
    fn settle(&self, members: &[usize], verdicts: &mut [Verdict]) {
        let mut stated = Vec::new();
        for at in members {
            match self.denier(*at, members) {
                Some(by) => verdicts[*at] = Verdict::Superseded(by),
                None => stated.push(*at),
            }
        }
        let standing = self.totals(&stated);
        let Some(shown) = self.shown(&standing) else { return };
        let representative = self.representative(&standing[shown]);
        let owner = self.claims[representative].owner.delivery;
        for (at, total) in standing.iter().enumerate() {
            let fate = if at == shown { Verdict::Counts } else { Verdict::Superseded(owner) };
            judge(verdicts, &total.members, representative, fate);
        }
    }

    /// The complete account that leaves the bucket out and is later than all who have stated this claim. Who has said anything of the
    /// bucket does not leave it out.
    fn denier(&self, at: usize, members: &[usize]) -> Option<i64> {
        let claims = || members.iter().map(|at| &self.claims[*at]);
        let speaks = |head: &&Head| claims().any(|claim| [claim.owner.sync, claim.last.sync].contains(&head.sync));
        let claim = &self.claims[at];
        denier(claim.reached_by.iter().filter(|head| !speaks(head)), &claim.last)
    }

    /// The totals that are stated, in the order of who has stated them last.
    fn totals(&self, members: &[usize]) -> Vec<Total> {
        let mut totals: Vec<Total> = Vec::new();
        for at in members {
            let claim = &self.claims[*at];
            let is_same = |total: &&mut Total| {
                let known = self.claims[total.members[0]].row;
                let yields = self.yields(&self.claims[total.members[0]]) == self.yields(claim);
                yields && known.values().iter().zip(claim.row.values()).all(|(one, other)| alike(*one, other))
            };
            match totals.iter_mut().find(is_same) {
                Some(total) => {
                    total.members.push(*at);
                    total.last = later(total.last, claim.last);
                }
                None => totals.push(Total { members: vec![*at], last: claim.last }),
            }
        }
        // A stable sort: within one delivery, the order of its body.
        totals.sort_by_key(|total| (total.last.order, total.members.last().copied()));
        totals
    }

    fn yields(&self, claim: &Claim) -> bool {
        Some(claim.row.source) == self.terms.unnamed.shortcuts
    }

    /// Which total counts: the last, unless it is partial and smaller, or one that yields.
    fn shown(&self, totals: &[Total]) -> Option<usize> {
        let first = |at: usize| &self.claims[totals[at].members[0]];
        let mut shown: Option<usize> = None;
        for at in 0..totals.len() {
            let replaces = shown.is_none_or(|known| {
                let (yields, before_yields) = (self.yields(first(at)), self.yields(first(known)));
                let before = &totals[known].last;
                let is_whole = |head: &Head| head.complete && head.is_later(before);
                let claims = totals[at].members.iter().map(|member| &self.claims[*member]);
                let only_adds = !claims.into_iter().any(|claim| is_whole(&claim.owner) || is_whole(&claim.last));
                let is_less = self.terms.nature.is_cumulative && first(at).row.value < first(known).row.value;
                match yields == before_yields {
                    false => before_yields,
                    true => !(is_less && only_adds),
                }
            });
            if replaces {
                shown = Some(at);
            }
        }
        shown
    }

    /// The claim that is shown of a total: the first that was made after the interval had ended, as the latest cuts it, for
    /// that one is final; else the latest.
    fn representative(&self, total: &Total) -> usize {
        let newest = total.members.iter().copied().max_by_key(|at| (self.claims[*at].last.order, *at));
        let newest = newest.unwrap_or(total.members[0]);
        let cut = |at: usize| {
            let Claim { start, row, .. } = &self.claims[at];
            (*start, row.span, row.source, row.offset_minutes)
        };
        let is_final = |at: usize| self.claims[at].owner.as_of >= self.claims[at].start + self.claims[at].row.span;
        total.members.iter().copied().find(|at| is_final(*at) && cut(*at) == cut(newest)).unwrap_or(newest)
    }
}
