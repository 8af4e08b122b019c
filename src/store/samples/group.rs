//! All that is claimed of one key, read, settled by `resolve` and written: who counts stands in `sample`, the others in
//! `superseded_sample` under who has superseded them.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::metric::{Kind as MetricKind, catalogue};
use crate::model::sleep::SLEEP;
use crate::model::time::Layer;
use crate::store::account::Accounts;
use crate::store::dictionary;
use crate::store::place::Place;
use crate::store::samples::counts::Ledger;
use crate::store::samples::resolve::{Claim, Nature, Terms, Verdict, resolve};
use crate::store::samples::statements::Explicit;
use crate::store::samples::{Key, Row, StoredRow, Unnamed, sleep, table};
use crate::store::series::SeriesKey;

const DAY: i64 = 86_400;

/// No two places on earth see one date begin further apart.
const WIDEST: i64 = 26 * 3600;

/// What is needed to settle groups of one person.
pub struct Context<'a> {
    pub connection: &'a Connection,
    pub user: i64,
    pub accounts: Accounts<'a>,
    pub unnamed: Unnamed,
    /// Ranges of starts of a metric in which a row may be shown with a corrected value: deletion, metric, since, until.
    pub corrected: Vec<(i64, i64, i64, i64)>,
    /// The delivery that is being written: it has not stated yet what stands in its reach.
    pub writing: Option<i64>,
    natures: RefCell<HashMap<i64, Nature>>,
}

impl<'a> Context<'a> {
    /// `window` holds the starts of the groups.
    pub fn of(connection: &'a Connection, user: i64, window: (i64, i64)) -> Result<Context<'a>> {
        let mut statement = connection.prepare_cached(
            "SELECT id, metric, since, until FROM deletion
             WHERE user = ?1 AND undone_at IS NULL AND kind = 'correction' AND metric IS NOT NULL",
        )?;
        let corrected = statement.query_map([user], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        Ok(Context {
            connection,
            user,
            accounts: Accounts::of(connection, user, wide(window))?,
            unnamed: dictionary::unnamed(connection)?,
            corrected: corrected.collect::<rusqlite::Result<_>>()?,
            writing: None,
            natures: RefCell::default(),
        })
    }

    /// There will be groups between these starts, too.
    pub fn widen(&mut self, starts: (i64, i64)) {
        self.accounts.widen(wide(starts));
    }

    pub fn nature(&self, metric: i64) -> Result<Nature> {
        if let Some(nature) = self.natures.borrow().get(&metric) {
            return Ok(*nature);
        }
        let name: Option<String> = self
            .connection
            .prepare_cached("SELECT name FROM metric WHERE id = ?1")?
            .query_row([metric], |row| row.get(0))
            .optional()?;
        let known = name.and_then(|name| catalogue().resolve(&name));
        let nature = known.map_or(Nature::default(), |metric| {
            let is_cumulative = metric.kind == MetricKind::Cumulative;
            let is_entered = is_cumulative && metric.lasts.is_none();
            Nature { is_cumulative, is_entered, is_sleep: metric.name == SLEEP }
        });
        self.natures.borrow_mut().insert(metric, nature);
        Ok(nature)
    }
}

/// The starts of rows that may be of the date of one of these.
fn wide((first, last): (i64, i64)) -> (i64, i64) {
    (first.saturating_sub(2 * DAY), last.saturating_add(2 * DAY))
}

/// The series that accounts know a row under.
pub fn series_of((metric, _, layer): Key, row: &Row) -> SeriesKey {
    (metric, layer.id(), if layer == Layer::Raw { row.source } else { 0 })
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It counts.
    Counts,
    /// This delivery has superseded it.
    Superseded(i64),
    /// Nowhere yet.
    Coming,
}

/// One claim of a group.
#[derive(Debug, Clone)]
pub struct Member {
    pub key: Key,
    pub ordinal: i64,
    pub row: Row,
    pub owner: i64,
    /// Who has stated it last; only of what does not count this is written down.
    pub stated: Option<i64>,
    pub held: Held,
    /// A delivery whose account reaches it without stating it.
    pub denied_by: Option<i64>,
}

impl Member {
    /// Whether it is claimed of the same sample as another.
    pub fn is_claim_of(&self, other: &Member, unnamed: Unnamed) -> bool {
        let layer = self.key.2;
        let (own, of) = (unnamed.knowledge(self.row.source), unnamed.knowledge(other.row.source));
        let lacks_end = (self.row.source, self.row.context) == (other.row.source, other.row.context);
        let is_less = layer == Layer::Raw && (lacks_end || own != of) && self.row.states(layer, &other.row);
        layer == other.key.2 && (self.row.is_same(layer, &other.row) || is_less)
    }
}

impl Member {
    /// Removes its row from where it stands.
    pub fn remove(&self, context: &Context, ledger: &mut Ledger) -> Result<()> {
        let Context { connection, user, .. } = context;
        match self.held {
            Held::Superseded(by) => {
                table::remove(connection, Place::Superseded(by), *user, self.key, Some(self.ordinal))
            }
            Held::Counts => {
                ledger.count(self.key, &self.row, -1);
                let (ordinal, row, delivery) = (self.ordinal, self.row.clone(), self.owner);
                table::take_like(connection, *user, self.key, &StoredRow { ordinal, row, delivery })
            }
            Held::Coming => Ok(()),
        }
    }
}

/// What is claimed of one key; of days and longer, of one date.
pub struct Group<'a> {
    pub(super) context: &'a Context<'a>,
    pub layer: Layer,
    pub members: Vec<Member>,
    /// Made when it is first asked for, from then on the members stay as they are.
    pub(super) explicit: OnceCell<Explicit>,
}

/// The local date of a row, as the phone has cut it.
pub fn date(start: i64, offset_minutes: i64) -> i64 {
    (start + offset_minutes * 60).div_euclid(DAY)
}

impl<'a> Group<'a> {
    /// All but what is shown with a corrected value, whatever is claimed of it.
    pub fn load(context: &'a Context<'a>, key: Key, offset_minutes: i64) -> Result<Group<'a>> {
        let mut group = Group::load_all(context, key, offset_minutes)?;
        group.leave_corrected(key)?;
        Ok(group)
    }

