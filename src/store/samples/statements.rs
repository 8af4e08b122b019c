//! Who has stated a claim beside the delivery that has written it.
//!
//! That is noted with a claim that does not count, or implied: an account reaches over the row that counts. At a moment, where
//! equal entries count as often as one sync lists them, that holds only of a sync that has no claim and no note of its own among
//! them: what it states is written down as a whole, or not at all.

use std::collections::{BTreeMap, HashSet};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::account::{Accounts, Head};
use crate::store::place::Place;
use crate::store::samples::alike::Index;
use crate::store::samples::group::{Context, Group, Held, Member, series_of};
use crate::store::samples::resolve::{Claim, later};
use crate::store::samples::{Identity, Key, Row, table};

/// The equal entries of a group.
pub(super) struct Entries {
    classes: Index<(i64, Identity)>,
    /// Of a class, the voices that have a claim or a note of their own.
    explicit: HashSet<(usize, i64)>,
}

impl Entries {
    fn of(members: &[Member], accounts: &Accounts) -> Result<Entries> {
        let mut entries = Entries { classes: Index::new(), explicit: HashSet::new() };
        let mut number = 0;
        for member in members {
            let (identity, values) = ((member.key.1, member.row.identity()), member.row.values());
            let class = entries.classes.find(identity, values).unwrap_or(number);
            number += usize::from(class == number);
            // Filed under each spelling of its noise.
            entries.classes.insert(identity, values, class);
            for delivery in member.stated.into_iter().chain([member.owner]) {
                entries.explicit.insert((class, accounts.head(delivery)?.voice()));
            }
        }
        Ok(entries)
    }

    fn class(&self, start: i64, row: &Row) -> Option<usize> {
        self.classes.find((start, row.identity()), row.values())
    }

    /// Whether a voice has a claim or a note of its own of such an entry.
    fn is_explicit(&self, member: &Member, voice: i64) -> bool {
        self.class(member.key.1, &member.row).is_some_and(|class| self.explicit.contains(&(class, voice)))
    }
}

impl Group<'_> {
    fn entries(&self) -> Result<&Entries> {
        if let Some(entries) = self.entries.get() {
            return Ok(entries);
        }
        let entries = Entries::of(&self.members, &self.context.accounts)?;
        Ok(self.entries.get_or_init(|| entries))
    }

    /// Whether a claim is one of an entry that may stand beside equal ones.
    fn is_entry(&self, member: &Member) -> Result<bool> {
        Ok(self.layer == Layer::Raw && self.context.nature(member.key.0)?.is_moment(member.row.span))
    }

    /// Who has stated a claim last.
    pub fn last(&self, member: &Member) -> Result<Head> {
        let owner = self.context.accounts.head(member.owner)?;
        Ok(self.stated_by(member)?.into_iter().fold(owner, later))
    }

    /// Who has stated a claim, beside the one that has written it.
    fn stated_by(&self, member: &Member) -> Result<Vec<Head>> {
        let accounts = &self.context.accounts;
        let noted = member.stated.filter(|stated| *stated != 0 && !accounts.is_withdrawn(*stated));
        let mut heads: Vec<Head> = noted.map(|stated| accounts.head(stated)).transpose()?.into_iter().collect();
        if member.held == Held::Counts {
            let passes_over = |head: &Head| [self.context.writing, member.denied_by].contains(&Some(head.delivery));
            heads.extend(self.implied(member)?.into_values().filter(|head| !passes_over(head)));
        }
        Ok(heads)
    }

    /// Those that have come after the one that has written a row that counts, and whose accounts reach it, by delivery.
    fn implied(&self, member: &Member) -> Result<BTreeMap<i64, Head>> {
        let accounts = &self.context.accounts;
        let owner = accounts.head(member.owner)?;
        let is_entry = self.is_entry(member)?;
        let mut heads = BTreeMap::new();
        for reach in accounts.at(series_of(member.key, &member.row), member.key.1)? {
            let head = accounts.head(reach.delivery)?;
            let has_met_it = reach.delivery > member.owner && (!reach.complete || head.is_later(&owner));
            if has_met_it && !(is_entry && self.entries()?.is_explicit(member, head.voice())) {
                heads.insert(reach.delivery, head);
            }
        }
        Ok(heads)
    }

    /// Who inherits what a deleted delivery has written: the first delivery in force after it that has stated it, too, and the
    /// last.
    pub fn heir(&self, member: &Member) -> Result<Option<(i64, i64)>> {
        let accounts = &self.context.accounts;
        if let Some(stated) = member.stated {
            let counts = stated != 0 && stated != member.owner && !accounts.is_withdrawn(stated);
            return Ok(counts.then_some((stated, stated)));
        }
        let heads = self.implied(member)?;
        let last = heads.values().copied().reduce(later);
        Ok(heads.keys().next().copied().zip(last.map(|head| head.delivery)))
    }

    /// Has the other parts of a sync that are implied to state an entry claim it: another part states it as well.
    pub fn make_explicit(&mut self, coming: &[(Key, Row)], head: &Head) -> Result<()> {
        let mut claims = Vec::new();
        for member in self.members.iter().filter(|member| member.held == Held::Counts) {
            let is_coming = |(key, row): &(Key, Row)| {
                *key == member.key && row.identity() == member.row.identity() && row.is_alike(&member.row)
            };
            if !self.is_entry(member)? {
                continue;
            }
            let mut parts = self.implied(member)?;
            parts.retain(|_, part| part.voice() == head.voice() && part.delivery != head.delivery);
            if !parts.is_empty() && coming.iter().any(is_coming) {
                claims.extend(parts.into_keys().map(|part| (member.key, member.row.clone(), part)));
            }
        }
        claims.into_iter().for_each(|(key, row, delivery)| self.come(key, row, delivery));
        Ok(())
    }

    /// A delivery is read again: its notes on entries go, for it may list them otherwise.
    pub fn take_notes_back(&self, delivery: i64) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        for member in &self.members {
            if let Held::Superseded(by) = member.held
                && member.stated == Some(delivery)
                && member.owner != delivery
                && self.is_entry(member)?
            {
                let note = (member.ordinal, member.owner);
                table::set_stated(connection, Place::Superseded(by), *user, member.key, note)?;
            }
        }
        Ok(())
    }

    /// A delivery has stated once more what does not count.
    pub fn state_once_more(&self, at: usize, head: &Head) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        let member = &self.members[at];
        match member.held {
            Held::Superseded(by) if head.order > self.last(member)?.order => {
                let note = (member.ordinal, head.delivery);
                table::set_stated(connection, Place::Superseded(by), *user, member.key, note)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn claim<'b>(&self, member: &'b Member) -> Result<Claim<'b>> {
        let accounts = &self.context.accounts;
        let mut reached_by = Vec::new();
        for reach in accounts.at(series_of(member.key, &member.row), member.key.1)? {
            if reach.complete {
                reached_by.push(accounts.head(reach.delivery)?);
            }
        }
        let (owner, stated_by) = (accounts.head(member.owner)?, self.stated_by(member)?);
        let last = stated_by.iter().copied().fold(owner, later);
        Ok(Claim { start: member.key.1, row: &member.row, owner, stated_by, last, reached_by })
    }
}
