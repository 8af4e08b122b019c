//! Raw records of one start.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Claim, Terms, Verdict, denier, in_order, judge, later};
use crate::store::account::Head;
use crate::store::samples::Identity;
use crate::store::samples::alike::{Groups, Index, Values};

/// One record: all who state it.
struct Record {
    identity: Identity,
    /// Its number among equal entries.
    nth: usize,
    members: Vec<usize>,
    last: Head,
    /// The record that it is, with an end or a name that this one lacks.
    is: Option<usize>,
    /// Whether it was also stated without its end.
    has_part: bool,
}

/// What is known of a record, beside its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Known {
    /// Its source and context, and that it has an end.
    Ended(i64, Option<i64>),
    /// How well its source is known.
    Named(u8),
    /// The same, and its length.
    Spanning(u8, i64),
}

/// Records under the identity and values that they share.
struct Records<'a> {
    claims: &'a [Claim<'a>],
    terms: &'a Terms,
    all: Vec<Record>,
    classes: Groups<Identity>,
    /// Of a class, how many of its first records a voice has stated.
    stated: HashMap<(usize, i64), usize>,
}

pub fn resolve(terms: &Terms, claims: &[Claim]) -> Vec<Verdict> {
    let mut records = Records { claims, terms, all: Vec::new(), classes: Groups::default(), stated: HashMap::new() };
    in_order(claims).into_iter().for_each(|at| records.add(at));
    records.find_the_same();
    let mut verdicts = vec![Verdict::Counts; claims.len()];
    let latest = records.latest();
    for (at, record) in records.all.iter().enumerate() {
        let fate = records.fate(at, &latest);
        let standing = match fate {
            Verdict::Counts => records.standing(record, &mut verdicts),
            _ => record.members.clone(),
        };
        judge(&mut verdicts, &standing, records.representative(&standing), fate);
    }
    verdicts
}

