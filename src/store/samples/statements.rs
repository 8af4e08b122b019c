//! Who has stated a claim beside the delivery that has written it.
//!
//! That is noted with a claim that does not count, or implied: an account reaches over the row that counts. It is implied only of
//! a sync that has no claim and no note of its own about the same record: what a sync states of a record is written down as a
//! whole, or not at all. A record is what a row is known by; at a moment, where equal entries count as often as one sync
//! lists them, its values too.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::Result;
use crate::model::time::Layer;
use crate::store::account::{Accounts, Head};
use crate::store::place::Place;
use crate::store::samples::alike::{Groups, Values};
use crate::store::samples::group::{Context, Group, Held, Member, series_of};
use crate::store::samples::resolve::{Claim, Nature, later};
use crate::store::samples::{Identity, Key, Row, table};

/// Groups what is said by the record that it is of.
pub(super) struct Records {
    layer: Layer,
    nature: Nature,
    found: Groups<(i64, Identity)>,
}

impl Records {
    pub fn new(layer: Layer, nature: Nature) -> Records {
        Records { layer, nature, found: Groups::default() }
    }

    fn filed(&self, start: i64, row: &Row) -> ((i64, Identity), Values) {
        match self.layer {
            Layer::Raw if self.nature.is_moment(row.span) => ((start, row.identity()), row.values()),
            Layer::Raw => ((start, row.identity()), [None; 3]),
            // A group is one bucket.
            _ => ((0, (0, 0, row.context)), [None; 3]),
        }
    }

    pub fn find(&self, start: i64, row: &Row) -> Option<usize> {
        let (key, values) = self.filed(start, row);
        self.found.find(key, values)
    }

    /// The number of the record that a row is of.
    pub fn number(&mut self, start: i64, row: &Row) -> usize {
        let (key, values) = self.filed(start, row);
        self.found.number(key, values)
    }

    pub fn add(&mut self, start: i64, row: &Row, at: usize) {
        let (key, values) = self.filed(start, row);
        self.found.add(key, values, at);
    }

    /// The positions that were added, by record.
    pub fn all(&mut self) -> &mut Vec<Vec<usize>> {
        self.found.all()
    }
}

/// The syncs that have a claim or a note of their own, by record.
pub(super) struct Explicit {
    records: Records,
    voices: HashMap<(usize, i64), usize>,
}

impl Explicit {
    fn of(members: &[Member], mut records: Records, accounts: &Accounts) -> Result<Explicit> {
        let mut voices = HashMap::new();
        for member in members {
            let record = records.number(member.key.1, &member.row);
            let speakers = member.stated.into_iter().chain([member.owner]);
            for delivery in speakers.filter(|delivery| !accounts.is_withdrawn(*delivery)) {
                *voices.entry((record, accounts.head(delivery)?.voice())).or_default() += 1;
            }
        }
        Ok(Explicit { records, voices })
    }

    /// How many claims and notes there are of a sync about the record of a claim.
    fn count(&self, member: &Member, voice: i64) -> usize {
        let record = self.records.find(member.key.1, &member.row);
        record.and_then(|record| self.voices.get(&(record, voice))).copied().unwrap_or(0)
    }
}

