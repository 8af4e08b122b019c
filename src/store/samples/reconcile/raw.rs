//! Raw records of one instant: which are known, which are new, and which are no more.

use std::collections::{HashMap, HashSet};

use crate::model::receipt::Outcome;
use crate::store::samples::alike::Index;
use crate::store::samples::reconcile::{Change, Settled, Terms, next_ordinal, take};
use crate::store::samples::{Identity, Row, StoredRow};

/// What becomes of an incoming raw record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It says nothing new.
    Known,
    /// It is the stored record at this position.
    Same(usize),
    /// It is the stored record at this position, which has not been known so well.
    TakesOver(usize),
    New,
}

impl Verdict {
    fn repeats(self) -> Option<usize> {
        if let Verdict::Same(at) = self { Some(at) } else { None }
    }

    fn takes_over(self) -> Option<usize> {
        if let Verdict::TakesOver(at) = self { Some(at) } else { None }
    }
}

/// The raw rows of one (metric, start).
pub struct Group<'a> {
    pub stored: &'a [StoredRow],
    pub incoming: &'a [Row],
    pub terms: &'a Terms<'a>,
}

impl Group<'_> {
    pub fn settle(&self) -> Settled {
        if let ([old], [row]) = (self.stored, self.incoming)
            && old.row.is_like(row)
        {
            return Settled { outcomes: vec![Outcome::Unchanged], repeats_first: true, ..Settled::default() };
        }
        let verdicts = self.verdicts();
        let mut replaced = self.replaced(&verdicts);
        let mut next = next_ordinal(self.stored);
        let repeats_first = verdicts.contains(&Verdict::Same(0));
        let mut settled = Settled { repeats_first, ..Settled::default() };
        let mut spoken: HashSet<Identity> = HashSet::new();
        for (row, verdict) in self.incoming.iter().zip(&verdicts) {
            let (ordinal, outcome) = match verdict {
                Verdict::Known | Verdict::Same(_) => {
                    settled.outcomes.push(Outcome::Unchanged);
                    continue;
                }
                Verdict::TakesOver(at) => (self.stored[*at].ordinal, Outcome::Updated),
                Verdict::New => match replaced.get_mut(&row.identity()).and_then(Vec::pop) {
                    Some(ordinal) => (ordinal, Outcome::Updated),
                    None => (take(&mut next), Outcome::Stored),
                },
            };
            settled.outcomes.push(outcome);
            settled.changes.push(Change::Put { ordinal, row: row.clone() });
            spoken.insert(row.identity());
        }
        replaced.retain(|_, ordinals| !ordinals.is_empty());
        self.touch(&verdicts, &replaced, &spoken, &mut settled.changes);
        match self.terms.repeated {
            Some(_) => settled.unrepeated = replaced.into_keys().collect(),
            None => {
                let left = replaced.into_values().flatten();
                settled.changes.extend(left.map(|ordinal| Change::Remove { ordinal }));
                keep_first_taken(self.stored, &mut settled.changes);
            }
        }
        settled
    }

    fn verdicts(&self) -> Vec<Verdict> {
        let mut known: Index<Identity> = Index::default();
        let mut frozen: HashSet<Identity> = HashSet::new();
        for (at, old) in self.stored.iter().enumerate() {
            known.insert(old.row.identity(), old.row.values(), at);
            if old.delivery > self.terms.delivery {
                frozen.insert(old.row.identity());
            }
        }
        let mut said: Index<Identity> = Index::default();
        let first = self.incoming.iter().enumerate().map(|(at, row)| {
            let (identity, values) = (row.identity(), row.values());
            if frozen.contains(&identity) || said.find(identity, values).is_some() {
                return Verdict::Known;
            }
            said.insert(identity, values, at);
            known.find(identity, values).map_or(Verdict::New, Verdict::Same)
        });
        let first: Vec<Verdict> = first.collect();
        self.by_knowledge(first)
    }

    /// New records of sources that are known more or less well than those of their equals.
    fn by_knowledge(&self, mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
        let knowledge = |row: &Row| self.terms.unnamed.knowledge(row.source);
        let new: Vec<usize> = (0..verdicts.len()).filter(|at| verdicts[*at] == Verdict::New).collect();
        let any_unnamed = self.stored.iter().map(|old| &old.row).chain(self.incoming).any(|row| knowledge(row) < 2);
        if new.is_empty() || !any_unnamed {
            return verdicts;
        }
        let going: HashSet<i64> = self.replaced(&verdicts).into_values().flatten().collect();
        let mut equals: HashMap<u8, Index<i64>> = HashMap::new();
        let mut file = |row: &Row, at| {
            equals.entry(knowledge(row)).or_default().insert(row.span, row.measured(), at);
        };
        let stays = |old: &&StoredRow| knowledge(&old.row) < 2 || !going.contains(&old.ordinal);
        (0..).zip(self.stored).filter(|(_, old)| stays(old)).for_each(|(at, old)| file(&old.row, at));
        let stored = self.stored.len();
        (stored..).zip(self.incoming).for_each(|(at, row)| file(row, at));
        let find = |level: u8, row: &Row| equals.get(&level)?.find(row.span, row.measured());
        let mut taken = HashSet::new();
        for at in new {
            let row = &self.incoming[at];
            let level = knowledge(row);
            if (level + 1..=2).any(|better| find(better, row).is_some()) {
                verdicts[at] = Verdict::Known;
            } else if let Some(old) = (0..level).find_map(|less| find(less, row).filter(|at| *at < stored))
                && taken.insert(old)
            {
                verdicts[at] = Verdict::TakesOver(old);
            }
        }
        verdicts
    }

    /// The ordinals of stored rows of records that the delivery names but whose values it does not repeat.
    fn replaced(&self, verdicts: &[Verdict]) -> HashMap<Identity, Vec<i64>> {
        let named: HashSet<Identity> = self.incoming.iter().map(Row::identity).collect();
        let kept = verdicts.iter().filter_map(|verdict| verdict.repeats().or(verdict.takes_over()));
        let kept: HashSet<usize> = kept.collect();
        let frozen: HashSet<Identity> =
            self.stored.iter().filter(|old| old.delivery > self.terms.delivery).map(|old| old.row.identity()).collect();
        let mut replaced: HashMap<Identity, Vec<i64>> = HashMap::new();
        for (at, old) in self.stored.iter().enumerate() {
            let identity = old.row.identity();
            let is_own = |repeated: &dyn Fn(&Row) -> bool| old.delivery == self.terms.delivery || repeated(&old.row);
            if named.contains(&identity)
                && !kept.contains(&at)
                && !frozen.contains(&identity)
                && !self.terms.repeated.is_some_and(is_own)
            {
                replaced.entry(identity).or_default().push(old.ordinal);
            }
        }
        replaced
    }

    /// Writes rows again as they are, so that they bear this delivery's number: of a group that it only makes smaller,
    /// that a delivery before it does not make it larger again; and in an import, where there are several, that
    /// the end of the import knows which of them it has repeated.
    fn touch(
        &self,
        verdicts: &[Verdict],
        smaller: &HashMap<Identity, Vec<i64>>,
        spoken: &HashSet<Identity>,
        changes: &mut Vec<Change>,
    ) {
        let several = self.terms.repeated.is_some() && self.stored.len() > 1;
        let taken: HashSet<usize> = verdicts.iter().filter_map(|verdict| verdict.takes_over()).collect();
        for at in verdicts.iter().filter_map(|verdict| verdict.repeats()).filter(|at| !taken.contains(at)) {
            let old = &self.stored[at];
            let identity = old.row.identity();
            let shrinks = smaller.contains_key(&identity) && !spoken.contains(&identity);
            if old.delivery < self.terms.delivery && (several || shrinks) {
                changes.push(Change::Put { ordinal: old.ordinal, row: old.row.clone() });
            }
        }
    }
}

/// Moves another row to ordinal 0 where that would become vacant: `apply` takes a vacant ordinal 0 for an empty group.
fn keep_first_taken(stored: &[StoredRow], changes: &mut Vec<Change>) {
    let Some(at) = changes.iter().position(|change| *change == Change::Remove { ordinal: 0 }) else { return };
    let put = changes.iter_mut().find_map(|change| match change {
        Change::Put { ordinal, .. } => Some(ordinal),
        Change::Remove { .. } => None,
    });
    if let Some(ordinal) = put {
        let from = std::mem::replace(ordinal, 0);
        match from < next_ordinal(stored) {
            true => changes[at] = Change::Remove { ordinal: from },
            false => drop(changes.swap_remove(at)),
        }
        return;
    }
    let removed: HashSet<i64> =
        changes.iter().map(|(Change::Put { ordinal, .. } | Change::Remove { ordinal })| *ordinal).collect();
    if let Some(old) = stored.iter().find(|old| !removed.contains(&old.ordinal)) {
        changes[at] = Change::Remove { ordinal: old.ordinal };
        changes.push(Change::Put { ordinal: 0, row: old.row.clone() });
    }
}