    pub fn load_all(context: &'a Context<'a>, key: Key, offset_minutes: i64) -> Result<Group<'a>> {
        let (metric, start, layer) = key;
        let mut group = Group { context, layer, members: Vec::new(), explicit: OnceCell::new() };
        if layer < Layer::Day {
            group.read(key)?;
        } else {
            let range = (start - WIDEST, start + WIDEST + 1);
            for start in table::starts_of_dates(context.connection, context.user, (metric, layer), range)? {
                group.read((metric, start, layer))?;
            }
            let meant = date(start, offset_minutes);
            group.members.retain(|member| date(member.key.1, member.row.offset_minutes) == meant);
        }
        Ok(group)
    }

    fn read(&mut self, key: Key) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        for stored in table::group(connection, Place::Stored, *user, key)? {
            let (ordinal, row, owner) = (stored.ordinal, stored.row, stored.delivery);
            self.members.push(Member { key, ordinal, row, owner, stated: None, held: Held::Counts, denied_by: None });
        }
        for gone in table::superseded(connection, *user, key)? {
            let (ordinal, row, owner) = (gone.sample.ordinal, gone.sample.row, gone.sample.delivery);
            let (stated, held) = (Some(gone.stated), Held::Superseded(gone.by));
            self.members.push(Member { key, ordinal, row, owner, stated, held, denied_by: None });
        }
        Ok(())
    }

    fn leave_corrected(&mut self, (metric, start, layer): Key) -> Result<()> {
        let reaching =
            |(_, of, since, until): &&(i64, i64, i64, i64)| *of == metric && (*since..*until).contains(&start);
        let rules: Vec<i64> = self.context.corrected.iter().filter(reaching).map(|rule| rule.0).collect();
        if rules.is_empty() {
            return Ok(());
        }
        let deleted = table::deleted(self.context.connection, self.context.user, (metric, start, layer))?;
        let is_corrected = |row: &Row| {
            deleted.iter().any(|(deletion, other)| rules.contains(deletion) && other.row.is_same(layer, row))
        };
        self.members.retain(|member| member.held != Held::Counts || !is_corrected(&member.row));
        Ok(())
    }

    /// Adds a claim that stands nowhere yet.
    pub fn come(&mut self, key: Key, row: Row, owner: i64) {
        self.explicit.take();
        let (ordinal, stated, held, denied_by) = (0, None, Held::Coming, None);
        self.members.push(Member { key, ordinal, row, owner, stated, held, denied_by });
    }

    /// Adds one that comes back from a deletion, or to an heir, with who has stated it last.
    pub fn come_back(&mut self, key: Key, sample: StoredRow, stated: i64) {
        self.explicit.take();
        let StoredRow { ordinal, row, delivery: owner } = sample;
        self.members.push(Member {
            key,
            ordinal,
            row,
            owner,
            stated: Some(stated),
            held: Held::Coming,
            denied_by: None,
        });
    }

    pub fn resolve(&self) -> Result<Vec<Verdict>> {
        let Some(first) = self.members.first() else { return Ok(Vec::new()) };
        let terms =
            Terms { layer: self.layer, nature: self.context.nature(first.key.0)?, unnamed: self.context.unnamed };
        let claims: Vec<Claim> = self.members.iter().map(|member| self.claim(member)).collect::<Result<_>>()?;
        let mut verdicts = resolve(&terms, &claims);
        for (member, verdict) in self.members.iter().zip(&mut verdicts) {
            if terms.nature.is_sleep
                && *verdict == Verdict::Counts
                && let Some(by) = sleep::container(self.context, member)?
            {
                *verdict = Verdict::Superseded(by);
            }
        }
        Ok(verdicts)
    }

    /// Settles the group as it stands; gives how many rows count no more.
    pub fn settle(&self, ledger: &mut Ledger) -> Result<u64> {
        let verdicts = self.resolve()?;
        self.write(&verdicts, &BTreeSet::new(), ledger)
    }

    /// Writes what has changed; claims that come and are in `left_out` are not written. Gives how many rows count no more because
    /// of another claim or account.
    pub fn write(&self, verdicts: &[Verdict], left_out: &BTreeSet<usize>, ledger: &mut Ledger) -> Result<u64> {
        let mut superseded = 0;
        let changed = self.members.iter().zip(verdicts).enumerate().filter(|(at, (member, verdict))| {
            !left_out.contains(at) && (**verdict == Verdict::Counts) != (member.held == Held::Counts)
                || member.held == Held::Coming && !left_out.contains(at)
        });
        let changed: Vec<(&Member, Verdict)> = changed.map(|(_, (member, verdict))| (member, *verdict)).collect();
        // Rows that go leave before others take their numbers.
        for (member, verdict) in &changed {
            member.remove(self.context, ledger)?;
            superseded += u64::from(member.held == Held::Counts && matches!(verdict, Verdict::Superseded(_)));
        }
        for (member, verdict) in &changed {
            match self.superseder(*verdict) {
                None => self.store(member, ledger)?,
                Some(by) => self.supersede(member, by)?,
            }
        }
        self.pass_on(verdicts)?;
        Ok(superseded + self.settle_contained(&changed, ledger)?)
    }

    /// What lies within a segment of sleep that counts from now on counts no more; what lies within one that does not, may.
    fn settle_contained(&self, changed: &[(&Member, Verdict)], ledger: &mut Ledger) -> Result<u64> {
        let mut superseded = 0;
        for (member, verdict) in changed {
            if !self.context.nature(member.key.0)?.is_sleep {
                return Ok(0);
            }
            let counts = *verdict == Verdict::Counts;
            if counts || member.held == Held::Counts {
                for key in sleep::contained(self.context, member, counts)? {
                    superseded += Group::load(self.context, key, 0)?.settle(ledger)?;
                }
            }
        }
        Ok(superseded)
    }

    fn superseder(&self, verdict: Verdict) -> Option<i64> {
        match verdict {
            Verdict::Counts => None,
            Verdict::Same(at) => self.members.get(at).map(|member| member.owner),
            Verdict::Superseded(by) => Some(by),
        }
    }

    fn store(&self, member: &Member, ledger: &mut Ledger) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        match member.held {
            // It comes back.
            Held::Coming if member.ordinal > 0 || member.stated.is_some() => {
                let (ordinal, row, delivery) = (member.ordinal, member.row.clone(), member.owner);
                table::put_back(connection, *user, member.key, &StoredRow { ordinal, row, delivery })?;
            }
            _ => table::put_free(connection, *user, member.key, &member.row, member.owner)?,
        }
        ledger.count(member.key, &member.row, 1);
        self.keep_statement(member)
    }

    /// A row that counts bears nobody's name but that of who has written it. Where no account tells that another has stated
    /// it last, that is a claim of its own.
    fn keep_statement(&self, member: &Member) -> Result<()> {
        let Context { connection, user, accounts, .. } = self.context;
        let Some(stated) = member.stated.filter(|stated| *stated != 0 && !accounts.is_withdrawn(*stated)) else {
            return Ok(());
        };
        let head = accounts.head(stated)?;
        let mut others = self.implied(member)?.into_values().chain([accounts.head(member.owner)?]);
        if others.any(|other| other.order >= head.order) || self.is_note_implied(member, &head)? {
            return Ok(());
        }
        let claim = (&member.row, stated, stated);
        table::add(connection, Place::Superseded(member.owner), *user, member.key, claim)
    }

    fn supersede(&self, member: &Member, by: i64) -> Result<()> {
        let Context { connection, user, .. } = self.context;
        let stated = self.last(member)?.delivery;
        table::add(connection, Place::Superseded(by), *user, member.key, (&member.row, member.owner, stated))
    }

    /// What is superseded by a deleted delivery is so by another from now on.
    fn pass_on(&self, verdicts: &[Verdict]) -> Result<()> {
        let Context { connection, user, accounts, .. } = self.context;
        for (member, verdict) in self.members.iter().zip(verdicts) {
            if let (Held::Superseded(by), Some(next)) = (member.held, self.superseder(*verdict))
                && accounts.is_withdrawn(by)
                && next != by
            {
                table::remove(connection, Place::Superseded(by), *user, member.key, Some(member.ordinal))?;
                self.supersede(member, next)?;
            }
        }
        Ok(())
    }
}
