//! What became of the claims that come to a group, once it is settled: their outcomes, and which of them need no row.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::error::Result;
use crate::model::receipt::Outcome;
use crate::model::time::Layer;
use crate::store::account::Head;
use crate::store::samples::Identity;
use crate::store::samples::alike::{Groups, Index, Values};
use crate::store::samples::group::{Group, Held, Member};
use crate::store::samples::resolve::{Nature, Verdict};
use crate::store::samples::statements::Records;

/// What of a group says the same as a claim that does not count by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    Nothing,
    /// Another claim of the same body.
    Itself,
    /// A row that counts.
    Counting(usize),
    /// A claim that was there and does not count.
    Superseded(usize),
}

/// A group with those that come to it behind those that were there.
pub struct Coming<'a> {
    pub group: &'a Group<'a>,
    known: usize,
    nature: Nature,
    verdicts: &'a [Verdict],
    /// Whether all that counts, and all that was claimed before, is stated by what comes.
    pub states_all: bool,
    /// The claim that does not count and was there, for each that comes and says the same; equal entries each have one of
    /// their own while there are any.
    met: HashMap<usize, usize>,
    /// What the sync states, by record.
    pub records: Vec<Vec<usize>>,
    /// What was said before: see `said`.
    said: Index<(i64, Said)>,
    /// Those that something different of the same record that counted has given way to, and something like it.
    replacing: HashSet<usize>,
    renewing: HashSet<usize>,
    /// Those that say what was known and has been denied.
    reviving: HashSet<usize>,
}

/// A record as it may be said again: with its end, without, or with any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Said {
    Lasting(i64),
    Endless,
    Anything,
    Bucket(Option<i64>),
}