impl Records<'_> {
    fn is_moment(&self, (span, ..): Identity) -> bool {
        self.terms.nature.is_moment(span)
    }

    /// Files a claim under its record: at a moment the first that its voice has not stated yet.
    fn add(&mut self, at: usize) {
        let claim = &self.claims[at];
        let (identity, values) = (claim.row.identity(), claim.row.values());
        let class = self.classes.number(identity, values);
        match self.free(class, identity, &claim.owner) {
            Some(record) => {
                let record = &mut self.all[record];
                record.members.push(at);
                record.last = later(record.last, claim.last);
            }
            None => {
                let records = &mut self.classes.all()[class];
                let nth = records.len();
                records.push(self.all.len());
                self.all.push(Record { identity, nth, members: vec![at], last: claim.last, is: None, has_part: false });
            }
        }
    }

    /// The first record of a class that a voice may state; what is no moment is one record.
    fn free(&mut self, class: usize, identity: Identity, head: &Head) -> Option<usize> {
        if !self.is_moment(identity) {
            return self.classes.of(class).first().copied();
        }
        let from = self.stated.get(&(class, head.voice())).copied().unwrap_or(0);
        let records = self.classes.of(class);
        let passed = records[from..].iter().take_while(|record| self.has_stated(&self.all[**record], head)).count();
        let free = records.get(from + passed).copied();
        self.stated.insert((class, head.voice()), from + passed);
        free
    }

    /// Whether a voice has stated a record already.
    fn has_stated(&self, record: &Record, head: &Head) -> bool {
        record.members.iter().map(|at| &self.claims[*at]).any(|claim| {
            let mut heads = claim.stated_by.iter().chain([&claim.owner]);
            heads.any(|other| other.voice() == head.voice())
        })
    }

    /// Joins records without an end or a name to those that have it; who states the one states the other.
    fn find_the_same(&mut self) {
        let spans = |zero: bool| self.all.iter().any(|record| (record.identity.0 == 0) == zero);
        if !(spans(true) && spans(false)) && self.all.iter().all(|record| self.knowledge(record) == 2) {
            return;
        }
        let index = self.by_what_is_known();
        for at in 0..self.all.len() {
            self.all[at].is = self.best_of_the_same(&index, at);
            let Some(is) = self.all[at].is else { continue };
            let (part, whole) = (self.all[at].identity, self.all[is].identity);
            self.all[is].has_part |= part == (0, whole.1, whole.2);
        }
        for at in 0..self.all.len() {
            if let Some(whole) = self.whole(at) {
                self.all[whole].last = later(self.all[whole].last, self.all[at].last);
            }
        }
    }

    /// Of the records that say the same and more, the one that says most.
    fn best_of_the_same(&self, index: &Index<(usize, Known)>, at: usize) -> Option<usize> {
        let record = &self.all[at];
        let (span, source, context) = record.identity;
        let ended = (span == 0).then_some(Known::Ended(source, context));
        let better = self.knowledge(record) + 1..=2;
        let named = better.flat_map(|knowledge| match span {
            0 => [Some(Known::Named(knowledge)), None],
            _ => [span, 0].map(|span| Some(Known::Spanning(knowledge, span))),
        });
        let found = ended.into_iter().chain(named.flatten());
        let found = found.filter_map(|known| index.find((record.nth, known), self.value(record)));
        found.max_by_key(|other| self.worth(*other))
    }

    /// Records under what may be looked up of them, those that say most first.
    fn by_what_is_known(&self) -> Index<(usize, Known)> {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by_key(|at| Reverse(self.worth(*at)));
        let mut index = Index::new();
        for at in order {
            let record = &self.all[at];
            let ((span, source, context), knowledge) = (record.identity, self.knowledge(record));
            let ended = (span > 0).then_some(Known::Ended(source, context));
            for known in [Known::Named(knowledge), Known::Spanning(knowledge, span)].into_iter().chain(ended) {
                index.insert((record.nth, known), self.value(record), at);
            }
        }
        index
    }

    fn worth(&self, at: usize) -> (u8, bool, Identity) {
        let record = &self.all[at];
        (self.knowledge(record), record.identity.0 > 0, record.identity)
    }

    fn knowledge(&self, record: &Record) -> u8 {
        self.terms.unnamed.knowledge(record.identity.1)
    }

    fn value(&self, record: &Record) -> Values {
        [self.claims[record.members[0]].row.value, None, None]
    }

    /// The record that one is in the end, where it is another.
    fn whole(&self, at: usize) -> Option<usize> {
        let mut whole = self.all[at].is?;
        // Each step knows more, so this ends.
        while let Some(next) = self.all[whole].is {
            whole = next;
        }
        Some(whole)
    }

    /// Of each interval the last word. One that was stated without its end is that with it.
    fn latest(&self) -> HashMap<Identity, usize> {
        let mut latest: HashMap<Identity, usize> = HashMap::new();
        for (at, record) in self.all.iter().enumerate() {
            let at = self.whole(at).unwrap_or(at);
            let (span, source, context) = record.identity;
            for identity in [(span, source, context), self.all[at].identity] {
                let known = latest.entry(identity).or_insert(at);
                if self.all[at].last.order > self.all[*known].last.order {
                    *known = at;
                }
            }
        }
        latest
    }

    fn fate(&self, at: usize, latest: &HashMap<Identity, usize>) -> Verdict {
        let record = &self.all[at];
        if let Some(whole) = self.whole(at) {
            return Verdict::Superseded(self.owner(whole));
        }
        if let Some(denier) = denier(self.claims[record.members[0]].reached_by.iter(), &record.last) {
            return Verdict::Superseded(denier);
        }
        if self.is_moment(record.identity) {
            return Verdict::Counts;
        }
        // Stated without its end, it is contradicted by what is stated of that, too.
        let (_, source, context) = record.identity;
        let identities = [record.identity, (0, source, context)];
        let number = if record.has_part { 2 } else { 1 };
        let identities = identities.into_iter().take(number);
        let contradicting = identities
            .filter_map(|identity| latest.get(&identity))
            .find(|other| **other != at && self.all[**other].last.is_later(&record.last));
        contradicting.map_or(Verdict::Counts, |other| Verdict::Superseded(self.owner(*other)))
    }

    /// The claims of a record that nobody has denied since; the others are superseded by who has, and only those that came later
    /// make it count again.
    fn standing(&self, record: &Record, verdicts: &mut [Verdict]) -> Vec<usize> {
        // Of each sync the first part that has stated the record: what earlier parts had denied, it has not brought back.
        let mut speaking: HashMap<i64, i64> = HashMap::new();
        for claim in record.members.iter().map(|at| &self.claims[*at]) {
            for head in claim.stated_by.iter().chain([&claim.owner]) {
                let first = speaking.entry(head.voice()).or_insert(head.delivery);
                *first = head.delivery.min(*first);
            }
        }
        let is_silent = |head: &&Head| speaking.get(&head.voice()).is_none_or(|first| *first > head.delivery);
        let denied = |at: &usize| {
            let claim = &self.claims[*at];
            denier(claim.reached_by.iter().filter(is_silent), &claim.last)
        };
        let (standing, gone): (Vec<usize>, Vec<usize>) = record.members.iter().partition(|at| denied(at).is_none());
        if standing.is_empty() {
            return gone;
        }
        for at in gone {
            verdicts[at] = denied(&at).map_or(verdicts[at], Verdict::Superseded);
        }
        standing
    }

    fn owner(&self, record: usize) -> i64 {
        self.claims[self.representative(&self.all[record].members)].owner.delivery
    }

    /// The claim that is shown of those of a record: one that knows that it was entered by hand, the first with the latest offset.
    fn representative(&self, members: &[usize]) -> usize {
        let by_hand: Vec<usize> = members.iter().copied().filter(|at| self.claims[*at].row.manual).collect();
        let members = if by_hand.is_empty() { members } else { &by_hand };
        let offset = |at: usize| self.claims[at].row.offset_minutes;
        let latest = members.iter().copied().max_by_key(|at| (self.claims[*at].last.order, *at)).map(offset);
        members.iter().copied().find(|at| Some(offset(*at)) == latest).unwrap_or(members[0])
    }
}
