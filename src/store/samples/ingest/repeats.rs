//! What comes once more: when that is all there is to a sample, and which claims need no row because it is noted otherwise that
//! this delivery says so.

use std::collections::BTreeSet;

use super::SampleTable;
use crate::error::Result;
use crate::model::time::Layer;
use crate::store::samples::coming::{Coming, Meets};
use crate::store::samples::group::{Context, Group, Held, series_of};
use crate::store::samples::{Key, Mode, Row, StoredRow, table};

impl SampleTable<'_> {
    /// Whether a row that stands alone and is like the one that comes is settled by that: a bucket that was told before its
    /// interval had ended is told anew, and at a moment one delivery may list equal entries.
    pub(super) fn is_mere_repeat(&self, context: &Context, key: Key, old: &StoredRow) -> Result<bool> {
        let (metric, start, layer) = key;
        let head = context.accounts.head(old.delivery)?;
        if layer != Layer::Raw {
            return Ok(head.as_of >= start + old.row.span || self.owner.delivery == old.delivery);
        }
        let is_moment = context.nature(metric)?.is_moment(old.row.span);
        let may_list_it_again = head.voice() == self.head.voice()
            || self.head.sync != self.head.delivery
            || self.state.has_repeated(metric, old.row.source, start)
            || self.owner.mode == Mode::Import && is_moment && self.has_noted(context, key)?;
        Ok(!is_moment || !may_list_it_again && self.owner.mode != Mode::Replay)
    }

    /// Whether an earlier piece of the import has stated something at a key.
    fn has_noted(&self, context: &Context, key: Key) -> Result<bool> {
        let superseded = table::superseded(context.connection, context.user, key)?;
        Ok(superseded.iter().any(|gone| [gone.stated, gone.sample.delivery].contains(&self.owner.delivery)))
    }

    /// Whether what is read again was decided on other terms, or before a later delivery had come.
    pub(super) fn may_change_others(&self, context: &Context, key: Key, old: &StoredRow) -> Result<bool> {
        if self.owner.mode != Mode::Replay {
            return Ok(false);
        }
        let Context { connection, user, .. } = context;
        Ok(old.delivery > self.owner.delivery || !table::superseded(connection, *user, key)?.is_empty())
    }

    /// Notes that this delivery, too, has stated the row that stands at a start.
    pub(super) fn repeat(&mut self, context: &Context, key: Key, row: &Row, of: i64) -> Result<()> {
        self.stated.write(key, row);
        if of == self.owner.delivery {
            return Ok(());
        }
        match self.owner.mode {
            Mode::Import => self.state.note_repeated(key.0, row.source, key.1),
            Mode::Delivery | Mode::Replay if self.goes_without_saying(context, of, (key, row))? => {}
            Mode::Delivery | Mode::Replay => self.stated.repeat(series_of(key, row), key.1),
        }
        Ok(())
    }

    /// Whether its reach alone tells that this delivery has stated what another has written and that stands there. A part of a
    /// night reaches nothing.
    fn goes_without_saying(&self, context: &Context, of: i64, (key, row): (Key, &Row)) -> Result<bool> {
        if !self.head.complete || !self.head.is_later(&context.accounts.head(of)?) {
            return Ok(false);
        }
        let reaches = context.accounts.at(series_of(key, row), key.1)?;
        Ok(reaches.iter().any(|reach| reach.delivery == self.head.delivery))
    }

    /// Whether the reach of this delivery alone tells all that it has stated of a record.
    fn go_without_saying(&self, context: &Context, coming: &Coming, record: &[usize]) -> Result<bool> {
        if self.owner.mode == Mode::Import {
            return Ok(false);
        }
        for at in record {
            let Some(met) = coming.counting(*at) else { return Ok(false) };
            if !self.goes_without_saying(context, met.owner, (met.key, &met.row))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Earlier pieces of the import have stated what it has repeated: where a start has several rows, that is a claim of its own.
    pub(super) fn state_repeated(&self, group: &mut Group) {
        let own = self.owner.delivery;
        let mut once_more = Vec::new();
        for member in &group.members {
            let (metric, start, _) = member.key;
            if member.held == Held::Counts && self.state.has_repeated(metric, member.row.source, start) {
                once_more.push((member.key, member.row.clone()));
            }
        }
        once_more.retain(|(_, row)| !group.says(own, row));
        once_more.into_iter().for_each(|(key, row)| group.come(key, row, own));
    }

    /// Claims that need no row, because what stands says the same and it is noted otherwise that this delivery says so.
    pub(super) fn left_out(&mut self, context: &Context, coming: &Coming) -> Result<BTreeSet<usize>> {
        let mut left_out = BTreeSet::new();
        let is_import = self.owner.mode == Mode::Import;
        let mut listed: BTreeSet<usize> = BTreeSet::new();
        for record in coming.records.iter().filter(|record| coming.are_several(record)) {
            let coming_now = record.iter().filter(|at| coming.positions().contains(at));
            match self.go_without_saying(context, coming, record)? {
                true => left_out.extend(coming_now),
                false => listed.extend(coming_now),
            }
        }
        for at in coming.positions().filter(|at| !left_out.contains(at)).collect::<Vec<_>>() {
            let member = &coming.group.members[at];
            let is_left_out = match coming.meets(at) {
                Meets::Nothing => false,
                Meets::Itself => true,
                // Of its own, for the other may go while it stays.
                Meets::Superseded(known) | Meets::Counting(known)
                    if coming.group.members[known].owner > self.owner.delivery =>
                {
                    false
                }
                Meets::Superseded(known) => coming.group.state_once_more(known, &self.head)?,
                // What is listed several times is written down as a whole.
                Meets::Counting(_) if listed.contains(&at) => false,
                Meets::Counting(known) => {
                    let known = &coming.group.members[known];
                    let told = (known.key, &member.row);
                    let unsaid = !is_import && !self.goes_without_saying(context, known.owner, told)?;
                    if unsaid && coming.states_all {
                        self.stated.repeat(series_of(member.key, &member.row), known.key.1);
                    }
                    !is_import && (!unsaid || coming.states_all)
                }
            };
            if is_left_out {
                left_out.insert(at);
            }
        }
        Ok(left_out)
    }
}