impl<'a> Coming<'a> {
    /// `head` is whose claims come, from position `known` on.
    pub fn new(
        group: &'a Group<'a>,
        nature: Nature,
        known: usize,
        verdicts: &'a [Verdict],
        head: &Head,
    ) -> Result<Coming<'a>> {
        let before = &group.members[..known];
        let stated: HashSet<usize> = verdicts[known..].iter().filter_map(|verdict| same(*verdict)).collect();
        let is_stated = |at: usize, member: &Member| {
            member.owner == head.delivery
                || member.held == Held::Counts && (verdicts[at] != Verdict::Counts || stated.contains(&at))
        };
        let mut coming = Coming {
            group,
            known,
            nature,
            verdicts,
            states_all: before.iter().enumerate().all(|(at, member)| is_stated(at, member)),
            met: HashMap::new(),
            records: Vec::new(),
            said: Index::new(),
            replacing: HashSet::new(),
            renewing: HashSet::new(),
            reviving: HashSet::new(),
        };
        before.iter().enumerate().for_each(|(at, member)| coming.file(at, member));
        coming.find_records(head.voice())?;
        coming.meet();
        coming.revive();
        Ok(coming)
    }

    /// Finds what the sync states, the claims and notes of one record together.
    fn find_records(&mut self, voice: i64) -> Result<()> {
        let mut records = Records::new(self.group.layer, self.nature);
        for (at, member) in self.group.members.iter().enumerate() {
            if self.group.is_of(member, voice)? {
                records.add(member.key.1, &member.row, at);
            }
        }
        self.records = std::mem::take(records.all());
        Ok(())
    }

    /// Whether a sync says several things of one record: other values, or equal entries.
    pub fn are_several(&self, record: &[usize]) -> bool {
        let row = |at: usize| &self.group.members[at].row;
        let Some((first, others)) = record.split_first() else { return false };
        let is_entry = self.group.layer == Layer::Raw && self.nature.is_moment(row(*first).span);
        others.iter().any(|other| is_entry || !row(*other).is_alike(row(*first)))
    }

    /// Pairs those that come with claims that were there, do not count, and have come to the same end.
    fn meet(&mut self) {
        // Where the phone was when it said so is a part of what it has said.
        let mut known: Groups<(i64, Identity, Verdict, (i64, bool))> = Groups::default();
        let filed = |at: usize| {
            let member = &self.group.members[at];
            let told = (member.row.offset_minutes, member.row.manual);
            ((member.key.1, member.row.identity(), self.verdicts[at], told), member.row.values())
        };
        let does_not_count = |at: &usize| self.verdicts[*at] != Verdict::Counts;
        let was_out = |at: &usize| self.group.members[*at].held != Held::Counts;
        // From the last on, so that the first is taken first.
        for at in (0..self.known).rev().filter(does_not_count).filter(was_out) {
            let (key, values) = filed(at);
            known.add(key, values, at);
        }
        for at in self.positions().filter(does_not_count) {
            let (key, values) = filed(at);
            let Some(alike) = known.get(key, values) else { continue };
            let is_moment = self.nature.is_moment(self.group.members[at].row.span);
            let met = if is_moment { alike.pop() } else { alike.last().copied() };
            self.met.extend(met.map(|met| (at, met)));
        }
    }

    /// Pairs those that come and count with claims that said the same and stay denied.
    fn revive(&mut self) {
        let mut denied: Groups<(i64, Identity)> = Groups::default();
        let is_denied = |at: &usize| matches!(self.verdicts[*at], Verdict::Superseded(_));
        let filed = |at: usize| {
            let member = &self.group.members[at];
            ((member.key.1, member.row.identity()), member.row.values())
        };
        for at in (0..self.known).filter(is_denied).filter(|at| self.group.members[*at].held != Held::Counts) {
            let (key, values) = filed(at);
            denied.add(key, values, at);
        }
        for at in self.positions().filter(|at| self.verdicts[*at] == Verdict::Counts) {
            let (key, values) = filed(at);
            if denied.get(key, values).and_then(Vec::pop).is_some() {
                self.reviving.insert(at);
            }
        }
    }

    fn file(&mut self, at: usize, member: &Member) {
        let (start, row) = (member.key.1, &member.row);
        for said in said(self.group.layer, member, true) {
            self.said.insert((start, said), values(self.group.layer, member), at);
        }
        if let (Some(other), Held::Counts) = (same(self.verdicts[at]), member.held) {
            match self.group.members[other].row.is_like(row) {
                true => self.renewing.insert(other),
                false => self.replacing.insert(other),
            };
        }
    }

    pub fn positions(&self) -> Range<usize> {
        self.known..self.group.members.len()
    }

    fn is_known(&self, member: &Member) -> bool {
        let layer = self.group.layer;
        let find = |said| self.said.find((member.key.1, said), values(layer, member)).is_some();
        said(layer, member, false).into_iter().any(find)
    }

    /// One for each that comes.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let gone = |at: &usize| {
            self.group.members[*at].held == Held::Counts && matches!(self.verdicts[*at], Verdict::Superseded(_))
        };
        let mut replaced = (0..self.known).filter(gone).count();
        let outcome = |at: usize| match self.verdicts[at] {
            Verdict::Counts if self.replacing.contains(&at) => Outcome::Updated,
            Verdict::Counts if self.renewing.contains(&at) || self.reviving.contains(&at) => Outcome::Unchanged,
            Verdict::Counts if replaced > 0 => {
                replaced -= 1;
                Outcome::Updated
            }
            Verdict::Counts => Outcome::Stored,
            Verdict::Same(_) => Outcome::Unchanged,
            Verdict::Superseded(_) if self.is_known(&self.group.members[at]) => Outcome::Unchanged,
            Verdict::Superseded(_) => Outcome::Stored,
        };
        self.positions().map(outcome).collect()
    }

    /// The row that counts and says the same as one that comes.
    pub fn counting(&self, at: usize) -> Option<&'a Member> {
        let other = same(self.verdicts[at]).filter(|other| *other < self.known)?;
        self.group.members.get(other).filter(|other| other.held == Held::Counts)
    }

    /// What says the same as one that comes.
    pub fn meets(&self, at: usize) -> Meets {
        match self.verdicts[at] {
            Verdict::Counts => Meets::Nothing,
            Verdict::Same(other) if other >= self.known => Meets::Itself,
            verdict => match (self.met.get(&at), same(verdict)) {
                (Some(known), _) => Meets::Superseded(*known),
                (None, Some(other)) if self.group.members[other].held == Held::Counts => Meets::Counting(other),
                _ => Meets::Nothing,
            },
        }
    }
}

fn same(verdict: Verdict) -> Option<usize> {
    if let Verdict::Same(at) = verdict { Some(at) } else { None }
}

fn values(layer: Layer, member: &Member) -> Values {
    if layer == Layer::Raw { member.row.measured() } else { member.row.values() }
}

/// Under what a claim is filed, and looked for.
fn said(layer: Layer, member: &Member, is_filed: bool) -> Vec<Said> {
    let span = member.row.span;
    match (layer, is_filed, span) {
        (Layer::Raw, true, 0) => vec![Said::Endless, Said::Anything],
        (Layer::Raw, true, _) => vec![Said::Lasting(span), Said::Anything],
        (Layer::Raw, false, 0) => vec![Said::Anything],
        (Layer::Raw, false, _) => vec![Said::Lasting(span), Said::Endless],
        _ => vec![Said::Bucket(member.row.context)],
    }
}