impl Group<'_> {
    /// Whether a sync has made a claim, or is noted with it.
    pub fn is_of(&self, member: &Member, voice: i64) -> Result<bool> {
        let accounts = &self.context.accounts;
        let noted = member.stated.map(|stated| accounts.head(stated)).transpose()?;
        Ok(accounts.head(member.owner)?.voice() == voice || noted.is_some_and(|head| head.voice() == voice))
    }

    fn explicit(&self) -> Result<&Explicit> {
        if let Some(explicit) = self.explicit.get() {
            return Ok(explicit);
        }
        let explicit = Explicit::of(&self.members, self.records()?, &self.context.accounts)?;
        Ok(self.explicit.get_or_init(|| explicit))
    }

    fn records(&self) -> Result<Records> {
        let metric = self.members.first().map_or(0, |member| member.key.0);
        Ok(Records::new(self.layer, self.context.nature(metric)?))
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

    /// Those whose accounts reach a row that counts and that have come after the one that has written it, by delivery.
    fn reaching(&self, member: &Member) -> Result<BTreeMap<i64, Head>> {
        let accounts = &self.context.accounts;
        let owner = accounts.head(member.owner)?;
        let mut heads = BTreeMap::new();
        for reach in accounts.at(series_of(member.key, &member.row), member.key.1)? {
            let head = accounts.head(reach.delivery)?;
            if reach.delivery > member.owner && (!reach.complete || head.is_later(&owner)) {
                heads.insert(reach.delivery, head);
            }
        }
        Ok(heads)
    }

    /// Those of them that are implied to have stated it.
    pub(super) fn implied(&self, member: &Member) -> Result<BTreeMap<i64, Head>> {
        let mut heads = self.reaching(member)?;
        if !heads.is_empty() {
            let explicit = self.explicit()?;
            heads.retain(|_, head| explicit.count(member, head.voice()) == 0);
        }
        Ok(heads)
    }

    /// Whether the note of a claim that counts from now on is implied, so that it need not be kept.
    pub(super) fn is_note_implied(&self, member: &Member, head: &Head) -> Result<bool> {
        // The one is the note itself.
        Ok(self.reaching(member)?.contains_key(&head.delivery) && self.explicit()?.count(member, head.voice()) <= 1)
    }

    /// Whether a delivery has a claim or a note of its own that is like a row.
    pub fn says(&self, delivery: i64, row: &Row) -> bool {
        let is_its = |member: &&Member| [Some(member.owner), member.stated].contains(&Some(delivery));
        self.members.iter().filter(is_its).any(|member| member.row.is_like(row))
    }

    /// Who inherits what a deleted delivery has written: the first delivery in force after it that has stated it, too, and the
    /// last.
    pub fn heir(&self, member: &Member) -> Result<Option<(i64, i64)>> {
        let accounts = &self.context.accounts;
        if let Some(stated) = member.stated {
            let counts = stated != 0 && stated != member.owner && !accounts.is_withdrawn(stated);
            return Ok(counts.then_some((stated, stated)));
        }
        let mut heads = self.implied(member)?;
        self.leave_endless(member, &mut heads)?;
        let last = heads.values().copied().reduce(later);
        Ok(heads.keys().next().copied().zip(last.map(|head| head.delivery)))
    }

    /// Leaves out those whose sender has said the same without its end: such a sender knows no ends, so it has not stated this one.
    fn leave_endless(&self, member: &Member, heads: &mut BTreeMap<i64, Head>) -> Result<()> {
        let accounts = &self.context.accounts;
        let (span, source, context) = member.row.identity();
        let is_endless =
            |other: &&Member| other.key == member.key && other.row.identity() == (0, source, context) && span > 0;
        let mut senders = HashSet::new();
        for other in self.members.iter().filter(is_endless) {
            for delivery in other.stated.into_iter().chain([other.owner]) {
                senders.insert(accounts.sender(delivery)?);
            }
        }
        if senders.is_empty() {
            return Ok(());
        }
        for delivery in heads.keys().copied().collect::<Vec<_>>() {
            if senders.contains(&accounts.sender(delivery)?) {
                heads.remove(&delivery);
            }
        }
        Ok(())
    }

    /// Has the other parts of a sync that are implied to state a record claim it: another part has something to say of it.
    pub fn make_explicit(&mut self, coming: &[(Key, Row)], head: &Head) -> Result<()> {
        let (mut records, mut claims) = (self.records()?, Vec::new());
        for ((_, start, _), row) in coming {
            records.number(*start, row);
        }
        for member in self.members.iter().filter(|member| member.held == Held::Counts) {
            if records.find(member.key.1, &member.row).is_some() {
                let parts = self.implied(member)?.into_values();
                let parts = parts.filter(|part| part.voice() == head.voice() && part.delivery != head.delivery);
                claims.extend(parts.map(|part| (member.key, member.row.clone(), part.delivery)));
            }
        }
        claims.into_iter().for_each(|(key, row, delivery)| self.come(key, row, delivery));
        Ok(())
    }

    /// A delivery is read again: its notes go, for it may say otherwise.
    pub fn take_notes_back(&self, delivery: i64) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        for member in &self.members {
            if let Held::Superseded(by) = member.held
                && member.stated == Some(delivery)
                && member.owner != delivery
            {
                let note = (member.ordinal, member.owner);
                table::set_stated(connection, Place::Superseded(by), *user, member.key, note)?;
            }
        }
        Ok(())
    }

    /// A delivery has stated once more what does not count. Gives whether that is noted, for only the last who has said so can be:
    /// an older delivery makes a claim of its own, and so does one whose note would push out another that is needed.
    pub fn state_once_more(&self, at: usize, head: &Head) -> Result<bool> {
        let Context { connection, user, .. } = self.context;
        let member = &self.members[at];
        if [Some(member.owner), member.stated].contains(&Some(head.delivery)) {
            return Ok(true);
        }
        match member.held {
            Held::Superseded(by) if head.order > self.last(member)?.order && !self.needs_note(member)? => {
                let note = (member.ordinal, head.delivery);
                table::set_stated(connection, Place::Superseded(by), *user, member.key, note)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Whether nothing but the note with a claim tells that the one who is noted has not denied another of the same record: one
    /// that has come since and tells of an earlier moment, such as of an older export. Of what came before him that is implied.
    fn needs_note(&self, member: &Member) -> Result<bool> {
        let Some(stated) = member.stated.filter(|stated| *stated != 0 && *stated != member.owner) else {
            return Ok(false);
        };
        let accounts = &self.context.accounts;
        let noted = accounts.head(stated)?;
        let is_same = |other: &&Member| other.key == member.key && other.row.identity() == member.row.identity();
        for other in self.members.iter().filter(is_same).filter(|other| other.owner > stated) {
            if accounts.head(other.owner)?.order < noted.order {
                return Ok(true);
            }
        }
        Ok(false)
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
